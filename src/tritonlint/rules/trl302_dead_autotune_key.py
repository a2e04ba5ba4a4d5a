"""TRL302: autotune key that the kernel never reads, with a new value for every request."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.entries import beside_key, chooses, entries
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.remedies import Remove
from tritonlint.survey.facts.values import NumberOrigin, Provenance, Step

RULE = Rule(
    code="TRL302",
    name="dead-autotune-key",
    summary="autotune key that the kernel never reads, with a new value for every request",
    fixable=True,
    default=False,
)

_CONSTANT = (NumberOrigin.LITERAL, NumberOrigin.CONSTANT)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    dead = {(d.identity, d.parameter.name): d for d in analysis.dead_parameters}
    for entry in entries(analysis.kernels):
        found = dead.get((entry.identity, entry.parameter or ""))
        if entry.option != "key" or found is None or beside_key(entry.decorator) is not None:
            continue
        if not chooses(entry.decorator) or found.parameter.on_purpose:
            continue
        # Each value is timed once then: who keeps the timings knows that they take long.
        if "cache_results" in entry.decorator.options:
            continue
        name = found.parameter.name
        passed = tuple(analysis.live.passed(entry.identity, name, entry.decorator))
        if any(_is_bucket(each.argument.provenance) for each in passed):
            continue
        rating = analysis.live.rate_of(found.kernel, name, passed, far=True)
        if rating is not None:
            in_use = tuple(analysis.live.used(passed))
            rating = analysis.live.rate_of(found.kernel, name, in_use, far=True)
        if rating is not None:
            yield Diagnostic(
                code=RULE.code,
                name=RULE.name,
                message=f"`{name}` is in the autotune key, and `{found.kernel.name}` never reads "
                f"it: it {rating.reason}",
                path=entry.identity.path,
                span=entry.span,
                help=f"Take `{name}` out of the key and the kernel, or pass a bucket of it",
                cost=f"timing all configs again for every distinct value of `{rating.value}`",
                kernel=found.kernel.name,
                parameter=name,
                kind=found.kind,
                launches=found.launches,
                remedies=(Remove(entry.identity, name),),
            )


def _is_bucket(found: Provenance) -> bool:
    """Whether a value is divided by a constant, so that many sizes share it: `cdiv(T, 2048)`."""
    is_quotient = found.is_quotient or Step.CEIL_DIV in found.steps
    return is_quotient and all(leaf.origin in _CONSTANT for leaf in found.by)

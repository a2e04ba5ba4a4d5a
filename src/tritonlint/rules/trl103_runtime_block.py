"""TRL103: block size that follows a value of every request."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.rules.live import diagnose_constexpr
from tritonlint.survey.facts.values import Step

RULE = Rule(
    code="TRL103",
    name="runtime-block",
    summary="block size that follows a value of every request",
    fixable=False,
    default=False,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for live in analysis.live.constexprs:
        if live.need.reason is None:
            continue
        rating = analysis.live.block_per_request(live)
        if rating is None:
            continue
        steps = {step for passed in live.passed for step in passed.argument.provenance.steps}
        found = diagnose_constexpr(
            RULE,
            live,
            rating,
            "that has to be one, and follows a value of every request",
            "Loop over blocks of a fixed size, or give it one of a few sizes and mask the rest",
        )
        if Step.POWER_OF_TWO in steps:
            found = found._replace(
                cost=f"one compile for every power of two that `{rating.value}` reaches"
            )
        yield found

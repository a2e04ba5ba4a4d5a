"""TRL301: autotune key that holds a value of every request."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis, Callers
from tritonlint.analysis.entries import beside_key, chooses
from tritonlint.analysis.kinds import infer_kind
from tritonlint.analysis.live import Passed
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.project.identity import KernelId
from tritonlint.survey.facts.kernels import Decorator, Kernel, Role

RULE = Rule(
    code="TRL301",
    name="runtime-key",
    summary="autotune key that holds a value of every request",
    fixable=False,
    default=False,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    keys = list(_keys(analysis))
    analysis.live.expect((kernel, name, passed) for _, kernel, _, name, passed in keys)
    told: set[tuple[KernelId, str]] = set()
    for identity, kernel, decorator, name, passed in keys:
        if (identity, name) in told:
            continue
        rating = analysis.live.rate_of(kernel, name, passed, far=True)
        parameter = kernel.parameter(name)
        if rating is not None and parameter is not None:
            told.add((identity, name))
            launches = analysis.links(identity).launches
            yield Diagnostic(
                code=RULE.code,
                name=RULE.name,
                message=(
                    f"`{name}` is in the autotune key of `{kernel.name}`, and changes with every "
                    f"request: it {rating.reason}"
                ),
                path=identity.path,
                span=parameter.span,
                help=f"Put a bucket of `{name}` into the key, such as its next power of two, or "
                "leave it out",
                cost=f"{_configs(decorator)} for every distinct value of `{rating.value}`",
                kernel=kernel.name,
                parameter=name,
                kind=infer_kind(kernel, parameter, launches)[0],
                launches=tuple(each.site for each in passed),
            )


def _keys(
    analysis: Analysis,
) -> Iterator[tuple[KernelId, Kernel, Decorator, str, tuple[Passed, ...]]]:
    """Yield the parameters in the keys of launched kernels, with what launches pass for them."""
    for identity, kernel in analysis.kernels.items():
        if analysis.callers(identity) is not Callers.LAUNCHED:
            continue
        for decorator in filter(_is_tuning, kernel.decorators):
            for name in sorted(kernel.named(decorator.names("key") or ())):
                passed = tuple(analysis.live.passed(identity, name, decorator))
                yield identity, kernel, decorator, name, passed


def _is_tuning(decorator: Decorator) -> bool:
    # Another option of the autotuner may put buckets of the values into the key.
    return decorator.role is Role.AUTOTUNE and beside_key(decorator) is None and chooses(decorator)


def _configs(decorator: Decorator) -> str:
    count = len(decorator.tables.found)
    if not decorator.tables.complete or count < 2:
        return "timing all configs"
    return f"timing {count} configs"

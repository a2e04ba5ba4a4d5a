"""TRL101: constexpr that changes with every request and need not be one."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.entries import chooses, may_go_through
from tritonlint.analysis.live import LiveConstexpr
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.rules.live import diagnose_constexpr
from tritonlint.survey.facts.kernels import Role
from tritonlint.triton.annotations import is_constexpr

RULE = Rule(
    code="TRL101",
    name="runtime-constexpr",
    summary="constexpr that changes with every request and need not be one",
    fixable=True,
    default=False,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    live = analysis.live
    untuned = map(_untuned, live.runtime_constexprs)
    found = [c for c in untuned if c.passed and _may_change(analysis, c)]
    for constexpr in live.in_use(found):
        rating = live.per_request(constexpr)
        if rating is not None:
            yield diagnose_constexpr(
                RULE,
                constexpr,
                rating,
                "that changes with every request, and the kernel could take it at run time",
                f"Drop `: tl.constexpr` from `{constexpr.parameter.name}` of "
                f"`{constexpr.kernel.name}`",
            )


def _may_change(analysis: Analysis, constexpr: LiveConstexpr) -> bool:
    # TRL104 is about strides.
    return (
        not constexpr.parameter.on_purpose
        and analysis.live.per_request(constexpr) is not None
        and analysis.live.stride_per_request(constexpr) is None
        and not _has_runtime_twin(analysis, constexpr)
    )


def _untuned(constexpr: LiveConstexpr) -> LiveConstexpr:
    """Leave out launches for which configs are timed again for each value: TRL301 is about these.

    They would be timed without the annotation, too.
    """
    kernel, name = constexpr.kernel, constexpr.parameter.name
    tuning = [
        decorator
        for decorator in kernel.decorators
        if decorator.role is Role.AUTOTUNE
        and chooses(decorator)
        and name in kernel.named(decorator.names("key") or ())
    ]
    passed = (p for p in constexpr.passed if not any(may_go_through(d, p.launch) for d in tuning))
    return constexpr._replace(passed=tuple(passed)) if tuning else constexpr


def _has_runtime_twin(analysis: Analysis, live: LiveConstexpr) -> bool:
    """Whether a kernel beside it, such as `k_dynamic` beside `k`, takes the value at run time."""
    for identity, kernel in analysis.kernels.items():
        if identity.path == live.identity.path and kernel.name.startswith(f"{live.kernel.name}_"):
            parameter = kernel.parameter(live.parameter.name)
            if parameter is not None and not is_constexpr(parameter.annotation):
                return True
    return False

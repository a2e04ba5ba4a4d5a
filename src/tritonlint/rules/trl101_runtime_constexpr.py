"""TRL101: constexpr that changes with every request and need not be one."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.entries import chooses
from tritonlint.analysis.live import LiveConstexpr
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.rules.live import diagnose_constexpr
from tritonlint.survey.facts.kernels import Kernel, Role
from tritonlint.triton.annotations import is_constexpr

RULE = Rule(
    code="TRL101",
    name="runtime-constexpr",
    summary="constexpr that changes with every request and need not be one",
    fixable=True,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for live in analysis.live.runtime_constexprs:
        # TRL301 is about values for which a kernel is tuned again, and TRL104 about strides.
        if _is_tuned_for(live.kernel, live.parameter.name):
            continue
        rating = analysis.live.per_request(live)
        if rating is None or analysis.live.stride_per_request(live) is not None:
            continue
        if not _has_runtime_twin(analysis, live):
            yield diagnose_constexpr(
                RULE,
                live,
                rating,
                "that changes with every request, and the kernel could take it at run time",
                f"Drop `: tl.constexpr` from `{live.parameter.name}` of `{live.kernel.name}`",
            )


def _is_tuned_for(kernel: Kernel, name: str) -> bool:
    """Whether configs are timed again for each value, with an annotation or without."""
    return any(
        decorator.role is Role.AUTOTUNE
        and chooses(decorator)
        and name in kernel.named(decorator.names("key") or ())
        for decorator in kernel.decorators
    )


def _has_runtime_twin(analysis: Analysis, live: LiveConstexpr) -> bool:
    """Whether a kernel beside it, such as `k_dynamic` beside `k`, takes the value at run time."""
    for identity, kernel in analysis.kernels.items():
        if identity.path == live.identity.path and kernel.name.startswith(f"{live.kernel.name}_"):
            parameter = kernel.parameter(live.parameter.name)
            if parameter is not None and not is_constexpr(parameter.annotation):
                return True
    return False

"""TRL101: constexpr that changes with every request and need not be one."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.rules.live import diagnose_constexpr

RULE = Rule(
    code="TRL101",
    name="runtime-constexpr",
    summary="constexpr that changes with every request and need not be one",
    fixable=True,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for live in analysis.live.runtime_constexprs:
        rating = analysis.live.per_request(live)
        # A stride is what TRL104 is about.
        if rating is not None and analysis.live.stride_per_request(live) is None:
            yield diagnose_constexpr(
                RULE,
                live,
                rating,
                "that changes with every request, and the kernel could take it at run time",
                f"Drop `: tl.constexpr` from `{live.parameter.name}` of `{live.kernel.name}`",
            )

"""TRL104: constexpr stride of a tensor whose width changes with every request."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.rules.live import diagnose_constexpr

RULE = Rule(
    code="TRL104",
    name="stride-constexpr",
    summary="constexpr stride of a tensor whose width changes with every request",
    fixable=True,
    default=False,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    changing = [
        live
        for live in analysis.live.runtime_constexprs
        if analysis.live.stride_per_request(live) is not None
    ]
    for live in analysis.live.in_use(changing):
        rating = analysis.live.stride_per_request(live)
        if rating is not None:
            yield diagnose_constexpr(
                RULE,
                live,
                rating,
                "and the stride of a tensor whose width changes with every request",
                f"Drop `: tl.constexpr` from `{live.parameter.name}` of `{live.kernel.name}`",
            )

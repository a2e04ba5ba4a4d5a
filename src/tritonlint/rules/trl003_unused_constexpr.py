"""TRL003: constexpr parameter that the kernel never reads."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.rules.dead import diagnose
from tritonlint.survey.facts.kernels import Use
from tritonlint.triton.specialization import Kind

RULE = Rule(
    code="TRL003",
    name="unused-constexpr",
    summary="constexpr parameter that the kernel never reads",
    fixable=True,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for dead in analysis.dead_parameters:
        if dead.parameter.use is Use.UNUSED and dead.kind is Kind.CONSTEXPR:
            yield diagnose(RULE, dead, "is a constexpr that is never read")

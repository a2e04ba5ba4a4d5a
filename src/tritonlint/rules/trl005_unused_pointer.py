"""TRL005: pointer parameter that the kernel never reads."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.rules.dead import diagnose
from tritonlint.survey.facts.kernels import Use
from tritonlint.triton.specialization import Kind

RULE = Rule(
    code="TRL005",
    name="unused-pointer",
    summary="pointer parameter that the kernel never reads",
    fixable=True,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for dead in analysis.dead_parameters:
        if dead.parameter.use is Use.UNUSED and dead.kind is Kind.POINTER:
            yield diagnose(RULE, dead, "is a pointer that is never read")

"""TRL007: parameter that is read only to compute what nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.rules.dead import diagnose
from tritonlint.survey.facts.kernels import Use

RULE = Rule(
    code="TRL007",
    name="unused-computation",
    summary="parameter that is read only to compute what nothing uses",
    fixable=True,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for dead in analysis.dead_parameters:
        if dead.parameter.use is Use.COMPUTED and not dead.never_respecialized:
            row = dead.parameter.statements[0].row
            yield diagnose(RULE, dead, f"is read only to compute what nothing uses (line {row})")

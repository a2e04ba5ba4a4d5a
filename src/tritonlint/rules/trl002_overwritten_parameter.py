"""TRL002: parameter that every path overwrites before any read."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.rules.dead import diagnose
from tritonlint.survey.facts.kernels import Use

RULE = Rule(
    code="TRL002",
    name="overwritten-parameter",
    summary="parameter that every path overwrites before any read",
    fixable=True,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for dead in analysis.dead_parameters:
        if dead.parameter.use is Use.OVERWRITTEN and not dead.never_respecialized:
            yield diagnose(RULE, dead, "is overwritten on every path before it is read")

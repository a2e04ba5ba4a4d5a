"""TRL006: dead float or boolean parameter, which never causes a recompile."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.rules.dead import diagnose

RULE = Rule(
    code="TRL006",
    name="unused-float",
    summary="dead float or boolean parameter, which never causes a recompile",
    fixable=True,
    default=False,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for dead in analysis.dead_parameters:
        if dead.never_respecialized:
            yield diagnose(RULE, dead, "is never read")

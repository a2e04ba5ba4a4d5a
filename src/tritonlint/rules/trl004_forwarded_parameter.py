"""TRL004: parameter that only goes to helpers that never read it."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.rules.dead import diagnose
from tritonlint.survey.facts.kernels import Use

RULE = Rule(
    code="TRL004",
    name="forwarded-parameter",
    summary="parameter that only goes to helpers that never read it",
    fixable=True,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for dead in analysis.dead_parameters:
        if dead.parameter.use is Use.FORWARDED and not dead.never_respecialized:
            yield diagnose(
                RULE, dead, f"only goes to {_listed(dead.helpers)}, where nothing reads it"
            )


def _listed(helpers: tuple[str, ...]) -> str:
    quoted = [f"`{name}`" for name in helpers]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"

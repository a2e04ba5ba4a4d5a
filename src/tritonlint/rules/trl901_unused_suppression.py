"""TRL901: a comment that silences nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.survey.facts import Suppression

RULE = Rule(
    code="TRL901",
    name="unused-suppression",
    summary="comment that silences no finding",
    fixable=False,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Nothing here: which comments are unused shows when the others' findings are silenced."""
    return iter(())


def diagnose(path: Path, suppression: Suppression) -> Diagnostic:
    """The finding for one comment."""
    return Diagnostic(
        code=RULE.code,
        name=RULE.name,
        message=f"`{suppression.text}` silences nothing",
        path=path,
        span=suppression.span,
        help="Delete the comment",
    )

"""TRL901: a comment that silences nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.survey.facts.module import Suppression

RULE = Rule(
    code="TRL901",
    name="unused-suppression",
    summary="comment that silences no finding",
    fixable=True,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Finds nothing: unused comments only show when the findings of other rules are silenced."""
    return iter(())


def diagnose(path: Path, suppression: Suppression, known: Collection[str]) -> Diagnostic:
    """Return the finding for one comment; `known` are the codes of all rules."""
    return Diagnostic(
        code=RULE.code,
        name=RULE.name,
        message=f"`{suppression.text}` silences nothing{_reason(suppression, known)}",
        path=path,
        span=suppression.span,
        help=_help(suppression),
    )


def _reason(suppression: Suppression, known: Collection[str]) -> str:
    unknown = [code for code in suppression.codes if code not in known]
    if suppression.form == "noqa":
        unknown = [code for code in unknown if code.startswith("TRL")]
    if not unknown:
        return ""
    # Few runs need it.
    from difflib import get_close_matches

    code = unknown[0]
    close = get_close_matches(code, known, n=len(known))
    # Among equally similar codes, the one that differs last.
    close.sort(key=lambda each: [a != b for a, b in zip(code, each, strict=False)])
    hint = f"; did you mean {close[0]}?" if close else ""
    return f": there is no rule {code}{hint}"


def _help(suppression: Suppression) -> str:
    if suppression.form != "misspelt":
        return "Delete the comment"
    codes = ", ".join(suppression.codes) or "TRL001"
    return f"Write `# tritonlint: ignore[{codes}]` on the line of the finding, or delete it"

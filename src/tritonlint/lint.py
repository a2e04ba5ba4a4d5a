"""Runs the rules over an analyzed project."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic
from tritonlint.rules import all_rules
from tritonlint.suppression import apply_suppressions


def lint(
    analysis: Analysis,
    enabled: Callable[[Path], frozenset[str]],
    named: Collection[Path] | None = None,
    heeds_comments: bool = True,
    unheard: list[Diagnostic] | None = None,
) -> list[Diagnostic]:
    """Return all findings of the rules that are enabled for their files, by file and place.

    Silenced ones are left out; with `named`, so are those in other files. Those that a `# noqa`
    without codes silences are added to `unheard`.
    """
    surveyed = frozenset(analysis.project.facts)
    asked = {path: enabled(path) for path in (surveyed if named is None else surveyed & {*named})}
    every = frozenset(code for codes in asked.values() for code in codes)
    found = [
        diagnostic
        for code, (_, check) in all_rules().items()
        if code in every
        for diagnostic in check(analysis)
        if code in asked.get(diagnostic.path, ())
    ]
    if heeds_comments:
        silenced = unheard if unheard is not None else []
        found = list(apply_suppressions(analysis.project, found, asked, silenced))
    return sorted(found, key=lambda d: d.sort_key)

"""Parameters that users want to keep: the finding is silenced or ignored, or may not be fixed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic
from tritonlint.fix.changes import BlockedError, Show, line
from tritonlint.remedies import Remove
from tritonlint.rules import all_rules
from tritonlint.suppression import Comments


class LeftAlone:
    """Those of one project.

    Args:
        enabled: the rules that are enabled for a file.
        may_fix: whether findings of a rule may be fixed.
        heeds_comments: whether comments silence findings.
        show: a path as users know it.
    """

    def __init__(
        self,
        analysis: Analysis,
        enabled: Callable[[Path], frozenset[str]],
        may_fix: Callable[[str], bool],
        heeds_comments: bool,
        show: Show,
    ) -> None:
        self.analysis = analysis
        self.enabled = enabled
        self.may_fix = may_fix
        self.heeds_comments = heeds_comments
        self.show = show
        self._comments: dict[Path, Comments] = {}

    def check(self, removals: Iterable[Remove], path: Path) -> None:
        """Make sure that parameters that would go with another may go.

        Args:
            path: the file of the other.

        Raises:
            BlockedError: one has to stay.
        """
        for removal in sorted(removals):
            found = self._findings.get(removal)
            if found is None:
                continue
            what = f"`{found.parameter}` of `{found.kernel}` would have to go too"
            if not self.may_fix(found.code):
                raise BlockedError(f"{what}, and the settings say not to fix {found.code}")
            if found.code in self.enabled(path) - self.enabled(found.path):
                place = self.show(found.path)
                raise BlockedError(f"{what}, and the settings ignore {found.code} in {place}")
            silencing = self._comments_of(found.path).silencing(found)
            if silencing and self.heeds_comments:
                place = line(self.show, found.path, silencing[0].span.row)
                raise BlockedError(f"{what}, and a comment at {place} silences it")

    @cached_property
    def _findings(self) -> Mapping[Remove, Diagnostic]:
        """The findings about dead parameters in all files, by what removes the parameter."""
        whole = Analysis(self.analysis.project, self.analysis.version)
        return {
            remedy: found
            for code, (_, check) in all_rules().items()
            if code.startswith("TRL00")
            for found in check(whole)
            for remedy in found.remedies
            if isinstance(remedy, Remove)
        }

    def _comments_of(self, path: Path) -> Comments:
        if path not in self._comments:
            self._comments[path] = Comments(self.analysis.project.facts[path])
        return self._comments[path]

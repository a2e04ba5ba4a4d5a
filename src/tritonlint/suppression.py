"""Silences findings as the comments in the files say, and reports comments that silence nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tritonlint.diagnostics import Diagnostic
from tritonlint.project.project import Project
from tritonlint.rules import all_rules
from tritonlint.rules import trl901_unused_suppression as unused
from tritonlint.survey.facts.kernels import Kernel
from tritonlint.survey.facts.module import ModuleFacts, Suppression


def apply_suppressions(
    project: Project,
    diagnostics: Iterable[Diagnostic],
    enabled: Mapping[Path, frozenset[str]],
    unheard: list[Diagnostic],
) -> Iterator[Diagnostic]:
    """The findings that no comment silences, and a finding for each comment that silences nothing.

    `enabled` are the codes that are checked in each file. A `# noqa` without codes may be meant for
    another linter: what it silences is added to `unheard`, with the place of the comment.
    """
    used: set[tuple[Path, Suppression]] = set()
    comments: dict[Path, Comments] = {}
    for diagnostic in diagnostics:
        path = diagnostic.path
        of_file = comments.get(path)
        if of_file is None:
            of_file = comments[path] = Comments(project.facts[path])
        silencing = of_file.silencing(diagnostic)
        if silencing:
            used.update((diagnostic.path, s) for s in silencing)
            if all(s.form == "noqa" and not s.codes for s in silencing):
                unheard.append(diagnostic._replace(span=silencing[0].span))
        else:
            yield diagnostic
    for path, codes in sorted(enabled.items()):
        if unused.RULE.code not in codes or path not in project.subjects:
            continue
        for suppression in project.facts[path].suppressions:
            if (path, suppression) not in used and _claims(suppression, codes):
                yield unused.diagnose(path, suppression, all_rules())


class Comments:
    """The comments of one file that silence findings, by row."""

    def __init__(self, facts: ModuleFacts) -> None:
        self._of_file = [s for s in facts.suppressions if s.form == "ignore-file"]
        self._by_row: defaultdict[int, list[Suppression]] = defaultdict(list)
        for suppression in facts.suppressions:
            if suppression.form not in ("ignore-file", "misspelt"):
                self._by_row[suppression.row].append(suppression)
        self._kernels: defaultdict[str, list[Kernel]] = defaultdict(list)
        for kernel in facts.kernels:
            self._kernels[kernel.name].append(kernel)

    def silencing(self, diagnostic: Diagnostic) -> list[Suppression]:
        """Those that silence a finding, from the top of the file down."""
        if not (self._of_file or self._by_row):
            return []
        rows = {diagnostic.span.row}
        named = self._kernels.get(diagnostic.kernel or "", ())
        rows.update(k.def_row for k in named if _holds(k, diagnostic))
        found = [s for row in rows for s in self._by_row.get(row, ())]
        found = [s for s in (*self._of_file, *found) if not s.codes or diagnostic.code in s.codes]
        return sorted(found, key=lambda s: s.span)


def _holds(kernel: Kernel, diagnostic: Diagnostic) -> bool:
    return kernel.first_row <= diagnostic.span.row <= kernel.last_row


def _claims(suppression: Suppression, enabled: frozenset[str]) -> bool:
    """Whether the comment is for tritonlint, and names a rule that was checked."""
    if suppression.form == "noqa":
        ours = [code for code in suppression.codes if code.startswith("TRL")]
        return any(code in enabled or code not in all_rules() for code in ours)
    if suppression.form == "misspelt":
        return True
    known = all_rules().keys() & suppression.codes
    return not known or not known.isdisjoint(enabled)

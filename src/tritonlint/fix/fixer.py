"""Fixes of a project's findings: what each would change, and all of them to a fixed point."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.words import NO_WORDS, Words
from tritonlint.diagnostics import Applicability, Diagnostic, Edit, Fix
from tritonlint.fix.arguments import SeenBy
from tritonlint.fix.changes import BlockedError, Change, Plan, Rests, Show
from tritonlint.fix.filetext import FileText, UneditableError
from tritonlint.fix.layout import Cut
from tritonlint.fix.leftovers import Leftovers
from tritonlint.fix.plan import Planner
from tritonlint.fix.verify import verify
from tritonlint.fix.witnesses import NO_MENTIONS, Mentions, Witnesses
from tritonlint.project.project import Project
from tritonlint.remedies import DropEntry, Remedy, Remove, Unannotate, Unspecialize
from tritonlint.source import Source, decode, encode
from tritonlint.survey import content_digest, survey
from tritonlint.survey.facts.module import ModuleFacts, SurveyOptions
from tritonlint.triton.versions import TritonVersion

_MAX_ROUNDS = 25

#: One kind after the other: those first that may make others needless.
_ORDER = (Remove, DropEntry, Unannotate, Unspecialize)

#: What was asked of a fix, without lines: these are others after an edit.
Key = tuple[str, ...]


class FixOptions(NamedTuple):
    """How to fix.

    Attributes:
        read: a file's bytes as they were surveyed.
        show: a path as users know it.
        obstacle: why a file must not be edited, or None.
        seen_by: what something at the top level of a file does with a launch's arguments.
    """

    version: TritonVersion
    read: Callable[[Path], bytes]
    show: Show
    obstacle: Callable[[Path], str | None]
    seen_by: SeenBy
    survey: SurveyOptions = SurveyOptions()
    words: Words = NO_WORDS
    strategy: str = "remove"
    unsafe: bool = False
    line_length: Callable[[], int] = lambda: 88
    may_fix: Callable[[str], bool] = lambda code: True


class _Chosen(NamedTuple):
    """What will be done about a finding; `blocked_by` says why nothing better."""

    remedy: Remedy
    plan: Plan
    blocked_by: str | None

    @property
    def applicability(self) -> Applicability:
        return Applicability.UNSAFE if self.plan.reservations else Applicability.SAFE

    @property
    def message(self) -> str:
        reservations = "; ".join(self.plan.reservations)
        return (
            f"{self.plan.message}, after a look: {reservations}"
            if reservations
            else self.plan.message
        )


class Outcome:
    """What came of fixing: contents of changed files, the findings fixed, and those left.

    Attributes:
        facts: those of the changed files.
        dropped: what did not come out right, with why.
    """

    def __init__(self) -> None:
        self.contents: dict[Path, bytes] = {}
        self.facts: dict[Path, ModuleFacts] = {}
        self.fixed: list[Diagnostic] = []
        self.left: list[Diagnostic] = []
        self.dropped: dict[Key, str] = {}


class Fixer:
    """Knows what to do about the findings of one project.

    Args:
        mentions: what a search of the whole tree for the kernels' names found.
        contents: the files that were edited so far.
        dropped: what did not come out right, with why.
    """

    def __init__(
        self,
        project: Project,
        options: FixOptions,
        mentions: Mentions = NO_MENTIONS,
        contents: Mapping[Path, bytes] | None = None,
        dropped: Mapping[Key, str] | None = None,
    ) -> None:
        self.project = project
        self.options = options
        self.mentions = mentions
        self.contents = dict(contents or {})
        self.dropped = dict(dropped or {})
        self.analysis = Analysis(project, options.version, options.words)
        witnesses = Witnesses(project, mentions, options.show)
        self._planner = Planner(self.analysis, options.seen_by, witnesses, options.show)
        self._leftovers = Leftovers(project)
        self._obstacle = cache(options.obstacle)
        self._texts: dict[Path, FileText] = {}
        self._sources: dict[Path, Source] = {}
        self._checked: set[Path] = set()

    # -- one finding -----------------------------------------------------------------------

    def rests_on(self, diagnostics: Iterable[Diagnostic]) -> Rests:
        """What to look for in the whole tree before any of the findings can be fixed."""
        found = Rests()
        for diagnostic in diagnostics:
            chosen = self._choose(diagnostic)
            if isinstance(chosen, _Chosen):
                found |= chosen.plan.rests_on
        return found

    def attach(self, diagnostics: Iterable[Diagnostic], edits: bool) -> Iterator[Diagnostic]:
        """The findings with their fixes, with `edits` in full.

        One that is worth telling only with a fix is left out where there is none.
        """
        for diagnostic in diagnostics:
            chosen = self._choose(diagnostic)
            needs_fix = diagnostic.needs_fix
            diagnostic = diagnostic._replace(remedies=(), needs_fix=False)
            if needs_fix and isinstance(chosen, _Chosen) and chosen.plan.losses:
                continue
            if isinstance(chosen, _Chosen):
                try:
                    # A change of a decorator alone is cheap to try.
                    tried = edits or not isinstance(chosen.remedy, Remove)
                    found = self._edits(chosen.plan) if tried else ()
                except UneditableError as error:
                    yield diagnostic._replace(fix_blocked_by=str(error))
                    continue
                fix = Fix(chosen.applicability, chosen.message, found)
                yield diagnostic._replace(fix=fix, fix_blocked_by=chosen.blocked_by)
            elif not needs_fix:
                yield diagnostic._replace(fix_blocked_by=chosen)

    def _remedies(self, diagnostic: Diagnostic) -> tuple[Remedy, ...]:
        """What may be done about a finding, as far as the user's strategy allows it."""
        removals = isinstance(next(iter(diagnostic.remedies), None), Remove)
        if self.options.strategy == "remove" or not removals:
            return diagnostic.remedies
        kind = Remove if self.options.strategy == "remove-only" else Unspecialize
        return tuple(r for r in diagnostic.remedies if isinstance(r, kind))

    def _choose(self, diagnostic: Diagnostic) -> _Chosen | str | None:
        """The first remedy that nothing speaks against, or what speaks against the first.

        Where the first is a choice that the user has not made, a later one that is safe. After one
        that did not come out right no other is tried: the file may be another by now.
        """
        if diagnostic.remedies and not self.options.may_fix(diagnostic.code):
            return f"the settings say not to fix {diagnostic.code}"
        reason: str | None = None
        first: _Chosen | None = None
        for remedy in self._remedies(diagnostic):
            dropped = self.dropped.get(_key(remedy))
            if dropped is not None:
                return dropped
            try:
                plan = self._plan(remedy)
            except BlockedError as error:
                reason = reason or str(error)
                continue
            if reason is not None and not self.analysis.links(remedy.kernel).calls:
                plan = plan._replace(doubts=("no call of the kernel is seen", *plan.doubts))
            if first is not None and plan.reservations:
                continue
            chosen = _Chosen(remedy, plan, reason)
            if self.options.unsafe or plan.doubts or not plan.losses:
                return chosen
            first = first or chosen
            reason = reason or "; ".join(plan.losses)
        return first or reason

    def _plan(self, remedy: Remedy) -> Plan:
        plan = self._planner.plan(remedy)
        for path in sorted(plan.paths):
            reason = self._obstacle(path)
            if reason is not None:
                raise BlockedError(f"{self.options.show(path)} would have to change: {reason}")
        return plan

    def _edits(self, plan: Plan) -> tuple[Edit, ...]:
        return tuple(
            Edit(path, self._text(path).span(cut), cut.content)
            for path, of_file in sorted(self._cuts([plan]).items())
            for cut in of_file
        )

    # -- all findings ----------------------------------------------------------------------

    def fix_all(self, lint: Callable[[Analysis], list[Diagnostic]], searched: Rests) -> Outcome:
        """Fix what may be fixed, to a fixed point; nothing is written.

        Args:
            lint: gives the findings that are asked for.
            searched: what was looked for in the whole tree. Fixes that need more are left for
                another run over the edited tree.
        """
        fixer: Fixer = self
        outcome = Outcome()
        for _ in range(_MAX_ROUNDS):
            found = lint(fixer.analysis)
            pairs = [(d, c) for d in found for c in [fixer._applicable(d, searched)] if c]
            # Different kinds can touch one decorator: one kind comes after the other.
            first = min((_order(chosen.remedy) for _, chosen in pairs), default=0)
            pairs = [(d, c) for d, c in pairs if _order(c.remedy) == first]
            if not pairs:
                break
            fixer = fixer._round(pairs, outcome)
        outcome.left = list(fixer.attach(lint(fixer.analysis), edits=True))
        outcome.contents = fixer.contents
        outcome.facts = {path: fixer.project.facts[path] for path in fixer.contents}
        outcome.dropped = fixer.dropped
        return outcome

    def _applicable(self, diagnostic: Diagnostic, searched: Rests) -> _Chosen | None:
        chosen = self._choose(diagnostic)
        if not isinstance(chosen, _Chosen):
            return None
        if chosen.applicability is Applicability.UNSAFE and not self.options.unsafe:
            return None
        return chosen if chosen.plan.rests_on <= searched else None

    def _round(self, pairs: Sequence[tuple[Diagnostic, _Chosen]], outcome: Outcome) -> Fixer:
        """Apply the fixes together, or, where that fails, those that pass alone."""
        result = self._try([chosen.plan for _, chosen in pairs])
        if isinstance(result, Fixer):
            outcome.fixed += [diagnostic for diagnostic, _ in pairs]
            return result
        if len(pairs) == 1:
            (_, chosen), reason = pairs[0], result
            return self._with(dropped={_key(chosen.remedy): f"the fix was dropped: {reason}"})
        # Halves find the culprits in few steps; what is left of the others comes round again.
        middle = len(pairs) // 2
        first = self._round(pairs[:middle], outcome)
        if first.project is not self.project:
            return first
        return first._round(pairs[middle:], outcome)

    def _try(self, plans: Sequence[Plan]) -> Fixer | str:
        """The fixer of the edited project, or what is wrong with it."""
        try:
            for plan in plans:
                self._check_unchanged(plan)
            found = self._cuts(plans)
        except UneditableError as error:
            return str(error)
        from tritonlint.fix.edit import apply_cuts

        contents = {}
        for path, of_file in found.items():
            text = apply_cuts(self._text(path).text, of_file)
            try:
                contents[path] = encode(self._source(path)._replace(text=text))
            except UnicodeEncodeError as error:
                return f"{path.name} cannot hold the new text: {error}"
        facts = {path: survey(data, self.options.survey) for path, data in contents.items()}
        edited = self.project.with_facts(facts)
        problem = verify(self.project, edited, contents.keys(), self._changes(plans))
        return problem if problem is not None else self._with(edited, contents)

    def _check_unchanged(self, plan: Plan) -> None:
        """The files are still what the survey saw."""
        for path in sorted(plan.paths - self.contents.keys() - self._checked):
            if content_digest(self._read(path)) != self.project.facts[path].digest:
                raise UneditableError(f"{self.options.show(path)} changed on disk meanwhile")
            self._checked.add(path)

    def _with(
        self,
        project: Project | None = None,
        contents: Mapping[Path, bytes] | None = None,
        dropped: Mapping[Key, str] | None = None,
    ) -> Fixer:
        return Fixer(
            project or self.project,
            self.options,
            self.mentions,
            {**self.contents, **(contents or {})},
            {**self.dropped, **(dropped or {})},
        )

    # -- sources ---------------------------------------------------------------------------

    def _cuts(self, plans: Sequence[Plan]) -> dict[Path, list[Cut]]:
        # Edits are made by libcst, which most reports do without.
        from tritonlint.fix.edit import cuts_of

        changes = self._changes(plans)
        return cuts_of(self.project, changes, _Texts(self._text), self.options.line_length())

    def _changes(self, plans: Sequence[Plan]) -> frozenset[Change]:
        changes = frozenset(change for plan in plans for change in plan.changes)
        return self._leftovers.with_them(changes)

    def _read(self, path: Path) -> bytes:
        return self.contents[path] if path in self.contents else self.options.read(path)

    def _source(self, path: Path) -> Source:
        if path not in self._sources:
            self._sources[path] = decode(self._read(path))
        return self._sources[path]

    def _text(self, path: Path) -> FileText:
        if path not in self._texts:
            self._texts[path] = FileText(self._source(path).text)
        return self._texts[path]


class _Texts(dict[Path, FileText]):
    """Texts by path, read when they are asked for."""

    def __init__(self, read: Callable[[Path], FileText]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, path: Path) -> FileText:
        return self._read(path)


def _key(remedy: Remedy) -> Key:
    kernel, *rest = remedy
    path, qualname, _ = kernel
    return (type(remedy).__name__, str(path), qualname, *map(str, rest))


def _order(remedy: Remedy) -> int:
    return _ORDER.index(type(remedy))

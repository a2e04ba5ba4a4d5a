"""Fixes of a project's findings: the edits of each, and applying all until nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Applicability, Diagnostic, Edit, Fix
from tritonlint.fix.changes import Change, Plan, Rests
from tritonlint.fix.choice import Chooser, Chosen, FixOptions, Key, remedy_key
from tritonlint.fix.elements import with_whole_arguments
from tritonlint.fix.filetext import Sources, UneditableError
from tritonlint.fix.layout import Cut
from tritonlint.fix.leftovers import Leftovers
from tritonlint.fix.names import undefined_by
from tritonlint.fix.plan import Planner
from tritonlint.fix.verify import verify
from tritonlint.fix.witnesses import NO_MENTIONS, Mentions, Witnesses
from tritonlint.project.project import Project
from tritonlint.remedies import DropEntry, Remedy, Remove, Unannotate, Unspecialize
from tritonlint.source import content_digest, encode
from tritonlint.survey.facts.module import ModuleFacts
from tritonlint.survey.surveyor import survey

_MAX_ROUNDS = 25

#: In this order, because an earlier kind may make a later one unnecessary.
_ORDER = (Remove, DropEntry, Unannotate, Unspecialize)


class Outcome:
    """The result of fixing: contents of changed files, the findings fixed, and those left.

    Attributes:
        facts: the facts of the changed files.
        dropped: fixes that failed, and why.
    """

    def __init__(self) -> None:
        self.contents: dict[Path, bytes] = {}
        self.facts: dict[Path, ModuleFacts] = {}
        self.fixed: list[Diagnostic] = []
        self.left: list[Diagnostic] = []
        self.dropped: dict[Key, str] = {}


class Fixer:
    """Plans and applies the fixes of one project's findings.

    Args:
        analysis: the project, and what the rules ask about it.
        mentions: the results of searching the whole tree for the kernels' names.
        contents: the contents of files edited so far.
        dropped: fixes that failed, and why.
    """

    def __init__(
        self,
        analysis: Analysis,
        options: FixOptions,
        mentions: Mentions = NO_MENTIONS,
        contents: Mapping[Path, bytes] | None = None,
        dropped: Mapping[Key, str] | None = None,
    ) -> None:
        self.analysis = analysis
        self.project = project = analysis.project
        self.options = options
        self.mentions = mentions
        self.contents = dict(contents or {})
        self.dropped = dict(dropped or {})
        witnesses = Witnesses(project, mentions, options.show)
        planner = Planner(self.analysis, options.seen_by, witnesses, options.show)
        self._chooser = Chooser(self.analysis, planner, options, self.dropped)
        self._leftovers = Leftovers(
            project, options.is_shared, witnesses.is_only_in, options.frames_are_read
        )
        self._items = planner.items
        self._sources = Sources(options.read, self.contents)
        self._checked: set[Path] = set()

    # -- one finding -----------------------------------------------------------------------

    def rests_on(self, diagnostics: Iterable[Diagnostic]) -> Rests:
        """Return what to search for in the whole tree before any of the findings can be fixed."""
        found = Rests()
        for diagnostic in diagnostics:
            chosen = self._chooser.choose(diagnostic)
            if isinstance(chosen, Chosen):
                found |= chosen.plan.rests_on
        return found

    def attach(self, diagnostics: Iterable[Diagnostic], edits: bool) -> Iterator[Diagnostic]:
        """Yield the findings with their fixes, with `edits` in full.

        A finding that only matters with a fix is left out if it has none.
        """
        for diagnostic in diagnostics:
            chosen = self._chooser.choose(diagnostic)
            needs_fix = diagnostic.needs_fix
            diagnostic = diagnostic._replace(remedies=(), needs_fix=False)
            if needs_fix and isinstance(chosen, Chosen) and chosen.plan.losses:
                continue
            if isinstance(chosen, Chosen):
                try:
                    # A change of a decorator alone is cheap to try.
                    tried = edits or not isinstance(chosen.remedy, Remove)
                    found = self._edits(chosen.plan) if tried else ()
                except UneditableError as error:
                    yield diagnostic._replace(fix_blocked_by=str(error))
                    continue
                if_proved = chosen.lacks_proof and not chosen.plan.reservations
                fix = Fix(chosen.applicability, chosen.message, found, if_proved)
                yield diagnostic._replace(fix=fix, fix_blocked_by=chosen.blocked_by)
            elif not needs_fix:
                yield diagnostic._replace(fix_blocked_by=chosen)

    def _edits(self, plan: Plan) -> tuple[Edit, ...]:
        return tuple(
            Edit(path, self._sources.text(path).span(cut), cut.content)
            for path, of_file in sorted(self._cuts([plan]).items())
            for cut in of_file
        )

    # -- all findings ----------------------------------------------------------------------

    def fix_all(self, lint: Callable[[Analysis], list[Diagnostic]], searched: Rests) -> Outcome:
        """Fix what may be fixed, until nothing changes; nothing is written.

        Args:
            lint: returns the findings to fix.
            searched: what was searched for in the whole tree. Fixes that need more are left for
                another run over the edited tree.
        """
        fixer: Fixer = self
        outcome = Outcome()
        for _ in range(_MAX_ROUNDS):
            found = lint(fixer.analysis)
            pairs = [(d, c) for d in found for c in [fixer._applicable(d, searched)] if c]
            if not pairs:
                break
            # Different kinds of fixes may change one decorator, so one kind comes after the other.
            first = min(_order(chosen.remedy) for _, chosen in pairs)
            fixer = fixer._round([(d, c) for d, c in pairs if _order(c.remedy) == first], outcome)
        outcome.left = list(fixer.attach(lint(fixer.analysis), edits=True))
        outcome.contents = fixer.contents
        outcome.facts = {path: fixer.project.facts[path] for path in fixer.contents}
        outcome.dropped = fixer.dropped
        return outcome

    def _applicable(self, diagnostic: Diagnostic, searched: Rests) -> Chosen | None:
        chosen = self._chooser.choose(diagnostic)
        if not isinstance(chosen, Chosen):
            return None
        if chosen.applicability is Applicability.UNSAFE and not self.options.unsafe:
            return None
        return chosen if chosen.plan.rests_on <= searched else None

    def _round(self, pairs: Sequence[tuple[Diagnostic, Chosen]], outcome: Outcome) -> Fixer:
        """Apply the fixes together or, if that fails, those that succeed alone."""
        result = self._try([chosen.plan for _, chosen in pairs])
        if isinstance(result, Fixer):
            outcome.fixed += [diagnostic for diagnostic, _ in pairs]
            return result
        if len(pairs) == 1:
            (_, chosen), reason = pairs[0], result
            return self._with(dropped={remedy_key(chosen.remedy): f"the fix was dropped: {reason}"})
        # Halving finds the culprits in few steps; the others are tried again in the next round.
        middle = len(pairs) // 2
        first = self._round(pairs[:middle], outcome)
        if first.project is not self.project:
            return first
        return first._round(pairs[middle:], outcome)

    def _try(self, plans: Sequence[Plan]) -> Fixer | str:
        """Return the fixer of the edited project, or what is wrong with it."""
        try:
            for plan in plans:
                self._check_unchanged(plan)
            found = self._cuts(plans)
        except UneditableError as error:
            return str(error)
        from tritonlint.fix.edit import apply_cuts

        contents = {}
        for path, of_file in found.items():
            text = apply_cuts(self._sources.text(path).text, of_file)
            try:
                contents[path] = encode(self._sources.source(path)._replace(text=text))
            except UnicodeEncodeError as error:
                return f"{path.name} cannot hold the new text: {error}"
        facts = {
            path: survey(data, self.options.survey, self.project.facts[path].flows)
            for path, data in contents.items()
        }
        edited = self.project.with_facts(facts)
        problem = verify(self.project, edited, contents.keys(), self._changes(plans))
        if problem is not None:
            return problem
        fixer = self._with(edited, contents)
        for path in contents:
            sources = (each.source(path).text for each in (self._sources, fixer._sources))
            try:
                name = undefined_by(*sources)
            except SyntaxError as error:
                return f"Python would not compile {path.name} any more: {error.msg}"
            if name is not None:
                return f"nothing would define `{name}` in {path.name} any more"
        return fixer

    def _check_unchanged(self, plan: Plan) -> None:
        """Make sure that the files are as the survey saw them."""
        for path in sorted(plan.paths - self.contents.keys() - self._checked):
            if content_digest(self._sources.read(path)) != self.project.facts[path].digest:
                raise UneditableError(f"{self.options.show(path)} changed on disk meanwhile")
            self._checked.add(path)

    def _with(
        self,
        project: Project | None = None,
        contents: Mapping[Path, bytes] | None = None,
        dropped: Mapping[Key, str] | None = None,
    ) -> Fixer:
        return Fixer(
            self.analysis.of(project) if project is not None else self.analysis,
            self.options,
            self.mentions,
            {**self.contents, **(contents or {})},
            {**self.dropped, **(dropped or {})},
        )

    # -- sources ---------------------------------------------------------------------------

    def _cuts(self, plans: Sequence[Plan]) -> dict[Path, list[Cut]]:
        # Only edits need libcst; most reports do not.
        from tritonlint.fix.edit import cuts_of

        changes = self._changes(plans)
        return cuts_of(self.project, changes, self._sources.text, self.options.line_length())

    def _changes(self, plans: Iterable[Plan]) -> frozenset[Change]:
        changes = frozenset(change for plan in plans for change in plan.changes)
        whole = self._items.with_whole_arguments(with_whole_arguments(changes))
        return self._leftovers.with_them(whole)


def _order(remedy: Remedy) -> int:
    return _ORDER.index(type(remedy))

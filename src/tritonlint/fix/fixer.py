"""Fixes of a project's findings: what each would change, and all of them to a fixed point."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tritonlint.analysis.dead import Analysis, DeadParameter
from tritonlint.diagnostics import Applicability, Diagnostic, Edit, Fix
from tritonlint.fix.arguments import SeenBy
from tritonlint.fix.filetext import FileText, UneditableError
from tritonlint.fix.layout import Cut
from tritonlint.fix.obstacles import can_stay_unspecialized
from tritonlint.fix.plan import Planner
from tritonlint.fix.removal import BlockedError, ParameterId, Removal, Rests
from tritonlint.fix.verify import verify
from tritonlint.fix.witnesses import NO_MENTIONS, Mentions, Witnesses
from tritonlint.project.project import Project
from tritonlint.source import Source, decode, encode
from tritonlint.specialization import Kind, TritonVersion
from tritonlint.survey import content_digest, survey
from tritonlint.survey.facts import Role, SurveyOptions

_MAX_ROUNDS = 25

#: A parameter by its file, its kernel's qualified name and its own: the same after an edit.
Key = tuple[str, str, str]


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
    show: Callable[[Path], str]
    obstacle: Callable[[Path], str | None]
    seen_by: SeenBy
    survey: SurveyOptions = SurveyOptions()
    strategy: str = "remove"
    unsafe: bool = False
    line_length: Callable[[], int] = lambda: 88


class _Remedy(NamedTuple):
    """What can be done about one finding: a removal, or else the parameter's name in a list."""

    target: ParameterId
    removal: Removal | None
    applicability: Applicability
    message: str
    blocked_by: str | None = None


class Outcome:
    """What came of fixing: contents of changed files, the findings fixed, and those left.

    Attributes:
        dropped: findings whose fix did not come out right, with why.
    """

    def __init__(self) -> None:
        self.contents: dict[Path, bytes] = {}
        self.fixed: list[Diagnostic] = []
        self.left: list[Diagnostic] = []
        self.dropped: dict[Key, str] = {}


class Fixer:
    """Knows what to do about the findings of one project.

    Args:
        mentions: what a search of the whole tree for the kernels' names found.
        contents: the files that were edited so far.
        dropped: findings whose fix did not come out right, with why.
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
        self.analysis = Analysis(project, options.version)
        self._dead = {(d.identity.path, d.parameter.span): d for d in self.analysis.dead_parameters}
        witnesses = Witnesses(project, mentions, options.show)
        self._planner = Planner(self.analysis, options.seen_by, witnesses, options.show)
        self._texts: dict[Path, FileText] = {}
        self._sources: dict[Path, Source] = {}
        self._checked: set[Path] = set()

    # -- one finding -----------------------------------------------------------------------

    def rests_on(self, diagnostics: Iterable[Diagnostic]) -> Rests:
        """What to look for in the whole tree before any of the findings can be fixed."""
        found = Rests()
        for diagnostic in diagnostics:
            dead = self._dead.get((diagnostic.path, diagnostic.span))
            if dead is not None and self.options.strategy == "remove":
                found |= self._planner.rests_on(ParameterId(dead.identity, dead.parameter.name))
        return found

    def attach(self, diagnostics: Iterable[Diagnostic], edits: bool) -> Iterator[Diagnostic]:
        """The findings with their fixes, with `edits` in full.

        One that costs a single compile already, and that nothing can be done about, is left out.
        """
        for diagnostic in diagnostics:
            dead = self._dead.get((diagnostic.path, diagnostic.span))
            if dead is None:
                yield diagnostic
                continue
            remedy = self._remedy(dead)
            if isinstance(remedy, _Remedy):
                if edits or remedy.removal is None:
                    try:
                        found = self._edits(remedy)
                    except UneditableError as error:
                        yield diagnostic._replace(fix_blocked_by=str(error))
                        continue
                else:
                    found = ()
                fix = Fix(remedy.applicability, remedy.message, found)
                yield diagnostic._replace(fix=fix, fix_blocked_by=remedy.blocked_by)
            elif not _is_unspecialized(dead):
                yield diagnostic._replace(fix_blocked_by=remedy)

    def _remedy(self, dead: DeadParameter) -> _Remedy | str:
        """What to do about a dead parameter, or why nothing can be done."""
        target = ParameterId(dead.identity, dead.parameter.name)
        dropped = self.dropped.get(_key(target))
        if dropped is not None:
            return dropped
        if self.options.strategy == "do-not-specialize":
            return self._unspecialize(dead, target, Applicability.SAFE, None)
        try:
            removal = self._planner.removal(target)
            for path in sorted(removal.paths):
                reason = self.options.obstacle(path)
                if reason is not None:
                    raise BlockedError(f"{self.options.show(path)} would have to change: {reason}")
        except BlockedError as error:
            fallback = self._unspecialize(dead, target, Applicability.UNSAFE, str(error))
            return fallback if isinstance(fallback, _Remedy) else str(error)
        applicability = Applicability.UNSAFE if removal.doubts else Applicability.SAFE
        return _Remedy(target, removal, applicability, _removal_message(dead, removal))

    def _unspecialize(
        self,
        dead: DeadParameter,
        target: ParameterId,
        applicability: Applicability,
        blocked_by: str | None,
    ) -> _Remedy | str:
        if dead.kind is Kind.CONSTEXPR:
            return "do_not_specialize does nothing for a constexpr: it has to be removed"
        if not can_stay_unspecialized(dead.kernel, dead.kind):
            return "do_not_specialize is for plain integers under a `@triton.jit` of their own"
        reason = self.options.obstacle(dead.identity.path)
        if reason is not None:
            return reason
        if _is_unspecialized(dead):
            return "do_not_specialize names it already"
        message = f"Name `{target.name}` in do_not_specialize of `{dead.kernel.name}`"
        return _Remedy(target, None, applicability, message, blocked_by)

    def _edits(self, remedy: _Remedy) -> tuple[Edit, ...]:
        return tuple(
            Edit(path, self._text(path).span(cut), cut.content)
            for path, of_file in sorted(self._cuts([remedy]).items())
            for cut in of_file
        )

    # -- all findings ----------------------------------------------------------------------

    def fix_all(
        self,
        lint: Callable[[Analysis], list[Diagnostic]],
        searched: Rests,
    ) -> Outcome:
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
            pairs = [(d, r) for d in found for r in [fixer._applicable(d, searched)] if r]
            # Both kinds can touch one decorator: the fallbacks come when all removals are done.
            pairs = [(d, r) for d, r in pairs if r.removal is not None] or pairs
            if not pairs:
                break
            fixer = fixer._round(pairs, outcome)
        outcome.left = list(fixer.attach(lint(fixer.analysis), edits=True))
        outcome.contents = fixer.contents
        outcome.dropped = fixer.dropped
        return outcome

    def _applicable(self, diagnostic: Diagnostic, searched: Rests) -> _Remedy | None:
        dead = self._dead.get((diagnostic.path, diagnostic.span))
        remedy = self._remedy(dead) if dead is not None else None
        if not isinstance(remedy, _Remedy):
            return None
        if remedy.applicability is Applicability.UNSAFE and not self.options.unsafe:
            return None
        if remedy.removal is not None and not self._planner.rests_on(remedy.target) <= searched:
            return None
        return remedy

    def _round(self, pairs: Sequence[tuple[Diagnostic, _Remedy]], outcome: Outcome) -> Fixer:
        """Apply the fixes together, or, where that fails, those that pass alone."""
        result = self._try([remedy for _, remedy in pairs])
        if isinstance(result, Fixer):
            outcome.fixed += [diagnostic for diagnostic, _ in pairs]
            return result
        if len(pairs) == 1:
            (_, remedy), reason = pairs[0], result
            return self._with(dropped={_key(remedy.target): f"the fix was dropped: {reason}"})
        # Halves find the culprits in few steps; what is left of the others comes round again.
        middle = len(pairs) // 2
        first = self._round(pairs[:middle], outcome)
        if first.project is not self.project:
            return first
        return first._round(pairs[middle:], outcome)

    def _try(self, remedies: Sequence[_Remedy]) -> Fixer | str:
        """The fixer of the edited project, or what is wrong with it."""
        try:
            for remedy in remedies:
                self._check_unchanged(remedy)
            found = self._cuts(remedies)
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
        removals = [remedy.removal for remedy in remedies if remedy.removal is not None]
        problem = verify(self.project, edited, contents.keys(), removals)
        return problem if problem is not None else self._with(edited, contents)

    def _check_unchanged(self, remedy: _Remedy) -> None:
        """The files are still what the survey saw."""
        paths = remedy.removal.paths if remedy.removal else {remedy.target.kernel.path}
        for path in sorted(paths - self.contents.keys() - self._checked):
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

    def _cuts(self, remedies: Sequence[_Remedy]) -> dict[Path, list[Cut]]:
        # Edits are made by libcst, which most reports do without.
        from tritonlint.fix.edit import removal_cuts, unspecialize_cuts

        removals = [remedy.removal for remedy in remedies if remedy.removal is not None]
        named = [remedy.target for remedy in remedies if remedy.removal is None]
        texts = _Texts(self._text)
        if removals:
            return removal_cuts(self.project, removals, texts, self.options.line_length())
        return unspecialize_cuts(self.project, named, texts)

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


def _key(target: ParameterId) -> Key:
    return str(target.kernel.path), target.kernel.qualname, target.name


def _is_unspecialized(dead: DeadParameter) -> bool:
    """Whether do_not_specialize already leaves a single class."""
    if dead.kind is Kind.CONSTEXPR or dead.variants.compiles != 1:
        return False
    index = dead.kernel.parameters.index(dead.parameter)
    return any(
        dead.parameter.name in names or index in names
        for decorator in dead.kernel.decorators
        if decorator.role is Role.JIT
        for names in [decorator.names("do_not_specialize") or ()]
    )


def _removal_message(dead: DeadParameter, removal: Removal) -> str:
    calls = {0: "", 1: " and from 1 call"}.get(removal.calls, f" and from {removal.calls} calls")
    message = f"Remove `{dead.parameter.name}` from `{dead.kernel.name}`{calls}"
    if removal.doubts:
        message += f", after a look: {'; '.join(removal.doubts)}"
    return message

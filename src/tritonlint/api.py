"""One tree, as a program sees it: its findings, and their fixes.

A `Workspace` prints nothing and parses no options; the command and every other front end use it.
Its docstrings say what it promises.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.words import NO_WORDS, Words
from tritonlint.diagnostics import Diagnostic
from tritonlint.files.discovery import Discovery, find_python
from tritonlint.lint import lint
from tritonlint.project.loader import Loader
from tritonlint.project.project import Project
from tritonlint.project.surveys import LoadOptions
from tritonlint.rules.trl901_unused_suppression import RULE as UNUSED_RULE
from tritonlint.source import decode, lines_of
from tritonlint.survey.facts.module import SurveyOptions
from tritonlint.triton.versions import NEWEST, TritonVersion

if TYPE_CHECKING:
    from tritonlint.fix.changes import Rests
    from tritonlint.fix.choice import FixOptions, Key
    from tritonlint.fix.fixer import Fixer
    from tritonlint.fix.names import Unread
    from tritonlint.store.workers import Progress


UNUSED = UNUSED_RULE.code


class WorkspaceOptions(NamedTuple):
    """How a tree is linted and fixed.

    Attributes:
        enabled: returns the codes of the rules to check in a file.
        obstacle: why a file must not be edited, or None; by default, why it cannot be replaced.
        show: returns a path as users know it.
        may_fix: whether findings of a rule may be fixed; by default, they may.
        heeds_comments: whether comments silence findings.
        keep: says which findings are reported and fixed; by default, all.
        around: directories around the tree that may contain code which uses it.
        is_proved: whether the compiler has confirmed a finding that would otherwise be a guess.
    """

    enabled: Callable[[Path], frozenset[str]]
    read: Callable[[Path], bytes]
    version: TritonVersion = NEWEST
    words: Words = NO_WORDS
    jit_decorators: frozenset[str] = frozenset()
    transparent_decorators: frozenset[str] = frozenset()
    autotune_decorators: frozenset[str] = frozenset()
    jobs: int = 1
    cache_directory: Path | None = None
    overrides: Mapping[Path, bytes] = MappingProxyType({})
    progress: Progress | None = None
    strategy: str = "remove"
    unsafe_fixes: bool = False
    line_length: Callable[[], int] = lambda: 88
    obstacle: Callable[[Path], str | None] | None = None
    show: Callable[[Path], str] = str
    keep: Callable[[list[Diagnostic]], list[Diagnostic]] = list
    may_fix: Callable[[str], bool] = lambda code: True
    heeds_comments: bool = True
    around: tuple[Path, ...] = ()
    is_proved: Callable[[Diagnostic], bool] = lambda diagnostic: False


class Fixed(NamedTuple):
    """The result of fixing a tree: new contents of files, the findings fixed, and those left.

    Attributes:
        unread: names that nothing in their file reads after the fixes, but that may not be removed:
            a value may have an effect, or another file may use the name.
    """

    contents: Mapping[Path, bytes]
    fixed: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]
    unread: tuple[Unread, ...] = ()


class Workspace:
    """The findings of one tree, and their fixes.

    Args:
        root: where the tree begins.
        named: the files whose findings are wanted; None for all.
        find_files: finds all Python files of the tree.
    """

    def __init__(
        self,
        root: Path,
        options: WorkspaceOptions,
        named: Collection[Path] | None = None,
        find_files: Callable[[], Discovery] | None = None,
    ) -> None:
        self.root = root
        self.options = options
        self._named = frozenset(named) if named is not None else None
        self._find_files = functools.cache(find_files or functools.partial(find_python, root))
        self._contents: dict[Path, bytes] = {}
        #: Whether the findings depend on files of the tree that are not Python.
        self.rests_on_texts = False
        #: Findings that a `# noqa` without codes silences, each at the place of the comment.
        self.unheard: list[Diagnostic] = []
        self._linted: tuple[Analysis, list[Diagnostic]] | None = None
        load_options = LoadOptions(
            survey=SurveyOptions(
                options.jit_decorators,
                options.transparent_decorators,
                options.autotune_decorators,
            ),
            jobs=options.jobs,
            cache_directory=options.cache_directory,
            overrides=options.overrides,
            progress=options.progress,
        )
        self._loader = Loader(root, self._find_files, load_options, self._named)

    @functools.cached_property
    def project(self) -> Project:
        """The linked facts of the tree, as far as its findings need them."""
        return self._loader.load()

    @functools.cached_property
    def analysis(self) -> Analysis:
        """What the rules ask about the project."""
        options = self.options
        return Analysis(self.project, options.version, options.words, self._named)

    def update(self, contents: Mapping[Path, bytes]) -> None:
        """Use other contents for some files than those on disk, as an editor has them."""
        self._contents |= contents
        self._loader.update(contents)
        for made in ("project", "analysis"):
            self.__dict__.pop(made, None)

    def unfixed(self) -> list[Diagnostic]:
        """Return the findings without fixes, which would need a search of the whole tree.

        Findings that only matter with a fix are left out.
        """
        found = self._lint(self.analysis)
        return [diagnostic for diagnostic in found if not diagnostic.needs_fix]

    def findings(self, edits: bool = False) -> list[Diagnostic]:
        """Return the findings, each with its fix or the reason for none; with `edits` in full."""
        fixer, _ = self._searched(self.analysis)
        return self._with_comment_fixes(fixer.attach(self._lint(fixer.analysis), edits))

    def fix(self) -> Fixed:
        """Fix what may be fixed, again and again until nothing is left to fix. Writes nothing."""
        fixed: list[Diagnostic] = []
        dropped: dict[Key, str] = {}
        before = {**self._contents}
        analysis = self.analysis
        while True:
            fixer, searched = self._searched(analysis, dropped)
            outcome = fixer.fix_all(self._lint, searched)
            fixed += outcome.fixed
            dropped |= outcome.dropped
            contents, facts = outcome.contents, outcome.facts
            if not contents:
                # Comments are removed last: another fix may remove what they silence.
                left = self._with_comment_fixes(outcome.left)
                from tritonlint.fix.comments import without_unused

                contents, without = without_unused(left, self._read)
                contents = {p: data for p, data in contents.items() if data != self._read(p)}
                fixed += [finding for finding in without if finding.path in contents]
            if not contents:
                unread = tuple(self._unread(before, analysis.project))
                return Fixed(self._contents, tuple(fixed), tuple(left), unread)
            # A caller that lost an argument may have a dead parameter now: who launches it?
            self._contents |= contents
            self._loader.update(contents, facts)
            analysis = analysis.of(self._loader.load())

    def _unread(self, before: Mapping[Path, bytes], project: Project) -> Iterator[Unread]:
        """Yield what nothing reads any more, in the files that fixes changed."""
        from tritonlint.fix.names import unread_by

        for path, after in sorted(self._contents.items()):
            data = before[path] if path in before else self.options.read(path)
            if data != after:
                kernels = {kernel.qualname for kernel in project.facts[path].kernels}
                yield from unread_by(path, decode(data).text, decode(after).text, kernels)

    def save(self) -> None:
        """Store the facts about the tree for the next run."""
        self._loader.save()

    # -- steps -----------------------------------------------------------------------------

    def _lint(self, analysis: Analysis) -> list[Diagnostic]:
        if self._linted is None or self._linted[0] is not analysis:
            options = self.options
            unheard = self.unheard = []
            found = lint(analysis, options.enabled, self._named, options.heeds_comments, unheard)
            self._linted = analysis, options.keep(found)
        return self._linted[1]

    def _searched(
        self, analysis: Analysis, dropped: Mapping[Key, str] | None = None
    ) -> tuple[Fixer, Rests]:
        """Search the whole tree for what fixes rest on; return a fixer, and the result."""
        from tritonlint.fix.changes import Rests
        from tritonlint.fix.fixer import Fixer
        from tritonlint.fix.search import Search

        # Their answers about other files are kept for all fixers.
        options = self._fix_options
        fixer = Fixer(analysis, options, dropped=dropped)
        searched = Rests()
        while True:
            more = fixer.rests_on(self._lint(analysis)) | searched
            if more == searched:
                break
            searched = more
            project = self._loader.widen(searched.names, searched.trusts)
            if project is not analysis.project:
                analysis = analysis.of(project)
                fixer = Fixer(analysis, options, dropped=dropped)
        if not searched.names:
            return fixer, searched
        self.rests_on_texts = True
        search = Search(
            self.root,
            self._read,
            self._loader.mentioning,
            self._loader.text_uses,
            self.options.around,
        )
        mentions = search.search(analysis.project, searched.names)
        return Fixer(analysis, options, mentions, dropped=dropped), searched

    def _with_comment_fixes(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return findings about comments with their fixes, and all others as they are."""
        if not self.options.may_fix(UNUSED):
            return [*diagnostics]
        from tritonlint.fix.comments import comment_fix

        obstacle = functools.cache(self._obstacle)
        lines = functools.cache(self._lines)
        found = []
        for diagnostic in diagnostics:
            if diagnostic.code == UNUSED:
                reason = obstacle(diagnostic.path)
                if reason is None:
                    fix = comment_fix(lines(diagnostic.path), diagnostic)
                    diagnostic = diagnostic._replace(fix=fix)
                else:
                    diagnostic = diagnostic._replace(fix_blocked_by=reason)
            found.append(diagnostic)
        return found

    def _lines(self, path: Path) -> list[str]:
        return lines_of(decode(self._read(path)).text)

    @property
    def _obstacle(self) -> Callable[[Path], str | None]:
        from tritonlint.fix.attributes import obstacle

        return self.options.obstacle or functools.partial(obstacle, root=self.root)

    def _read(self, path: Path) -> bytes:
        return self._contents[path] if path in self._contents else self.options.read(path)

    @property
    def _fix_options(self) -> FixOptions:
        from tritonlint.fix.choice import FixOptions
        from tritonlint.fix.frames import FrameReaders
        from tritonlint.fix.sharing import Sharing

        options = self.options
        return FixOptions(
            read=self._read,
            show=options.show,
            obstacle=self._obstacle,
            seen_by=self._loader.seen_by,
            survey=self._loader.survey_options,
            strategy=options.strategy,
            unsafe=options.unsafe_fixes,
            line_length=options.line_length,
            may_fix=options.may_fix,
            is_shared=Sharing(self._read, self._loader.mentioning).is_shared,
            frames_are_read=FrameReaders(self._read, self._loader.mentioning).are_named_in,
            is_proved=options.is_proved,
            enabled=options.enabled,
            heeds_comments=options.heeds_comments,
        )

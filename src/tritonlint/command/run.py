"""One lint run: projects to findings, findings to a report, and fixes to files."""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tritonlint.command.held import version_of
from tritonlint.command.outcome import Result, render_results, show_diff, write_stdin
from tritonlint.command.request import MANY_FILES, Request, Tree
from tritonlint.command.say import tell
from tritonlint.config.settings import FOR_PEOPLE
from tritonlint.config.toml import ConfigError
from tritonlint.files.roots import Limits
from tritonlint.options import OptionError, default_jobs
from tritonlint.report.text import counted

if TYPE_CHECKING:
    from tritonlint.api import Fixed, Workspace
    from tritonlint.command.baseline import Baselines
    from tritonlint.command.progress import ProgressBar
    from tritonlint.fix.write import Change


class Run(Request):
    """One run of the command: checks, fixes and reports."""

    #: Whether to use findings of an earlier run.
    remembers = True

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options)
        self._told: set[str] = set()

    # -- work ------------------------------------------------------------------------------

    def execute(self, stream: TextIO) -> int:
        """Check, fix if asked to, report, and return the exit status."""
        from tritonlint.command.progress import ProgressBar

        started = time.perf_counter()
        if self.settings.triton_version is not None:
            version_of(self.settings)
        with ProgressBar(self.options.quiet) as progress:
            trees = list(self.trees())
            work = self._fix_tree if self._writes else self._check
            results = [work(tree, progress) for tree in trees]
        changes = {path: c for result in results for path, c in result.changes.items()}
        self._tell_of_excluded(changes)
        seconds = time.perf_counter() - started
        kernels = sum(result.kernels for result in results)
        files = counted(len(self.files), "file")
        self.say(f"{files}, {counted(kernels, 'kernel')}, {seconds:.2f} s")
        if self.options.diff:
            show_diff(self, results, changes, stream)
        else:
            if self.options.stdin_filename is not None and self.settings.fix:
                write_stdin(self, changes, stream)
                stream = sys.stderr
            if not self.options.fix_only:
                self._render(results, stream)
            elif not self.options.quiet:
                fixed = sum(len(result.fixed) for result in results)
                print(f"Fixed {counted(fixed, 'finding')}.", file=self._beside(stream))
        left = any(result.findings for result in results)
        status = self.report_errors()
        if status:
            return status
        if self.options.diff:
            return 1 if changes and not self.options.exit_zero else 0
        if changes and self.options.exit_non_zero_on_fix:
            return 1
        return 1 if left and not (self.options.exit_zero or self.options.fix_only) else 0

    def _tell_of_excluded(self, changes: Mapping[Path, Change]) -> None:
        """Say that a fix edits launches in files that settings leave out."""
        others = sorted(changes.keys() - {*self.files})
        excluded = [self.display(path) for path in others if self.is_excluded(path)]
        if excluded and not self.options.quiet:
            verb = "edits" if self.options.diff else "edited"
            self._tell(
                f"--fix {verb} {', '.join(excluded)} too: excluded files are not checked, but "
                "their launches have to fit the kernels that were fixed"
            )

    @property
    def _writes(self) -> bool:
        """Whether files will be changed."""
        return self.fixing and not self.options.diff and self.options.stdin_filename is None

    def _fix_tree(self, tree: Tree, progress: ProgressBar) -> Result:
        """Return the result for one project, with its fixes written."""
        from tritonlint.fix.write import HalfWrittenError, WriteError, write_all
        from tritonlint.store.lock import BusyError, only_one

        try:
            with only_one(tree.root):
                result = self._check(tree, progress)
                if result.changes:
                    write_all(result.changes, tree.root)
            return result
        except BusyError as error:
            problem = f"nothing was fixed: {error}; try again when it is done"
        except HalfWrittenError as error:
            problem = str(error)
        except WriteError as error:
            problem = f"nothing was fixed: {error}"
        self.errors.append(problem)
        # The files are not the ones that the findings describe.
        self.fixing = False
        result = self._check(tree, progress)
        self.fixing = True
        return result

    def _check(self, tree: Tree, progress: ProgressBar) -> Result:
        from tritonlint.store import cache
        from tritonlint.store.workers import WorkerDiedError

        directory = self._cache_directory(tree)
        errors = len(self.errors)
        try:
            return self._find(tree, directory, progress)
        except (OptionError, ConfigError, WorkerDiedError, OSError, MemoryError):
            raise
        except Exception:
            # The cache may hold data in a form that tritonlint never writes.
            if directory is None or not cache.forget(directory):
                raise
        del self.errors[errors:]
        self._tell(f"{directory}: its contents made no sense; it is removed and rebuilt")
        return self._find(tree, directory, progress)

    def _cache_directory(self, tree: Tree) -> Path | None:
        """Return the directory for results between runs; None if it is not usable."""
        from tritonlint.store import cache

        if self.options.no_cache:
            return None
        if tree.settings.cache_dir is None and Limits(tree.root).is_unmarked:
            # It may be a home directory, or another that is not a place for a cache.
            return None
        directory = tree.settings.cache_dir or tree.root / cache.DIRECTORY
        reason = cache.refusal(directory, tree.root)
        if reason is None:
            return directory
        self._tell(f"{directory} is not used as a cache: {reason}; see --cache-dir")
        return None

    def _tell(self, line: str) -> None:
        """Say something on standard error, once."""
        if line not in self._told:
            self._told.add(line)
            tell(line)

    def _find(self, tree: Tree, directory: Path | None, progress: ProgressBar) -> Result:
        once = directory is None or len(tree.named) < MANY_FILES
        if once or self.fixing or not self.remembers:
            return self._lint(tree, directory, progress)
        # A run over much of a project is often repeated without changes.
        from tritonlint.command.results import Answer, Results, question

        files = {*self.all_files(tree.root).real, *tree.named}
        asked = question(self, tree, self._with_edits, self._baselines.of(tree.root))
        results = Results(directory, tree.root, asked, files, self.around(tree.root))
        answer = results.get()
        if answer is not None:
            return Result(
                answer.findings,
                answer.kernels,
                old=answer.old,
                unheard=answer.unheard,
                unknown_jits=answer.unknown_jits,
            )
        errors = len(self.errors)
        found = self._lint(tree, directory, progress)
        if len(self.errors) == errors:
            answer = Answer(
                found.findings, found.kernels, found.old, found.unheard, found.unknown_jits
            )
            results.put(answer, found.rests_on_texts)
        return found

    def _beside(self, stream: TextIO) -> TextIO:
        """Return where to say what is no finding: a program reads findings alone."""
        return stream if self.settings.output_format in FOR_PEOPLE else sys.stderr

    @property
    def _with_edits(self) -> bool:
        return self.settings.output_format in ("json", "sarif", "rdjson")

    def open(self, tree: Tree, progress: ProgressBar) -> Workspace:
        """Open one project."""
        return self._open(tree, self._cache_directory(tree), progress)

    def _lint(self, tree: Tree, directory: Path | None, progress: ProgressBar) -> Result:
        workspace = self._open(tree, directory, progress)
        project = workspace.project
        for path in tree.named:
            if path in project.unreadable:
                self.read_named(path)
        named = frozenset(tree.named)
        kernels = sum(identity.path in named for identity in project.kernels)
        files = counted(len(project.files), "file")
        self.say(f"{tree.root}: {files} looked at, {counted(kernels, 'kernel')} checked")
        result = self._work(workspace, kernels)
        unheard = tuple(f"{self.display(d.path)}:{d.span.row}" for d in workspace.unheard)
        jits: Counter[str] = Counter()
        for (path, decorator), count in project.resolver.unknown_jits.items():
            jits[decorator] += count * (path in named)
        result = result._replace(
            old=self._baselines.old[tree.root], unheard=unheard, unknown_jits=tuple((+jits).items())
        )
        workspace.save()
        return result

    def _open(self, tree: Tree, directory: Path | None, progress: ProgressBar) -> Workspace:
        from tritonlint.analysis.words import Words
        from tritonlint.api import Workspace, WorkspaceOptions
        from tritonlint.fix.style import line_length

        settings = tree.settings
        stdin = self.options.stdin_filename is not None
        obstacle = functools.cache(functools.partial(self._obstacle, tree.root))
        options = WorkspaceOptions(
            enabled=self.held.enabled,
            # Before a file is overwritten, it is compared with the text that the fix was made from.
            read=self._read_once,
            version=version_of(settings),
            words=Words.of(settings.per_request_names, settings.per_model_names),
            jit_decorators=frozenset(settings.jit_decorators),
            transparent_decorators=frozenset(settings.transparent_decorators),
            autotune_decorators=frozenset(settings.autotune_decorators),
            jobs=self.options.jobs or default_jobs(),
            cache_directory=directory,
            overrides=self.overrides,
            progress=progress,
            strategy=settings.fix_strategy,
            unsafe_fixes=settings.unsafe_fixes,
            line_length=functools.partial(line_length, tree.root),
            obstacle=self._outside_stdin if stdin else obstacle,
            show=self.display,
            keep=functools.partial(self._baselines.keep_new, tree.root),
            may_fix=settings.may_fix,
            heeds_comments=not self.options.ignore_noqa,
            around=self.around(tree.root),
        )
        find_files = functools.partial(self.all_files, tree.root)
        return Workspace(tree.root, options, tree.named, find_files)

    def _work(self, workspace: Workspace, kernels: int) -> Result:
        """Return the findings with their fixes or, if fixing is on, the results of fixing."""
        if not self.fixing:
            found = tuple(workspace.findings(self._with_edits))
            return Result(found, kernels, rests_on_texts=workspace.rests_on_texts)
        done = workspace.fix()
        for unread in () if self.options.quiet else done.unread:
            self._tell(unread.message(self.display))
        return Result(done.left, kernels, done.fixed, self.changes(done))

    def changes(self, done: Fixed) -> dict[Path, Change]:
        """Return the files that fixes edited, with their old and new contents."""
        from tritonlint.fix.write import Change

        return {p: Change(self._read_once(p), after) for p, after in done.contents.items()}

    @functools.cached_property
    def _baselines(self) -> Baselines:
        from tritonlint.command.baseline import Baselines

        options = self.options
        return Baselines(self.read_lines, options.no_baseline or options.isolated)

    @functools.cached_property
    def _read_once(self) -> Callable[[Path], bytes]:
        return functools.cache(self.read)

    def _obstacle(self, root: Path, path: Path) -> str | None:
        """Return why a file must not be edited, or None."""
        from tritonlint.fix.attributes import obstacle

        link = self.outside.get(path)
        if link is not None:
            return f"it lies outside of the directory, behind the link {self.display(Path(link))}"
        if self.all_files(root).is_cut:
            return "nothing marks where the project ends, and not all of it was searched"
        return obstacle(path, root)

    def _outside_stdin(self, path: Path) -> str | None:
        return None if path in self.overrides else "only standard input is edited"

    def _render(self, results: Sequence[Result], stream: TextIO) -> None:
        render_results(self, results, stream)

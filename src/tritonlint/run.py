"""One lint run: projects to findings, findings to a report, and fixes to files."""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TextIO

from tritonlint.config import ConfigError
from tritonlint.options import OptionError
from tritonlint.request import MANY_FILES, Request, Tree

if TYPE_CHECKING:
    from tritonlint.analysis import Analysis
    from tritonlint.diagnostics import Diagnostic
    from tritonlint.fix.write import Change
    from tritonlint.progress import ProgressBar
    from tritonlint.project import Project


class Result(NamedTuple):
    """What came of one project: findings left, kernels checked, findings mended, new contents."""

    findings: tuple[Diagnostic, ...]
    kernels: int
    fixed: tuple[Diagnostic, ...] = ()
    changes: Mapping[Path, Change] = MappingProxyType({})


def _read_newest(
    contents: Mapping[Path, bytes], read: Callable[[Path], bytes], path: Path
) -> bytes:
    return contents[path] if path in contents else read(path)


class Run(Request):
    """Does what is asked for."""

    #: Whether findings of an earlier run may be given again.
    remembers = True

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options)
        self._told: set[str] = set()

    # -- work ------------------------------------------------------------------------------

    def execute(self, stream: TextIO) -> int:
        """Check, fix if asked to, report, and return the exit status."""
        with contextlib.ExitStack() as locks:
            if self._writes:
                self._lock(locks)
            return self._execute(stream)

    def _execute(self, stream: TextIO) -> int:
        from tritonlint.progress import ProgressBar

        started = time.perf_counter()
        if self.settings.triton_version is not None:
            self.version(self.settings)
        with ProgressBar(self.options.quiet) as progress:
            trees = list(self.trees())
            results = [self._check(tree, progress) for tree in trees]
        changes = {path: c for result in results for path, c in result.changes.items()}
        seconds = time.perf_counter() - started
        kernels = sum(result.kernels for result in results)
        self.say(f"{len(self.files)} files, {kernels} kernels, {seconds:.2f} s")
        if self.options.diff:
            self._show_diff(changes, stream)
        else:
            by_root = {t.root: r.changes for t, r in zip(trees, results, strict=True)}
            stream, written = self._write(by_root, stream)
            if not written:
                # What was to be left is not what is there.
                self.fixing = False
                results = [self._check(tree, progress) for tree in trees]
            self._render(results, stream)
        left = any(result.findings for result in results)
        status = self.report_errors()
        if status:
            return status
        if self.options.diff:
            return 1 if changes else 0
        if changes and self.options.exit_non_zero_on_fix:
            return 1
        return 1 if left and not self.options.exit_zero else 0

    def _check(self, tree: Tree, progress: ProgressBar) -> Result:
        from tritonlint import cache
        from tritonlint.workers import WorkerDiedError

        directory = self._cache_directory(tree)
        errors = len(self.errors)
        try:
            return self._find(tree, directory, progress)
        except (OptionError, ConfigError, WorkerDiedError, OSError, MemoryError):
            raise
        except Exception:
            # It may be that what was kept has a form that nobody would have written.
            if directory is None or not cache.forget(directory):
                raise
        del self.errors[errors:]
        self._tell(f"{directory}: what was kept there made no sense; it is removed and made anew")
        return self._find(tree, directory, progress)

    def _cache_directory(self, tree: Tree) -> Path | None:
        """Where results are kept between runs, unless that is no place for them."""
        from tritonlint import cache

        if self.options.no_cache:
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
            print(f"tritonlint: {line}", file=sys.stderr)

    def _find(self, tree: Tree, directory: Path | None, progress: ProgressBar) -> Result:
        once = directory is None or len(tree.named) < MANY_FILES
        if once or self.fixing or not self.remembers:
            return self._lint(tree, directory, progress)
        # A run over much of a project comes again, and mostly nothing has changed.
        from tritonlint.results import Answer, Results

        files = {*self.all_files(tree.root), *tree.named}
        results = Results(directory, tree.root, self._question(tree), files)
        answer = results.get()
        if answer is not None:
            return Result(answer.findings, answer.kernels)
        errors = len(self.errors)
        found = self._lint(tree, directory, progress)
        if len(self.errors) == errors:
            results.put(Answer(found.findings, found.kernels))
        return found

    def _question(self, tree: Tree) -> tuple[object, ...]:
        """All that the findings depend on beside the files of the project."""
        from tritonlint.fix.style import line_length

        numbers: dict[frozenset[str], int] = {}
        enabled = [numbers.setdefault(self.enabled(f), len(numbers)) for f in tree.named]
        return (
            tree.root,
            tree.settings,
            list(map(str, tree.named)),
            enabled if len(numbers) > 1 else (),
            list(map(sorted, numbers)),
            self._with_edits,
            line_length(tree.root),
            self.cwd,
        )

    @property
    def _with_edits(self) -> bool:
        return self.settings.output_format in ("json", "sarif")

    def _lint(self, tree: Tree, directory: Path | None, progress: ProgressBar) -> Result:
        from tritonlint.linter import lint, load_project
        from tritonlint.surveyor import Options

        settings = tree.settings
        options = Options(
            jit_decorators=frozenset(settings.jit_decorators),
            jobs=self.options.jobs or os.cpu_count() or 1,
            cache_directory=directory,
            overrides=self.overrides,
            progress=progress,
        )
        files = functools.partial(self.all_files, tree.root)

        def load(contents: Mapping[Path, bytes]) -> Project:
            now = options._replace(overrides={**self.overrides, **contents})
            return load_project(tree.root, files, now, tree.named)

        project = load({})
        for path in tree.named:
            if path in project.unreadable:
                self.read_named(path)
        enabled = {file: self.enabled(file) for file in tree.named}
        every = frozenset(code for codes in enabled.values() for code in codes)

        def lint_named(analysis: Analysis) -> list[Diagnostic]:
            return [
                diagnostic
                for diagnostic in lint(analysis, every)
                if diagnostic.code in enabled.get(diagnostic.path, ())
            ]

        kernels = sum(project.candidates.get(f, 0) for f in tree.named)
        self.say(f"{tree.root}: {len(project.files)} files looked at, {kernels} kernels checked")
        result = self._fix(tree, project, lint_named, kernels, load)
        project.keep()
        return result

    # -- fixing ----------------------------------------------------------------------------

    def _fix(
        self,
        tree: Tree,
        project: Project,
        lint_named: Callable[[Analysis], list[Diagnostic]],
        kernels: int,
        load: Callable[[Mapping[Path, bytes]], Project],
    ) -> Result:
        """The findings with their fixes, or, where fixing is asked for, what came of it; `load`
        gives the project as it is with other contents of some files.
        """
        from tritonlint.fix.attributes import obstacle
        from tritonlint.fix.fixer import Fixer, FixOptions
        from tritonlint.fix.style import line_length
        from tritonlint.fix.write import Change

        stdin = self.options.stdin_filename is not None
        # What is compared before a file is overwritten is what the fix was made from.
        read = functools.cache(self.read)
        in_the_way = functools.cache(functools.partial(obstacle, root=tree.root))
        options = FixOptions(
            version=self.version(tree.settings),
            read=read,
            show=self.display,
            obstacle=self._outside_stdin if stdin else in_the_way,
            jit_decorators=frozenset(tree.settings.jit_decorators),
            strategy=tree.settings.fix_strategy,
            unsafe=tree.settings.unsafe_fixes,
            line_length=functools.partial(line_length, tree.root),
        )
        fixer = Fixer(project, options)
        if not self.fixing:
            findings = fixer.attach(lint_named(fixer.analysis), self._with_edits)
            return Result(tuple(findings), kernels)
        outcome = fixer.fix_all(lint_named)
        contents, fixed = outcome.contents, outcome.fixed
        while outcome.more:
            # A caller that lost an argument may have a dead parameter now: who launches it?
            options = options._replace(read=functools.partial(_read_newest, contents, read))
            outcome = Fixer(load(contents), options).fix_all(lint_named)
            contents, fixed = {**contents, **outcome.contents}, fixed + outcome.fixed
        changes = {path: Change(read(path), after) for path, after in contents.items()}
        return Result(tuple(outcome.left), kernels, tuple(fixed), changes)

    def _outside_stdin(self, path: Path) -> str | None:
        return None if path in self.overrides else "only standard input is edited"

    def _show_diff(self, changes: Mapping[Path, Change], stream: TextIO) -> None:
        from tritonlint.report.diff import render_diff

        triples = ((path, c.before, c.after) for path, c in sorted(changes.items()))
        render_diff(triples, self.cwd, stream)

    @property
    def _writes(self) -> bool:
        """Whether files are to be changed."""
        on_disk = self.options.stdin_filename is None and not self.options.diff
        return self.fixing and on_disk

    def _lock(self, locks: contextlib.ExitStack) -> None:
        """Keep every other run from fixing the same projects, as long as `locks` is open."""
        from tritonlint.lock import BusyError, only_one

        try:
            for root in self.roots:
                locks.enter_context(only_one(root))
        except BusyError as error:
            self.fixing = False
            self.errors.append(f"nothing was fixed: {error}; try again when it is done")

    def _write(
        self, by_root: Mapping[Path, Mapping[Path, Change]], stream: TextIO
    ) -> tuple[TextIO, bool]:
        """Write what was fixed in each project.

        Returns where to report, since fixed standard input goes to `stream`, and whether the
        changes are where they should be.
        """
        if self.options.stdin_filename is not None and self.settings.fix:
            self._write_stdin(by_root, stream)
            return sys.stderr, True
        changed = {root: changes for root, changes in by_root.items() if changes}
        if not changed:
            return stream, True
        from tritonlint.fix.write import write_projects

        errors = write_projects(changed)
        self.errors += errors
        return stream, not errors

    def _write_stdin(self, by_root: Mapping[Path, Mapping[Path, Change]], stream: TextIO) -> None:
        changes = {path: change for of in by_root.values() for path, change in of.items()}
        for path, data in self.overrides.items():
            change = changes.get(path)
            stream.flush()
            output = getattr(stream, "buffer", None)
            content = change.after if change is not None else data
            if output is not None:
                output.write(content)
                output.flush()
            else:
                stream.write(content.decode(errors="backslashreplace"))
            self.overrides[path] = content

    # -- report ----------------------------------------------------------------------------

    def _render(self, results: Sequence[Result], stream: TextIO) -> None:
        findings = [diagnostic for result in results for diagnostic in result.findings]
        chosen = self.settings.output_format
        if not findings and self.options.quiet and chosen in ("full", "concise", "github"):
            return
        from tritonlint.report import RenderContext, render

        base = self.cwd
        if chosen in ("github", "sarif"):
            # The paths that a workflow's annotations need, whatever directory the step runs in.
            base = Path(os.environ.get("GITHUB_WORKSPACE") or self.cwd)
        context = RenderContext(
            base_directory=base,
            read_lines=self.read_lines,
            rules=self.rules,
            files=len(self.files),
            kernels=sum(result.kernels for result in results),
            fixed=sum(len(result.fixed) for result in results),
            statistics=self.options.statistics,
            # Where no file could be read there is nothing to sum up.
            quiet=self.options.quiet or (bool(self.errors) and not self.files),
        )
        try:
            render(findings, chosen, context, stream)
        except ValueError as error:
            raise OptionError(str(error)) from error

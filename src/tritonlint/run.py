"""One lint run: paths to projects, projects to findings, findings to a report."""

from __future__ import annotations

import argparse
import functools
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TextIO, TypeVar

from tritonlint.config import ConfigError, Settings, find_config, load, matches, merge_cli
from tritonlint.files import FileError, discover, mentions_triton, project_root_of, read
from tritonlint.options import OptionError

if TYPE_CHECKING:
    from tritonlint.analysis import Analysis
    from tritonlint.diagnostics import Diagnostic, Rule
    from tritonlint.fix.write import Change
    from tritonlint.progress import ProgressBar
    from tritonlint.project import Project
    from tritonlint.specialization import TritonVersion

#: From this many named files on it is not worth to look at each before the cache is asked.
_MANY_FILES = 64

T = TypeVar("T")

_SETTINGS_OPTIONS = (
    "select",
    "ignore",
    "extend_select",
    "exclude",
    "extend_exclude",
    "output_format",
    "fix",
    "unsafe_fixes",
    "fix_strategy",
    "triton_version",
    "cache_dir",
)


class Tree(NamedTuple):
    """One project: its root, its settings, and the files of it that were named."""

    root: Path
    settings: Settings
    named: tuple[Path, ...]


class Result(NamedTuple):
    """What came of one project: findings left, kernels checked, findings mended, new contents."""

    findings: tuple[Diagnostic, ...]
    kernels: int
    fixed: tuple[Diagnostic, ...] = ()
    changes: Mapping[Path, Change] = MappingProxyType({})


class _Late(Mapping[str, T]):
    """A mapping that is made when it is first asked for anything."""

    def __init__(self, make: Callable[[], Mapping[str, T]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[str, T]:
        return self._make()

    def __getitem__(self, key: str) -> T:
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def _read_newest(
    contents: Mapping[Path, bytes], read: Callable[[Path], bytes], path: Path
) -> bytes:
    return contents[path] if path in contents else read(path)


def _rules() -> dict[str, Rule]:
    # Most runs of a hook end before they need one.
    from tritonlint.rules import all_rules

    return {code: rule for code, (rule, _) in all_rules().items()}


class Run:
    """What the options ask for, resolved: settings, files, trees."""

    #: Whether findings of an earlier run may be given again.
    remembers = True

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.cwd = Path(os.path.realpath(os.getcwd()))
        self.rules = _Late(_rules)
        self.defaults = _Late(lambda: {code: rule.default for code, rule in self.rules.items()})
        # Of a directory much is asked for each of the files in and below it.
        self._exists = functools.cache(os.path.exists)
        self._is_file = functools.cache(os.path.isfile)
        self._by_directory: dict[Path, Settings] = {}
        self._by_config: dict[Path | None, Settings] = {}
        self._codes: dict[tuple[int, frozenset[str]], frozenset[str]] = {}
        self._enabled_in: dict[str, frozenset[str]] = {}
        self._discovered: dict[Path, tuple[Path, ...]] = {}
        self.errors: list[str] = []
        self.overrides: dict[Path, bytes] = {}
        self.settings = self._settings_at(self.cwd)
        self.fixing = bool(self.settings.fix or self.options.diff)

    # -- settings --------------------------------------------------------------------------

    def _settings_at(self, directory: Path) -> Settings:
        """The settings that hold in a directory: the nearest file's, and the options on top."""
        settings = self._by_directory.get(directory)
        if settings is None:
            config: Path | None = self.options.config
            if config is None and not self.options.isolated:
                config = find_config(directory, self._is_file)
            settings = self._by_directory[directory] = self._settings_of(config)
        return settings

    def _settings_of(self, config: Path | None) -> Settings:
        if config not in self._by_config:
            settings = load(config, self.defaults) if config else Settings(base=self.cwd)
            given = {name: getattr(self.options, name) for name in _SETTINGS_OPTIONS}
            self._by_config[config] = merge_cli(settings, self.defaults, cwd=self.cwd, **given)
        return self._by_config[config]

    def version(self, settings: Settings) -> TritonVersion:
        """The Triton release whose rules hold."""
        from tritonlint.specialization import NEWEST, parse_version

        if settings.triton_version is None:
            return NEWEST
        try:
            return parse_version(settings.triton_version)
        except ValueError as error:
            raise ConfigError("triton-version", str(error)) from error

    # -- files -----------------------------------------------------------------------------

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The files to check, sorted, by their real names."""
        if self.options.stdin_filename is not None:
            name = Path(os.path.realpath(self.options.stdin_filename))
            self.overrides[name] = sys.stdin.buffer.read()
            return (name,)
        found: set[Path] = set()
        paths = self.options.paths or ["."]
        for path in paths:
            settings = self._settings_at(self._directory_of(path))
            discovery = discover(
                [Path(path)],
                exclude=settings.exclude_patterns,
                base=settings.base,
                respect_gitignore=settings.respect_gitignore,
            )
            self.errors += [str(error) for error in discovery.errors]
            if settings.finds_all and not self.errors:
                self._discovered[Path(os.path.realpath(path))] = discovery.real
            if len(paths) == 1:
                return discovery.real
            found.update(discovery.real)
        return tuple(sorted(found))

    def _directory_of(self, path: str) -> Path:
        try:
            start = os.path.realpath(path)
        except ValueError:  # No path holds a NUL; that it is none, the walk says.
            return self.cwd
        return Path(start if os.path.isdir(start) else os.path.dirname(start))

    def trees(self) -> Iterator[Tree]:
        """The projects of those files that can have findings."""
        by_root: defaultdict[Path, list[Path]] = defaultdict(list)
        roots: dict[str, Path] = {}
        few = len(self.files) < _MANY_FILES
        for file in self.files:
            if few and not self._may_have_findings(file):
                continue
            directory = os.path.dirname(file)
            if directory not in roots:
                roots[directory] = project_root_of(directory, self._exists)
            by_root[roots[directory]].append(file)
        for root, named in sorted(by_root.items()):
            yield Tree(root, self._settings_at(root), tuple(named))

    def _may_have_findings(self, file: Path) -> bool:
        """Whether a named file mentions Triton."""
        settings = self._settings_at(file.parent)
        extra = tuple(name.rpartition(".")[2].encode() for name in settings.jit_decorators)
        data = self._read_named(file)
        return data is not None and mentions_triton(data, extra)

    def _read_named(self, file: Path) -> bytes | None:
        """The bytes of a file; that it cannot be read is noted."""
        try:
            return self._read(file)
        except FileError as error:
            self.errors.append(str(error))
            return None

    def _all_files(self, root: Path) -> tuple[Path, ...]:
        """All files of a project."""
        if root not in self._discovered:
            self._discovered[root] = discover([root], base=root).real
        return self._discovered[root]

    def report_errors(self) -> int:
        """Say which paths could not be used; the exit status that follows from it."""
        for error in self.errors:
            print(f"tritonlint: {error}", file=sys.stderr)
        return 2 if self.errors else 0

    # -- work ------------------------------------------------------------------------------

    def execute(self, stream: TextIO) -> int:
        """Check, fix if asked to, report, and return the exit status."""
        from tritonlint.progress import ProgressBar

        started = time.perf_counter()
        if self.settings.triton_version is not None:
            self.version(self.settings)
        with ProgressBar(self.options.quiet) as progress:
            results = [self._check(tree, progress) for tree in self.trees()]
        changes = {path: c for result in results for path, c in result.changes.items()}
        seconds = time.perf_counter() - started
        kernels = sum(result.kernels for result in results)
        self._say(f"{len(self.files)} files, {kernels} kernels, {seconds:.2f} s")
        if self.options.diff:
            self._show_diff(changes, stream)
        else:
            stream, written = self._write(changes, stream)
            if not written:
                # What was to be left is not what is there.
                self.fixing = False
                results = [self._check(tree, progress) for tree in self.trees()]
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

        directory: Path | None = tree.settings.cache_dir or tree.root / cache.DIRECTORY
        if self.options.no_cache:
            directory = None
        once = directory is None or len(tree.named) < _MANY_FILES
        if once or self.fixing or not self.remembers:
            return self._lint(tree, directory, progress)
        # A run over much of a project comes again, and mostly nothing has changed.
        from tritonlint.results import Answer, Results

        files = {*self._all_files(tree.root), *tree.named}
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
        enabled = [numbers.setdefault(self._enabled(f), len(numbers)) for f in tree.named]
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
        from dataclasses import replace

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
        files = functools.partial(self._all_files, tree.root)

        def load(contents: Mapping[Path, bytes]) -> Project:
            now = replace(options, overrides={**self.overrides, **contents})
            return load_project(tree.root, files, now, tree.named)

        project = load({})
        for path in tree.named:
            if path in project.unreadable:
                self._read_named(path)
        enabled = {file: self._enabled(file) for file in tree.named}
        every = frozenset(code for codes in enabled.values() for code in codes)

        def lint_named(analysis: Analysis) -> list[Diagnostic]:
            return [
                diagnostic
                for diagnostic in lint(analysis, every)
                if diagnostic.code in enabled.get(diagnostic.path, ())
            ]

        kernels = sum(project.candidates.get(f, 0) for f in tree.named)
        self._say(f"{tree.root}: {len(project.files)} files looked at, {kernels} kernels checked")
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
        from dataclasses import replace

        from tritonlint.fix.fixer import Fixer, FixOptions
        from tritonlint.fix.style import line_length
        from tritonlint.fix.write import Change, obstacle

        stdin = self.options.stdin_filename is not None
        # What is compared before a file is overwritten is what the fix was made from.
        read = functools.cache(self._read)
        options = FixOptions(
            version=self.version(tree.settings),
            read=read,
            show=self._display,
            obstacle=self._outside_stdin if stdin else obstacle,
            jit_decorators=frozenset(tree.settings.jit_decorators),
            strategy=tree.settings.fix_strategy,
            unsafe=tree.settings.unsafe_fixes,
            line_length=line_length(tree.root),
        )
        fixer = Fixer(project, options)
        if not self.fixing:
            findings = fixer.attach(lint_named(fixer.analysis), self._with_edits)
            return Result(tuple(findings), kernels)
        outcome = fixer.fix_all(lint_named)
        contents, fixed = outcome.contents, outcome.fixed
        while outcome.more:
            # A caller that lost an argument may have a dead parameter now: who launches it?
            options = replace(options, read=functools.partial(_read_newest, contents, read))
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

    def _write(self, changes: Mapping[Path, Change], stream: TextIO) -> tuple[TextIO, bool]:
        """Write what was fixed.

        Returns where to report, since fixed standard input goes to `stream`, and whether the
        changes are where they should be.
        """
        if self.options.stdin_filename is not None and self.settings.fix:
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
            return sys.stderr, True
        if changes:
            from tritonlint.fix.write import WriteError, write_all

            try:
                write_all(changes)
            except WriteError as error:
                self.errors.append(f"nothing was fixed: {error}")
                return stream, False
        return stream, True

    # -- report ----------------------------------------------------------------------------

    def _enabled(self, file: Path) -> frozenset[str]:
        directory = os.path.dirname(file)
        if directory not in self._enabled_in:
            codes = self._enabled_for(file)
            if self._settings_at(file.parent).per_file_ignores:
                return codes
            self._enabled_in[directory] = codes
        return self._enabled_in[directory]

    def _enabled_for(self, file: Path) -> frozenset[str]:
        settings = self._settings_at(file.parent)
        ignored = settings.ignored_codes(file)
        key = id(settings), ignored
        if key not in self._codes:
            codes = settings.enabled_rules(self.defaults)
            self._codes[key] = frozenset(
                c for c in codes if not any(matches(c, i) for i in ignored)
            )
        return self._codes[key]

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
            read_lines=self._read_lines,
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

    def _read_lines(self, path: Path) -> list[str]:
        from tritonlint.source import SourceError, decode, split_lines

        try:
            data = self._read(path)
            return [line.rstrip("\r\n") for line in split_lines(decode(data).text)]
        except (FileError, SourceError):
            return []

    def _read(self, path: Path) -> bytes:
        return self.overrides[path] if path in self.overrides else read(path)

    def _display(self, path: Path) -> str:
        from tritonlint.report.context import relative_path

        return relative_path(path, self.cwd)

    def _say(self, message: str) -> None:
        if self.options.verbose:
            print(f"tritonlint: {message}", file=sys.stderr)

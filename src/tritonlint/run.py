"""One lint run: paths to projects, projects to findings, findings to a report."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TextIO

from tritonlint import cache
from tritonlint.config import ConfigError, Settings, find_config, load, merge_cli
from tritonlint.diagnostics import Diagnostic
from tritonlint.files import FileError, discover, mentions_triton, project_root, read
from tritonlint.options import OptionError
from tritonlint.rules import all_rules
from tritonlint.specialization import NEWEST, TritonVersion, parse_version

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


@dataclass(frozen=True)
class Tree:
    """One project: its root, its settings, and the files of it that were named."""

    root: Path
    settings: Settings
    named: tuple[Path, ...]


class Run:
    """What the options ask for, resolved: settings, files, trees."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.cwd = Path(os.path.realpath(os.getcwd()))
        self.defaults = {code: rule.default for code, (rule, _) in all_rules().items()}
        self._by_directory: dict[Path, Settings] = {}
        self._by_config: dict[Path | None, Settings] = {}
        self.errors: list[str] = []
        self.overrides: dict[Path, bytes] = {}
        self.settings = self._settings_at(self.cwd)

    # -- settings --------------------------------------------------------------------------

    def _settings_at(self, directory: Path) -> Settings:
        """The settings that hold in a directory: the nearest file's, and the options on top."""
        settings = self._by_directory.get(directory)
        if settings is None:
            config: Path | None = self.options.config
            if config is None and not self.options.isolated:
                config = find_config(directory)
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
        for path in self.options.paths or ["."]:
            start = Path(os.path.realpath(path))
            settings = self._settings_at(start if start.is_dir() else start.parent)
            discovery = discover(
                [Path(path)],
                exclude=(*settings.exclude, *settings.extend_exclude),
                base=settings.base,
                respect_gitignore=settings.respect_gitignore,
            )
            found.update(Path(os.path.realpath(file)) for file in discovery.files)
            self.errors += [str(error) for error in discovery.errors]
        return tuple(sorted(found))

    def trees(self) -> Iterator[Tree]:
        """The projects of those files that can have findings."""
        by_root: defaultdict[Path, list[Path]] = defaultdict(list)
        roots: dict[Path, Path] = {}
        for file in self.files:
            settings = self._settings_at(file.parent)
            extra = tuple(name.rpartition(".")[2].encode() for name in settings.jit_decorators)
            try:
                data = self.overrides[file] if file in self.overrides else read(file)
            except FileError as error:
                self.errors.append(str(error))
                continue
            if mentions_triton(data, extra):
                if file.parent not in roots:
                    roots[file.parent] = project_root(file)
                by_root[roots[file.parent]].append(file)
        for root, named in sorted(by_root.items()):
            yield Tree(root, self._settings_at(root), tuple(named))

    def report_errors(self) -> int:
        """Say which paths could not be used; the exit status that follows from it."""
        for error in self.errors:
            print(f"tritonlint: {error}", file=sys.stderr)
        return 2 if self.errors else 0

    # -- work ------------------------------------------------------------------------------

    def execute(self, stream: TextIO) -> int:
        """Check, report, and return the exit status."""
        from tritonlint.progress import ProgressBar

        started = time.perf_counter()
        findings: list[Diagnostic] = []
        kernels = 0
        self.version(self.settings)
        with ProgressBar(self.options.quiet) as progress:
            for tree in self.trees():
                found, count = self._check(tree, progress)
                findings += found
                kernels += count
        self._say(f"{len(self.files)} files, {kernels} kernels, {time.perf_counter() - started:.2f} s")
        self._render(findings, kernels, stream)
        status = self.report_errors()
        if status:
            return status
        return 1 if findings and not self.options.exit_zero else 0

    def _check(self, tree: Tree, progress: object) -> tuple[list[Diagnostic], int]:
        from tritonlint.linter import Options, lint, load_project

        settings = tree.settings
        directory = settings.cache_dir or tree.root / cache.DIRECTORY
        options = Options(
            jit_decorators=frozenset(settings.jit_decorators),
            version=self.version(settings),
            jobs=self.options.jobs or os.cpu_count() or 1,
            cache_directory=None if self.options.no_cache else directory,
            overrides=self.overrides,
            progress=progress,  # type: ignore[arg-type]
        )
        everything = discover([tree.root], base=tree.root)
        files = sorted({*everything.files, *tree.named})
        project = load_project(tree.root, files, options)
        enabled = {file: self._enabled(file) for file in tree.named}
        every = frozenset().union(*enabled.values()) if enabled else frozenset[str]()
        found = [
            diagnostic
            for diagnostic in lint(project, options.version, every)
            if diagnostic.code in enabled.get(diagnostic.path, ())
        ]
        kernels = sum(len(project.modules[f].kernels) for f in tree.named if f in project.modules)
        self._say(f"{tree.root}: {len(files)} files in the project, {kernels} kernels checked")
        return found, kernels

    def _enabled(self, file: Path) -> frozenset[str]:
        settings = self._settings_at(file.parent)
        ignored = settings.ignored_codes(file)
        codes = settings.enabled_rules(self.defaults)
        return frozenset(c for c in codes if not any(c.startswith(i) for i in ignored))

    def _render(self, findings: Sequence[Diagnostic], kernels: int, stream: TextIO) -> None:
        from tritonlint.report import RenderContext, render

        chosen = self.settings.output_format
        base = self.cwd
        if chosen in ("github", "sarif"):
            # The paths that a workflow's annotations need, whatever directory the step runs in.
            base = Path(os.environ.get("GITHUB_WORKSPACE") or self.cwd)
        context = RenderContext(
            base_directory=base,
            read_lines=self._read_lines,
            rules={code: rule for code, (rule, _) in all_rules().items()},
            files=len(self.files),
            kernels=kernels,
            statistics=self.options.statistics,
            quiet=self.options.quiet,
        )
        try:
            render(findings, chosen, context, stream)
        except ValueError as error:
            raise OptionError(str(error)) from error

    def _read_lines(self, path: Path) -> list[str]:
        from tritonlint.source import SourceError, decode, split_lines

        try:
            data = self.overrides[path] if path in self.overrides else read(path)
            return [line.rstrip("\r\n") for line in split_lines(decode(data).text)]
        except (FileError, SourceError):
            return []

    def _say(self, message: str) -> None:
        if self.options.verbose:
            print(f"tritonlint: {message}", file=sys.stderr)

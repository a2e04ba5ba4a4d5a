"""What the options mean: which files, with which settings, in which projects."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tritonlint.command.held import HeldSettings
from tritonlint.command.say import tell
from tritonlint.config.settings import Settings
from tritonlint.files.discovery import Discovery, discover, find_python, is_excluded
from tritonlint.files.paths import FileError
from tritonlint.files.paths import read as read_file
from tritonlint.files.roots import JOURNAL, MOST_FOLDERS, ProjectRoots
from tritonlint.options import OptionError
from tritonlint.outline import outline

#: With this many named files or more, reading each before the cache does not pay.
MANY_FILES = 64


class Tree(NamedTuple):
    """One project: its root, its settings, and the files of it that were named."""

    root: Path
    settings: Settings
    named: tuple[Path, ...]


def _read_stdin() -> bytes:
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise OptionError(f"standard input cannot be read: {error.strerror or error}") from error


class Request:
    """The options, resolved."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.cwd = Path(os.path.realpath(os.getcwd()))
        self.held = HeldSettings(options, self.cwd)
        self._discovered: dict[Path, Discovery] = {}
        self._roots = ProjectRoots(functools.cache(os.path.exists))
        self._left_out: dict[tuple[Path, bool], bool] = {}
        self.errors: list[str] = []
        self.overrides: dict[Path, bytes] = {}
        #: Files outside of what was walked, with the links that lead to them.
        self.outside: dict[Path, str] = {}
        self.settings = self.held.at(self.cwd)
        self.fixing = bool(self.settings.fix or self.options.diff)

    def shown_settings(self) -> tuple[Settings, Path | None, frozenset[str]]:
        """Return the settings for the first path, their file, and the codes that are on."""
        directory = self._directory_of((self.options.paths or ["."])[0])
        settings = self.held.at(directory)
        return settings, self.held.file_at(directory), self.held.rules_of(settings)

    # -- files -----------------------------------------------------------------------------

    def around(self, root: Path) -> tuple[Path, ...]:
        """Return the named directories that contain a tree: code in them may use it."""
        named = {path for path in self.options.paths or ["."] if "\0" not in path}
        found = {Path(os.path.realpath(path)) for path in named}
        return tuple(sorted(found.intersection(root.parents)))

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """Return the files to check, sorted, by their real names."""
        if self.options.stdin_filename is not None:
            if self.options.stdin_filename.endswith(".ipynb"):
                raise OptionError("notebooks are not checked; give the code of the cells instead")
            name = Path(os.path.realpath(self.options.stdin_filename))
            self.overrides[name] = _read_stdin()
            return () if self._is_left_out(name, True) else (name,)
        found: set[Path] = set()
        self._refuse_notebooks()
        paths = [
            path
            for path in self.options.paths or ["."]
            if not (path.endswith(".ipynb") or self._is_forced_out(path))
        ]
        for path in paths:
            settings = self.held.at(self._directory_of(path))
            discovery = discover(
                [Path(path)],
                exclude=settings.exclude_patterns,
                base=settings.base,
                respect_gitignore=settings.respect_gitignore,
            )
            self.errors += [str(error) for error in discovery.errors]
            self.outside.update(discovery.outside)
            if len(paths) == 1:
                return discovery.real
            found.update(discovery.real)
        return tuple(sorted(found))

    def _refuse_notebooks(self) -> None:
        """Say for each named notebook that it is not checked."""
        for path in self.options.paths:
            if path.endswith(".ipynb") and not self._is_forced_out(path):
                self.errors.append(
                    f"{path}: notebooks are not checked; put the kernels into a .py file, or "
                    "convert it: jupyter nbconvert --to script"
                )

    def _is_forced_out(self, path: str) -> bool:
        """Whether a named path is excluded, and `force-exclude` is set."""
        if os.path.isdir(path):
            return self._is_left_out(self._directory_of(path), True)
        return self._is_left_out(self._directory_of(path) / os.path.basename(path), True)

    def is_excluded(self, file: Path) -> bool:
        """Whether a walk leaves the file out, because of settings or options."""
        return self._is_left_out(file, False)

    def _is_left_out(self, path: Path, by_force: bool) -> bool:
        """Whether settings exclude a path or a directory above it."""
        looked_at = []
        is_left_out = None
        while is_left_out is None:
            looked_at.append(path)
            settings = self.held.at(path.parent)
            if path == settings.base or not path.is_relative_to(settings.base):
                is_left_out = False
            elif (settings.force_exclude or not by_force) and is_excluded(
                path, settings.exclude_patterns, settings.base
            ):
                is_left_out = True
            else:
                path = path.parent
                is_left_out = self._left_out.get((path, by_force))
        self._left_out.update(dict.fromkeys([(each, by_force) for each in looked_at], is_left_out))
        return is_left_out

    def _directory_of(self, path: str) -> Path:
        try:
            start = os.path.realpath(path)
        except ValueError:  # No path contains a NUL; the walk reports the error.
            return self.cwd
        return Path(start if os.path.isdir(start) else os.path.dirname(start))

    def trees(self) -> Iterator[Tree]:
        """Yield the projects of the files that can have findings."""
        by_root: defaultdict[Path, list[Path]] = defaultdict(list)
        few = len(self.files) < MANY_FILES
        for file in self.files:
            if few and not self.may_have_findings(file):
                continue
            by_root[self.root_of(file)].append(file)
        for root, named in sorted(by_root.items()):
            yield Tree(root, self.held.at(root), tuple(named))

    def root_of(self, file: Path) -> Path:
        """Return the root of the project that a file belongs to."""
        return self._roots.of(os.path.dirname(file))

    @cached_property
    def roots(self) -> tuple[Path, ...]:
        """Return the roots of the projects of all files, sorted."""
        directories = {os.path.dirname(file) for file in self.files}
        return tuple(sorted({self._roots.of(directory) for directory in directories}))

    def recover(self) -> None:
        """Finish what a killed `--fix` has begun, before any file is read."""
        for root in self.roots:
            if os.path.lexists(f"{root}/{JOURNAL}"):
                from tritonlint.fix.recovery import recover

                recovery = recover(root)
                if recovery is not None and recovery.is_stuck and self.fixing:
                    self.fixing = False
                    self.errors.append(f"nothing was fixed: {recovery.said}")
                elif recovery is not None:
                    tell(recovery.said)

    def may_have_findings(self, file: Path) -> bool:
        """Whether a named file mentions Triton, or launches something."""
        decorators = frozenset(self.held.at(file.parent).jit_decorators)
        data = self.read_named(file)
        return data is not None and outline(data, decorators).may_have_findings

    def read_named(self, file: Path) -> bytes | None:
        """Return the bytes of a file; notes the error if it cannot be read."""
        try:
            return self.read(file)
        except FileError as error:
            self.errors.append(str(error))
            return None

    def all_files(self, root: Path) -> Discovery:
        """Return all files of a project, even those that settings leave out."""
        if root not in self._discovered:
            found = self._discovered[root] = find_python(root)
            self.outside.update(found.outside)
            if found.is_cut:
                tell(
                    f"{self.display(root)}: nothing marks where this project ends, and only "
                    f"{MOST_FOLDERS} of its folders were searched for launches; put a "
                    "tritonlint.toml, which may be empty, where the project begins"
                )
        return self._discovered[root]

    def report_errors(self) -> int:
        """Say which paths could not be used; return the exit status."""
        for error in self.errors:
            tell(error)
        return 2 if self.errors else 0

    # -- answers about a file --------------------------------------------------------------

    def read_lines(self, path: Path) -> list[str]:
        """Return the lines of a file for a report; none if it cannot be read."""
        from tritonlint.source import SourceError, decode, lines_of

        try:
            return lines_of(decode(self.read(path)).text)
        except (FileError, SourceError):
            return []

    def read(self, path: Path) -> bytes:
        """Return the bytes of a file, or of standard input in its place. Raises FileError."""
        return self.overrides[path] if path in self.overrides else read_file(path)

    def display(self, path: Path) -> str:
        """Return a path in the form for reports."""
        from tritonlint.report.context import relative_path

        return relative_path(path, self.cwd)

    def say(self, message: str) -> None:
        """Print a line if `--verbose` is on."""
        if self.options.verbose:
            tell(message)

"""What the options ask for: which files, with which settings, in which projects."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tritonlint.command.say import tell
from tritonlint.config.load import find_config, load, merge_cli, with_inline
from tritonlint.config.settings import Settings, matches
from tritonlint.config.toml import ConfigError
from tritonlint.files.discovery import Discovery, discover, is_excluded
from tritonlint.files.paths import FileError
from tritonlint.files.paths import read as read_file
from tritonlint.files.roots import JOURNAL, MOST_FOLDERS, ProjectRoots
from tritonlint.options import OptionError
from tritonlint.outline import outline

if TYPE_CHECKING:
    from tritonlint.diagnostics import Rule
    from tritonlint.triton.versions import TritonVersion

#: From this many named files on it is not worth to look at each before the cache is asked.
MANY_FILES = 64

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
    "force_exclude",
    "respect_gitignore",
    "per_file_ignores",
    "fixable",
    "unfixable",
)


class Tree(NamedTuple):
    """One project: its root, its settings, and the files of it that were named."""

    root: Path
    settings: Settings
    named: tuple[Path, ...]


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


def _rules() -> dict[str, Rule]:
    # Most runs of a hook end before they need one.
    from tritonlint.rules import all_rules

    return {code: rule for code, (rule, _) in all_rules().items()}


def _read_stdin() -> bytes:
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise OptionError(f"standard input cannot be read: {error.strerror or error}") from error


def _config_options(options: argparse.Namespace) -> tuple[Path | None, list[str]]:
    """The file of settings, if one is named, and the settings that stand in the options."""
    inline = [text for text in options.config or () if "=" in text and not os.path.exists(text)]
    files = [text for text in options.config or () if text not in inline]
    if len(files) > 1:
        raise OptionError(f"--config takes one file, and {' and '.join(files)} are named")
    return (Path(files[0]) if files else None), inline


class Request:
    """The options, resolved."""

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
        self._discovered: dict[Path, Discovery] = {}
        self._roots = ProjectRoots(self._exists)
        self._left_out: dict[tuple[Path, bool], bool] = {}
        self.errors: list[str] = []
        self.overrides: dict[Path, bytes] = {}
        #: Files outside of what was walked, with the links that lead to them.
        self.outside: dict[Path, str] = {}
        self._config, self._inline = _config_options(options)
        self.settings = self.settings_at(self.cwd)
        self.fixing = bool(self.settings.fix or self.options.diff)

    # -- settings --------------------------------------------------------------------------

    def settings_at(self, directory: Path) -> Settings:
        """The settings that hold in a directory: the nearest file's, and the options on top."""
        settings = self._by_directory.get(directory)
        if settings is None:
            config = self._config
            if config is None and not self.options.isolated:
                config = find_config(directory, self._is_file)
            settings = self._by_directory[directory] = self._settings_of(config)
        return settings

    def _settings_of(self, config: Path | None) -> Settings:
        if config not in self._by_config:
            settings = load(config, self.defaults) if config else Settings(base=self.cwd)
            for text in self._inline:
                settings = with_inline(settings, text, self.defaults, self.cwd)
            given = {name: getattr(self.options, name) for name in _SETTINGS_OPTIONS}
            self._by_config[config] = merge_cli(settings, self.defaults, cwd=self.cwd, **given)
        return self._by_config[config]

    def shown_settings(self) -> tuple[Settings, Path | None, frozenset[str]]:
        """The settings that hold for the first path, their file, and the codes that are on."""
        directory = self._directory_of((self.options.paths or ["."])[0])
        config = self._config
        if config is None and not self.options.isolated:
            config = find_config(directory, self._is_file)
        settings = self.settings_at(directory)
        return settings, config, settings.enabled_rules(self.defaults)

    def version(self, settings: Settings) -> TritonVersion:
        """The Triton release whose rules hold."""
        from tritonlint.triton.versions import NEWEST, parse_version

        if settings.triton_version is None:
            return NEWEST
        try:
            return parse_version(settings.triton_version)
        except ValueError as error:
            raise ConfigError("triton-version", str(error)) from error

    # -- files -----------------------------------------------------------------------------

    def around(self, root: Path) -> tuple[Path, ...]:
        """The named directories in which a tree lies: code in them may use it."""
        named = {path for path in self.options.paths or ["."] if "\0" not in path}
        found = {Path(os.path.realpath(path)) for path in named}
        return tuple(sorted(found.intersection(root.parents)))

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The files to check, sorted, by their real names."""
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
            settings = self.settings_at(self._directory_of(path))
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
        """Say of each notebook that is named that it is not checked."""
        for path in self.options.paths:
            if path.endswith(".ipynb") and not self._is_forced_out(path):
                self.errors.append(
                    f"{path}: notebooks are not checked; put the kernels into a .py file, or "
                    "convert it: jupyter nbconvert --to script"
                )

    def _is_forced_out(self, path: str) -> bool:
        """Whether a path that is named is excluded, and `force-exclude` holds."""
        if os.path.isdir(path):
            return self._is_left_out(self._directory_of(path), True)
        return self._is_left_out(self._directory_of(path) / os.path.basename(path), True)

    def is_excluded(self, file: Path) -> bool:
        """Whether a walk leaves the file out, because of settings or options."""
        return self._is_left_out(file, False)

    def _is_left_out(self, path: Path, by_force: bool) -> bool:
        """Whether a path or a directory above it is excluded by the settings that hold there."""
        looked_at = []
        is_left_out = None
        while is_left_out is None:
            looked_at.append(path)
            settings = self.settings_at(path.parent)
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
        except ValueError:  # No path holds a NUL; that it is none, the walk says.
            return self.cwd
        return Path(start if os.path.isdir(start) else os.path.dirname(start))

    def trees(self) -> Iterator[Tree]:
        """The projects of those files that can have findings."""
        by_root: defaultdict[Path, list[Path]] = defaultdict(list)
        few = len(self.files) < MANY_FILES
        for file in self.files:
            if few and not self._may_have_findings(file):
                continue
            by_root[self.root_of(file)].append(file)
        for root, named in sorted(by_root.items()):
            yield Tree(root, self.settings_at(root), tuple(named))

    def root_of(self, file: Path) -> Path:
        """The root of the project that a file belongs to."""
        return self._roots.of(os.path.dirname(file))

    @cached_property
    def roots(self) -> tuple[Path, ...]:
        """The roots of the projects of all files, sorted."""
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

    def _may_have_findings(self, file: Path) -> bool:
        """Whether a named file mentions Triton, or launches something."""
        settings = self.settings_at(file.parent)
        extra = tuple(name.rpartition(".")[2].encode() for name in settings.jit_decorators)
        data = self.read_named(file)
        return data is not None and outline(data, extra).may_have_findings

    def read_named(self, file: Path) -> bytes | None:
        """The bytes of a file; that it cannot be read is noted."""
        try:
            return self.read(file)
        except FileError as error:
            self.errors.append(str(error))
            return None

    def all_files(self, root: Path) -> Discovery:
        """All files of a project, whatever settings leave out."""
        from tritonlint.api import find_python

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
        """Say which paths could not be used; the exit status that follows from it."""
        for error in self.errors:
            tell(error)
        return 2 if self.errors else 0

    # -- what holds for a file -------------------------------------------------------------

    def enabled(self, file: Path) -> frozenset[str]:
        """The codes of the rules that are asked about a file."""
        place = os.path.dirname(file)
        if place not in self._enabled_in:
            if self.settings_at(file.parent).per_file_ignores:
                # They tell the files of a directory apart; each is held against the patterns once.
                place = os.fspath(file)
            if place not in self._enabled_in:
                self._enabled_in[place] = self._enabled_for(file)
        return self._enabled_in[place]

    def _enabled_for(self, file: Path) -> frozenset[str]:
        settings = self.settings_at(file.parent)
        ignored = settings.ignored_codes(file)
        key = id(settings), ignored
        if key not in self._codes:
            codes = settings.enabled_rules(self.defaults)
            self._codes[key] = frozenset(
                c for c in codes if not any(matches(c, i) for i in ignored)
            )
        return self._codes[key]

    def read_lines(self, path: Path) -> list[str]:
        """The lines of a file, to be shown; none if it cannot be read."""
        from tritonlint.source import SourceError, decode, lines_of

        try:
            return lines_of(decode(self.read(path)).text)
        except (FileError, SourceError):
            return []

    def read(self, path: Path) -> bytes:
        """The bytes of a file, or what stands in for them. Raises FileError."""
        return self.overrides[path] if path in self.overrides else read_file(path)

    def display(self, path: Path) -> str:
        """A path as it is shown."""
        from tritonlint.report.context import relative_path

        return relative_path(path, self.cwd)

    def say(self, message: str) -> None:
        """Tell the one who asked for `--verbose`."""
        if self.options.verbose:
            tell(message)

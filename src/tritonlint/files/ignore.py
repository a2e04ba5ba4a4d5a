"""The patterns of ignore files and of excludes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tritonlint.files.paths import FileError, read, relative

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


# ruff's list, the cache directories of editors and Python, and installed packages.
# fmt: off
DEFAULT_EXCLUDE = (
    ".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints",
    ".mypy_cache", ".nox", ".pants.d", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache",
    ".svn", ".tox", ".tritonlint_cache", ".venv", ".vscode", "__pycache__", "__pypackages__",
    "_build", "buck-out", "build", "dist", "node_modules", "site-packages", "venv",
)
# fmt: on
PYTHON_SUFFIXES = (".py", ".pyw")


class Rules:
    """The gitignore patterns of one file or setting, relative to the directory `base`.

    Most patterns are a name, a path or `*.suffix`: those are looked up. Where another pattern
    may apply, pathspec decides; importing it takes as long as walking 3,000 files several times.
    """

    def __init__(self, lines: Iterable[str], base: str, every_file: bool = False) -> None:
        self._base = base
        self._every_file = every_file
        self._lines = [line if line.endswith("\\ ") else line.rstrip() for line in lines]
        self._signs: dict[int, bool] = {}
        # For files and for directories: what matches, and the number of the last such line.
        self._exact: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._suffixes: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._globs: tuple[list[tuple[list[str], int]], ...] = ([], [])
        for number, line in enumerate(self._lines):
            self._index(number, line)
        self._endings = tuple(map(tuple, self._suffixes))
        self._file_names = {key.rpartition("/")[2] for key in self._exact[False]}
        self._looks_at_paths = bool(self._globs[True]) or any(
            "/" in key for key in self._exact[True]
        )
        self._specs: dict[bool, GitIgnoreSpec] = {}

    def may_concern_files(self, directory: str, names: set[str]) -> bool:
        """Whether a pattern may match a Python file of a directory with these names."""
        if not self._file_names.isdisjoint(names):
            return True
        if not (self._globs[False] or self._suffixes[False]):
            return False
        text = "/".join(("", self._inside(directory), *names, ""))
        return any(f"{suffix}/" in text for suffix in self._suffixes[False]) or any(
            all(part in text for part in parts) for parts, _ in self._globs[False]
        )

    def verdict(self, path: str, name: str, is_dir: bool) -> bool | None:
        """Whether the entry itself is ignored; None if no pattern matches it."""
        inside = self._inside(path) if self._looks_at_paths else name
        exact = self._exact[is_dir]
        last = max(exact.get(name, -1), exact.get("/" + inside, -1))
        if name.endswith(self._endings[is_dir]):
            suffixes = self._suffixes[is_dir].items()
            last = max(last, *(number for suffix, number in suffixes if name.endswith(suffix)))
        for parts, number in self._globs[is_dir]:
            if number > last and all(part in inside for part in parts):
                return self._ask_pathspec(inside, is_dir)
        return self._signs.get(last)

    def _index(self, number: int, line: str) -> None:
        ignores = not line.startswith("!")
        pattern = line if ignores else line[1:]
        body = pattern.rstrip("/")
        if not body or line.startswith("#"):
            return
        kinds = (True,) if pattern.endswith("/") else (False, True)
        for variant in _expand_last_class(body):
            if not re.search(r"[*?[\\]", variant):
                key = "/" + variant.lstrip("/") if "/" in variant else variant
                self._signs[number] = ignores
                for is_dir in kinds:
                    self._exact[is_dir][key] = number
            elif re.fullmatch(r"\*[^/*?[\\]*", variant):
                self._signs[number] = ignores
                for is_dir in kinds:
                    if is_dir or self._every_file or _may_end_python_file(variant[1:]):
                        self._suffixes[is_dir][variant[1:]] = number
            else:
                # Text that every match contains; text after a class or a backslash is ignored.
                parts = re.split(r"[*?/]+", re.split(r"[\[\\]", variant)[0])
                for is_dir in kinds:
                    self._globs[is_dir].append((parts, number))

    def _inside(self, path: str) -> str:
        if path.startswith(self._base):
            return path[len(self._base) :]
        return relative(path, self._base)

    def _ask_pathspec(self, inside: str, is_dir: bool) -> bool | None:
        """Return pathspec's answer for the entry itself, not for a directory above it.

        In pathspec, a pattern that matches an entry takes precedence over one that matches
        a directory above it. So directories are treated as files, and a first pattern that
        matches every entry shows that no other one did.
        """
        from tritonlint.files.globs import spec_of

        spec = self._specs.get(is_dir)
        if spec is None:
            lines = ["*"]
            for line in self._lines:
                if line.endswith("/") and not is_dir:
                    continue
                pattern = line.rstrip("/")
                # As in git, an invalid pattern matches nothing.
                with suppress(ValueError, re.error):
                    spec_of([pattern])
                    lines.append(pattern)
            self._specs[is_dir] = spec = spec_of(lines)
        result = spec.check_file(inside)
        return result.include if result.index else None


def is_ignored(path: str, name: str, is_dir: bool, rules: Sequence[Rules]) -> bool:
    for each in reversed(rules):
        if (verdict := each.verdict(path, name, is_dir)) is not None:
            return verdict
    return False


def rules_above(start: str, every_file: bool = False) -> list[Rules] | None:
    """Return the ignore files above a directory, outermost first; None outside a repository."""
    above: list[str] = []
    directory = start
    while (parent := os.path.dirname(directory.rstrip("/")).rstrip("/") + "/") != directory:
        above.append(parent)
        if os.path.lexists(parent + ".git"):
            rules = rules_of_repository(parent, every_file)
            for holder in reversed(above):
                rules += load_rules(holder + ".gitignore", holder, every_file)
            return rules
        directory = parent
    return None


def rules_of_repository(directory: str, every_file: bool = False) -> list[Rules]:
    """Return the rules in `info/exclude`, even if `.git` is the file of a worktree or submodule."""
    git = directory + ".git"
    try:
        if os.path.isfile(git):
            git = os.path.join(directory, read(Path(git)).decode().removeprefix("gitdir:").strip())
            common = os.path.join(git, "commondir")
            if os.path.isfile(common):
                git = os.path.join(git, read(Path(common)).decode().strip())
    except (FileError, UnicodeDecodeError):
        return []
    return load_rules(os.path.join(git, "info", "exclude"), directory, every_file)


def load_rules(path: str, base: str, every_file: bool = False) -> list[Rules]:
    """Return the rules of an ignore file; none if it does not exist, or git could not read it."""
    try:
        text = os.fsdecode(read(Path(path)))
    except FileError:
        return []
    return [Rules(text.removeprefix("\ufeff").split("\n"), base, every_file)]


def _may_end_python_file(suffix: str) -> bool:
    return any(suffix.endswith(python) or python.endswith(suffix) for python in PYTHON_SUFFIXES)


def _expand_last_class(pattern: str) -> list[str]:
    """Turn `*.py[co]` into `*.pyc` and `*.pyo`: most ignore files of Python projects have it."""
    match = re.fullmatch(r"(.*)\[(\w+)\]", pattern)
    return [match[1] + letter for letter in match[2]] if match else [pattern]

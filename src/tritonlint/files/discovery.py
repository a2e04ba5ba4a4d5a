"""Which Python files to look at."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tritonlint.files.ignore import (
    DEFAULT_EXCLUDE,
    PYTHON_SUFFIXES,
    Rules,
    is_ignored,
    load_rules,
    rules_above,
    rules_of_repository,
)
from tritonlint.files.paths import FileError, file_error, slashed
from tritonlint.files.roots import Limits

#: A package with one of these names is not build output: `pkg/dist/` may be distributed.
_NO_PACKAGES = frozenset({"build", "dist", "_build"})


class Discovery(NamedTuple):
    """The files to look at, sorted, and the paths that could not be used.

    Attributes:
        names: the names that the files were reached by.
        real: their real names.
        outside: the real names of files that a link from another directory leads to, with the
            link.
        is_cut: whether the walk ended at its limits.
    """

    names: tuple[str, ...]
    errors: tuple[FileError, ...]
    real: tuple[Path, ...]
    outside: Mapping[Path, str] = MappingProxyType({})
    is_cut: bool = False

    @property
    def files(self) -> tuple[Path, ...]:
        """The files by the names under which they were found."""
        return tuple(map(Path, self.names))


def find_python(root: Path) -> Discovery:
    """Find all Python files of a tree, even those that settings leave out."""
    return discover([root], base=root, enter_repositories=False, limits=Limits(root))


def discover(
    paths: Iterable[Path],
    *,
    exclude: Sequence[str] = DEFAULT_EXCLUDE,
    base: Path | None = None,
    respect_gitignore: bool = True,
    enter_repositories: bool = True,
    limits: Limits | None = None,
) -> Discovery:
    """Find the Python files among and below the paths, each once.

    A named file is included, whatever its suffix, and even if it is ignored. A named directory is
    walked for `*.py` and `*.pyw`, whatever its own name and those above it; `exclude`
    (gitignore patterns, relative to `base` or else to the working directory) and the ignore files
    of its git repository decide only what lies below it. As in ruff, links to files are taken,
    links to directories are not followed unless named, and ignore files count only in a git
    repository; a user's global ignore file does not count, so that all see the same findings.
    A path that cannot be used becomes an error in the result; nothing is raised. Repositories below
    a path are walked only with `enter_repositories`; of other folders those that `limits` admits.
    """
    excluded, unless_packages = _excluded(tuple(exclude), slashed(base or Path.cwd()))
    found: dict[str, str] = {}
    directories: dict[str, str] = {}
    errors: dict[Path, FileError] = {}
    outside: dict[Path, str] = {}
    for path in paths:
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError) as error:
            errors[path] = file_error(path, error)
            continue
        if stat.S_ISDIR(mode):
            reached = _walk(
                path,
                excluded,
                unless_packages,
                respect_gitignore,
                enter_repositories,
                limits,
                errors,
            )
            inside = os.path.join(os.path.realpath(path), "")
        elif stat.S_ISREG(mode):
            reached = iter([(str(path), _real_path(str(path), directories))])
            inside = ""
        else:
            advice = "name a file or a directory; for standard input use --stdin-filename"
            errors[path] = FileError(path, "neither a file nor a directory", advice)
            continue
        for name, real in reached:
            if found.setdefault(real, name) != name:
                found[real] = min(found[real], name, key=lambda n: _plainness(n, real))
            if not real.startswith(inside):
                outside[Path(real)] = name
    return Discovery(
        names=tuple(sorted(found.values())),
        errors=tuple(errors[path] for path in sorted(errors)),
        real=tuple(map(Path, sorted(found))),
        outside=outside,
        is_cut=limits is not None and limits.is_cut,
    )


def is_excluded(path: Path, exclude: tuple[str, ...], base: Path) -> bool:
    """Whether a walk leaves out a file or a directory by itself, not because of one above it."""
    # It can be a file that is named, whatever its suffix.
    excluded, unless_packages = _excluded(exclude, slashed(base), every_file=True)
    is_dir = os.path.isdir(path)
    if is_dir and path.name in unless_packages:
        return not os.path.exists(path / "__init__.py")
    return is_ignored(slashed(path).rstrip("/"), path.name, is_dir, [excluded])


@lru_cache
def _excluded(
    exclude: tuple[str, ...], base: str, every_file: bool = False
) -> tuple[Rules, frozenset[str]]:
    """Return the patterns of an `exclude`, and the names that it excludes except as packages."""
    unless_packages = _NO_PACKAGES if set(exclude) >= set(DEFAULT_EXCLUDE) else frozenset()
    patterns = [p.removeprefix("./") for p in exclude if p not in unless_packages]
    return Rules(patterns, base, every_file), unless_packages


def _walk(
    root: Path,
    exclude: Rules,
    unless_packages: frozenset[str],
    respect_gitignore: bool,
    enter_repositories: bool,
    limits: Limits | None,
    errors: dict[Path, FileError],
) -> Iterator[tuple[str, str]]:
    """Yield the name and the real path of each Python file below a directory."""
    prefix = "" if str(root) == "." else os.path.join(str(root), "")
    real_prefix = os.path.join(os.path.realpath(root), "")
    start = slashed(root)
    # None outside a git repository, where ignore files do not count.
    ignores = rules_above(start) if respect_gitignore else None
    pending = [("", start, ignores)]
    while pending:
        inside, absolute, ignores = pending.pop()
        try:
            with os.scandir(prefix + inside or ".") as listing:
                entries = list(listing)
        except OSError as error:
            errors[Path(prefix + inside)] = file_error(Path(prefix + inside), error)
            continue
        names = {entry.name for entry in entries}
        if ".git" in names and inside and not enter_repositories:
            continue
        folder = os.path.basename(os.path.dirname(inside))
        if inside and limits is not None and not limits.admit(folder, names):
            continue
        if ".git" in names and respect_gitignore:
            ignores = rules_of_repository(absolute)
        if ".gitignore" in names and ignores is not None:
            ignores = [*ignores, *load_rules(absolute + ".gitignore", absolute)]
        # The settings come last: no ignore file can include what they exclude.
        dir_rules = [*(ignores or ()), exclude]
        file_rules = [rules for rules in dir_rules if rules.may_concern_files(absolute, names)]
        for entry in entries:
            name = entry.name
            try:
                is_file = name.endswith(PYTHON_SUFFIXES) and entry.is_file()
                if not (is_file or entry.is_dir(follow_symlinks=False)):
                    continue
                linked = is_file and entry.is_symlink()
            except OSError:  # A link that leads to itself is not a file.
                continue
            if not is_file:
                if name in unless_packages and not os.path.exists(f"{entry.path}/__init__.py"):
                    continue
                if not is_ignored(absolute + name, name, True, dir_rules):
                    pending.append((os.path.join(inside, name, ""), f"{absolute}{name}/", ignores))
            elif file_rules and is_ignored(absolute + name, name, False, file_rules):
                continue
            elif linked:
                yield prefix + inside + name, os.path.realpath(prefix + inside + name)
            else:
                yield prefix + inside + name, real_prefix + inside + name


def _real_path(file: str, directories: dict[str, str]) -> str:
    """Do the same as os.path.realpath, but look at each directory once for all named files."""
    if os.path.islink(file):
        return os.path.realpath(file)
    directory, name = os.path.split(file)
    if directory not in directories:
        directories[directory] = os.path.realpath(directory)
    return os.path.join(directories[directory], name)


def _plainness(name: str, real: str) -> tuple[bool, int, str]:
    """Orders the names of one file: names without links and detours come first."""
    return os.path.abspath(name) != real, len(name), name

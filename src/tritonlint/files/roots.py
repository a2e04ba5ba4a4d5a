"""Where a project begins."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from enum import Enum, auto
from pathlib import Path

from tritonlint.files.ignore import DEFAULT_EXCLUDE

#: A killed `--fix` leaves it in the root of a project: see `fix/journal.py`.
JOURNAL = ".tritonlint_journal"
#: Files that mark a directory as a project.
PROJECT_FILES = ("pyproject.toml", "tritonlint.toml", "setup.py", "setup.cfg")
#: Entries that mark a directory as a repository: of Git, Mercurial, Jujutsu and Sapling.
REPOSITORY_MARKS = (".git", ".hg", ".jj", ".sl")
_MARKS = (*REPOSITORY_MARKS, *PROJECT_FILES)

#: How many folders that are not packages are searched in a project without a mark.
MOST_FOLDERS = 200


class Limits:
    """Where the walk of a project ends.

    A marked project contains everything below its root. A project without a mark may be a home
    directory: a walk of it leaves out hidden folders and marked projects, and ends after
    `MOST_FOLDERS` that are not packages.
    """

    def __init__(self, root: Path) -> None:
        marks = ("__init__.py", *_MARKS)
        self.is_unmarked = not any(os.path.exists(root / name) for name in marks)
        self.is_cut = False
        self._left = MOST_FOLDERS

    def admit(self, name: str, entries: Collection[str]) -> bool:
        """Whether to look at a folder below the root, with these entries."""
        if not self.is_unmarked or "__init__.py" in entries:
            return True
        if name.startswith(".") or any(mark in entries for mark in _MARKS):
            return False
        self._left -= 1
        self.is_cut = self.is_cut or self._left < 0
        return not self.is_cut


def project_root(path: Path) -> Path:
    """Return the tree in which to look for launches of a file's kernels: see `ProjectRoots`."""
    real = os.path.realpath(path)
    return ProjectRoots().of(real if os.path.isdir(real) else os.path.dirname(real))


class ProjectRoots:
    """For each directory, the tree in which to look for launches of its kernels.

    The nearest repository above; without one, the nearest directory with a pyproject.toml or
    tritonlint.toml; without one, the directory that contains the outermost package, whose
    subdirectories need not all have an `__init__.py`. A repository comes first because a monorepo's
    tests and benchmarks launch kernels from beside the nested pyproject.toml of the package that
    defines them. Directories above one that walks leave out (`site-packages`, `.venv`) do not
    count: an installed package is a separate tree.
    """

    def __init__(self, exists: Callable[[str], bool] = os.path.exists) -> None:
        self._exists = exists
        self._found: dict[str, tuple[Path, _Mark]] = {}

    def of(self, directory: str) -> Path:
        """Return the root of a directory, which is given by its real name."""
        pending = [directory]
        while pending[-1] not in self._found and not _is_top(pending[-1]):
            pending.append(os.path.dirname(pending[-1]))
        for each in reversed(pending):
            if each not in self._found:
                self._found[each] = self._look(each)
        return self._found[directory][0]

    def _look(self, directory: str) -> tuple[Path, _Mark]:
        """Return the root of a directory; that of its parent is known."""
        parent = os.path.dirname(directory)
        is_top = _is_top(directory)
        here = Path(directory)
        above = (here, _Mark.NONE) if is_top else self._found[parent]
        if any(self._exists(f"{directory}/{name}") for name in REPOSITORY_MARKS):
            return here, _Mark.REPOSITORY
        if above[1] is _Mark.REPOSITORY:
            return above
        if any(self._exists(f"{directory}/{n}") for n in ("pyproject.toml", "tritonlint.toml")):
            return here, _Mark.SETTINGS
        if above[1] is not _Mark.NONE:
            return above
        if self._exists(f"{directory}/__init__.py"):
            return here if is_top else here.parent, _Mark.PACKAGE
        return here, _Mark.NONE


def _is_top(directory: str) -> bool:
    """Whether the directories above a directory do not count."""
    parent = os.path.dirname(directory)
    return parent == directory or os.path.basename(parent) in DEFAULT_EXCLUDE


class _Mark(Enum):
    """The entries that make a directory the root of a project."""

    REPOSITORY = auto()
    SETTINGS = auto()
    PACKAGE = auto()
    NONE = auto()

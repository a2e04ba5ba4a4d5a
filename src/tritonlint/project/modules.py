"""Which files of a tree an import may mean."""

from __future__ import annotations

import functools
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from tritonlint.survey.imports import INSTALLED_PACKAGES, WELL_KNOWN_PACKAGES
from tritonlint.triton.names import LANGUAGE_MODULES


def imported_as(file: Path) -> str:
    """Return the last part of the name under which a file is imported."""
    return file.parent.name if file.stem == "__init__" else file.stem


@functools.lru_cache(maxsize=2)
def _by_name(files: frozenset[Path]) -> Mapping[str, Sequence[Path]]:
    """Return files by the last part of their names; kept while an editor changes one of them."""
    by_name: defaultdict[str, list[Path]] = defaultdict(list)
    for file in files:
        by_name[imported_as(file)].append(file)
    return by_name


def own_packages(root: Path, files: Iterable[Path]) -> frozenset[str]:
    """Return the names of well-known packages and modules that the tree itself also has."""
    # For every file of a tree, text is several times as fast as paths.
    names = frozenset(map(str, files))
    directories = _directories(root, names)
    found = set()
    for path in (*names, *directories):
        directory, base = os.path.split(path)
        name = os.path.splitext(base)[0] if path in names else base
        is_package = os.path.join(path, "__init__.py") in names
        if path in directories and not is_package and name in INSTALLED_PACKAGES:
            # A directory without an `__init__.py` comes last, wherever it is on Python's path.
            continue
        if name in LANGUAGE_MODULES:
            found.add(name)
        elif name in WELL_KNOWN_PACKAGES and os.path.join(directory, "__init__.py") not in names:
            # A module outside of packages can be imported by its own name.
            found.add(name)
    return frozenset(found)


def _directories(root: Path, files: Iterable[str]) -> set[str]:
    """Return the directories below the root that contain one of the files, at any depth."""
    found: set[str] = set()
    below = f"{root}{os.sep}"
    for file in files:
        parent = os.path.dirname(file)
        while parent not in found and parent.startswith(below):
            found.add(parent)
            parent = os.path.dirname(parent)
    return found


class Modules:
    """The Python files of one tree, as modules."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.files = frozenset(files)
        self._found: dict[tuple[Path, str], tuple[Path, ...]] = {}

    @cached_property
    def _all(self) -> tuple[Path, ...]:
        return tuple(sorted(self.files))

    @cached_property
    def _files_by_name(self) -> Mapping[str, Sequence[Path]]:
        return _by_name(self.files)

    def find(self, path: Path, module: str) -> tuple[Path, ...]:
        """Return the files that an import of `module` in the file `path` may mean.

        There are several if more than one directory may be on Python's path. `__main__` means all.
        """
        if module == "__main__":
            return self._all
        level = len(module) - len(module.lstrip("."))
        key = (path, module)
        found = self._found.get(key)
        if found is None:
            names = [part for part in module[level:].split(".") if part]
            found = self._relative(path, level, names) if level else self._absolute(path, names)
            self._found[key] = found
        return found

    def _relative(self, path: Path, level: int, names: list[str]) -> tuple[Path, ...]:
        if level > len(path.parents) or (level == len(path.parents) and not names):
            return ()
        package = path.parents[level - 1]
        target = package.joinpath(*names)
        candidates = [target / "__init__.py", target.with_name(f"{target.name}.py")]
        return tuple(c for c in candidates if c in self.files)[:1]

    def _absolute(self, path: Path, names: list[str]) -> tuple[Path, ...]:
        roots: dict[Path, Path] = {}
        for file in sorted(self._files_by_name.get(names[-1], ()) if names else ()):
            parts = file.parts[:-1] if file.stem == "__init__" else (*file.parts[:-1], file.stem)
            if list(parts[-len(names) :]) != names:
                continue
            root = Path(*parts[: -len(names)])
            # An absolute import finds modules at the top of a path entry, or beside the script.
            if root / "__init__.py" not in self.files or root == path.parent:
                # A package comes before a module of the same name.
                roots.setdefault(root, file)
        own = [root for root in roots if root / names[0] in path.parents]
        if own:
            # Code of a package imports from that package.
            return (roots[max(own, key=lambda root: len(root.parts))],)
        return tuple(roots[root] for root in sorted(roots))

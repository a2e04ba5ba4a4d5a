"""Which files of a tree an import may mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path, PurePath


def imported_as(file: Path) -> str:
    """The last part of the name by which a file is imported."""
    return file.parent.name if file.stem == "__init__" else file.stem


class Modules:
    """The files of one tree, as modules."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.files = frozenset(files)
        self._found: dict[tuple[Path, str], tuple[Path, ...]] = {}

    @cached_property
    def _files_by_stem(self) -> dict[str, list[Path]]:
        by_stem: defaultdict[str, list[Path]] = defaultdict(list)
        for file in self.files:
            by_stem[imported_as(file)].append(file)
        return by_stem

    def find(self, path: Path, module: str) -> tuple[Path, ...]:
        """The files that an import of `module` in the file `path` may mean."""
        level = len(module) - len(module.lstrip("."))
        key = (path.parent if level else path, module)
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
        candidates = (target / "__init__.py", target.with_name(f"{target.name}.py"))
        return tuple(c for c in candidates if c in self.files)[:1]

    def _absolute(self, path: Path, names: list[str]) -> tuple[Path, ...]:
        roots: dict[PurePath, Path] = {}
        for file in self._files_by_stem.get(names[-1], ()):
            parts = file.parts[:-1] if file.stem == "__init__" else (*file.parts[:-1], file.stem)
            if list(parts[-len(names) :]) != names:
                continue
            root = Path(*parts[: -len(names)])
            # What is imported by its first name lies in no package, or beside the script.
            if root / "__init__.py" not in self.files or root == path.parent:
                roots[root] = file
        around = [root for root in roots if root in path.parents]
        if around:
            return (roots[max(around, key=lambda root: len(root.parts))],)
        return tuple(roots[root] for root in sorted(roots))

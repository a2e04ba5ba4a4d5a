"""Whether other files may use what a file imports, as an attribute of that file's module."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

from tritonlint.source import SourceError
from tritonlint.survey.imports import WELL_KNOWN_PACKAGES
from tritonlint.survey.nodes import nodes_in
from tritonlint.survey.parsing import parsed

_DOTTED = re.compile(r"[\w.:]+")


class Sharing:
    """Answers for one tree.

    Args:
        read: a file's bytes.
        mentioning: the Python files of the tree in which one of some words stands, with these.
    """

    def __init__(
        self,
        read: Callable[[Path], bytes],
        mentioning: Callable[[frozenset[str]], Mapping[Path, frozenset[str]]],
    ) -> None:
        self._read = read
        self._mentioning = mentioning
        self.is_shared = cache(self._is_shared)

    def _is_shared(self, path: Path, name: str) -> bool:
        """Whether another file may use what `path` imports by that name.

        To reach the module, a file has to name it.
        """
        files = self._mentioning(frozenset({path.stem}))
        return any(self._may_use(file, path.stem, name) for file in sorted(files) if file != path)

    def _may_use(self, file: Path, module: str, name: str) -> bool:
        data = self._read(file)
        if name.encode() not in data and b"*" not in data:
            return False
        try:
            with parsed(data) as (tree, _):
                return _uses(nodes_in(tree), module, name)
        except SourceError:
            return True


def _uses(nodes: Iterable[ast.AST], module: str, name: str) -> bool:
    """Whether code names an attribute of a module, or imports all of them."""
    known: set[str] = set()
    owners: list[ast.expr] = []
    for node in nodes:
        match node:
            case ast.Import(names):
                roots = [alias.name.partition(".")[0] for alias in names]
                bound = [alias.asname or root for alias, root in zip(names, roots, strict=True)]
                known.update(b for b, r in zip(bound, roots, strict=True) if _is_known(r))
            case ast.ImportFrom(source, names, level):
                parts = (source or "").split(".")
                if parts[-1] == module and any(alias.name in (name, "*") for alias in names):
                    return True
                if not level and _is_known(parts[0]):
                    known.update(alias.asname or alias.name for alias in names)
            case ast.Attribute(owner) if node.attr == name:
                owners.append(owner)
            case ast.Constant(str() as text) if _names(text, name):
                return True
    return not all(isinstance(owner, ast.Name) and owner.id in known for owner in owners)


def _is_known(package: str) -> bool:
    return package in WELL_KNOWN_PACKAGES


def _names(text: str, name: str) -> bool:
    """Whether a string may name an attribute: `"math"`, `"package.module.math.ceil"`."""
    if not _DOTTED.fullmatch(text):
        return False
    first, *others = re.split(r"[.:]", text)
    return name in others or (first == name and not others)

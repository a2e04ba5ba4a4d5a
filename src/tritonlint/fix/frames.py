"""Whether a function that is called may read the locals of its caller, through the frame."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from tritonlint.source import SourceError
from tritonlint.survey.bodies import DEFINITIONS
from tritonlint.survey.nodes import nodes_in
from tritonlint.survey.parsing import parsed

#: What gives the locals of a frame: an attribute, and a function of `inspect`.
_READING = frozenset({"f_locals", "getargvalues"})


class FrameReaders:
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
        self.are_named_in = cache(self._are_named_in)
        self._readers_of = cache(self._find_readers)

    def _are_named_in(self, path: Path) -> bool:
        """Whether a file names a function or a class of the tree that reads locals of a frame.

        A file that cannot be parsed may define any.
        """
        for file in sorted(self._mentioning(_READING)):
            names = self._readers_of(file)
            if names is None or path in self._mentioning(names):
                return True
        return False

    def _find_readers(self, file: Path) -> frozenset[str] | None:
        try:
            with parsed(self._read(file)) as (tree, _):
                return _readers(tree)
        except SourceError:
            return None


def _readers(tree: ast.Module) -> frozenset[str]:
    """The names that a file gives to code that reads locals of a frame, itself or by others."""
    words = {
        node: frozenset(filter(None, map(_word, nodes_in(node))))
        for node in nodes_in(tree)
        if isinstance(node, (*DEFINITIONS, ast.Assign, ast.AnnAssign))
    }
    found: frozenset[str] = frozenset()
    reading = _READING
    while reading:
        names = {
            name
            for node, those in words.items()
            if not those.isdisjoint(reading)
            for name in _bound_by(node)
        }
        reading = frozenset(names) - found
        found |= reading
    return found


def _word(node: ast.AST) -> str | None:
    match node:
        case ast.Name(name) | ast.Attribute(attr=name) | ast.alias(name):
            return name
        case ast.Constant(str() as text):
            return text
    return None


def _bound_by(node: ast.AST) -> list[str]:
    match node:
        case ast.Assign(targets):
            return [n.id for t in targets for n in nodes_in(t) if isinstance(n, ast.Name)]
        case ast.AnnAssign(ast.Name(name)):
            return [name]
    return [node.name] if isinstance(node, DEFINITIONS) else []

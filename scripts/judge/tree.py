"""The Python files of a tree, by name and by text; each is parsed once, and only when needed."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from judge.syntax import Function

_IGNORED = {".git", ".tritonlint_cache", "__pycache__"}
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")


class Tree:
    """One state of a tree."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and not _IGNORED & set(path.relative_to(root).parts)
        }
        self._parsed: dict[str, ast.Module | None] = {}

    @property
    def python(self) -> Iterator[str]:
        return (path for path in self.data if path.endswith(".py"))

    def parse(self, path: str) -> ast.Module | None:
        """The syntax tree, or None if there is no such file, or it does not parse."""
        if path not in self._parsed:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    self._parsed[path] = ast.parse(self.data[path])
                except (SyntaxError, ValueError, KeyError):
                    self._parsed[path] = None
        return self._parsed[path]

    def mentioning(self, names: Iterable[str], *, python: bool = True) -> dict[str, set[str]]:
        """The files that contain one of the names as a word, with these names."""
        wanted = {name.encode() for name in names}
        found = {}
        for path, data in self.data.items():
            if path.endswith(".py") == python and (hit := wanted.intersection(_WORD.findall(data))):
                found[path] = {name.decode() for name in hit}
        return found

    @cached_property
    def by_module(self) -> dict[str, list[str]]:
        """The files, by every suffix of their dotted name."""
        found: dict[str, list[str]] = {}
        for path in self.python:
            parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
            for start in range(len(parts)):
                found.setdefault(".".join(parts[start:]), []).append(path)
        return found

    def imported(self, path: str, module: str | None, level: int) -> list[str]:
        """The files that `from module import ...` in a file may mean."""
        if not level:
            return self.by_module.get(module or "", [])
        parts = path.split("/")[:-level] + (module.split(".") if module else [])
        name = "/".join(parts)
        return [p for p in (f"{name}.py", f"{name}/__init__.py") if p in self.data]

    def definitions(self, path: str, name: str) -> list[Function]:
        """The functions of that name anywhere in a file."""
        tree = self.parse(path)
        if tree is None or name.encode() not in self.data[path]:
            return []
        return [
            node
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name
        ]

    def sources(self, path: str, name: str, depth: int = 5) -> set[str] | None:
        """The files that define what a name means in a file, or None if that is not known."""
        if self.definitions(path, name):
            return {path}
        tree = self.parse(path)
        if tree is None or not depth:
            return None
        found: set[str] = set()
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            for alias in node.names:
                if alias.name != "*" and (alias.asname or alias.name) != name:
                    continue
                original = name if alias.name == "*" else alias.name
                for file in self.imported(path, node.module, node.level):
                    deeper = self.sources(file, original, depth - 1)
                    if deeper is None and alias.name != "*":
                        return None
                    found |= deeper or set()
        return found or None

"""The syntax trees of a project's files, and what a name in one of them may stand for."""

from __future__ import annotations

import ast
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tritonlint.files.paths import FileError, read
from tritonlint.project.identity import KernelId
from tritonlint.project.project import Project
from tritonlint.source import SourceError, decode
from tritonlint.survey.surveyor import survey
from tritonlint.verify.guard import dotted_name

FunctionNode = ast.FunctionDef

#: How many assignments and imports are followed from a name.
_DEEPEST = 10


@dataclass(frozen=True)
class Definition:
    """A function, and the functions around it."""

    path: Path
    node: FunctionNode
    around: tuple[FunctionNode, ...] = ()


#: A function; an attribute of Triton by its dotted path; or an expression of some file.
Target: TypeAlias = "Definition | str | tuple[Path, ast.expr]"


@dataclass(frozen=True)
class _Import:
    module: str
    name: str


_Bound: TypeAlias = "_Import | ast.FunctionDef | ast.expr"
_Table: TypeAlias = "dict[str, list[_Bound]]"


class Sources:
    """Parses files once, and follows names through assignments and imports."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._trees: dict[Path, ast.Module | None] = {}
        self._tables: dict[int, _Table] = {}
        self._jit_rows: dict[Path, frozenset[int]] = {}

    def tree(self, path: Path) -> ast.Module | None:
        """Return the file's syntax tree, or None if it cannot be parsed."""
        if path not in self._trees:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    self._trees[path] = ast.parse(decode(read(path)).text)
            except (FileError, SourceError, SyntaxError, ValueError, RecursionError, MemoryError):
                self._trees[path] = None
        return self._trees[path]

    def kernel(self, identity: KernelId) -> Definition | None:
        """Return the definition of a kernel."""
        row = identity.row
        tree = self.tree(identity.path)
        pending: list[tuple[ast.AST, tuple[FunctionNode, ...]]] = [(tree, ())] if tree else []
        while pending:
            node, around = pending.pop()
            if isinstance(node, ast.FunctionDef):
                if node.lineno == row:
                    return Definition(identity.path, node, around)
                around = (node, *around)
            pending += [(child, around) for child in ast.iter_child_nodes(node)]
        return None

    def is_jit(self, definition: Definition) -> bool:
        """Whether the survey found the function to be a kernel."""
        path = definition.path
        if path not in self._jit_rows:
            facts = self.project.facts.get(path) or survey(self._data(path))
            self._jit_rows[path] = frozenset(k.def_row for k in facts.kernels)
        return definition.node.lineno in self._jit_rows[path]

    def _data(self, path: Path) -> bytes:
        try:
            return read(path)
        except FileError:
            return b""

    def is_bound(self, definition: Definition, name: str) -> bool:
        """Whether the file binds the name."""
        return any(name in table for table in self._scopes(definition))

    def targets(self, definition: Definition, parts: list[str]) -> Iterator[Target]:
        """Yield what a dotted name in a function may stand for: functions first."""
        found: list[Target] = []
        for table in self._scopes(definition):
            if parts[0] in table:
                found = list(_Walk(self).targets(definition.path, table, parts, depth=0))
                break
        yield from sorted(found, key=lambda target: not isinstance(target, Definition))

    def targets_in_module(self, path: Path, parts: list[str]) -> Iterator[Target]:
        """Return the same for a top-level name of a file."""
        return _Walk(self).at_top(path, parts, depth=0)

    def _scopes(self, definition: Definition) -> Iterator[_Table]:
        for function in definition.around:
            yield self.table(function)
        tree = self.tree(definition.path)
        if tree is not None:
            yield self.table(tree)

    def table(self, scope: ast.Module | FunctionNode) -> _Table:
        """Return the bindings of each name of a scope."""
        if id(scope) not in self._tables:
            table: _Table = defaultdict(list)
            _fill(table, scope.body)
            self._tables[id(scope)] = dict(table)
        return self._tables[id(scope)]


class _Walk:
    """One search for the meaning of a name, through assignments and imports.

    Files may import one another, and assign a name many times. Nothing is visited twice at the
    same distance or further away, so the work grows with the number of bindings, not of paths.
    """

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self._nearest: dict[tuple[object, ...], int] = {}

    def at_top(self, path: Path, parts: list[str], depth: int) -> Iterator[Target]:
        """Yield what a dotted name at the top of a file may stand for."""
        tree = self.sources.tree(path)
        if tree is not None and depth < _DEEPEST:
            yield from self.targets(path, self.sources.table(tree), parts, depth)

    def targets(self, path: Path, table: _Table, parts: list[str], depth: int) -> Iterator[Target]:
        """Yield what a dotted name in a scope of a file may stand for."""
        if not self._is_new(depth, id(table), *parts):
            return
        if parts[0] not in table:
            for bound in table.get("*", []):
                if isinstance(bound, _Import):
                    yield from self._imported(path, bound.module, parts, depth + 1)
            return
        for bound in table[parts[0]]:
            if isinstance(bound, _Import):
                rest = [*([bound.name] if bound.name else []), *parts[1:]]
                yield from self._imported(path, bound.module, rest, depth + 1)
            elif isinstance(bound, ast.FunctionDef):
                if len(parts) == 1:
                    yield Definition(path, bound)
            elif len(parts) == 1:
                chain = dotted_name(bound)
                if chain is not None and chain.split(".") != parts:
                    yield from self.at_top(path, chain.split("."), depth + 1)
                yield path, bound

    def _imported(self, path: Path, module: str, parts: list[str], depth: int) -> Iterator[Target]:
        if module == "triton" or module.startswith("triton."):
            yield ".".join([module, *parts])
            return
        if depth > _DEEPEST or not parts or not self._is_new(depth, path.parent, module, *parts):
            return
        for file in self.sources.project.modules.find(path, module):
            yield from self.at_top(file, parts, depth)
        separator = "" if module.endswith(".") else "."
        if len(parts) > 1:
            yield from self._imported(path, f"{module}{separator}{parts[0]}", parts[1:], depth + 1)

    def _is_new(self, depth: int, *place: object) -> bool:
        if self._nearest.get(place, depth + 1) <= depth:
            return False
        self._nearest[place] = depth
        return True


def _fill(table: _Table, body: list[ast.stmt]) -> None:
    pending: list[ast.stmt | ast.ExceptHandler] = list(reversed(body))
    while pending:
        statement = pending.pop()
        match statement:
            case ast.FunctionDef():
                table[statement.name].append(statement)
            case ast.Assign():
                for target in statement.targets:
                    if isinstance(target, ast.Name):
                        table[target.id].append(statement.value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                table[name].append(value)
            case ast.Import():
                for alias in statement.names:
                    if alias.asname:
                        table[alias.asname].append(_Import(alias.name, ""))
                    else:
                        root = alias.name.partition(".")[0]
                        table[root].append(_Import(root, ""))
            case ast.ImportFrom():
                module = "." * statement.level + (statement.module or "")
                for alias in statement.names:
                    table[alias.asname or alias.name].append(_Import(module, alias.name))
            case ast.If() | ast.Try() | ast.With() | ast.ExceptHandler():
                blocks = ("body", "handlers", "orelse", "finalbody")
                inner = [part for block in blocks for part in getattr(statement, block, [])]
                pending += reversed(inner)

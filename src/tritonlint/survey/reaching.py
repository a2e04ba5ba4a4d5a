"""What a local name stands for at one place, if the statements before it show that.

In `if fast: k = a; k[g](x); return` and then `k = b; k[g](x)`, each launch is of one kernel. Only
assignments in sequence and in branches of an `if` are followed. Inside and after any other
statement that assigns the name, it stands for all that it gets in the function.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from tritonlint.survey.nodes import children, nodes_in
from tritonlint.survey.resolved import Resolved, union
from tritonlint.survey.scopes import Assigned, Scope
from tritonlint.survey.symbols import resolve

#: The values that may reach a place; None where nothing does.
_State: TypeAlias = frozenset[ast.expr] | None


class Reaching:
    """Resolves names at places of one file."""

    def __init__(self) -> None:
        self._known: dict[tuple[Scope, str], Mapping[ast.AST, frozenset[ast.expr]]] = {}

    def resolve(self, node: ast.expr, scope: Scope) -> Resolved:
        """Return everything that `node` may stand for, there."""
        every = resolve(node, scope)
        if len(every.targets) < 2 or not isinstance(node, ast.Name):
            return every
        values = self._values(node, scope)
        if not values:
            return every
        return union([resolve(value, scope) for value in sorted(values, key=_place)])

    def _values(self, node: ast.Name, scope: Scope) -> frozenset[ast.expr] | None:
        bound = scope.bindings.get(node.id, ())
        function = scope.node
        if len(bound) < 2 or not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        key = scope, node.id
        if key not in self._known:
            values = [b.node for b in bound if isinstance(b, Assigned) and b.scope is scope]
            flow = _Flow(node.id, function.body)
            is_whole = len(values) == len(bound) and flow.every == frozenset(values)
            self._known[key] = flow.run() if is_whole else {}
        return self._known[key].get(node)


class _Flow:
    """Follows the values of one name through the statements of a function."""

    def __init__(self, name: str, body: list[ast.stmt]) -> None:
        self._name = name
        self._body = body
        #: All that plain assignments of the function give to the name.
        self.every = frozenset(_assigned(name, body))
        self._found: dict[ast.AST, frozenset[ast.expr]] = {}

    def run(self) -> Mapping[ast.AST, frozenset[ast.expr]]:
        """Return, for each mention of the name, what may reach it."""
        self._block(self._body, frozenset())
        return self._found

    def _block(self, statements: Iterable[ast.stmt], state: _State) -> _State:
        for statement in statements:
            state = self._statement(statement, state)
        return state

    def _statement(self, node: ast.stmt, state: _State) -> _State:
        if isinstance(node, ast.If):
            self._note([node.test], state)
            branches = self._block(node.body, state), self._block(node.orelse, state)
            ends = [end for end in branches if end is not None]
            return frozenset().union(*ends) if ends else None
        value = _value(self._name, node)
        if value is not None:
            self._note([node], state)
            return frozenset([value])
        if any(True for _ in _assigned(self._name, [node])):
            self._note([node], self.every)
            return self.every
        self._note([node], state)
        return None if isinstance(node, (ast.Return, ast.Raise)) else state

    def _note(self, nodes: Iterable[ast.AST], state: _State) -> None:
        if state is not None:
            found = (part for node in nodes for part in nodes_in(node))
            self._found.update((n, state) for n in found if isinstance(n, ast.Name))


def _value(name: str, node: ast.AST) -> ast.expr | None:
    """Return what a statement assigns to a name, if it assigns nothing else."""
    match node:
        case ast.Assign([ast.Name(target)], value) if target == name:
            return value
        case ast.AnnAssign(ast.Name(target), _, ast.expr() as value) if target == name:
            return value
    return None


def _assigned(name: str, nodes: Iterable[ast.AST]) -> Iterator[ast.expr]:
    """Yield what is assigned to a name, but not in nested functions and classes."""
    for node in nodes:
        value = _value(name, node)
        if value is not None:
            yield value
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
            yield from _assigned(name, children(node))


def _place(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset

"""The values that a function gives its own names, as far as plain assignments show them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tritonlint.survey.bodies import DEFINITIONS
from tritonlint.survey.nodes import nodes_in
from tritonlint.survey.scopes import Assigned, Opaque, Scope

#: A name with more values may have any.
_MOST_VALUES = 8


def local_scope(node: ast.expr, nodes: Iterable[ast.AST]) -> Scope:
    """Return a scope with the names of the function around an expression of a file.

    A name of a nested function counts as one of the function. One that anything but an assignment
    of its own binds may have any value, and so may each name of the module.
    """
    around = [
        function
        for function in nodes
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        and function.body[0].lineno <= node.lineno <= (function.end_lineno or 0)
    ]
    scope = Scope("function", "", None)
    if not around:
        return scope
    parts = nodes_in(max(around, key=lambda function: function.lineno))
    plain: set[ast.AST] = set()
    for part in parts:
        match part:
            case ast.Assign([ast.Name(name) as target], value):
                pass
            case ast.AnnAssign(ast.Name(name) as target, _, ast.expr() as value):
                pass
            case _:
                continue
        plain.add(target)
        scope.bind(name, Assigned(value, scope))
    others = {name for part in parts if part not in plain for name in _bound_by(part)}
    others.update(name for name, values in scope.bindings.items() if len(values) > _MOST_VALUES)
    scope.bindings.update((name, [Opaque()]) for name in others if name is not None)
    return scope


def _bound_by(node: ast.AST) -> Iterator[str | None]:
    match node:
        case ast.Name(name, ast.Store() | ast.Del()):
            yield name
        case ast.arg(name) | ast.ExceptHandler(name=name):
            yield name
        case ast.MatchAs(name=name) | ast.MatchStar(name) | ast.MatchMapping(rest=name):
            yield name
        case ast.Global(names) | ast.Nonlocal(names):
            yield from names
        case ast.alias(name, other):
            yield other or name.partition(".")[0]
        case _ if isinstance(node, DEFINITIONS):
            yield node.name

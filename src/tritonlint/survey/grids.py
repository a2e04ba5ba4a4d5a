"""The grid of a launch: where it is in the call, and whether it may be a function."""

from __future__ import annotations

import ast

from tritonlint.survey.nodes import chain, last_name, without_call
from tritonlint.survey.scopes import Assigned, Scope

#: Expressions of these types are numbers or tuples of numbers, never functions.
_PLAIN = (
    *(ast.Tuple, ast.List, ast.ListComp, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Compare),
    *(ast.JoinedStr, ast.Set, ast.Dict),
)
#: Functions that return numbers or containers of numbers, never functions.
_NUMERIC = frozenset(
    {"cdiv", "int", "len", "list", "max", "min", "next_power_of_2", "sum", "tuple"}
)


def is_numeric(node: ast.AST, scope: Scope) -> bool:
    """Whether an expression must be a number, or a container of numbers."""
    if isinstance(node, _PLAIN):
        return True
    if isinstance(node, ast.Subscript):
        # A part of a tuple.
        return isinstance(node.slice, ast.Slice)
    dotted = chain(node.func) if isinstance(node, ast.Call) else None
    if dotted is None or last_name(dotted) not in _NUMERIC:
        return False
    return scope.only_imports(dotted[0])


def is_tuple(annotation: ast.AST | None) -> bool:
    """Whether an annotation says that a parameter is a tuple."""
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    return isinstance(annotation, ast.Name) and annotation.id in ("tuple", "Tuple", "int")


def launcher_grid(node: ast.AST, scope: Scope) -> ast.expr | None:
    """Return the grid of `fn` in `fn = kernel[grid]`."""
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Subscript):
        return node.args[0].slice
    if isinstance(node, ast.NamedExpr):
        node = node.target
    assert isinstance(node, ast.Name)
    found = scope.lookup(node.id)
    values = [b.node for b in found[1] if isinstance(b, Assigned)] if found else []
    if not found or len(values) < len(found[1]):
        return None
    grids: list[ast.expr] = []
    for value in values:
        if isinstance(value, ast.Call) and value.args:
            value = value.args[0]
        launcher = without_call(value)
        if not isinstance(launcher, ast.Subscript):
            return None
        grids.append(launcher.slice)
    return grids[0] if len(grids) == 1 else None

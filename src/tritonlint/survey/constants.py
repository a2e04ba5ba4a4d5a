"""Host expressions that are constants."""

from __future__ import annotations

import ast

from tritonlint.survey.scopes import Assigned, Scope


def is_constant(node: ast.expr, scope: Scope) -> bool:
    """Whether a value never changes: a literal, a name of the module, or built from these."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.BinOp):
        return is_constant(node.left, scope) and is_constant(node.right, scope)
    known = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    if known is None:
        return False
    if known[0].kind == "module":
        return True
    values = [b.node for b in known[1] if isinstance(b, Assigned)]
    return len(values) == len(known[1]) and all(isinstance(v, ast.Constant) for v in values)


def integer(node: ast.AST | None) -> int | None:
    """Return the integer of a literal, with its sign; None for anything else."""
    match node:
        case ast.Constant(value=int() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return -value
    return None


def bounds(index: ast.expr) -> tuple[int, int | None] | None:
    """Where a slice of literals begins and ends; None of anything else, and of one with a step."""
    match index:
        case ast.Slice(lower, upper, None):
            first = integer(lower) if lower is not None else 0
            last = integer(upper)
            if first is not None and (last is not None) is (upper is not None):
                return first, last
    return None

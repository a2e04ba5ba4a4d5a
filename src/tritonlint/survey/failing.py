"""Whether evaluating an expression may fail."""

from __future__ import annotations

import ast

from tritonlint.survey.scopes import Scope

#: These only fail if one of their parts does, at least with numbers.
_SURE = (
    *(ast.Constant, ast.Name, ast.Tuple, ast.List, ast.Dict, ast.BoolOp, ast.UnaryOp, ast.IfExp),
    *(ast.Compare, ast.BinOp, ast.Add, ast.Sub, ast.Mult),
    *(ast.boolop, ast.unaryop, ast.cmpop, ast.expr_context),
)


def may_fail(node: ast.expr, scope: Scope) -> bool:
    """Whether evaluating an expression may raise an error that code around it expects."""
    return not all(
        isinstance(part, _SURE)
        and not (isinstance(part, ast.Name) and scope.lookup(part.id) is None)
        for part in ast.walk(node)
    )

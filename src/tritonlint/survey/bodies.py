"""What a kernel is for, told by the statements of its body."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tritonlint.survey.scopes import chain, last_name

#: Statements without others in them, after which the next one runs: most are such.
SIMPLE = frozenset({ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Pass, ast.Assert})


def returns_value(statements: Iterable[ast.stmt]) -> bool:
    """Whether one of the statements returns anything but None."""
    for statement in statements:
        if type(statement) in SIMPLE:
            continue
        if isinstance(statement, ast.Return):
            value = statement.value
            if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
                return True
        elif not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for block in ("body", "orelse", "finalbody"):
                if returns_value(getattr(statement, block, ())):
                    return True
            for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                if returns_value(part.body):
                    return True
    return False


def is_stub(statements: Iterable[ast.stmt]) -> bool:
    """Whether the statements do nothing, or no more than fail."""
    return all(map(_does_nothing, statements))


def _does_nothing(statement: ast.stmt) -> bool:
    """`pass`, `...`, a docstring, `raise`, `tl.static_assert(False)`."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        dotted = chain(call.func)
        return (
            dotted is not None
            and last_name(dotted) == "static_assert"
            and bool(call.args)
            and isinstance(call.args[0], ast.Constant)
            and not call.args[0].value
        )
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, (ast.Pass, ast.Raise))

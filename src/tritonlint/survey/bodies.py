"""What the statements of a body say: whether it is a stub, what it returns, what is reached."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tritonlint.survey.nodes import final_name, nodes_in

#: Statements that contain no others, and that the next statement always follows.
_SIMPLE = frozenset({ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Pass, ast.Assert})
_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
#: Python 3.10 has no `except*`.
TRY = (ast.Try, getattr(ast, "TryStar", ast.Try))
#: Functions that end the one that calls them: `sys.exit()`, `pytest.skip("...")`.
_ENDING = frozenset({"exit", "_exit", "abort", "skip", "fail", "xfail", "skipTest"})


DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def statements_in(block: Iterable[ast.stmt], *, with_definitions: bool) -> Iterator[ast.stmt]:
    """Statements and those in them, in order; with those in functions and classes, or without."""
    for statement in block:
        yield statement
        if isinstance(statement, DEFINITIONS) and not with_definitions:
            continue
        for inner in blocks_of(statement):
            yield from statements_in(inner, with_definitions=with_definitions)


def blocks_of(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks directly in a statement, in order; none of them is empty."""
    if type(statement) in _SIMPLE:
        return
    arms = (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ()))
    for part in (statement, *arms):
        for name in ("body", "orelse", "finalbody"):
            inner = getattr(part, name, None)
            if inner:
                yield inner


def returns_value(statements: Iterable[ast.stmt]) -> bool:
    """Whether one of the statements returns anything but None."""
    for statement in statements_in(statements, with_definitions=False):
        if isinstance(statement, ast.Return):
            value = statement.value
            if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
                return True
    return False


def is_stub(statements: Iterable[ast.stmt]) -> bool:
    """Whether the statements do nothing, or only fail."""
    return all(map(_does_nothing, statements))


def _does_nothing(statement: ast.stmt) -> bool:
    """`pass`, `...`, a docstring, `raise`, `return None`, `tl.static_assert(False)`."""
    if isinstance(statement, ast.Return):
        value = statement.value
        return value is None or (isinstance(value, ast.Constant) and value.value is None)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        return (
            final_name(call.func) == "static_assert"
            and bool(call.args)
            and isinstance(call.args[0], ast.Constant)
            and not call.args[0].value
        )
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, (ast.Pass, ast.Raise))


def always_leaves(statement: ast.stmt) -> bool:
    """Whether the statement after it is never reached."""
    match statement:
        case ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
            return True
        case ast.Expr(ast.Call(function)):
            return final_name(function) in _ENDING
        case ast.If(_, body, orelse):
            return any(map(always_leaves, body)) and any(map(always_leaves, orelse))
    return False


def may_have_unreached_code(body: list[ast.stmt]) -> bool:
    """Whether an earlier statement may keep every path from reaching a later one."""
    for index, statement in enumerate(body):
        if type(statement) in _SIMPLE:
            continue
        if index < len(body) - 1 and _may_end_path(statement):
            return True
        if isinstance(statement, ast.While) and isinstance(statement.test, ast.Constant):
            return True
        for block in ("body", "orelse", "finalbody"):
            if may_have_unreached_code(getattr(statement, block, None) or []):
                return True
        for handler in getattr(statement, "handlers", ()):
            if may_have_unreached_code(handler.body):
                return True
    return False


def _may_end_path(statement: ast.stmt) -> bool:
    """Whether possibly no path goes past the statement, because every arm of it ends in a jump."""
    if isinstance(statement, ast.If):
        arms = (statement.body, statement.orelse)
        return all(arm and _may_end_path(arm[-1]) for arm in arms)
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        return _may_end_path(statement.body[-1])
    if isinstance(statement, (*TRY, ast.Match)):
        return any(isinstance(part, _JUMPS) for part in nodes_in(statement))
    if isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
        return any(map(_may_end_path, statement.orelse[-1:]))
    return isinstance(statement, _JUMPS)

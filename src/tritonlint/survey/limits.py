"""Limits of sizes in functions: what their conditions say, and the names they are unpacked into."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from tritonlint.survey.bodies import blocks_of
from tritonlint.survey.constants import integer
from tritonlint.survey.evidence import is_shape
from tritonlint.survey.scopes import Scope, Unpacked

#: A branch for more values than this still compiles often.
_FEW_IN_BRANCH = 64


class Limits:
    """What the functions of a file say about sizes."""

    def __init__(self) -> None:
        self._known: dict[int, list[_Stated]] = {}
        self._shapes: dict[int, dict[str, dict[int, str]]] = {}

    def shapes(self, scope: Scope) -> dict[str, dict[int, str]]:
        """Return the names that sizes are unpacked into, by tensor and dimension."""
        found = self._shapes.get(id(scope))
        if found is not None:
            return found
        found = self._shapes[id(scope)] = {}
        for name, bindings in scope.bindings.items():
            for bound in bindings:
                if not isinstance(bound, Unpacked) or bound.place is None:
                    continue
                if is_shape(bound.node):
                    owner = getattr(bound.node, "func", bound.node)
                    of = getattr(owner, "value", None)
                    if isinstance(of, ast.Name) and getattr(owner, "attr", "") in ("shape", "size"):
                        found.setdefault(of.id, {})[bound.place] = name
        return found

    def of(self, scope: Scope, mentioned: Iterable[str], row: int) -> int:
        """Return the lowest upper limit of one of the expressions that holds in a row, or 0."""
        inner = scope.nearest
        if inner is None or inner.node is None:
            return 0
        known = self._known.get(id(inner))
        if known is None:
            known = self._known[id(inner)] = _stated(inner.node)
        holding = [stated.limits for stated in known if stated.first <= row <= stated.last]
        return min((at[text] for at in holding for text in mentioned if text in at), default=0)


class _Stated(NamedTuple):
    """Limits by the source of an expression, and the rows in which they hold."""

    limits: dict[str, int]
    first: int = 0
    last: int = sys.maxsize


def _stated(function: ast.AST) -> list[_Stated]:
    """What a function's assertions, errors and branches let expressions be at most."""
    body = getattr(function, "body", ())
    return [s for s in _in_block(body) if s.limits] if isinstance(body, list) else []


def _in_block(block: list[ast.stmt]) -> Iterator[_Stated]:
    for statement in block:
        match statement:
            case ast.Assert(test=test):
                yield _Stated(_if_true(test))
            case ast.If(test=test, body=body, orelse=orelse):
                over = _if_false(test)
                if any(isinstance(inner, ast.Raise) for inner in body):
                    yield _Stated(over)
                elif isinstance(body[-1], (ast.Return, ast.Continue, ast.Break)):
                    yield _few(over, block, statement.end_lineno or 0)
                yield _few(_if_true(test), body)
                if orelse:
                    yield _few(over, orelse)
        for inner in blocks_of(statement):
            yield from _in_block(inner)


def _few(limits: dict[str, int], block: list[ast.stmt], after: int = 0) -> _Stated:
    """What holds in a block, or in its rows after one of them; only limits to few values."""
    few = {text: limit for text, limit in limits.items() if limit <= _FEW_IN_BRANCH}
    return _Stated(few, after + 1 if after else block[0].lineno, block[-1].end_lineno or 0)


def _if_true(test: ast.expr) -> dict[str, int]:
    return _at_most(test, (ast.Lt, ast.LtE, ast.Eq), ast.And)


def _if_false(test: ast.expr) -> dict[str, int]:
    return _at_most(test, (ast.Gt, ast.GtE, ast.NotEq), ast.Or)


def _at_most(
    test: ast.expr, operators: tuple[type[ast.cmpop], ...], joins: type[ast.boolop]
) -> dict[str, int]:
    """The limits that a test sets; all parts hold of what `joins`, one part of another."""
    if isinstance(test, ast.BoolOp):
        parts = [_at_most(value, operators, joins) for value in test.values]
        if isinstance(test.op, joins):
            return _all_hold(parts)
        return {text: max(p[text] for p in parts) for text in set.intersection(*map(set, parts))}
    found = []
    if isinstance(test, ast.Compare):
        sides = [test.left, *test.comparators]
        for op, left, right in zip(test.ops, sides, sides[1:], strict=False):
            limit = integer(right)
            if isinstance(op, operators) and limit is not None:
                with suppress(RecursionError):
                    found.append({ast.unparse(left): limit})
    return _all_hold(found)


def _all_hold(limits: Iterable[dict[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in limits:
        for text, limit in each.items():
            found[text] = min(limit, found.get(text, limit))
    return found

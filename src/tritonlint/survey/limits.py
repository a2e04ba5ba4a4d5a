"""Limits of sizes in functions: assertions about them, and the names they are unpacked into."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from contextlib import suppress

from tritonlint.survey.bodies import statements_in
from tritonlint.survey.constants import integer
from tritonlint.survey.evidence import is_shape
from tritonlint.survey.scopes import Scope, Unpacked


class Limits:
    """What the functions of a file say about sizes."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, int]] = {}
        self._shapes: dict[int, dict[str, dict[int, str]]] = {}

    def shapes(self, scope: Scope) -> dict[str, dict[int, str]]:
        """Return the names that sizes are unpacked into, by tensor and dimension."""
        found = self._shapes.get(id(scope))
        if found is not None:
            return found
        found = self._shapes[id(scope)] = {}
        for name, bindings in scope.bindings.items():
            for bound in bindings:
                if isinstance(bound, Unpacked) and is_shape(bound.node) and bound.place >= 0:
                    owner = getattr(bound.node, "func", bound.node)
                    of = getattr(owner, "value", None)
                    if isinstance(of, ast.Name) and getattr(owner, "attr", "") in ("shape", "size"):
                        found.setdefault(of.id, {})[bound.place] = name
        return found

    def of(self, scope: Scope, mentioned: Iterable[str]) -> int:
        """Return the lowest upper limit that is stated for one of the expressions, or 0."""
        inner = scope.nearest
        if inner is None or inner.node is None:
            return 0
        known = self._known.get(id(inner))
        if known is None:
            known = self._known[id(inner)] = _limits(inner.node)
        return min((known[text] for text in mentioned if text in known), default=0)


def _limits(function: ast.AST) -> dict[str, int]:
    """By the source of an expression, what a function's assertions and errors let it be at most."""
    if isinstance(function, ast.Lambda):
        return {}
    found = []
    for node in statements_in(getattr(function, "body", ()), with_definitions=True):
        if isinstance(node, ast.Assert):
            found.append(_at_most(node.test, (ast.Lt, ast.LtE, ast.Eq), ast.And))
        elif isinstance(node, ast.If) and any(isinstance(s, ast.Raise) for s in node.body):
            found.append(_at_most(node.test, (ast.Gt, ast.GtE, ast.NotEq), ast.Or))
    return _all_hold(found)


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

"""Conditions that are never true, or that not every version of Triton meets."""

from __future__ import annotations

import ast
import re

from tritonlint.survey.nodes import nodes_in
from tritonlint.survey.scopes import Assigned, Scope

_VERSION = re.compile("version", re.IGNORECASE)


def unsure_arms(test: ast.expr, scope: Scope) -> tuple[bool, bool]:
    """Whether code never runs, or not with each version: below a condition, and in its `else`."""
    truth, asks = _truth(test, scope), _asks_version(test)
    return truth is False or asks, truth is True or asks


def never_runs(test: ast.expr, scope: Scope) -> bool:
    """Whether code below a condition never runs, or may not run with what is installed."""
    return unsure_arms(test, scope)[0]


def runs_always(test: ast.expr, scope: Scope) -> bool:
    """Whether the code in its `else` never runs, or may not run with what is installed."""
    return unsure_arms(test, scope)[1]


def _truth(node: ast.expr, scope: Scope) -> bool | None:
    """The value of a condition, if it is always the same."""
    match node:
        case ast.Constant(value):
            return bool(value)
        case ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.UnaryOp(ast.Not(), operand):
            truth = _truth(operand, scope)
            return None if truth is None else not truth
        case ast.BoolOp(op, values):
            stops = isinstance(op, ast.Or)
            found = {_truth(value, scope) for value in values}
            return stops if stops in found else (not stops if found == {not stops} else None)
        case ast.Name(name):
            home, bounds = scope.lookup(name) or (None, [])
            # In a function, a constant may be the first of many values.
            if home is None or home.parent is not None or len(bounds) != 1:
                return None
            match bounds[0]:
                case Assigned(ast.Constant(value)):
                    return bool(value)
    return None


def _asks_version(test: ast.expr) -> bool:
    for part in nodes_in(test):
        match part:
            case ast.Name(name) | ast.Attribute(attr=name) if _VERSION.search(name) is not None:
                return True
    return False

"""Whether evaluating an expression may fail."""

from __future__ import annotations

import ast
import re

from tritonlint.survey.bodies import always_leaves
from tritonlint.survey.evidence import (
    INTEGER_FUNCTIONS,
    INTEGER_METHODS,
    TENSOR_ATTRIBUTES,
    evidence,
    is_shape,
)
from tritonlint.survey.facts.values import Evidence
from tritonlint.survey.nodes import nodes_in
from tritonlint.survey.scopes import (
    Argument,
    Assigned,
    Bound,
    FunctionName,
    Imported,
    Item,
    Scope,
    Unpacked,
)
from tritonlint.survey.surely_bound import is_surely_bound

_NUMBERS = (Evidence.INTEGER, Evidence.FLOAT, Evidence.BOOLEAN)
_IDENTITY = (ast.Is, ast.IsNot)
#: Operators that never fail with numbers.
_SURE = (
    *(ast.Add, ast.Sub, ast.Mult, ast.USub, ast.UAdd, ast.Not, *_IDENTITY),
    *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE),
)
_CONVERSIONS = INTEGER_FUNCTIONS | {"float", "bool"}
_ROUNDING = frozenset({"floor", "ceil"})
_OPTIONAL = re.compile("None|Optional")
#: How many names are followed to a value.
_MOST_NAMES = 4


def may_fail(node: ast.expr, scope: Scope) -> bool:
    """Whether evaluating an expression may raise an error that code around it expects."""
    match node:
        case ast.Constant():
            return False
        case ast.Name():
            return not is_surely_bound(node, scope)
        case ast.Tuple(parts) | ast.List(parts):
            return any(may_fail(part, scope) for part in parts)
        case ast.Compare(left, ops, others) if all(isinstance(op, _IDENTITY) for op in ops):
            return any(may_fail(operand, scope) for operand in (left, *others))
        case ast.Compare(left, ops, others):
            return not all(isinstance(op, _SURE) for op in ops) or not all(
                _is_sure(operand, scope) for operand in (left, *others)
            )
        case ast.BinOp(left, op, right):
            sides = (left, right)
            return not (isinstance(op, _SURE) and all(_is_sure(side, scope) for side in sides))
        case ast.UnaryOp(op, operand):
            return not (isinstance(op, _SURE) and _is_sure(operand, scope))
        case ast.BoolOp(_, [*tested, last]):
            return may_fail(last, scope) or not all(_is_sure(value, scope) for value in tested)
        case ast.IfExp(test, body, orelse):
            results = (body, orelse)
            return not _is_sure(test, scope) or any(may_fail(each, scope) for each in results)
    return True


def _is_sure(node: ast.expr, scope: Scope) -> bool:
    """Whether evaluating an expression never fails and gives a number."""
    is_number = evidence(node, scope) in _NUMBERS and not _may_be_none(node, scope)
    return is_number and not may_fail(node, scope)


def _may_be_none(node: ast.expr, scope: Scope, depth: int = _MOST_NAMES) -> bool:
    """Whether what counts as a number may be None, too."""
    match node:
        case ast.Constant(value):
            return value is None
        case ast.UnaryOp() | ast.BinOp() | ast.Compare():
            return False
        case ast.Attribute(attr=attribute):
            return attribute not in TENSOR_ATTRIBUTES
        case ast.Subscript():
            return evidence(node, scope) is not Evidence.INTEGER
        case ast.NamedExpr(_, value):
            return _may_be_none(value, scope, depth)
        case ast.IfExp(_, body, orelse):
            parts = [body, orelse]
            return any(_may_be_none(part, scope, depth) for part in parts)
        case ast.BoolOp(_, parts):
            return any(_may_be_none(part, scope, depth) for part in parts)
        case ast.Name(name):
            found = scope.lookup(name)
            if found is None or not depth:
                return True
            return any(_bound_to_none(bound, depth - 1) for bound in found[1])
        case ast.Call(ast.Attribute(attr=method)):
            return method not in INTEGER_METHODS | INTEGER_FUNCTIONS | _ROUNDING
        case ast.Call(ast.Name("min" | "max"), arguments):
            return any(_may_be_none(argument, scope, depth) for argument in arguments)
        case ast.Call(ast.Name(name)):
            found = scope.lookup(name)
            for bound in found[1] if found is not None else ():
                match bound:
                    case FunctionName(_, ast.FunctionDef() as function, inner) if depth:
                        if _may_return_none(function, inner, depth - 1):
                            return True
                    case Imported() if name in INTEGER_FUNCTIONS:
                        # `from triton import cdiv`
                        pass
                    case _:
                        return True
            return name not in _CONVERSIONS and found is None
    return True


def _may_return_none(function: ast.FunctionDef, inner: Scope, depth: int) -> bool:
    if function.returns is not None:
        return any(map(_says_none, nodes_in(function.returns)))
    if not any(map(always_leaves, function.body)):
        return True
    return any(
        isinstance(part, ast.Return)
        and (part.value is None or _may_be_none(part.value, inner, depth))
        for part in nodes_in(function)
    )


def _bound_to_none(bound: Bound, depth: int) -> bool:
    match bound:
        case Argument(ast.arg(annotation=annotation), "", default):
            if isinstance(default, ast.Constant) and default.value is None:
                return True
            return annotation is None or any(map(_says_none, nodes_in(annotation)))
        case Assigned(node, scope):
            return _may_be_none(node, scope, depth)
        case Unpacked(ast.Tuple(values) | ast.List(values), scope, place):
            if place is not None and not any(isinstance(value, ast.Starred) for value in values):
                values = values[place : place + 1]
            return any(_may_be_none(value, scope, depth) for value in values)
        case Unpacked(node):
            return not is_shape(node)
        case Item(ast.Call(ast.Name("range"))):
            return False
    return True


def _says_none(node: ast.AST) -> bool:
    """Whether part of an annotation says that a value may be None."""
    match node:
        case ast.Constant(value):
            return value is None or (isinstance(value, str) and bool(_OPTIONAL.search(value)))
        case ast.Name(name) | ast.Attribute(attr=name):
            return name == "Optional"
    return False

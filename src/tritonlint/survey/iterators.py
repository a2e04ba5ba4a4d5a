"""What takes elements out of an iterator, which nobody gets any more."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tritonlint.survey.evidence import is_shape
from tritonlint.survey.pure_names import ITERATE, PURE_METHODS

#: These call the function that they are given as `key`.
TAKE_KEY = frozenset({"min", "max", "sorted"})
#: These make something new of each element.
_MAKE_PAIRS = frozenset({"zip", "enumerate"})
#: What these return is no iterator, or a new one. `reversed` does not take an iterator.
_MAKE_NEW = _MAKE_PAIRS | {"range", "reversed", "tuple", "list", "sorted", "dict", "set", "divmod"}
_METHODS = PURE_METHODS - {"get", "item"}


def gone_over(function: str, node: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments that a call of a function goes over."""
    if function not in ITERATE:
        return
    if function == "zip":
        yield from node.args
    elif not (function in ("min", "max") and len(node.args) > 1):
        # In `sum(xs, start)`, the second one is a number.
        yield from node.args[:1]
    yield from (k.value for k in node.keywords if k.arg in ("iterable", "sequence"))


def gone_over_in(module: str, function: str, node: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments that a call of a function of a well-known module goes over."""
    if function == "Size":
        yield from node.args
    elif module == "math" or (function == "sum" and module != "torch"):
        # Other functions of numpy do not go over an iterator.
        yield from gone_over(function, node)


def taken_apart(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the values that evaluating `node` itself goes over, but for those of a call."""
    match node:
        case ast.List(elements) | ast.Tuple(elements) | ast.Set(elements):
            yield from (e.value for e in elements if isinstance(e, ast.Starred))
        case ast.comprehension(_, over):
            yield over
        case ast.Compare(_, operators, others):
            for operator, container in zip(operators, others, strict=True):
                if isinstance(operator, (ast.In, ast.NotIn)):
                    yield container


def takes_items_apart(target: ast.expr, over: ast.expr) -> bool:
    """Whether a loop unpacks the items that it goes over, which may be iterators."""
    if not isinstance(target, (ast.Tuple, ast.List)):
        return False
    if not all(isinstance(e, ast.Name) for e in target.elts):
        return True
    match over:
        case ast.Call(ast.Name(function)):
            return function not in _MAKE_PAIRS
        case ast.List(items) | ast.Tuple(items):
            return not all(isinstance(item, (ast.List, ast.Tuple)) for item in items)
    return True


def may_be_iterators(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what a value may be, if going over that may take elements out of something."""
    match node:
        case ast.BoolOp(_, values):
            for value in values:
                yield from may_be_iterators(value)
        case ast.IfExp(_, body, orelse):
            yield from may_be_iterators(body)
            yield from may_be_iterators(orelse)
        case ast.Attribute():
            if not is_shape(node):
                yield node
        case ast.Subscript(value, key):
            # A slice is new.
            if not (isinstance(key, ast.Slice) or is_shape(value)):
                yield node
        case ast.Call(ast.Name(function)):
            if function not in _MAKE_NEW:
                yield node
        case ast.Call(ast.Attribute(_, method)):
            if method not in _METHODS:
                yield node
        case ast.Name() | ast.Call() | ast.Starred() | ast.NamedExpr():
            yield node

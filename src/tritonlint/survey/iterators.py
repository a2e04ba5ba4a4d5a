"""Which calls take elements out of an iterator, which nobody gets any more."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tritonlint.survey.evidence import is_shape
from tritonlint.survey.nodes import chain
from tritonlint.survey.pure_names import ITERATE

#: These call the function that they are given as `key`.
TAKE_KEY = frozenset({"min", "max", "sorted"})


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


def may_be_iterator(node: ast.AST) -> bool:
    """Whether iterating over it may take elements out of something."""
    if isinstance(node, ast.Attribute):
        return not is_shape(node)
    if isinstance(node, ast.Call):
        # `reversed` does not take an iterator.
        return chain(node.func) not in (("range", ()), ("reversed", ()))
    return isinstance(node, ast.Name)

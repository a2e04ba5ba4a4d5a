"""What the name of a decorator may stand for besides Triton's own `jit`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tritonlint.survey.facts.names import Symbol, in_file, of_object
from tritonlint.survey.imports import imported_module
from tritonlint.survey.nodes import Chain, chain, final_name
from tritonlint.survey.recognition import MAX_DEPTH, partial_call
from tritonlint.survey.scopes import (
    BUILTINS,
    Assigned,
    Bound,
    ClassName,
    FunctionName,
    Imported,
    Scope,
)
from tritonlint.survey.stand_ins import forms_of

#: Decorators of a function that may stand for `jit`, and is called as if it had none.
_PLAIN = frozenset({"staticmethod", "classmethod"})


def others_than_tritons(dotted: Chain, scope: Scope, depth: int = 0) -> Iterator[Symbol]:
    """Yield all that a name may stand for, but for what surely takes all forms of `triton.jit`.

    Something of the file itself that does not is yielded as an attribute of an unknown object.
    """
    root, attributes = dotted
    found = scope.lookup(root)
    if found is None:
        if scope.root.has_stars:
            yield in_file(".".join((root, *attributes)))
        elif root in BUILTINS:
            yield of_object(root)
        return
    for bound in found[1]:
        yield from others_bound(bound, attributes, depth)


def others_bound(bound: Bound, attributes: tuple[str, ...], depth: int = 0) -> Iterator[Symbol]:
    """Yield the same for an attribute of what is bound to a name, or for that itself.

    Attributes of objects are left out: see `stand_ins`.
    """
    match bound:
        case Imported(symbol, external):
            symbol = symbol.attribute(*attributes)
            if not (external and symbol.dotted.startswith("triton.")):
                yield symbol
        case Assigned(value, scope):
            module = imported_module(value, scope)
            if module is not None:
                yield from others_bound(Imported(module, True, False), attributes)
            else:
                yield from _others_assigned(value, scope, attributes, depth + 1)
        case FunctionName(_, function):
            decorators = {final_name(d) for d in function.decorator_list}
            if attributes or not (decorators <= _PLAIN and all(forms_of(function))):
                yield of_object(function.name)
        case ClassName() if attributes:
            return
        case _:
            yield of_object("")


def _others_assigned(
    value: ast.expr, scope: Scope, attributes: tuple[str, ...], depth: int
) -> Iterator[Symbol]:
    dotted = chain(value)
    partial = partial_call(value)
    match value:
        case _ if depth > MAX_DEPTH:
            yield of_object("")
        case _ if dotted is not None:
            yield from others_than_tritons((dotted[0], (*dotted[1], *attributes)), scope, depth)
        case ast.IfExp(_, one, other) | ast.BoolOp(_, [one, other]):
            for part in (one, other):
                yield from _others_assigned(part, scope, attributes, depth + 1)
        case ast.Lambda() if not attributes:
            if not all(forms_of(value)):
                yield of_object("")
        case _ if partial is not None and len(partial.args) == 1 and not attributes:
            yield from _others_assigned(partial.args[0], scope, (), depth + 1)
        case ast.Call(func, [], []) if not attributes and "mock" in final_name(func).lower():
            return
        case _ if not attributes and not isinstance(value, ast.Constant):
            yield of_object("")

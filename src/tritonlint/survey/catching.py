"""Handlers of a `try` that catch no error of a launch's argument."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tritonlint.survey.known_modules import is_known_module
from tritonlint.survey.nodes import chain, nodes_in
from tritonlint.survey.scopes import Imported, Scope
from tritonlint.triton.names import TRITON_ERRORS

#: Python's own errors that evaluating an expression does not raise.
_LEAVING = frozenset({"KeyboardInterrupt", "SystemExit", "GeneratorExit"})
#: The same, but an attribute of a module may be imported where it is looked up.
_IMPORTING = frozenset({"ImportError", "ModuleNotFoundError"})


def may_catch(node: ast.Try, scope: Scope) -> bool:
    """Whether a handler may catch an error that an expression in the `try` raises.

    What is not known to be another error counts as one that catches everything.
    """
    types = [kind for handler in node.handlers for kind in _types(handler)]
    others = [kind for kind in types if not _is_triton_s(kind, scope)]
    if not others:
        return False
    harmless = _LEAVING if _may_import(node.body, scope) else _LEAVING | _IMPORTING
    return not all(_is_python_s(kind, harmless, scope) for kind in others)


def _types(handler: ast.ExceptHandler) -> Iterator[ast.expr | None]:
    if isinstance(handler.type, ast.Tuple):
        yield from handler.type.elts
    else:
        yield handler.type


def _is_python_s(node: ast.expr | None, names: frozenset[str], scope: Scope) -> bool:
    """Whether it is one of some errors of Python's own."""
    if not isinstance(node, ast.Name) or node.id not in names:
        return False
    return scope.lookup(node.id) is None and not scope.root.has_stars


def _is_triton_s(node: ast.expr | None, scope: Scope) -> bool:
    """Whether it is an error that only Triton raises, while it compiles or launches."""
    dotted = chain(node) if node is not None else None
    found = scope.lookup(dotted[0]) if dotted is not None else None
    if dotted is None or found is None:
        return False
    for bound in found[1]:
        if not isinstance(bound, Imported):
            return False
        path = bound.symbol.attribute(*dotted[1]).dotted.split(".")
        if path[0] != "triton" or path[-1] not in TRITON_ERRORS:
            return False
    return True


def _may_import(body: Iterable[ast.stmt], scope: Scope) -> bool:
    """Whether code looks up attributes of values that may be modules."""
    for part in (part for statement in body for part in nodes_in(statement)):
        dotted = chain(part) if isinstance(part, ast.Attribute) else None
        if dotted is None:
            continue
        home, bounds = scope.lookup(dotted[0]) or (scope.root, [])
        is_local = home.kind == "function" and not any(isinstance(b, Imported) for b in bounds)
        if not is_local and not is_known_module(ast.Name(dotted[0]), scope):
            return True
    return False

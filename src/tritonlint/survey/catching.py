"""Handlers of a `try` that catch no error of a launch's argument."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tritonlint.survey.evidence import TENSOR_ATTRIBUTES
from tritonlint.survey.known_modules import is_known_module
from tritonlint.survey.nodes import chain, nodes_in
from tritonlint.survey.scopes import BUILTINS, Imported, Scope
from tritonlint.survey.sure_tensors import is_sure_tensor
from tritonlint.triton.names import TRITON_ERRORS

#: Python's own errors that evaluating an expression does not raise.
_LEAVING = frozenset({"KeyboardInterrupt", "SystemExit", "GeneratorExit"})
#: The same, but a function, a property or an attribute of a module may import something.
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
    if dotted is None:
        return False
    found = scope.lookup(dotted[0])
    if found is None:
        return False
    for bound in found[1]:
        if not isinstance(bound, Imported):
            return False
        path = bound.symbol.attribute(*dotted[1]).dotted.split(".")
        if path[0] != "triton" or path[-1] not in TRITON_ERRORS:
            return False
    return True


def _may_import(body: Iterable[ast.stmt], scope: Scope) -> bool:
    """Whether code runs other code, or looks up attributes of values that are no tensors."""
    return any(_runs_code(part, scope) for statement in body for part in nodes_in(statement))


def _runs_code(node: ast.AST, scope: Scope) -> bool:
    match node:
        case ast.Attribute(value, attribute):
            dotted = chain(node)
            root = ast.Name(dotted[0]) if dotted is not None else value
            of_tensor = attribute in TENSOR_ATTRIBUTES or is_sure_tensor(value, scope)
            return not of_tensor and not is_known_module(root, scope)
        case ast.Call(ast.Subscript() | ast.Attribute()):
            # A launch, or a method: the attribute is asked for itself.
            return False
        case ast.Call(ast.Name(name)):
            found = scope.lookup(name)
            if found is None:
                return name not in BUILTINS
            return not all(isinstance(b, Imported) and b.external for b in found[1])
        case ast.Call():
            return True
    return False

"""Methods that code outside their class replaces: `Pool.size = counted`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tritonlint.survey.nodes import final_name
from tritonlint.survey.scopes import Bound, ClassName, FunctionName, Imported, Scope

#: Calls that make something which is called in the place of a method.
_MAKE_FUNCTIONS = frozenset(
    {"partial", "partialmethod", "MethodType", "Mock", "MagicMock", "AsyncMock", "property"}
)
#: `setattr(Pool, "size", f)`, `monkeypatch.setattr(...)`, `mock.patch.object(...)`.
_SETTERS = frozenset({"setattr", "__setattr__", "object"})


def replaced(node: ast.AST) -> Iterator[tuple[ast.expr, str, ast.expr]]:
    """Yield the objects of which an assignment or a call sets an attribute, its name and value.

    `self.size = size` is no such assignment, unless the value is a lambda.
    """
    match node:
        case ast.Assign(targets, value):
            for target in targets:
                if isinstance(target, ast.Attribute) and _may_be_other(target.value, value):
                    yield target.value, target.attr, value
        case ast.AnnAssign(ast.Attribute(of, name), _, ast.expr() as value):
            if _may_be_other(of, value):
                yield of, name, value
        case ast.Call(function, [of, ast.Constant(str() as name), value, *_]):
            if final_name(function) in _SETTERS and _may_be_other(of, value):
                yield of, name, value


def _may_be_other(of: ast.expr, value: ast.expr) -> bool:
    return isinstance(value, ast.Lambda) or not (isinstance(of, ast.Name) and of.id == "self")


def may_be_class(node: ast.expr, scope: Scope) -> bool:
    """Whether an expression may be a class, by its name."""
    if isinstance(node, ast.Call):
        return final_name(node.func) == "type"
    if isinstance(node, ast.Name):
        found = scope.lookup(node.id)
        if found is not None and any(isinstance(bound, ClassName) for bound in found[1]):
            return True
    name = final_name(node).lstrip("_")
    is_constant = name.isupper() and len(name) > 1
    return name in ("cls", "class__") or (name[:1].isupper() and not is_constant)


def may_be_function(value: ast.expr, scope: Scope) -> bool:
    """Whether what an attribute of any object gets is a function, as far as it shows."""
    match value:
        case ast.Lambda():
            return True
        case ast.Call(function):
            return final_name(function) in _MAKE_FUNCTIONS
        case ast.Name(name):
            found = scope.lookup(name)
            return found is not None and any(map(_is_function, found[1]))
    return False


def _is_function(bound: Bound) -> bool:
    match bound:
        case FunctionName():
            return True
        case Imported(symbol, external=False):
            return not symbol.name.isupper()
    return False

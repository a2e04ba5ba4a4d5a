"""Methods and names of modules that other code replaces: `Pool.size = counted`, `ops.rows = f`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from tritonlint.survey.namespaces import is_this_module, namespace_of
from tritonlint.survey.nodes import chain, final_name
from tritonlint.survey.scopes import Bound, ClassName, FunctionName, Imported, Scope

#: Calls that make something which is called in the place of a method.
_MAKE_FUNCTIONS = frozenset(
    {"partial", "partialmethod", "MethodType", "Mock", "MagicMock", "AsyncMock", "property"}
)
#: `setattr(Pool, "size", f)`, `monkeypatch.setattr(...)`, `mock.patch.object(...)`.
_SETTERS = frozenset({"setattr", "__setattr__", "object"})
#: The same, and `mock.patch("ops.rows", f)`.
REPLACING = _SETTERS | {"patch"}
#: Keywords that say what a mock calls.
MOCK_CALLS = ("side_effect", "wraps")
#: What is before a name, where it is noted that a module may get another value of that name, and
#: that this may have an effect.
REPLACED = "another "


class NewValue(NamedTuple):
    """A name of a module that code gives a value, or None if it is not known.

    Attributes:
        module: the dotted name of the module, if it shows; "" for the file itself.
    """

    name: str
    value: ast.expr | None
    module: str | None


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


def given_names(node: ast.AST, scope: Scope) -> Iterator[NewValue]:
    """Yield the names of modules to which an assignment or a call gives a value."""
    for of, name, value in replaced(node):
        if is_this_module(of) or _may_be_module(of, scope):
            yield NewValue(name, value, _path(of, scope))
    match node:
        case ast.Assign(targets, value):
            for target in targets:
                match target:
                    case ast.Subscript(names, ast.Constant(str() as name)) if namespace_of(names):
                        yield NewValue(name, value, _owner(names, scope))
        case ast.Call(function, [ast.Constant(str() as path), *given], keywords):
            # `mock.patch("ops.rows", f)`, `monkeypatch.setattr("ops.rows", f)`
            if final_name(function) in REPLACING and "." in path:
                module, _, name = path.rpartition(".")
                yield NewValue(name, _new(given, keywords), module)
        case ast.Call(function, [of, ast.Constant(str() as name)], keywords):
            # `mock.patch.object(ops, "rows")`
            if final_name(function) in REPLACING and _may_be_module(of, scope):
                yield NewValue(name, _new([], keywords), _path(of, scope))
        case ast.Call(ast.Attribute(_, "multiple"), [of], keywords):
            # `mock.patch.multiple(ops, rows=f)`
            yield from (NewValue(*named, _path(of, scope)) for named in _named(keywords))
        case ast.Call(ast.Attribute(names, "update"), _, keywords) if namespace_of(names):
            # `globals().update(rows=f)`
            yield from (NewValue(*named, _owner(names, scope)) for named in _named(keywords))


def new_values(given: list[ast.expr], keywords: list[ast.keyword]) -> list[ast.expr]:
    """Return what a call puts in the place of something: its next argument, or by keywords."""
    return given[:1] or [k.value for k in keywords if k.arg in ("new", *MOCK_CALLS)]


def _new(given: list[ast.expr], keywords: list[ast.keyword]) -> ast.expr | None:
    return next(iter(new_values(given, keywords)), None)


def _named(keywords: list[ast.keyword]) -> list[tuple[str, ast.expr]]:
    return [(keyword.arg, keyword.value) for keyword in keywords if keyword.arg is not None]


def replaced_name(name: str) -> str:
    """What stands for a name that a module gets another value of; `name` may have the module."""
    return REPLACED + name


def _owner(names: ast.expr, scope: Scope) -> str | None:
    """Return the module of a dictionary of names, as `_path` does."""
    match names:
        case ast.Attribute(of, "__dict__") | ast.Call(_, [of]):
            return _path(of, scope)
    return ""


def _path(of: ast.expr, scope: Scope) -> str | None:
    """Return the dotted name of a module, if it shows; "" for the file itself."""
    if is_this_module(of):
        return ""
    match of:
        case ast.Subscript(_, ast.Constant(str() as path)) | ast.Call(_, [ast.Constant(str(path))]):
            return path
        case ast.Constant(str() as path):
            return path
    dotted = chain(of)
    for bound in scope.bound_to(of) if dotted is not None else ():
        if isinstance(bound, Imported) and dotted is not None:
            return bound.symbol.attribute(*dotted[1]).dotted
    return None


def _may_be_module(of: ast.expr, scope: Scope) -> bool:
    """Whether an expression may be a module that the file imports."""
    if isinstance(of, ast.Subscript):
        return final_name(of.value) == "modules"
    if isinstance(of, ast.Call):
        return final_name(of.func) == "import_module"
    if final_name(of)[:1].isupper():
        return False
    return any(isinstance(bound, Imported) for bound in scope.bound_to(of))


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

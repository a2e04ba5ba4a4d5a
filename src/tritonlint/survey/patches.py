"""Methods and names of modules that other code replaces: `Pool.size = counted`, `ops.rows = f`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from tritonlint.survey.namespaces import is_this_module, namespace_of
from tritonlint.survey.nodes import chain, final_name
from tritonlint.survey.scopes import Bound, ClassName, FunctionName, Imported, Scope
from tritonlint.survey.strings import spellings

#: Calls that make something which is called in the place of a method.
_MAKE_FUNCTIONS = frozenset(
    {"partial", "partialmethod", "MethodType", "Mock", "MagicMock", "AsyncMock", "property"}
)
#: `setattr(Pool, "size", f)`, `monkeypatch.setattr(...)`, `mock.patch.object(...)`.
_SETTERS = frozenset({"setattr", "__setattr__", "object"})
#: The same, and `mock.patch("ops.rows", f)`.
REPLACING = _SETTERS | {"patch"}
#: The same, and `mocker.spy(ops, "rows")`.
_PATCHING = REPLACING | {"spy"}
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

    @property
    def marks(self) -> tuple[str, ...]:
        """What is noted of it: the name alone, and with the last part of the module's."""
        of = "?" if self.module is None else self.module.rpartition(".")[2]
        found = replaced_name(self.name), replaced_name(f"{of}.{self.name}")
        # `mock.patch("ops.Pool.size")`: an attribute of a class.
        return (*found, self.name) if of[:1].isupper() else found


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
    match node:
        case ast.Assign(targets, value):
            for target in targets:
                yield from _assigned(target, value, scope)
        case ast.AnnAssign(target, _, ast.expr() as value):
            yield from _assigned(target, value, scope)
        case ast.Call(function) if final_name(function) in _PATCHING:
            yield from _patched(node, scope)
        case ast.Call(ast.Attribute(_, "multiple"), [of], keywords):
            # `mock.patch.multiple(ops, rows=f)`
            yield from (NewValue(*named, _path(of, scope)) for named in _named(keywords))
        case ast.Call(ast.Attribute(names, "update"), _, keywords) if namespace_of(names):
            # `globals().update(rows=f)`
            yield from (NewValue(*named, _owner(names, scope)) for named in _named(keywords))


def _assigned(target: ast.expr, value: ast.expr | None, scope: Scope) -> Iterator[NewValue]:
    match target:
        case ast.Attribute(of, name) if is_this_module(of) or _may_be_module(of, scope):
            yield NewValue(name, value, _path(of, scope))
        case ast.Subscript(names, ast.Constant(str() as name)) if namespace_of(names):
            yield NewValue(name, value, _owner(names, scope))
        case ast.Tuple(targets) | ast.List(targets):
            # `old, ops.rows = ops.rows, f`
            for part in targets:
                yield from _assigned(part, None, scope)


def _patched(call: ast.Call, scope: Scope) -> Iterator[NewValue]:
    """Yield the name that `setattr`, `monkeypatch.setattr`, `mock.patch` and the like set.

    Without a new value, a mock takes the place of the old one, and notes its calls.
    """
    keywords = dict(_named(call.keywords))
    target, attribute = keywords.get("target"), keywords.get("attribute")
    given = [*([target] if target is not None else []), *call.args]
    given[1:1] = [attribute] if attribute is not None else []
    new = keywords.get("new") or keywords.get("value")
    is_plain = isinstance(call.func, ast.Name) and call.func.id == "setattr"
    paths = _words(given[0], scope) if given else ()
    for path in paths:
        module, dot, name = path.rpartition(".")
        if dot:
            yield NewValue(name, next(iter(given[1:]), new), module)
    for name in _words(given[1], scope) if len(given) > 1 and not paths else ():
        of = given[0]
        if not is_plain or is_this_module(of) or _may_be_module(of, scope):
            yield NewValue(name, next(iter(given[2:]), new), _path(of, scope))


def _words(node: ast.expr, scope: Scope) -> list[str]:
    """Return the dotted names that an expression may be, as far as their ends show."""
    found = [spelling.text for spelling in spellings(node, scope) if spelling is not None]
    return [text for text in found if text.rpartition(".")[2].isidentifier()]


def new_values(given: list[ast.expr], keywords: list[ast.keyword]) -> list[ast.expr]:
    """Return what a call puts in the place of something: its next argument, or by keywords."""
    return given[:1] or [k.value for k in keywords if k.arg in ("new", *MOCK_CALLS)]


def _named(keywords: list[ast.keyword]) -> list[tuple[str, ast.expr]]:
    return [(keyword.arg, keyword.value) for keyword in keywords if keyword.arg is not None]


def replaced_name(name: str) -> str:
    """What stands for a name that a module gets another value of.

    The name may begin with that of the module, or with "?" for one that does not show.
    """
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

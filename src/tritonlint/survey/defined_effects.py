"""The names that a file defines with an effect, so that other files may not trust them."""

from __future__ import annotations

import ast
from collections.abc import Collection

from tritonlint.source import SourceError
from tritonlint.survey.bodies import blocks_of, statements_in
from tritonlint.survey.effects import Effects
from tritonlint.survey.evidence import TENSOR_ATTRIBUTES
from tritonlint.survey.nodes import (
    FunctionNode,
    chain,
    decorator_name,
    final_name,
    last_name,
    nodes_in,
)
from tritonlint.survey.operators import SPECIAL_METHODS
from tritonlint.survey.parsing import parsed
from tritonlint.survey.patches import may_be_class, may_be_function, replaced
from tritonlint.survey.plain_decorators import is_plain
from tritonlint.survey.pure_bodies import PureBody
from tritonlint.survey.pure_names import PURE_FUNCTIONS, PURE_METHODS
from tritonlint.survey.scopes import FunctionName, Scope

#: Names of functions and methods that count as having no effect, or that Python calls by itself.
NAMED_LIKE_PURE = PURE_METHODS | PURE_FUNCTIONS | SPECIAL_METHODS
#: Names of attributes of a tensor that are not called.
TENSOR_VALUES = TENSOR_ATTRIBUTES - NAMED_LIKE_PURE
#: Calls whose result is no function and no descriptor.
_PLAIN_CALLS = PURE_FUNCTIONS | {"field", "Field", "constexpr", "TypeVar", "auto"}


def impure_function(node: FunctionNode, scope: Scope) -> bool:
    """Whether what looks like an attribute, or has a name that counts as pure, has an effect.

    A method under a decorator that is not known may be a property.
    """
    unknown = [decorator_name(d) for d in node.decorator_list if not is_plain(d, scope)]
    is_named = node.name in NAMED_LIKE_PURE
    if is_named and any("property" not in name for name in unknown):
        return not _is_setter(node)
    is_property = bool(unknown) and scope.parent is not None and scope.parent.kind == "class"
    is_property = is_property or any("property" in name for name in unknown)
    return (is_property or is_named) and not PureBody(node, Effects(scope)).holds


def _is_setter(node: FunctionNode) -> bool:
    """`@size.setter`"""
    return any(final_name(d) in ("setter", "deleter") for d in node.decorator_list)


def named_like_pure(targets: list[ast.expr], value: ast.expr, scope: Scope) -> list[str]:
    """The names that count as pure to which a class or a module assigns.

    That is `__getitem__ = _take` in a class, and `cdiv = counted(_cdiv)` in a module; also
    `shape = loaded("shape")` in a class, which may be a property.
    """
    names = {"class": NAMED_LIKE_PURE, "module": PURE_FUNCTIONS}.get(scope.kind, frozenset())
    if scope.kind == "class" and _may_be_property(value):
        names |= TENSOR_VALUES
    return [t.id for t in targets if isinstance(t, ast.Name) and t.id in names]


def _may_be_property(value: ast.expr) -> bool:
    """Whether it is a call, but not one of torch, such as `torch.device("cuda")`."""
    dotted = chain(value.func) if isinstance(value, ast.Call) else None
    return dotted is not None and dotted[0] != "torch"


def replaces(of: ast.expr, name: str, value: ast.expr, scope: Scope) -> bool:
    """Whether the new value of an attribute of an object or a class may have an effect."""
    if name not in NAMED_LIKE_PURE | TENSOR_VALUES:
        return False
    may_be_called = may_be_class(of, scope) or may_be_function(value, scope)
    return may_be_called and may_be_impure(value, scope)


def gives_names(data: bytes, names: Collection[str]) -> bool:
    """Whether a class or a module of a file assigns to one of some names, or cannot be parsed.

    So does code that assigns to an attribute of another object.
    """
    try:
        with parsed(data) as (tree, _):
            if any(name in names for node in nodes_in(tree) for _, name, _ in replaced(node)):
                return True
            pending = [*tree.body]
            while pending:
                statement = pending.pop()
                match statement:
                    case ast.Assign(targets):
                        bound = targets
                    case ast.AnnAssign(target, _, ast.expr()):
                        bound = [target]
                    case _:
                        bound = []
                if any(isinstance(t, ast.Name) and t.id in names for t in bound):
                    return True
                if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    # What its body assigns to is a local, but for the classes in it.
                    inside = statements_in(statement.body, with_definitions=True)
                    pending += (s for s in inside if isinstance(s, ast.ClassDef))
                    continue
                for block in blocks_of(statement):
                    pending += block
    except SourceError:
        return True
    return False


def may_be_impure(value: ast.expr, scope: Scope) -> bool:
    """Whether a value may be a function, or a descriptor, that has an effect."""
    match value:
        case ast.Lambda():
            return not Effects(scope).is_pure(value)
        case ast.Call():
            return final_name(value.func) not in _PLAIN_CALLS
        case ast.Name() | ast.Attribute():
            dotted = chain(value)
            if dotted is None:
                return True
            found = scope.lookup(dotted[0]) if not dotted[1] else None
            match found[1] if found is not None else []:
                case [FunctionName(_, function, inner)]:
                    return bool(function.decorator_list) or not (
                        PureBody(function, Effects(inner)).holds
                    )
            return last_name(dotted) not in NAMED_LIKE_PURE
        case ast.IfExp(_, body, orelse):
            return may_be_impure(body, scope) or may_be_impure(orelse, scope)
    return False

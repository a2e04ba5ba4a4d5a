"""Arguments of launches that do not vary by themselves: literals, and what follows from a dtype."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tritonlint.survey.facts.values import Steady
from tritonlint.survey.scopes import Argument, Assigned, Bound, Imported, Scope, Unpacked
from tritonlint.survey.text import Text

_MAX_DEPTH = 20
#: Methods that return a tensor of the same dtype.
_SAME_DTYPE = frozenset(
    {"clone", "contiguous", "detach", "flatten", "permute", "reshape", "squeeze", "transpose"}
    | {"unsqueeze"}
)
#: Modules whose attributes do not change: `torch.float16`.
_MODULES = frozenset({"torch", "triton", "triton.language"})


def steady(node: ast.expr, scope: Scope, text: Text) -> Steady | None:
    """Return why an argument does not vary by itself; None if it may."""
    names: dict[str, None] = {}
    value = _literal(node, scope, names)
    if value is not None:
        return Steady(text.one_line(value), tuple(names))
    dtypes: dict[str, None] = {}
    if _follows(node, scope, dtypes, 0) and dtypes:
        return Steady(dtypes=tuple(dtypes))
    return None


def _literal(
    node: ast.expr, scope: Scope, names: dict[str, None], depth: int = 0
) -> ast.expr | None:
    """Return the literal that an expression always is; `names` are the module's on the way."""
    match node:
        case ast.Constant() | ast.UnaryOp(ast.USub(), ast.Constant()):
            return node
        case ast.Name(name) if depth < _MAX_DEPTH:
            home, bounds = scope.lookup(name) or (scope, [])
            match bounds:
                case [Assigned(value, place)]:
                    if home.kind == "module":
                        names[name] = None
                    return _literal(value, place, names, depth + 1)
    return None


def _follows(node: ast.expr, scope: Scope, dtypes: dict[str, None], depth: int) -> bool:
    """Whether an expression is computed from nothing but constants and the dtypes of variables."""
    if depth > _MAX_DEPTH:
        return False
    parts: Iterable[ast.expr]
    match node:
        case ast.Constant():
            return True
        case ast.Attribute(ast.Name(name), "dtype") | ast.Call(
            ast.Attribute(ast.Name(name), "element_size"), [], []
        ):
            dtypes[name] = None
            return _keeps_dtype(name, scope)
        case ast.Attribute(ast.Attribute() as inner, "itemsize" | "is_floating_point"):
            parts = (inner,)
        case ast.Attribute():
            return _is_of_module(node, scope)
        case ast.Name(name):
            _, bounds = scope.lookup(name) or (scope, [])
            match bounds:
                case [Assigned(value, place)]:
                    return _follows(value, place, dtypes, depth + 1)
            return False
        case ast.Subscript(ast.Name(table), key):
            # `TO_TRITON[x.dtype]`
            home, bounds = scope.lookup(table) or (scope, [])
            # An import may be that of a module or of a name.
            is_fixed = len(bounds) == 1 or all(isinstance(b, Imported) for b in bounds)
            is_fixed = is_fixed and home.kind == "module" and bool(bounds)
            return is_fixed and _follows(key, scope, dtypes, depth + 1)
        case ast.Compare(left, _, comparators):
            parts = (left, *comparators)
        case ast.List(elements) | ast.Tuple(elements):
            parts = elements
        case ast.BoolOp(_, values):
            parts = values
        case ast.UnaryOp(_, operand):
            parts = (operand,)
        case ast.BinOp(left, _, right):
            parts = (left, right)
        case ast.IfExp(test, body, orelse):
            parts = (test, body, orelse)
        case _:
            return False
    return all(_follows(part, scope, dtypes, depth + 1) for part in parts)


def _keeps_dtype(name: str, scope: Scope) -> bool:
    """Whether a variable has one dtype in all of its function."""
    _, bounds = scope.lookup(name) or (scope, [])
    others = [bound for bound in bounds if not _is_same(bound, name)]
    return len(others) == 1 and isinstance(others[0], (Argument, Assigned, Unpacked))


def _is_same(bound: Bound, name: str) -> bool:
    """Whether it is like `x = x.contiguous()`."""
    node = bound.node if isinstance(bound, Assigned) else None
    is_changed = False
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr not in _SAME_DTYPE:
            return False
        node, is_changed = node.func.value, True
    return is_changed and isinstance(node, ast.Name) and node.id == name


def _is_of_module(node: ast.Attribute, scope: Scope) -> bool:
    bounds = scope.bound_to(node)
    known = [b for b in bounds if isinstance(b, Imported) and b.symbol.dotted in _MODULES]
    return bool(known) and all(isinstance(bound, Imported) for bound in bounds)

"""The tensor that an expression is computed from, and its sizes."""

from __future__ import annotations

import ast
from typing import NamedTuple

from tritonlint.survey.constants import integer, is_constant
from tritonlint.survey.evidence import INTEGER_METHODS, TENSOR_METHODS, evidence
from tritonlint.survey.facts.values import Evidence, Leaf, NumberOrigin
from tritonlint.survey.nodes import Chain, chain, last_name
from tritonlint.survey.scopes import Argument, Assigned, Scope
from tritonlint.survey.text import Text
from tritonlint.survey.trail import MAX_DEPTH, Part, Trail

_FACTORIES = frozenset({"empty", "zeros", "ones", "full", "new_empty", "new_zeros", "new_full"})
_LIKE_ANOTHER = frozenset({"empty_like", "zeros_like", "ones_like", "full_like", "rand_like"})
#: Methods of tensors whose result has the same size.
_KEEP_SIZES = frozenset(
    {"to", "cuda", "cpu", "type", "float", "half", "bfloat16", "double", "int", "long", "bool"}
    | {"clone", "contiguous", "detach", "pin_memory", "requires_grad_", "zero_", "fill_"}
)


def sizes_of(node: ast.AST, scope: Scope) -> tuple[list[ast.expr], Scope] | None:
    """Return the sizes of a tensor that the same function makes: `torch.empty((rows, width))`."""
    made = _made_by(node, scope)
    if made is None or last_name(made.function) not in _FACTORIES:
        return None
    first = made.call.args[0] if made.call.args else None
    sizes = first.elts if isinstance(first, (ast.Tuple, ast.List)) else made.call.args
    plain = sizes and not any(isinstance(size, ast.Starred) for size in sizes)
    return (list(sizes), made.scope) if plain else None


def is_made_of_constants(node: ast.AST, scope: Scope) -> bool:
    """Whether a tensor is made in the same function with a size that is written there."""
    made = _made_by(node, scope)
    if made is not None and last_name(made.function) == "tensor" and made.call.args:
        numbers = made.call.args[0]
        return isinstance(numbers, (ast.List, ast.Tuple)) and not any(
            isinstance(number, ast.Starred) for number in numbers.elts
        )
    sizes = sizes_of(node, scope)
    return sizes is not None and all(is_constant(size, sizes[1]) for size in sizes[0])


class _Made(NamedTuple):
    """A call that makes a tensor: `torch.empty(...)`."""

    call: ast.Call
    function: Chain
    scope: Scope


def _made_by(node: ast.AST, scope: Scope) -> _Made | None:
    """Return the call that makes a local tensor of this size."""
    for _ in range(MAX_DEPTH):
        match node:
            case ast.Name():
                known = scope.lookup(node.id)
                value = known[1][0] if known is not None and len(known[1]) == 1 else None
                if not isinstance(value, Assigned):
                    return None
                node, scope = value.node, value.scope
            case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in _KEEP_SIZES:
                node = owner
            case ast.Call(func=ast.Attribute(attr=method), args=[like, *_]) if (
                method in _LIKE_ANOTHER
            ):
                node = like
            case ast.Call(func=function):
                dotted = chain(function)
                return _Made(node, dotted, scope) if dotted is not None and dotted[1] else None
            case _:
                return None
    return None


def rank_of(node: ast.AST, scope: Scope, found: Trail) -> int:
    """How many sizes the function unpacks a tensor's shape into, or 0: `B, T, D = x.shape`."""
    known = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    if known is None:
        return 0
    assert isinstance(node, ast.Name)
    return max(found.limits.shapes(known[0]).get(node.id, {}), default=-1) + 1


def later_names(node: ast.AST, scope: Scope, index: int, found: Trail) -> str:
    """Return the names of the sizes between a dimension and the last: `B, T, D = x.shape`."""
    known = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    if known is None:
        return ""
    assert isinstance(node, ast.Name)
    names = found.limits.shapes(known[0]).get(node.id, {})
    if index < 0 and names:
        index += max(names) + 1
    # If the sequence is last, tensors are often transposed, which changes their strides.
    last = max(names, default=0)
    return ", ".join(name for place, name in sorted(names.items()) if index < place < last)


class Tensor(NamedTuple):
    """A tensor; `Leaf` explains the fields."""

    of: str = ""
    function: str = ""
    note: str = ""


def tensor_of(node: ast.AST, scope: Scope, found: Trail) -> Tensor:
    """Return the tensor that an expression is computed from, and the names on the way."""
    note = ""
    for _ in range(MAX_DEPTH):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=method)) if (
                method in TENSOR_METHODS | INTEGER_METHODS or method in ("chunk", "split", "item")
            ):
                node = owner
            case ast.Subscript(value=owner, slice=index):
                note = note or _runtime_bound(index, scope, found.text)
                node = owner
            case ast.Name(name):
                found.tensors[name] = None
                home, bindings = scope.lookup(name) or (scope, [])
                if any(isinstance(bound, Argument) for bound in bindings):
                    return Tensor(name, home.qualname, note)
                values = [bound for bound in bindings if isinstance(bound, Assigned)]
                if not values or home.kind == "module":
                    break
                node, scope = values[0]
            case ast.IfExp(_, body):
                node = body
            case ast.Attribute(owner, "T" | "mT" | "data" | "grad"):
                node = owner
            case ast.Attribute(_, name):
                found.tensors[name] = None
                break
            case _:
                break
    return Tensor(note=note)


def _runtime_bound(index: ast.AST, scope: Scope, text: Text) -> str:
    """Return the upper bound of a slice after the first dimension, if it is not constant."""
    parts = index.elts if isinstance(index, ast.Tuple) else []
    # Selecting rows by a tensor makes a new tensor; a slice of a slice keeps its strides.
    chosen = [
        part
        for part in parts
        if isinstance(part, (ast.Name, ast.Attribute, ast.Subscript, ast.Call))
        and evidence(part, scope) is not Evidence.INTEGER
    ]
    for part in parts[1:] if chosen else []:
        upper = part.upper if isinstance(part, ast.Slice) else None
        if upper is None or is_constant(upper, scope) or integer(upper) is not None:
            continue
        return f"[:{text.one_line(upper, 40)}]"
    return ""


def dimension(
    shape: ast.AST, scope: Scope, index: int | None, node: ast.AST, found: Trail
) -> list[Part]:
    """Note an element of `x.shape`, `x.size()`, `x.stride()`, or return what it is made from."""
    what = shape.func if isinstance(shape, ast.Call) else shape
    if not isinstance(what, ast.Attribute):
        found.leaf(NumberOrigin.OTHER, node)
        return []
    strides = what.attr in ("stride", "strides")
    owner = what.value
    whole = found.text.one_line(owner, 40)
    of, function, note = tensor_of(owner, scope, found)
    place = "?" if index is None else str(index)
    text = f"{whole}.stride({place})" if strides else f"{whole}.shape[{place}]"
    sizes = sizes_of(owner, scope) if index is not None else None
    if index is not None and sizes is not None and -len(sizes[0]) <= index < len(sizes[0]):
        asked = sizes[0][index:][1:] if strides else [sizes[0][index]]
        return [(size, sizes[1]) for size in asked or [ast.Constant(1)]]
    if not strides and is_made_of_constants(owner, scope):
        return [(ast.Constant(1), scope)]
    if strides and index is not None and not note:
        note = later_names(owner, scope, index, found)
    origin = NumberOrigin.STRIDE if strides else NumberOrigin.SHAPE
    rank = 0 if strides else rank_of(owner, scope, found)
    found.leaves[Leaf(origin, text, of, index, function, note, rank)] = None
    return []


def size_product(shape: ast.AST, node: ast.AST, scope: Scope, found: Trail) -> None:
    """`math.prod(x.shape[:-1])`"""
    origin = NumberOrigin.NUMEL
    while isinstance(shape, ast.Subscript):
        if not (isinstance(shape.slice, ast.Slice) and shape.slice.lower is None):
            # The last sizes mostly belong to the model.
            origin = NumberOrigin.SHAPE
        shape = shape.value
    owner = shape.func.value if isinstance(shape, ast.Call) else getattr(shape, "value", shape)  # type: ignore[attr-defined]
    of, whose, note = tensor_of(owner, scope, found)
    found.leaf(origin, node, of, function=whose, note=note)

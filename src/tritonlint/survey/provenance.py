"""Where the number that a launch passes comes from, as far as the file shows."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tritonlint.survey.constants import bounds, integer
from tritonlint.survey.evidence import evidence, is_shape
from tritonlint.survey.facts.values import Evidence, Leaf, NumberOrigin, Provenance, Step
from tritonlint.survey.limits import Limits
from tritonlint.survey.nodes import chain, final_name
from tritonlint.survey.results import CEILING_DIVISIONS, result
from tritonlint.survey.scopes import (
    Argument,
    Assigned,
    Bound,
    ClassName,
    FunctionName,
    Imported,
    Item,
    KernelName,
    Scope,
    Unpacked,
)
from tritonlint.survey.tensors import dimension, tensor_of
from tritonlint.survey.text import Text
from tritonlint.survey.trail import MAX_DEPTH, Part, Trail

#: With more sources than this, the origin of a number counts as unknown.
_MOST = 8

_FLAG_ATTRIBUTES = frozenset({"dtype", "ndim", "itemsize", "device", "is_cuda", "requires_grad"})


def provenance(node: ast.expr, scope: Scope, text: Text, limits: Limits) -> Provenance:
    """Return where the value of a launch's argument comes from; empty for a tensor."""
    if isinstance(node, ast.Constant):
        return _LITERAL
    found = Trail(text, limits)
    if evidence(node, scope) is Evidence.TENSOR:
        of, function, _ = tensor_of(node, scope, found)
        if function:
            found.leaf(NumberOrigin.PARAMETER, node, of, function=function)
        return Provenance(tuple(found.leaves), tensors=tuple(found.tensors))
    _number(node, scope, found)
    by = found.by
    leaves, names = tuple({**found.leaves, **by.leaves}), tuple({**found.names, **by.names})
    if len(leaves) > _MOST:
        return _ANY
    mentioned = {*names, *(leaf.text for leaf in leaves)}
    return Provenance(
        leaves,
        names,
        tuple({**found.steps, **by.steps}),
        limits.of(scope, mentioned, node.lineno),
        tuple({**found.tensors, **by.tensors}),
        tuple(found.quotients),
        found.is_quotient,
        tuple(by.leaves),
        tuple(name for name in by.names if name not in found.names),
    )


_LITERAL = Provenance((Leaf(NumberOrigin.LITERAL, ""),))
_ANY = Provenance((Leaf(NumberOrigin.OTHER, ""),))


def _number(node: ast.AST, scope: Scope, found: Trail) -> None:
    if found.depth > MAX_DEPTH:
        found.leaf(NumberOrigin.OTHER, node)
        return
    if len(found.leaves) > _MOST:
        return
    found.depth += 1
    _read(node, scope, found)
    found.depth -= 1


def _computed(parts: Iterable[Part], found: Trail) -> None:
    """Return the numbers that another number is computed from."""
    found.way.append(None)
    _numbers(parts, found)
    found.way.pop()


def _quotient(dividend: Part, divisor: Part, found: Trail) -> None:
    found.steps[Step.CEIL_DIV] = None
    _number(*divisor, found.divide())
    _number(*dividend, found)


def _numbers(parts: Iterable[Part], found: Trail) -> None:
    for node, scope in parts:
        _number(node, scope, found)


def _read(node: ast.AST, scope: Scope, found: Trail) -> None:
    match node:
        case ast.Constant():
            found.leaves[Leaf(NumberOrigin.LITERAL, "")] = None
        case ast.Name():
            _name(node, scope, found)
        case ast.Compare() | ast.JoinedStr():
            found.leaf(NumberOrigin.FLAG, node)
        case ast.UnaryOp():
            if isinstance(node.op, ast.Not):
                found.leaf(NumberOrigin.FLAG, node)
            else:
                _number(node.operand, scope, found)
        case ast.BinOp():
            _arithmetic(node, scope, found)
        case ast.BoolOp(values=values):
            for value in values:
                _number(value, scope, found)
        case ast.IfExp():
            _number(node.body, scope, found)
            _number(node.orelse, scope, found)
        case ast.NamedExpr():
            _number(node.value, scope, found)
        case ast.Subscript():
            _item(node, scope, found)
        case ast.Attribute():
            _attribute(node, scope, found)
        case ast.Call(args=[dividend, divisor], keywords=[]) if (
            final_name(node.func) in CEILING_DIVISIONS
        ):
            _quotient((dividend, scope), (divisor, scope), found)
        case ast.Call(func=ast.Name("int"), args=[inner]):
            _number(inner, scope, found)
        case ast.Call():
            _computed(result(node, scope, found), found)
        case _:
            found.leaf(NumberOrigin.OTHER, node)


def _name(node: ast.Name, scope: Scope, found: Trail) -> None:
    known = scope.lookup(node.id)
    if known is None:
        found.leaf(NumberOrigin.OTHER, node)
        return
    home, bindings = known
    key = (id(home), node.id)
    if found.read.get(key, MAX_DEPTH + 1) <= found.depth:
        # Names may lead back to themselves: what was read before is not read again.
        return
    found.read[key] = found.depth
    found.names[node.id] = None
    found.way.append(node.id)
    _bindings(node, home, bindings, found)
    found.way.pop()


def _bindings(node: ast.Name, home: Scope, bindings: Iterable[Bound], found: Trail) -> None:
    for bound in bindings:
        match bound:
            case Assigned(value, inner):
                if home.kind == "module" and not isinstance(value, ast.Constant):
                    found.leaf(NumberOrigin.CONSTANT, node)
                else:
                    _number(value, inner, found)
            case Unpacked(value, inner, place):
                _element(node, value, inner, place, found)
            case Argument(arg, ""):
                note = found.text.of(arg.annotation) if arg.annotation is not None else ""
                found.leaf(
                    NumberOrigin.PARAMETER, node, node.id, function=home.qualname, note=note[:40]
                )
            case Imported() | KernelName() | FunctionName() | ClassName():
                found.leaf(NumberOrigin.CONSTANT, node)
            case Item(iterable, _):
                found.leaf(NumberOrigin.OTHER, iterable)
            case _:
                found.leaf(NumberOrigin.OTHER, node)


def _element(name: ast.Name, node: ast.expr, scope: Scope, place: int | None, found: Trail) -> None:
    """Handle one element of an unpacked value: `batch, length = x.shape`."""
    if found.depth > MAX_DEPTH:
        found.leaf(NumberOrigin.OTHER, node)
        return
    match node:
        case ast.Call(args=[*_, mapped]) if final_name(node.func) == "map":
            # `map(int, x.shape)`
            node = mapped
    if isinstance(node, (ast.Tuple, ast.List)):
        plain = not any(isinstance(element, ast.Starred) for element in node.elts)
        if place is not None and plain and place < len(node.elts):
            _number(node.elts[place], scope, found)
        else:
            found.leaf(NumberOrigin.OTHER, node)
    elif is_shape(node):
        if isinstance(node, ast.Subscript):
            # `x.shape[-2:]`
            place = _place(place, node.slice) if place is not None else None
            node = node.value
        _numbers(dimension(node, scope, place, name, found), found)
    elif isinstance(node, ast.Name):
        known = scope.lookup(node.id)
        values = known[1] if known is not None else []
        if values and all(isinstance(v, Assigned) and v.node is not node for v in values):
            for value in values:
                assert isinstance(value, Assigned)
                if is_shape(value.node) or isinstance(value.node, (ast.Tuple, ast.List)):
                    found.depth += 1
                    _element(name, value.node, value.scope, place, found)
                    found.depth -= 1
                else:
                    found.leaf(NumberOrigin.OTHER, value.node)
        else:
            found.leaf(NumberOrigin.OTHER, node)
    else:
        found.leaf(NumberOrigin.OTHER, node)


def _place(place: int, part: ast.expr) -> int | None:
    """Return the index in a whole of the element at a place of its slice, if it is known."""
    match part:
        case ast.Slice(None, None, step) if integer(step) == -1:
            return -1 - place
    known = bounds(part)
    return known[0] + place if known is not None else None


def _item(node: ast.Subscript, scope: Scope, found: Trail) -> None:
    index = integer(node.slice)
    if is_shape(node.value):
        inner = node.value
        if isinstance(inner, ast.Subscript):
            # `x.shape[:-1][0]`
            index, inner = None, inner.value
        if isinstance(node.slice, ast.Slice):
            index = None
        _numbers(dimension(inner, scope, index, node, found), found)
        return
    if isinstance(node.value, ast.Name):
        known = scope.lookup(node.value.id)
        values = [b.node for b in known[1] if isinstance(b, Assigned)] if known else []
        if known and values and len(values) == len(known[1]) and all(map(is_shape, values)):
            for value in values:
                _numbers(dimension(value, scope, index, node, found), found)
            return
    if evidence(node.value, scope) is Evidence.TENSOR:
        tensor_of(node.value, scope, found)
        found.leaf(NumberOrigin.ITEM, node)
    elif isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        # `config["BLOCK"]`
        found.leaf(NumberOrigin.ATTRIBUTE, node)
        found.names[node.slice.value] = None
    else:
        found.leaf(NumberOrigin.OTHER, node)


def _attribute(node: ast.Attribute, scope: Scope, found: Trail) -> None:
    dotted = chain(node)
    if node.attr in _FLAG_ATTRIBUTES:
        found.leaf(NumberOrigin.FLAG, node)
        return
    if dotted is None:
        found.leaf(NumberOrigin.OTHER, node)
        return
    known = scope.lookup(dotted[0])
    if known is not None and any(isinstance(b, (Imported, ClassName)) for b in known[1]):
        found.leaf(NumberOrigin.CONSTANT, node)
        return
    found.leaf(NumberOrigin.ATTRIBUTE, node)
    found.names[node.attr] = None


def _arithmetic(node: ast.BinOp, scope: Scope, found: Trail) -> None:
    left, right = node.left, node.right
    if isinstance(node.op, ast.Mult) and any(map(_is_quotient, (left, right))):
        # `(n + 15) // 16 * 16`
        found.steps[Step.ROUNDED] = None
    elif isinstance(node.op, (ast.FloorDiv, ast.RShift)):
        _quotient((left, scope), (right, scope), found)
        return
    elif isinstance(node.op, (ast.Mod, ast.BitAnd)):
        found.steps[Step.CAPPED] = None
    elif isinstance(node.op, (ast.Pow, ast.LShift)):
        found.steps[Step.POWER_OF_TWO] = None
    _computed([(left, scope), (right, scope)], found)


def _is_quotient(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.FloorDiv)
    return isinstance(node, ast.Call) and final_name(node.func) in CEILING_DIVISIONS

"""Where the number that a launch passes comes from, as far as the file tells."""

from __future__ import annotations

import ast

from tritonlint.survey.constants import integer, is_constant
from tritonlint.survey.evidence import evidence, is_shape
from tritonlint.survey.facts.values import Evidence, Leaf, NumberOrigin, Provenance, Step
from tritonlint.survey.limits import Limits
from tritonlint.survey.scopes import (
    Argument,
    Assigned,
    ClassName,
    FunctionName,
    Imported,
    Item,
    KernelName,
    Scope,
    Unpacked,
    chain,
    final_name,
    last_name,
)
from tritonlint.survey.tensors import later_names, sizes_of, tensor_of
from tritonlint.survey.text import Text
from tritonlint.survey.trail import MAX_DEPTH, Trail

#: With more places than this a number comes from nowhere in particular.
_MOST = 8

_CEILING_DIVISIONS = frozenset({"cdiv", "ceil_div", "ceildiv", "div_up"})
_POWERS = frozenset({"next_power_of_2", "next_pow2", "next_pow_2", "next_power_of_two"})
#: Functions that only change the type of a number, or take one of several.
_THROUGH = frozenset({"int", "ceil", "floor", "max", "abs", "sum", "float", "index"})
_PRODUCTS = frozenset({"prod", "reduce"})
#: Parts of the names of functions that give few values for many.
_BUCKETS = ("bucket", "round", "align", "pow", "pad", "closest", "clamp", "cap")
_READ_OUT = frozenset({"item", "max", "min", "sum", "tolist", "amax", "amin", "argmax"})
_FLAG_ATTRIBUTES = frozenset({"dtype", "ndim", "itemsize", "device", "is_cuda", "requires_grad"})
_FLAG_METHODS = frozenset(
    {"dim", "ndimension", "element_size", "is_contiguous", "is_floating_point", "data_ptr"}
    | {"get_device", "storage_offset", "startswith", "endswith", "isdigit"}
)
_FLAG_FUNCTIONS = frozenset({"bool", "isinstance", "hasattr", "callable", "type"})


def provenance(node: ast.expr, scope: Scope, text: Text, limits: Limits) -> Provenance:
    """Where the value of a launch's argument comes from; nothing is said of a tensor's."""
    if isinstance(node, ast.Constant):
        return _LITERAL
    found = Trail(text, limits)
    if evidence(node, scope) is Evidence.TENSOR:
        of, function, _ = tensor_of(node, scope, found)
        if function:
            found.leaf(NumberOrigin.PARAMETER, node, of, function=function)
        return Provenance(tuple(found.leaves), tensors=tuple(found.tensors))
    _number(node, scope, found)
    if len(found.leaves) > _MOST:
        return _ANY
    leaves, names = tuple(found.leaves), tuple(found.names)
    mentioned = {*names, *(leaf.text for leaf in leaves)}
    limit = limits.of(scope, mentioned)
    return Provenance(leaves, names, tuple(found.steps), limit, tuple(found.tensors))


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
        case ast.Call():
            _call(node, scope, found)
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
        # All that it leads to is found, or is about to be: names may lead back to themselves.
        return
    found.read[key] = found.depth
    found.names[node.id] = None
    for bound in bindings:
        match bound:
            case Assigned(value, place):
                if home.kind == "module" and not isinstance(value, ast.Constant):
                    found.leaf(NumberOrigin.CONSTANT, node)
                else:
                    _number(value, place, found)
            case Unpacked(value, place, index):
                _element(node, value, place, index, found)
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


def _element(name: ast.Name, node: ast.expr, scope: Scope, index: int, found: Trail) -> None:
    """One element of what is unpacked: `batch, length = x.shape`."""
    if found.depth > MAX_DEPTH:
        found.leaf(NumberOrigin.OTHER, node)
        return
    place = index if index >= 0 else None
    if isinstance(node, ast.Call) and final_name(node.func) == "map":
        # `map(int, x.shape)`
        node = node.args[-1]
    if isinstance(node, (ast.Tuple, ast.List)):
        plain = not any(isinstance(element, ast.Starred) for element in node.elts)
        if place is not None and plain and place < len(node.elts):
            _number(node.elts[place], scope, found)
        else:
            found.leaf(NumberOrigin.OTHER, node)
    elif is_shape(node):
        if isinstance(node, ast.Subscript):
            # `x.shape[-2:]`
            lower = node.slice.lower if isinstance(node.slice, ast.Slice) else node.slice
            start = 0 if lower is None else integer(lower)
            place = start + place if start is not None and place is not None else None
            node = node.value
        _dimension(node, scope, place, name, found)
    elif isinstance(node, ast.Name):
        known = scope.lookup(node.id)
        values = known[1] if known is not None else []
        if values and all(isinstance(v, Assigned) and v.node is not node for v in values):
            for value in values:
                assert isinstance(value, Assigned)
                if is_shape(value.node) or isinstance(value.node, (ast.Tuple, ast.List)):
                    found.depth += 1
                    _element(name, value.node, value.scope, index, found)
                    found.depth -= 1
                else:
                    found.leaf(NumberOrigin.OTHER, value.node)
        else:
            found.leaf(NumberOrigin.OTHER, node)
    else:
        found.leaf(NumberOrigin.OTHER, node)


def _dimension(
    shape: ast.AST, scope: Scope, index: int | None, node: ast.AST, found: Trail
) -> None:
    """An element of `x.shape`, `x.size()` or `x.stride()`."""
    what = shape.func if isinstance(shape, ast.Call) else shape
    if not isinstance(what, ast.Attribute):
        found.leaf(NumberOrigin.OTHER, node)
        return
    strides = what.attr in ("stride", "strides")
    owner = what.value
    whole = found.text.one_line(owner, 40)
    of, function, note = tensor_of(owner, scope, found)
    place = "?" if index is None else str(index)
    text = f"{whole}.stride({place})" if strides else f"{whole}.shape[{place}]"
    sizes = sizes_of(owner, scope) if index is not None else None
    if index is not None and sizes is not None and -len(sizes[0]) <= index < len(sizes[0]):
        asked = sizes[0][index:][1:] if strides else [sizes[0][index]]
        for size in asked or [ast.Constant(1)]:
            _number(size, sizes[1], found)
        return
    if strides and index is not None and not note:
        note = later_names(owner, scope, index, found)
    origin = NumberOrigin.STRIDE if strides else NumberOrigin.SHAPE
    found.leaves[Leaf(origin, text, of, index, function, note)] = None


def _item(node: ast.Subscript, scope: Scope, found: Trail) -> None:
    index = integer(node.slice)
    if is_shape(node.value):
        inner = node.value
        if isinstance(inner, ast.Subscript):
            # `x.shape[:-1][0]`
            index, inner = None, inner.value
        if isinstance(node.slice, ast.Slice):
            index = None
        _dimension(inner, scope, index, node, found)
        return
    if isinstance(node.value, ast.Name):
        known = scope.lookup(node.value.id)
        values = [b.node for b in known[1] if isinstance(b, Assigned)] if known else []
        if known and values and len(values) == len(known[1]) and all(map(is_shape, values)):
            for value in values:
                _dimension(value, scope, index, node, found)
            return
    if evidence(node.value, scope) is Evidence.TENSOR:
        found.leaf(NumberOrigin.ITEM, node, tensor_of(node.value, scope, found)[0])
    elif isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        # `config["BLOCK"]`
        found.leaf(NumberOrigin.ATTRIBUTE, node, found.text.one_line(node.value, 40))
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
    found.leaf(NumberOrigin.ATTRIBUTE, node, ".".join((dotted[0], *dotted[1][:-1])))
    found.names[node.attr] = None


def _arithmetic(node: ast.BinOp, scope: Scope, found: Trail) -> None:
    left, right = node.left, node.right
    if isinstance(node.op, ast.Mult) and any(map(_is_quotient, (left, right))):
        # `(n + 15) // 16 * 16`
        found.steps[Step.ROUNDED] = None
    elif isinstance(node.op, (ast.FloorDiv, ast.RShift)):
        found.steps[Step.CEIL_DIV] = None
    elif isinstance(node.op, (ast.Mod, ast.BitAnd)):
        found.steps[Step.CAPPED] = None
    elif isinstance(node.op, (ast.Pow, ast.LShift)):
        found.steps[Step.POWER_OF_TWO] = None
    _number(left, scope, found)
    _number(right, scope, found)


def _is_quotient(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.FloorDiv)
    return isinstance(node, ast.Call) and final_name(node.func) in _CEILING_DIVISIONS


def _call(node: ast.Call, scope: Scope, found: Trail) -> None:
    dotted = chain(node.func)
    name = last_name(dotted) if dotted is not None else getattr(node.func, "attr", "")
    if isinstance(node.func, ast.Attribute) and _method(node, node.func, scope, found):
        return
    if name == "len" and len(node.args) == 1:
        of, function, note = tensor_of(node.args[0], scope, found)
        found.leaf(NumberOrigin.LENGTH, node, of, 0, function=function, note=note)
    elif name in _PRODUCTS and node.args and is_shape(node.args[-1]):
        _product(node.args[-1], node, scope, found)
    elif name in _CEILING_DIVISIONS:
        found.steps[Step.CEIL_DIV] = None
        _several(node, scope, found)
    elif name in _POWERS:
        found.steps[Step.POWER_OF_TWO] = None
        _several(node, scope, found)
    elif name == "min" and len(node.args) > 1:
        if any(is_constant(argument, scope) for argument in node.args):
            found.steps[Step.CAPPED] = None
        _several(node, scope, found)
    elif name in _THROUGH:
        _several(node, scope, found)
    elif name in _FLAG_FUNCTIONS:
        found.leaf(NumberOrigin.FLAG, node)
    elif any(part in name.lower() for part in _BUCKETS):
        found.steps[Step.BUCKET] = None
        _several(node, scope, found)
    else:
        found.leaf(NumberOrigin.OTHER, node)


def _several(node: ast.Call, scope: Scope, found: Trail) -> None:
    for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
        _number(argument, scope, found)


def _method(node: ast.Call, function: ast.Attribute, scope: Scope, found: Trail) -> bool:
    """Whether a call is one of a tensor's methods, which is noted then."""
    name, owner = function.attr, function.value
    dotted = chain(function)
    root = scope.lookup(dotted[0]) if dotted is not None else None
    if root is not None and any(isinstance(b, (Imported, ClassName)) for b in root[1]):
        return False
    if name in ("size", "stride") and len(node.args) <= 1:
        index = integer(node.args[0]) if node.args else None
        _dimension(function, scope, index, node, found)
    elif name in ("numel", "nelement"):
        if is_shape(owner):
            _product(owner, node, scope, found)
        else:
            of, whose, note = tensor_of(owner, scope, found)
            # `state[0].numel()` is the size of one of many.
            whole = not isinstance(owner, ast.Subscript)
            origin = NumberOrigin.NUMEL if whole else NumberOrigin.OTHER
            found.leaf(origin, node, of, function=whose, note=note)
    elif name in _FLAG_METHODS:
        found.leaf(NumberOrigin.FLAG, node)
    elif name in _READ_OUT:
        found.leaf(NumberOrigin.ITEM, node, tensor_of(owner, scope, found)[0])
    elif name == "bit_length":
        found.steps[Step.POWER_OF_TWO] = None
        _number(owner, scope, found)
    elif name == "get" and node.args and isinstance(node.args[0], ast.Constant):
        # `config.get("BLOCK", 64)`
        found.leaf(NumberOrigin.ATTRIBUTE, node, found.text.one_line(owner, 40))
        found.names[str(node.args[0].value)] = None
    else:
        return False
    return True


def _product(shape: ast.AST, node: ast.AST, scope: Scope, found: Trail) -> None:
    """`math.prod(x.shape[:-1])`"""
    origin = NumberOrigin.NUMEL
    while isinstance(shape, ast.Subscript):
        if not (isinstance(shape.slice, ast.Slice) and shape.slice.lower is None):
            # The last sizes are mostly those of the model.
            origin = NumberOrigin.SHAPE
        shape = shape.value
    owner = shape.func.value if isinstance(shape, ast.Call) else getattr(shape, "value", shape)  # type: ignore[attr-defined]
    of, whose, note = tensor_of(owner, scope, found)
    found.leaf(origin, node, of, function=whose, note=note)

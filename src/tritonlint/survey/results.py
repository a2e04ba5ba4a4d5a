"""The number that a call returns, from what is known about its function."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from tritonlint.survey.constants import integer, is_constant
from tritonlint.survey.evidence import is_shape
from tritonlint.survey.facts.values import NumberOrigin, Step
from tritonlint.survey.nodes import chain, last_name
from tritonlint.survey.scopes import ClassName, Imported, Scope
from tritonlint.survey.tensors import dimension, is_made_of_constants, size_product, tensor_of
from tritonlint.survey.trail import Part, Trail

#: Functions that divide and round up.
CEILING_DIVISIONS = frozenset({"cdiv", "ceil_div", "ceildiv", "div_up"})
_POWERS = frozenset({"next_power_of_2", "next_pow2", "next_pow_2", "next_power_of_two"})
#: Functions that only change the type of a number, or select one of several.
_THROUGH = frozenset({"int", "ceil", "floor", "max", "abs", "sum", "float", "index"})
_PRODUCTS = frozenset({"prod", "reduce"})
#: Parts of names of functions that map many values to few.
_BUCKETS = ("bucket", "round", "align", "pow", "pad", "closest", "clamp", "cap")
_READ_OUT = frozenset({"item", "max", "min", "sum", "tolist", "amax", "amin", "argmax"})
_FLAG_METHODS = frozenset(
    {"dim", "ndimension", "element_size", "is_contiguous", "is_floating_point", "data_ptr"}
    | {"get_device", "storage_offset", "startswith", "endswith", "isdigit"}
)
_FLAG_FUNCTIONS = frozenset({"bool", "isinstance", "hasattr", "callable", "type"})


def result(node: ast.Call, scope: Scope, found: Trail) -> Sequence[Part]:
    """Note what a call returns; the numbers that it is computed from are read next."""
    dotted = chain(node.func)
    name = last_name(dotted) if dotted is not None else getattr(node.func, "attr", "")
    if isinstance(node.func, ast.Attribute):
        parts = _method(node, node.func, scope, found)
        if parts is not None:
            return parts
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    several = [(argument, scope) for argument in arguments]
    if name == "len" and len(node.args) == 1:
        of, function, note = tensor_of(node.args[0], scope, found)
        found.leaf(NumberOrigin.LENGTH, node, of, 0, function=function, note=note)
    elif name in _PRODUCTS and node.args and is_shape(node.args[-1]):
        size_product(node.args[-1], node, scope, found)
    elif name in CEILING_DIVISIONS:
        found.steps[Step.CEIL_DIV] = None
        return several
    elif name in _POWERS:
        found.steps[Step.POWER_OF_TWO] = None
        return several
    elif name == "min" and len(node.args) > 1:
        of_constant = any(is_constant(argument, scope) for argument in node.args)
        found.steps[Step.CAPPED if of_constant else Step.LEAST] = None
        return several
    elif name in _THROUGH:
        return several
    elif name in _FLAG_FUNCTIONS:
        found.leaf(NumberOrigin.FLAG, node)
    elif any(part in name.lower() for part in _BUCKETS):
        found.steps[Step.BUCKET] = None
        return several
    else:
        found.leaf(NumberOrigin.OTHER, node)
    return ()


def _method(
    node: ast.Call, function: ast.Attribute, scope: Scope, found: Trail
) -> Sequence[Part] | None:
    """Do the same for a method of a tensor; return None for any other call."""
    name, owner = function.attr, function.value
    if any(isinstance(b, (Imported, ClassName)) for b in scope.bound_to(function)):
        return None
    if name in ("size", "stride") and len(node.args) <= 1:
        index = integer(node.args[0]) if node.args else None
        return dimension(function, scope, index, node, found)
    if name in ("numel", "nelement"):
        if is_shape(owner):
            size_product(owner, node, scope, found)
        elif is_made_of_constants(owner, scope):
            found.leaf(NumberOrigin.LITERAL, node)
        else:
            of, whose, note = tensor_of(owner, scope, found)
            # `state[0].numel()` is the size of one tensor of many.
            whole = not isinstance(owner, ast.Subscript)
            origin = NumberOrigin.NUMEL if whole else NumberOrigin.OTHER
            found.leaf(origin, node, of, function=whose, note=note)
    elif name in _FLAG_METHODS:
        found.leaf(NumberOrigin.FLAG, node)
    elif name in _READ_OUT:
        tensor_of(owner, scope, found)
        found.leaf(NumberOrigin.ITEM, node)
    elif name == "bit_length":
        found.steps[Step.POWER_OF_TWO] = None
        return [(owner, scope)]
    elif name == "get" and node.args and isinstance(node.args[0], ast.Constant):
        # `config.get("BLOCK", 64)`
        found.leaf(NumberOrigin.ATTRIBUTE, node)
        found.names[str(node.args[0].value)] = None
    else:
        return None
    return ()

"""The Python that a kernel may consist of: an allowlist for its syntax tree.

Triton's front end evaluates the code that it gets: it looks up names and attributes, and calls what
it finds. So it only gets functions in which every part is of a kind that kernels need. `loader`
checks the names against Triton's language, and `frontend` the values while they are evaluated.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator


class NotAllowedError(Exception):
    """A function must not go to Triton; the message says what in it is not allowed."""


_NODES = (
    *(ast.FunctionDef, ast.arguments, ast.arg),
    *(ast.Return, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Pass, ast.Assert),
    *(ast.For, ast.While, ast.If, ast.Raise, ast.Break, ast.Continue),
    *(ast.BoolOp, ast.NamedExpr, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Compare),
    *(ast.Call, ast.keyword, ast.Starred, ast.Attribute, ast.Subscript, ast.Slice, ast.Name),
    *(ast.Constant, ast.Tuple, ast.List, ast.ListComp, ast.comprehension),
    *(ast.JoinedStr, ast.FormattedValue),
    *(ast.Load, ast.Store, ast.operator, ast.boolop, ast.unaryop, ast.cmpop),
)
_CONSTANTS = (bool, int, float, str, type(None), type(...))

#: The Python builtins that Triton knows in kernels, without those that access objects.
BUILTINS = frozenset({"float", "int", "isinstance", "len", "list", "max", "min", "print", "range"})

_ATTRIBUTES = """
T dtype numel shape type value
abs argmax argmin associative_scan broadcast_to cast cdiv ceil cos cumprod cumsum erf exp exp2
expand_dims flip floor gather histogram item log log2 logical_and logical_or max min permute
ravel reduce reduce_or reshape rsqrt sigmoid sin softmax sort split sqrt sqrt_rn squeeze sum
to topk trans unsqueeze view xor_sum
atomic_add atomic_and atomic_cas atomic_load atomic_max atomic_min atomic_or atomic_poll
atomic_store atomic_xchg atomic_xor

advance block_shape block_type load scatter store strides

address_space const element_ty exponent_bias fp_mantissa_width get_block_shapes
get_int_max_value get_int_min_value int_bitwidth int_signedness is_block is_bf16 is_bool
is_const is_floating is_fp16 is_fp32 is_fp64 is_fp8 is_fp8e4b15 is_fp8e4b8 is_fp8e4nv is_int
is_int1 is_int16 is_int32 is_int64 is_int8 is_int_signed is_int_unsigned is_ptr
is_standard_floating is_uint16 is_uint32 is_uint64 is_uint8 is_void itemsize name nbytes
primitive_bitwidth scalar with_element_ty

ALL NONE
"""
#: The public attributes and methods of values in kernels: of tensors and constants, of
#: descriptors and block pointers, of types, and of the ways to handle NaN.
ATTRIBUTES = frozenset(_ATTRIBUTES.split())

#: The largest kernels of public packages have 9,000 nodes, 20 levels, and 64-bit numbers.
MOST_NODES, _DEEPEST, _WIDEST, _LONGEST = 20_000, 100, 256, 1 << 16


def check_form(function: ast.FunctionDef) -> int:
    """Make sure that a function contains only what kernels need.

    Returns its number of nodes.

    Raises:
        NotAllowedError: it contains something else.
    """
    nodes = 0
    pending: list[tuple[ast.AST, int]] = [(function, 1)]
    while pending:
        node, depth = pending.pop()
        nodes += 1
        if nodes > MOST_NODES or depth > _DEEPEST:
            raise NotAllowedError(f"`{function.name}` is too large or too deeply nested")
        problem = _problem(node, function)
        if problem is not None:
            raise NotAllowedError(f"`{function.name}` {problem}")
        pending += [(child, depth + 1) for child in ast.iter_child_nodes(node)]
    return nodes


def _problem(node: ast.AST, function: ast.FunctionDef) -> str | None:
    if not isinstance(node, _NODES) or (isinstance(node, ast.FunctionDef) and node is not function):
        unknown = f"has a part that kernels do not have: {type(node).__name__}"
        return _UNKNOWN.get(type(node), unknown)
    match node:
        case ast.Constant():
            return _unfit(node.value)
        case ast.Attribute() if node.attr.startswith("__"):
            return f"uses the attribute `{node.attr}`"
        case ast.Name(id=name) | ast.arg(arg=name) if name.startswith("__"):
            return f"uses the name `{name}`"
        case ast.keyword(arg=None):
            return "passes ** arguments"
        case ast.keyword(arg=str() as name) if name.startswith("_"):
            return f"passes the argument `{name}`"
        case ast.arguments() if node.vararg or node.kwarg:
            return "takes * or ** parameters"
        case ast.FunctionDef() if getattr(node, "type_params", None):
            return "has type parameters"
    return None


_UNKNOWN = {
    ast.Import: "imports something",
    ast.ImportFrom: "imports something",
    ast.FunctionDef: "defines a function",
    ast.Lambda: "defines a function",
    ast.ClassDef: "defines a class",
    ast.With: "uses `with`",
    ast.Global: "uses `global`",
    ast.Nonlocal: "uses `nonlocal`",
    ast.Delete: "uses `del`",
    ast.Try: "uses `try`",
    ast.Match: "uses `match`",
    ast.Await: "uses `await`",
}


def _unfit(value: object) -> str | None:
    if not isinstance(value, _CONSTANTS):
        return f"has a {type(value).__name__} constant"
    if isinstance(value, int) and value.bit_length() > _WIDEST:
        return f"has a number of {value.bit_length()} bits"
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"has a text of {len(value)} characters"
    return None


def dotted_name(node: ast.AST) -> str | None:
    """`a.b.c` for a name or a chain of attributes on one."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return ".".join([node.id, *reversed(attributes)])
    return None


def chains(node: ast.AST) -> Iterator[str]:
    """Yield the longest dotted names in a tree: `a.b` of `a.b(c)`, and `c`."""
    pending = [node]
    while pending:
        part = pending.pop()
        text = dotted_name(part)
        if text is not None:
            yield text
        else:
            pending += ast.iter_child_nodes(part)


def local_names(function: ast.FunctionDef) -> set[str]:
    """Return the parameters and all names that the body assigns, even in code that never runs."""
    own = {part.arg for part in ast.walk(function.args) if isinstance(part, ast.arg)}
    stored = (part for part in ast.walk(function) if isinstance(part, ast.Name))
    return own | {part.id for part in stored if not isinstance(part.ctx, ast.Load)}

"""What kind of value a host expression has."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tritonlint.survey.facts.values import Evidence
from tritonlint.survey.nodes import chain, nodes_in
from tritonlint.survey.scopes import Argument, Assigned, Bound, FunctionName, Item, Scope, Unpacked

INTEGER_METHODS = frozenset(
    {"stride", "size", "numel", "dim", "nelement", "element_size", "data_ptr", "storage_offset"}
    | {"bit_length", "get_device", "__len__"}
)
_INTEGER_ATTRIBUTES = frozenset({"ndim", "itemsize"})
_SHAPES = frozenset({"shape", "strides"})
_CEILING_DIVISIONS = frozenset({"cdiv", "next_power_of_2", "ceil_div"})
INTEGER_FUNCTIONS = frozenset({"len", "int", "ord"}) | _CEILING_DIVISIONS
TENSOR_METHODS = frozenset(
    {"contiguous", "view", "reshape", "to", "float", "half", "bfloat16", "cuda", "transpose"}
    | {"permute", "flatten", "unsqueeze", "squeeze", "expand", "clone", "detach", "view_as"}
    | {"new_empty", "new_zeros", "new_full", "new_ones", "t", "narrow", "zero_", "fill_", "type"}
    | {
        "int",
        "long",
        "short",
        "double",
        "bool",
        "requires_grad_",
        "copy_",
        "expand_as",
        "unbind",
        "index_select",
        "gather",
        "cumsum",
    }
)
#: What has one of these is a tensor, or passes for one.
TENSOR_ATTRIBUTES = (
    _SHAPES | _INTEGER_ATTRIBUTES | INTEGER_METHODS | TENSOR_METHODS | {"dtype", "device"}
)
TENSOR_FACTORIES = frozenset(
    {"empty", "zeros", "ones", "full", "rand", "randn", "arange", "tensor", "empty_strided"}
    | {"empty_like", "zeros_like", "ones_like", "full_like", "rand_like", "randn_like"}
    | {"as_tensor", "from_numpy", "stack", "cat", "cumsum", "where", "randint", "randperm"}
    | {"broadcast_to", "sum", "empty_permuted", "as_strided", "linspace"}
)
_ANNOTATIONS = {
    "int": Evidence.INTEGER,
    "float": Evidence.FLOAT,
    "bool": Evidence.BOOLEAN,
    "Tensor": Evidence.TENSOR,
    "LongTensor": Evidence.TENSOR,
    "FloatTensor": Evidence.TENSOR,
    "None": Evidence.NONE,
}
_MAX_DEPTH = 10


def evidence(node: ast.AST | None, scope: Scope, depth: int = 0) -> Evidence:
    """Return what `node` is known to be; local names are traced back to their assignments."""
    if node is None or depth > _MAX_DEPTH:
        return Evidence.UNKNOWN
    match node:
        case ast.Constant():
            return _of_constant(node.value)
        case ast.UnaryOp():
            if isinstance(node.op, ast.Not):
                return Evidence.BOOLEAN
            operand = evidence(node.operand, scope, depth + 1)
            # `-True` and `~True` are integers.
            return Evidence.INTEGER if operand is Evidence.BOOLEAN else operand
        case ast.Compare():
            return _of_comparison(node, scope, depth)
        case ast.BoolOp():
            return agreed(evidence(v, scope, depth + 1) for v in node.values)
        case ast.IfExp():
            return agreed(evidence(n, scope, depth + 1) for n in (node.body, node.orelse))
        case ast.NamedExpr():
            return evidence(node.value, scope, depth + 1)
        case ast.BinOp():
            return _of_arithmetic(node, scope, depth)
        case ast.Call():
            return _of_call(node, scope, depth)
        case ast.Attribute():
            if node.attr in _INTEGER_ATTRIBUTES:
                return Evidence.INTEGER
            # `ctx.T` may also be a length.
            if node.attr in ("T", "mT", "grad"):
                return _only_tensor(evidence(node.value, scope, depth + 1))
            return Evidence.UNKNOWN
        case ast.Subscript():
            return _of_item(node.value, scope, depth, node.slice)
        case ast.Name():
            found = scope.lookup(node.id)
            if found is None:
                return Evidence.UNKNOWN
            home, bindings = found
            if node.id not in home.evidence:
                # A name that is assigned from itself (`n = n + 1`) keeps its kind.
                home.evidence[node.id] = Evidence.UNKNOWN
                home.evidence[node.id] = agreed(_of_bound(b, depth) for b in bindings)
            return home.evidence[node.id]
    return Evidence.UNKNOWN


def _of_constant(value: object) -> Evidence:
    if value is None:
        return Evidence.NONE
    for kind, found in (
        (bool, Evidence.BOOLEAN),
        (int, Evidence.INTEGER),
        (float, Evidence.FLOAT),
    ):
        if isinstance(value, kind):
            return found
    return Evidence.UNKNOWN


def _of_arithmetic(node: ast.BinOp, scope: Scope, depth: int) -> Evidence:
    sides = {evidence(node.left, scope, depth + 1), evidence(node.right, scope, depth + 1)}
    if Evidence.TENSOR in sides:
        return Evidence.TENSOR
    numbers = {Evidence.INTEGER, Evidence.BOOLEAN, Evidence.FLOAT}
    if not sides <= numbers:
        return Evidence.UNKNOWN
    if isinstance(node.op, ast.Div) or Evidence.FLOAT in sides:
        return Evidence.FLOAT
    if sides == {Evidence.BOOLEAN} and isinstance(node.op, (ast.BitAnd, ast.BitOr, ast.BitXor)):
        return Evidence.BOOLEAN
    # `2 ** -1` is a float.
    return Evidence.UNKNOWN if isinstance(node.op, ast.Pow) else Evidence.INTEGER


def _of_comparison(node: ast.Compare, scope: Scope, depth: int) -> Evidence:
    """A comparison of tensors is a tensor, except for identity and membership."""
    if any(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops):
        return Evidence.BOOLEAN
    sides = [node.left, *node.comparators]
    if any(isinstance(s, ast.Constant) and isinstance(s.value, str) for s in sides):
        return Evidence.BOOLEAN
    found = {evidence(side, scope, depth + 1) for side in sides}
    if Evidence.TENSOR in found:
        return Evidence.TENSOR
    return Evidence.UNKNOWN if Evidence.UNKNOWN in found else Evidence.BOOLEAN


def _of_call(node: ast.Call, scope: Scope, depth: int) -> Evidence:
    if isinstance(node.func, ast.Attribute):
        method = node.func.attr
        if method in ("stride", "size") and not node.args and not node.keywords:
            return Evidence.UNKNOWN
        if method in INTEGER_METHODS or method in _CEILING_DIVISIONS:
            return Evidence.INTEGER
        dotted = chain(node.func)
        if dotted and dotted[0] == "math" and method in ("floor", "ceil"):
            return Evidence.INTEGER
        if dotted and dotted[0] == "torch" and method in TENSOR_FACTORIES:
            return Evidence.TENSOR
        return Evidence.TENSOR if method in TENSOR_METHODS else Evidence.UNKNOWN
    if isinstance(node.func, ast.Name):
        name = node.func.id
        if name in INTEGER_FUNCTIONS:
            return Evidence.INTEGER
        if name in ("float", "bool"):
            return _ANNOTATIONS[name]
        if name in ("min", "max") and len(node.args) > 1:
            return agreed(evidence(a, scope, depth + 1) for a in node.args)
        match scope.lookup(name):
            case _, [FunctionName(_, ast.FunctionDef(decorator_list=[]) as function, inner)]:
                return _of_function(function, inner, depth)
    return Evidence.UNKNOWN


def _of_function(function: ast.FunctionDef, inner: Scope, depth: int) -> Evidence:
    """Return what a function returns: from its annotation, or from all of its returns."""
    if function.returns is not None:
        return of_annotation(function.returns)
    if depth > _MAX_DEPTH:
        return Evidence.UNKNOWN
    values = [part.value for part in nodes_in(function) if isinstance(part, ast.Return)]
    plain = [value for value in values if value is not None]
    if len(plain) < len(values) or any(map(_is_nested, nodes_in(function)[1:])):
        return Evidence.UNKNOWN
    return agreed(evidence(value, inner, depth + 1) for value in plain)


def _is_nested(node: ast.AST) -> bool:
    """Whether it is a nested function, whose returns are not counted, or a `yield`."""
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Yield, ast.YieldFrom))


def _of_bound(bound: Bound, depth: int) -> Evidence:
    match bound:
        case Assigned(node, scope):
            return evidence(node, scope, depth + 1)
        case Unpacked(node, scope, place):
            return _of_element(node, scope, depth, place)
        case Item(ast.Call(func=ast.Name(id="range"))):
            return Evidence.INTEGER
        case Argument(node):
            return of_annotation(node.annotation)
    return Evidence.UNKNOWN


def of_annotation(node: ast.AST | None) -> Evidence:
    """Return what an annotation says that a value is."""
    match node:
        case ast.Constant(value=str() as text):
            try:
                return of_annotation(ast.parse(text, mode="eval").body)
            except (SyntaxError, ValueError, RecursionError):
                return Evidence.UNKNOWN
        case ast.Constant(value=None):
            return Evidence.NONE
        case ast.Name():
            return _ANNOTATIONS.get(node.id, Evidence.UNKNOWN)
        case ast.Attribute():
            return _ANNOTATIONS.get(node.attr, Evidence.UNKNOWN)
        case ast.BinOp(op=ast.BitOr()):
            return agreed(of_annotation(n) for n in (node.left, node.right))
        case ast.Subscript(value=ast.Name(id="Optional") | ast.Attribute(attr="Optional")):
            return of_annotation(node.slice)
    return Evidence.UNKNOWN


def is_shape(node: ast.AST) -> bool:
    """`x.shape`, `x.size()`, `x.stride()`: tuples of integers."""
    if isinstance(node, ast.Attribute):
        return node.attr in _SHAPES
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("size", "stride") and not node.args
    return isinstance(node, ast.Subscript) and is_shape(node.value)


def _of_element(node: ast.AST, scope: Scope, depth: int, place: int | None) -> Evidence:
    """Return the kind of one element of an iterable; the place None stands for any."""
    if is_shape(node):
        return Evidence.INTEGER
    if isinstance(node, (ast.Tuple, ast.List)):
        plain = not any(isinstance(e, ast.Starred) for e in node.elts)
        if plain and place is not None and place < len(node.elts):
            return evidence(node.elts[place], scope, depth + 1)
        return agreed(
            _of_element(e.value, scope, depth + 1, None)
            if isinstance(e, ast.Starred)
            else evidence(e, scope, depth + 1)
            for e in node.elts
        )
    if isinstance(node, ast.Name):
        return _of_item(node, scope, depth, None)
    return Evidence.UNKNOWN


def _of_item(node: ast.AST, scope: Scope, depth: int, index: ast.AST | None) -> Evidence:
    """`node[index]`."""
    if is_shape(node) and not isinstance(index, ast.Slice):
        return Evidence.INTEGER
    if isinstance(node, ast.Name) and depth <= _MAX_DEPTH:
        found = scope.lookup(node.id)
        if found is not None:
            home, bindings = found
            values = [b for b in bindings if isinstance(b, Assigned)]
            if values and len(values) == len(bindings):
                key = f"{node.id}[{':' if isinstance(index, ast.Slice) else ''}]"
                if key not in home.evidence:
                    home.evidence[key] = Evidence.UNKNOWN
                    home.evidence[key] = agreed(
                        _of_item(value.node, value.scope, depth + 1, index) for value in values
                    )
                return home.evidence[key]
    return _only_tensor(evidence(node, scope, depth + 1))


def _only_tensor(whole: Evidence) -> Evidence:
    """Part of a tensor is a tensor; about parts of anything else, nothing is known."""
    return Evidence.TENSOR if whole is Evidence.TENSOR else Evidence.UNKNOWN


def agreed(found: Iterable[Evidence]) -> Evidence:
    """Return the one kind that all pieces of evidence agree on.

    None is neutral: an optional argument counts as the kind that it has when it is given.
    """
    kinds = set(found)
    if len(kinds) > 1:
        kinds.discard(Evidence.NONE)
    return kinds.pop() if len(kinds) == 1 else Evidence.UNKNOWN

"""Which special methods Python calls for an expression (reference, section 3.3)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.MatMult: "matmul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
}
_UNARY: dict[type[ast.unaryop], tuple[str, ...]] = {
    ast.UAdd: ("pos",),
    ast.USub: ("neg",),
    ast.Invert: ("invert",),
    ast.Not: ("bool", "len"),
}
_COMPARED: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Eq: ("eq",),
    ast.NotEq: ("ne", "eq"),
    ast.Lt: ("lt", "gt"),
    ast.LtE: ("le", "ge"),
    ast.Gt: ("gt", "lt"),
    ast.GtE: ("ge", "le"),
    ast.In: ("contains", "iter", "eq"),
    ast.NotIn: ("contains", "iter", "eq"),
}
_TRUTH = ("bool", "len")
_FORMATTED = ("str", "repr")
_GONE_OVER = ("iter", "next", "getitem", "len")
_HASHED = ("hash", "eq")
_AS_FLOAT = ("float", "index")
_CALLED = {
    "int": ("int", "index", "trunc"),
    "float": _AS_FLOAT,
    "bool": _TRUTH,
    "len": ("len",),
    "abs": ("abs",),
    "round": ("round",),
    "str": ("str", "repr"),
    "repr": ("repr",),
    "divmod": ("divmod", "rdivmod"),
    "pow": ("pow", "rpow"),
    "range": ("index",),
    "min": ("lt", "gt", *_GONE_OVER),
    "max": ("lt", "gt", *_GONE_OVER),
    "sorted": ("lt", "gt", *_GONE_OVER),
    "sum": ("add", "radd", *_GONE_OVER),
    "any": (*_TRUTH, *_GONE_OVER),
    "all": (*_TRUTH, *_GONE_OVER),
    "ceil": ("ceil",),
    "cdiv": ("add", "radd", "sub", "floordiv", "rfloordiv"),
    "next_power_of_2": ("sub",),
    **dict.fromkeys(("sqrt", "exp", "log", "log2"), _AS_FLOAT),
    "getattr": ("getattr", "getattribute"),
    "hasattr": ("getattr", "getattribute"),
    "isinstance": ("instancecheck",),
    **dict.fromkeys(("tuple", "list", "dict", "set", "zip", "enumerate", "prod"), _GONE_OVER),
}
#: All of them, as the names of methods. `{**x}` calls `keys`.
SPECIAL_METHODS = frozenset({"keys"}) | frozenset(
    f"__{name}__"
    for names in (
        _BINARY.values(),
        map("r{}".format, _BINARY.values()),
        *_UNARY.values(),
        *_COMPARED.values(),
        *_CALLED.values(),
        ("getitem", "missing", "format", "get"),
        _HASHED,
    )
    for name in names
)


def special_methods(node: ast.AST) -> Iterator[tuple[str, tuple[ast.expr, ...]]]:
    """Yield the special methods that evaluating `node` itself may call, and the operands."""
    match node:
        case ast.BinOp(left, operator, right):
            name = _BINARY[type(operator)]
            yield f"__{name}__", (left,)
            yield f"__r{name}__", (right,)
            if isinstance(operator, ast.Mod):
                # `"%s" % right`, `"%s %s" % (right, more)`
                yield from _each(_FORMATTED, *_elements(right))
        case ast.UnaryOp(operator, operand):
            yield from _each(_UNARY[type(operator)], operand)
        case ast.Compare(left, operators, others):
            operands = (left, *others)
            for index, compared in enumerate(operators):
                for name in _COMPARED.get(type(compared), ()):
                    yield f"__{name}__", operands[index : index + 2]
        case ast.BoolOp(_, values):
            yield from _each(_TRUTH, *values)
        case ast.IfExp(test, _, _):
            yield from _each(_TRUTH, test)
        case ast.comprehension(_, over, conditions, _):
            yield from _each(_GONE_OVER, over)
            yield from _each(_TRUTH, *conditions)
        case ast.Subscript(container, key, _):
            yield from _each(("getitem", "missing"), container)
            if not isinstance(key, ast.Slice):
                yield from _each(("index", *_HASHED), *_elements(key))
        case ast.Slice(lower, upper, step):
            yield from _each(("index",), *(part for part in (lower, upper, step) if part))
        case ast.Set(keys):
            yield from _each(_HASHED, *keys)
        case ast.Dict(names, values):
            yield from _each(_HASHED, *(name for name in names if name is not None))
            for value in (v for n, v in zip(names, values, strict=True) if n is None):
                yield "keys", (value,)
                yield from _each(("getitem",), value)
        case ast.FormattedValue(value, _, _):
            yield from _each(("format", *_FORMATTED), value)
        case ast.Call(ast.Name(function) | ast.Attribute(_, function), arguments, _):
            yield from _each(_CALLED.get(function, ()), *arguments)


def _elements(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def _each(
    names: tuple[str, ...], *operands: ast.expr
) -> Iterator[tuple[str, tuple[ast.expr, ...]]]:
    return ((f"__{name}__", operands) for name in names)

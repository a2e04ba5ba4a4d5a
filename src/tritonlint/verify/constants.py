"""Module-level constants as self-contained expressions: literals, arithmetic, `tl.constexpr`."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tritonlint.verify.sources import Sources

_CALLS = frozenset({"float", "int", "bool", "min", "max", "len", "tuple", "abs", "round"})
_MATH = frozenset({"pi", "e", "inf", "nan", "log", "log2", "sqrt", "exp", "ceil", "floor", "pow"})
_STRUCTURE = (
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Tuple,
    ast.List,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
    ast.expr_context,
)


class NotAConstantError(Exception):
    """An expression whose value is not in the source."""


def constant(node: ast.expr, path: Path, sources: Sources) -> str:
    """The expression with every name in it replaced by its value.

    What comes back mentions `tl`, `math` and a few builtins only, so that evaluating it runs
    nothing of the project.

    Raises:
        NotAConstantError: it depends on something else.
    """
    copy = ast.parse(ast.unparse(node), mode="eval").body
    return ast.unparse(_fold(copy, path, sources, depth=0))


def _fold(node: ast.expr, path: Path, sources: Sources, depth: int) -> ast.expr:
    if depth > 8:
        raise NotAConstantError
    if isinstance(node, ast.Constant):
        return node
    if isinstance(node, (ast.Name, ast.Attribute)):
        return _named(node, path, sources, depth)
    if isinstance(node, ast.Call):
        function = _named(node.func, path, sources, depth, called=True)
        if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            raise NotAConstantError
        arguments = [_fold(argument, path, sources, depth + 1) for argument in node.args]
        return ast.Call(function, arguments, [])
    if not isinstance(node, _STRUCTURE) or isinstance(getattr(node, "op", None), ast.Pow):
        raise NotAConstantError
    for name, child in ast.iter_fields(node):
        if isinstance(child, ast.expr):
            setattr(node, name, _fold(child, path, sources, depth + 1))
        elif isinstance(child, list) and child and isinstance(child[0], ast.expr):
            setattr(node, name, [_fold(c, path, sources, depth + 1) for c in child])
    return node


def _named(
    node: ast.expr, path: Path, sources: Sources, depth: int, called: bool = False
) -> ast.expr:
    from tritonlint.verify.extract import dotted_name

    dotted = dotted_name(node)
    if dotted is None:
        raise NotAConstantError
    if called and dotted in _CALLS:
        return node
    if dotted.startswith("math.") and dotted[5:] in _MATH:
        return node
    for target in sources.targets_in_module(path, dotted.split(".")):
        if isinstance(target, str):
            inside = target.removeprefix("triton.language.").removeprefix("core.")
            if inside.isidentifier() and (inside == "constexpr" or not called):
                return ast.parse(f"tl.{inside}", mode="eval").body
        elif isinstance(target, tuple) and not called:
            inner = ast.parse(ast.unparse(target[1]), mode="eval").body
            try:
                return _fold(inner, target[0], sources, depth + 1)
            except NotAConstantError:
                continue
    raise NotAConstantError

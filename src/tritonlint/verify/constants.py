"""Module-level constants as plain values: literals, arithmetic, `tl.constexpr`.

Only the operations in this file are evaluated, and each step is limited in size: a file may
describe a value that takes hours to compute, or all memory.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tritonlint.verify.guard import dotted_name
from tritonlint.verify.literals import LanguageName, NotALiteralError, Value, bounded

if TYPE_CHECKING:
    from tritonlint.verify.sources import Sources

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
_CALLS: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (float, int, bool, min, max, len, tuple, abs, round)
}
_MATH = frozenset({"pi", "e", "inf", "nan", "log", "log2", "sqrt", "exp", "ceil", "floor", "pow"})

#: No real constant takes more steps than this, and no real exponent or shift is larger.
_MOST_STEPS, _LARGEST_EXPONENT = 10_000, 256


class NotAConstantError(Exception):
    """The value of an expression is not in the source."""


class Constants:
    """Finds the values of constants, once for each name."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self._known: dict[tuple[Path, str], Value | NotAConstantError] = {}
        self._steps = 0

    def value(self, node: ast.expr, path: Path) -> Value:
        """Return the value of an expression of a file.

        Raises:
            NotAConstantError: it depends on something else, or is too large.
        """
        self._steps = 0
        try:
            return self._fold(node, path)
        except (NotALiteralError, ArithmeticError, ValueError, TypeError, RecursionError):
            raise NotAConstantError from None

    def _fold(self, node: ast.expr, path: Path) -> Value:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise NotAConstantError
        return bounded(self._folded(node, path))

    def _folded(self, node: ast.expr, path: Path) -> object:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name() | ast.Attribute():
                return self._named(node, path)
            case ast.Call(keywords=[]):
                return self._called(node, path)
            case ast.Tuple():
                return tuple(self._fold(element, path) for element in node.elts)
            case ast.List():
                return [self._fold(element, path) for element in node.elts]
            case ast.UnaryOp():
                return _OPERATORS[type(node.op)](self._fold(node.operand, path))
            case ast.BinOp() if type(node.op) in _OPERATORS:
                left, right = self._fold(node.left, path), self._fold(node.right, path)
                return _computed(node.op, left, right)
            case ast.BoolOp():
                return self._either(node, path)
            case ast.Compare() if all(type(op) in _OPERATORS for op in node.ops):
                return self._compared(node, path)
            case ast.IfExp():
                return self._fold(node.body if self._fold(node.test, path) else node.orelse, path)
        raise NotAConstantError

    def _either(self, node: ast.BoolOp, path: Path) -> Value:
        value: Value = None
        for operand in node.values:
            value = self._fold(operand, path)
            if bool(value) is isinstance(node.op, ast.Or):
                break
        return value

    def _compared(self, node: ast.Compare, path: Path) -> bool:
        values = [self._fold(side, path) for side in (node.left, *node.comparators)]
        pairs = zip(node.ops, values, values[1:], strict=False)
        return all(_OPERATORS[type(op)](left, right) for op, left, right in pairs)

    def _called(self, node: ast.Call, path: Path) -> object:
        arguments = [self._fold(argument, path) for argument in node.args]
        name = dotted_name(node.func) or ""
        if name in _CALLS and (name != "round" or len(arguments) == 1):
            return _CALLS[name](*arguments)
        if name.startswith("math.") and name[5:] in _MATH:
            return getattr(math, name[5:])(*arguments)
        for target in self.sources.targets_in_module(path, name.split(".")):
            if isinstance(target, str) and _inside(target) == "constexpr" and len(arguments) == 1:
                return arguments[0]
        raise NotAConstantError

    def _named(self, node: ast.expr, path: Path) -> Value:
        name = dotted_name(node)
        if name is None:
            raise NotAConstantError
        if name.startswith("math.") and name[5:] in _MATH:
            return bounded(getattr(math, name[5:]))
        key = path, name
        if key not in self._known:
            # A name that is needed for its own value has none.
            self._known[key] = NotAConstantError()
            try:
                self._known[key] = self._found(name, path)
            except NotAConstantError as error:
                self._known[key] = error
        value = self._known[key]
        if isinstance(value, NotAConstantError):
            raise NotAConstantError
        return value

    def _found(self, name: str, path: Path) -> Value:
        for target in self.sources.targets_in_module(path, name.split(".")):
            if isinstance(target, str) and (inside := _inside(target)).isidentifier():
                return LanguageName(inside)
            if isinstance(target, tuple):
                try:
                    return self._fold(target[1], target[0])
                except (NotAConstantError, NotALiteralError, ArithmeticError, TypeError):
                    continue
        raise NotAConstantError


def _inside(target: str) -> str:
    """Return the name in `triton.language` that an expression stands for; "" for anything else."""
    if not target.startswith("triton.language."):
        return ""
    return target.removeprefix("triton.language.").removeprefix("core.")


def _computed(op: ast.operator, left: Value, right: Value) -> object:
    """Return the result of an operator, unless it may be large or is not arithmetic."""
    if not all(isinstance(side, (int, float)) for side in (left, right)):
        # Texts and sequences can be added; a product could be of any size.
        joined = type(left) is type(right) and isinstance(left, Sequence)
        if not (joined and isinstance(op, ast.Add)):
            raise NotAConstantError
    if isinstance(op, (ast.LShift, ast.Pow)):
        assert isinstance(right, (int, float))
        if abs(right) > _LARGEST_EXPONENT:
            raise NotAConstantError
    return _OPERATORS[type(op)](left, right)

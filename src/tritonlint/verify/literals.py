"""Values that are exchanged as text: literals, sequences of them, and names of Triton's language.

A constant of a project, a default value or a tried argument can be nothing else. `read` accepts no
other text, and evaluates nothing.
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from typing import TypeAlias


class NotALiteralError(Exception):
    """A text or a value is not a literal."""


@dataclass(frozen=True)
class LanguageName:
    """Something of `triton.language`, by its name there."""

    name: str


Value: TypeAlias = (
    "bool | int | float | str | LanguageName | tuple[Value, ...] | list[Value] | None"
)

_LONGEST_TEXT, _WIDEST_NUMBER, _MOST_ITEMS = 10_000, 256, 1_000


def bounded(value: object) -> Value:
    """Return the value itself, if it is one of these and small.

    Raises:
        NotALiteralError: it is something else, or too large.
    """
    match value:
        case bool() | None | LanguageName() | float():
            return value
        case int() if value.bit_length() <= _WIDEST_NUMBER:
            return value
        case str() if len(value) <= _LONGEST_TEXT:
            return value
        case tuple() | list() if len(value) <= _MOST_ITEMS:
            return type(value)(bounded(item) for item in value)
    raise NotALiteralError


def write(value: Value) -> str:
    """Return the text from which `read` makes the value again."""
    match value:
        case LanguageName(name):
            return f"tl.{name}"
        case tuple():
            return f"({''.join(f'{write(item)}, ' for item in value)})"
        case list():
            return f"[{', '.join(map(write, value))}]"
        case float() if math.isnan(value):
            return "nan"
        case float() if math.isinf(value):
            return "inf" if value > 0 else "-inf"
    return repr(value)


def read(text: str) -> Value:
    """Return the value of a text.

    Raises:
        NotALiteralError: it is not a literal, a sequence of literals or `tl.` and a name.
    """
    if len(text) > 10 * _LONGEST_TEXT:
        raise NotALiteralError
    try:
        return bounded(_value(ast.parse(text, mode="eval").body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise NotALiteralError from None


def _value(node: ast.expr) -> Value:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            number = _value(operand)
            if isinstance(number, (int, float)):
                return -number
        case ast.Tuple():
            return tuple(map(_value, node.elts))
        case ast.List():
            return [_value(element) for element in node.elts]
        case ast.Name(id="nan" | "inf" as name):
            return float(name)
        case ast.Attribute(value=ast.Name(id="tl"), attr=name):
            return LanguageName(name)
    raise NotALiteralError

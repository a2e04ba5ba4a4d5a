"""Strings that an expression may have as its value, also those that are put together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from tritonlint.survey.scopes import Assigned, Scope

_MAX_DEPTH = 8
_PERCENT = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]|%\(\w+\)[a-zA-Z]")
_BRACES = re.compile(r"\{[^{}]*\}")


class Spelling(NamedTuple):
    """A string; with `partial`, its literal parts, and "*" in the place of each of the others."""

    text: str
    partial: bool


def spellings(node: ast.AST, scope: Scope, depth: int = 0) -> Iterator[Spelling | None]:
    """The strings that an expression may be; None where it may be any."""
    match node:
        case ast.Constant(str() as text):
            yield Spelling(text, partial=False)
        case ast.Constant():
            # A number is no name.
            return
        case ast.JoinedStr(values):
            yield _joined([_part(value, scope, depth) for value in values])
        case ast.BinOp(left, ast.Add(), right):
            for first in spellings(left, scope, depth + 1):
                for second in spellings(right, scope, depth + 1):
                    both = _joined([first, second])
                    yield both if both.text != "**" else None
        case ast.BinOp(ast.Constant(str() as text), ast.Mod()):
            yield Spelling(_PERCENT.sub("*", text), partial=True)
        case ast.Call(func=ast.Attribute(ast.Constant(str() as text), "format")):
            yield Spelling(_BRACES.sub("*", text), partial=True)
        case ast.IfExp(_, body, orelse):
            yield from spellings(body, scope, depth + 1)
            yield from spellings(orelse, scope, depth + 1)
        case ast.Name(name) if depth < _MAX_DEPTH:
            found = scope.lookup(name)
            assigned = [b for b in found[1] if isinstance(b, Assigned)] if found else []
            if found is None or len(assigned) < len(found[1]):
                yield None
            for value in assigned:
                yield from spellings(value.node, value.scope, depth + 1)
        case _:
            yield None


def _part(node: ast.AST, scope: Scope, depth: int) -> Spelling | None:
    """A part of an f-string, where it can only be one string."""
    if isinstance(node, ast.FormattedValue):
        if node.format_spec is not None or node.conversion not in (-1, ord("s")):
            return None
        node = node.value
    found = list(spellings(node, scope, depth + 1))
    return found[0] if len(found) == 1 else None


def _joined(parts: list[Spelling | None]) -> Spelling:
    text = "".join(part.text if part is not None else "*" for part in parts)
    return Spelling(text, partial=any(part is None or part.partial for part in parts))


def matches(pattern: str, name: str) -> bool:
    """Whether a string of which the literal parts are known may be a name."""
    parts = [re.escape(part) for part in pattern.split("*")]
    return re.fullmatch(".*".join(parts), name, re.DOTALL) is not None

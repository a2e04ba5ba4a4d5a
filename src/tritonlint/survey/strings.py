"""The strings that an expression may evaluate to, also those that code builds from parts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeGuard

from tritonlint.survey.nodes import final_name
from tritonlint.survey.scopes import Assigned, Scope

_MAX_DEPTH = 8
#: Of a longer sum, only this many letters at its end are kept.
_LONGEST = 4000
#: If a sum has more possible values than this, the next part counts as any string.
_MOST = 256
_PERCENT = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[a-zA-Z]|%\(\w+\)[a-zA-Z]")
_BRACES = re.compile(r"\{[^{}]*\}")
_DOLLAR = re.compile(r"\$(?:\w+|\{\w+\})")


class Spelling(NamedTuple):
    """A string; if `partial`, only its literal parts, with "*" for each of the others."""

    text: str
    partial: bool


def spellings(node: ast.AST, scope: Scope, depth: int = 0) -> Iterator[Spelling | None]:
    """Yield the strings that an expression may be; None if it may be any string."""
    match node:
        case ast.Constant(str() as text):
            yield Spelling(text, partial=False)
        case ast.Constant(number):
            yield Spelling(str(number), partial=False)
        case ast.JoinedStr(values):
            yield _joined([_part(value, scope, depth) for value in values])
        case _ if is_sum(node):
            *_, (_, found) = of_sum(node, scope, depth)
            yield from found
        case ast.BinOp(template, ast.Mod()):
            for each in spellings(template, scope, depth + 1):
                yield each and Spelling(_PERCENT.sub("*", each.text), partial=True)
        case ast.Call(
            ast.Attribute(ast.Constant(str() as between), "join"),
            [ast.List(elements) | ast.Tuple(elements)],
        ) if not any(isinstance(element, ast.Starred) for element in elements):
            parts = [_part(element, scope, depth) for element in elements]
            seams: list[Spelling | None] = [Spelling(between, partial=False)] * len(parts)
            yield _joined([each for pair in zip(seams, parts, strict=True) for each in pair][1:])
        case ast.Call(func=ast.Attribute(template, "format")):
            for each in spellings(template, scope, depth + 1):
                yield each and Spelling(_formatted(each.text), partial=True)
        case ast.Call(func, [ast.Constant(str() as text)]) if final_name(func) == "Template":
            yield Spelling(_DOLLAR.sub("*", text), partial=True)
        case ast.IfExp():
            while isinstance(node, ast.IfExp):
                depth += 1
                yield from spellings(node.body, scope, depth)
                node = node.orelse
            yield from spellings(node, scope, depth)
        case ast.Name(name) if depth < _MAX_DEPTH:
            bound = scope.lookup(name)
            assigned = [b for b in bound[1] if isinstance(b, Assigned)] if bound else []
            if bound is None or len(assigned) < len(bound[1]):
                yield None
            for value in assigned:
                yield from spellings(value.node, value.scope, depth + 1)
        case _:
            yield None


def template(text: str) -> Spelling:
    """Return what code may make of a string by `%` or `format`."""
    return Spelling(_formatted(_PERCENT.sub("*", text)), partial=True)


def _formatted(template: str) -> str:
    """Return a template of `format` with "*" for each field, also for those in others."""
    before = ""
    while template != before:
        before, template = template, _BRACES.sub("*", template)
    return template


def is_sum(node: ast.AST) -> TypeGuard[ast.BinOp]:
    """Whether an expression is `a + b`."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)


def sums_in(node: ast.AST) -> list[ast.BinOp]:
    """Return a sum and those that it begins with, longest first: `a + b + c`, `a + b`."""
    found = []
    while is_sum(node):
        found.append(node)
        node = node.left
    return found


def of_sum(
    node: ast.BinOp, scope: Scope, depth: int = 0
) -> Iterator[tuple[ast.AST, list[Spelling | None]]]:
    """Yield what a sum begins with, and the sum itself, each with the strings that it may be.

    Some files have a sum of thousands of parts.
    """
    sums = sums_in(node)
    level = depth + len(sums)
    found = [*spellings(sums[-1].left, scope, level)]
    for each in reversed(sums):
        more: list[Spelling | None] = [*spellings(each.right, scope, level)]
        level -= 1
        if len(found) * len(more) > _MOST:
            more = [None]
        found = [_behind(_joined([first, second])) for first in found for second in more]
        yield each, found


def _behind(spelling: Spelling) -> Spelling | None:
    """Return a string of which only the end matters, without all of what is before that."""
    text, partial = spelling
    if len(text) > _LONGEST:
        text, partial = f"*{text[-_LONGEST:]}", True
    text = text.replace("**", "*")
    return None if text == "*" else Spelling(text, partial)


def _part(node: ast.AST, scope: Scope, depth: int) -> Spelling | None:
    """Return the strings of one part of an f-string, if only certain strings are possible."""
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
    """Whether a string with known literal parts may be a name."""
    first, *others = pattern.split("*")
    if not others:
        return first == name
    last = others.pop()
    if not (name.startswith(first) and name.endswith(last)):
        return False
    place, end = len(first), len(name) - len(last)
    for part in others:
        place = name.find(part, place, end)
        if place < 0:
            return False
        place += len(part)
    return place <= end


def strings_of(value: ast.expr | None, each: bool) -> tuple[str, ...] | None:
    """Return the strings that a literal is, or holds if `each`; None if it is anything else."""
    match value:
        case ast.Constant(str(text)) if not each:
            return (text,)
        case ast.Constant(None) if not each:
            return ()
        case ast.List(elements) | ast.Tuple(elements) | ast.Set(elements) if each:
            texts = [e.value for e in elements if isinstance(e, ast.Constant)]
            found = tuple(text for text in texts if isinstance(text, str))
            return found if len(found) == len(elements) else None
        case _:
            return None

"""How many elements a tuple has, if every value that an expression may have shows the same."""

from __future__ import annotations

import ast

from tritonlint.survey.constants import bounds, integer
from tritonlint.survey.scopes import Assigned, Scope

_MAX_DEPTH = 6
#: No kernel has more parameters, and a product may be of any size.
_MOST = 1000


def tuple_length(node: ast.expr, scope: Scope, depth: int = 0) -> int | None:
    """Return the length of a tuple; None of a list, which other code may change."""
    if depth > _MAX_DEPTH:
        return None
    match node:
        case ast.Tuple(elements):
            lengths = [
                tuple_length(e.value, scope, depth + 1) if isinstance(e, ast.Starred) else 1
                for e in elements
            ]
            return _sum(lengths)
        case ast.IfExp(_, body, orelse):
            return _same([tuple_length(part, scope, depth + 1) for part in (body, orelse)])
        case ast.BinOp(left, ast.Add(), right):
            return _sum([tuple_length(part, scope, depth + 1) for part in (left, right)])
        case ast.BinOp(left, ast.Mult(), right):
            length, times = tuple_length(left, scope, depth + 1), integer(right)
            if length is None or times is None or not 0 <= length * times <= _MOST:
                return None
            return length * times
        case ast.Subscript(value, index):
            part, length = bounds(index), tuple_length(value, scope, depth + 1)
            return len(range(length)[slice(*part)]) if part and length is not None else None
        case ast.Name(name):
            home, values = scope.lookup(name) or (scope, [])
            found = [b for b in values if isinstance(b, Assigned)]
            # Other files may give a module's variable another value.
            if home.kind != "function" or len(found) < len(values):
                return None
            return _same([tuple_length(b.node, b.scope, depth + 1) for b in found])
    return None


def _sum(lengths: list[int | None]) -> int | None:
    known = [length for length in lengths if length is not None]
    return sum(known) if len(known) == len(lengths) else None


def _same(lengths: list[int | None]) -> int | None:
    return lengths[0] if len(set(lengths)) == 1 else None

"""The names of a function that only hold what it makes itself."""

from __future__ import annotations

import ast
from collections import Counter

from tritonlint.survey.nodes import FunctionNode, nodes_in


def own_values(function: FunctionNode) -> set[str]:
    """Return the names that only ever hold numbers and lists that the function makes."""
    fresh: Counter[str] = Counter()
    stores: Counter[str] = Counter()
    for part in nodes_in(function):
        match part:
            case (
                ast.Assign([ast.Name(name)], ast.List() | ast.ListComp() | ast.Constant())
                | ast.AnnAssign(ast.Name(name), _, ast.List() | ast.ListComp() | ast.Constant())
                | ast.AugAssign(ast.Name(name))
            ):
                fresh[name] += 1
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            stores[part.id] += 1
    given = {part.arg for part in nodes_in(function) if isinstance(part, ast.arg)}
    return {name for name, count in fresh.items() if stores[name] == count} - given


def own_lists(function: FunctionNode) -> set[str]:
    """Return the names that hold a list which the function makes, and maybe others."""
    found: set[str] = set()
    for part in nodes_in(function):
        match part:
            case ast.Assign([ast.Name(name)], ast.List() | ast.ListComp()) | ast.AnnAssign(
                ast.Name(name), _, ast.List() | ast.ListComp()
            ):
                found.add(name)
    return found

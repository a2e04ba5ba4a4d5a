"""Dictionary literals, as facts."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tritonlint.survey.facts.lookups import Table
from tritonlint.survey.nodes import chain
from tritonlint.survey.text import Text


def table(text: Text, node: ast.expr, items: Iterable[tuple[str, ast.expr]]) -> Table:
    """Return a dictionary and its items as facts."""
    items = tuple(items)
    return Table(
        text.span(node),
        tuple((key, text.span(value)) for key, value in items),
        tuple((key, text.one_line(v)) for key, v in items if isinstance(v, ast.Constant)),
    )


def dictionary_items(node: ast.expr) -> list[tuple[str, ast.expr]] | None:
    """Return the items of a dictionary literal or `dict(a=1)`; None if some keys are not seen."""
    if isinstance(node, ast.Dict):
        if not all(isinstance(key, ast.Constant) for key in node.keys):
            return None
        pairs = zip(node.keys, node.values, strict=True)
        return [
            (k.value, v)
            for k, v in pairs
            if isinstance(k, ast.Constant) and isinstance(k.value, str)
        ]
    if isinstance(node, ast.Call) and chain(node.func) == ("dict", ()) and not node.args:
        if any(keyword.arg is None for keyword in node.keywords):
            return None
        return [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]
    return None

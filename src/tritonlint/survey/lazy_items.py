"""Variables of which an item, or an attribute, comes to be when it is asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tritonlint.survey.nodes import chain, final_name, last_name

#: Stands for the items of a `defaultdict` under a name that is not known.
MAKES_ITEMS = "defaultdict"
_WRITES_ITEMS = frozenset({"defaultdict", "Counter"})


def items_with_effects(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    """Names of variables whose items come to be when they are asked for, and of properties."""
    value = node.value
    function = final_name(value.func) if isinstance(value, ast.Call) else ""
    if not (function in _WRITES_ITEMS or function.endswith("property")):
        return
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        name = chain(target)
        if name is not None:
            yield last_name(name)

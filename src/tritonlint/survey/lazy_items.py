"""Variables of which an item, or an attribute, comes to be when it is asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tritonlint.survey.nodes import chain, final_name, last_name, nodes_in

#: Stands for the items of a `defaultdict` under a name that is not known.
MAKES_ITEMS = "defaultdict"
#: The same, where making an item does more than to add it: `defaultdict(next_id)`.
MAKES_WITH_EFFECT = "defaultdict with a function"
#: A call that may be such a one, in the text of a file.
MAY_MAKE = rb"\bdefaultdict\((?!\s*(?:list|dict|set|int|float|str|bool|tuple|[A-Z]\w*)?\s*[,)])"
_BUILT_IN = frozenset(
    {"list", "dict", "set", "int", "float", "str", "bool", "tuple", "defaultdict"}
)
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


def makes_with_effect(node: ast.Call) -> bool:
    """Whether a call makes a `defaultdict` with a function that may have an effect.

    A class has none, and neither has a lambda that calls nothing else.
    """
    if final_name(node.func) != "defaultdict" or not node.args:
        return False
    match node.args[0]:
        case ast.Lambda(body=made):
            calls = (part.func for part in nodes_in(made) if isinstance(part, ast.Call))
            return not all(map(_only_makes, calls))
        case made:
            return not (_only_makes(made) or isinstance(made, ast.Constant))


def _only_makes(function: ast.expr) -> bool:
    name = final_name(function)
    return name in _BUILT_IN or name.lstrip("_")[:1].isupper()

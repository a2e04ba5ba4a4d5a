"""How a file uses its own names: whether each use of one is understood."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from tritonlint.survey.living import Life, Living
from tritonlint.survey.nodes import nodes_in


class FileNames:
    """Tracks which loads of a file's names are understood.

    Args:
        applied: the decorators that calls apply, which are not above a definition.
    """

    def __init__(self, tree: ast.Module, applied: Iterable[ast.expr] = ()) -> None:
        self._tree = tree
        self._applied = tuple(dict.fromkeys(applied))
        self._accounted: dict[str, set[ast.AST]] = {}
        self.living = Living(tree)
        #: By name, where the values live that are read; None for one that may live anywhere.
        self._lives: dict[str, set[Life | None]] = {}

    @cached_property
    def _nodes(self) -> list[ast.AST]:
        return nodes_in(self._tree)

    @cached_property
    def _loads(self) -> Counter[str]:
        return Counter(
            part.id
            for part in self._nodes
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
        )

    @cached_property
    def _unpacked(self) -> Counter[str]:
        return Counter(
            keyword.value.id
            for call in self._nodes
            if isinstance(call, ast.Call)
            for keyword in call.keywords
            if keyword.arg is None and isinstance(keyword.value, ast.Name)
        )

    def is_only_unpacked(self, name: str) -> bool:
        """Whether the file does nothing with a dictionary but pass it as `**name`."""
        return self._loads[name] == self._unpacked[name]

    @cached_property
    def _in_decorators(self) -> Counter[str]:
        above = (
            decorator
            for function in self._nodes
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
            for decorator in function.decorator_list
        )
        return Counter(
            value.id
            for call in (*above, *self._applied)
            if isinstance(call, ast.Call)
            for value in (*call.args, *(keyword.value for keyword in call.keywords))
            if isinstance(value, ast.Name)
        )

    def is_only_in_decorators(self, name: str) -> bool:
        """Whether the file does nothing with a value but give it to decorators, as it is."""
        return self._loads[name] == self._in_decorators[name]

    @cached_property
    def may_set_hooks(self) -> bool:
        """Whether anything in the file may give a config a `pre_hook`."""
        keywords = {
            keyword.arg
            for call in self._nodes
            if isinstance(call, ast.Call)
            for keyword in call.keywords
        }
        return "pre_hook" in keywords or bool(self._unpacked)

    def account(self, name: str, node: ast.AST, life: Life | None = None) -> None:
        """Note a load that is understood, and where the value that it has lives."""
        self._accounted.setdefault(name, set()).add(node)
        self._lives.setdefault(name, set()).add(life)

    def are_all_accounted(self, name: str) -> bool:
        """Whether every load of a name is understood, but for those of other values."""
        accounted = self._accounted.get(name, set())
        if self._loads[name] == len(accounted):
            return True
        known = self._lives.get(name, set())
        lives = {life for life in known if life is not None}
        if not lives or None in known:
            return False
        others = self.living.elsewhere(name, lives) - accounted
        loads = [node for node in others if isinstance(node.ctx, ast.Load)]
        return self._loads[name] == len(accounted) + len(loads)

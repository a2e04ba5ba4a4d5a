"""Where in a module's own code a variable has the value that one place reads.

After `configs = []` at the top level of a file, what decorators above it have read is another list.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import NamedTuple

from tritonlint.survey.nodes import children
from tritonlint.survey.scopes import Assigned, Bound, Scope


class Life(NamedTuple):
    """The statements of a module, by number, in which a variable has the value read in one.

    Attributes:
        start: the one that gives it the value; -1 if it is not seen.
        reads: the one that reads it.
        end: the one that gives it another value; that may still read the old one.
    """

    start: int
    reads: int
    end: int


class Living:
    """Follows the variables of a module through its statements."""

    def __init__(self, tree: ast.Module) -> None:
        self._body = tree.body

    @cached_property
    def _starts(self) -> list[tuple[int, int]]:
        # A decorator is above its function.
        firsts = [min([s, *getattr(s, "decorator_list", ())], key=_place) for s in self._body]
        return [_place(first) for first in firsts]

    @cached_property
    def _assigned(self) -> dict[str, list[int]]:
        """The numbers of the statements that do nothing but give a variable a value."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for number, statement in enumerate(self._body):
            match statement:
                case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name), _, ast.expr()):
                    found[name].append(number)
        return found

    def _number(self, node: ast.expr) -> int:
        return bisect_right(self._starts, _place(node)) - 1

    def of(self, name: str, node: ast.expr) -> Life:
        """Return where a variable has the value that the module's own code reads at a node."""
        reads = self._number(node)
        numbers = self._assigned.get(name, [])
        start = max((n for n in numbers if n < reads), default=-1)
        return Life(start, reads, min((n for n in numbers if n >= reads), default=len(self._body)))

    def may_give(self, bound: Bound, home: Scope, life: Life) -> bool:
        """Whether the variable may have a value, which is not of another time, in a life."""
        if not isinstance(bound, Assigned) or bound.scope is not home:
            return True
        number = self._number(bound.node)
        return life.start <= number < life.reads or number == life.reads != life.end

    def elsewhere(self, name: str, lives: Collection[Life]) -> set[ast.Name]:
        """Return the mentions of a variable that certainly mean another value."""
        return {
            node
            for number, statement in enumerate(self._body)
            if not any(life.start <= number <= life.end for life in lives)
            for node in _run_with(statement)
            if isinstance(node, ast.Name) and node.id == name
        }


def _run_with(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield parts of a statement that run with it, and at no other time."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            pending += node.decorator_list
        elif not isinstance(node, (ast.Lambda, ast.GeneratorExp)):
            pending += children(node)


def _place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)

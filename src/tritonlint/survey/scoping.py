"""Whether Triton still finds a name in a kernel after its parameter is removed.

Triton scopes names by blocks (`triton/compiler/code_generator.py`, `visit_if_scf`, `visit_For`): a
name that is new in one arm of an `if`, or in the body of a loop, is unknown after it. A parameter
of that name prevents this, even if nothing ever reads its value.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from tritonlint.survey.nodes import nodes_in

_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


class Needs(NamedTuple):
    """Which overwritten names need their parameters.

    Attributes:
        undefined: some load needs the parameter. All loads of the other names come after an
            assignment in the same block, or in one around it.
        carried: a loop assigns it on some paths only, so Triton makes it an argument of the loop,
            with the parameter's value at the start. Nothing reads that value.
    """

    undefined: frozenset[str]
    carried: frozenset[str]


def needs_of(
    body: Sequence[ast.stmt], names: Collection[str], without: Collection[ast.stmt] = ()
) -> Needs:
    """Return which names need their parameters in a kernel that never reads their entry values.

    The statements `without` are removed together with them.
    """
    blocks = _Blocks(frozenset(names), without)
    blocks.run(body, frozenset())
    return Needs(frozenset(blocks.undefined), frozenset(blocks.carried))


class _Blocks:
    def __init__(self, names: frozenset[str], without: Collection[ast.stmt]) -> None:
        self.names = names
        self.without = without
        self.undefined: set[str] = set()
        self.carried: set[str] = set()

    def run(self, statements: Iterable[ast.stmt], assigned: frozenset[str]) -> frozenset[str]:
        """Go through a block, and return the names that are assigned after it."""
        for statement in statements:
            if statement in self.without:
                continue
            match statement:
                case ast.Assign(targets, value):
                    self._load(value, assigned)
                    assigned = self._store(targets, assigned)
                case ast.AnnAssign(target, _, value):
                    if value is not None:
                        self._load(value, assigned)
                        assigned = self._store([target], assigned)
                case ast.If(test, body, orelse):
                    self._load(test, assigned)
                    arms = [self.run(arm, assigned) for arm in (body, orelse)]
                    if not any(map(_jumps, (*body, *orelse))):
                        assigned = arms[0] & arms[1]
                case ast.For(target, iterable, body, orelse):
                    self._load(iterable, assigned)
                    assigned = self._store([target], assigned)
                    self._loop(body, assigned, unrolled=_is_unrolled(iterable))
                    self.run(orelse, assigned)
                case ast.With(items, body):
                    for item in items:
                        self._load(item, assigned)
                    assigned = self.run(body, assigned)
                case ast.While(test, body, orelse):
                    self._load(test, assigned)
                    self._loop(body, assigned, unrolled=False)
                    self.run(orelse, assigned)
                case _:
                    self._load(statement, assigned)
                    if isinstance(statement, _JUMPS):
                        break
        return assigned

    def _loop(self, body: Sequence[ast.stmt], before: frozenset[str], unrolled: bool) -> None:
        after = self.run(body, before)
        stored = {
            part.id
            for statement in body
            for part in nodes_in(statement)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }
        if not unrolled:
            self.carried |= (stored & self.names) - after

    def _store(self, targets: Iterable[ast.expr], assigned: frozenset[str]) -> frozenset[str]:
        stored = set()
        for target in targets:
            for part in nodes_in(target):
                if isinstance(part, ast.Name):
                    if isinstance(part.ctx, ast.Store):
                        stored.add(part.id)
                    else:
                        self._load(part, assigned)
        return assigned | (stored & self.names)

    def _load(self, node: ast.AST, assigned: frozenset[str]) -> None:
        for part in nodes_in(node):
            if isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name):
                self._note(part.target.id, assigned)
            elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                self._note(part.id, assigned)

    def _note(self, name: str, assigned: frozenset[str]) -> None:
        if name in self.names and name not in assigned:
            self.undefined.add(name)


def _is_unrolled(iterable: ast.expr) -> bool:
    """`tl.static_range(...)`"""
    function = iterable.func if isinstance(iterable, ast.Call) else iterable
    return isinstance(function, ast.Attribute) and function.attr == "static_range"


def _jumps(statement: ast.stmt) -> bool:
    return any(isinstance(part, _JUMPS) for part in nodes_in(statement))

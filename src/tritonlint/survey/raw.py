"""What the walk over a syntax tree collects; `tritonlint.survey.module` makes facts of it."""

from __future__ import annotations

import ast
from typing import NamedTuple

from tritonlint.facts import CallForm
from tritonlint.survey.scopes import Chain, Scope


class RawCall(NamedTuple):
    """A call that may be a launch or a device call; `callee` is what would be the kernel."""

    form: CallForm
    callee: ast.expr
    node: ast.Call
    scope: Scope
    owner: str
    grid: ast.expr | None = None


class RawLoad(NamedTuple):
    """A mention of a name or of a dotted name, and what is done with its value."""

    node: ast.expr
    dotted: Chain
    scope: Scope
    how: str


class RawString(NamedTuple):
    """A string that could name a parameter."""

    text: str
    how: str
    node: ast.AST


class OwnerCode:
    """What the code of one top-level function, class or variable says and mentions."""

    def __init__(self) -> None:
        self.strings: list[RawString] = []
        self.mentions: dict[tuple[Chain, Scope], None] = {}
        self.parameters: dict[str, None] = {}

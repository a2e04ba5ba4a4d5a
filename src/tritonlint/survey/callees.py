"""The functions that get a launch's arguments, as reports name them."""

from __future__ import annotations

import ast
from typing import NamedTuple

from tritonlint.survey.facts.lookups import Ask, Given, Wanted
from tritonlint.survey.scopes import AnyFunction


class Callee(NamedTuple):
    """The function that gets the arguments: its name in a report, and whether it may be numbers."""

    what: str
    given: Given
    may_be_numbers: bool = False

    @property
    def role(self) -> str:
        """What it is, without its own name: "the pre_hook"."""
        return self.what if self.what.startswith("the ") else ""

    @property
    def ask(self) -> Ask:
        return Ask(Wanted.ARGUMENTS, self.given)


def reader_of(node: AnyFunction, role: str) -> str:
    """Return a function that gets the arguments, in words; `role` says what it is, or is ""."""
    if isinstance(node, ast.Lambda):
        return role or "a lambda"
    # "the heuristic of `EVEN`" that has a name of its own.
    kind = role.partition(" of ")[0] if role != f"the {node.name}" else ""
    return f"{kind} `{node.name}`".lstrip()

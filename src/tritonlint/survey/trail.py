"""What is found on the way from a launch back to where its number comes from."""

from __future__ import annotations

import ast
from typing import TypeAlias

from tritonlint.survey.facts.values import Leaf, NumberOrigin, Step
from tritonlint.survey.limits import Limits
from tritonlint.survey.scopes import Scope
from tritonlint.survey.text import Text

#: Names and expressions that are followed one into another, at most.
MAX_DEPTH = 12

#: An expression that a number is made of, and the scope that it is read in.
Part: TypeAlias = tuple[ast.AST, Scope]


class Trail:
    """Collects what is found on the way; see `Provenance` for what becomes of it.

    Args:
        text: the file, for the source of what is found.
        limits: what its functions say of sizes.
    """

    def __init__(self, text: Text, limits: Limits) -> None:
        self.text = text
        self.limits = limits
        self.leaves: dict[Leaf, None] = {}
        self.names: dict[str, None] = {}
        self.tensors: dict[str, None] = {}
        self.steps: dict[Step, None] = {}
        #: How deep each name was read that was read already.
        self.read: dict[tuple[int, str], int] = {}
        self.depth = 0
        #: The names that are being followed; None where more is done than to give a name.
        self.way: list[str | None] = []
        self.quotients: dict[str, None] = {}
        self.is_quotient = False
        #: The same of what is divided by; None where nothing is.
        self.divisor: Trail | None = None

    def divide(self) -> Trail:
        """Note that what is being followed is a quotient; collects what it is divided by."""
        last = len(self.way) - self.way[::-1].index(None) if None in self.way else 0
        self.quotients.update((name, None) for name in self.way[last:] if name is not None)
        self.is_quotient = self.is_quotient or not last
        if self.divisor is None:
            self.divisor = Trail(self.text, self.limits)
        self.divisor.depth = self.depth
        return self.divisor

    @property
    def by(self) -> Trail:
        """What is divided by, all divisors of divisors among it."""
        whole = Trail(self.text, self.limits)
        part = self.divisor
        while part is not None:
            for mine, its in (
                (whole.leaves, part.leaves),
                (whole.names, part.names),
                (whole.tensors, part.tensors),
                (whole.steps, part.steps),
            ):
                mine.update(its)  # type: ignore[arg-type]
            part = part.divisor
        return whole

    def leaf(
        self,
        origin: NumberOrigin,
        node: ast.AST,
        of: str = "",
        index: int | None = None,
        function: str = "",
        note: str = "",
    ) -> None:
        """Note one place that the number comes from; see `Leaf` for the fields."""
        text = self.text.one_line(node, 60)
        self.leaves[Leaf(origin, text, of, index, function, note)] = None

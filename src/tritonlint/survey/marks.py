"""Marks on a kernel's parameters, made while its values are computed."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from tritonlint.survey.facts.kernels import Forward, Mark, Reads

#: A value is a number: five flags, then a bit for each parameter that it was computed from.
RUNTIME, VECTOR, POINTER = 1, 2, 4
#: It comes from a parameter without `tl.constexpr`, which a helper may still get as a constexpr
#: (triton/compiler/code_generator.py, `call_JitFunction`).
OPEN = 8
#: A minus is before it: Python rounds its quotients down, and Triton toward zero.
NEGATIVE = 16
_FLAGS = 5
ALL_FLAGS = (1 << _FLAGS) - 1


class Marks:
    """What a kernel does with each of its parameters.

    Args:
        names: the names of all parameters.
        constexprs: the names of those that are `tl.constexpr`.
    """

    def __init__(self, names: Sequence[str], constexprs: Collection[str]) -> None:
        self._names = names
        self.bits = {name: 1 << (_FLAGS + place) for place, name in enumerate(names)}
        self.open = sum(bit for n, bit in self.bits.items() if n not in constexprs)
        self._marks: dict[Mark, int] = dict.fromkeys(Mark, 0)
        self._needed: dict[str, str] = {}
        self._known = 0
        self._passed: dict[str, dict[Forward, None]] = {}

    def reads(self, name: str) -> Reads:
        """Return what was found about a parameter."""
        bit = self.bits[name]
        marks = tuple(mark for mark, names in self._marks.items() if names & bit)
        return Reads(self._needed.get(name, ""), marks, tuple(self._passed.get(name, ())))

    def mark(self, mark: Mark, value: int) -> None:
        """Mark what is done with a value."""
        self._marks[mark] |= value & ~ALL_FLAGS

    def need(self, value: int, what: str, node: ast.AST) -> None:
        """Mark a value that has to be a constexpr here."""
        if value & RUNTIME:
            return
        new = value & ~self._known & ~ALL_FLAGS
        self._known |= new
        while new:
            bit = new & -new
            name = self._names[bit.bit_length() - 1 - _FLAGS]
            self._needed[name] = f"{what} in line {getattr(node, 'lineno', 0)}"
            new ^= bit

    def forward(self, value: int, forward: Forward) -> None:
        """Mark a value that goes to a helper, where it is known before the launch."""
        if value & RUNTIME:
            return
        for parameter, bit in self.bits.items():
            if value & bit:
                self._passed.setdefault(parameter, {})[forward] = None

"""What goes with a parameter that is removed."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tritonlint.project.identity import KernelId
from tritonlint.span import Span


class ParameterId(NamedTuple):
    """A parameter of a kernel."""

    kernel: KernelId
    name: str


class DroppedArgument(NamedTuple):
    """An argument to be taken out of a call."""

    path: Path
    call: Span
    argument: Span


class DroppedKey(NamedTuple):
    """A key, with its value, to be taken out of a dictionary."""

    path: Path
    dictionary: Span
    key: str


class Rests(NamedTuple):
    """What the safety of fixes rests on, to be looked for in the whole tree.

    Attributes:
        names: names of kernels and configs, which may be used anywhere.
        trusts: names that are taken to have no effect, unless something else defines them.
    """

    names: frozenset[str] = frozenset()
    trusts: frozenset[str] = frozenset()

    def __or__(self, other: Rests) -> Rests:
        return Rests(self.names | other.names, self.trusts | other.trusts)

    def __le__(self, other: Rests) -> bool:  # type: ignore[override]
        return self.names <= other.names and self.trusts <= other.trusts


class Removal(NamedTuple):
    """Everything that goes with one parameter, and whether a person should look at it.

    Attributes:
        calls: how many calls lose an argument.
        doubts: why the fix is not safe; empty where it is.
        trusts: names of attributes and functions that are taken to have no effect.
    """

    parameters: frozenset[ParameterId]
    arguments: frozenset[DroppedArgument]
    keys: frozenset[DroppedKey]
    calls: int
    doubts: tuple[str, ...]
    trusts: frozenset[str]

    @property
    def paths(self) -> frozenset[Path]:
        """The files that it edits."""
        return frozenset(
            {p.kernel.path for p in self.parameters}
            | {a.path for a in self.arguments}
            | {k.path for k in self.keys}
        )


class BlockedError(Exception):
    """The parameter cannot be removed; the message says why, in words."""

"""What an expression may stand for, and what an attribute of it may."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from enum import Enum, auto
from typing import NamedTuple

from tritonlint.survey.facts.calls import Partial
from tritonlint.survey.facts.names import Symbol, of_object
from tritonlint.triton.names import CALLABLE_ATTRIBUTES


class Stage(Enum):
    """How far an expression has come on the way to a launch."""

    KERNEL = auto()
    LAUNCHER = auto()
    PARTIAL = auto()
    #: The result of a launch or a `warmup`, which can be launched again.
    COMPILED = auto()


class Target(NamedTuple):
    """One thing that an expression may stand for, and what was already done to it.

    `earlier` is what a `partial` has bound, and `wrapped` are the calls that wrap it.
    """

    symbol: Symbol
    stage: Stage = Stage.KERNEL
    earlier: Partial = Partial()
    wrapped: tuple[ast.Call, ...] = ()


class Resolved(NamedTuple):
    """All that an expression may stand for; `complete` is False if there may be more."""

    targets: tuple[Target, ...]
    complete: bool

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols of all targets, each once."""
        return tuple(dict.fromkeys([t.symbol for t in self.targets]))


#: `kernel = None` stands in for a failed import: nobody launches it.
ABSENT = Resolved((), complete=True)
UNRESOLVED = Resolved((), complete=False)


def with_attributes(resolved: Resolved, attributes: tuple[str, ...]) -> Resolved:
    if not attributes:
        return resolved
    targets = (Target(_attribute_of(target.symbol, attributes)) for target in resolved.targets)
    return Resolved(tuple(targets), resolved.complete)


def _attribute_of(symbol: Symbol, attributes: tuple[str, ...]) -> Symbol:
    if symbol.origin == "object":
        return of_object(_telling((symbol.path, *attributes)))
    return symbol.attribute(*attributes)


def of_unknown(attributes: tuple[str, ...]) -> Resolved:
    """Resolve attributes of an object of unknown type."""
    if attributes:
        return Resolved((Target(of_object(_telling(attributes))),), complete=False)
    return UNRESOLVED


def telling_attribute(node: ast.Attribute) -> str:
    """Return the attribute that would be the kernel: `kernel` for `f().kernel.run`."""
    while node.attr in CALLABLE_ATTRIBUTES and isinstance(node.value, ast.Attribute):
        node = node.value
    return node.attr


def _telling(attributes: tuple[str, ...]) -> str:
    """Do the same for a dotted name."""
    while len(attributes) > 1 and attributes[-1] in CALLABLE_ATTRIBUTES:
        attributes = attributes[:-1]
    return attributes[-1]


def staged(resolved: Resolved, stage: Stage) -> Resolved:
    if any(t.stage is not Stage.KERNEL for t in resolved.targets):
        return UNRESOLVED
    return Resolved(tuple(t._replace(stage=stage) for t in resolved.targets), resolved.complete)


def union(parts: Iterable[Resolved]) -> Resolved:
    """Join the results of several expressions, of which any may apply."""
    found = list(parts)
    found = [part for part in found if part is not ABSENT] or found[:1]
    if len(found) == 1:
        return found[0]
    targets = dict.fromkeys(t for part in found for t in part.targets)
    # `tl.gather` exists only in some releases: where it has no target, the kernel is meant.
    return Resolved(
        tuple(targets), all(part.complete and (part.targets or not targets) for part in found)
    )

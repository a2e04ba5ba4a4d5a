"""The items of literals that launches unpack, and the parameters that get them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from tritonlint.fix.changes import ArgumentGone, Change, KeyGone
from tritonlint.project.links import LinkedCall
from tritonlint.project.project import Project
from tritonlint.remedies import Remove
from tritonlint.span import Span
from tritonlint.survey.facts.calls import Argument, Item, UnpackedLiteral
from tritonlint.survey.facts.kernels import Kernel

#: A call, one of its arguments, and the literal that this unpacks.
_Unpacking: TypeAlias = tuple[LinkedCall, Argument, UnpackedLiteral]


class Items:
    """Finds them in one project."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def taken_out(self, linked: LinkedCall, target: Remove) -> tuple[UnpackedLiteral, Item] | None:
        """The item that gives a parameter its value at a call, if it can be taken out.

        It can if all that unpacks it are calls of which it is known which parameter gets it.
        """
        found = _item(linked, self._project.kernels[target.kernel], target.parameter)
        if found is None:
            return None
        _, item = found
        return found if len(self._receivers[linked.path, item.span]) == item.uses else None

    def with_whole_arguments(self, changes: frozenset[Change]) -> frozenset[Change]:
        """The changes; a literal that would lose all its items is not unpacked any more."""
        gone: Counter[tuple[Path, Span]] = Counter()
        for change in changes:
            match change:
                case ArgumentGone(path, literal, _) | KeyGone(path, literal):
                    gone[path, literal] += 1
        for place, number in gone.items():
            uses = self._unpackings.get(place, ())
            # A function that unpacks what it is given still has to be given something.
            if not any(linked.call.through for linked, _, _ in uses):
                changes |= {
                    ArgumentGone(linked.path, linked.call.span, argument.span)
                    for linked, argument, literal in uses
                    if literal.length == number
                }
        return changes

    def beside(self, linked: LinkedCall, target: Remove) -> Sequence[Remove]:
        """All parameters that get the item which gives a parameter its value at a call."""
        found = _item(linked, self._project.kernels[target.kernel], target.parameter)
        return self._receivers[linked.path, found[1].span] if found is not None else ()

    @cached_property
    def _unpackings(self) -> Mapping[tuple[Path, Span], Sequence[_Unpacking]]:
        """By literal, the arguments that unpack it."""
        calls = (linked for links in self._project.links.values() for linked in links.calls)
        found: defaultdict[tuple[Path, Span], list[_Unpacking]] = defaultdict(list)
        for linked in dict.fromkeys(calls):
            for argument in linked.call.arguments:
                if argument.literal is not None:
                    place = linked.path, argument.literal.span
                    found[place].append((linked, argument, argument.literal))
        return found

    @cached_property
    def _receivers(self) -> defaultdict[tuple[Path, Span], list[Remove]]:
        """By item, the parameters that get it, once for each time that it is unpacked."""
        found: defaultdict[tuple[Path, Span], list[Remove]] = defaultdict(list)
        uses = (linked for of_one in self._unpackings.values() for linked, _, _ in of_one)
        for linked in dict.fromkeys(uses):
            for target, item in self._given(linked):
                found[linked.path, item.span].append(target)
        return found

    def _given(self, linked: LinkedCall) -> Iterator[tuple[Remove, Item]]:
        for identity in linked.kernels:
            kernel = self._project.kernels[identity]
            for parameter in kernel.parameters:
                found = _item(linked, kernel, parameter.name)
                if found is not None:
                    yield Remove(identity, parameter.name), found[1]


def _item(linked: LinkedCall, kernel: Kernel, name: str) -> tuple[UnpackedLiteral, Item] | None:
    """The item of a literal that gives a parameter its value at one call, if it is one."""
    binding = linked.binding(kernel)
    if len(linked.kernels) > 1 or name in binding.arguments or name in binding.earlier:
        return None
    if name in binding.elements and name not in binding.unpacked:
        index, place = binding.elements[name]
        literal = linked.call.arguments[index].literal
        return (literal, literal.items[place]) if literal is not None else None
    if name not in binding.unpacked or binding.keywords_open or name in binding.starred:
        return None
    holders = [a for a in linked.call.arguments if a.keys is not None and name in a.keys]
    literal = holders[0].literal if len(holders) == 1 else None
    items = [item for item in literal.items if item.key == name] if literal is not None else []
    return (literal, items[0]) if literal is not None and len(items) == 1 else None

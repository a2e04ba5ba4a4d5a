"""What a function that is given a kernel does with the arguments of the call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tritonlint.survey.facts.calls import Argument
from tritonlint.survey.facts.handing import Given, Launched, Launcher, Onward
from tritonlint.survey.facts.lookups import Seen


class LostError(Exception):
    """What a function does with a kernel is not understood."""


class Value(NamedTuple):
    """An argument on its way through functions.

    Attributes:
        path: the file of the argument, or of its value.
        origin: its index at the call that begins the way; -1 if a function adds it.
    """

    argument: Argument
    path: Path
    origin: int = -1
    unpacked: tuple[Argument, ...] = ()
    grid: Seen = Seen()
    is_kernel: bool = False


class Bound(NamedTuple):
    """What a function gets: by parameter, for `*args`, and for `**kwargs`."""

    values: Mapping[str, Value]
    more: tuple[Value, ...]
    keywords: tuple[Value, ...]


def bind_values(launcher: Launcher, values: tuple[Value, ...]) -> Bound:
    """Bind arguments to the parameters of a function.

    Raises:
        LostError: they do not fit, or it is not known where they go.
    """
    positional: list[Value] = []
    found: dict[str, Value] = {}
    keywords: dict[str, Value] = {}
    for value in values:
        if value.argument.star:
            raise LostError
        if value.argument.keyword is None:
            positional.append(value)
    found.update(zip(launcher.positional, positional, strict=False))
    more = positional[len(launcher.positional) :]
    for value in values:
        name = value.argument.keyword
        if name is None:
            continue
        if name in found or name in keywords:
            raise LostError
        (found if name in launcher.named else keywords)[name] = value
    if (more and not launcher.args) or (keywords and not launcher.kwargs):
        raise LostError
    return Bound(found, tuple(more), tuple(keywords.values()))


def _expanded(
    onward: Onward, launcher: Launcher, launched: Launched, bound: Bound, path: Path
) -> Iterator[Value]:
    """What a function gives to a launch, or to another function."""
    for place, given in enumerate(onward.arguments):
        own, name = given.argument, given.parameter
        if own.star and name and name in launched.only:
            if name == launcher.args:
                yield from bound.more
                continue
            if name == launcher.kwargs:
                yield from bound.keywords
                continue
            yield _unpacked(given, bound.values.get(name), path)
        elif not own.star and name in bound.values:
            value = bound.values[name]
            argument = value.argument._replace(keyword=own.keyword)
            is_kernel = value.is_kernel and place == onward.place
            yield value._replace(argument=argument, is_kernel=is_kernel)
        else:
            yield Value(own, path, grid=given.grid)


def _unpacked(given: Given, value: Value | None, path: Path) -> Value:
    """A parameter that a launch unpacks: what is in it shows at the call, or it may be anything."""
    variants = value.unpacked if value is not None else ()
    for variant in variants:
        if variant.star == given.argument.star:
            assert value is not None
            return value._replace(argument=variant)
    return Value(given.argument, path)


def grid_of(onward: Onward, bound: Bound, path: Path) -> tuple[Path, Seen]:
    """What the grid of a launch does with the arguments, and the file that it is in."""
    value = bound.values.get(onward.grid_of)
    return (path, onward.grid) if value is None else (value.path, value.grid)

"""Code that gets a launch's arguments by name (hooks, heuristics, grids), and what it looks up."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from tritonlint.span import Span
from tritonlint.survey.facts.names import Symbol


class Given(NamedTuple):
    """How a function gets a launch's arguments as a mapping.

    Attributes:
        position: which positional parameter is the mapping, or None.
        keyword: which parameter is the mapping, by name, or None.
        unpacked: whether it gets them (also) as keyword arguments of their own.
        members: the attributes of the parameter that are the mappings, where it is none itself.
        configs: which positional parameter holds configs, or None.
    """

    position: int | None = None
    keyword: str | None = None
    unpacked: bool = False
    members: tuple[str, ...] = ()
    configs: int | None = None

    def shifted(self, by: int) -> Given:
        """The same where so many positional arguments come before it."""
        position = self.position + by if self.position is not None else None
        configs = self.configs + by if self.configs is not None else None
        return self._replace(position=position, configs=configs)


class Wanted(str, Enum):
    """What is asked about something of another file."""

    #: What it does with a launch's arguments.
    ARGUMENTS = "arguments"
    #: What the function that it returns does with them.
    RETURNED = "returned"
    #: Which configs it gives.
    CONFIGS = "configs"
    #: Which options of a decorator it holds.
    OPTIONS = "options"
    #: Whether a call of it has an effect; the names that the answer rests on are keys.
    EFFECTS = "effects"


class Ask(NamedTuple):
    """A question about something of another file; `given` says how it gets the arguments."""

    wanted: Wanted
    given: Given = Given()


class Key(NamedTuple):
    """A key that code looks up among the arguments.

    `name` is the whole key; with `partial` it holds the literal parts, in order, of a key that is
    put together at run time, with "*" for the others.
    """

    name: str
    how: str
    row: int
    partial: bool = False


class Follow(NamedTuple):
    """Something of another file that has to be read there."""

    symbol: Symbol
    ask: Ask
    row: int


class Unclear(NamedTuple):
    """Code that may look up any argument, with what it does, in words."""

    what: str
    row: int


class Seen(NamedTuple):
    """What some code does with the arguments of a launch that it gets by name."""

    keys: tuple[Key, ...] = ()
    follows: tuple[Follow, ...] = ()
    unclear: tuple[Unclear, ...] = ()


class Table(NamedTuple):
    """A dictionary literal that gives parameters their values: a config's, or the heuristics'."""

    span: Span
    keys: tuple[str, ...]


class Config(NamedTuple):
    """A `triton.Config(...)` in which every part is a literal.

    Attributes:
        values: its dictionary, sorted by key, as the source of each value.
        options: what else it is given, sorted by name, in the same way.
    """

    span: Span
    values: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]


class Tables(NamedTuple):
    """All dictionaries of one decorator.

    Attributes:
        found: the literals.
        complete: whether these are all there are.
        names: the module's variables and functions through which they reach the decorator.
        lists: by list literal that reaches the decorator as it is, the configs in it that are
            literals in every part.
    """

    found: tuple[Table, ...] = ()
    complete: bool = True
    names: tuple[str, ...] = ()
    lists: tuple[tuple[Config, ...], ...] = ()

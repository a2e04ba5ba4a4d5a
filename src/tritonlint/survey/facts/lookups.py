"""Code that gets a launch's arguments by name (hooks, heuristics, grids), and its lookups."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from tritonlint.span import Span
from tritonlint.survey.facts.names import Symbol


class Given(NamedTuple):
    """How a function gets a launch's arguments as a mapping.

    Attributes:
        position: the positional parameter that is the mapping, or None.
        keyword: the name of the parameter that is the mapping, or None.
        unpacked: whether it gets them (also) as separate keyword arguments.
        members: the attributes of the parameter that are the mappings, if it is none itself.
        configs: the positional parameter that holds configs, or None.
    """

    position: int | None = None
    keyword: str | None = None
    unpacked: bool = False
    members: tuple[str, ...] = ()
    configs: int | None = None

    def shifted(self, by: int) -> Given:
        """Return the same, with this many positional arguments before it."""
        position = self.position + by if self.position is not None else None
        configs = self.configs + by if self.configs is not None else None
        return self._replace(position=position, configs=configs)


class Wanted(str, Enum):
    """What is asked about a name of another file."""

    #: What it does with a launch's arguments.
    ARGUMENTS = "arguments"
    #: What the function that it returns does with them.
    RETURNED = "returned"
    #: Which configs it returns.
    CONFIGS = "configs"
    #: Whether it only chooses among the configs that it gets first.
    CHOICE = "choice"
    #: Which options of a decorator it holds.
    OPTIONS = "options"
    #: Whether a call of it has an effect; the names that the answer rests on are keys.
    EFFECTS = "effects"
    #: Whether it can be called in all ways in which `triton.jit` is; nothing is unclear if so.
    FORMS = "forms"
    #: Whether it is a function or a class of the project; it is unclear if so.
    OWN = "own"


class Ask(NamedTuple):
    """A question about a name of another file; `given` says how it gets the arguments."""

    wanted: Wanted
    given: Given = Given()


#: The ways to look a key up in a mapping.
READS = frozenset({"a subscript", "a membership test", "a key of `.get()`"})


class Key(NamedTuple):
    """A key that code looks up among the arguments.

    `name` is the whole key. If `partial`, the key is built at run time: `name` holds its literal
    parts, in order, with "*" for the others. `reader` says what code looks it up, or is "".
    """

    name: str
    how: str
    row: int
    partial: bool = False
    reader: str = ""

    @property
    def is_read(self) -> bool:
        """Whether its value, or whether it is there, is looked up by code with a name."""
        return bool(self.reader) and self.how in READS


class Passed(NamedTuple):
    """An argument of a call, by its name or its place.

    Attributes:
        text: the string that it is, () for None; None if it is something else.
        each: the strings in the list literal that it is; None if it is something else.
    """

    name: str
    place: int
    text: tuple[str, ...] | None
    each: tuple[str, ...] | None


#: What a call passes if that is not seen.
ANYTHING = (Passed("", -1, None, None),)


class HeldKeys(NamedTuple):
    """Keys that a parameter of the function around the code holds.

    Attributes:
        name: of the parameter.
        place: its index among the positional ones, or -1.
        each: whether it is a list of keys, and not a single one.
        default: the keys if the call does not pass it; None if these are not seen.
    """

    name: str
    place: int
    each: bool
    default: tuple[str, ...] | None
    how: str
    row: int

    def among(self, passed: tuple[Passed, ...]) -> tuple[str, ...] | None:
        """Return the keys if a call passes this; None if they are not seen."""
        for argument in passed:
            if argument in ANYTHING:
                return None
            if argument.name == self.name or 0 <= self.place == argument.place:
                return argument.each if self.each else argument.text
        return self.default


class Follow(NamedTuple):
    """A name of another file that has to be read there.

    Attributes:
        passed: what the call passes of which the result is asked for; None if it is the same call
            that the question to this file was about.
    """

    symbol: Symbol
    ask: Ask
    row: int
    passed: tuple[Passed, ...] | None = None


class Unclear(NamedTuple):
    """Code that may look up any argument, and a description of it."""

    what: str
    row: int


class Seen(NamedTuple):
    """What code does with the arguments of a launch that it gets by name."""

    keys: tuple[Key, ...] = ()
    follows: tuple[Follow, ...] = ()
    unclear: tuple[Unclear, ...] = ()
    held: tuple[HeldKeys, ...] = ()


class Table(NamedTuple):
    """A dictionary literal that sets parameters: that of a config, or the heuristics.

    Attributes:
        items: each key, with the place of its value.
        literals: each key whose value is a literal, with the source of it.
    """

    span: Span
    items: tuple[tuple[str, Span], ...]
    literals: tuple[tuple[str, str], ...] = ()


class Config(NamedTuple):
    """A `triton.Config(...)` in which every part is a literal.

    Attributes:
        values: its dictionary, sorted by key, as the source of each value.
        options: its other arguments, sorted by name, in the same way.
    """

    span: Span
    values: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]


class Tables(NamedTuple):
    """All dictionaries of one decorator.

    Attributes:
        found: the literals.
        complete: whether there are no others.
        names: the module's variables and functions that lead from them to the decorator.
        lists: for each list literal that reaches the decorator unchanged, the configs in it that
            are literals in every part.
    """

    found: tuple[Table, ...] = ()
    complete: bool = True
    names: tuple[str, ...] = ()
    lists: tuple[tuple[Config, ...], ...] = ()

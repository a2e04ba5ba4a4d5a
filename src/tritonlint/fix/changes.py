"""What a fix changes in the program, without the text of the change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from tritonlint.project.identity import KernelId
from tritonlint.span import Span
from tritonlint.survey.facts.calls import Sequence


class ParameterGone(NamedTuple):
    """A parameter leaves its kernel, and the lists of its decorators."""

    kernel: KernelId
    name: str

    @property
    def path(self) -> Path:
        """The file that changes."""
        return self.kernel.path


class ArgumentGone(NamedTuple):
    """An argument leaves a call, or the tuple or list that calls unpack."""

    path: Path
    call: Span
    argument: Span


class ElementGone(NamedTuple):
    """An element leaves the shape or the strides that a call unpacks.

    Attributes:
        length: how many elements the call unpacks.
    """

    path: Path
    call: Span
    argument: Span
    sequence: Sequence
    length: int
    place: int


class KeyGone(NamedTuple):
    """A key, with its value, leaves a dictionary.

    Attributes:
        value: where its value stands, of one that is unpacked at a launch.
    """

    path: Path
    dictionary: Span
    key: str
    value: Span | None = None


class EntryGone(NamedTuple):
    """An entry leaves a decorator's list of parameters."""

    kernel: KernelId
    option: str
    entry: str | int

    @property
    def path(self) -> Path:
        """The file that changes."""
        return self.kernel.path


class EntryAdded(NamedTuple):
    """A parameter is named in a list of the decorator that makes the kernel."""

    kernel: KernelId
    option: str
    name: str

    @property
    def path(self) -> Path:
        """The file that changes."""
        return self.kernel.path


class AnnotationGone(NamedTuple):
    """A parameter loses its annotation."""

    kernel: KernelId
    name: str

    @property
    def path(self) -> Path:
        """The file that changes."""
        return self.kernel.path


class StatementGone(NamedTuple):
    """A statement goes, or a name of an import; a name that a tuple is unpacked to becomes `_`."""

    path: Path
    span: Span


Change: TypeAlias = (
    ParameterGone
    | ArgumentGone
    | ElementGone
    | KeyGone
    | EntryGone
    | EntryAdded
    | AnnotationGone
    | StatementGone
)


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


class Plan(NamedTuple):
    """A fix: everything that changes together, and what speaks against it.

    Attributes:
        message: what it does, in words.
        doubts: why a person should look at it; empty where nothing has to be looked at.
        losses: what else changes, so that it is a choice.
        rests_on: what was not looked for yet.
    """

    changes: frozenset[Change]
    message: str
    doubts: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    rests_on: Rests = Rests()

    @property
    def reservations(self) -> tuple[str, ...]:
        """Why it is not safe; empty if it is."""
        return (*self.doubts, *self.losses)

    @property
    def paths(self) -> frozenset[Path]:
        """The files that it edits."""
        return frozenset(change.path for change in self.changes)


#: A path as users know it.
Show: TypeAlias = Callable[[Path], str]


def line(show: Show, path: Path, row: int) -> str:
    """A line of a file, as messages name it."""
    return f"{show(path)}:{row}"


class BlockedError(Exception):
    """A fix is not possible; the message says why."""

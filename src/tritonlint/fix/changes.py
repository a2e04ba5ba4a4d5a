"""The changes of a fix to the program, without the text of the change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from tritonlint.project.identity import KernelId
from tritonlint.span import Span
from tritonlint.survey.facts.calls import HostParameter, Sequence


class ParameterGone(NamedTuple):
    """A parameter is removed from its kernel, and from the lists of its decorators."""

    kernel: KernelId
    name: str

    @property
    def path(self) -> Path:
        """The file that changes."""
        return self.kernel.path


class HostParameterGone(NamedTuple):
    """A parameter is removed from a function on the host that only its own file calls."""

    path: Path
    parameter: HostParameter
    name: str


class ArgumentGone(NamedTuple):
    """An argument is removed from a call, or from the tuple or list that calls unpack."""

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
    """A key is removed from a dictionary, with its value.

    Attributes:
        value: the place of its value.
    """

    path: Path
    dictionary: Span
    key: str
    value: Span | None = None


class EntryGone(NamedTuple):
    """An entry is removed from a decorator's list of parameters."""

    kernel: KernelId
    option: str
    entry: str | int

    @property
    def path(self) -> Path:
        """The file that changes."""
        return self.kernel.path


class EntryAdded(NamedTuple):
    """A parameter is added to a list of the decorator that makes the kernel."""

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
    """A statement or an imported name is removed; a name in an unpacking becomes `_`."""

    path: Path
    span: Span


Change: TypeAlias = (
    ParameterGone
    | HostParameterGone
    | ArgumentGone
    | ElementGone
    | KeyGone
    | EntryGone
    | EntryAdded
    | AnnotationGone
    | StatementGone
)


class Rests(NamedTuple):
    """Names that the safety of fixes rests on, to be searched for in the whole tree.

    Attributes:
        names: names of kernels and configs, which may be used anywhere.
        trusts: names that count as having no effect, unless something else defines them.
    """

    names: frozenset[str] = frozenset()
    trusts: frozenset[str] = frozenset()

    def __or__(self, other: Rests) -> Rests:
        return Rests(self.names | other.names, self.trusts | other.trusts)

    def __le__(self, other: Rests) -> bool:  # type: ignore[override]
        return self.names <= other.names and self.trusts <= other.trusts


class Plan(NamedTuple):
    """A fix: everything that changes together, and the reasons against it.

    Attributes:
        message: what it does, in words.
        doubts: why a person should look at it; empty if nobody has to.
        losses: what else changes, which makes the fix a choice.
        rests_on: what was not searched for yet.
    """

    changes: frozenset[Change]
    message: str
    doubts: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    rests_on: Rests = Rests()

    @property
    def reservations(self) -> tuple[str, ...]:
        """Return why it is not safe; empty if it is."""
        return (*self.doubts, *self.losses)

    @property
    def paths(self) -> frozenset[Path]:
        """The files that it edits."""
        return frozenset(change.path for change in self.changes)


#: Returns a path as users know it.
Show: TypeAlias = Callable[[Path], str]


def line(show: Show, path: Path, row: int) -> str:
    """Return a line of a file, as messages name it; the row 0 stands for the whole file."""
    return f"{show(path)}:{row}" if row else show(path)


class BlockedError(Exception):
    """A fix is not possible; the message says why."""

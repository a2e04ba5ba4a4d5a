"""How kernels, and the ends of names, are identified in a project."""

from __future__ import annotations

from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple


class KernelId(NamedTuple):
    """A kernel's identity: its file, its qualified name, and the line of its `def`."""

    path: Path
    qualname: str
    row: int


class Hit(NamedTuple):
    """A kernel that a symbol stands for, and the attributes that are used of it."""

    kernel: KernelId
    attributes: tuple[str, ...]
    #: Whether only its name suggests it.
    guess: bool = False


class End(Enum):
    """Where following a name ends."""

    #: The name is defined in its file.
    DEFINED = auto()
    #: It is known not to be a kernel.
    NO_KERNEL = auto()
    #: It is unknown: it may be any kernel of that name.
    UNKNOWN = auto()


class Definition(NamedTuple):
    """What a name leads to: a name of a file, as `end` says."""

    path: Path
    name: str
    end: End

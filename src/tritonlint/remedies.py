"""What a rule asks of a fix, in terms of the program; `tritonlint.fix` knows how to do it."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from tritonlint.project.identity import KernelId


class Remove(NamedTuple):
    """Take a parameter out of its kernel, and its argument out of every call."""

    kernel: KernelId
    parameter: str


class Unspecialize(NamedTuple):
    """Name a parameter in `do_not_specialize` of its kernel's decorator, or in another list."""

    kernel: KernelId
    parameter: str
    option: str = "do_not_specialize"


class DropEntry(NamedTuple):
    """Take an entry out of a list of parameters that a decorator of the kernel is given."""

    kernel: KernelId
    option: str
    entry: str | int


class Unannotate(NamedTuple):
    """Take `: tl.constexpr` off a parameter, and name it in `do_not_specialize` if it is dead."""

    kernel: KernelId
    parameter: str


#: Anything that a rule may ask of a fix.
Remedy: TypeAlias = Remove | Unspecialize | DropEntry | Unannotate

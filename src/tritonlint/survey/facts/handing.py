"""Calls that give a kernel to a function, and what functions do with what they are given."""

from __future__ import annotations

from typing import NamedTuple

from tritonlint.span import Span
from tritonlint.survey.facts.calls import Argument, CallForm
from tritonlint.survey.facts.lookups import Seen
from tritonlint.survey.facts.names import Symbol
from tritonlint.survey.facts.references import Reference


class Given(NamedTuple):
    """One argument of a call that is followed into a function.

    Attributes:
        parameter: the parameter, of the function around the call, whose value it is; or "".
        unpacked: the same argument, as it would be if the called function unpacked it.
        grid: what it does with the arguments of a launch, if it is the grid.
    """

    argument: Argument
    parameter: str = ""
    unpacked: tuple[Argument, ...] = ()
    grid: Seen = Seen()


class Onward(NamedTuple):
    """What a function does with a kernel that it is given: it launches it, or passes it on.

    Attributes:
        form: the form of the launch; None if the kernel is passed on.
        to: the function that it is passed on to; None for a launch.
        place: the index of the kernel among the arguments; -1 for a launch.
        grid: what the grid of the launch does with the arguments.
        grid_of: the parameter of the function that is the grid, or "".
    """

    form: CallForm | None
    to: Symbol | None
    place: int
    arguments: tuple[Given, ...]
    grid: Seen = Seen()
    grid_of: str = ""


class Launched(NamedTuple):
    """A parameter that a function launches.

    Attributes:
        only: the parameters that these launches unpack, or that are passed on with it, and that
            the function does not use otherwise.
    """

    parameter: str
    only: tuple[str, ...]
    onwards: tuple[Onward, ...]


class Launcher(NamedTuple):
    """A function that launches kernels which it is given, and does nothing else with them.

    Attributes:
        function: the qualified name.
        positional: the parameters that a positional argument can reach, in order.
        named: those that a keyword can reach.
        args: the name of `*args`, or "".
        kwargs: the name of `**kwargs`, or "".
        kernels: all that it does with such kernels, by parameter.
    """

    function: str
    positional: tuple[str, ...]
    named: tuple[str, ...]
    args: str
    kwargs: str
    kernels: tuple[Launched, ...]


class HandedKernel(NamedTuple):
    """An argument of a call that may be a kernel.

    Attributes:
        place: its index among the arguments.
        symbols: all that it may stand for.
        complete: False if it may also stand for something that is not understood.
        escape: what the argument is if the function is not followed; None if that is no matter.
    """

    place: int
    symbols: tuple[Symbol, ...]
    complete: bool
    escape: Reference | None


class Handing(NamedTuple):
    """A call that gives what may be kernels to a function.

    Attributes:
        to: the function.
        kernels: each argument that may be a kernel.
        function: the qualified name of the function around the call, or "".
    """

    to: Symbol
    kernels: tuple[HandedKernel, ...]
    arguments: tuple[Given, ...]
    span: Span
    function: str

"""What happened in one run of a project, as plain data."""

from __future__ import annotations

import dataclasses

from judge import ttir
from judge.values import Plain


@dataclasses.dataclass
class Launch:
    """One launch or warmup, or one compile without a launch."""

    kernel: str
    #: Its place in `Record.kernels`, or -1.
    number: int
    place: str
    warmup: bool
    #: Whether the autotuner makes it to try a config.
    tuning: bool
    #: Each parameter with its argument, and with its part of the key.
    bound: list[tuple[str, Plain]] = dataclasses.field(default_factory=list)
    specialization: list[tuple[str, Plain]] = dataclasses.field(default_factory=list)
    #: The keywords that are no parameters.
    options: Plain = None
    grid: Plain = None
    #: What the launcher gets in the end; a grid function can still change it.
    arguments: list[Plain] = dataclasses.field(default_factory=list)
    metadata: Plain = None
    code: ttir.Ttir | None = None
    error: Plain = None


@dataclasses.dataclass
class Parameter:
    """What a kernel says about one parameter."""

    name: str
    annotation: str
    constexpr: bool
    default: Plain
    do_not_specialize: bool
    do_not_specialize_on_alignment: bool


@dataclasses.dataclass
class Kernel:
    """A function under `triton.jit`."""

    name: str
    place: str
    parameters: list[Parameter]
    options: Plain


@dataclasses.dataclass
class Tuner:
    """What an autotuner, or heuristics, hold for a kernel."""

    kernel: str
    number: int
    key: list[str]
    reset: list[str]
    restore: list[str]
    configs: list[list[tuple[str, Plain]]]
    heuristics: list[str]


@dataclasses.dataclass
class Record:
    """Everything that happened in one run."""

    launches: list[Launch] = dataclasses.field(default_factory=list)
    kernels: list[Kernel] = dataclasses.field(default_factory=list)
    tuners: list[Tuner] = dataclasses.field(default_factory=list)
    #: The kernels that were compiled, as such or inlined into another.
    compiled: set[int] = dataclasses.field(default_factory=set)
    #: The exception that ended the run, and those that ended threads: type, message, place.
    errors: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)
    #: What went wrong in the judge's own code, which says nothing about the project.
    internal: str = ""

"""The contents of a trace as plain data, the same for a file and a log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Kernel(NamedTuple):
    """A kernel, and where it is defined; file and line are "" and 0 if only its name is known."""

    name: str
    module: str = ""
    file: str = ""
    line: int = 0

    @property
    def short(self) -> str:
        """The last part of the qualified name."""
        return self.name.rpartition(".")[2]


class Frame(NamedTuple):
    """A place in a program that was running."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} in {self.function}"


class Argument(NamedTuple):
    """One parameter of one compile.

    Attributes:
        key: its part of Triton's key: the type, and the specialization of the value.
        value: as in JSON; see docs/tracing.md. None if the trace does not say.
        constexpr: whether the kernel declares it as a constexpr.
    """

    name: str
    key: tuple[Any, Any]
    value: Any = None
    constexpr: bool = False
    annotation: str = ""
    do_not_specialize: bool = False
    do_not_specialize_on_alignment: bool = False

    @property
    def identity(self) -> str:
        """Equal for two arguments with the same part of the key."""
        return repr(self.key)


class Compile(NamedTuple):
    """One compile; `stall` is one after the warm-up.

    `seconds` is None if no time was measured. `disk` says whether Triton's cache on disk had
    it, or is None if that is unknown. `tuning` is the number of the process's tuning that it
    was part of.
    """

    kernel: Kernel
    time: float
    seconds: float | None
    process: str
    arguments: tuple[Argument, ...] = ()
    options: Mapping[str, Any] = {}
    device: Any = None
    target: str = ""
    disk: bool | None = None
    tuning: int | None = None
    warmup: bool = False
    stall: bool = False
    site: tuple[Frame, ...] = ()
    source: str = ""
    preload: str | None = None


class Tuning(NamedTuple):
    """One tuning: all configs that were tried for one key."""

    kernel: Kernel
    number: int
    time: float
    seconds: float
    process: str
    key: Mapping[str, Any]
    dtypes: Mapping[str, str]
    tried: tuple[str, ...]
    configs: int
    disk: bool = False
    stall: bool = False
    site: tuple[Frame, ...] = ()


class Process(NamedTuple):
    """A process that imported Triton."""

    name: str
    pid: int
    run: str
    rank: int | None
    started: float
    command: tuple[str, ...] = ()
    triton: str = ""
    torch: str = ""
    python: str = ""


class Trace(NamedTuple):
    """Everything that was seen. `problems` says what could not be read or recorded."""

    processes: tuple[Process, ...]
    compiles: tuple[Compile, ...]
    tunings: tuple[Tuning, ...]
    problems: tuple[str, ...] = ()
    #: Whether the end of the warm-up is known, so that stalls have a meaning.
    has_warmup: bool = False

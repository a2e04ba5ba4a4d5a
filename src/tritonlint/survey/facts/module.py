"""One file: its facts, and what they depend on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tritonlint.span import Span
from tritonlint.survey.facts.calls import Call, Feeder, HostCall, HostFunction
from tritonlint.survey.facts.flows import BodyFlow
from tritonlint.survey.facts.handing import Handing, Launcher
from tritonlint.survey.facts.kernels import Kernel
from tritonlint.survey.facts.names import Binding, Choice, ClassFacts, Symbol
from tritonlint.survey.facts.references import Enumeration, Reference


class Suppression(NamedTuple):
    """A comment that silences findings on its line; no codes means all of them."""

    row: int
    span: Span
    codes: tuple[str, ...]
    text: str
    #: "ignore", "noqa", "ignore-file", or "misspelt", which silences nothing
    form: str


class Problem(NamedTuple):
    """Why a file, or one kernel of it, could not be read."""

    message: str
    span: Span


class JitMaker(NamedTuple):
    """A name of a file that makes a kernel of a function, as `triton.jit` does.

    Attributes:
        is_plain: whether it returns exactly that kernel.
    """

    name: str
    is_plain: bool


class StandIn(NamedTuple):
    """A function that takes the place of `triton.jit` where Triton is missing, or in tests.

    Attributes:
        takes_function: whether it works as `@triton.jit`.
        takes_options: whether it works as `@triton.jit(do_not_specialize=[...])`.
        symbols: the names of other files that it may be, if only these can tell; both are then
            False.
        names_triton: whether the file names Triton; if not, only its own path can.
    """

    row: int
    takes_function: bool
    takes_options: bool
    symbols: tuple[Symbol, ...] = ()
    names_triton: bool = True


#: Who uses something, if no function or class at the top of the file does: the block that only
#: runs if the file is a script, and all other code.
MAIN, OUTSIDE = "__main__", ""


class Users(NamedTuple):
    """A function or a class at the top of a file, and those of the file that it mentions."""

    owner: str
    names: tuple[str, ...]


class ModuleFacts(NamedTuple):
    """One file, surveyed.

    Attributes:
        attributes_set: the names of attributes that code outside class bodies assigns to.
        impure: names of properties, methods and functions of the file that have an effect, and
            of variables whose items have one (`defaultdict`).
        digest: the digest of the file's bytes.
        host_calls: the calls of functions that pass their parameters to launches.
        host_functions: those of these functions that other files may call, with their parameters.
        feeders: the locals and imports that may become unused without an argument.
        jit_makers: the names that make kernels, among those with "jit" in their name.
        stand_ins: what takes the place of `triton.jit`, and does not take all that it takes.
        users: of a file with launches, which of its functions and classes use which others.
        handings: the calls that give what may be kernels to a function.
        launchers: the functions that launch what they are given.
        choices: the containers of the module that choose a kernel; other files may use them.
        flows: the flow analysis of the kernels that needed one, to be used again if the file
            changes elsewhere.
    """

    kernels: tuple[Kernel, ...] = ()
    calls: tuple[Call, ...] = ()
    references: tuple[Reference, ...] = ()
    bindings: tuple[Binding, ...] = ()
    classes: tuple[ClassFacts, ...] = ()
    attributes_set: tuple[str, ...] = ()
    star_imports: tuple[str, ...] = ()
    enumerations: tuple[Enumeration, ...] = ()
    impure: tuple[str, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()
    digest: str = ""
    host_calls: tuple[HostCall, ...] = ()
    host_functions: tuple[HostFunction, ...] = ()
    feeders: tuple[Feeder, ...] = ()
    jit_makers: tuple[JitMaker, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()
    users: tuple[Users, ...] = ()
    handings: tuple[Handing, ...] = ()
    launchers: tuple[Launcher, ...] = ()
    choices: tuple[Choice, ...] = ()
    flows: tuple[BodyFlow, ...] = ()

    @property
    def called(self) -> Iterator[Symbol]:
        """All that the calls of the file may launch or call on the device."""
        for call in self.calls:
            yield from call.callees
        for handing in self.handings:
            for kernel in handing.kernels:
                yield from kernel.symbols


class SurveyOptions(NamedTuple):
    """What the facts of a file depend on, besides its bytes.

    Attributes:
        jit_decorators: dotted names of more decorators that make a function a kernel.
        transparent_decorators: dotted names of those that pass a launch's arguments on
            unchanged.
        autotune_decorators: dotted names of those that take the arguments of `triton.autotune`.
        own_packages: names of well-known packages that the tree itself has modules of.
    """

    jit_decorators: frozenset[str] = frozenset()
    transparent_decorators: frozenset[str] = frozenset()
    autotune_decorators: frozenset[str] = frozenset()
    own_packages: frozenset[str] = frozenset()

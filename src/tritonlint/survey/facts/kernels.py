"""Kernels: their parameters, what their bodies do with them, and their decorators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from tritonlint.span import Span
from tritonlint.survey.facts.lookups import Seen, Table, Tables
from tritonlint.survey.facts.names import Symbol
from tritonlint.survey.facts.values import Evidence


class Use(str, Enum):
    """What a kernel's body does with the entry value of a parameter."""

    READ = "read"
    #: It is only an argument of other functions, which may or may not read it.
    FORWARDED = "forwarded"
    UNUSED = "unused"
    OVERWRITTEN = "overwritten"
    #: Only values that nobody uses are computed from it.
    COMPUTED = "computed"


class Mode(str, Enum):
    """How an argument may reach a parameter."""

    POSITIONAL_ONLY = "positional-only"
    POSITIONAL = "positional"
    KEYWORD_ONLY = "keyword-only"


class Role(str, Enum):
    """What a decorator does with the function below it."""

    JIT = "jit"
    AUTOTUNE = "autotune"
    HEURISTICS = "heuristics"
    TRANSPARENT = "transparent"
    UNKNOWN = "unknown"


class Forward(NamedTuple):
    """A parameter's value as the argument of a device call, by position or by keyword."""

    callees: tuple[Symbol, ...]
    position: int | None
    keyword: str | None


class Mark(str, Enum):
    """What a kernel's body does with a parameter that it reads."""

    #: It decides, together with constexprs only, which code is compiled.
    FOLDED = "folded"
    #: A local constexpr is computed from it.
    DERIVED = "derived"
    #: It is added to a pointer, or it is a pointer that is read.
    ADDRESS = "address"
    #: It is combined with a tensor of more than one element, or with an unknown value.
    VECTOR = "vector"
    BOUND = "bound"
    COMPARED = "compared"
    RETURNED = "returned"


class Reads(NamedTuple):
    """What a kernel's body does with a parameter's value, and with what is computed from it.

    Attributes:
        needed: the first place that only takes a constexpr, in words; "" if there is none.
        passed: device calls that get it, or a value computed from it and constexprs alone.
    """

    needed: str = ""
    marks: tuple[Mark, ...] = ()
    passed: tuple[Forward, ...] = ()


class Parameter(NamedTuple):
    """One parameter of a kernel.

    Attributes:
        span: the place of its name.
        whole: the place of all of it.
        annotation: the source of its annotation, or "".
        default: the source of its default value, or None.
        evidence: what kind of value the default is.
        obstacle: why a dead parameter cannot be removed, or None.
        doubt: why a person should look before it is removed, or None.
        reads: how the body uses it, if it is read.
        statements: if it is not read, the statements that are removed with it: they discard it, or
            compute values that nobody uses.
        checked: whether only checks and debugging output read it.
        on_purpose: whether a comment on its line speaks of tuning or compiling.
    """

    name: str
    span: Span
    whole: Span
    annotation: str
    default: str | None
    evidence: Evidence
    mode: Mode
    use: Use
    forwards: tuple[Forward, ...]
    obstacle: str | None
    doubt: str | None
    reads: Reads = Reads()
    statements: tuple[Span, ...] = ()
    checked: bool = False
    on_purpose: bool = False


class NameList(NamedTuple):
    """Parameters named, or numbered, in a decorator (`key=[...]`).

    Attributes:
        names: the entries; None if it is not a literal list.
        spans: the place of each.
        held: the entries of a list of the module that only decorators use, if it is one of names.
    """

    option: str
    names: tuple[str | int, ...] | None
    spans: tuple[Span, ...] = ()
    held: tuple[str, ...] | None = None


class Maker(NamedTuple):
    """The function around the definition of a kernel, or around a call that wraps one.

    Each of its calls makes a new one.

    Attributes:
        decorators: the names of its decorators, which may keep what it returns.
    """

    name: str
    qualname: str
    decorators: tuple[str, ...]


class Decorator(NamedTuple):
    """One decorator of a kernel, or one call that wraps it (`triton.jit(fn)`).

    Attributes:
        lists: the options that name parameters.
        seen: what its functions (hooks, heuristics, pruning) do with a launch's arguments.
        tables: the dictionaries of its configs, or of its heuristics.
        options: its keywords, and `autotune`'s positional options; "**" for an unpacking.
        path: the dotted name by which settings may name it; "" for Triton's own.
        library: the member of `LIBRARY_DECORATORS` with its name, or "".
        symbol: what its name stands for, if it is imported.
        call: the place of the call that wraps the kernel, if it is not above the definition.
        optional: whether launches by the kernel's own name go without it.
        maker: the function around that call.
        others: what the name of a jit may stand for besides Triton's own, and may not take all
            that this takes.
    """

    role: Role
    text: str
    row: int
    lists: tuple[NameList, ...]
    seen: Seen
    tables: Tables
    options: tuple[str, ...] = ()
    path: str = ""
    library: str = ""
    symbol: Symbol | None = None
    call: Span | None = None
    optional: bool = False
    maker: Maker | None = None
    others: tuple[Symbol, ...] = ()

    def names(self, option: str) -> tuple[str | int, ...] | None:
        """The names given for `option`: () if it is absent, None if they are unknown."""
        for names in self.lists:
            if names.option == option:
                return names.names
        return ()


class Kernel(NamedTuple):
    """A function under `@triton.jit`.

    Attributes:
        span: the place of its name.
        first_row: the first line of its decorators.
        body_row: the first line of its body; if that is on the `def` line, the line after the last.
        variadic: whether it takes `*args` or `**kwargs`.
        returns_value: if so, it is a device function: a launched kernel cannot return a value.
        stub: whether its body does nothing, or only fails.
        wraps: how often it is made a kernel: more than once if several calls wrap it.
        maker: the function that it is made in, or None for one that is made at import.
    """

    name: str
    qualname: str
    span: Span
    first_row: int
    last_row: int
    def_row: int
    body_row: int
    decorators: tuple[Decorator, ...]
    parameters: tuple[Parameter, ...]
    variadic: bool
    returns_value: bool
    stub: bool
    wraps: int
    maker: Maker | None = None

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        return next((p for p in self.parameters if p.name == name), None)

    @property
    def own_decorator(self) -> Decorator | None:
        """The decorator above the definition that makes the kernel."""
        for decorator in self.decorators:
            if decorator.role is Role.JIT and decorator.call is None:
                return decorator
        return None

    @property
    def tables(self) -> Iterator[Table]:
        """The dictionaries of its decorators that set parameters."""
        for decorator in self.decorators:
            yield from decorator.tables.found

    def lists(self, option: str, name: str) -> bool:
        """Whether a list of the decorator that makes it has the parameter's name or index."""
        for decorator in self.decorators:
            if decorator.role is Role.JIT:
                return name in self.named(decorator.names(option) or ())
        return False

    def named(self, entries: Iterable[str | int]) -> frozenset[str]:
        """Return the parameters in a decorator's list, given by name or by index."""
        entries = tuple(entries)
        if not entries:
            return frozenset()
        names = [parameter.name for parameter in self.parameters]
        found = {*names}.intersection(entries)
        found.update(names[e] for e in entries if isinstance(e, int) and 0 <= e < len(names))
        return frozenset(found)

"""Kernels: their parameters, what their bodies do with these, and their decorators."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from tritonlint.span import Span
from tritonlint.survey.facts.lookups import Seen, Tables
from tritonlint.survey.facts.names import Symbol
from tritonlint.survey.facts.values import Evidence


class Use(str, Enum):
    """What a kernel's body does with the value that a parameter has on entry."""

    READ = "read"
    #: Goes only into arguments of other functions, which may or may not read it.
    FORWARDED = "forwarded"
    UNUSED = "unused"
    OVERWRITTEN = "overwritten"
    #: Goes only into what nothing uses.
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

    #: Decides, with nothing but constexprs, which code is compiled.
    FOLDED = "folded"
    #: A local constexpr is computed from it.
    DERIVED = "derived"


class Reads(NamedTuple):
    """What a kernel's body does with a parameter's value, and with what is computed from it.

    Attributes:
        needed: the first place that takes a constexpr alone, in words; "" where there is none.
        passed: device calls that get it, or what is computed from it and constexprs alone.
    """

    needed: str = ""
    marks: tuple[Mark, ...] = ()
    passed: tuple[Forward, ...] = ()


class Parameter(NamedTuple):
    """One parameter of a kernel.

    Attributes:
        span: where its name stands.
        annotation: the source of its annotation, or "".
        default: the source of its default value, or None.
        evidence: what kind of value the default is.
        obstacle: why a parameter that is not read cannot be taken out of the kernel, or None.
        doubt: why a person should look before it is, or None.
        reads: what is done with one that is read.
        statements: of one that is not read, what goes with it: what throws it away, or computes
            with it what nothing uses.
        checked: whether nothing but checks and debugging output reads it.
    """

    name: str
    span: Span
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


class NameList(NamedTuple):
    """Parameters named, or numbered, in a decorator (`key=[...]`).

    Attributes:
        names: the entries; None where it is not a literal list.
        spans: where each of them stands.
    """

    option: str
    names: tuple[str | int, ...] | None
    spans: tuple[Span, ...] = ()


class Decorator(NamedTuple):
    """One decorator of a kernel, or one call that wraps it (`triton.jit(fn)`), outermost first.

    Attributes:
        lists: the options that name parameters.
        seen: what the functions that it is given (hooks, heuristics, pruning) do with arguments.
        tables: the dictionaries of its configs, or of its heuristics.
        options: the keywords that it is given; "**" for an unpacking.
        path: the dotted name by which settings may name it; "" for Triton's own.
        library: which of `LIBRARY_DECORATORS` its name says that it is, or "".
        symbol: what its name stands for, where that is imported.
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

    def names(self, option: str) -> tuple[str | int, ...] | None:
        """The names given for `option`, () where it is absent, None where they are unknown."""
        for names in self.lists:
            if names.option == option:
                return names.names
        return ()


class Maker(NamedTuple):
    """The function in whose body a kernel is defined, each time that it is called.

    Attributes:
        decorators: the names of its decorators, which may keep what it returns.
    """

    name: str
    qualname: str
    decorators: tuple[str, ...]


class Kernel(NamedTuple):
    """A function under `@triton.jit`.

    Attributes:
        span: where its name stands.
        first_row: the first line of its decorators.
        body_row: where its body begins, on a line of its own; else the line after the last.
        variadic: whether it takes `*args` or `**kwargs`.
        returns_value: it is a device function then: Triton lets no launched kernel return a value.
        stub: whether its body does nothing, or only fails.
        wraps: how often it is made a kernel: more than once where several calls wrap it.
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

    def named(self, entries: Iterable[str | int]) -> frozenset[str]:
        """The parameters that entries of a decorator's list give, by name or by index."""
        entries = tuple(entries)
        if not entries:
            return frozenset()
        names = [parameter.name for parameter in self.parameters]
        found = {*names}.intersection(entries)
        found.update(names[e] for e in entries if isinstance(e, int) and 0 <= e < len(names))
        return frozenset(found)

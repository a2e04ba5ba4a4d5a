"""Mentions of kernels other than calls, and the ways in which kernels leave what is followed."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from tritonlint.survey.facts.names import Symbol


class Escape(str, Enum):
    """A way in which a kernel gets to code where its launches cannot be followed."""

    PASSED = "passed to {}"
    STORED = "stored in {}"
    RETURNED = "returned"
    RETURNED_BY_LAMBDA = "returned by a lambda"
    ASSIGNED = "assigned to {}"
    CLASS_BODY = "bound in a class body, as {}"
    DEFAULT = "used as a default value"
    DECORATES = "used as a decorator"
    DECORATED = "used in a decorator"
    BASE = "used as a base class"
    ITERATED = "iterated over"
    UNPACKED = "unpacked"
    INDEXED = "indexed, and not called at once"
    WITH_GRID = "kept with its grid{}"
    KEY = "used as a key"
    COMPARED = "compared"
    SEARCHED = "searched"
    MATCHED = "captured by a pattern of a `match`"
    COMPILED = "launched, and what the launch returns is kept"
    LOOKED_UP = "looked up {}"
    REPLACED = "replaced {}"
    SET = "assigned to"
    CALLED = "called like a plain function"
    UNWRAPPED = "called by the plain function under it"
    ODD_CALL = "called in a way that is not understood"
    ODD_PARTIAL = "called with different bound arguments"
    ENUMERATED = "one of the names that {} lists"
    INSPECTED = "asked for its `{}`"
    VALUE = "used as a value"
    NAMED = "given another name"
    #: These say nothing about the parameters, and launch nothing.
    ANNOTATION = "used in an annotation"
    DROPPED = "dropped"
    TESTED = "tested"
    FORMATTED = "formatted into a string"
    LOOKED_AT = "looked at"


#: If an attribute only may be a kernel, only these uses count as one that cannot be followed.
HANDED_ON = frozenset(
    {Escape.PASSED, Escape.STORED, Escape.RETURNED, Escape.RETURNED_BY_LAMBDA, Escape.ASSIGNED}
    | {Escape.CLASS_BODY, Escape.DEFAULT, Escape.DECORATED, Escape.WITH_GRID, Escape.KEY}
    | {Escape.COMPILED, Escape.LOOKED_UP, Escape.REPLACED, Escape.SET, Escape.ODD_CALL}
    | {Escape.UNWRAPPED, Escape.MATCHED}
    | {Escape.ODD_PARTIAL, Escape.ENUMERATED, Escape.INSPECTED}
)

#: After these, the kernel is not launched and can still be followed.
HARMLESS = frozenset(
    {Escape.ANNOTATION, Escape.DROPPED, Escape.TESTED, Escape.FORMATTED, Escape.LOOKED_AT}
)


class Reference(NamedTuple):
    """Any other mention of a possible kernel, and what is done with it."""

    symbols: tuple[Symbol, ...]
    escape: Escape
    detail: str
    row: int
    column: int
    in_kernel: bool

    @property
    def is_guess(self) -> bool:
        """Whether only the name of an unknown object's attribute suggests a kernel."""
        return all(symbol.origin == "object" for symbol in self.symbols)

    @property
    def kind(self) -> object:
        """Return a key: of the references of a file with the same key, only the first is kept."""
        if self.is_guess:
            return self.symbols, self.in_kernel, self.escape in (Escape.SET, Escape.REPLACED)
        return self.symbols, self.escape, self.detail, self.in_kernel

    @property
    def how(self) -> str:
        """Say what is done with it, in words that follow "`kernel` is"."""
        return self.escape.value.format(self.detail)


class Enumeration(NamedTuple):
    """Code that finds objects by names that it lists or builds: `vars(m)`, `getattr(m, s)`.

    Attributes:
        module: the owner of the names; None if it is not known.
        pattern: the names, with "*" for the parts that are not literal.
        what: a description of the code.
    """

    module: Symbol | None
    pattern: str
    what: str
    row: int

    @property
    def is_of_any_module(self) -> bool:
        """Whether it tells too little, and counts only for modules that its file has in values."""
        return self.module is None and sum(map(str.isalnum, self.pattern)) < 2

"""What the survey learns of one file: plain data, all that any later step ever sees of it.

A *symbol* names something without knowing the project: ``"module:attribute.path"``, where the
module is as the import statement spells it (leading dots for a relative one) and empty for the
file itself. ``"?:name"`` is an attribute of an object whose type is not known, and
``"<:Class.name"`` that attribute of whatever class inherits from one of the file.

All are NamedTuples: a tree has hundreds of thousands of them, and as tuples they are made, sent to
another process and written as JSON without a line of Python.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from tritonlint.span import Span


class Use(str, Enum):
    """What a kernel's body does with the value that a parameter has on entry."""

    READ = "read"
    #: Goes only into arguments of other functions, which may or may not read it.
    FORWARDED = "forwarded"
    UNUSED = "unused"
    OVERWRITTEN = "overwritten"


class Evidence(str, Enum):
    """What a host expression is known to evaluate to."""

    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TENSOR = "tensor"
    NONE = "none"
    UNKNOWN = "unknown"


class Mode(str, Enum):
    """How an argument may reach a parameter."""

    POSITIONAL_ONLY = "positional-only"
    POSITIONAL = "positional"
    KEYWORD_ONLY = "keyword-only"


#: How a string is used that names what a decorator itself passes to the kernel.
CONFIG, HEURISTIC = FED_BY = ("a config", "a heuristic")


#: Stands for all names at once, where what a function is given is unpacked into a call.
UNPACKED = "**"

#: How it is said of a value that it may come to be launched elsewhere, or was launched already.
HANDED_ON = (
    *("passed to", "stored in", "returned", "assigned to", "bound to", "unpacked"),
    *("used as a default", "used as a key"),
    *("looked up", "kept", "launched", "called in a way", "called with different"),
)


class CallForm(str, Enum):
    """How a kernel is called."""

    LAUNCH = "launch"
    RUN = "run"
    WARMUP = "warmup"
    PARTIAL = "partial"
    DEVICE = "device"


class Role(str, Enum):
    """What a decorator does with the function below it."""

    JIT = "jit"
    AUTOTUNE = "autotune"
    HEURISTICS = "heuristics"
    TRANSPARENT = "transparent"
    UNKNOWN = "unknown"


class Forward(NamedTuple):
    """A parameter's value as the argument of a device call, by position or by keyword."""

    callees: tuple[str, ...]
    position: int | None
    keyword: str | None


class Parameter(NamedTuple):
    """One parameter of a kernel; `span` covers its name, `annotation` and `default` are source."""

    name: str
    span: Span
    annotation: str
    default: str | None
    mode: Mode
    use: Use
    forwards: tuple[Forward, ...]
    #: Why a parameter that is not read cannot be taken out of the body's own code, or None.
    obstacle: str | None


class NameList(NamedTuple):
    """Parameter names given to a decorator (`key=[...]`); None where they are not literals."""

    option: str
    names: tuple[str | int, ...] | None


class Decorator(NamedTuple):
    """One decorator of a kernel, or one call that wraps it (`triton.jit(fn)`), outermost first."""

    role: Role
    text: str
    row: int
    lists: tuple[NameList, ...]

    def names(self, option: str) -> tuple[str | int, ...] | None:
        """The names given for `option`, () where it is absent, None where they are unknown."""
        for names in self.lists:
            if names.option == option:
                return names.names
        return ()


class Kernel(NamedTuple):
    """A function under `@triton.jit`; `span` covers its name, the rows its whole definition."""

    name: str
    qualname: str
    span: Span
    first_row: int
    last_row: int
    def_row: int
    #: Where its body begins on a row of its own; else the row after the last.
    body_row: int
    decorators: tuple[Decorator, ...]
    parameters: tuple[Parameter, ...]
    variadic: bool
    #: A device function: Triton lets no launched kernel return anything.
    returns_value: bool
    #: Whether the body does nothing but fail, or nothing at all.
    stub: bool

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        return next((p for p in self.parameters if p.name == name), None)


class Argument(NamedTuple):
    """One argument of a call; `star` is "", "*" or "**", `text` its source on one line."""

    keyword: str | None
    star: str
    text: str
    span: Span
    evidence: Evidence
    pure: bool


class Call(NamedTuple):
    """A launch or a device call, with everything it could be calling.

    `complete` is False where the callee may also be something that is not understood.
    `bound` positional arguments precede the ones written here (an earlier `partial`), and `first`
    is the index of the first argument that belongs to the kernel.
    """

    form: CallForm
    callees: tuple[str, ...]
    complete: bool
    span: Span
    arguments: tuple[Argument, ...]
    bound: int
    first: int
    #: The top-level function, class or variable in whose code it stands ("" for none).
    owner: str
    #: The kernel in whose body it stands.
    caller: str | None
    #: Functions and variables that the grid mentions: they see the arguments by name.
    mentions: tuple[str, ...]
    #: The strings in the grid's own code; None where the grid comes from the caller.
    strings: tuple[str, ...] | None


class Reference(NamedTuple):
    """Any other mention of something that may be a kernel, and what is done with it."""

    symbols: tuple[str, ...]
    how: str
    row: int
    column: int
    in_kernel: bool

    @property
    def is_guess(self) -> bool:
        """Whether only a name says that it may be a kernel: an attribute of an unknown object."""
        return all(symbol.startswith("?:") for symbol in self.symbols)


class StringUse(NamedTuple):
    """A string constant that could name a parameter.

    The span is the string's own; of a key in a config or a heuristic, that of the dictionary.
    """

    text: str
    how: str
    span: Span


class Owner(NamedTuple):
    """A top-level function, class or variable: the strings in its code, and what it mentions."""

    name: str
    strings: tuple[StringUse, ...]
    mentions: tuple[str, ...]
    #: What the functions in it call their parameters.
    parameters: tuple[str, ...]


class Suppression(NamedTuple):
    """A comment that silences findings on its row; no codes means all of them."""

    row: int
    span: Span
    codes: tuple[str, ...]
    text: str
    #: "ignore", "noqa" or "ignore-file"
    form: str


class Problem(NamedTuple):
    """Why a file, or one kernel of it, could not be read."""

    message: str
    span: Span


#: Stands for whatever is not known, or known to be no kernel.
OTHER = "?:"
#: Stands for a class of which it is not known from which it inherits, and for objects of any.
ANY_CLASS = "?"
#: Begins a symbol that stands for what heirs of a class of the file have in its place.
HEIRS = "<:"


#: What is left out where only kernels and names were looked for.
ALL_CODE = ("*",)
#: Is left out where only some kernels were looked for: what concerns others.
OTHER_KERNELS = "@"


class Binding(NamedTuple):
    """What a name of the module, or of a class in it (`Class.name`), may stand for.

    One of the symbols is `OTHER` where it may also be something that is no kernel of the project.
    """

    name: str
    symbols: tuple[str, ...]


class ModuleFacts(NamedTuple):
    """One file, surveyed."""

    kernels: tuple[Kernel, ...] = ()
    calls: tuple[Call, ...] = ()
    references: tuple[Reference, ...] = ()
    bindings: tuple[Binding, ...] = ()
    star_imports: tuple[str, ...] = ()
    owners: tuple[Owner, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()
    #: What the module binds that is of other packages.
    external: tuple[str, ...] = ()
    #: What it binds that is no kernel, but may have one: functions, classes, numbers.
    values: tuple[str, ...] = ()
    #: Functions of the module and of its classes whose code was left out, as owners are named, and
    #: kernels, with an `@` before the name; `OTHER_KERNELS`; or `ALL_CODE` alone.
    left_out: tuple[str, ...] = ()
    #: Of the file's bytes.
    digest: str = ""

    def leaves_out(self, name: str) -> bool:
        """Whether code of that owner, or of one in that class, was left out."""
        return self.left_out == ALL_CODE or any(
            f"{owner}.".startswith(f"{name}.") for owner in self.left_out
        )

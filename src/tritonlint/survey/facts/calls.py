"""Launches and device calls, and where the values of their arguments come from."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from tritonlint.span import Span
from tritonlint.survey.facts.lookups import Seen
from tritonlint.survey.facts.names import Symbol
from tritonlint.survey.facts.values import Evidence, Provenance, Steady


class CallForm(str, Enum):
    """How a kernel is called."""

    LAUNCH = "launch"
    RUN = "run"
    WARMUP = "warmup"
    PARTIAL = "partial"
    DEVICE = "device"
    #: `jax_triton.triton_call(x, kernel=kernel, out_shape=...)`, which passes the outputs, too.
    TRITON_CALL = "triton_call"


class HostCall(NamedTuple):
    """A call of a function of the file that launches kernels.

    Attributes:
        function: the qualified name of the called function.
        arguments: the provenance of the argument for each parameter.
    """

    function: str
    row: int
    arguments: tuple[tuple[str, Provenance], ...]


class HostFunction(NamedTuple):
    """A function or a method whose parameters reach a launch.

    Attributes:
        function: the qualified name.
        positional: its positional parameters, in order, including `self`.
        named: its keyword parameters.
        binds: "" for a function; for a method, what its first parameter gets: "object", "class",
            or "nothing" if it is static.
    """

    function: str
    positional: tuple[str, ...]
    named: tuple[str, ...]
    binds: str = ""

    @property
    def name(self) -> str:
        """The last part of the name."""
        return self.function.rpartition(".")[2]


class FarCall(NamedTuple):
    """A call of a function whose name was asked about.

    Attributes:
        callee: the only function that it may call; None if there may be several.
        name: the last part of the called name.
        on_object: whether it is called on an object that is not a module.
    """

    callee: Symbol | None
    name: str
    on_object: bool
    positional: tuple[Provenance, ...]
    keywords: tuple[tuple[str, Provenance], ...]


class FarCalls(NamedTuple):
    """The calls of a file to functions whose names were asked about.

    Attributes:
        functions: the functions around the calls, whose parameters they pass on.
        methods: the names that a class of the file may have as a method.
    """

    calls: tuple[FarCall, ...] = ()
    functions: tuple[HostFunction, ...] = ()
    methods: tuple[str, ...] = ()


class Item(NamedTuple):
    """An element of a tuple or list literal, or a value of a dictionary literal with its `key`.

    `Argument` explains the other fields.

    Attributes:
        uses: how many unpackings there are of it; 0 where it cannot be taken out.
    """

    key: str
    text: str
    span: Span
    pure: bool
    trusts: tuple[str, ...]
    uses: int
    asks: tuple[Symbol, ...] = ()
    caught: bool = False


class UnpackedLiteral(NamedTuple):
    """A literal that calls unpack, and nothing else uses.

    Attributes:
        items: what is unpacked; of a dictionary only what it has from no other one.
        length: how many elements or entries it has in all.
    """

    span: Span
    items: tuple[Item, ...]
    length: int


class Sequence(NamedTuple):
    """The shape or the strides of a tensor that a launch unpacks: `*x.shape[1:]`, `*x.stride()`.

    Attributes:
        whole: the source of all of it, without a slice.
        lower: where the slice of it begins.
        upper: where the slice ends, if not at the end of all.
        length: how many elements are unpacked; None where it does not show.
    """

    whole: str
    lower: int = 0
    upper: int | None = None
    length: int | None = None


class Derived(NamedTuple):
    """The formula of an option, in variables that the call also passes as they are."""

    formula: str
    names: tuple[str, ...]


class Argument(NamedTuple):
    """One argument of a call.

    Attributes:
        star: "", "*" or "**".
        text: its source, on one line.
        pure: whether evaluating it has no effect, if `trusts` have none.
        trusts: names of attributes, methods and containers that count as having no effect,
            unless a class of the project defines one that has.
        asks: the functions of other files that it calls: it is only pure if they have no effect.
        provenance: where the argument of a launch comes from, if it may be a number.
        keys: the keywords that an unpacked mapping may hold; None where there may be others.
        literal: the literal that is unpacked: a tuple or a list of which all elements are known,
            or a dictionary that can lose keys.
        sequence: the shape or the strides that are unpacked.
        length: how many elements are unpacked, if every value that it may have shows the same.
        hint: what it probably is, where `evidence` does not say.
        derived: of a compile option, how it follows from other arguments.
        fixed: whether the function passes it that launches what it is given.
        caught: whether evaluating it may fail where errors are caught.
        steady: why the argument of a launch does not vary by itself; None where it may.
    """

    keyword: str | None
    star: str
    text: str
    span: Span
    evidence: Evidence
    pure: bool
    trusts: tuple[str, ...]
    provenance: Provenance = Provenance()
    hint: Evidence = Evidence.UNKNOWN
    keys: tuple[str, ...] | None = None
    literal: UnpackedLiteral | None = None
    asks: tuple[Symbol, ...] = ()
    sequence: Sequence | None = None
    length: int | None = None
    derived: Derived | None = None
    fixed: bool = False
    caught: bool = False
    steady: Steady | None = None

    @property
    def is_positional(self) -> bool:
        """Whether it takes a place, or several."""
        return self.keyword is None and self.star != "**"


class Partial(NamedTuple):
    """What a `partial` has bound before the call: how many positions, and which keywords.

    Attributes:
        keywords_open: whether there may be more keywords, by `**kwargs`.
    """

    positions: int = 0
    keywords: tuple[str, ...] = ()
    keywords_open: bool = False


class Call(NamedTuple):
    """A launch or a device call, with all kernels that it may call.

    Attributes:
        complete: False if it may also call something that is not understood.
        earlier: what a `partial` has bound before.
        first: the index of the first argument that belongs to the kernel.
        kernel: the qualified name of the kernel whose body contains it, or None.
        grid: what the grid does with the arguments.
        may_fail: whether the code around it expects or catches an error.
        function: the qualified name of the function around it, or "".
        programs: the source of each element of a grid that is a tuple.
        through: the names of the functions that are given the kernel, up to the one that
            launches it.
        wrapped: the places of the calls in this file that wrap what it launches; None if that is
            not known.
        tried: whether the function around it may be called where errors are caught or expected.
    """

    form: CallForm
    callees: tuple[Symbol, ...]
    complete: bool
    span: Span
    arguments: tuple[Argument, ...]
    earlier: Partial
    first: int
    kernel: str | None
    grid: Seen
    may_fail: bool
    function: str = ""
    programs: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    wrapped: tuple[Span, ...] | None = None
    tried: bool = False


class HostParameter(NamedTuple):
    """A parameter of a function that only its own file calls, by its name.

    Attributes:
        function: the name of the function.
        first_row: the first line of its definition; it has no decorator.
        body_row: the first line of its body; after `last_row` if it begins beside the `def`.
        last_row: its last line.
        arguments: what each call passes for the parameter: the places of call and argument.
    """

    function: str
    first_row: int
    body_row: int
    last_row: int
    arguments: tuple[tuple[Span, Span], ...]


class Feeder(NamedTuple):
    """A local, an import or a parameter that is read only in code that a fix may drop.

    Attributes:
        function: the qualified name of the function; "" for an import of the module.
        statements: all code that goes with it: assignments of values, its place among several
            targets or in an import, or its place in a signature and the arguments for it.
        reads: where it is read: in arguments of launches and device calls, in other feeders.
        trusts: see `Argument`.
        stays: whether it must stay, read or not: its value may have an effect, or other files may
            get the import from this one.
        parameter: if it is a parameter, its function and the calls.
    """

    name: str
    function: str
    statements: tuple[Span, ...]
    reads: tuple[Span, ...]
    trusts: tuple[str, ...] = ()
    stays: bool = False
    parameter: HostParameter | None = None

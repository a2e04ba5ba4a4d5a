"""What the survey learns of one file: plain data, and all that any later step sees of it.

The facts of a file depend on its bytes and on `SurveyOptions` alone, never on what is asked of
them. Most are NamedTuples: a tree has hundreds of thousands, and a tuple is written as JSON, and
sent to another process, without a line of Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Literal, NamedTuple, TypeAlias

from tritonlint.span import Span

# -- names ---------------------------------------------------------------------------------

#: Where a symbol's path begins:
#: - "file": at the top level of the file itself;
#: - "module": in a module that the file imports;
#: - "object": at an object of unknown type, whose attribute it is;
#: - "subclass": in whatever subclass of a class of the file stands in for it.
Origin: TypeAlias = Literal["file", "module", "object", "subclass"]


class Symbol(NamedTuple):
    """Something that an expression may stand for, as far as its own file tells.

    `module` is spelled as the import statement spells it, with leading dots where it is relative,
    and empty for every other origin. `path` is a dotted name; it is empty for the module itself.
    """

    origin: Origin
    module: str
    path: str

    @property
    def name(self) -> str:
        """The last part of the path, or of the module where there is no path."""
        return (self.path or self.module).rpartition(".")[2]

    @property
    def dotted(self) -> str:
        """The module and the path, with the dots of a relative import."""
        joins = self.module and self.path and not self.module.endswith(".")
        return f"{self.module}{'.' if joins else ''}{self.path}"

    def attribute(self, *names: str) -> Symbol:
        """The symbol of an attribute of what this one stands for."""
        if not names:
            return self
        return self._replace(path=".".join((self.path, *names) if self.path else names))


def in_file(path: str) -> Symbol:
    """The symbol of a name at the top level of the file."""
    return Symbol("file", "", path)


def in_module(module: str, path: str = "") -> Symbol:
    """The symbol of a name in an imported module, or of the module itself."""
    return Symbol("module", module, path)


def of_object(attribute: str) -> Symbol:
    """The symbol of an attribute of an object of unknown type."""
    return Symbol("object", "", attribute)


def of_subclass(path: str) -> Symbol:
    """The symbol of what subclasses have in the place of `Class.attribute`."""
    return Symbol("subclass", "", path)


class Binding(NamedTuple):
    """What a name of the module, or of a class in it (`Class.name`), may stand for.

    Attributes:
        symbols: what may be a kernel, or lead to one.
        complete: whether it stands for nothing beside these. Without symbols, a complete binding
            is known to be no kernel.
        closed: whether its attributes are known to be no kernels either.
    """

    name: str
    symbols: tuple[Symbol, ...]
    complete: bool
    closed: bool = False


class ClassFacts(NamedTuple):
    """A class: what it inherits from, and which names its body binds.

    Attributes:
        name: the qualified name.
        bases: those of its base classes that may be classes of the project.
        bases_known: whether every other base class is known to be of another package.
        attributes: the names that its body binds to something other than a kernel.
    """

    name: str
    bases: tuple[Symbol, ...]
    bases_known: bool
    attributes: tuple[str, ...]


# -- kernels -------------------------------------------------------------------------------


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


class Evidence(str, Enum):
    """What a host expression is known to evaluate to."""

    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TENSOR = "tensor"
    NONE = "none"
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
    #: Is added to a pointer, or is one that is read.
    ADDRESS = "address"
    #: Meets a tensor of more than one element, or goes where that is not known.
    VECTOR = "vector"
    BOUND = "bound"
    COMPARED = "compared"
    RETURNED = "returned"


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


# -- code that sees arguments by name ------------------------------------------------------


class Given(NamedTuple):
    """How a function gets a launch's arguments as a mapping.

    Attributes:
        position: which positional parameter is the mapping, or None.
        keyword: which parameter is the mapping, by name, or None.
        unpacked: whether it gets them (also) as keyword arguments of their own.
        members: the attributes of the parameter that are the mappings, where it is none itself.
        configs: which positional parameter holds configs, or None.
    """

    position: int | None = None
    keyword: str | None = None
    unpacked: bool = False
    members: tuple[str, ...] = ()
    configs: int | None = None


class Wanted(str, Enum):
    """What is asked about something of another file."""

    #: What it does with a launch's arguments.
    ARGUMENTS = "arguments"
    #: What the function that it returns does with them.
    RETURNED = "returned"
    #: Which configs it gives.
    CONFIGS = "configs"
    #: Which options of a decorator it holds.
    OPTIONS = "options"


class Ask(NamedTuple):
    """A question about something of another file; `given` says how it gets the arguments."""

    wanted: Wanted
    given: Given = Given()


class Key(NamedTuple):
    """A key that code looks up among the arguments.

    `name` is the whole key; with `partial` it holds the literal parts, in order, of a key that is
    put together at run time, with "*" for the others.
    """

    name: str
    how: str
    row: int
    partial: bool = False


class Follow(NamedTuple):
    """Something of another file that has to be read there."""

    symbol: Symbol
    ask: Ask
    row: int


class Unclear(NamedTuple):
    """Code that may look up any argument, with what it does, in words."""

    what: str
    row: int


class Seen(NamedTuple):
    """What some code does with the arguments of a launch that it gets by name."""

    keys: tuple[Key, ...] = ()
    follows: tuple[Follow, ...] = ()
    unclear: tuple[Unclear, ...] = ()


class Table(NamedTuple):
    """A dictionary literal that gives parameters their values: a config's, or the heuristics'."""

    span: Span
    keys: tuple[str, ...]


class Tables(NamedTuple):
    """All dictionaries of one decorator.

    Attributes:
        found: the literals.
        complete: whether these are all there are.
        names: the module's variables and functions through which they reach the decorator.
    """

    found: tuple[Table, ...] = ()
    complete: bool = True
    names: tuple[str, ...] = ()


# -- calls and references ------------------------------------------------------------------


class CallForm(str, Enum):
    """How a kernel is called."""

    LAUNCH = "launch"
    RUN = "run"
    WARMUP = "warmup"
    PARTIAL = "partial"
    DEVICE = "device"


class NumberOrigin(str, Enum):
    """What kind of place a number comes from, on the host."""

    LITERAL = "literal"
    #: A name of the module, or of another one.
    CONSTANT = "constant"
    #: A comparison, a dtype, a number of dimensions: of few values.
    FLAG = "flag"
    SHAPE = "shape"
    NUMEL = "numel"
    LENGTH = "length"
    STRIDE = "stride"
    #: Read out of a tensor: `x.max().item()`.
    ITEM = "item"
    PARAMETER = "parameter"
    ATTRIBUTE = "attribute"
    OTHER = "other"


class Step(str, Enum):
    """What is done on the way from where a number comes from to a launch."""

    CEIL_DIV = "a ceiling division"
    POWER_OF_TWO = "a power of two"
    CAPPED = "a `min` with a constant"
    ROUNDED = "rounded"
    BUCKET = "a bucket"


class Leaf(NamedTuple):
    """One place that a number comes from.

    Attributes:
        text: its source.
        of: the tensor or object that it is asked of, or the name of the parameter.
        dimension: which one, or None where that is not known.
        function: whose parameter it is, or the root of `of` is; "" where it is none.
        note: the annotation of a parameter; of a tensor that is a slice, the bound that is no
            constant; of a stride, the names of the sizes between its dimension and the last.
    """

    origin: NumberOrigin
    text: str
    of: str = ""
    dimension: int | None = None
    function: str = ""
    note: str = ""


class Provenance(NamedTuple):
    """Where a launch argument comes from: through local names, back to the function's inputs.

    Attributes:
        names: the local names on the way, from the launch on.
        limit: the number that an assertion says it is at most, or 0.
        tensors: the names of the tensors that it is asked of, or that it is, on the way.
    """

    leaves: tuple[Leaf, ...] = ()
    names: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    limit: int = 0
    tensors: tuple[str, ...] = ()


class HostCall(NamedTuple):
    """A call of a function of the file that launches kernels.

    Attributes:
        function: the qualified name of what is called.
        arguments: by parameter, what it is given.
    """

    function: str
    row: int
    arguments: tuple[tuple[str, Provenance], ...]


class Item(NamedTuple):
    """An element of a tuple or list literal, or a value of a dictionary literal with its `key`.

    See `Argument` for the other fields.
    """

    key: str
    text: str
    span: Span
    pure: bool
    trusts: tuple[str, ...]


class UnpackedLiteral(NamedTuple):
    """A literal that calls unpack, and nothing else uses.

    Attributes:
        items: what it has; of a dictionary only what it has from no other one.
        uses: how many unpackings there are of it.
    """

    span: Span
    items: tuple[Item, ...]
    uses: int


class Argument(NamedTuple):
    """One argument of a call.

    Attributes:
        star: "", "*" or "**".
        text: its source, on one line.
        pure: whether evaluating it has no effect, given that of `trusts`.
        trusts: names of attributes, methods and containers that are taken to have no effect of
            their own, as long as no class of the project says otherwise.
        provenance: where the argument of a launch comes from, if it may be a number.
        keys: the keywords that an unpacked mapping may hold; None where there may be others.
        literal: the literal that is unpacked: a tuple or a list of which all elements are known,
            or a dictionary that can lose keys.
        hint: what it probably is, where `evidence` does not say.
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


class Partial(NamedTuple):
    """What a `partial` has bound before the call: how many positions, and which keywords.

    Attributes:
        keywords_open: whether there may be more keywords, by `**kwargs`.
    """

    positions: int = 0
    keywords: tuple[str, ...] = ()
    keywords_open: bool = False


class Call(NamedTuple):
    """A launch or a device call, with everything that it may be a call of.

    Attributes:
        complete: False where it may also be a call of something that is not understood.
        earlier: what a `partial` has bound before.
        first: the index of the first argument that belongs to the kernel.
        kernel: the qualified name of the kernel in whose body it stands, or None.
        grid: what the grid does with the arguments.
        may_fail: whether the code around it expects or catches an error.
        function: the qualified name of the function that it stands in, or "".
        programs: the source of each element of a grid that is a tuple.
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


class Escape(str, Enum):
    """A way in which a kernel gets to where its launches cannot be followed; see `describe`."""

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


#: Of an attribute that only might be a kernel, these are what gets a kernel out of sight.
HANDED_ON = frozenset(
    {Escape.PASSED, Escape.STORED, Escape.RETURNED, Escape.RETURNED_BY_LAMBDA, Escape.ASSIGNED}
    | {Escape.CLASS_BODY, Escape.DEFAULT, Escape.DECORATED, Escape.WITH_GRID, Escape.KEY}
    | {Escape.COMPILED, Escape.LOOKED_UP, Escape.REPLACED, Escape.SET, Escape.ODD_CALL}
    | {Escape.UNWRAPPED}
    | {Escape.ODD_PARTIAL, Escape.ENUMERATED, Escape.INSPECTED}
)

#: What launches no kernel and gets none out of sight.
HARMLESS = frozenset(
    {Escape.ANNOTATION, Escape.DROPPED, Escape.TESTED, Escape.FORMATTED, Escape.LOOKED_AT}
)


class Reference(NamedTuple):
    """Any other mention of something that may be a kernel, and what is done with it."""

    symbols: tuple[Symbol, ...]
    escape: Escape
    detail: str
    row: int
    column: int
    in_kernel: bool

    @property
    def is_guess(self) -> bool:
        """Whether only a name says that it may be a kernel: an attribute of an unknown object."""
        return all(symbol.origin == "object" for symbol in self.symbols)

    @property
    def how(self) -> str:
        """What is done with it, in words that follow "`kernel` is"."""
        return self.escape.value.format(self.detail)


class Enumeration(NamedTuple):
    """Code that finds things by names that it lists, or puts together: `vars(m)`, `getattr(m, s)`.

    Attributes:
        module: whose names; None where that is not known.
        pattern: the names, with "*" for the parts that are not literal.
        what: the code, in words.
    """

    module: Symbol | None
    pattern: str
    what: str
    row: int


class Feeder(NamedTuple):
    """A local of a function, or an import, that is read only where a fix may drop the read.

    Attributes:
        function: the qualified name of the function; "" for an import of the module.
        statements: all that bind it: assignments of values without an effect, its place in what is
            unpacked, or its place in an import.
        reads: where it is read: in arguments of launches and device calls, in statements of others.
        trusts: see `Argument`.
    """

    name: str
    function: str
    statements: tuple[Span, ...]
    reads: tuple[Span, ...]
    trusts: tuple[str, ...] = ()


# -- the file ------------------------------------------------------------------------------


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


class ModuleFacts(NamedTuple):
    """One file, surveyed.

    Attributes:
        attributes_set: the names of attributes that code outside class bodies assigns to.
        impure: names of properties, methods and functions of the file that have an effect, and of
            variables whose items have (`defaultdict`).
        digest: of the file's bytes.
        host_calls: the calls of functions that launch kernels with what they are given.
        feeders: the locals and imports that may be of no use without an argument.
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
    feeders: tuple[Feeder, ...] = ()


class SurveyOptions(NamedTuple):
    """What the facts of a file depend on beside its bytes.

    Attributes:
        jit_decorators: dotted names of more decorators that make a function a kernel.
        transparent_decorators: those of decorators that pass a launch's arguments on as they are.
        autotune_decorators: those of decorators that take what `triton.autotune` takes.
        own_packages: names of well-known packages that the tree has modules of its own for.
    """

    jit_decorators: frozenset[str] = frozenset()
    transparent_decorators: frozenset[str] = frozenset()
    autotune_decorators: frozenset[str] = frozenset()
    own_packages: frozenset[str] = frozenset()

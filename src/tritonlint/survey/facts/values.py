"""Values on the host: what an expression evaluates to, and where a number comes from."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Evidence(str, Enum):
    """What a host expression is known to evaluate to."""

    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    TENSOR = "tensor"
    NONE = "none"
    UNKNOWN = "unknown"


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
    LEAST = "a `min`"
    ROUNDED = "rounded"
    BUCKET = "a bucket"


class Leaf(NamedTuple):
    """One place that a number comes from.

    Attributes:
        text: its source.
        of: the tensor or object that it is asked of, or the name of the parameter.
        dimension: which one, or None where that is not known.
        function: whose parameter it is, or `of` is; "" where it is none.
        note: the annotation of a parameter; of a tensor that is a slice, the bound that is no
            constant; of a stride, the names of the sizes between its dimension and the last.
        rank: of a size, how many the function unpacks the shape into, or 0.
    """

    origin: NumberOrigin
    text: str
    of: str = ""
    dimension: int | None = None
    function: str = ""
    note: str = ""
    rank: int = 0


class Provenance(NamedTuple):
    """Where a launch argument comes from: through local names, back to the function's inputs.

    Attributes:
        names: the local names on the way, from the launch on.
        limit: the number that an assertion says it is at most, or 0.
        tensors: the names of the tensors that it is asked of, or that it is, on the way.
        quotients: those of the names that stand for a quotient.
        is_quotient: whether the argument is one, and not only computed from it.
        by: those of the leaves that something is divided by.
        divisors: those of the names that are on the way to these, and to no others.
    """

    leaves: tuple[Leaf, ...] = ()
    names: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    limit: int = 0
    tensors: tuple[str, ...] = ()
    quotients: tuple[str, ...] = ()
    is_quotient: bool = False
    by: tuple[Leaf, ...] = ()
    divisors: tuple[str, ...] = ()

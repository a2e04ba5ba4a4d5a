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
    """The kind of source that a number on the host has."""

    LITERAL = "literal"
    #: A name of this module, or of another one.
    CONSTANT = "constant"
    #: A comparison, a dtype, a number of dimensions: it has few values.
    FLAG = "flag"
    SHAPE = "shape"
    NUMEL = "numel"
    LENGTH = "length"
    STRIDE = "stride"
    #: Read from a tensor: `x.max().item()`.
    ITEM = "item"
    PARAMETER = "parameter"
    ATTRIBUTE = "attribute"
    OTHER = "other"


class Step(str, Enum):
    """What happens to a number on the way from its source to a launch."""

    CEIL_DIV = "a ceiling division"
    POWER_OF_TWO = "a power of two"
    CAPPED = "a `min` with a constant"
    LEAST = "a `min`"
    ROUNDED = "rounded"
    BUCKET = "a bucket"


class Leaf(NamedTuple):
    """One source of a number.

    Attributes:
        text: its source.
        of: the name of the parameter that it is, or that it is read from; "" if there is none.
        dimension: its index, or None if it is not known.
        function: the function whose parameter `of` is; "" if there is none.
        note: the annotation of a parameter; for a slice of a tensor, its bound if that is not
            constant; for a stride, the names of the sizes between its dimension and the last.
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
        limit: the upper limit that an assertion states, or 0.
        tensors: the names of the tensors on the way.
        quotients: the names on the way that are a quotient.
        is_quotient: whether the argument itself is one, and not only computed from one.
        by: the leaves that are divisors.
        divisors: the names that are on the way to divisors only.
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


class Steady(NamedTuple):
    """An argument of a launch that does not vary by itself.

    Attributes:
        value: the source of the literal that it always is, or "".
        names: the variables of the module that lead to the literal.
        dtypes: the variables from whose dtypes it is computed, if it is no literal.
    """

    value: str = ""
    names: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()

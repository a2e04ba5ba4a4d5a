"""The class of a single argument in the specialization key, in Triton's own words."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from tritonlint.triton.annotations import (
    CANONICAL,
    annotation_type,
    is_constexpr,
    never_specialized,
)
from tritonlint.triton.backends import check_backend
from tritonlint.triton.specialization import keys_pointer_range
from tritonlint.triton.versions import NEWEST, SKIPS_ALIGNMENT, TritonVersion


class Tensor:
    """A tensor argument, as far as the key depends on it; not a tuple, which Triton would unpack.

    Args:
        dtype: the name without a module: "float32".
        aligned: whether `data_ptr() % 16 == 0`.
        within_2gib: whether its storage has at most 2**31 - 1 bytes; only HIP uses this.
    """

    def __init__(self, dtype: str, aligned: bool = True, within_2gib: bool = True) -> None:
        self.dtype = dtype
        self.aligned = aligned
        self.within_2gib = within_2gib


Argument: TypeAlias = int | float | Tensor | None  # bool is an int


class KeyClass(NamedTuple):
    """One parameter's part of the key, in Triton's own words.

    3.3 and newer: the pair of the binder, such as ("i32", "D") or ("constexpr", 1). 3.0 to 3.2:
    the type string and the token "D", "1" or "N" (HIP in 3.2: "DS", "S" too), or None where the
    parameter has no token. A constexpr's specialization is the value in all of them.
    """

    type: str
    specialization: object


def key_class(
    value: Argument,
    *,
    annotation: str = "",
    do_not_specialize: bool = False,
    do_not_specialize_on_alignment: bool = False,
    version: TritonVersion = NEWEST,
    backend: str = "cuda",
) -> KeyClass:
    """Return the class of one argument. Arguments with equal classes share a compile.

    Raises:
        OverflowError: an integer beyond 64 bits (up to 3.5 Triton called it i64).
        ValueError: a version older than 3.0, whose keys were built otherwise.
    """
    check_backend(backend)
    if version < (3, 0):
        raise ValueError(
            f"the class of a single value is known from Triton 3.0 on, not for {version}"
        )
    if is_constexpr(annotation):
        return KeyClass("constexpr", value)
    align = not (do_not_specialize_on_alignment and version >= SKIPS_ALIGNMENT)
    fixed = annotation_type(annotation, version)
    if fixed and never_specialized(annotation, version):
        return KeyClass(fixed, None)
    own = _own_type(value, "const" in annotation or fixed.startswith("*k"), version)
    if version < (3, 3):
        token = None if do_not_specialize else _token(value, align, version, backend)
        return KeyClass(fixed or own, token)
    if value is None:
        part = KeyClass("constexpr", None)
    elif isinstance(value, (bool, float)) or do_not_specialize:
        part = KeyClass(own, None)
    elif isinstance(value, int):
        part = KeyClass(own, "D" if align and value % 16 == 0 else "")
        if value == 1:
            part = KeyClass("constexpr", 1)
    else:
        near = backend == "hip" and keys_pointer_range(version) and value.within_2gib
        part = KeyClass(own, "D" * (align and value.aligned) + "S" * near)
    return part._replace(type=fixed) if fixed else part


def _own_type(value: Argument, is_const: bool, version: TritonVersion) -> str:
    """Return the type of an argument that no annotation fixes; None has none from 3.3 on."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "u1" if version >= (3, 4) else "i1"
    if isinstance(value, int):
        if not -(2**63) <= value < 2**64 and version >= (3, 6):
            raise OverflowError("integer to be specialized too large to represent")
        if -(2**31) <= value < 2**31:
            return "i32"
        return "u64" if 2**63 <= value < 2**64 else "i64"
    if isinstance(value, float):
        return "fp32"
    element = CANONICAL[value.dtype]
    if element == "u1" and version < (3, 4):
        element = "i1"
    return ("*k" if is_const else "*") + element


def _token(value: Argument, align: bool, version: TritonVersion, backend: str) -> str:
    """Return `compute_spec_key` of Triton 3.0 to 3.2, where bools and None take part."""
    one = value == 1 and isinstance(value, int)
    if version >= (3, 2):  # `AttrsDescriptor.get_property_key`
        divisible = value is None
        one = one and not isinstance(value, bool)
    else:
        divisible = False
    if isinstance(value, Tensor):
        divisible = value.aligned
    elif isinstance(value, int):
        divisible = value % 16 == 0
    token = "D" if align and divisible else "1" if one else "N"
    if backend == "hip" and version >= (3, 2) and isinstance(value, Tensor) and value.within_2gib:
        token = token.replace("N", "") + "S"
    return token

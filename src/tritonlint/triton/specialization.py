"""Triton's specialization key: which values of an argument share one compiled kernel.

A `JITFunction` compiles once for each distinct key, and every parameter is part of the key, read or
not. This module knows the rules, together with `annotations.py` for annotations and `key.py` for
single arguments. They follow `triton/runtime/jit.py` (`KernelParam`,
`create_function_from_signature`), `triton/backends/*/compiler.py` and, from 3.6,
`python/src/specialize.cc`. tests/oracle/test_key_model.py compares them with Triton's own code, and
docs/triton-versions.md says with which releases.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from tritonlint.triton.annotations import annotation_type, is_constexpr, never_specialized
from tritonlint.triton.backends import check_backend
from tritonlint.triton.versions import NEWEST, SKIPS_ALIGNMENT, TritonVersion


class Kind(str, Enum):
    """What a kernel's parameter receives at a launch."""

    INTEGER = "integer"
    POINTER = "pointer"
    FLOAT = "float"
    CONSTEXPR = "constexpr"
    UNKNOWN = "unknown"


class Variants(NamedTuple):
    """The compiles that one parameter alone can cause.

    `classes` are the sets of values that share a key: of integers within 31 bits, of pointers of
    one dtype. With `per_value`, every value compiles again.
    """

    classes: tuple[str, ...]
    per_value: bool

    @property
    def compiles(self) -> int | None:
        """The most compiles there can be; None if every value compiles again."""
        return None if self.per_value else len(self.classes)


def variants(
    kind: Kind,
    *,
    annotation: str = "",
    do_not_specialize: bool = False,
    do_not_specialize_on_alignment: bool = False,
    boolean: bool = False,
    version: TritonVersion = NEWEST,
    backend: str = "cuda",
) -> Variants:
    """The classes into which Triton divides the arguments of one parameter.

    Args:
        kind: what the parameter receives; unknown counts as integer.
        annotation: the annotation's source text, "" for none.
        do_not_specialize: whether the decorator names the parameter there.
        do_not_specialize_on_alignment: the same; Triton 3.2 and newer have it.
        boolean: an integer that is only ever True or False.
        version: the release whose rules apply; see `parse_version`.
        backend: "cuda" or "hip".
    """
    check_backend(backend)
    if kind is Kind.CONSTEXPR or is_constexpr(annotation):
        return Variants(("each value",), per_value=True)
    align = not (do_not_specialize_on_alignment and version >= SKIPS_ALIGNMENT)
    classes: tuple[str, ...]
    if kind is not Kind.POINTER and (
        boolean or annotation_type(annotation, version) in ("u1", "i1")
    ):
        # Up to 3.2 a bool was specialized as the int that it is: False % 16 == 0.
        classes = ("True", "False") if version < (3, 3) and align else ("bool",)
        single = ("bool",)
    else:
        classes = _classes(kind, align, version, backend)
        single = ("any value",)
    if do_not_specialize or never_specialized(annotation, version):
        classes = single
    return Variants(classes, per_value=False)


def _classes(kind: Kind, align: bool, version: TritonVersion, backend: str) -> tuple[str, ...]:
    if kind is Kind.FLOAT:
        return ("any value",)
    if kind is Kind.POINTER:
        aligned, near = "data_ptr() % 16 == 0", "within 2 GiB"
        if backend == "hip" and keys_pointer_range(version):
            both = f"{aligned}, {near}"
            return (both, aligned, near, "other") if align else (near, "other")
        return (aligned, "other") if align else ("any value",)
    if (2, 2) <= version < (3, 0):
        return ("== 1", "% 16 == 0", "% 8 == 0, not % 16", "other")
    return ("== 1", "% 16 == 0", "other") if align else ("== 1", "other")


def cost(
    kind: Kind,
    variants: Variants,
    *,
    annotation: str = "",
    version: TritonVersion = NEWEST,
) -> str:
    """Return the cost of a parameter with these `variants`, as a clause without a full stop."""
    if variants.per_value:
        return "one compile for every distinct value"
    fixed = annotation_type(annotation, version)
    if kind is Kind.POINTER:
        keyed = [] if fixed else ["dtype"]
        if any("data_ptr" in name for name in variants.classes):
            keyed.append("alignment (data_ptr() % 16 == 0 or not)")
        if any("2 GiB" in name for name in variants.classes):
            keyed.append("size (within 2 GiB or not)")
        if not keyed:
            return "one compile"
        return "one compile for each " + ", ".join([*keyed[:-2], " and ".join(keyed[-2:])])
    if kind is Kind.FLOAT or variants.classes == ("bool",):
        return "one compile, whatever the value"
    # Without an annotation, the type follows the value: i32, i64 beyond 31 bits, u64 beyond 63.
    wide = not fixed and variants.classes != ("True", "False")
    guess = " if it is an integer" if kind is Kind.UNKNOWN else ""
    if variants.compiles == 1:
        return f"one compile{guess}" + (
            ", and another beyond 31 bits" if wide else ", whatever the value"
        )
    listed = ", ".join(variants.classes)
    # All classes but `== 1`, which fixes the value.
    again = {2: "last one compiles", 3: "last two compile", 4: "last three compile"}
    more = f"; beyond 31 bits the {again[len(variants.classes)]} again as i64" if wide else ""
    return f"up to {variants.compiles} compiles{guess}: one for each of {listed}{more}"


def keys_pointer_range(version: TritonVersion) -> bool:
    """Whether HIP keys pointers by 2 GiB: 3.2, and from 3.6; between, AMDGCN_USE_BUFFER_OPS=1."""
    return version >= (3, 6) or version == (3, 2)

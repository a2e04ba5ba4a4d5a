"""Triton's specialization key: which values of an argument share one compiled kernel.

A `JITFunction` compiles once for each distinct key, and every parameter takes part in the key,
read or not. This module is the only place that knows the rules. It follows `triton/runtime/jit.py`
(`KernelParam`, `create_function_from_signature`), `triton/backends/*/compiler.py` and, from 3.6,
`python/src/specialize.cc`; tests/oracle/test_key_model.py holds it against Triton's own code and
docs/triton-versions.md says for which releases that was done.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple, TypeAlias


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
    one dtype. With `per_value`, every value compiles anew.
    """

    classes: tuple[str, ...]
    per_value: bool

    @property
    def compiles(self) -> int | None:
        """How many there can be at most; None where every value compiles anew."""
        return None if self.per_value else len(self.classes)


class TritonVersion(NamedTuple):
    """A minor release of Triton; docs/triton-versions.md names the patch that was judged."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


OLDEST = TritonVersion(2, 1)
NEWEST = TritonVersion(3, 9)
#: From here on a constexpr in `do_not_specialize` is a compile error.
CONSTEXPR_IN_LISTS_FAILS = TritonVersion(3, 6)
#: From here on a name in `key`, `reset_to_zero` or `restore_value` that is no parameter is a
#: ValueError; before, it was ignored.
UNKNOWN_KEYS_FAIL = TritonVersion(3, 9)
BACKENDS = ("cuda", "hip")

# Names that a launch takes as compile options: the attributes of CUDAOptions and HIPOptions in
# triton/backends/{nvidia,amd}/compiler.py, 3.0 to 3.9. A keyword argument that the kernel also
# declares reaches both: `JITFunction.run` gives all keywords to `parse_options`, and the binder
# binds the parameter (3.9: jit.py, `_pack_args`). In the key it then counts as the parameter only,
# since the binder's `**options` no longer holds it: a constexpr parameter keys by value, as the
# option would have done, while a plain integer keys by class, so two values of `num_warps` in one
# class share a binary that was compiled for the first. Taking such a parameter out of the kernel
# therefore saves no compile where launches pass it by keyword: it comes back as the option.
_COMPILE_OPTIONS = """
    allow_flush_denorm allow_fp8e4b15 allow_fp8e4nv allowed_dot_input_precisions arch
    backend_name base_arch clc cluster_dims debug default_dot_input_precision
    deprecated_fp8_dot_operand_dtypes deprecated_fp8_dtypes enable_fp_fusion enable_reflect_ftz
    extern_libs fpsan_homomorphic_casts instruction_sched_variant instrumentation_mode
    ir_override kpack launch_cooperative_grid launch_pdl llvm_fn_attrs matrix_instr_nonkdim
    max_num_imprecise_acc_default maxnreg min_shared_mem num_buffers_warp_spec
    num_consumer_groups num_ctas num_stages num_warps ptx_options ptx_version reg_dec_producer
    reg_inc_consumer sanitize_overflow sched4reg schedule_hint supported_fp8_dtypes warp_size
    waves_per_eu wgp_cu_mode
"""
# The same of backends outside of Triton: what launches pass to kernels that have no such parameter
# in flag-gems 5.0.2, flag_gems/runtime/backend/{_kunlunxin,_cambricon,_ascend}.
_VENDORS_OPTIONS = """
    bottleneck buffer_size_limit enable_soft_i64 groups_per_cluster isCLOSE_TTXPU_O_ATOMIC_SIM
    isCloseCoreTiling isCloseDtypeConvert isCloseInterleave isCloseMemoryAsync
    isCloseOffsetAnalysis isCloseUnrollControl isCloseVectorization isOpenCmpNan is_use_mask_zero
    multibuffer unroll_num
"""
COMPILE_OPTIONS: frozenset[str] = frozenset((_COMPILE_OPTIONS + _VENDORS_OPTIONS).split())


def parse_version(text: str) -> TritonVersion:
    """Read a Triton version such as "3.9", "3.9.0", "2.1" or "3.2.0+git1234".

    A version newer than `NEWEST` counts as `NEWEST`.

    Raises:
        ValueError: the text is no version, or one older than `OLDEST`; the message says what is
            accepted.
    """
    match = re.fullmatch(r"v?(\d{1,4})\.(\d{1,4})(?:[.+-]?[0-9A-Za-z])*", text.strip(), re.ASCII)
    version = TritonVersion(int(match[1]), int(match[2])) if match else None
    if version is None or version < OLDEST:
        raise ValueError(
            f"{text!r} is not a Triton version that is known here: give {OLDEST} to {NEWEST}, "
            f'for instance "{NEWEST}" or "{NEWEST}.0"; a newer one counts as {NEWEST}'
        )
    return min(version, NEWEST)


_CANONICAL = {  # type_canonicalisation_dict of triton/_utils.py, the same from 3.4 to 3.9
    **dict.fromkeys(("bool", "int1", "uint1", "i1"), "u1"),
    **{f"float8{tail}": f"fp8{tail}" for tail in ("e4nv", "e5", "e4b15", "e4b8", "e5b16")},
    "float8_e4m3fn": "fp8e4nv",
    "float8_e4m3fnuz": "fp8e4b8",
    "float8_e5m2": "fp8e5",
    "float8_e5m2fnuz": "fp8e5b16",
    **dict.fromkeys(("half", "float16"), "fp16"),
    **dict.fromkeys(("float", "float32"), "fp32"),
    **dict.fromkeys(("double", "float64"), "fp64"),
    "bfloat16": "bf16",
    **{f"int{bits}": f"i{bits}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": f"u{bits}" for bits in (8, 16, 32, 64)},
    "int": "i32",
    "void": "void",
}
_CANONICAL_TYPES = frozenset(_CANONICAL.values())


def is_constexpr(annotation: str) -> bool:
    """Whether Triton takes a parameter so annotated as constexpr (`KernelParam.is_constexpr`)."""
    return "constexpr" in annotation


def annotation_type(annotation: str, version: TritonVersion = NEWEST) -> str:
    """The type that an annotation fixes in the key, or "" where the argument's own type stands.

    `annotation` is source text: `tl.int32`, `int`, `"i32"`, `tl.pointer_type(tl.float32)`. Quotes
    make it the string that Triton sees. Source: `_normalize_ty`, `KernelParam.annotation_type`.
    """
    if len(annotation) > 200:  # No type is as long; nesting without end is refused here.
        return ""
    seen = _as_triton_sees(annotation, version)
    if version >= (3, 4):
        element = seen.removeprefix("*").removeprefix("k") if seen.startswith("*") else seen
        return seen if element in _CANONICAL_TYPES else ""
    if version < (3, 0):
        # KernelArg.signature_key; `Tensor` only says where to look for the dtype.
        return {"bool": "i1", "float": "fp32"}.get(seen, "")
    # Up to 3.3: all that follows "int" is the width, so `int` and `float` fix nothing, and
    # tl.pointer_type(tl.float32), whose repr is "pointer<fp32>", becomes the type "ier<fp32>".
    for prefix, letter in (("uint", "u"), ("int", "i")):
        width = seen.partition(prefix)[2]
        if width:
            return letter + width
    return "u1" if seen == "bool" else ""


def _as_triton_sees(annotation: str, version: TritonVersion) -> str:
    """`KernelParam.annotation` for an annotation's source text."""
    text = annotation.strip()
    quoted = re.fullmatch(r"""(['"])(.*)\1""", text)
    if version >= (3, 4):
        return _normalize_string(quoted[2]) if quoted else _normalize_object(text)
    if quoted:
        return quoted[2]
    pointer = re.fullmatch(r"[\w.]*\bpointer_type\(([\w.]+)\)", text)
    if pointer:
        element = _last_name(pointer[1])
        return f"pointer<{_CANONICAL.get(element, element) if 'float' in element else element}>"
    return _last_name(text)


def _normalize_string(text: str) -> str:
    text = text.strip()
    if text.startswith("const "):
        return "*k" + _normalize_string(text.removeprefix("const")).removeprefix("*")
    if text.endswith("*"):
        return "*" + _normalize_string(text[:-1])
    if text.startswith("*"):
        return "*" + _normalize_string(text[1:])
    if text.startswith("tl."):
        return _normalize_string(text.removeprefix("tl."))
    return _CANONICAL.get(text.replace("_t", ""), text)


def _normalize_object(text: str) -> str:
    """The same for an object, known by its source text: a dtype, a class, a pointer type."""
    pointer = re.fullmatch(r"[\w.]*\bpointer_type\(\s*([\w.]+).*\)", text)
    if pointer:
        return "*" + _normalize_object(pointer[1])
    name = _last_name(text)
    return _CANONICAL.get(name.replace("_t", ""), name)


def _last_name(text: str) -> str:
    return text.rpartition(".")[2] if re.fullmatch(r"[\w.]+", text) else text


def _never_specialized(annotation: str, version: TritonVersion) -> bool:
    """Whether the annotation alone takes the value out of the key (3.4: floats and bools)."""
    if version >= (3, 4):
        fixed = annotation_type(annotation, version)
        return fixed == "u1" or fixed.startswith(("fp", "bf"))
    # 2.1, `_get_arg_specialization_key`: any annotation but `int` and `Tensor` stops it.
    return version < (2, 2) and annotation not in ("", "int") and "Tensor" not in annotation


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
        version: whose rules; see `parse_version`.
        backend: "cuda" or "hip".
    """
    _check_backend(backend)
    if kind is Kind.CONSTEXPR or is_constexpr(annotation):
        return Variants(("each value",), per_value=True)
    # jit() takes the argument from 3.2.
    align = not (do_not_specialize_on_alignment and version >= (3, 2))
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
    if do_not_specialize or _never_specialized(annotation, version):
        classes = single
    return Variants(classes, per_value=False)


def _classes(kind: Kind, align: bool, version: TritonVersion, backend: str) -> tuple[str, ...]:
    if kind is Kind.FLOAT:
        return ("any value",)
    if kind is Kind.POINTER:
        aligned, near = "data_ptr() % 16 == 0", "within 2 GiB"
        if backend == "hip" and _keys_pointer_range(version):
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
    """What a parameter with these `variants` costs, as a clause without a final full stop."""
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
    # Without an annotation the type follows the value: i32, i64 beyond 31 bits, u64 beyond 63.
    wide = not fixed and variants.classes != ("True", "False")
    guess = " if it is an integer" if kind is Kind.UNKNOWN else ""
    if variants.compiles == 1:
        return f"one compile{guess}" + (
            ", and another beyond 31 bits" if wide else ", whatever the value"
        )
    listed = ", ".join(variants.classes)
    # All but `== 1`, which says all of its value.
    again = {2: "last one compiles", 3: "last two compile", 4: "last three compile"}
    more = f"; beyond 31 bits the {again[len(variants.classes)]} again as i64" if wide else ""
    return f"up to {variants.compiles} compiles{guess}: one for each of {listed}{more}"


class Tensor:
    """A tensor argument, as far as the key sees it; no tuple, which Triton would take apart.

    Args:
        dtype: the name without a module: "float32".
        aligned: whether `data_ptr() % 16 == 0`.
        within_2gib: whether its storage has at most 2**31 - 1 bytes; HIP alone looks.
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
    """The class of one argument. Two arguments share a compile if their classes are equal.

    Raises:
        OverflowError: an integer past 64 bits (up to 3.5 Triton called it i64).
        ValueError: a version older than 3.0, whose keys were built otherwise.
    """
    _check_backend(backend)
    if version < (3, 0):
        raise ValueError(
            f"the class of a single value is known from Triton 3.0 on, not for {version}"
        )
    if is_constexpr(annotation):
        return KeyClass("constexpr", value)
    align = not (do_not_specialize_on_alignment and version >= (3, 2))
    fixed = annotation_type(annotation, version)
    if fixed and _never_specialized(annotation, version):
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
        near = backend == "hip" and _keys_pointer_range(version) and value.within_2gib
        part = KeyClass(own, "D" * (align and value.aligned) + "S" * near)
    return part._replace(type=fixed) if fixed else part


def _own_type(value: Argument, is_const: bool, version: TritonVersion) -> str:
    """The type of an argument that no annotation fixes."""
    if value is None:
        return "constexpr" if version >= (3, 3) else "none"
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
    element = _CANONICAL[value.dtype]
    if element == "u1" and version < (3, 4):
        element = "i1"
    return ("*k" if is_const else "*") + element


def _token(value: Argument, align: bool, version: TritonVersion, backend: str) -> str:
    """`compute_spec_key` of Triton 3.0 to 3.2, where bools and None take part."""
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


def _keys_pointer_range(version: TritonVersion) -> bool:
    """Whether HIP keys pointers by 2 GiB: 3.2, and from 3.6; between, AMDGCN_USE_BUFFER_OPS=1."""
    return version >= (3, 6) or version == (3, 2)


def _check_backend(backend: str) -> None:
    if backend not in BACKENDS:
        raise ValueError(f"{backend!r} is not a known backend: {', '.join(BACKENDS)}")

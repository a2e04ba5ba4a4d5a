"""What the annotation of a kernel's parameter fixes in the specialization key."""

from __future__ import annotations

import re

from tritonlint.triton.versions import NEWEST, TritonVersion

CANONICAL = {  # type_canonicalisation_dict of triton/_utils.py, the same from 3.4 to 3.9
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
_CANONICAL_TYPES = frozenset(CANONICAL.values())


def is_constexpr(annotation: str) -> bool:
    """Whether Triton treats such a parameter as a constexpr (`KernelParam.is_constexpr`)."""
    return "constexpr" in annotation


def annotation_type(annotation: str, version: TritonVersion = NEWEST) -> str:
    """The type that an annotation fixes in the key, or "" if the argument's own type counts.

    `annotation` is source text: `tl.int32`, `int`, `"i32"`, `tl.pointer_type(tl.float32)`. Quotes
    make it the string that Triton sees. Source: `_normalize_ty`, `KernelParam.annotation_type`.
    """
    if len(annotation) > 200:  # No type is as long as that; endless nesting is refused here.
        return ""
    seen = _as_triton_sees(annotation, version)
    if version >= (3, 4):
        element = seen.removeprefix("*").removeprefix("k") if seen.startswith("*") else seen
        return seen if element in _CANONICAL_TYPES else ""
    if version < (3, 0):
        # KernelArg.signature_key; `Tensor` only says where to look for the dtype.
        return {"bool": "i1", "float": "fp32"}.get(seen, "")
    # Up to 3.3: the text after "int" is the width, so `int` and `float` fix nothing, and
    # tl.pointer_type(tl.float32), whose repr is "pointer<fp32>", becomes the type "ier<fp32>".
    for prefix, letter in (("uint", "u"), ("int", "i")):
        width = seen.partition(prefix)[2]
        if width:
            return letter + width
    return "u1" if seen == "bool" else ""


def _as_triton_sees(annotation: str, version: TritonVersion) -> str:
    """Return `KernelParam.annotation` for an annotation's source text."""
    text = annotation.strip()
    quoted = re.fullmatch(r"""(['"])(.*)\1""", text)
    if version >= (3, 4):
        return _normalize_string(quoted[2]) if quoted else _normalize_object(text)
    if quoted:
        return quoted[2]
    pointer = re.fullmatch(r"[\w.]*\bpointer_type\(([\w.]+)\)", text)
    if pointer:
        element = _last_name(pointer[1])
        return f"pointer<{CANONICAL.get(element, element) if 'float' in element else element}>"
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
    return CANONICAL.get(text.replace("_t", ""), text)


def _normalize_object(text: str) -> str:
    """The same for an object, known by its source text: a dtype, a class, a pointer type."""
    pointer = re.fullmatch(r"[\w.]*\bpointer_type\(\s*([\w.]+).*\)", text)
    if pointer:
        return "*" + _normalize_object(pointer[1])
    name = _last_name(text)
    return CANONICAL.get(name.replace("_t", ""), name)


def _last_name(text: str) -> str:
    return text.rpartition(".")[2] if re.fullmatch(r"[\w.]+", text) else text


def never_specialized(annotation: str, version: TritonVersion) -> bool:
    """Whether the annotation alone takes the value out of the key (3.4: floats and bools)."""
    if version >= (3, 4):
        fixed = annotation_type(annotation, version)
        return fixed == "u1" or fixed.startswith(("fp", "bf"))
    # 2.1, `_get_arg_specialization_key`: any annotation but `int` and `Tensor` stops it.
    return version < (2, 2) and annotation not in ("", "int") and "Tensor" not in annotation

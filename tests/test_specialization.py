"""What changed between Triton's releases, line by line; tests/oracle tests the installed one."""

from __future__ import annotations

import pytest

from tritonlint.triton.annotations import annotation_type
from tritonlint.triton.key import Tensor, key_class
from tritonlint.triton.specialization import Kind, variants
from tritonlint.triton.versions import TritonVersion

VERSIONS = [TritonVersion(2, 1), TritonVersion(2, 2), *(TritonVersion(3, n) for n in range(10))]
NO_VALUE = {"do_not_specialize": True}
NO_ALIGNMENT = {"do_not_specialize_on_alignment": True}


def classes(kind=Kind.INTEGER, **options):
    return lambda version: variants(kind, version=version, **options).classes


def fixes(annotation):
    return lambda version: annotation_type(annotation, version)


def key(value, **options):
    return lambda version: tuple(key_class(value, version=version, **options))


#: A question to the model, and its answers, each with the release from which on it holds.
CHANGES = {
    "an integer's classes": (
        classes(),
        {
            "2.1": ("== 1", "% 16 == 0", "other"),
            "2.2": ("== 1", "% 16 == 0", "% 8 == 0, not % 16", "other"),
            "3.0": ("== 1", "% 16 == 0", "other"),
        },
    ),
    "an integer's classes without alignment": (
        classes(**NO_ALIGNMENT),
        {
            "2.1": ("== 1", "% 16 == 0", "other"),
            "2.2": ("== 1", "% 16 == 0", "% 8 == 0, not % 16", "other"),
            "3.0": ("== 1", "% 16 == 0", "other"),
            "3.2": ("== 1", "other"),
        },
    ),
    "an integer that is not specialized": (classes(**NO_VALUE), {"2.1": ("any value",)}),
    "a bool's classes": (classes(boolean=True), {"2.1": ("True", "False"), "3.3": ("bool",)}),
    "a bool's classes without alignment": (
        classes(boolean=True, **NO_ALIGNMENT),
        {"2.1": ("True", "False"), "3.2": ("bool",)},
    ),
    "a bool that is not specialized": (classes(boolean=True, **NO_VALUE), {"2.1": ("bool",)}),
    "an integer annotated as bool": (
        classes(annotation="bool"),
        {"2.1": ("bool",), "2.2": ("True", "False"), "3.3": ("bool",)},
    ),
    "an integer annotated as a width": (
        classes(annotation="tl.int32"),
        {
            "2.1": ("any value",),
            "2.2": ("== 1", "% 16 == 0", "% 8 == 0, not % 16", "other"),
            "3.0": ("== 1", "% 16 == 0", "other"),
        },
    ),
    "an integer annotated as int": (
        classes(annotation="int"),
        {
            "2.1": ("== 1", "% 16 == 0", "other"),
            "2.2": ("== 1", "% 16 == 0", "% 8 == 0, not % 16", "other"),
            "3.0": ("== 1", "% 16 == 0", "other"),
        },
    ),
    "a pointer annotated as a tensor": (
        classes(Kind.POINTER, annotation="torch.Tensor"),
        {"2.1": ("data_ptr() % 16 == 0", "other")},
    ),
    "a pointer's classes without alignment": (
        classes(Kind.POINTER, **NO_ALIGNMENT),
        {"2.1": ("data_ptr() % 16 == 0", "other"), "3.2": ("any value",)},
    ),
    "a pointer's classes without alignment, for HIP": (
        classes(Kind.POINTER, backend="hip", **NO_ALIGNMENT),
        {
            "2.1": ("data_ptr() % 16 == 0", "other"),
            "3.2": ("within 2 GiB", "other"),
            "3.3": ("any value",),
            "3.6": ("within 2 GiB", "other"),
        },
    ),
    "a float": (classes(Kind.FLOAT), {"2.1": ("any value",)}),
    "a bool annotation": (fixes("bool"), {"2.1": "i1", "3.0": "u1"}),
    "a float annotation": (fixes("float"), {"2.1": "fp32", "3.0": "", "3.4": "fp32"}),
    "an int annotation": (fixes("int"), {"2.1": "", "3.4": "i32"}),
    "a width": (fixes("tl.int64"), {"2.1": "", "3.0": "i64"}),
    "an unsigned width": (fixes("tl.uint8"), {"2.1": "", "3.0": "u8"}),
    "a half": (fixes("tl.float16"), {"2.1": "", "3.4": "fp16"}),
    "a string": (fixes('"i32"'), {"2.1": "", "3.4": "i32"}),
    "a string of C": (fixes('"int64_t"'), {"2.1": "", "3.0": "i64_t", "3.4": "i64"}),
    "a string of a pointer": (fixes('"const float32*"'), {"2.1": "", "3.4": "*kfp32"}),
    "a string of a module": (fixes('"tl.int8"'), {"2.1": "", "3.0": "i8"}),
    "a pointer type": (
        fixes("tl.pointer_type(tl.float32)"),
        {"2.1": "", "3.0": "ier<fp32>", "3.4": "*fp32"},
    ),
    "a pointer type of integers": (
        fixes("tl.pointer_type(tl.int8)"),
        {"2.1": "", "3.0": "ier<int8>", "3.4": "*i8"},
    ),
    "some class": (fixes("numbers.Real"), {"2.1": ""}),
    "a type too long to be one": (fixes("(" * 200 + "int" + ")" * 200), {"2.1": ""}),
    "the key of an integer": (key(7), {"3.0": ("i32", "N"), "3.3": ("i32", "")}),
    "the key of 1": (key(1), {"3.0": ("i32", "1"), "3.3": ("constexpr", 1)}),
    "the key of 16": (key(16), {"3.0": ("i32", "D")}),
    "the key of 16 without alignment": (
        key(16, **NO_ALIGNMENT),
        {"3.0": ("i32", "D"), "3.2": ("i32", "N"), "3.3": ("i32", "")},
    ),
    "the key of an integer that is not specialized": (key(1, **NO_VALUE), {"3.0": ("i32", None)}),
    "the key of an integer beyond 31 bits": (
        key(2**31),
        {"3.0": ("i64", "D")},
    ),
    "the key of the least integer of 31 bits": (key(-(2**31)), {"3.0": ("i32", "D")}),
    "the key of an integer beyond 63 bits": (key(2**63), {"3.0": ("u64", "D")}),
    "the key of True": (
        key(True),
        {"3.0": ("i1", "1"), "3.2": ("i1", "N"), "3.3": ("i1", None), "3.4": ("u1", None)},
    ),
    "the key of False": (
        key(False),
        {"3.0": ("i1", "D"), "3.3": ("i1", None), "3.4": ("u1", None)},
    ),
    "the key of None": (
        key(None),
        {"3.0": ("none", "N"), "3.2": ("none", "D"), "3.3": ("constexpr", None)},
    ),
    "the key of a float": (key(0.5), {"3.0": ("fp32", "N"), "3.3": ("fp32", None)}),
    "the key of a float with a value of 1": (
        key(1.0),
        {"3.0": ("fp32", "N"), "3.3": ("fp32", None)},
    ),
    "the key of a tensor": (key(Tensor("float16")), {"3.0": ("*fp16", "D")}),
    "the key of a tensor of bools": (
        key(Tensor("bool")),
        {"3.0": ("*i1", "D"), "3.4": ("*u1", "D")},
    ),
    "the key of a constant tensor": (
        key(Tensor("float16"), annotation="tl.const"),
        {"3.0": ("*kfp16", "D")},
    ),
    "the key of a tensor that is not aligned": (
        key(Tensor("float16", aligned=False)),
        {"3.0": ("*fp16", "N"), "3.3": ("*fp16", "")},
    ),
    "the key of a tensor, for HIP": (
        key(Tensor("float16"), backend="hip"),
        {
            "3.0": ("*fp16", "D"),
            "3.2": ("*fp16", "DS"),
            "3.3": ("*fp16", "D"),
            "3.6": ("*fp16", "DS"),
        },
    ),
    "the key of a large tensor, for HIP": (
        key(Tensor("float16", aligned=False, within_2gib=False), backend="hip"),
        {"3.0": ("*fp16", "N"), "3.3": ("*fp16", "")},
    ),
    "the key of an integer annotated as a float": (
        key(3, annotation="tl.float32"),
        {"3.0": ("i32", "N"), "3.3": ("i32", ""), "3.4": ("fp32", None)},
    ),
    "the key of an integer annotated as one of 8 bits": (
        key(3, annotation="tl.int8"),
        {"3.0": ("i8", "N"), "3.3": ("i8", "")},
    ),
    "the key of a constexpr": (key(7, annotation="tl.constexpr"), {"3.0": ("constexpr", 7)}),
}


@pytest.mark.parametrize(("ask", "answers"), CHANGES.values(), ids=CHANGES)
def test_what_each_release_says(ask, answers):
    starts = {TritonVersion(*map(int, start.split("."))): said for start, said in answers.items()}
    said = {str(v): ask(v) for v in VERSIONS if v >= min(starts)}
    assert said == {
        str(v): starts[max(start for start in starts if start <= v)]
        for v in VERSIONS
        if v >= min(starts)
    }


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1])
def test_an_integer_past_64_bits(value):
    assert key_class(value, version=TritonVersion(3, 5)).type == "i64"
    with pytest.raises(OverflowError):
        key_class(value, version=TritonVersion(3, 6))


def test_no_key_of_a_value_before_triton_3():
    with pytest.raises(ValueError, match=r"from Triton 3\.0 on, not for 2\.2"):
        key_class(1, version=TritonVersion(2, 2))


@pytest.mark.parametrize(
    "ask", [lambda: variants(Kind.INTEGER, backend="x"), lambda: key_class(1, backend="x")]
)
def test_no_other_backend(ask):
    with pytest.raises(ValueError, match="'x' is not a known backend: cuda, hip"):
        ask()

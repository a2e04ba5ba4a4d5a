"""The key model against Triton itself: every value, annotation and flag, cell by cell.

The judge is the installed release: its binder (`create_function_from_signature`) and its
specializer (`native_specialize_impl` from 3.6, `create_specialize_impl` before). The tests need
neither a GPU nor torch: Triton treats any object with `data_ptr()` and `dtype` as a tensor.
scripts/conform_triton_versions.py runs this file against every release. TRITONLINT_SEED draws
other random values.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from tritonlint.triton.backends import COMPILE_OPTIONS
from tritonlint.triton.key import Argument, KeyClass, Tensor, key_class
from tritonlint.triton.specialization import Kind, cost, variants
from tritonlint.triton.versions import NEWEST, parse_version

SEED = int(os.environ.get("TRITONLINT_SEED", "16"))
BACKENDS = ("cuda", "hip")


class FakeTensor(Tensor):
    """A tensor argument that Triton treats like one of torch's."""

    def data_ptr(self) -> int:
        return 4096 if self.aligned else 4100

    def ptr_range(self) -> int:
        return 2**31 - 1 if self.within_2gib else 2**31


DTYPES = [
    *("float16", "bfloat16", "float32", "float64", "float8_e4m3fn", "float8_e5m2"),
    *("int8", "int16", "int32", "int64", "uint8", "bool"),
]
TENSORS = [FakeTensor(*cell) for cell in itertools.product(DTYPES, (True, False), (True, False))]
INTEGERS = [0, 1, 2, 8, 15, 16, 17, -1, -16, -15, 24, 2**31 - 1, 2**31 - 16, -(2**31)]
WIDE = [2**31, 2**31 + 16, -(2**31) - 1, 2**62, 2**63 - 1, -(2**63), 2**63, 2**63 + 1, 2**64 - 1]
FLOATS = [0.0, 1.0, -1.0, 16.0, 0.5, 1e300, float("inf"), float("nan")]


def draw(rng: random.Random) -> Argument:
    sort = rng.randrange(10)
    if sort == 0:
        return rng.choice([True, False, None, rng.uniform(-100, 100), float(rng.randint(-32, 32))])
    if sort == 1:
        return rng.choice(TENSORS)
    value = rng.choice([0, 2**31, -(2**31), 2**63, 0, 0]) + rng.randint(-40, 40)
    if sort > 5:
        value = rng.choice([1, -1]) * rng.getrandbits(rng.randint(1, 64))
        value = value // 16 * 16 if rng.random() < 0.4 else value
    return min(max(value, -(2**63)), 2**64 - 1)


FIXED: list[Argument] = [*INTEGERS, *WIDE, True, False, None, *FLOATS, *TENSORS]
VALUES = FIXED + list(map(draw, [random.Random(SEED)] * 1000))
ANNOTATIONS = [
    *("", "int", "bool", "float", "tl.int1", "tl.int8", "tl.int32", "tl.int64"),
    *("tl.uint8", "tl.uint32", "tl.uint64", "tl.float16", "tl.bfloat16", "tl.float32"),
    *("tl.float64", "tl.const", "tl.constexpr", "tl.constexpr | None", "torch.Tensor"),
    *("tl.pointer_type(tl.float32)", "tl.pointer_type(tl.int8)", "int | None", "tl.tensor"),
    *('"i32"', '"int"', '"int32"', '"int64_t"', '"u1"', '"bool"', '"fp32"', '"float"', '"*fp32"'),
    *('"*i32"', '"float32*"', '"const *fp32"', '"tl.int32"', '"tl.float32"', '"tl.constexpr"'),
    *('"constexpr"', '"n_elements"', "'i64'"),
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("annotation", ANNOTATIONS)
def test_the_binder_agrees(
    release: Any, annotation: str, backend: str, record_property: Callable[[str, object], None]
) -> None:
    if release.version < (3, 0):
        pytest.skip("single values are modeled from Triton 3.0 on")
    for flags in release.flags:
        real = release.binder(annotation, *flags, backend)
        assert disagreements(release, real, annotation, *flags, backend) == []
        record_property("cells", len(VALUES))


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_specializer_agrees(
    release: Any, backend: str, record_property: Callable[[str, object], None]
) -> None:
    if release.version < (3, 3):
        pytest.skip("before Triton 3.3 the binder has no specializer of its own")
    for flags in release.flags:
        real = release.specializer(*flags, backend)
        assert disagreements(release, real, "", *flags, backend) == []
        record_property("cells", len(VALUES))


def disagreements(
    release: Any,
    real: Callable[[Argument], tuple[str, object]],
    annotation: str,
    no_value: bool,
    no_align: bool,
    backend: str,
) -> list[str]:
    """The cells in which `key_class` differs, in words."""
    found = []
    for value in VALUES:
        want = KeyClass(*real(value))
        got = key_class(
            value,
            annotation=annotation,
            do_not_specialize=no_value,
            do_not_specialize_on_alignment=no_align,
            version=release.version,
            backend=backend,
        )
        # 1 == True == 1.0, so the types are compared too.
        if want != got or type(want.specialization) is not type(got.specialization):
            flags = f"do_not_specialize={no_value}, ..._on_alignment={no_align}"
            found.append(f"{value!r} with {flags}: Triton {want}, model {got}; seed {SEED}")
    return found


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1])
def test_integers_past_64_bits(release: Any, value: int) -> None:
    if release.version < (3, 0):
        pytest.skip("single values are modeled from Triton 3.0 on")
    bind = release.binder("", False, False, "cuda")
    if release.version < (3, 6):
        assert bind(value) == key_class(value, version=release.version)
        return
    with pytest.raises(OverflowError):
        bind(value)
    with pytest.raises(OverflowError):
        key_class(value, version=release.version)


def test_equal_constexpr_values_share_a_key(release: Any) -> None:
    """1, True and 1.0 do so from 3.5 on; `KeyClass` compares as the key does."""
    if release.version < (3, 5):
        pytest.skip("before Triton 3.5 the key is the repr of the values")
    keys: dict[object, str] = {}
    values = (1, True, 1.0, 2)
    made = [release.jit.compute_cache_key(keys, [("constexpr", one)], {}) for one in values]
    assert made[0] == made[1] == made[2] != made[3]
    classes = [key_class(one, annotation="tl.constexpr") for one in values]
    assert classes[0] == classes[1] == classes[2] != classes[3]


POINTERS = [FakeTensor("float32", *cell) for cell in itertools.product((True, False), repeat=2)]
NARROW = [*INTEGERS, *range(-64, 64)]
JUDGED: list[tuple[Kind, bool, str, list[Any]]] = [
    (Kind.INTEGER, False, "", NARROW),
    (Kind.UNKNOWN, False, "", NARROW),
    (Kind.INTEGER, False, "int", NARROW),
    (Kind.INTEGER, False, "tl.int32", NARROW),
    (Kind.INTEGER, False, "tl.int64", NARROW),
    (Kind.INTEGER, False, "tl.float32", NARROW),
    (Kind.INTEGER, True, "", [True, False]),
    (Kind.INTEGER, True, "bool", [True, False]),
    (Kind.INTEGER, True, "tl.int1", [True, False]),
    (Kind.FLOAT, False, "", FLOATS),
    (Kind.FLOAT, False, "float", FLOATS),
    (Kind.FLOAT, False, "tl.float32", FLOATS),
    (Kind.POINTER, False, "", POINTERS),
    (Kind.POINTER, False, "tl.pointer_type(tl.float32)", POINTERS),
    (Kind.CONSTEXPR, False, "tl.constexpr", NARROW),
]
# What each name of a class means; a value has the first class that fits.
MEANS: dict[str, Callable[[Any], bool]] = {
    "== 1": lambda value: value == 1,
    "% 16 == 0": lambda value: value % 16 == 0,
    "% 8 == 0, not % 16": lambda value: value % 16 == 8,
    "True": lambda value: value is True,
    "False": lambda value: value is False,
    "data_ptr() % 16 == 0, within 2 GiB": lambda value: value.aligned and value.within_2gib,
    "data_ptr() % 16 == 0": lambda value: value.aligned,
    "within 2 GiB": lambda value: value.within_2gib,
    **dict.fromkeys(("other", "bool", "any value"), lambda _: True),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("kind", "boolean", "annotation", "values"), JUDGED)
def test_the_classes_are_those_of_the_binder(
    release: Any, kind: Kind, boolean: bool, annotation: str, values: list[Any], backend: str
) -> None:
    """`variants` has one class for each key that the binder makes, with the right name."""
    if release.version < (3, 0) and (kind is Kind.POINTER or annotation not in ("", "int")):
        pytest.skip("Triton 2 is asked for plain values only")
    for no_value, no_align in release.flags:
        said = variants(
            kind,
            annotation=annotation,
            do_not_specialize=no_value,
            do_not_specialize_on_alignment=no_align,
            boolean=boolean,
            version=release.version,
            backend=backend,
        )
        real = release.binder(annotation, no_value, no_align, backend)
        keys = {real(value) for value in values}
        if said.per_value:
            assert len(keys) == len(set(values))
            continue
        named = {
            (next(name for name in said.classes if MEANS[name](value)), real(value))
            for value in values
        }
        assert said.compiles == len(said.classes) == len(keys) == len(named)
        assert {name for name, _ in named} == set(said.classes)
        if kind is Kind.INTEGER and not boolean:
            text = cost(kind, said, annotation=annotation, version=release.version)
            wider = {real(value) for value in (2**31, 2**31 + 1, 2**62)} - keys
            assert ("beyond 31 bits" in text) == bool(wider), text


def test_tensors_of_torch(release: Any) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed; fake tensors stand for it")
    if not hasattr(torch, "empty") or release.version < (3, 0):
        pytest.skip("torch is a stand-in here, or Triton older than 3.0")
    for name, backend in itertools.product(DTYPES, BACKENDS):
        whole = torch.empty(64, dtype=getattr(torch, name))
        for tensor in (whole, whole[1:]):
            model = Tensor(name, aligned=tensor.data_ptr() % 16 == 0)
            want = release.binder("", False, False, backend)(tensor)
            assert want == key_class(model, version=release.version, backend=backend)


def test_the_compile_options_are_all_known(release: Any) -> None:
    if release.version < (3, 0):
        pytest.skip("Triton 2 has no class of options for each backend")
    cuda, hip = (release.backends[name].parse_options({}) for name in BACKENDS)
    assert set(cuda.__dict__) | set(hip.__dict__) <= COMPILE_OPTIONS


def test_a_declared_compile_option_is_bound_and_parsed(
    release: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As COMPILE_OPTIONS says, it reaches the backend, and is not among the key's options."""
    if release.version < (3, 6):
        pytest.skip("the hook that shows the options has another form before Triton 3.6")
    seen = release.launches(monkeypatch, as_constexpr, {"num_warps": 2}, {"num_warps": 8})
    assert [warps for _, warps in seen] == [2, 8]
    assert "num_warps" not in seen[0][0]
    assert seen[0][0] != seen[1][0]
    seen = release.launches(monkeypatch, as_integer, {"num_warps": 2}, {"num_warps": 8})
    assert [warps for _, warps in seen] == [2, 8]
    assert seen[0][0] == seen[1][0], "two options share one key: the first compiled wins"
    seen = release.launches(monkeypatch, undeclared, {"num_warps": 2}, {"num_warps": 8})
    assert "'num_warps': 2" in seen[0][0]


def as_constexpr(num_warps: "tl.constexpr"):  # type: ignore[no-untyped-def]  # noqa: F821, UP037
    pass


def as_integer(num_warps):  # type: ignore[no-untyped-def]
    pass


def undeclared():  # type: ignore[no-untyped-def]
    pass


@pytest.mark.parametrize(
    ("text", "version"),
    [
        *(("2.1", (2, 1)), ("3.0.0", (3, 0)), ("3.9", (3, 9)), ("3.9.0+git12ab", (3, 9))),
        *(("v3.2.1", (3, 2)), (" 3.3.0.post1 ", (3, 3)), ("3.12", NEWEST), ("4.0", NEWEST)),
    ],
)
def test_versions_that_are_accepted(text: str, version: tuple[int, int]) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize("text", ["", "3", "2.0.0", "1.1", "newest", "3.x", "3.9.", "-3.9", "3 9"])
def test_versions_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r'give 2\.1 to 3\.9, for instance "3\.9"'):
        parse_version(text)


THREE = "up to 3 compiles: one for each of == 1, % 16 == 0, other"
IF_INTEGER = THREE.replace(":", " if it is an integer:")
ALIGNMENT = "alignment (data_ptr() % 16 == 0 or not)"


@pytest.mark.parametrize(
    ("kind", "options", "clause"),
    [
        (Kind.INTEGER, {}, f"{THREE}; beyond 31 bits the last two compile again as i64"),
        (Kind.UNKNOWN, {}, f"{IF_INTEGER}; beyond 31 bits the last two compile again as i64"),
        (Kind.INTEGER, {"annotation": "tl.int32"}, THREE),
        (Kind.INTEGER, {"do_not_specialize": True}, "one compile, and another beyond 31 bits"),
        (Kind.INTEGER, {"boolean": True}, "one compile, whatever the value"),
        (Kind.INTEGER, {"annotation": "float"}, "one compile, whatever the value"),
        (Kind.CONSTEXPR, {"do_not_specialize": True}, "one compile for every distinct value"),
        (Kind.FLOAT, {}, "one compile, whatever the value"),
        (Kind.POINTER, {}, f"one compile for each dtype and {ALIGNMENT}"),
        (Kind.POINTER, {"do_not_specialize": True}, "one compile for each dtype"),
        (Kind.POINTER, {"annotation": '"*fp32"'}, f"one compile for each {ALIGNMENT}"),
        (Kind.POINTER, {"annotation": '"*fp32"', "do_not_specialize": True}, "one compile"),
        (
            Kind.POINTER,
            {"backend": "hip"},
            f"one compile for each dtype, {ALIGNMENT} and size (within 2 GiB or not)",
        ),
    ],
)
def test_the_cost_in_words(kind: Kind, options: dict[str, Any], clause: str) -> None:
    said = variants(kind, **options)
    assert cost(kind, said, annotation=options.get("annotation", "")) == clause


@pytest.fixture(autouse=True)
def _torch_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """HIP's `is_within_2gb` imports torch (3.3 to 3.7), though it then asks `ptr_range`."""
    monkeypatch.delenv("AMDGCN_USE_BUFFER_OPS", raising=False)
    try:
        import torch  # noqa: F401
    except ImportError:
        stub = types.ModuleType("torch")
        stub.Tensor = type("Tensor", (), {})  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "torch", stub)

"""Kernels of a tree that are compiled before and after, without an installation of the tree."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from judge import package

HEAD = """import unknown_package
import triton
import triton.language as tl
from tree import shared
from tree.shared import BLOCK, guard, store
from unknown_package import decorate

CONFIGS = [triton.Config({"SIZE": 16, "DEAD": 1}), triton.Config({"SIZE": 32, "DEAD": 2})]


"""
SHARED = """import triton
import triton.language as tl

BLOCK = tl.constexpr(16)


def guard(kernel):
    raise RuntimeError("not installed")


@triton.jit
def store(ptr, value, mask, dead):
    tl.store(ptr, value, mask=mask)
"""
#: Kernels, and what is done to them: the parameter `dead` is removed everywhere.
EQUAL = {
    "plain": """
@triton.jit
def plain(x_ptr, n, dead, SIZE: tl.constexpr):
    o = tl.program_id(0) * SIZE + tl.arange(0, SIZE)
    tl.store(x_ptr + o, tl.load(x_ptr + o, mask=o < n) + 1, mask=o < n)
""",
    "under_others": """
@guard
@decorate
@decorate("name")
@triton.jit
def under_others(x_ptr, n, dead):
    tl.store(x_ptr + tl.arange(0, BLOCK), n)
""",
    "by_helper": """
@triton.jit
def by_helper(x_ptr, n, dead):
    o = tl.arange(0, BLOCK)
    store(x_ptr + o, n, o < n, dead)
""",
    "by_module": """
@triton.jit
def by_module_inner(x_ptr, n, dead):
    shared.store(x_ptr, n, n > 0, dead)


@triton.jit
def by_module(x_ptr, n, dead):
    by_module_inner(x_ptr, n, dead)
""",
    "caller_that_keeps_all": """
@triton.jit
def caller_that_keeps_all(x_ptr, n):
    o = tl.arange(0, BLOCK)
    store(x_ptr + o, n, o < n, n)
""",
    "local": """
def make(y):
    @triton.jit
    def local(x_ptr, n, dead):
        tl.store(x_ptr, n)
    return local
""",
    "indexed": """
@triton.jit
def indexed(out, table, lengths, dead, stride, HEAD_DIM: tl.constexpr, IS_CAUSAL: tl.constexpr):
    i = tl.load(table + tl.program_id(0))
    for j in range(tl.load(lengths + i)):
        if IS_CAUSAL:
            tl.store(out + i * stride + j * HEAD_DIM + tl.arange(0, HEAD_DIM), 1.0)
""",
    "typed": """
@triton.jit
def typed(a_ptr, b_ptr, c_ptr, dead, M: tl.constexpr, N: tl.constexpr, OUT_DTYPE: tl.constexpr):
    i = tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :]
    tl.store(c_ptr + i, tl.dot(tl.load(a_ptr + i), tl.load(b_ptr + i)).to(OUT_DTYPE))
""",
    "in_a_loop": """
@triton.jit
def in_a_loop(x_ptr, n, dead, c):
    for i in range(c):
        if i > 3:
            dead = tl.load(x_ptr + i)
            tl.store(x_ptr + i, 0 + dead)
""",
    "idle_in_a_loop": """
@triton.jit
def idle_in_a_loop(x_ptr, n, dead, c):
    at = x_ptr + n * 4
    old = at + dead
    for i in range(c):
        tl.store(at, i)
        at += n
        old -= dead
""",
    "demoted": """
@triton.jit
def demoted(x_ptr, n, LEFT: tl.constexpr):
    tl.store(x_ptr, n)
""",
}
BROKEN = {
    "in_one_arm": """
@triton.jit
def in_one_arm(x_ptr, n, dead, c):
    if c > 4:
        return
    else:
        dead = n * 2
    tl.store(x_ptr, 0 + dead)
""",
    "still_read": """
@triton.jit
def still_read(x_ptr, n, STEP: tl.constexpr):
    tl.store(x_ptr + STEP, n)
    tl.static_assert(STEP > 0)
    tl.store(x_ptr + tl.arange(0, STEP), n)
""",
    "another_step": """
@triton.jit
def another_step(x_ptr, n, dead):
    for i in range(0, n, dead):
        tl.store(x_ptr + i, i)
""",
    "tuned": """
@triton.autotune(CONFIGS, key=["n"])
@triton.jit
def tuned(x_ptr, n, dead, SIZE: tl.constexpr, DEAD: tl.constexpr):
    tl.store(x_ptr + tl.arange(0, SIZE), n)
""",
}
UNKNOWN = {
    "gone_from_triton": """
@triton.jit
def gone_from_triton(x_ptr, n, dead, c):
    if c > 4:
        dead = n
    tl.no_such_thing(x_ptr, 0 + dead)
""",
}


@pytest.fixture(scope="module")
def judgment(tmp_path_factory) -> package.Judgment:
    for name in ("torch", "triton"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"kernels are compiled by the real Triton, and {name} is not installed")
    before, after = (tmp_path_factory.mktemp(name) for name in ("before", "after"))
    kernels = {**EQUAL, **BROKEN, **UNKNOWN}
    for root in (before, after):
        write(root, "shared", SHARED)
        for name, text in kernels.items():
            write(root, name, HEAD + text)
    for name in ("shared", *kernels):
        file = after / "tree" / f"{name}.py"
        text = file.read_text().replace(", n, o < n, n)", ", n, o < n)")
        # `DEAD` leaves the kernel too, and its configs stay.
        text = text.replace("    old = at + dead\n", "").replace("        old -= dead\n", "")
        for name in ("LEFT", "STEP"):
            # It stays, and has one class.
            text = text.replace(
                f"@triton.jit\ndef {file.stem}(x_ptr, n, {name}: tl.constexpr)",
                f"@triton.jit(do_not_specialize=['{name}'])\ndef {file.stem}(x_ptr, n, {name})",
            )
        file.write_text(text.replace(", dead", "").replace(", DEAD: tl.constexpr", ""))
    return package.judge_trees(before, after, processes=2)


def write(root: Path, name: str, text: str) -> None:
    (root / "tree").mkdir(exist_ok=True)
    (root / "tree" / f"{name}.py").write_text(text)


def test_kernels_that_stay_the_same(judgment):
    named = [text for text in judgment.report.broken if "TTIR" in text or "compile" in text]
    assert not [text for text in named if any(f"{name}.py" in text for name in EQUAL)]
    # And the helper itself.
    assert judgment.kernels["equal"] == "".join(EQUAL.values()).count("@triton.jit") + 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("in_one_arm", "dead is not defined"),
        ("another_step", "other TTIR"),
        ("still_read", "does not compile any more"),
        ("tuned", "decorators name"),
    ],
)
def test_kernels_that_do_not(judgment, name, words):
    found = [text for text in judgment.report.broken if f"tree/{name}.py" in text]
    assert any(words in text for text in found), found


def test_a_kernel_that_cannot_be_compiled_is_counted(judgment):
    [text] = judgment.uncompiled
    assert text.startswith("tree/gone_from_triton.py")
    assert judgment.kernels["needs what this Triton does not have"] == 1
    assert "1 needs what this Triton does not have" in package.table([judgment])

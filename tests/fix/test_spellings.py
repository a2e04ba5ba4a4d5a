"""One meaning, spelled in odd ways: the syntax tree decides what code means, not its bytes."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEAD = "import triton\nimport triton.language as tl\n\n\n"
KERNEL = HEAD + "@triton.jit\ndef kernel(p, n):\n    tl.store(p, 1)\n"
FIXED = KERNEL.replace("(p, n)", "(p)")


@pytest.fixture
def fix(write: Callable[..., Path], tritonlint: Callable[..., Any]) -> Callable[..., Any]:
    """What `--fix` makes of a tree."""

    def fix(files: dict[str, str]) -> dict[str, str]:
        root = write(files)
        tritonlint("--no-cache", "--fix", "--fix-strategy", "remove-only", root)
        return {name: (root / name).read_text(encoding="utf-8") for name in files}

    return fix


#: A launch of the kernel of another file, before and after.
LAUNCHES = {
    "a comment behind the dot": ("(ops.  # own\n kernel)[(1,)](p, 1)", "(p)"),
    "a comment before the dot": ("(ops  # own\n .kernel)[(1,)](p, 1)", "(p)"),
    "a backslash": ("ops. \\\n kernel[(1,)](p, 1)", "(p)"),
    "a backslash before the grid": ("ops.kernel \\\n [(1,)] \\\n (p, 1)", "(p)"),
    "spaces": ("ops . kernel [ (1,) ] ( p , 1 )", "( p )"),
    "a comment among the arguments": ("ops.kernel[(1,)](p,  # one\n 1)", "(p)"),
    "brackets": ("(((ops).kernel)[((1,))])((p), (1))", "((p))"),
}


@pytest.mark.parametrize("module", ["ops", "pkg.ops"])
@pytest.mark.parametrize(("launch", "left"), LAUNCHES.values(), ids=LAUNCHES)
def test_a_launch(fix: Callable[..., Any], module: str, launch: str, left: str) -> None:
    name = module.replace(".", "/") + ".py"
    package, _, last = module.rpartition(".")
    user = f"from {package} import {last}\n" if package else f"import {module}\n"
    files = {name: KERNEL, "user.py": f"{user}{launch}\n"}
    files |= {"pkg/__init__.py": ""} if package else {}
    after = fix(files)
    assert after[name] == FIXED
    assert left in after["user.py"].replace("  # one\n )", ")")


#: Configs that give `n` its value, and what is left of them.
CONFIGS = {
    "dict": ("dict(B=32, n=4)", "dict(B=32)"),
    "dict with a space": ("dict (B=32, n=4)", "dict (B=32)"),
    "dict over lines": ("dict(\n    B=32,\n    n=4,\n)", "dict(\n    B=32,\n)"),
    "a string in parts": ('{"B": 32, "n" "": 4}', '{"B": 32}'),
    "an escape": ('{"B": 32, "\\x6e": 4}', '{"B": 32}'),
    "a comment": ('{"B": 32,  # b\n "n": 4}', '{"B": 32}'),
}


@pytest.mark.parametrize(("config", "left"), CONFIGS.values(), ids=CONFIGS)
def test_a_config(fix: Callable[..., Any], config: str, left: str) -> None:
    source = (
        HEAD
        + "@triton.autotune([triton.Config({})], key=[])\n@triton.jit\n"
        + "def kernel(p, B: tl.constexpr{}):\n    tl.store(p, B)\n\n\nkernel[(1,)](p)\n"
    )
    after = fix({"kernels.py": source.format(config, ", n: tl.constexpr")})["kernels.py"]
    assert after.replace("  # b\n }", "}") == source.format(left, "")


def test_a_name_that_is_not_ascii(fix: Callable[..., Any]) -> None:
    source = KERNEL.replace("n)", "ж)") + "\n\nkernel[lambda META: (META['ж'],)](p, 1)\n"
    assert fix({"kernels.py": source})["kernels.py"] == source
    other = source.replace("META['ж']", "META['ю']")
    assert "def kernel(p):" in fix({"kernels.py": other})["kernels.py"]


#: Lists of a kernel with the parameters p, n, m and q; `n` is removed.
LISTS = {
    "[True, 3]": "[2]",
    "[False, True, 2]": "[False, 1]",
    '{1: 0, "q": 1}': '{"q": 1}',
    '{"n", "q"}': '{"q"}',
    '("n", 2)': "(1,)",
    '["n"]': None,
    "[1]": None,
    "[True]": None,
}


@pytest.mark.parametrize(("listed", "left"), LISTS.items(), ids=LISTS)
def test_a_list_of_parameters(fix: Callable[..., Any], listed: str, left: str | None) -> None:
    source = (
        HEAD
        + "@triton.jit(do_not_specialize={})\ndef kernel(p, n, m, q):\n    tl.store(p, m + q)\n\n\n"
        + "kernel[(1,)](p, 1, 2, 3)\n"
    )
    after = fix({"kernels.py": source.format(listed)})["kernels.py"]
    expected = source.format(left).replace(" n,", "").replace(" 1,", "", 1)
    if left is None:
        expected = expected.replace("(do_not_specialize=None)", "")
    assert after.replace("(p, 2, 3)", "") == expected.replace("(p, 2, 3)", "")
    assert after.endswith("kernel[(1,)](p, 2, 3)\n")


def test_an_annotation_of_a_target_in_brackets(fix: Callable[..., Any]) -> None:
    source = KERNEL.replace("tl.store(p, 1)", "(n): int = 3; ( n ) : int = 4; tl.store(p, n)")
    after = fix({"kernels.py": source + "\n\nkernel[(1,)](p, 1)\n"})["kernels.py"]
    assert after == source.replace("(p, n):", "(p):") + "\n\nkernel[(1,)](p)\n"


@pytest.mark.parametrize("terms", [100, 400, 800])
def test_a_long_sum(fix: Callable[..., Any], terms: int) -> None:
    """Code may be too deep for libcst: there is a fix, or a reason why there is none."""
    launch = f"kernel[(1,)](p, {' + '.join(['a'] * terms)})\n"
    after = fix({"kernels.py": f"{KERNEL}\n\n{launch}"})["kernels.py"]
    assert after == f"{FIXED}\n\nkernel[(1,)](p)\n"


#: Files of the project that have the names of well-known packages.
OWN = {
    "einops.py": "import einops\neinops.kernel[(1,)](p, 1)\n",
    "torch/__init__.py": "from torch import kernel\nkernel[(1,)](p, 1)\n",
    "gl.py": "import gl\ngl.kernel[(1,)](p, 1)\n",
    "profile.py": "import profile\nprofile.kernel[(1,)](p, 1)\n",
    "random/ops.py": "from random.ops import kernel\nkernel[(1,)](p, 1)\n",
}


@pytest.mark.parametrize(("name", "user"), OWN.items(), ids=OWN)
def test_a_module_that_has_the_name_of_a_known_package(
    fix: Callable[..., Any], name: str, user: str
) -> None:
    after = fix({name: KERNEL, "user.py": user})
    assert after == {name: FIXED, "user.py": user.replace("(p, 1)", "(p)")}


# -- overwritten names ---------------------------------------------------------------------

#: Bodies of `kernel(p, n, c, FLAG: tl.constexpr)` that never read `n`, and whether it may go.
BODIES = {
    "at once": ("n = c\ntl.store(p, n)", "safe"),
    "in an expression": ("tl.store(p, (n := c))", "safe"),
    "in both arms": ("if c > 1:\n    n = 1\nelse:\n    n = 2\ntl.store(p, n)", "safe"),
    "in both arms of elif": (
        *("if c > 1:\n    n = 1\nelif c > 0:\n    n = 2\nelse:\n    n = 3\ntl.store(p, n)", "safe"),
    ),
    "in one arm, and read there": ("if c > 1:\n    n = c\n    tl.store(p, n)", "safe"),
    "in a loop, and read there": ("for i in range(c):\n    n = i\n    tl.store(p, n)", "safe"),
    "the loop's own": ("for n in range(c):\n    tl.store(p + n, 1)", "safe"),
    "behind a return": ("if c > 1:\n    return\nn = c\ntl.store(p, n)", "safe"),
    "one arm returns": (*("if c > 1:\n    return\nelse:\n    n = c\ntl.store(p, n)", "blocked"),),
    "one arm returns, of a constexpr": (
        *("if FLAG:\n    return\nelse:\n    n = c\ntl.store(p, n)", "blocked"),
    ),
    "the other arm returns": (
        *("if c > 1:\n    n = c\nelse:\n    return\ntl.store(p, n)", "blocked"),
    ),
    "elif returns": (
        "if c > 1:\n    n = 1\nelif c > 0:\n    return\nelse:\n    n = 2\ntl.store(p, n)",
        "blocked",
    ),
    "nested": (
        "if c > 2:\n    if c > 1:\n        return\n    else:\n        n = c\n"
        "else:\n    n = 1\ntl.store(p, n)",
        "blocked",
    ),
    "on some ways through a loop": (
        *("for i in range(c):\n    if i > 1:\n        n = i\n        tl.store(p, n)", "unsafe"),
    ),
    "on some ways through an unrolled loop": (
        "for i in tl.static_range(3):\n    if c > i:\n        n = i\n        tl.store(p, n)",
        "safe",
    ),
    "on some ways through a while": (
        "while c > 1:\n    if c > 3:\n        n = c\n        tl.store(p, n)\n    c -= 1",
        "unsafe",
    ),
    "in a loop of a loop": (
        "for i in range(c):\n    for j in range(i):\n        n = j\n        tl.store(p, n)",
        "unsafe",
    ),
}


@pytest.mark.parametrize(("body", "remedy"), BODIES.values(), ids=BODIES)
def test_an_overwritten_name(
    lint: Callable[..., list[dict[str, Any]]], body: str, remedy: str
) -> None:
    """In tests/projects, Triton compiles such kernels before and after the fix."""
    kernel = "@triton.jit\ndef kernel(p, n, c, FLAG: tl.constexpr):\n"
    source = f"{HEAD}{kernel}{textwrap.indent(body, '    ')}\n\n\nkernel[(1,)](p, 1, 2, FLAG=1)\n"
    found = [f for f in lint({"kernels.py": source}) if f["parameter"] == "n"]
    assert [f["code"] for f in found] == ["TRL002"]
    blocked = found[0]["fix_blocked_by"]
    assert ("blocked" if blocked else found[0]["fix"]["applicability"]) == remedy
    reason = blocked or found[0]["fix"]["message"]
    assert ("Triton knows the name" in reason) is (remedy == "blocked")
    assert ("keeps `n` through a loop" in reason) is (remedy == "unsafe")

"""Lists of names that a decorator gets from a constant of the module: `key=KEYS`."""

from __future__ import annotations

import pytest

KERNEL = """
@triton.autotune(configs=[triton.Config({"BLOCK": 16}), triton.Config({"BLOCK": 32})], key=KEYS)
@triton.jit
def kernel(x, n, m, BLOCK: tl.constexpr):
    tl.store(x + m, BLOCK)


def launch(x, m):
    kernel[(1,)](x, len(x), m)
"""
#: Code above the kernel, and whether its dead `n` can go.
LISTS = {
    "without it": ('KEYS = ["m"]', True),
    "a tuple": ('KEYS = ("m", "x")', True),
    "of two kernels": (
        'KEYS = ["m"]\n\n\n@triton.autotune(configs=[triton.Config({})], key=KEYS)\n@triton.jit\n'
        "def other(x, m):\n    tl.store(x + m, 0)",
        True,
    ),
    "with it": ('KEYS = ["m", "n"]', False),
    "with a number": ('KEYS = ["m", 1]', False),
    "with a value that is not seen": ('KEYS = ["m", NAME]', False),
    "that grows": ('KEYS = ["m"]\nKEYS.append("n")', False),
    "that grows by a sign": ('KEYS = ["m"]\nKEYS += ["n"]', False),
    "that another function gets": ('KEYS = ["m"]\nextend(KEYS)', False),
    "of two": ('KEYS = ["m"]\nif FAST:\n    KEYS = ["m", "n"]', False),
    "of another file": ("from tools import KEYS", False),
}


@pytest.mark.parametrize(("above", "goes"), LISTS.values(), ids=LISTS)
def test_a_list_of_the_module(lint, above, goes):
    source = f"import triton\nimport triton.language as tl\n\n{above}\n\n{KERNEL}"
    options = ("--select", "TRL001", "--fix-strategy", "remove-only")
    [found] = [f for f in lint({"kernels.py": source}, *options) if f["kernel"] == "kernel"]
    assert (found["fix"] is not None and found["fix"]["applicability"] == "safe") == goes

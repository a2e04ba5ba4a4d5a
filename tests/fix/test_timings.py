"""An autotuner keeps its choices by the values of `key` and the dtypes of all tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

KERNEL = """\
@triton.autotune(configs=[triton.Config({{"B": 16}}), triton.Config({{"B": 32}})], key=["m"])
@triton.jit
def kernel(x, {parameter}, m, B: tl.constexpr):
    tl.store(x, m + B)


def launch(x, y, n: int, m):
    kernel[(1,)](x, {argument}, m)


def choice(x, y, m):
    {use}
"""

#: Code that has a key of the dictionary, or gets one.
SEES_KEYS = {
    "an item": "return kernel.cache[(m, str(x.dtype), str(y.dtype))]",
    "an item that is set": "kernel.cache[(m, str(x.dtype), str(y.dtype))] = CONFIG",
    "get": "return kernel.cache.get((m, str(x.dtype), str(y.dtype)))",
    "a test": "return (m, str(x.dtype), str(y.dtype)) in kernel.cache",
    "all keys": "return [key[1:] for key in kernel.cache]",
    "all items": "return [key for key, config in kernel.cache.items()]",
    "as a whole": "return save(kernel.cache)",
    "another name": "tuned = kernel.cache\n    return tuned[(m, str(x.dtype), str(y.dtype))]",
}
SEES_NONE = {
    "clear": "kernel.cache.clear()",
    "values": "return [config.num_warps for config in kernel.cache.values()]",
    "nothing of it": "return kernel.best_config",
}


def source(parameter: str, argument: str, use: str) -> str:
    return KERNEL.format(parameter=parameter, argument=argument, use=use)


@pytest.mark.parametrize("use", SEES_KEYS.values(), ids=SEES_KEYS)
def test_a_tensor_stays_where_code_has_a_key(fix: Callable[..., Any], use: str) -> None:
    code = "import triton\nimport triton.language as tl\n\n\n" + source("y_ptr", "y", use)
    fixed = fix({"kernels.py": code}, "--output-format", "json")
    assert fixed["kernels.py"] == code
    assert "the keys of the kernel's `cache`, used at" in fixed.out


@pytest.mark.parametrize("use", SEES_KEYS.values(), ids=SEES_KEYS)
def test_a_number_is_in_no_key(check_fix: Callable[..., Any], use: str) -> None:
    check_fix(source("[-n, -]", "[-n, -]", use).replace("-], ", "-]"))


@pytest.mark.parametrize("use", SEES_NONE.values(), ids=SEES_NONE)
def test_a_tensor_goes_where_no_code_sees_a_key(check_fix: Callable[..., Any], use: str) -> None:
    check_fix(source("[-y_ptr, -]", "[-y, -]", use).replace("-], ", "-]"))

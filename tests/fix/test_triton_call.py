"""Launches by `jax_triton.triton_call`: inputs by position, then outputs, then keywords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

KERNEL = """\
import jax
import jax_triton as jt
import triton
import triton.language as tl


@triton.jit
def kernel(x, {dead}out, n, BLOCK: tl.constexpr{more}):
    columns = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(out + columns, tl.load(x + columns), mask=columns < n)


"""
LAUNCH = """\
def launch(x, y, n):
    return jt.triton_call(
        x,
{inputs}        kernel=kernel,
        out_shape=jax.ShapeDtypeStruct(x.shape, x.dtype),
        grid=(1,),
        n=n,
        BLOCK=64,
{more}    )
"""


def test_a_keyword_goes(check_fix: Callable[..., None]) -> None:
    check_fix(
        KERNEL.format(dead="", more="[-, S: tl.constexpr-]")
        + LAUNCH.format(inputs="", more="[-        S=x.shape[0],\n-]"),
        None,
    )


def test_an_input_goes(check_fix: Callable[..., None]) -> None:
    check_fix(
        KERNEL.format(dead="[-y, -]", more="") + LAUNCH.format(inputs="[-        y,\n-]", more=""),
        None,
    )


#: Launches from which nothing goes, and why.
BLOCKED = {
    "an output": (
        "dead_out, ",
        "",
        "",
        "kernels.py:14 may pass this argument",
    ),
    "an input where inputs are numbered": (
        "y, ",
        "        y,\n",
        "        input_output_aliases={0: 0},\n",
        "kernels.py:14 numbers the arguments",
    ),
    "one that may be asked for": (
        "y, ",
        "        y,\n",
        "        zeroed_outputs=lambda meta: (0,),\n",
        "`zeroed_outputs` at ",
    ),
    "all that a dictionary may hold": (
        "y, ",
        "",
        "        **options(),\n",
        "may pass this argument",
    ),
}


@pytest.mark.parametrize(("dead", "inputs", "more", "reason"), BLOCKED.values(), ids=BLOCKED)
def test_what_blocks_it(
    lint: Callable[..., Any], dead: str, inputs: str, more: str, reason: str
) -> None:
    source = KERNEL.format(dead=dead, more="") + LAUNCH.format(inputs=inputs, more=more)
    (finding,) = lint({"kernels.py": source})
    assert reason in finding["fix_blocked_by"]


def test_another_function_of_that_name_is_none(lint: Callable[..., Any]) -> None:
    source = KERNEL.format(dead="", more=", S: tl.constexpr").replace("jax_triton", "mylib.calls")
    source += LAUNCH.format(inputs="", more="        S=1,\n")
    (finding,) = lint({"kernels.py": source})
    assert "`kernel` is passed to `triton_call`" in finding["fix_blocked_by"]

"""Measures what a launch costs if each call makes its own kernel (TRL401).

    python benchmarks/kernel_per_call.py [--launches 2000]

Needs Triton and torch, but no GPU: a stub replaces the driver, and nothing is launched. Triton's
own binder, key, compiler and disk cache run, so this is the time that the host takes before it
calls the driver. Prints the median CPU time of a launch: for the kernel of a module, and for a
kernel that each call makes.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable

import torch
import triton
import triton.language as tl

from tritonlint.runtime.without_gpu import without_gpu


@triton.jit
def _clear(x_ptr, n, BLOCK: tl.constexpr):  # noqa: N803
    columns = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(x_ptr + columns, 0, mask=columns < n)


def same(x: torch.Tensor) -> None:
    """Launch the kernel of the module."""
    _clear[(triton.cdiv(x.numel(), 1024),)](x, x.numel(), BLOCK=1024)


def anew(x: torch.Tensor) -> None:
    """Launch a kernel that this call makes."""

    @triton.jit
    def _clear(x_ptr, n, BLOCK: tl.constexpr):  # noqa: N803
        columns = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
        tl.store(x_ptr + columns, 0, mask=columns < n)

    _clear[(triton.cdiv(x.numel(), 1024),)](x, x.numel(), BLOCK=1024)


def seconds(call: Callable[[], None]) -> float:
    """The CPU time of one call: other processes do not add to it."""
    started = time.process_time()
    call()
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--launches", type=int, default=2000)
    options = parser.parse_args()
    x = torch.zeros(4096)
    with tempfile.TemporaryDirectory() as cache, without_gpu(compile=True):
        triton.knobs.cache.dir = f"{cache}/first"
        # The first compile of a process also loads the compiler.
        anew(x)
        triton.knobs.cache.dir = f"{cache}/second"
        before = os.times()
        anew(x)
        # The assembler runs in its own process.
        compiled = sum(os.times()[:4]) - sum(before[:4])
        same(x)
        times: dict[str, list[float]] = {"same": [], "anew": []}
        for _ in range(options.launches):
            # The two take turns, so that other work on the machine slows both.
            times["same"].append(seconds(lambda: same(x)))
            times["anew"].append(seconds(lambda: anew(x)))
    print(
        f"Triton {triton.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores"
    )
    print(f"the kernel of the module: {statistics.median(times['same']) * 1e6:.1f} us")
    print(f"a new one, found on disk: {statistics.median(times['anew']) * 1e3:.2f} ms")
    print(f"a new one, not on disk:   {compiled:.2f} s")


if __name__ == "__main__":
    main()

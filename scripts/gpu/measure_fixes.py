"""Measures three operations of liger-kernel before and after the fixes of TRL101.

    python scripts/gpu/measure_fixes.py BEFORE AFTER

Both are directories that hold `liger_kernel`; AFTER is a copy on which
`tritonlint --select TRL101 --fix --unsafe-fixes` was run. Each operation runs once for each size
of a sweep, in its own process with an empty cache: the binaries and the seconds are what the
sizes cost. Then one size is timed warm. Needs a GPU, and prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

OPERATIONS = ("rope", "mrope", "neighborhood attention")
ONE = """
import glob, json, os, sys, time
import torch, triton
sys.path.insert(0, sys.argv[1])
name = sys.argv[2]

def random(*shape):
    return torch.randn(*shape, device="cuda", dtype=torch.bfloat16)

if name == "rope":
    # A batch whose sequences are at positions of their own: `cos_bs` is the batch size.
    from liger_kernel.ops.rope import rope_forward
    sizes = range(1, 25)
    def run(n):
        angles = random(n, 128, 128)
        return rope_forward(random(n, 32, 128, 128), random(n, 8, 128, 128), angles, angles)
elif name == "mrope":
    from liger_kernel.ops.qwen2vl_mrope import qwen2vl_mrope_forward
    sizes = range(1, 25)
    def run(n):
        return qwen2vl_mrope_forward(
            random(n, 28, 128, 128), random(n, 4, 128, 128),
            random(3, n, 128, 128), random(3, n, 128, 128), [16, 24, 24],
        )
else:
    from liger_kernel.ops.fused_neighborhood_attention import fused_neighborhood_attention_forward
    sizes = range(256, 256 + 24 * 16, 16)
    def run(n):
        x = [random(2, 4, n, 64) for _ in range(3)]
        return fused_neighborhood_attention_forward(*x)

random(1)
torch.cuda.synchronize()
started = time.perf_counter()
for n in sizes:
    run(n)
torch.cuda.synchronize()
seconds = time.perf_counter() - started
binaries = len(glob.glob(os.environ["TRITON_CACHE_DIR"] + "/*/*.cubin"))
last = sizes[len(sizes) // 2]
warm = triton.testing.do_bench(lambda: run(last), warmup=200, rep=1000, return_mode="median")
print(json.dumps([len(sizes), binaries, seconds, warm]))
"""


def measured(tree: Path, operation: str) -> tuple[int, int, float, float]:
    """Sizes, binaries, seconds for all sizes, and milliseconds for one, warm."""
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [sys.executable, "-c", ONE, str(tree), operation],
            env=os.environ | {"TRITON_CACHE_DIR": cache},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    sizes, binaries, seconds, warm = json.loads(done.stdout.splitlines()[-1])
    return sizes, binaries, seconds, warm


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    options = parser.parse_args()
    print("| operation | sizes | binaries | | seconds | | warm, ms | |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    print("| | | before | after | before | after | before | after |")
    for operation in OPERATIONS:
        before, after = (measured(tree, operation) for tree in (options.before, options.after))
        binaries, seconds, warm = zip(before[1:], after[1:], strict=True)
        print(
            f"| {operation} | {before[0]} | {binaries[0]} | {binaries[1]} "
            f"| {seconds[0]:.1f} | {seconds[1]:.1f} | {warm[0]:.3f} | {warm[1]:.3f} |"
        )


if __name__ == "__main__":
    main()

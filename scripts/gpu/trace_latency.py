"""The latency of a launch that hits the cache, with tracing and without.

    python scripts/gpu/trace_latency.py [--rounds 7]

Rounds of fresh processes, plain and traced in turn, on the same machine. In each, a kernel of
eight arguments is launched 20,000 times, in batches of 200 with a synchronization after each; the
median batch counts. Needs a GPU, and about ten seconds a process.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import statistics, time, torch, triton
import triton.language as tl

@triton.jit
def kernel(x, y, n, m, scale, flag, bias, BLOCK: tl.constexpr):
    offsets = tl.arange(0, BLOCK)
    tl.store(y + offsets, tl.load(x + offsets) * scale + n - m)

x, y = torch.zeros(64, device="cuda"), torch.zeros(64, device="cuda")
def batch():
    started = time.perf_counter()
    for _ in range(200):
        kernel[(1,)](x, y, 5, 16, 0.5, True, None, BLOCK=64)
    torch.cuda.synchronize()
    return (time.perf_counter() - started) / 200
batch()
print(statistics.median(batch() for _ in range(100)) * 1e6)
"""


def measure(traced: bool) -> float:
    """Microseconds a launch, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "program.py")
        program.write_text(PROGRAM)
        command = [sys.executable, str(program)]
        if traced:
            tracer = [sys.executable, "-m", "tritonlint", "trace", "-o", str(Path(folder, "out"))]
            command = [*tracer, "--", *command]
        path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            command,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path.strip(os.pathsep)},
        )
        if traced:
            (file,) = Path(folder, "out").iterdir()
            if file.read_text().count('"event":"compile"') != 1:
                raise SystemExit("the traced process did not record its one compile")
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    plain, traced = [], []
    for number in range(options.rounds):
        for which in (False, True) if number % 2 == 0 else (True, False):
            (traced if which else plain).append(measure(which))
    print("| launch, us | median | range |")
    print("| --- | ---: | --- |")
    for name, figures in (("plain", plain), ("traced", traced)):
        middle = statistics.median(figures)
        print(f"| {name} | {middle:.2f} | {min(figures):.2f} to {max(figures):.2f} |")
    print(f"| ratio | {statistics.median(traced) / statistics.median(plain):.3f} | |")


if __name__ == "__main__":
    main()

"""Measures what tracing costs a Python process that never imports Triton.

Starts Python alternately without and with the tracer, with compiled bytecode, and compares the
medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STARTUP = Path(__file__).resolve().parents[1] / "src" / "tritonlint" / "runtime" / "startup"


def start(variables: dict[str, str]) -> float:
    """Milliseconds of one process."""
    dropped = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "TRITONLINT_TRACE")
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], env={**environment, **variables}, check=True)
    return (time.perf_counter() - began) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        traced = {"PYTHONPATH": str(STARTUP), "TRITONLINT_TRACE": folder}
        start(traced)
        pairs = [(start({}), start(traced)) for _ in range(options.starts)]
    plain, with_tracer = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"plain {plain:.2f} ms, traced {with_tracer:.2f} ms: {with_tracer - plain:+.2f} ms")


if __name__ == "__main__":
    main()

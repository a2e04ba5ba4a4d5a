"""What preloading saves a deployment: compiles with an empty cache, with and without it.

    python scripts/gpu/trace_preload.py [--ops OP ...] [--prompts 60] [--jobs N]

There are three steps, each in its own processes. First, fla-core's operators serve prompts with an
empty Triton cache, under the tracer. Then the trace is preloaded into a second, empty cache. Last,
the same prompts are served again with that cache. A tuning measures its configs again there, but
compiles none. Needs a GPU, and fla-core and einops on the path.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TRITONLINT = [sys.executable, "-m", "tritonlint", "trace"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ops", nargs="*", default=["rotary", "attention", "forgetting", "norm"])
    parser.add_argument("--prompts", default="60")
    parser.add_argument("--jobs", default=str(os.cpu_count()))
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    serve = [sys.executable, str(ROOT / "scripts/gpu/trace_fla.py"), "--prompts", options.prompts]
    serve += ["--ops", *options.ops]
    with tempfile.TemporaryDirectory() as folder:
        cold, warm = Path(folder, "cold"), Path(folder, "warm")
        first = run([*TRITONLINT, "-o", f"{folder}/first", "--", *serve], cold)
        began = time.perf_counter()
        ahead = subprocess.run(
            [*TRITONLINT, "--preload", f"{folder}/first", "--jobs", options.jobs],
            env=environment(warm),
            stdout=subprocess.PIPE,
            text=True,
        )
        seconds = time.perf_counter() - began
        second = run([*TRITONLINT, "-o", f"{folder}/second", "--", *serve], warm)
        print("| | empty cache | preloaded cache |\n| --- | ---: | ---: |")
        rows = [counts(Path(folder, name)) for name in ("first", "second")]
        for title in rows[0]:
            print(f"| {title} | {' | '.join(str(row[title]) for row in rows)} |")
        for title in first:
            print(f"| {title} | {first[title]} | {second[title]} |")
        print(f"\npreload, {seconds:.1f} s with {options.jobs} processes:\n{ahead.stdout}")


def environment(cache: Path) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    return {
        **os.environ,
        "PYTHONPATH": path.strip(os.pathsep),
        "TRITON_CACHE_DIR": str(cache),
        "TRITON_DEFAULT_FP_FUSION": "1",
    }


def run(command: list[str], cache: Path) -> dict[str, object]:
    """Serve; return what the server says about its latencies, and how long it ran."""
    began = time.perf_counter()
    done = subprocess.run(
        command, check=True, env=environment(cache), stdout=subprocess.PIPE, text=True
    )
    figures: dict[str, object] = json.loads(done.stdout.strip().rpartition("\n")[2])
    figures["whole run, s"] = round(time.perf_counter() - began, 1)
    return figures


def counts(path: Path) -> dict[str, object]:
    """What was compiled and what came from the cache, in total and in the first minute."""
    from tritonlint.runtime.reader import read

    trace = read(path)
    start = min(process.started for process in trace.processes)
    new = [compile for compile in trace.compiles if not compile.disk]
    minute = [compile for compile in new if compile.time < start + 60]
    return {
        "compiles": len(new),
        "compiles in the first minute": len(minute),
        "from the cache": len(trace.compiles) - len(new),
        "compile time, s": round(sum(compile.seconds or 0.0 for compile in trace.compiles), 2),
    }


if __name__ == "__main__":
    main()

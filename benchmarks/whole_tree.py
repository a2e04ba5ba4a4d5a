"""Times tritonlint over a whole tree, beside other linters, and prints the table of ratios.

    python benchmarks/whole_tree.py TREE [--rounds 5]

Every command runs in its own process, and the commands take turns, so that other work on the
machine slows all of them. The medians and the ratios are what counts. `TREE` is copied first.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

TRITONLINT = [sys.executable, "-m", "tritonlint", "--isolated", "-q", "--output-format", "concise"]
RUFF = ["ruff", "check", "--isolated", "--select", "ARG001", "-q"]
OTHERS = {
    "vulture": [sys.executable, "-m", "vulture", "--min-confidence", "100"],
    "flake8": [sys.executable, "-m", "flake8", "--select", "U100"],
    "pylint": [sys.executable, "-m", "pylint", "--disable=all", "--enable=unused-argument"],
}


#: Seconds after a change from which on a cache can tell that a file has not changed again.
SETTLED = 3
#: As if pip had installed it: its modules are compiled once, and not by every run.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Work:
    """One row: a command, the one it is compared with, and the highest ratio that is allowed."""

    name: str
    command: list[str]
    beside: str | None = None
    limit: float | None = None
    before: Callable[[], None] = lambda: None


def works(tree: Path, kernel_file: Path, plain_file: Path, cache: Path, fixed: Path) -> list[Work]:
    """All rows, each after the one that it is compared with."""
    # tritonlint does not use a directory as its cache if anything else is in it.
    cached = [*TRITONLINT, "--cache-dir", str(cache / "tritonlint")]
    ruff_cache = [*RUFF, "--cache-dir", str(cache / "ruff")]

    def touch() -> None:
        # As in a hook: the file changed just now, so not even its own facts are in the cache.
        kernel_file.write_bytes(kernel_file.read_bytes() + b"\n")

    def settle() -> None:
        """Wait until the changed file counts as old, and put it into the cache."""
        # The cache looks at the ctime too, which cannot be set back.
        time.sleep(SETTLED)
        seconds([*cached, str(tree)])

    def restore() -> None:
        shutil.rmtree(fixed, ignore_errors=True)
        shutil.copytree(tree, fixed)

    return [
        Work("python -c pass", [sys.executable, "-c", "pass"]),
        Work("python -c 'import libcst'", [sys.executable, "-c", "import libcst"]),
        Work("ruff, no cache", [*RUFF, "--no-cache", str(tree)]),
        Work("ruff, warm cache", [*ruff_cache, str(tree)]),
        Work("no cache", [*TRITONLINT, "--no-cache", str(tree)], "ruff, no cache", 4),
        Work("warm cache", [*cached, str(tree)], "ruff, warm cache", 2, settle),
        Work("warm, one file changed", [*cached, str(tree)], "ruff, warm cache", 3, touch),
        Work("a file without kernels", [*cached, str(plain_file)], "python -c pass", 4),
        Work(
            "a changed kernel file",
            [*cached, str(kernel_file)],
            "python -c 'import libcst'",
            2.33,
            touch,
        ),
        Work(
            "--fix, whole tree",
            [*TRITONLINT, "--no-cache", "--fix", str(fixed)],
            "no cache",
            2,
            restore,
        ),
    ]


def seconds(command: list[str]) -> float:
    """How long a command takes; findings do not count as a failure."""
    started = time.perf_counter()
    done = subprocess.run(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        env=ENVIRONMENT,
    )
    elapsed = time.perf_counter() - started
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"{' '.join(command)}: {done.stderr.decode()[-500:]}")
    return elapsed


def peak_memory(command: list[str]) -> float:
    """The peak memory of a command and its children, in MB, polled from /proc.

    Pages that several processes share count once (PSS): forked workers share most of theirs.
    """
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _memory(process.pid))
        time.sleep(0.01)
    return peak / 1e6


def _memory(pid: int) -> int:
    total = 0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                total += _memory(int(child))
    except (OSError, IndexError, ValueError):
        pass
    return total


def grows(tree: Path, scratch: Path) -> list[tuple[int, float]]:
    """Seconds for 1, 2, 4 and 8 copies of the tree side by side."""
    found = []
    whole = scratch / "copies"
    for count in (1, 2, 4, 8):
        for copy in range(count):
            target = whole / f"copy{copy}"
            if not target.exists():
                shutil.copytree(tree, target)
        found.append((count, seconds([*TRITONLINT, "--no-cache", str(whole)])))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("tree", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--others", action="store_true", help="also the other linters, once each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        tree = scratch / "tree"
        shutil.copytree(options.tree, tree, ignore=shutil.ignore_patterns("__pycache__"))
        # A cache trusts a file's times only if the file was not written a moment ago.
        files = sorted(tree.rglob("*.py"))
        for file in files:
            os.utime(file, ns=(time.time_ns() - 10**11,) * 2)
        kernels = [f for f in files if b"@triton.jit" in f.read_bytes()]
        plain = next(f for f in files if b"triton" not in f.read_bytes())
        rows = works(tree, kernels[0], plain, scratch / "cache", scratch / "fixed")
        times: dict[str, list[float]] = {row.name: [] for row in rows}
        for _ in range(options.rounds + 1):
            for row in rows:
                row.before()
                times[row.name].append(seconds(row.command))
        # The first round warms disk and caches.
        medians = {name: statistics.median(found[1:]) for name, found in times.items()}
        size = sum(f.stat().st_size for f in files) / 1e6
        print(f"{len(files)} files, {size:.1f} MB, {len(kernels)} with kernels; {_machine()}\n")
        print("| work | median s | compared with | ratio | at most |")
        print("| --- | ---: | --- | ---: | ---: |")
        for row in rows:
            ratio = f"{medians[row.name] / medians[row.beside]:.1f}" if row.beside else ""
            print(
                f"| {row.name} | {medians[row.name]:.3f} | {row.beside or ''} "
                f"| {ratio} | {row.limit or ''} |"
            )
        peak = peak_memory([*TRITONLINT, "--no-cache", str(tree)])
        print(f"\npeak memory, all processes: {peak:.0f} MB (at most 300)\n")
        print("| copies of the tree | s |\n| ---: | ---: |")
        for count, taken in grows(tree, scratch):
            print(f"| {count} | {taken:.2f} |")
        if options.others:
            print("\n| linter | s |\n| --- | ---: |")
            for name, command in OTHERS.items():
                try:
                    version(name)
                except PackageNotFoundError:
                    continue
                print(f"| {name} {version(name)} | {_once([*command, str(tree)]):.1f} |")


def _once(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - started


def _machine() -> str:
    ruff = subprocess.run(["ruff", "--version"], capture_output=True, text=True, check=True)
    cores = len(os.sched_getaffinity(0))
    return f"Python {platform.python_version()}, {ruff.stdout.strip()}, {cores} cores"


if __name__ == "__main__":
    main()

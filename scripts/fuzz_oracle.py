"""Compares tritonlint with Triton on random kernels, for as long as you tell it to.

    python scripts/fuzz_oracle.py --minutes 30
    python scripts/fuzz_oracle.py --kernels 20000 --jobs 4

If the compiler uses a parameter that tritonlint calls dead, the kernel is shrunk and printed, and
the exit status is 1. Disagreements in the other direction are counted by class. The shortest kernel
of each round with a case that no class explains is printed too. No GPU is needed.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "oracle"))

from differential import compare
from hypothesis import HealthCheck, given, seed, settings
from programs import Program, programs

from tritonlint.verify.classify import OTHER
from tritonlint.verify.judge_process import Judge

_ROUND = 250


class _ContradictionError(AssertionError):
    """The compiler uses what tritonlint calls dead."""


@dataclass
class Round:
    """The results for some drawn kernels."""

    counts: Counter[str] = field(default_factory=Counter)
    #: Shrunk sources in which the compiler uses what tritonlint calls dead.
    contradictions: list[str] = field(default_factory=list)
    #: The shortest source with a case that no class explains.
    unexplained: list[str] = field(default_factory=list)


def fuzz_round(start: int, kernels: int) -> Round:
    """Draw and compare some kernels."""
    found = Round()
    counts = found.counts

    with Judge() as judge, tempfile.TemporaryDirectory() as directory:
        path = Path(directory).resolve() / "module.py"

        @seed(start)
        @settings(
            max_examples=kernels,
            database=None,
            deadline=None,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        )
        @given(programs())
        def check(program: Program) -> None:
            result = compare(program, judge, path)
            counts["kernels"] += 1
            counts["compiles"] += result.compiles
            if not result.compiled:
                lost = "crashed" in result.error or "took more than" in result.error
                counts["compiler crashed or hung" if lost else "not accepted by Triton"] += 1
                return
            counts["compared"] += 1
            counts["parameters"] += result.judged
            counts["dead by tritonlint"] += len(result.dead)
            counts.update(f"only the compiler finds it: {why}" for why in result.missed.values())
            open_cases = [name for name, why in result.missed.items() if why == OTHER]
            if open_cases:
                text = f"# not explained: {', '.join(open_cases)}\n{program.source}"
                found.unexplained = [min([*found.unexplained, text], key=len)]
            if result.contradictions:
                text = f"# CONTRADICTION: {', '.join(result.contradictions)}\n{program.source}"
                found.contradictions = [text]
                raise _ContradictionError

        try:
            check()
        except _ContradictionError:
            counts["CONTRADICTIONS"] += 1
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0, help="stop after so long")
    parser.add_argument("--kernels", type=int, default=0, help="stop after so many")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=0, help="the first round's")
    options = parser.parse_args()
    if not options.minutes and not options.kernels:
        parser.error("say how long: --minutes or --kernels")
    started = time.monotonic()
    total: Counter[str] = Counter()
    failed = False
    pending: set[Future[Round]] = set()
    rounds = options.seed
    with ProcessPoolExecutor(options.jobs) as pool:
        while True:
            minutes = (time.monotonic() - started) / 60
            enough = options.kernels and total["kernels"] >= options.kernels
            if enough or (options.minutes and minutes >= options.minutes):
                break
            while len(pending) < options.jobs:
                pending.add(pool.submit(fuzz_round, rounds, _ROUND))
                rounds += 1
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                found = future.result()
                total += found.counts
                failed = failed or bool(found.contradictions)
                for program in (*found.contradictions, *found.unexplained):
                    print(program, flush=True)
            print(f"{minutes:.1f} min: {dict(total)}", file=sys.stderr, flush=True)
        for future in pending:
            future.cancel()
    _report(total, time.monotonic() - started, rounds - options.seed)
    return 1 if failed else 0


def _report(total: Counter[str], seconds: float, rounds: int) -> None:
    import triton

    print(f"\nTriton {triton.__version__}, Python {platform.python_version()}, ", end="")
    print(f"{rounds} rounds of {_ROUND}, {seconds / 60:.0f} minutes\n")
    print("| what | count |\n| --- | ---: |")
    total.setdefault("CONTRADICTIONS", 0)
    for name, count in sorted(total.items(), key=lambda item: item[0]):
        print(f"| {name} | {count:,} |")


if __name__ == "__main__":
    sys.exit(main())

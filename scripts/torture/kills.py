"""Kills `tritonlint --fix` at any moment, and checks that the next start makes each fix whole.

    python scripts/torture/kills.py PATH_OF_A_TREE [--random 150] [--writing 150] [--no-calls]

On a copy of the tree the run is killed (SIGKILL) at random moments of the whole run, and at random
moments while it writes. On a small tree it is killed at each system call from the first that makes
the journal to the last (this needs strace). After each kill another command is started; then all
files must be old or all new, and nothing else may be left.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

from shared import COMMAND, JOURNAL, Tree, run, show, tree_of

#: The random numbers by which moments are drawn.
SEED = 13


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree")
    parser.add_argument("--random", type=int, default=150)
    parser.add_argument("--writing", type=int, default=150)
    parser.add_argument("--no-calls", action="store_false", dest="calls")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    wrong = 0
    with tree_of(options.tree) as tree:
        print(f"{len(tree.all_files)} files, of which the fix changes {len(tree.after)}")
        wrong += at_random(tree, options.random, options.writing, options.seed)
    if options.calls:
        with tree_of(None) as tree:
            wrong += at_each_call(tree)
    print("all held" if not wrong else f"{wrong} did not hold")
    return 1 if wrong else 0


def at_random(tree: Tree, anywhere: int, writing: int, seed: int) -> int:
    chance = random.Random(seed)
    whole, write = durations(tree)
    print(f"a run takes {whole:.2f} s, of which it writes {write:.2f} s")
    starts = tree.next_starts()
    wrong = 0
    for title, wanted, is_writing in (
        ("killed at any moment", anywhere, False),
        ("killed while it wrote", writing, True),
    ):
        counts = Counter[str]()
        while counts.total() < wanted:
            tree.reset()
            process = subprocess.Popen(
                tree.fix,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            if is_writing:
                wait_for_journal(tree, process)
            time.sleep(chance.uniform(0, write if is_writing else whole))
            # The parent alone, or with its workers.
            if chance.random() < 0.5:
                process.kill()
            elif process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            if process.wait() != -signal.SIGKILL:
                continue
            counts[judge(tree, next(starts))] += 1
        show(f"{title}: {wanted}", counts)
        wrong += sum(number for what, number in counts.items() if "WRONG" in what)
    return wrong


def durations(tree: Tree) -> tuple[float, float]:
    """The seconds of a whole run, and those while it writes."""
    started = time.perf_counter()
    process = subprocess.Popen(tree.fix, stdout=subprocess.DEVNULL)
    wait_for_journal(tree, process)
    begun = time.perf_counter()
    while os.path.lexists(tree.root / JOURNAL):
        time.sleep(0.0005)
    written = time.perf_counter() - begun
    process.wait()
    return time.perf_counter() - started, written


def wait_for_journal(tree: Tree, process: subprocess.Popen[bytes]) -> None:
    while not os.path.lexists(tree.root / JOURNAL) and process.poll() is None:
        time.sleep(0.0005)


def judge(tree: Tree, start: list[str]) -> str:
    """What the next start made of a killed run."""
    before = tree.state()
    journal = "a journal" if os.path.lexists(tree.root / JOURNAL) else "no journal"
    completed = run(start)
    after, left = tree.state(), tree.left()
    if after not in ("old", "new") or left or "Traceback" in completed.stderr:
        return f"WRONG: {before} -> {after}, left {left}, {start}: {completed.stderr}"
    return f"{before}, {journal} -> {after}"


def at_each_call(tree: Tree) -> int:
    """Kill the run at each system call of its write path."""
    strace = shutil.which("strace")
    if strace is None:
        print("no strace: the system calls are left out")
        return 0
    log = tree.root.parent / "strace.log"
    command = [strace, "-f", "-qq", "-o", str(log)]
    # A cache would change the number of calls.
    fix = [*COMMAND, "--fix", "--no-cache", "--quiet", str(tree.root)]
    run([*command, *fix])
    calls = re.findall(r"^\d+ +(\w+)\((.*)", log.read_text(errors="replace"), re.MULTILINE)
    numbers = Counter[str]()
    moments = []
    is_writing = False
    for name, arguments in calls:
        numbers[name] += 1
        is_writing = is_writing or (name == "mkdir" and JOURNAL in arguments)
        if is_writing:
            moments.append((name, numbers[name]))
        if name == "rmdir" and JOURNAL in arguments:
            is_writing = False
    starts = tree.next_starts()
    counts = Counter[str]()
    for name, number in moments:
        tree.reset()
        inject = ["-e", f"inject={name}:signal=SIGKILL:when={number}"]
        killed = run([*command, "-e", f"trace={name}", *inject, *fix])
        if killed.returncode == -signal.SIGKILL:
            counts[judge(tree, next(starts))] += 1
        else:
            counts["not reached"] += 1
    show(f"killed at each system call of the write path: {len(moments)}", counts)
    return sum(number for what, number in counts.items() if "WRONG" in what)


if __name__ == "__main__":
    sys.exit(main())

"""Sends signals to runs with workers, and checks status, traceback, hang and processes left.

    python scripts/torture/signals.py PATH_OF_A_TREE [--runs 240] [--orphans 60]

A signal goes to the process alone (`kill`) or to its group (a terminal), while it checks or fixes.
A run holds when it ends within 10 seconds with 128 and the signal's number, says one line, and no
process of its group is left. `--orphans` are runs whose parent alone is killed (SIGKILL, SIGQUIT).
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

from shared import COMMAND, JOURNAL, Tree, run, show, tree_of

#: The random numbers by which moments are drawn.
SEED = 13
PATIENCE = 10.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree")
    parser.add_argument("--runs", type=int, default=240)
    parser.add_argument("--orphans", type=int, default=60)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    with tree_of(options.tree) as tree:
        wrong = 0
        for title, wanted, names in (
            ("asked to end", options.runs, ("SIGINT", "SIGTERM", "SIGHUP")),
            ("killed, the parent alone", options.orphans, ("SIGKILL", "SIGQUIT")),
        ):
            counts = rounds(tree, wanted, names, options.seed)
            show(f"{title}: {wanted}", counts)
            wrong += sum(number for what, number in counts.items() if "WRONG" in what)
    print("all held" if not wrong else f"{wrong} did not hold")
    return 1 if wrong else 0


def rounds(tree: Tree, wanted: int, names: tuple[str, ...], seed: int) -> Counter[str]:
    chance = random.Random(seed)
    check = [*COMMAND, "--no-cache", "--quiet", "--jobs", "3", str(tree.root)]
    started = time.perf_counter()
    run(check)
    whole = time.perf_counter() - started
    counts = Counter[str]()
    while counts.total() < wanted:
        tree.reset()
        name = names[counts.total() % len(names)]
        is_fix = chance.random() < 0.3
        process = subprocess.Popen(
            [*check, "--fix"] if is_fix else check,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        time.sleep(chance.uniform(0, whole))
        if process.poll() is not None:
            process.communicate()
            continue
        to_group = chance.random() < 0.5 and "SIGKILL" not in names
        begun = has_begun(process)
        number = getattr(signal, name)
        os.killpg(process.pid, number) if to_group else process.send_signal(number)
        what = judge(tree, process, number, begun)
        if what:
            counts[f"{name} to the {'group' if to_group else 'process'}: {what}"] += 1
    return counts


def has_begun(process: subprocess.Popen[str]) -> bool:
    """Whether the handlers are in place: before that, Python has its own."""
    with open(f"/proc/{process.pid}/status") as file:
        caught = next(line for line in file if line.startswith("SigCgt:")).split()[1]
    return bool(int(caught, 16) & 1 << (signal.SIGTERM - 1))


def judge(tree: Tree, process: subprocess.Popen[str], number: int, begun: bool) -> str:
    started = time.perf_counter()
    try:
        # This reads until no process holds the other ends of the pipes.
        _, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return "WRONG: it hung, or a process held the pipes"
    seconds = time.perf_counter() - started
    if is_group_left(process.pid):
        return "WRONG: a process is left"
    if process.returncode in (0, 1, 2):
        return ""
    if number in (signal.SIGKILL, signal.SIGQUIT):
        run([*COMMAND, "--show-files", str(min(tree.after))])
        whole = tree.state() in ("old", "new") and not tree.left()
        return f"{'' if whole else 'WRONG: '}no process left, the tree is whole"
    if not begun:
        return "in Python's own start" if process.returncode == -number else "just begun"
    if process.returncode != 128 + number:
        return f"WRONG: status {process.returncode}: {err}"
    if "Traceback" in err or err.count("\n") != 1:
        return f"WRONG: {err}"
    if os.path.lexists(tree.root / JOURNAL) or tree.state() not in ("old", "new"):
        return "WRONG: the fix is half written"
    return f"status {process.returncode}, within {1 if seconds < 1 else PATIENCE:.0f} s"


def is_group_left(group: int) -> bool:
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.02)
    return True


if __name__ == "__main__":
    sys.exit(main())

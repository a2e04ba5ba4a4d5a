"""Edits files while `tritonlint --fix` runs, and starts several at once: is any edit lost?

    python scripts/torture/races.py PATH_OF_A_TREE [--edits 60] [--close 2000] [--crowds 30]

On a copy of the tree one file is edited at a random moment of a run, as editors do it: in place, or
by a new file that takes its place. `--close` edits come while files are written, in a loop that
does nothing else. `--crowds` are three runs at once on a small tree.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from shared import COMMAND, JOURNAL, Tree, run, show, tree_of

from tritonlint.fix.write import Change, WriteError, write_all

#: The random numbers by which moments are drawn.
SEED = 13
MARK = b"# an edit by somebody else\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree")
    parser.add_argument("--edits", type=int, default=60)
    parser.add_argument("--close", type=int, default=2000)
    parser.add_argument("--crowds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tree_of(options.tree) as tree:
        print(f"{len(tree.all_files)} files, of which the fix changes {len(tree.after)}")
        wrong = edits(tree, options.edits, chance)
        wrong += close_edits(tree, options.close, chance)
    with tree_of(None) as tree:
        wrong += crowds(tree, options.crowds, chance)
    print("all held" if not wrong else f"{wrong} did not hold")
    return 1 if wrong else 0


def edit(path: Path, chance: random.Random) -> str:
    """Add a line to a file, as an editor does it."""
    if chance.random() < 0.5:
        with open(path, "ab") as file:
            file.write(MARK)
        return "in place"
    newer = path.with_name(f"{path.name}.newer")
    newer.write_bytes(path.read_bytes() + MARK)
    os.replace(newer, path)
    return "replaced"


def judge(tree: Tree, edited: Path, how: str) -> str:
    """Check that the edit is there, and that each fix is written whole or not at all."""
    kept = edited.read_bytes()
    kept = kept.removesuffix(MARK) if kept.endswith(MARK) else b""
    rest = {path for path in tree.after if path != edited}
    old = all(path.read_bytes() == tree.before[path] for path in rest)
    new = all(path.read_bytes() == tree.after[path] for path in rest)
    if not kept:
        return f"WRONG: the edit is lost ({how})"
    if not (old or new):
        # A change that is noticed early leaves out only the fixes of that file.
        fits = run([*COMMAND, "--no-cache", "--quiet", "--select", "TRL903", str(tree.root)])
        if fits.returncode:
            return f"WRONG: the fix is half written ({how}): {fits.stdout}"
        return "the edit is kept, the fixes of that file are not written, the others are"
    if os.path.lexists(tree.root / JOURNAL):
        return f"WRONG: a journal is left ({how})"
    return f"the edit is kept, the fix is {'not ' if old else ''}written"


def edits(tree: Tree, wanted: int, chance: random.Random) -> int:
    counts = Counter[str]()
    for number in range(wanted):
        tree.reset()
        edited = chance.choice(sorted(tree.after))
        started = time.perf_counter()
        process = subprocess.Popen(tree.fix, stdout=-3, stderr=-3)
        if number % 2:
            while not os.path.lexists(tree.root / JOURNAL) and process.poll() is None:
                time.sleep(0.0005)
            time.sleep(chance.uniform(0, 0.1))
        else:
            time.sleep(chance.uniform(0, 3))
        how = edit(edited, chance)
        process.wait()
        assert time.perf_counter() - started < 600
        counts[judge(tree, edited, how)] += 1
        edited.write_bytes(tree.before[edited])
    show(f"edits at any moment of a run, every second one while it writes: {wanted}", counts)
    return sum(number for what, number in counts.items() if "WRONG" in what)


def close_edits(tree: Tree, wanted: int, chance: random.Random) -> int:
    """Edits at random moments of the writing alone, to find how small the gap is."""
    changes = {path: Change(tree.before[path], tree.after[path]) for path in tree.after}
    tree.reset()
    started = time.perf_counter()
    write_all(changes, tree.root)
    duration = time.perf_counter() - started
    counts = Counter[str]()
    for _ in range(wanted):
        tree.reset()
        edited = chance.choice(sorted(tree.after))
        process = os.fork()
        if process == 0:
            try:
                write_all(changes, tree.root)
            except WriteError:
                os._exit(2)
            os._exit(0)
        time.sleep(chance.uniform(0, duration))
        how = edit(edited, chance)
        os.waitpid(process, 0)
        counts[judge(tree, edited, how)] += 1
        edited.write_bytes(tree.before[edited])
    show(f"edits at any moment of {duration:.2f} s of writing: {wanted}", counts)
    return sum(number for what, number in counts.items() if "WRONG" in what)


def crowds(tree: Tree, wanted: int, chance: random.Random) -> int:
    counts = Counter[str]()
    for _ in range(wanted):
        tree.reset()
        runs = []
        for _ in range(3):
            runs.append(subprocess.Popen(tree.fix, stdout=-3, stderr=-1, text=True))
            time.sleep(chance.uniform(0, 0.2))
        said = [each.communicate()[1] for each in runs]
        statuses = sorted(each.returncode for each in runs)
        whole = tree.state() == "new" and not tree.left() and not any(said)
        counts[f"{'' if whole else 'WRONG: '}statuses {statuses}{'' if whole else said}"] += 1
    show(f"three runs at once: {wanted}", counts)
    return sum(number for what, number in counts.items() if "WRONG" in what)


if __name__ == "__main__":
    sys.exit(main())

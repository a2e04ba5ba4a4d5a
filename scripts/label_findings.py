"""Draws findings at random for people to label, and counts the labels.

    python scripts/label_findings.py draw TRL101 60 --seed 1 --most 12 aiter@COMMIT=PATH ...
    python scripts/label_findings.py table

`draw` lints the trees and adds findings of the rule, at most `--most` of each tree, to
docs/labels/RULE.jsonl, each with an empty label. A person fills in `label` (true, deliberate or
false) and `reason` after reading the code. `--only-new TREE` leaves out kernels whose names are
also in TREE, a tree that the rule was made on. `--round N` keeps apart what is drawn after the rule
has changed. `table` prints the counts of the labels, and those of each round.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

LABELS = Path(__file__).parents[1] / "docs" / "labels"
KINDS = ("true", "deliberate", "false")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, dest="command")
    drawing = commands.add_parser("draw")
    drawing.add_argument("rule")
    drawing.add_argument("count", type=int)
    drawing.add_argument("trees", nargs="+", metavar="NAME@COMMIT=PATH")
    drawing.add_argument("--seed", type=int, default=1)
    drawing.add_argument("--most", type=int, default=12, help="of one tree")
    drawing.add_argument("--only-new", type=Path, action="append", default=[], metavar="TREE")
    drawing.add_argument("--round", type=int, default=1)
    commands.add_parser("table")
    options = parser.parse_args()
    if options.command == "draw":
        draw(options)
    else:
        print_table()


def draw(options: argparse.Namespace) -> None:
    """Add findings to the rule's file."""
    file = LABELS / f"{options.rule}.jsonl"
    kept = read(file)
    known = {key(entry) for entry in kept}
    old = {f["kernel"] for tree in options.only_new for f in findings(options.rule, tree)}
    generator = random.Random(options.seed)
    drawn: list[dict[str, Any]] = []
    for tree in options.trees:
        name, _, path = tree.partition("=")
        name, _, commit = name.partition("@")
        found = [f for f in findings(options.rule, Path(path)) if f["kernel"] not in old]
        generator.shuffle(found)
        for finding in found[: options.most]:
            entry: dict[str, Any] = {
                "tree": name,
                "commit": commit,
                "file": str(Path(finding["filename"]).relative_to(Path(path).resolve())),
                "kernel": finding["kernel"],
                "parameter": finding["parameter"] or "",
                "message": finding["message"],
                "round": options.round,
                "label": "",
                "reason": "",
            }
            if key(entry) not in known:
                known.add(key(entry))
                drawn.append(entry)
    generator.shuffle(drawn)
    LABELS.mkdir(exist_ok=True)
    lines = [json.dumps(entry) + "\n" for entry in [*kept, *drawn[: options.count]]]
    file.write_text("".join(lines), encoding="utf-8")


def findings(rule: str, tree: Path) -> list[dict[str, Any]]:
    """What a rule finds in a tree."""
    command = [sys.executable, "-m", "tritonlint", str(tree.resolve()), "--select", rule]
    command += ["--isolated", "--no-cache", "--exit-zero", "--output-format", "json"]
    completed = subprocess.run(command, check=True, capture_output=True, text=True)
    found: list[dict[str, Any]] = json.loads(completed.stdout)
    return found


def key(entry: dict[str, Any]) -> tuple[str, str]:
    """The key by which two findings are one: the same kernel, copied into another tree."""
    return entry["kernel"], entry["parameter"]


def read(file: Path) -> list[dict[str, Any]]:
    """The entries of a file."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def print_table() -> None:
    """A Markdown table by rule and tree, and by round."""
    print("| rule | tree | findings | true | deliberate | false | right |")
    print("| --- | --- | ---: | ---: | ---: | ---: | --- |")
    for file in sorted(LABELS.glob("TRL*.jsonl")):
        by_tree: defaultdict[str, Counter[str]] = defaultdict(Counter)
        by_round: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for entry in read(file):
            if entry["label"]:
                by_tree[entry["tree"]][entry["label"]] += 1
                by_round[entry["round"]][entry["label"]] += 1
        for tree, counted in sorted(by_tree.items()):
            print_row(file.stem, tree, counted, "")
        for number, counted in sorted(by_round.items()):
            print_row(file.stem, f"round {number}", counted, share(counted))
        total = sum(by_tree.values(), Counter())
        print_row(f"**{file.stem}**", "all", total, share(total))


def share(counted: Counter[str]) -> str:
    """How many are true, with the interval."""
    low, high = interval(counted["true"], counted.total())
    return f"{counted['true'] / max(counted.total(), 1):.0%} ({low:.0%} to {high:.0%})"


def print_row(rule: str, tree: str, counted: Counter[str], right: str) -> None:
    """One row of the table."""
    numbers = " | ".join(str(counted[kind]) for kind in KINDS)
    print(f"| {rule} | {tree} | {counted.total()} | {numbers} | {right} |")


def interval(hits: int, count: int) -> tuple[float, float]:
    """Wilson's interval, which contains the true share in 95 % of cases."""
    if not count:
        return 0.0, 1.0
    z, share = 1.96, hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + (z / count / 2) ** 2)
    return max(middle - half, 0.0), min(middle + half, 1.0)


if __name__ == "__main__":
    main()

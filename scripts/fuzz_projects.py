"""Draws random projects, fixes them with `tritonlint --fix`, and compares runs before and after.

    python scripts/fuzz_projects.py --projects 5000 --processes 16
    python scripts/fuzz_projects.py --each     # every unusual feature, one at a time
    python scripts/fuzz_projects.py --set project.kernel0.use0.launch=chosen

Needs torch and Triton, but no GPU. The projects are those of `tests/projects/drawn`. Each project
that breaks is made as small as possible and printed. The table at the end says for each family what
was fixed and what was left alone. The exit status is 1 if anything is broken.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[1] / "tests" / "projects"))

from drawn.campaign import Outcome, Tally, reduce, try_project
from drawn.each import each
from drawn.project import Project, draw
from judge.fixer import WarmFixer
from judge.project import Judge
from judge.verdict import KINDS, SAFE
from judge.warm import Warm

_judge: Judge


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--projects", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--show", type=int, default=20, help="broken projects shown (default: 20)")
    parser.add_argument("--each", action="store_true", help="all that is unusual, one at a time")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a decision for all of them",
    )
    parser.add_argument("--option", action="append", default=["--fix"], help="of tritonlint")
    parser.add_argument(
        "--allow", action="append", default=[], choices=KINDS, help="a change that may be"
    )
    parser.add_argument("--seed", type=int, help="only this project, which is shown")
    options = parser.parse_args()
    how = (tuple(options.option), SAFE | set(options.allow))
    if options.seed is not None:
        start(*how)
        outcome = try_project(_judge, options.seed)
        report(outcome, draw(options.seed))
        return outcome.kind == "broken"
    tally, broken = Tally(), []
    began = time.monotonic()
    seeds = range(options.first, options.first + (3 if options.each else options.projects))
    taken = dict(decision.split("=", 1) for decision in options.set)
    every = [{**one, **taken} for one in (each() if options.each else [{}])]
    recipes = [(seed, one) for one in every for seed in seeds]
    with multiprocessing.Pool(options.processes, start, how) as pool:
        for number, outcome in enumerate(pool.imap_unordered(attempt, recipes, 4), 1):
            tally.add([outcome])
            if outcome.kind == "broken":
                broken.append(outcome)
            if number % 500 == 0:
                print(f"{number} projects, {len(broken)} broken", file=sys.stderr, flush=True)
        broken.sort(key=lambda outcome: len(outcome.families))
        for outcome, project in pool.imap(smaller, broken[: options.show]):
            report(outcome, project)
    took = time.monotonic() - began
    print(tally.table())
    print(
        f"\n{len(recipes)} projects in {took:.0f} s, {len(broken)} broken; "
        f"{tally.plainly_fixed:.0%} of the plain ones fixed"
    )
    return 1 if broken else 0


def start(options: tuple[str, ...], allow: frozenset[str]) -> None:
    """Make the judge of this process."""
    global _judge
    _judge = Judge(Warm(), WarmFixer(), options, allow)


def attempt(recipe: tuple[int, dict[str, str]]) -> Outcome:
    return try_project(_judge, *recipe)


def smaller(outcome: Outcome) -> tuple[Outcome, Project]:
    return reduce(_judge, outcome)


def report(outcome: Outcome, project: Project) -> None:
    """A project, and what is wrong with it."""
    print(f"## seed {outcome.seed}: {outcome.kind}; {', '.join(outcome.families) or 'plain'}")
    for reason in outcome.reasons[:3]:
        print(f"- {reason}")
    for name, text in project.files.items():
        print(f"### {name}\n{text.rstrip()}")
    print(flush=True)


if __name__ == "__main__":
    sys.exit(main())

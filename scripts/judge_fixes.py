"""Judges what `tritonlint --fix` does, by running it; shares no code with tritonlint.

    python scripts/judge_fixes.py package                  # public packages at pinned versions
    python scripts/judge_fixes.py package NAME==VERSION... # others
    python scripts/judge_fixes.py tree DIRECTORY...        # any trees
    python scripts/judge_fixes.py project DIRECTORY...     # each has a run.py, which is run
    python scripts/judge_fixes.py trust DIRECTORY          # such projects in text files

A tree is copied and fixed. Then every launch of a changed function is bound before and after, with
each argument represented by its source text, and every changed kernel is compiled to TTIR before
and after. A project is run before and after, under the real Triton with a stub driver. The exit
status is 1 if anything is broken, and 2 if something could not be judged.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
from collections import Counter
from pathlib import Path

from judge.project import Judge, run_command
from judge.trust import unpack
from judge.verdict import KINDS, SAFE, Verdict
from judge.warm import Warm

from judge import package

PACKAGES = (
    "fla-core==0.6.0",
    "liger-kernel==0.8.5",
    "flag-gems==5.0.2",
    "vllm==0.33.0",
    "sglang==0.5.23",
)


def main() -> int:
    options = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        if options.command in ("package", "tree"):
            return judge_trees(options, Path(scratch))
        return judge_projects(options, Path(scratch))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    packages = commands.add_parser("package", help="public packages, downloaded with pip")
    packages.add_argument("names", nargs="*", default=PACKAGES, metavar="NAME==VERSION")
    packages.add_argument("--wheels", type=Path, metavar="DIRECTORY", help="of the downloads")
    tree = commands.add_parser("tree", help="any trees")
    tree.add_argument("names", nargs="+", type=Path, metavar="DIRECTORY")
    tree.add_argument("--after", type=Path, help="the fixed tree, so that none is made")
    for command in (packages, tree):
        command.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
        command.add_argument("--no-compile", action="store_true", help="leave out the compiler")
    project = commands.add_parser("project", help="projects with a script")
    project.add_argument("names", nargs="+", type=Path, metavar="DIRECTORY")
    project.add_argument("--script", default="run.py", help="what is run (default: run.py)")
    project.add_argument("--path", action="append", default=[], help="where modules are, too")
    project.add_argument("--after", type=Path, help="the fixed project, so that none is made")
    trust = commands.add_parser("trust", help="projects in text files")
    trust.add_argument("directory", type=Path)
    for command in (project, trust):
        command.add_argument(
            "--allow", action="append", default=[], choices=KINDS, help="a change that may be"
        )
    for command in (packages, tree, project, trust):
        command.add_argument("--unsafe-fixes", action="store_true", help="judge these as well")
    return parser.parse_args()


def judge_trees(options: argparse.Namespace, scratch: Path) -> int:
    """Judge trees; print what is wrong with each, and a table of all."""
    flags = ["--fix", "--isolated", *(["--unsafe-fixes"] if options.unsafe_fixes else [])]
    judgments = []
    for number, name in enumerate(options.names):
        place, version = scratch / str(number), ""
        if options.command == "package":
            name, _, version = name.partition("==")
            before = place / "before" / name
            wheel = package.download(f"{name}=={version}", options.wheels or scratch)
            package.unpack(wheel, before)
        else:
            before = name
        after, problems = getattr(options, "after", None), []
        if after is None:
            after, problems = package.fix(before, place, run_command, flags)
        judgment = package.judge_trees(
            before if options.command == "package" else name,
            after,
            name=Path(name).name,
            version=version,
            compiled=not options.no_compile,
            processes=options.processes,
        )
        judgment.report.broken[:0] = problems
        judgments.append(judgment)
        for kind, texts in judgment.texts():
            for text in texts:
                print(f"{judgment.name}: {kind}: {text}", flush=True)
    print(f"\n{package.table(judgments)}")
    return 1 if any(judgment.report.broken for judgment in judgments) else 0


def judge_projects(options: argparse.Namespace, scratch: Path) -> int:
    """Judge projects that can be run, and print each verdict."""
    flags = ["--fix", *(["--unsafe-fixes"] if options.unsafe_fixes else [])]
    allow = frozenset(SAFE | set(options.allow) | ({"key"} if options.unsafe_fixes else set()))
    judge = Judge(Warm(), run_command, flags, allow)
    verdicts = []
    if options.command == "trust":
        for file in sorted(options.directory.glob("*.txt")):
            case = unpack(file, scratch / file.stem)
            found = [
                judge.fix_and_judge(
                    case.root,
                    scratch / file.stem / f"fixed{number}",
                    script=case.script,
                    paths=paths,
                )
                for number, paths in enumerate(case.paths)
            ]
            verdicts.append(max(found, key=lambda verdict: verdict.status == 1))
            show(file.stem, verdicts[-1])
    else:
        for number, directory in enumerate(options.names):
            how = {"script": options.script, "paths": options.path}
            if options.after:
                verdict = judge.judge(directory, options.after, **how)
            else:
                fixed = scratch / str(number)
                verdict = judge.fix_and_judge(directory, fixed, **how)
            verdicts.append(verdict)
            show(directory.name, verdict)
    counts = Counter(verdict.outcome for verdict in verdicts)
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    statuses = {verdict.status for verdict in verdicts}
    return 1 if 1 in statuses else max(statuses, default=0)


def show(name: str, verdict: Verdict) -> None:
    """A project's verdict, with the reasons."""
    print(f"{name}: {verdict.outcome}")
    for reason in verdict.reasons[:5]:
        print(f"    {reason}")


if __name__ == "__main__":
    sys.exit(main())

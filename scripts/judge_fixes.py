"""Judges what `tritonlint --fix` does, by running it; shares no code with tritonlint.

    python scripts/judge_fixes.py project DIRECTORY...     # each has a run.py, which is run
    python scripts/judge_fixes.py trust DIRECTORY          # small projects in text files

The exit status is 1 if anything is broken, and 2 if something could not be judged.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from judge.project import Judge
from judge.trust import unpack
from judge.verdict import KINDS, SAFE, Verdict
from judge.warm import Warm


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    project = commands.add_parser("project", help="projects with a script")
    project.add_argument("directories", nargs="+", type=Path, metavar="DIRECTORY")
    project.add_argument("--script", default="run.py", help="what is run (default: run.py)")
    project.add_argument("--path", action="append", default=[], help="where modules are, too")
    project.add_argument("--after", type=Path, help="the fixed project, so that none is made")
    trust = commands.add_parser("trust", help="projects in text files")
    trust.add_argument("directory", type=Path)
    for command in (project, trust):
        command.add_argument("--unsafe-fixes", action="store_true")
        command.add_argument(
            "--allow", action="append", default=[], choices=KINDS, help="a change that may be"
        )
    options = parser.parse_args()
    flags = ["--fix", *(["--unsafe-fixes"] if options.unsafe_fixes else [])]
    allow = SAFE | set(options.allow) | ({"key"} if options.unsafe_fixes else set())
    judge = Judge(Warm())
    verdicts = []
    with tempfile.TemporaryDirectory() as scratch:
        if options.command == "trust":
            for file in sorted(options.directory.glob("*.txt")):
                case = unpack(file, Path(scratch, file.stem))
                found = [
                    judge.fix_and_judge(
                        case.root,
                        Path(scratch, file.stem, f"fixed{number}"),
                        script=case.script,
                        paths=paths,
                        options=flags,
                        allow=frozenset(allow),
                    )
                    for number, paths in enumerate(case.paths)
                ]
                verdicts.append(max(found, key=lambda verdict: verdict.outcome == "broken"))
                show(file.stem, verdicts[-1])
        else:
            for number, directory in enumerate(options.directories):
                how = {"script": options.script, "paths": options.path, "allow": frozenset(allow)}
                if options.after:
                    verdict = judge.judge(directory, options.after, **how)
                else:
                    fixed = Path(scratch, str(number))
                    verdict = judge.fix_and_judge(directory, fixed, options=flags, **how)
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

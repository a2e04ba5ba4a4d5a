"""Judges one project: runs its script before and after the fix, and compares."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from judge.record import Record
from judge.verdict import SAFE, Comparison, Verdict
from judge.warm import Warm

#: Runs the fixer in a directory, and returns its message if it failed.
Fixer = Callable[[Path, Sequence[str]], str]


def run_command(directory: Path, options: Sequence[str]) -> str:
    """Run `python -m tritonlint` on a whole directory, as a person does."""
    command = [sys.executable, "-m", "tritonlint", "--no-cache", *options, "."]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    return "" if done.returncode in (0, 1) else f"exit status {done.returncode}: {done.stderr}"


class Judge:
    """Judges projects in forks of a process that has Triton imported."""

    def __init__(
        self,
        warm: Warm,
        fixer: Fixer = run_command,
        options: Sequence[str] = ("--fix",),
        allow: frozenset[str] = SAFE,
        limit: float = 60.0,
    ) -> None:
        self.warm = warm
        self.fixer = fixer
        self.options = options
        self.allow = allow
        self.limit = limit

    def fix_and_judge(
        self,
        before: Path,
        scratch: Path,
        *,
        script: str = "run.py",
        paths: Sequence[str] = (),
    ) -> Verdict:
        """Fix a copy of the project, which is left in `scratch`, and judge the result."""
        after = scratch / before.name
        copy(before, after)
        failure = self.fixer(after, self.options)
        if failure:
            return Verdict("broken", [f"the fixer failed: {failure}"])
        if not changed_files(before, after):
            # Then nothing has to be judged, if the project can be run at all.
            return self.judge(before, before, script=script, paths=paths)
        verdict = self.judge(before, after, script=script, paths=paths)
        if verdict.outcome == "right":
            again = scratch / "again" / before.name
            copy(after, again)
            self.fixer(again, self.options)
            changed = changed_files(after, again)
            if changed:
                verdict.outcome = "broken"
                verdict.reasons.append(f"a second run of the fixer changes {', '.join(changed)}")
        return verdict

    def judge(
        self,
        before: Path,
        after: Path,
        *,
        script: str = "run.py",
        paths: Sequence[str] = (),
    ) -> Verdict:
        """Run both, and compare; a project whose own runs differ proves nothing."""
        first, why = self._run(before, script, paths)
        if first is None:
            return Verdict("proves nothing", [f"before the fix: {why}"])
        if before == after or first.errors:
            return Comparison(first, first, self.allow).verdict()
        second, why = self._run(after, script, paths)
        if second is None:
            return Verdict("broken", [f"after the fix: {why}"])
        verdict = Comparison(first, second, self.allow).verdict()
        if verdict.outcome == "broken":
            again, why = self._run(before, script, paths)
            itself = again and Comparison(first, again, self.allow).verdict()
            if not itself or itself.outcome != "unchanged":
                reasons = itself.reasons if itself else [why]
                return Verdict("proves nothing", [f"two runs of it differ: {reasons[0]}"])
        return verdict

    def _run(self, root: Path, script: str, paths: Sequence[str]) -> tuple[Record | None, str]:
        """Run a copy, since a script may write files; bytecode may be stale, and is left out."""
        with tempfile.TemporaryDirectory() as scratch:
            place = Path(scratch, root.name)
            copy(root, place)
            return self.warm.run(place, script, paths, self.limit)


def copy(source: Path, target: Path) -> None:
    """Copy a tree; files outside of it that its links lead to are copied beside the copy."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source, target, symlinks=True, ignore=ignore)
    root, outside = source.resolve(), target.parent / f"{target.name}.outside"
    for directory, directories, files in os.walk(target):
        for name in (*directories, *files):
            link = Path(directory, name)
            if not link.is_symlink():
                continue
            original = source / link.relative_to(target)
            meant = original.resolve()
            if meant.is_relative_to(root) or not meant.exists():
                continue
            place = outside / str(len(list(outside.glob("*")))) / meant.name
            place.parent.mkdir(parents=True)
            if meant.is_dir():
                shutil.copytree(meant, place)
            else:
                shutil.copy2(meant, place)
            link.unlink()
            link.symlink_to(place)


def changed_files(before: Path, after: Path) -> list[str]:
    """The files that differ, by name; for a link, its target is compared."""
    old, new = _files(before), _files(after)
    both = old & new
    differing = [f for f in both if not filecmp.cmp(before / f, after / f, shallow=False)]
    return sorted({*differing, *(old ^ new)})


def _files(root: Path) -> set[str]:
    found = set()
    for directory, directories, files in os.walk(root, followlinks=True):
        directories[:] = [d for d in directories if d not in ("__pycache__", ".git")]
        found |= {Path(directory, f).relative_to(root).as_posix() for f in files}
    return found

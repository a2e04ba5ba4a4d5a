"""Judges what the fixer did to a whole tree, such as a public package."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from judge import compiling
from judge.project import Fixer
from judge.report import Changed, Report
from judge.static import judge
from judge.syntax import Function, is_kernel
from judge.tree import Tree

# A wheel with binaries is made for one platform; its Python files are the same in all of them.
_PLATFORM = ("--only-binary=:all:", "--python-version=3.11", "--platform=manylinux_2_28_x86_64")
_DEVICE = "a device function, compiled where it is called"


@dataclass
class Judgment:
    """The verdict on one tree."""

    name: str
    version: str
    report: Report
    kernels: Counter[str] = field(default_factory=Counter)
    #: Each kernel that could not be compiled, with the last error.
    uncompiled: list[str] = field(default_factory=list)

    def texts(self) -> list[tuple[str, list[str]]]:
        """Everything that a person may want to look at, by kind."""
        return [
            ("broken", self.report.broken),
            ("not provable", self.report.unproved),
            ("doubt", self.report.doubts),
            ("not compiled", self.uncompiled),
        ]


def download(package: str, wheels: Path, timeout: float | None = None) -> Path:
    """The package's wheel in a directory; pip downloads it if it is missing."""
    name, version = package.split("==")
    pattern = f"{re.sub('[-_.]+', '_', name)}-{version}-*.whl"
    if not any(wheels.glob(pattern)):
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
        command = [*pip, "--no-deps", *_PLATFORM, "--dest", wheels, package]
        subprocess.run(command, check=True, timeout=timeout)
    return next(wheels.glob(pattern))


def unpack(wheel: Path, root: Path) -> None:
    """The text files of a wheel, as a repository."""
    with zipfile.ZipFile(wheel) as archive:
        names = [n for n in archive.namelist() if not n.endswith((".so", ".pyd", ".a", ".bin"))]
        archive.extractall(root, names)
    (root / "pyproject.toml").touch()


def fix(
    before: Path, scratch: Path, fixer: Fixer, options: Sequence[str]
) -> tuple[Path, list[str]]:
    """A fixed copy, and the problems while it was made."""
    after = scratch / "fixed" / before.name
    shutil.copytree(before, after, symlinks=True)
    failure = fixer(after, options)
    if failure:
        return after, [f"the fixer failed: {failure}"]
    again = scratch / "again" / before.name
    shutil.copytree(after, again, symlinks=True)
    fixer(again, options)
    first, second = Tree(after).data, Tree(again).data
    differing = sorted(p for p in first.keys() | second.keys() if first.get(p) != second.get(p))
    shutil.rmtree(again.parent)
    return after, [f"{path}:0: a second run changes it" for path in differing]


def judge_trees(
    before: Path,
    after: Path,
    *,
    name: str = "",
    version: str = "",
    compiled: bool = True,
    processes: int = 1,
) -> Judgment:
    """The verdict on a tree and its fixed copy."""
    old, new = Tree(before), Tree(after)
    report = judge(old, new)
    found = Judgment(name, version, report)
    pairs = affected(old, new, report)
    found.kernels["affected"] = len(pairs)
    if not compiled:
        return found
    device = {pair for pair in pairs if _returns(old, pair)}
    found.kernels[_DEVICE] = len(device)
    kernels = [pair for pair in pairs if pair not in device]
    results = compiling.compare(before.resolve(), after.resolve(), kernels, processes)
    inlined = _called(old, [result.pair for result in results if result.equal])
    changed = {one.name for one in report.changed}
    for result in results:
        pair = result.pair
        if result.broken:
            report.broken.append(f"{pair.path}:{pair.before}: {pair.name}: {result.broken}")
        elif result.equal:
            found.kernels["equal"] += 1
            found.kernels["variants"] += result.equal
        elif pair.name in inlined:
            found.kernels[_DEVICE] += 1
        elif (pair.removed or pair.demoted) and _is_plain(old, new, pair, changed):
            found.kernels["text"] += 1
        else:
            found.kernels[result.reason] += 1
            error = " ".join(result.error.split())[-200:]
            found.uncompiled.append(
                f"{pair.path}:{pair.before}: {pair.name}: {result.reason}: {error}"
            )
    return found


def affected(before: Tree, after: Tree, report: Report) -> list[compiling.Pair]:
    """The kernels that have changed, and those that call them, through any depth."""
    gone = {(c.path, c.before.lineno): c for c in report.changed}
    names = {changed.name for changed in report.changed}
    found: dict[tuple[str, int], compiling.Pair] = {}
    todo = set(names)
    while todo:
        files, callers = before.mentioning(todo), set()
        for path in files:
            tree = before.parse(path)
            for function in ast.walk(tree) if tree is not None else ():
                if not isinstance(function, ast.FunctionDef):
                    continue
                key = (path, function.lineno)
                if key in found or not (key in gone or is_kernel(function)):
                    continue
                if key in gone or _calls(function) & todo:
                    pair = _pair(before, after, path, function, gone.get(key))
                    if pair is not None:
                        found[key] = pair
                        callers.add(function.name)
        todo = callers - names
        names |= callers
    return list(found.values())


def _pair(
    before: Tree, after: Tree, path: str, function: ast.FunctionDef, changed: Changed | None
) -> compiling.Pair | None:
    old, new = before.definitions(path, function.name), after.definitions(path, function.name)
    if len(old) != len(new):
        return None
    place = [f.lineno for f in old].index(function.lineno)
    removed = changed.removed if changed else frozenset()
    demoted = frozenset(changed.demoted if changed else ())
    return compiling.Pair(
        path, function.name, _first(function), _first(new[place]), removed, demoted
    )


def _first(function: Function) -> int:
    """The line where the decorators begin."""
    return function.decorator_list[0].lineno if function.decorator_list else function.lineno


def _calls(function: ast.FunctionDef) -> set[str]:
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            found.add(getattr(node.func, "id", None) or getattr(node.func, "attr", ""))
    return found


def _is_plain(before: Tree, after: Tree, pair: compiling.Pair, changed: set[str]) -> bool:
    """Whether the body is exactly the same, and names nothing that is gone or changed."""
    old, new = (
        [f for f in tree.definitions(pair.path, pair.name) if _first(f) == line]
        for tree, line in ((before, pair.before), (after, pair.after))
    )
    if len(old) != 1 or len(new) != 1:
        return False
    bodies = [ast.dump(ast.Module(f.body, [])) for f in (old[0], new[0])]
    names = {n.id for n in ast.walk(ast.Module(old[0].body, [])) if isinstance(n, ast.Name)}
    return bodies[0] == bodies[1] and not names & (pair.removed | pair.demoted | changed)


def _called(tree: Tree, pairs: list[compiling.Pair]) -> set[str]:
    """The names that some kernels call."""
    found: set[str] = set()
    for pair in pairs:
        for function in tree.definitions(pair.path, pair.name):
            if isinstance(function, ast.FunctionDef) and _first(function) == pair.before:
                found |= _calls(function)
    return found


def _returns(tree: Tree, pair: compiling.Pair) -> bool:
    functions = [f for f in tree.definitions(pair.path, pair.name) if _first(f) == pair.before]
    return any(
        isinstance(node, ast.Return) and node.value is not None
        for function in functions
        for node in ast.walk(function)
    )


def table(judgments: list[Judgment]) -> str:
    """The figures as a table in Markdown, and below it why kernels were not compiled."""
    columns = ["package", "version", "parameters removed", "demoted", "launches changed", "proved",
               "launches bound", "not provable", "kernels", "TTIR equal", "text equal",
               "not compiled", "doubts", "broken"]  # fmt: skip
    lines = [columns, ["---", "---", *["---:"] * (len(columns) - 2)]]
    for one in judgments:
        counts, kernels, report = one.report.counts, one.kernels, one.report
        rest = kernels["affected"] - kernels["equal"] - kernels["text"]
        cells = [counts["removed"], counts["demoted"], counts["changed"], counts["proved"],
                 counts["bound"], len(report.unproved), kernels["affected"], kernels["equal"],
                 kernels["text"], rest, len(report.doubts), len(report.broken)]  # fmt: skip
        lines.append([one.name, one.version, *(f"{cell:,}" for cell in cells)])
    rendered = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    for one in judgments:
        known = ("affected", "equal", "text", "variants")
        reasons = [f"{n} {why}" for why, n in one.kernels.items() if why not in known and n]
        if reasons:
            rendered += f"\n{one.name}, not compiled: {'; '.join(reasons)}.\n"
    return rendered

"""Whole public packages: their findings are as recorded, and their fixes right.

The packages are downloaded from the package index. Without an index, the tests are skipped. If the
counts change, the linter's judgment has changed: read the new and the missing findings before you
record the counts. `scripts/judge`, which shares nothing with the fixer, judges the fixes;
`python scripts/judge_fixes.py package` judges more packages, and compiles their kernels as well.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from judge.tree import Tree

from judge import package

LIGER = "liger-kernel==0.8.5"
FLA = "fla-core==0.6.0"
#: The parts of a package that are linted. Those of fla-core have findings of each rule that finds
#: something in it; `python scripts/survey_packages.py fla-core==0.6.0` lints all of it.
PARTS = {
    LIGER: (".",),
    FLA: (
        *("fla/modules/causal_conv1d", "fla/modules/rotary"),
        *("fla/ops/atk", "fla/ops/attn", "fla/ops/log_linear_attn"),
    ),
}
RECORDED = {
    LIGER: {"TRL001": 14, "TRL003": 13, "TRL005": 1, "TRL101": 9},
    FLA: {
        "TRL001": 11,
        "TRL002": 1,
        "TRL003": 18,
        "TRL005": 1,
        "TRL007": 5,
        "TRL101": 4,
        "TRL104": 2,
    },
}
#: What is left out: liger-kernel's kernels for Ascend would take as long as all its others.
LEFT_OUT = {LIGER: ("liger_kernel/ops/backends",), FLA: ()}
#: The lowest number of parameters that `--fix` has to remove from liger-kernel.
FEWEST = 25


@pytest.fixture(scope="module", params=RECORDED)
def requirement(request: pytest.FixtureRequest) -> str:
    """A package's name and version."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def tree(requirement: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a package, with their own root and cache: only the first run surveys all."""
    directory = tmp_path_factory.mktemp(requirement)
    try:
        wheel = package.download(requirement, directory, timeout=60)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip(f"{requirement} cannot be downloaded")
    package.unpack(wheel, directory / "package")
    for part in LEFT_OUT[requirement]:
        shutil.rmtree(directory / "package" / part)
    return directory / "package"


@pytest.fixture(scope="module")
def findings(requirement: str, tree: Path) -> list[dict[str, Any]]:
    """The findings in a package, or in parts of it."""
    return lint(tree, *(tree / part for part in PARTS[requirement]))


def run(tree: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "tritonlint",
        "--isolated",
        "--cache-dir",
        tree.parent / "cache",
    ]
    completed = subprocess.run(
        [*command, *arguments], cwd=tree, capture_output=True, text=True, check=False
    )
    assert completed.returncode in (0, 1), completed.stderr
    return completed


def lint(tree: Path, *paths: Path) -> list[dict[str, Any]]:
    options = ("--output-format", "json", "--extend-select", "TRL101,TRL104")
    completed = run(tree, *options, *paths)
    assert completed.stderr == ""
    found: list[dict[str, Any]] = json.loads(completed.stdout)
    return found


def found_by_ruff(root: Path) -> Counter[tuple[str, str]]:
    """What ruff finds with pyflakes' rules, by file and message."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F"]
    completed = subprocess.run(
        [*command, "--output-format", "concise", "--exit-zero", "."],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
    )
    lines = [line.split(":", 3) for line in completed.stdout.splitlines() if line.count(":") > 2]
    return Counter((file, message) for file, _, _, message in lines)


#: What takes long, and has more to do with the code of tritonlint than with that of a package.
once = pytest.mark.parametrize("requirement", [LIGER], indirect=True, scope="module")


def test_findings_are_as_recorded(requirement: str, findings: list[dict[str, Any]]) -> None:
    assert Counter(f["code"] for f in findings) == RECORDED[requirement]


@once
def test_the_order_of_the_files_is_no_matter(tree: Path, findings: list[dict[str, Any]]) -> None:
    files = sorted(tree.rglob("*.py"))
    random.Random(0).shuffle(files)
    assert lint(tree, *files) == findings


@once
def test_a_file_has_its_own_findings(tree: Path, findings: list[dict[str, Any]]) -> None:
    file = min(f["filename"] for f in findings)
    assert lint(tree, tree / file) == [f for f in findings if f["filename"] == file]


@once
def test_a_package_comes_out_right(
    tree: Path, findings: list[dict[str, Any]], tmp_path: Path
) -> None:
    before = tmp_path / "before" / "package"
    shutil.copytree(tree, before)
    run(tree, "--fix", ".")
    fixed = Tree(tree).data
    run(tree, "--fix", ".")
    assert Tree(tree).data == fixed
    assert found_by_ruff(tree) - found_by_ruff(before) == Counter()
    report = package.judge_trees(before, tree, compiled=False).report
    assert (report.broken, report.unproved) == ([], [])
    assert report.counts["removed"] >= FEWEST
    assert report.counts["proved"] == report.counts["changed"] >= FEWEST - 10

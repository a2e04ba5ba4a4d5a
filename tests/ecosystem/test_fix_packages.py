"""`--fix` over whole public packages, judged by `scripts/judge`, which shares nothing with it.

The packages are downloaded from the package index. Without an index, the tests are skipped.
`python scripts/judge_fixes.py package` judges more packages, and compiles their kernels as well.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from judge.project import run_command

from judge import package

#: Each package with the lowest number of parameters that `--fix` has to remove from it. The others
#: take minutes: `scripts/judge_fixes.py package` fixes and judges them.
PACKAGES = {"liger-kernel==0.8.5": 30}


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


@pytest.mark.parametrize(("requirement", "fewest"), PACKAGES.items(), ids=PACKAGES)
def test_a_package_comes_out_right(tmp_path, requirement, fewest):
    try:
        wheel = package.download(requirement, tmp_path, timeout=60)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip(f"{requirement} cannot be downloaded")
    before = tmp_path / "before" / "package"
    package.unpack(wheel, before)
    after, problems = package.fix(before, tmp_path, run_command, ["--fix", "--isolated"])
    assert problems == []
    assert found_by_ruff(after) - found_by_ruff(before) == Counter()
    report = package.judge_trees(before, after, compiled=False).report
    assert (report.broken, report.unproved) == ([], [])
    assert report.counts["removed"] >= fewest
    assert report.counts["proved"] == report.counts["changed"] >= fewest - 10

"""Linting whole public packages: the findings are as recorded, in any order of the files.

The packages are downloaded from the package index. Without an index, the tests are skipped. If the
counts change, the linter's judgment has changed: read the new and the missing findings before you
record the counts.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

RECORDED = {
    "liger-kernel==0.8.5": {"TRL001": 15, "TRL003": 23, "TRL005": 2, "TRL101": 42},
    "fla-core==0.6.0": {
        "TRL001": 18,
        "TRL002": 2,
        "TRL003": 64,
        "TRL005": 1,
        "TRL007": 15,
        "TRL101": 11,
        "TRL104": 2,
        "TRL302": 5,
    },
}


@pytest.fixture(scope="module", params=RECORDED)
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A package's name and version, and the directory with its files."""
    directory = tmp_path_factory.mktemp("package")
    download = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    try:
        command = [*download, "--quiet", "--dest", str(directory), request.param]
        subprocess.run(command, check=True, timeout=60, capture_output=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip(f"{request.param} cannot be downloaded")
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory / "tree")
    # The package gets its own root, wherever the test runs.
    (directory / "tree/tritonlint.toml").touch()
    return request.param, directory / "tree"


def lint(tree: Path, *paths: Path) -> list[dict[str, Any]]:
    # Each tree has its own cache, so that only the first run surveys.
    command = [sys.executable, "-m", "tritonlint", "--isolated", "--output-format", "json"]
    command += ["--extend-select", "TRL101,TRL104"]
    completed = subprocess.run(
        [*command, *map(str, paths)], cwd=tree, capture_output=True, text=True, check=False
    )
    assert completed.returncode in (0, 1), completed.stderr
    assert completed.stderr == ""
    findings: list[dict[str, Any]] = json.loads(completed.stdout)
    return findings


def test_findings_are_as_recorded_in_any_order_and_by_any_names(package: tuple[str, Path]) -> None:
    name, tree = package
    findings = lint(tree, tree)
    assert Counter(f["code"] for f in findings) == RECORDED[name]

    files = sorted(tree.rglob("*.py"))
    random.Random(0).shuffle(files)
    assert lint(tree, *files) == findings

    for file in sorted({f["filename"] for f in findings})[:3]:
        assert lint(tree, tree / file) == [f for f in findings if f["filename"] == file]

"""The order of the packages: `[tool.importlinter]` in pyproject.toml says who may import whom."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytest.importorskip("importlinter", reason="import-linter checks the imports")


def arrows(directory: Path) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=directory,
        env={"PYTHONPATH": str(directory / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def copied(directory: Path) -> Path:
    """A copy of the sources as they are."""
    source = directory / "src/tritonlint"
    for file in (ROOT / "src/tritonlint").rglob("*.py"):
        copy = source / file.relative_to(ROOT / "src/tritonlint")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    (directory / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    return directory


def test_arrows_point_down(tmp_path: Path) -> None:
    completed = arrows(copied(tmp_path))
    assert completed.returncode == 0, completed.stdout + completed.stderr


def test_an_arrow_that_points_up_is_seen(tmp_path: Path) -> None:
    house = copied(tmp_path)
    (house / "src/tritonlint/survey/new.py").write_text("from tritonlint.rules import all_rules\n")
    completed = arrows(house)
    assert completed.returncode == 1
    assert "tritonlint.survey is not allowed to import tritonlint.rules" in completed.stdout


def test_a_room_has_a_place_in_the_house(tmp_path: Path) -> None:
    house = copied(tmp_path)
    (house / "src/tritonlint/attic.py").touch()
    assert "attic" in arrows(house).stdout


def test_no_module_warns_when_it_is_imported() -> None:
    """What a Python deprecates, a later one refuses. Of other packages, the warnings are theirs."""
    code = """
import importlib, pkgutil, warnings
import tritonlint
warnings.filterwarnings("error", module="tritonlint")
for found in pkgutil.walk_packages(tritonlint.__path__, "tritonlint."):
    if found.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(found.name)
    except ImportError as error:  # Of an extra that is not installed.
        assert not (error.name or "").startswith("tritonlint"), error
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_file_has_more_than_300_lines() -> None:
    files = (ROOT / "src/tritonlint").rglob("*.py")
    lines = {path: len(path.read_text().splitlines()) for path in files}
    assert [path for path, count in lines.items() if count > 300] == []

"""The end of a project that has no mark: tritonlint does not read a home directory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.files import roots
from tritonlint.files.roots import Limits

Run = Callable[..., Any]

KERNEL = """\
import triton
import triton.language as tl


@triton.jit
def kernel(p, n):
    tl.store(p, 1)
"""
LAUNCH = "from kernels import kernel\n\nkernel[(1,)](p, 4)\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder without a mark, with a kernel in it; the folders above it have no mark either."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "kernels.py").write_text(KERNEL)
    assert Limits(home).is_unmarked
    return home


def write(home: Path, name: str, text: str = LAUNCH) -> None:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


#: A launch below the folder, the mark that makes it another project's, and whether it is seen.
BELOW = {
    "beside it": ("run.py", None, True),
    "in a folder": ("bench/run.py", None, True),
    "in a hidden folder": (".local/run.py", None, False),
    "in a repository": ("other/run.py", "other/.git/HEAD", False),
    "in a project": ("other/run.py", "other/pyproject.toml", False),
    "in a project below a folder": ("code/other/run.py", "code/other/setup.py", False),
}


@pytest.mark.parametrize(("name", "mark", "seen"), BELOW.values(), ids=BELOW)
def test_a_launch_below(
    tritonlint: Run, home: Path, name: str, mark: str | None, seen: bool
) -> None:
    write(home, name)
    if mark is not None:
        write(home, mark, "")
    (found,) = tritonlint("--output-format", "json", home / "kernels.py").findings
    assert bool(found["launches"]) == seen


@pytest.mark.usefixtures("cached_at_once")
def test_a_cache_is_kept_where_there_is_a_mark(tritonlint: Run, home: Path) -> None:
    write(home, "run.py")
    tritonlint(home / "kernels.py")
    assert not list(home.glob(".tritonlint*"))
    write(home, "tritonlint.toml", "")
    tritonlint(home / "kernels.py")
    assert [path.name for path in home.glob(".tritonlint*")] == [".tritonlint_cache"]


@pytest.mark.usefixtures("cached_at_once")
def test_a_cache_that_is_named_is_used(tritonlint: Run, home: Path, tmp_path: Path) -> None:
    tritonlint("--cache-dir", tmp_path / "cache", home / "kernels.py")
    assert (tmp_path / "cache").is_dir()


def test_too_many_folders_end_the_search_and_block_fixes(
    tritonlint: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roots, "MOST_FOLDERS", 5)
    for number in range(10):
        write(home, f"d{number}/run.py")
    done = tritonlint("--output-format", "json", home / "kernels.py")
    assert "tritonlint.toml" in done.err
    (found,) = done.findings
    assert len(found["launches"]) == 5
    assert "nothing marks where the project ends" in found["fix_blocked_by"]
    write(home, "tritonlint.toml", "")
    done = tritonlint("--output-format", "json", home / "kernels.py")
    assert done.err == ""
    assert len(done.findings[0]["launches"]) == 10
    assert done.findings[0]["fix_blocked_by"] is None


def test_a_package_is_searched_whole(
    tritonlint: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roots, "MOST_FOLDERS", 5)
    write(home, "pkg/__init__.py", "")
    write(home, "pkg/kernels.py", KERNEL)
    for number in range(10):
        write(home, f"pkg/d{number}/__init__.py", "")
        write(home, f"pkg/d{number}/run.py", LAUNCH.replace("kernels", "pkg.kernels"))
    done = tritonlint("--output-format", "json", home / "pkg/kernels.py")
    assert done.err == ""
    assert len(done.findings[0]["launches"]) == 10


def test_projects_beside_it_are_not_read(tritonlint: Run, home: Path) -> None:
    """A name in a text there would make the fix unsafe."""
    write(home, "run.py")
    write(home.parent, "other/pyproject.toml", "")
    write(home.parent, "other/text.py", "'kernel'\n")
    (found,) = tritonlint("--output-format", "json", home / "kernels.py").findings
    assert found["fix"]["applicability"] == "safe"


def test_a_notebook_is_refused_when_it_is_named(tritonlint: Run, home: Path) -> None:
    write(home, "a.ipynb", "{}")
    done = tritonlint("-n", "--output-format", "concise", home / "a.ipynb", home / "kernels.py")
    assert done.status == 2
    assert "a.ipynb: notebooks are not checked" in done.err
    assert "TRL001" in done.out
    assert "notebooks" in tritonlint("-n", "--stdin-filename", "a.ipynb").err
    assert tritonlint("-n", "--select", "TRL9", home).status == 0

"""`--fix` over whole public packages, judged by a script that shares nothing with tritonlint.

The packages are downloaded from the index; where there is none, the tests are skipped.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location(
    "check_bindings", Path(__file__).with_name("check_bindings.py")
)
assert _SPEC is not None
assert _SPEC.loader is not None
checker = importlib.util.module_from_spec(_SPEC)
sys.modules["check_bindings"] = checker
_SPEC.loader.exec_module(checker)

#: Each with the fewest findings that `--fix` mends in it.
PACKAGES = {"fla-core==0.6.0": 30, "liger-kernel==0.8.5": 30}


def fix(tree: Path) -> str:
    command = [sys.executable, "-m", "tritonlint", "--fix", "--isolated", "--no-cache"]
    completed = subprocess.run([*command, str(tree)], capture_output=True, text=True, check=False)
    assert completed.returncode in (0, 1), completed.stderr
    return completed.stdout


@pytest.mark.parametrize(("requirement", "fewest"), PACKAGES.items(), ids=PACKAGES)
def test_a_package_comes_out_right(tmp_path, requirement, fewest):
    download = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    try:
        command = [*download, "--quiet", "--dest", str(tmp_path), requirement]
        subprocess.run(command, check=True, timeout=60, capture_output=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip(f"{requirement} cannot be downloaded")
    [wheel] = tmp_path.glob("*.whl")
    # Each alone: a tree beside another, without a repository around, may be used by it.
    before, after, again = (tmp_path / name / "tree" for name in ("before", "after", "again"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(before)
    # Its own root, wherever the test runs.
    (before / "pyproject.toml").touch()
    shutil.copytree(before, after)
    fix(after)
    report = checker.check(before, after)
    assert report.problems == []
    assert report.gone >= fewest
    assert report.launches > 100
    shutil.copytree(after, again)
    fix(again)
    assert checker.sources(again) == checker.sources(after)


# -- the checker itself --------------------------------------------------------------------

KERNEL = """
import triton

@triton.jit(do_not_specialize=["n", 2])
def kernel(x, n, m=1):
    x + m

kernel[grid](x, n, m)
kernel[grid](x, n=n)
"""

GOOD = """
import triton

@triton.jit(do_not_specialize=[1])
def kernel(x, m=1):
    x + m

kernel[grid](x, m)
kernel[grid](x)
"""

BAD = {
    "does not parse": (GOOD + "(\n", "'(' was never closed"),
    "a wrong argument gone": (
        GOOD.replace("kernel[grid](x, m)", "kernel[grid](x, n)"),
        "kernel gets {'x': 'x', 'm': 'n'}, not {'x': 'x', 'm': 'm'}",
    ),
    "an argument left": (
        GOOD.replace("kernel[grid](x, m)", "kernel[grid](x, n, m)"),
        "kernel gets 3 arguments for 2 parameters",
    ),
    "something added": (GOOD + "x = 1\n", "4 things have become 5"),
    "something changed": (GOOD.replace("x + m", "x + x"), "'m' has become 'x'"),
    "a statement gone": (GOOD.replace("kernel[grid](x)\n", ""), "4 things have become 3"),
    "another default": (GOOD.replace("m=1", "m=2"), "parameter m has become another"),
}


def trees(tmp_path: Path, after: str) -> tuple[Path, Path]:
    for name, source in (("before", KERNEL), ("after", after)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kernels.py").write_text(textwrap.dedent(source))
    return tmp_path / "before", tmp_path / "after"


def test_the_checker_passes_a_good_fix(tmp_path):
    report = checker.check(*trees(tmp_path, GOOD))
    assert report.problems == []
    assert (report.changed, report.launches) == (1, 2)


@pytest.mark.parametrize(("after", "problem"), BAD.values(), ids=BAD)
def test_the_checker_finds_a_bad_fix(tmp_path, after, problem):
    report = checker.check(*trees(tmp_path, after))
    assert any(problem in found for found in report.problems), report.problems

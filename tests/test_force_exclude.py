"""Excluded files that are named: checked, unless `force-exclude` says otherwise."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]

KERNEL = """\
import triton
import triton.language as tl


@triton.jit
def kernel(p, n):
    tl.store(p, 1)
"""
LAUNCH = "from kernels import kernel\n\nkernel[(1,)](p, 4)\n"
EXCLUDE = 'extend-exclude = ["third_party", "*_generated.py", "/made"]\n'

#: A file that is named, the settings, and whether it is left out when they are forced.
NAMED = {
    "in an excluded folder": ("third_party/v.py", EXCLUDE, True),
    "deep in an excluded folder": ("third_party/a/b/v.py", EXCLUDE, True),
    "an excluded name": ("ops/v_generated.py", EXCLUDE, True),
    "an anchored folder": ("made/v.py", EXCLUDE, True),
    "an anchored folder elsewhere": ("ops/made/v.py", EXCLUDE, False),
    "another file": ("ops/v.py", EXCLUDE, False),
    "an excluded folder by default": (".venv/v.py", "", True),
    "no exclude": ("third_party/v.py", "", False),
}


@pytest.mark.parametrize(("name", "settings", "left_out"), NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("how", ["option", "setting"])
def test_a_named_file(
    tritonlint: Run, write: Write, name: str, settings: str, left_out: bool, how: str
) -> None:
    forced = "force-exclude = true\n" if how == "setting" else ""
    root = write({"tritonlint.toml": forced + settings, name: KERNEL})
    option = ["--force-exclude"] if how == "option" else []
    assert tritonlint("-n", *option, root / name).status == (0 if left_out else 1)
    without = ["--no-force-exclude"] if how == "setting" else []
    assert tritonlint("-n", *without, root / name).status == 1


@pytest.mark.parametrize("name", ["a.ipynb", "a.txt", "a.pyi", "a.kernels"])
@pytest.mark.parametrize("pattern", ["a.*", "*{suffix}", "?{suffix}", "/a{suffix}"])
def test_a_named_file_is_left_out_whatever_its_suffix(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch, name: str, pattern: str
) -> None:
    """Also one that no walk finds, and a notebook, which is refused otherwise."""
    monkeypatch.chdir(write({name: KERNEL}))
    pattern = pattern.format(suffix=name[1:])
    done = tritonlint("-n", "--force-exclude", "--extend-exclude", pattern, name)
    assert (done.status, done.err) == (0, "")
    assert tritonlint("-n", "--extend-exclude", pattern, name).status != 0


def test_a_named_folder_is_left_out_too(tritonlint: Run, write: Write) -> None:
    root = write({"tritonlint.toml": EXCLUDE, "third_party/v.py": KERNEL})
    assert tritonlint("-n", root / "third_party").status == 1
    assert tritonlint("-n", "--force-exclude", root / "third_party").status == 0


def test_settings_of_a_folder_above_decide_about_it(tritonlint: Run, write: Write) -> None:
    """As in a walk from above: settings in an excluded folder do not include it again."""
    files = {
        "tritonlint.toml": EXCLUDE,
        "third_party/tritonlint.toml": "",
        "third_party/v.py": KERNEL,
    }
    root = write(files)
    assert tritonlint("-n", "--force-exclude", root / "third_party/v.py").status == 0


def test_excluded_standard_input_is_handed_on(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"tritonlint.toml": EXCLUDE})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(KERNEL.encode())))
    name = root / "third_party/v.py"
    done = tritonlint("-n", "--fix", "--force-exclude", "--stdin-filename", name)
    assert (done.status, done.out) == (0, KERNEL)


def test_a_fix_follows_a_kernel_into_excluded_files_and_says_so(
    tritonlint: Run, write: Write
) -> None:
    files = {"tritonlint.toml": EXCLUDE, "kernels.py": KERNEL, "third_party/v.py": LAUNCH}
    root = write(files)
    shown = tritonlint("-n", "--diff", "--force-exclude", root)
    assert "third_party/v.py" in shown.out
    done = tritonlint("-n", "--fix", "--force-exclude", root)
    assert done.status == 0, done.out
    assert (root / "third_party/v.py").read_text() == LAUNCH.replace("(p, 4)", "(p)")
    assert "third_party/v.py" in done.err
    assert "excluded files" in done.err


def test_what_follows_two_dashes_is_a_path(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a hook, which names any file of the repository."""
    monkeypatch.chdir(write({"--fix.py": KERNEL, "-q": KERNEL, "rule": KERNEL}))
    done = tritonlint("-n", "--output-format", "concise", "--", "--fix.py", "-q", "rule")
    assert done.status == 1
    assert [line.split(":")[0] for line in done.out.splitlines()[:3]] == ["--fix.py", "-q", "rule"]
    assert tritonlint("--show-files", "--", "--fix.py").out.endswith("/--fix.py\n")
    assert Path("--fix.py").read_text() == KERNEL

"""Terminals, files and logs get no escape codes, no hidden characters, and no missing symbols."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint import cli
from tritonlint.report import FORMATS
from tritonlint.report.text import printable

Run = Callable[..., Any]
Write = Callable[..., Path]

KERNEL = """\
import triton
import triton.language as tl


@triton.jit
def kernel(p, n):
    tl.store(p, 1)


kernel[(1,)](p, 4)
"""

#: Characters of a name that are not visible, or that change how the text after them is shown.
HIDDEN = {
    "escape": "\x1b[31m",
    "bell": "\x07",
    "newline": "\n",
    "delete": "\x7f",
    "C1": "\x9b31m",
    "right to left": "\u202e",
    "isolate": "\u2066",
    "zero width": "\u200b",
    "joiner": "\u200d",
    "tag": "\U000e0041",
    "filler": "\u3164",
    "separator": "\u2028",
    "no text": "\udc80",
}


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "tritonlint", "-n", *arguments]
    source = str(Path(__file__).parents[1] / "src")
    environment = {**os.environ, "PYTHONPATH": source, **environment}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_no_output_holds_what_is_hidden_in_a_name(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch, hidden: str
) -> None:
    name = f"a{hidden}b.py"
    try:
        root = write({name: KERNEL})
    except (OSError, ValueError):
        pytest.skip("this system has no such file names")
    monkeypatch.chdir(root)
    outputs = [tritonlint("-n", "--output-format", format, name) for format in FORMATS]
    outputs += [
        tritonlint("--show-files", name),
        tritonlint("-n", "--diff", "--unsafe-fixes", name),
        tritonlint("-n", f"no{hidden}such.py"),
        tritonlint("--config", f"no{hidden}such.toml"),
        tritonlint("--output-file", f"no{hidden}/such"),
    ]
    for done in outputs:
        assert "Traceback" not in done.err
        for line in (done.out + done.err).splitlines():
            assert hidden not in line
            assert printable(line) == line


def test_no_setting_is_shown_with_what_is_hidden_in_it(tritonlint: Run, write: Write) -> None:
    root = write({"tritonlint.toml": '"a\\u001b[31m\\u202eb" = 1\n', "a.py": KERNEL})
    done = tritonlint("-n", root)
    assert done.status == 2
    assert "\x1b" not in done.err
    assert "\\u202e" in done.err


@pytest.mark.parametrize("format", FORMATS)
def test_no_escape_codes_go_into_a_file(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    root = write({"a.py": KERNEL})
    report = root / "report"
    command = ("-n", "--output-format", format, "-o", report, root / "a.py")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for color, forced in (("always", {}), ("auto", {"FORCE_COLOR": "1"})):
        for name, value in forced.items():
            monkeypatch.setenv(name, value)
        tritonlint("--color", color, *command)
        assert report.stat().st_size > 0
        assert b"\x1b" not in report.read_bytes()
        report.unlink()


def test_no_escape_codes_go_into_a_patch(
    tritonlint: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"a.py": KERNEL})
    monkeypatch.chdir(root)
    with monkeypatch.context() as patch:
        patch.setenv("FORCE_COLOR", "1")
        patched = tritonlint("-n", "--diff", "a.py").out
    assert patched.startswith("--- a/a.py")
    assert "\x1b" not in patched
    assert "\x1b" in tritonlint("-n", "--diff", "--color", "always", "a.py").out


@pytest.mark.parametrize(
    ("options", "environment", "colored"),
    [
        ([], {}, False),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"TERM": "xterm-256color"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "always"], {"TERM": "dumb"}, True),
    ],
)
def test_who_decides_on_color(
    tritonlint: Run,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    environment: dict[str, str],
    colored: bool,
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    out = tritonlint("-n", *options, write({"a.py": KERNEL})).out
    assert "TRL001" in out
    assert ("\x1b[" in out) == colored


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_frame_has_the_signs_of_its_terminal(write: Write, encoding: str) -> None:
    done = run("a.py", cwd=write({"a.py": KERNEL}), PYTHONIOENCODING=encoding)
    assert b"   6 | def kernel(p, n):" in done.stdout
    assert b"\\u" not in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_rule_page_has_the_signs_of_its_terminal(write: Write, encoding: str) -> None:
    out = subprocess.run(
        [sys.executable, "-m", "tritonlint", "rule", "TRL001"],
        env={**os.environ, "PYTHONIOENCODING": encoding, "FORCE_COLOR": "1"},
        capture_output=True,
        check=False,
    ).stdout
    assert b"TRL001" in out
    assert b"\\u" not in out


class ClosedOnWindows(io.StringIO):
    """A pipe whose reader is gone, as Windows reports it."""

    def flush(self) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")


@pytest.mark.parametrize(("windows", "said"), [(True, ""), (False, "Invalid argument")])
def test_a_pipe_that_windows_has_closed_is_no_error(
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    windows: bool,
    said: str,
) -> None:
    """Simulated: the tests have not run on Windows."""
    monkeypatch.setattr(cli, "_ON_WINDOWS", windows)
    monkeypatch.setattr(sys, "stdout", ClosedOnWindows())
    assert cli.main(["-n", str(write({"a.py": KERNEL}))]) == 2
    assert said in capsys.readouterr().err
    assert bool(said) == (not windows)

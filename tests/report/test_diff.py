"""The patch of `--diff`: git accepts it, and the result has the new bytes."""

from __future__ import annotations

import io
import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tritonlint.report.diff import render_diff

LINES = st.sampled_from(["def f(", "    n,", "\tm,", "é", "\u2028", "a\x0cb", "a\rb", "", "-- x"])
ENDS = st.sampled_from(["\n", "\r\n"])


@st.composite
def sources(draw):
    """A source that is not empty, in any encoding, with any line ends, or none at its end."""
    lines = draw(st.lists(st.tuples(LINES, ENDS).map("".join), min_size=1))
    last = draw(st.sampled_from(["", "x", "    )"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "latin-1"]))
    return "".join([*lines, last]).encode(encoding, "ignore")


def test_a_patch_in_a_pipe():
    changes = [
        (Path("/repo/b.py"), b"one\r\ntwo\r\n", b"one\r\n"),
        (Path("/repo/ops/a.py"), b"def f(n):\n    pass", b"def f():\n    pass"),
        (Path("/repo/a.py"), b"1\n2\n3\n4\n5\n6\n", b"1\n2\n3\n4\n5\n"),
        (Path("/repo/same.py"), b"x\n", b"x\n"),
    ]
    out = io.StringIO()
    render_diff(changes, Path("/repo"), out)
    assert out.getvalue() == (
        "--- a/a.py\n+++ b/a.py\n@@ -3,4 +3,3 @@\n 3\n 4\n 5\n-6\n"
        "--- a/b.py\n+++ b/b.py\n@@ -1,2 +1 @@\n one\r\n-two\r\n"
        "--- a/ops/a.py\n+++ b/ops/a.py\n@@ -1,2 +1,2 @@\n-def f(n):\n+def f():\n     pass\n"
        "\\ No newline at end of file\n"
    )


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(sources(), sources()), min_size=1, max_size=3))
def test_git_applies_the_patch_to_the_byte(files):
    _check_applies({f"ops/{index}.py": pair for index, pair in enumerate(files)})


@pytest.mark.parametrize(
    "name", ["a b.py", "ü.py", 'quo"te.py', "back\\slash.py", "tab\tname.py", "new\nline.py"]
)
def test_git_applies_the_patch_of_any_name(name):
    _check_applies({name: (b"old\n", b"new\n")})


def _check_applies(files: dict[str, tuple[bytes, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory)
        (base / "ops").mkdir()
        for name, (old, _) in files.items():
            (base / name).write_bytes(old)
        out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        render_diff([(base / name, *pair) for name, pair in files.items()], base, out)
        patch = out.buffer.getvalue()
        if patch:
            environment = {
                **os.environ,
                "GIT_CEILING_DIRECTORIES": str(base.parent),
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
            }
            command = ["git", "apply", "--whitespace=nowarn", "-"]
            subprocess.run(command, cwd=base, input=patch, env=environment, check=True)
        assert {name: (base / name).read_bytes() for name in files} == {
            name: new for name, (_, new) in files.items()
        }


def test_a_terminal_gets_color_and_no_carriage_returns(terminal):
    render_diff([(Path("/repo/a.py"), b"a\r\n\xff\r\n", b"a\r\n")], Path("/repo"), terminal)
    assert "\x1b[31m-\ufffd\x1b[0m\n" in terminal.getvalue()
    assert "\r" not in terminal.getvalue()

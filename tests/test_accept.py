"""A tree that has findings already: `--add-noqa` and the baseline."""

from __future__ import annotations

import ast
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Write = Callable[..., Path]

HEAD = "import triton\nimport triton.language as tl\n\n\n"
KERNEL = HEAD + textwrap.dedent(
    """\
    @triton.jit
    def kernel(
        p,
        n,
        SIZE: tl.constexpr,
    ):
        tl.store(p, 1)


    kernel[(1,)](p, 4, 8)
    """
)
NAME = ".tritonlint-baseline.json"

#: A kernel before and after `--add-noqa`; None if no comment is possible.
COMMENTS = {
    "a line for each": (
        "def k(\n    p,\n    n,\n    m,\n):\n    tl.store(p, 1)\n",
        "def k(\n    p,\n    n,  # tritonlint: ignore[TRL001]\n"
        "    m,  # tritonlint: ignore[TRL001]\n):\n    tl.store(p, 1)\n",
    ),
    "one line for two": (
        "def k(p, n, S: tl.constexpr):\n    tl.store(p, 1)\n",
        "def k(p, n, S: tl.constexpr):  # tritonlint: ignore[TRL001, TRL003]\n    tl.store(p, 1)\n",
    ),
    "a comment is there": (
        "def k(p, n):  # why\n    tl.store(p, 1)\n",
        "def k(p, n):  # why  # tritonlint: ignore[TRL001]\n    tl.store(p, 1)\n",
    ),
    "another rule is silenced": (
        "def k(p, n, S: tl.constexpr):  # tritonlint: ignore[TRL003] for now\n    tl.store(p, 1)\n",
        "def k(p, n, S: tl.constexpr):  # tritonlint: ignore[TRL001, TRL003] for now\n"
        "    tl.store(p, 1)\n",
    ),
    "no white space at the end": (
        "def k(p, n):   \n    tl.store(p, 1)\n",
        "def k(p, n):  # tritonlint: ignore[TRL001]\n    tl.store(p, 1)\n",
    ),
    "windows": (
        "def k(\r\n    p, n\r\n):\r\n    tl.store(p, 1)\r\n",
        "def k(\r\n    p, n  # tritonlint: ignore[TRL001]\r\n):\r\n    tl.store(p, 1)\r\n",
    ),
    "a backslash": ("def k(p, n, \\\n      q):\n    tl.store(p, q)\n", None),
}


@pytest.mark.parametrize(("before", "after"), COMMENTS.values(), ids=COMMENTS)
def test_comments(tritonlint: Run, write: Write, before: str, after: str | None) -> None:
    before = HEAD + "@triton.jit\n" + before
    root = write({"a.py": before.encode()})
    done = tritonlint("-n", "--add-noqa", root)
    text = (root / "a.py").read_bytes().decode()
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(before))
    if after is None:
        assert text == before
        assert done.status == 1
        assert "TRL001" in done.out
        return
    assert text == HEAD + "@triton.jit\n" + after
    assert done.status == 0
    again = tritonlint("-n", root)
    assert again.status == 0, again.out


def test_comments_of_a_launch(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": KERNEL.replace("p, 4, 8", "\n    p,\n    4,\n")})
    assert tritonlint("-n", "--select", "TRL903", "--add-noqa", root).status == 0
    assert tritonlint("-n", "--select", "TRL903", root).status == 0


def test_a_reason_stands_behind_the_codes(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": KERNEL})
    done = tritonlint("-n", "--add-noqa", "--reason", "see  issue\n7", root)
    assert done.out == "Silenced 2 findings in 1 file.\n"
    assert "    n,  # tritonlint: ignore[TRL001] see issue 7\n" in (root / "a.py").read_text()


def test_add_noqa_shows_what_it_would_do(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": KERNEL})
    done = tritonlint("-n", "--add-noqa", "--diff", root)
    assert "+    n,  # tritonlint: ignore[TRL001]\n" in done.out
    assert (root / "a.py").read_text() == KERNEL


def test_what_no_comment_silences_is_left(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": "import triton\n\n\n@triton.jit\ndef k(p, n:\n    pass\n"})
    done = tritonlint("-n", "--add-noqa", root)
    assert done.status == 1
    assert "TRL900" in done.out


@pytest.mark.parametrize("options", [["--fix"], ["--stdin-filename", "a.py"]])
def test_add_noqa_goes_with_neither(
    tritonlint: Run, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = tritonlint("--add-noqa", *options)
    assert done.status == 2
    assert "--add-noqa" in done.err


def test_only_what_is_new_is_reported(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": KERNEL, "b.py": KERNEL})
    done = tritonlint("baseline", "-n", root)
    assert done.status == 0
    assert "4 findings" in done.out
    clean = tritonlint("-n", root)
    assert clean.status == 0
    assert clean.out.endswith("4 old findings are in the baseline.\n")
    new = KERNEL.replace("SIZE: tl", "extra,\n    SIZE: tl").replace("4, 8", "4, 5, 8")
    (root / "b.py").write_text(new)
    found = tritonlint("-n", "--output-format", "json", root)
    assert found.status == 1
    assert [(f["parameter"], Path(f["filename"]).name) for f in found.findings] == [
        ("extra", "b.py")
    ]
    assert len(tritonlint("-n", "--no-baseline", "--output-format", "json", root).findings) == 5
    assert len(tritonlint("-n", "--isolated", "--output-format", "json", root).findings) == 5


#: Changes of a file after which its findings still count as old.
MOVES = {
    "lines before": lambda text: "# one\n\n# two\n" + text,
    "another order": lambda text: text.replace("    p,\n    n,\n", "    n,\n    p,\n"),
    "another layout": lambda text: text.replace("n,\n    SIZE", "n, SIZE"),
    "another body": lambda text: text.replace("tl.store(p, 1)", "tl.store(p + 1, 2)"),
    "another launch": lambda text: text.replace("4, 8", "x.stride(0), 16"),
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_entries_survive_moved_lines(
    tritonlint: Run, write: Write, move: Callable[[str], str]
) -> None:
    misfit = "\n\nkernel[(1,)](p)\n"
    root = write({"a.py": KERNEL + misfit})
    tritonlint("baseline", "-n", root)
    (root / "a.py").write_text(move(KERNEL + misfit))
    done = tritonlint("-n", "--output-format", "concise", root)
    assert done.out.startswith("All checks passed!\n"), done.out


def test_a_second_finding_of_the_same_kind_is_new(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": KERNEL})
    tritonlint("baseline", "-n", root)
    second = KERNEL.removeprefix(HEAD)
    (root / "a.py").write_text(KERNEL + "\n\n" + second)
    assert len(tritonlint("-n", "--output-format", "json", root).findings) == 2


def test_a_part_of_the_tree_replaces_its_own_entries(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": KERNEL, "b.py": KERNEL, "gone.py": KERNEL})
    tritonlint("baseline", "-n", root)
    (root / "gone.py").unlink()
    (root / "a.py").write_text("")
    tritonlint("baseline", "-n", root / "a.py")
    names = {entry["filename"] for entry in json.loads((root / NAME).read_text())["findings"]}
    assert names == {"b.py"}


def test_a_baseline_is_not_fixed_and_blocks_no_fix(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": KERNEL})
    tritonlint("baseline", "-n", root)
    tritonlint("-n", "--fix", root)
    assert (root / "a.py").read_text() == KERNEL
    done = tritonlint("-n", "--fix", "--no-baseline", root)
    assert done.status == 0, done.out
    assert "kernel[(1,)](p)" in (root / "a.py").read_text()


@pytest.mark.usefixtures("cached_at_once")
def test_kept_findings_know_the_baseline(tritonlint: Run, write: Write) -> None:
    root = write({f"a{i}.py": KERNEL for i in range(70)})
    for _ in range(2):
        assert tritonlint(root).status == 1
    tritonlint("baseline", root)
    for _ in range(3):
        done = tritonlint(root)
        assert done.status == 0
        assert "140 old findings" in done.out


BROKEN = {
    "no JSON": "{",
    "no object": "[]",
    "no findings": '{"version": 1}',
    "other findings": '{"version": 1, "findings": [{"a": 1}]}',
    "no list": '{"version": 1, "findings": 3}',
    "numbers": '{"version": 1, "findings": [{"filename": 1, "code": 2}]}',
    "another version": '{"version": 99, "findings": []}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_baseline_is_named_and_can_be_written_again(
    tritonlint: Run, write: Write, text: str
) -> None:
    root = write({"a.py": KERNEL, NAME: text})
    done = tritonlint("-n", root)
    assert done.status == 2
    assert NAME in done.err
    assert "tritonlint baseline" in done.err
    assert "Traceback" not in done.err
    assert tritonlint("baseline", "-n", root).status == 0
    assert tritonlint("-n", root).status == 0


def test_isolated_runs_ignore_the_baseline_that_one_wrote(tritonlint: Run, write: Write) -> None:
    root = write({"a.py": KERNEL})
    said = "which later runs do not report"
    assert tritonlint("baseline", "-n", root).out.endswith(f"2 findings, {said}\n")
    out = tritonlint("baseline", "-n", "--isolated", root).out
    assert out.endswith(f"2 findings, {said} (but --isolated runs do)\n")

"""The command with `--fix` and `--diff`: what is written, what is said, which exit status."""

from __future__ import annotations

import io
import json
import sys

import pytest

from tritonlint.source import split_lines

KERNELS = """import triton
import triton.language as tl


@triton.jit
def safe(x, n):  # é€😀
    tl.store(x, 0)


@triton.autotune(configs=[triton.Config({})], key=["n"])
@triton.jit
def unsafe(x, n):
    tl.store(x, 0)


@triton.jit
def blocked(x, n: tl.constexpr):
    tl.store(x, 0)
"""

LAUNCH = """from kernels import blocked, safe, unsafe


def launch(x, n, *args):
    "é€😀"; safe[(1,)](x, n)
    unsafe[(1,)](x, n=n)
    blocked[(1,)](*args)
"""

FILES = {"kernels.py": KERNELS, "launch.py": LAUNCH}
SAFE = {
    "kernels.py": KERNELS.replace("safe(x, n):  #", "safe(x):  #"),
    "launch.py": LAUNCH.replace("; safe[(1,)](x, n)", "; safe[(1,)](x)"),
}
UNSAFE = {
    "kernels.py": SAFE["kernels.py"].replace("unsafe(x, n)", "unsafe(x)").replace('["n"]', "[]"),
    "launch.py": SAFE["launch.py"].replace("(x, n=n)", "(x)"),
}

DIFF = """--- a/kernels.py
+++ b/kernels.py
@@ -3,7 +3,7 @@
\x20
\x20
 @triton.jit
-def safe(x, n):  # é€😀
+def safe(x):  # é€😀
     tl.store(x, 0)
\x20
\x20
--- a/launch.py
+++ b/launch.py
@@ -2,6 +2,6 @@
\x20
\x20
 def launch(x, n, *args):
-    "é€😀"; safe[(1,)](x, n)
+    "é€😀"; safe[(1,)](x)
     unsafe[(1,)](x, n=n)
     blocked[(1,)](*args)
"""


@pytest.fixture
def root(write, monkeypatch):
    found = write(FILES)
    monkeypatch.chdir(found)
    return found


def contents(root):
    return {path.name: path.read_text() for path in root.glob("*.py")}


def test_diff_shows_the_safe_fixes_and_writes_nothing(root, tritonlint):
    completed = tritonlint("--no-cache", "--diff")
    assert (completed.status, completed.out) == (1, DIFF)
    assert contents(root) == FILES


def test_diff_with_unsafe_fixes(root, tritonlint):
    completed = tritonlint("--no-cache", "--diff", "--unsafe-fixes")
    assert completed.status == 1
    assert '-@triton.autotune(configs=[triton.Config({})], key=["n"])' in completed.out
    assert contents(root) == FILES


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            (),
            "tritonlint: 2 findings are not in this diff: 1 with an unsafe fix (see "
            "--unsafe-fixes), 1 without a fix",
        ),
        (("--unsafe-fixes",), "tritonlint: 1 finding is not in this diff: 1 without a fix"),
    ],
)
def test_diff_says_what_it_leaves(root, tritonlint, options, said):
    options = ("--no-cache", "--fix-strategy", "remove-only", "--diff", *options)
    assert said in tritonlint(*options).err.splitlines()
    assert "not in this diff" not in tritonlint("--quiet", *options).err


def test_fix_writes_what_is_safe_and_reports_what_is_left(root, tritonlint):
    completed = tritonlint("--no-cache", "--fix", "--output-format", "concise")
    assert completed.status == 1
    assert contents(root) == SAFE
    assert completed.out.splitlines()[-2:] == [
        "Found 3 findings (1 fixed, 2 remaining).",
        "1 unsafe fix available with `--fix --unsafe-fixes`.",
    ]


def test_fix_with_unsafe_fixes(root, tritonlint):
    completed = tritonlint("--no-cache", "--fix", "--unsafe-fixes", "--output-format", "json")
    assert completed.status == 1
    assert contents(root) == UNSAFE
    [left] = completed.findings
    assert (left["kernel"], left["fix"]) == ("blocked", None)
    assert left["fix_blocked_by"] == "`*args` at launch.py:7 may pass this argument"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (("--fix",), 1),
        (("--fix", "--exit-zero"), 0),
        (("--fix", "--ignore", "TRL003", "--unsafe-fixes"), 0),
        (("--fix", "--ignore", "TRL003", "--unsafe-fixes", "--exit-non-zero-on-fix"), 1),
        (("--fix", "--exit-zero", "--exit-non-zero-on-fix"), 1),
        (("--diff",), 1),
        (("--diff", "--select", "TRL003"), 0),
        (("--fix", "--select", "TRL003", "--exit-zero", "--exit-non-zero-on-fix"), 0),
        (("--fix", "--fix-strategy", "nonsense"), 2),
    ],
)
def test_exit_status(root, tritonlint, options, status):
    assert tritonlint("--no-cache", *options).status == status


def test_only_what_is_selected_is_fixed(root, tritonlint):
    tritonlint("--no-cache", "--fix", "--select", "TRL003")
    assert contents(root) == FILES


def test_what_is_silenced_is_not_fixed(write, tritonlint):
    kernel = "import triton\n\n\n@triton.jit\ndef kernel(x, n):  # noqa: TRL001\n    x.store(0)\n"
    root = write({"kernels.py": kernel})
    assert tritonlint("--no-cache", "--fix", root).status == 0
    assert contents(root) == {"kernels.py": kernel}


def test_a_setting_asks_for_fixes(root, tritonlint):
    (root / "tritonlint.toml").write_text("fix = true\n")
    tritonlint("--no-cache")
    assert contents(root) == SAFE


def test_an_option_says_no_to_that(root, tritonlint):
    (root / "tritonlint.toml").write_text("fix = true\n")
    tritonlint("--no-cache", "--no-fix")
    assert contents(root) == FILES


# -- edits in the machine formats ----------------------------------------------------------


def apply(edits, files):
    """The files after edits, given as (file name, start, end, content); places count from 1."""
    files = dict(files)
    for name, start, end, content in sorted(edits, reverse=True):
        lines = split_lines(files[name])
        before = "".join([*lines[: start[0] - 1], lines[start[0] - 1][: start[1] - 1]])
        after = "".join([lines[end[0] - 1][end[1] - 1 :], *lines[end[0] :]])
        files[name] = before + content + after
    return files


def edits_in_json(completed):
    """By applicability, the edits of the findings' fixes."""

    def place(location):
        return location["row"], location["column"]

    fixes = [finding["fix"] for finding in completed.findings]
    return {
        fix["applicability"]: [
            (e["filename"], place(e["location"]), place(e["end_location"]), e["content"])
            for e in fix["edits"]
        ]
        for fix in fixes
        if fix is not None
    }


def test_the_edits_in_json_are_the_fix(root, tritonlint):
    edits = edits_in_json(tritonlint("--no-cache", "--output-format", "json"))
    assert apply(edits["safe"], FILES) == SAFE
    assert apply(edits["safe"] + edits["unsafe"], FILES) == UNSAFE


def test_after_a_fix_the_edits_of_what_is_left_fit_the_new_files(root, tritonlint):
    edits = edits_in_json(tritonlint("--no-cache", "--fix", "--output-format", "json"))
    assert edits.keys() == {"unsafe"}
    assert apply(edits["unsafe"], contents(root)) == UNSAFE


def test_the_edits_in_sarif_are_the_fix(root, tritonlint):
    log = json.loads(tritonlint("--no-cache", "--output-format", "sarif").out)
    edits = []
    for result in log["runs"][0]["results"]:
        for fix in result.get("fixes", ()):
            for change in fix["artifactChanges"]:
                for replacement in change["replacements"]:
                    at = replacement["deletedRegion"]
                    edits.append(
                        (
                            change["artifactLocation"]["uri"],
                            (at["startLine"], at["startColumn"]),
                            (at["endLine"], at["endColumn"]),
                            replacement.get("insertedContent", {}).get("text", ""),
                        )
                    )
    units = log["runs"][0].get("columnKind")
    assert units == "unicodeCodePoints"
    assert apply(edits, FILES) == UNSAFE


# -- standard input ------------------------------------------------------------------------


class _Bytes(io.TextIOWrapper):
    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")


@pytest.fixture
def stdin(monkeypatch):
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", _Bytes(data))

    return give


ONE_FILE = (
    KERNELS.replace("def safe(x, n):  # é€😀", "def safe(x, n):").partition("@triton.auto")[0]
    + "def launch(x, n):\n    safe[(1,)](x, n)\n"
)


def test_standard_input_comes_out_fixed(root, tritonlint, stdin):
    stdin(ONE_FILE.replace("\n", "\r\n").encode())
    completed = tritonlint("--no-cache", "--fix", "--stdin-filename", "new.py")
    fixed = ONE_FILE.replace("safe(x, n)", "safe(x)").replace("](x, n)", "](x)")
    expected = fixed.replace("\n", "\r\n")
    assert (completed.status, completed.out) == (0, expected)
    assert contents(root) == FILES


def test_standard_input_without_a_finding_comes_out_as_it_was(root, tritonlint, stdin):
    stdin(b"import triton\r\nx = 1")
    completed = tritonlint("--no-cache", "--fix", "--stdin-filename", "new.py")
    assert (completed.status, completed.out) == (0, "import triton\r\nx = 1")
    stdin(b"x = 1\n")
    assert tritonlint("--no-cache", "--fix", "--stdin-filename", "new.py").out == "x = 1\n"
    stdin(b"import triton\nx = (\n")
    completed = tritonlint("--no-cache", "--fix", "--stdin-filename", "new.py")
    assert (completed.status, completed.out) == (1, "import triton\nx = (\n")


def test_from_standard_input_no_other_file_is_edited(root, tritonlint, stdin):
    stdin(KERNELS.encode())
    completed = tritonlint("--no-cache", "--fix", "--stdin-filename", "kernels.py")
    assert (completed.status, completed.out) == (1, KERNELS)
    assert contents(root) == FILES
    assert "launch.py would have to change: only standard input is edited" in completed.err


def test_diff_of_standard_input(root, tritonlint, stdin):
    stdin(ONE_FILE.encode())
    completed = tritonlint("--no-cache", "--diff", "--stdin-filename", "new.py")
    assert completed.status == 1
    assert "-def safe(x, n):\n+def safe(x):\n" in completed.out
    assert contents(root) == FILES

"""What a comment or the settings say to leave does not go with another kernel's parameter."""

from __future__ import annotations

import pytest

HEADER = "import triton\nimport triton.language as tl\n"
KERNELS = """

@triton.jit
def first(p, n{silenced}):
    tl.store(p, 1)


@triton.jit
def second(p, n):
    tl.store(p, 2)
"""
LAUNCHES = """

def launch(p, n, fast):
    kernel = first if fast else second
    kernel[(1,)](p, n)
"""

#: Comments on the first kernel, and whether they keep both.
COMMENTS = {
    "none": ("", False),
    "with a code": (",  # tritonlint: ignore[TRL001] C++ launches it\n", True),
    "without a code": (",  # tritonlint: ignore\n", True),
    "noqa": (",  # noqa: TRL001\n", True),
    "of another rule": (",  # tritonlint: ignore[TRL003]\n", False),
    "about nothing": (",  # C++ launches it\n", False),
}


@pytest.mark.parametrize(("comment", "stays"), COMMENTS.values(), ids=COMMENTS)
def test_a_comment(fix, comment, stays):
    source = HEADER + KERNELS.format(silenced=comment) + LAUNCHES
    fixed = fix({"kernels.py": source})
    assert ("def second(p):" not in fixed["kernels.py"]) == stays
    assert ("kernel[(1,)](p, n)" in fixed["kernels.py"]) == stays


def test_the_reason_is_said(write, tritonlint):
    comment = COMMENTS["with a code"][0]
    root = write({"kernels.py": HEADER + KERNELS.format(silenced=comment) + LAUNCHES})
    result = tritonlint("--no-cache", "--output-format", "json", root)
    (finding,) = result.findings
    said = "`n` of `first` would have to go too, and a comment at "
    assert finding["fix_blocked_by"] == f"{said}{root / 'kernels.py'}:6 silences it"


def test_the_comment_is_not_heeded(fix):
    comment = COMMENTS["with a code"][0]
    source = HEADER + KERNELS.format(silenced=comment) + LAUNCHES
    fixed = fix({"kernels.py": source}, "--ignore-noqa")
    assert "def second(p):" in fixed["kernels.py"]


def test_a_whole_file_that_is_silenced(fix):
    first, second = KERNELS.format(silenced="").split("\n\n\n@")
    files = {
        "first.py": f"# tritonlint: ignore-file\n{HEADER}{first}",
        "second.py": f"from first import first\n{HEADER}\n\n@{second}{LAUNCHES}",
    }
    assert fix(files)["first.py"] == files["first.py"]


#: Settings, and why the helper stays.
SETTINGS = {
    "unfixable": ('unfixable = ["TRL001"]\n', "the settings say not to fix TRL001"),
    "ignored there": (
        '[per-file-ignores]\n"helper.py" = ["TRL001"]\n',
        "the settings ignore TRL001 in ",
    ),
}


@pytest.mark.parametrize(("settings", "reason"), SETTINGS.values(), ids=SETTINGS)
def test_settings(write, tritonlint, settings, reason):
    helper = f"{HEADER}\n\n@triton.jit\ndef helper(p, n):\n    tl.store(p, 1)\n"
    kernel = "@triton.jit\ndef kernel(p, n):\n    helper(p, n)\n"
    kernel += "\n\nkernel[(1,)](p, 4)\nhelper[(1,)](p, 5)\n"
    root = write(
        {
            "tritonlint.toml": settings,
            "helper.py": helper,
            "kernel.py": f"from helper import helper\n{HEADER}\n\n{kernel}",
        }
    )
    result = tritonlint("--no-cache", "--output-format", "json", root)
    (finding,) = [f for f in result.findings if f["kernel"] == "kernel"]
    said = f"`n` of `helper` would have to go too, and {reason}"
    assert finding["fix_blocked_by"].startswith(said)
    tritonlint("--no-cache", "--fix", root)
    assert (root / "helper.py").read_text() == helper


#: Comments that silence nothing, and what `--fix` leaves of them.
UNUSED = {
    "# noqa: trl001": "",
    "# noqa: Trl001": "",
    "# noqa: E501, trl001": "  # noqa: E501",
    "# noqa: trl001, e501": "  # noqa: e501",
    "# noqa: TRL001 because of #42": "",
    "# noqa: TRL001 # the length": "  # the length",
}


@pytest.mark.parametrize(("comment", "left"), UNUSED.items(), ids=UNUSED)
def test_a_comment_that_silences_nothing(fix, comment, left):
    kernel = "\n\n@triton.jit\ndef kernel(\n    p,\n    n,{}\n):\n    tl.store(p, n)\n"
    fixed = fix({"kernels.py": HEADER + kernel.format(f"  {comment}")})
    assert fixed["kernels.py"] == HEADER + kernel.format(left)

"""Launches that only tests, benchmarks and demonstrations reach: their values are no request's."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.live.conftest import HEADER, KERNEL

from tritonlint.files.paths import is_short_lived

Lint = Callable[..., list[dict[str, Any]]]

OPS = HEADER + KERNEL + "def fill(x):\n    kernel[(1,)](x, x.numel(), 64)\n"
AUTOGRAD = """

class Fill(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        fill(x)
"""
MAIN = '\n\nif __name__ == "__main__":\n    fill(torch.zeros(8))\n'

#: Trees in which something beside tests uses the launch, or nothing does.
IN_USE: dict[str, dict[str, str]] = {
    "nothing calls it": {"ops.py": OPS},
    "a model": {"ops.py": OPS, "model.py": "from ops import fill\n"},
    "a package exports it": {
        "pkg/ops.py": OPS,
        "pkg/__init__.py": "from .ops import fill\n",
        "tests/test_ops.py": "from pkg import fill\n",
    },
    "a class that a model uses": {
        "ops.py": OPS + AUTOGRAD,
        "model.py": "import ops\n\ny = ops.Fill.apply\n",
        "tests/test_ops.py": "from ops import fill\n",
    },
    "code at the top of the file": {
        "ops.py": OPS + "\n\nTABLE = {'fill': fill}\n",
        "tests/test_ops.py": "from ops import fill\n",
    },
    "it is registered": {
        "ops.py": OPS.replace("def fill", "@torch.library.custom_op('a::b')\ndef fill"),
        "tests/test_ops.py": "from ops import fill\n",
    },
    "a script and a model": {"ops.py": OPS + MAIN, "model.py": "from ops import fill\n"},
}

#: Trees in which only tests, benchmarks and demonstrations use it.
TRIED: dict[str, dict[str, str]] = {
    "a test": {"ops.py": OPS, "tests/test_ops.py": "from ops import fill\n"},
    "a benchmark beside it": {"ops.py": OPS, "ops_bench.py": "from ops import fill\n"},
    "a class that a test uses": {
        "ops.py": OPS + AUTOGRAD,
        "tests/test_ops.py": "from ops import Fill\n",
    },
    "a test in the file": {"ops.py": OPS + "\n\ndef test_fill():\n    fill(torch.zeros(8))\n"},
    "a benchmark in the file, through another function": {
        "ops.py": OPS + "\n\ndef run():\n    fill(8)\n\n\ndef benchmark():\n    time(run)\n"
    },
    "the file as a script": {"ops.py": OPS + MAIN},
    "a function of the same name elsewhere": {
        "ops.py": OPS,
        "tests/test_ops.py": "from ops import fill\n",
        "other.py": "def fill(x):\n    pass\n",
    },
}


@pytest.mark.parametrize("files", IN_USE.values(), ids=IN_USE)
def test_what_is_in_use_is_found(lint: Lint, files: dict[str, str]) -> None:
    assert [f["parameter"] for f in lint(files, "--select", "TRL101")] == ["n"]


@pytest.mark.parametrize("files", TRIED.values(), ids=TRIED)
def test_what_is_only_tried_is_left_alone(lint: Lint, files: dict[str, str]) -> None:
    assert lint(files, "--select", "TRL101") == []


def test_other_rules_leave_it_alone_too(lint: Lint) -> None:
    kernel = """
        @triton.autotune([triton.Config({}), triton.Config({}, num_warps=8)], key=["n"])
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def fill(x):
            kernel[(1,)](x, x.numel())
    """
    files = {"ops.py": HEADER + textwrap.dedent(kernel)}
    assert [f["parameter"] for f in lint(files, "--select", "TRL302")] == ["n"]
    files["tests/test_ops.py"] = "from ops import fill\n"
    assert lint(files, "--select", "TRL302") == []


#: Comments at the end of the line of `n`, and whether there is a finding.
COMMENTS = {
    "# tuning knob: decode re-tunes for it": False,
    "# a constexpr, so that the loop is unrolled": False,
    "# recompiles for each, on purpose": False,
    "# number of elements": True,
    "# fortune": True,
}


@pytest.mark.parametrize(("comment", "is_found"), COMMENTS.items(), ids=COMMENTS)
def test_a_comment_shows_that_a_person_decided(lint: Lint, comment: str, is_found: bool) -> None:
    header = f"def kernel(\n    x,\n    n: tl.constexpr,  {comment}\n    BLOCK: tl.constexpr,\n):"
    source = OPS.replace("def kernel(x, n: tl.constexpr, BLOCK: tl.constexpr):", header)
    found = lint({"ops.py": source}, "--select", "TRL101")
    assert [f["parameter"] for f in found] == ["n"] * is_found


#: Files by their path below the root, and whether they run kernels with values of their own.
PATHS = {
    "pkg/ops.py": False,
    "pkg/contest.py": False,
    "pkg/latest/ops.py": False,
    "tests/ops.py": True,
    "op_tests/ops.py": True,
    "pkg/ops_test.py": True,
    "pkg/testing/ops.py": True,
    "kernel-bench/ops.py": True,
    "pkg/moe_benchmark.py": True,
    "conftest.py": True,
    "tutorials/03.py": True,
    "output/answer.py": True,
    "pkg/_legacy/ops.py": True,
    "pkg/deprecated/ops.py": True,
    "pkg/legacy_ops/ops.py": False,
    "pkg/legacy.py": False,
}


@pytest.mark.parametrize(("path", "is_one"), PATHS.items(), ids=PATHS)
def test_names_of_files_that_are_run_a_few_times(path: str, is_one: bool) -> None:
    assert is_short_lived(Path(path)) is is_one

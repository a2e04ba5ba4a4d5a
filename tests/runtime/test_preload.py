"""The variants of a trace are compiled ahead of time, and those that do not fit are named."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.runtime.events import Trace
from tritonlint.runtime.launcher import STARTUP
from tritonlint.runtime.reader import read

triton = pytest.importorskip(
    "triton", reason="what is preloaded is Triton's, which is not installed"
)

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="the kernels are launched with torch's tensors",
)

KERNELS = """
import triton
import triton.language as tl


@triton.jit
def helper(n):
    return n + 1


@triton.jit
def kernel(x, n, BLOCK: tl.constexpr):
    tl.store(x + tl.arange(0, BLOCK), helper(n))


def make():
    @triton.jit
    def inner(x):
        tl.store(x, 1)

    return inner
"""

SERVE = """
import sys
from tritonlint.runtime import without_gpu
with without_gpu("cuda:90", compile=True):
    import torch, kernels
    x = torch.zeros(64)
    for n in (2, 16):
        kernels.kernel[(1,)](x, n, BLOCK=32)
    if "more" in sys.argv:
        kernels.make()[(1,)](x)
"""


@pytest.fixture
def serve(python: Callable[..., Any], tmp_path: Path) -> Callable[..., Trace]:
    """Serve under the tracer, with a separate cache."""
    (tmp_path / "kernels.py").write_text(KERNELS)
    (tmp_path / "serve.py").write_text(SERVE)

    def run(directory: str, cache: str, *arguments: str) -> Trace:
        startup = str(STARTUP) + os.pathsep + str(STARTUP.parents[2])
        done = python(
            *("serve.py", *arguments),
            PYTHONPATH=startup,
            TRITONLINT_TRACE=str(tmp_path / directory),
            TRITON_CACHE_DIR=str(tmp_path / cache),
        )
        assert done.returncode == 0, done.stderr
        return read(tmp_path / directory)

    return run


def test_a_preloaded_cache_has_every_variant(
    python: Callable[..., Any], serve: Callable[..., Trace], tmp_path: Path
) -> None:
    assert [c.disk for c in serve("first", "one", "more").compiles] == [False, False, False]
    preload = ("-m", "tritonlint", "trace", "--preload", "first", "--jobs", "1")
    done = python(*preload, TRITON_CACHE_DIR=str(tmp_path / "two"))
    assert done.returncode == 1
    skipped, total = done.stdout.splitlines()
    assert skipped.startswith("skipped make.<locals>.inner")
    assert "is made by a function" in skipped
    assert total.startswith("2 variants compiled (")
    assert total.endswith("0 there already, 1 skipped.")
    assert [c.disk for c in serve("second", "two").compiles] == [True, True]


def test_what_does_not_fit_is_named_and_skipped(python: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "kernels.py").write_text(KERNELS)
    (tmp_path / "crashes.py").write_text("import os\nos._exit(3)\n")
    head = {"event": "process", "format": 1, "time": 1, "pid": 1}
    event = {"event": "compile", "time": 2, "seconds": 1, "target": "cuda:90", "preload": "{}"}
    installed = triton.__version__
    #: Triton, module, kernel, other keys of the event, and the message about it.
    cases: list[tuple[str, str, str, dict[str, object], str]] = [
        (
            installed,
            "kernels",
            "kernel",
            {"source": "x"},
            "or that of a function it calls, was cha",
        ),
        (installed, "kernels", "gone", {}, "kernels has no such kernel any more"),
        (installed, "crashes", "kernel", {}, "its process failed: exit status 3"),
        (installed, "nowhere", "kernel", {}, "ModuleNotFoundError: No module named 'nowhere'"),
        (installed, "__main__", "kernel", {}, "defined in a script, which would run if it were"),
        (installed, "kernels", "kernel", {"preload": None}, "could not write this variant down"),
        ("3.0.9", "kernels", "helper", {}, f"traced with Triton 3.0.9, and {installed} is instal"),
    ]
    (tmp_path / "trace").mkdir()
    for number, (version, module, name, more, _) in enumerate(cases):
        kernel = {"name": name, "module": module, "file": "", "line": 1}
        lines = [{**head, "triton": version}, {**event, "kernel": kernel, **more}]
        file = tmp_path / "trace" / f"trace-{number}-1.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = python("-m", "tritonlint", "trace", "--preload", "trace", "--jobs", "1")
    assert done.returncode == 1
    for *_, told in cases:
        assert told in done.stdout
    assert done.stdout.endswith("0 there already, 7 skipped.\n")

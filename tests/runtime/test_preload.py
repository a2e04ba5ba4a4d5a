"""The variants of a trace are compiled ahead, and those that do not fit are named."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.runtime.events import Trace
from tritonlint.runtime.launcher import STARTUP
from tritonlint.runtime.reader import read

pytest.importorskip("triton", reason="what is preloaded is Triton's, which is not installed")
pytest.importorskip("torch", reason="the kernels are launched with torch's tensors")

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
    """Serves under the tracer, with a cache of its own."""
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
    again = python(*preload, TRITON_CACHE_DIR=str(tmp_path / "two")).stdout
    assert "0 variants compiled (0.00 s of compile time), 2 there already, 1 skipped." in again
    assert [c.disk for c in serve("second", "two").compiles] == [True, True]


def test_what_does_not_fit_any_more_is_named_and_skipped(
    python: Callable[..., Any], serve: Callable[..., Trace], tmp_path: Path
) -> None:
    serve("trace", "one")
    preload = ("-m", "tritonlint", "trace", "--preload", "trace")
    (tmp_path / "kernels.py").write_text(KERNELS.replace("n + 1", "n + 2"))
    done = python(*preload)
    assert done.returncode == 1
    assert done.stdout.count("or that of a function it calls, was changed since the trace") == 2
    assert "skipped kernel (n=16, BLOCK=32): " in done.stdout
    (tmp_path / "kernels.py").write_text(KERNELS.replace("def kernel", "def renamed"))
    assert "kernels has no such kernel any more" in python(*preload).stdout
    (tmp_path / "kernels.py").write_text("import os\nos._exit(3)\n")
    assert python(*preload).stdout.count("its process failed: exit status 3") == 2
    (tmp_path / "kernels.py").unlink()
    assert "ModuleNotFoundError: No module named 'kernels'" in python(*preload).stdout
    (tmp_path / "kernels.py").write_text(KERNELS)
    (file,) = (tmp_path / "trace").iterdir()
    import triton

    other = file.read_text().replace(f'"triton":"{triton.__version__}"', '"triton":"3.3.0"')
    shutil.rmtree(tmp_path / "trace")
    file.parent.mkdir()
    file.write_text(other)
    assert "it was traced with Triton 3.3.0, and" in python(*preload).stdout


def test_a_kernel_of_a_script_is_not_run_again(python: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "trace").mkdir()
    (tmp_path / "trace" / "trace-1-1.jsonl").write_text(
        '{"event":"process","format":1,"time":1,"pid":1,"triton":"3.9.0"}\n'
        '{"event":"compile","time":2,"seconds":1,"preload":"{}","kernel":{"name":"k","module":'
        '"__main__","file":"","line":1}}\n'
    )
    done = python("-m", "tritonlint", "trace", "--preload", "trace")
    assert "is defined in a script, which would run if it were imported" in done.stdout

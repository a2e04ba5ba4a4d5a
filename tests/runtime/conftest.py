"""Kernels that are launched without a GPU, and traces of them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tritonlint.runtime import trace, without_gpu
from tritonlint.runtime.events import Trace
from tritonlint.runtime.reader import read

SOURCES = Path(__file__).parents[2] / "src"


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRITON_CACHE_DIR", str(tmp_path_factory.mktemp("triton")))
        patch.setenv("TRITON_DEFAULT_FP_FUSION", "1")
        yield


@pytest.fixture(scope="session")
def torch() -> Any:
    """The module. No test imports it before it is needed: the other tests are faster without it."""
    return pytest.importorskip("torch", reason="the kernels are launched with torch's tensors")


@pytest.fixture
def kernels(torch: Any, tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """A module with kernels, from its source; `triton`, `tl` and `torch` are imported."""
    names: list[str] = []

    def load(source: str, name: str = "some_kernels") -> ModuleType:
        path = tmp_path / f"{name}.py"
        header = "import torch, triton\nimport triton.language as tl\n"
        path.write_text(header + textwrap.dedent(source))
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        names.append(name)
        spec.loader.exec_module(module)
        return module

    yield load
    for name in names:
        del sys.modules[name]


@pytest.fixture
def traced(tmp_path: Path) -> Callable[..., Trace]:
    """The trace of a function that is called without a GPU."""

    def run(function: Callable[[], object], target: str = "cuda:90", **options: Any) -> Trace:
        with trace(tmp_path / "trace"), without_gpu(target, **options):
            function()
        return read(tmp_path / "trace")

    return run


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Python in its own process, in which the command can be run."""

    clean = {n: v for n, v in os.environ.items() if not n.startswith("TRITONLINT_")}

    def run(
        *arguments: str | Path, input: str | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            input=input,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=120,
            env={**clean, "PYTHONPATH": str(SOURCES), **variables},
        )

    return run

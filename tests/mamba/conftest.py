"""Shared by the tests of the reference kernels: the two trees, and a fresh Python to run them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]

# The kernels are imported as `mamba_ssd.original` and `mamba_ssd.corrected`, side by side.
for _path in (str(REPOSITORY / "examples"), str(HERE)):
    if _path not in sys.path:
        sys.path.insert(0, _path)


@pytest.fixture(scope="session")
def run_python():
    """Runs a fresh Python: `run_python(*arguments, **environment)`, with stdout and stderr as text.

    Triton reads its settings, the interpreter's too, when it is imported.
    """

    def run_python(*arguments, **environment):
        # Triton 3.9 warns unless a setting says whether products and sums are fused.
        settings = {"TRITON_DEFAULT_FP_FUSION": 1, **environment}
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=REPOSITORY,
            env={**os.environ, **{name: str(value) for name, value in settings.items()}},
            capture_output=True,
            text=True,
            check=False,
        )

    return run_python


@pytest.fixture(scope="session")
def short():
    """Gives a kernel's short name: the full one in a string would be a use of the kernel."""
    return lambda kernel: kernel.removeprefix("_").removesuffix("_fwd_kernel")


@pytest.fixture
def examples():
    """The folder that holds `original` and `corrected`."""
    return REPOSITORY / "examples" / "mamba_ssd"

"""Runs `numerics.py` in its own process, once under Triton's interpreter and once on a GPU.

The import of Triton decides whether kernels are interpreted, and the other tests of this suite need
the real compiler.
"""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("triton", minversion="3.4", reason="needs Triton, which exists for Linux alone")
pytest.importorskip("numpy", reason="needs NumPy, for Triton's interpreter")

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="needs PyTorch, for the kernels' host functions",
)
# To ask PyTorch would mean to import it here, which makes all tests after these slower.
has_gpu = any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/kfd").exists()
needs_gpu = pytest.mark.skipif(not has_gpu, reason="needs a GPU")

#: The interpreter is slow. Of the original kernels, which do not change, it runs the whole once;
#: of the corrected ones the whole with all options, and what the whole does not reach, but for the
#: batch of 130 sequences, which alone takes 4 s. The command in the README of the kernels runs
#: everything.
BEYOND_THE_WHOLE = "causal_conv1d and not many_sequences or chunk_cumsum or softplus_keeps"
RUNS = {
    "interpreter": (
        1,
        f"corrected and (the_whole or {BEYOND_THE_WHOLE})"
        " or original and the_whole and not with_options and not each_type",
    ),
    "gpu": (0, "corrected or original"),
}


@pytest.mark.parametrize(
    ("interpret", "chosen"),
    [pytest.param(*run, id=name, marks=[needs_gpu] * (not run[0])) for name, run in RUNS.items()],
)
def test_kernels_compute_the_recurrence(interpret, chosen, run_python):
    completed = run_python(
        *("-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", "-k", chosen),
        # The kernels need nothing of tritonlint, and their tests no fixtures and plugins of others.
        *("--confcutdir=tests/mamba", "--override-ini=addopts="),
        "tests/mamba/numerics.py",
        TRITON_INTERPRET=interpret,
        PYTEST_DISABLE_PLUGIN_AUTOLOAD=1,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr

"""Runs `numerics.py` in a process of its own, once under Triton's interpreter and once on a GPU.

Whether kernels are interpreted is settled when Triton is imported, and the other tests of this
suite need the real compiler.
"""

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch, for the kernels' host functions")
pytest.importorskip("triton", minversion="3.4", reason="needs Triton, which exists for Linux alone")
pytest.importorskip("numpy", reason="needs NumPy, for Triton's interpreter")

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


@pytest.mark.parametrize("tree", ["original", "corrected"])
@pytest.mark.parametrize(
    "interpret",
    [pytest.param(1, id="interpreter"), pytest.param(0, id="gpu", marks=needs_gpu)],
)
def test_kernels_compute_the_recurrence(tree, interpret, run_python):
    completed = run_python(
        *("-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", "-k", tree),
        # The kernels need nothing of tritonlint, nor do their tests of the suite's own fixtures.
        "--confcutdir=tests/mamba",
        "tests/mamba/numerics.py",
        TRITON_INTERPRET=interpret,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr

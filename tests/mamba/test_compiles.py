"""How often the real Triton JIT compiles each kernel, and how the compiles differ."""

import importlib.util
import json

import pytest

pytest.importorskip("triton", minversion="3.4", reason="needs Triton, which exists for Linux alone")

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="needs PyTorch, for the kernels' host functions",
)

# The classes of a plain integer over compile_sweep.LENGTHS: 1, others, divisible by 16, beyond 31
# bits. An annotated integer has no fourth class, since the annotation fixes its type.
# The kernels have their short names here: see `short`.
CLASSES = {
    "chunk_cumsum": [1, 2, 16, 2**31],
    "chunk_state": [1, 2, 16, 2**31],
    "chunk_scan": [1, 2, 16, 2**31],
    "bmm_chunk": [1, 2, 16, 2**31],
    "causal_conv1d": [1, 2, 16],
}


@pytest.fixture(scope="module")
def compiles(tmp_path_factory, run_python, short):
    """For each tree and kernel, its compiles over all token counts, from an empty cache."""

    completed = run_python(
        *("tests/mamba/compile_sweep.py", "--small", "original", "corrected"),
        TRITON_CACHE_DIR=tmp_path_factory.mktemp("triton_cache"),
        TRITON_INTERPRET=0,
    )
    assert completed.returncode == 0, completed.stderr
    return {
        tree: {short(kernel): compiled for kernel, compiled in by_kernel.items()}
        for tree, by_kernel in json.loads(completed.stdout).items()
    }


@pytest.mark.parametrize("kernel", CLASSES)
def test_the_original_compiles_once_per_class(compiles, kernel):
    assert [compiled["tokens"] for compiled in compiles["original"][kernel]] == CLASSES[kernel]


@pytest.mark.parametrize("kernel", CLASSES)
def test_the_corrected_compiles_once(compiles, kernel):
    assert [compiled["tokens"] for compiled in compiles["corrected"][kernel]] == [1]


@pytest.mark.parametrize("kernel", CLASSES)
def test_the_wasted_binaries_are_the_same_bytes(compiles, kernel):
    """Except if the dead argument takes other space: none for a 1, twice as much for 64 bits."""
    cubins = {
        compiled["cubin"]
        for compiled in compiles["original"][kernel]
        if compiled["seqlen"] == "i32"
    }
    assert len(cubins) == 1


@pytest.mark.parametrize("kernel", CLASSES)
def test_the_variant_for_64_bits_is_the_same_code(compiles, kernel):
    code = {
        compiled["code"]
        for compiled in compiles["original"][kernel]
        if compiled["seqlen"] != "constexpr"
    }
    assert len(code) == 1

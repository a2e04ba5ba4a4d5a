"""TRL103 to TRL401: what they find, and what they leave alone; and the inputs from the field."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.live.conftest import KERNEL

CASES = Path(__file__).parent / "cases"

#: The findings of the rules about parameters that are read, by input.
EXPECTED = {
    "c01_dead_constexpr_in_autotune_key": ["TRL501 conv_kernel.T", "TRL301 conv_kernel.NB"],
    "c03_seq_len_constexpr_scalar_use": ["TRL101 rope_kernel.sl"],
    "c05_constexpr_only_in_scalar_compare": ["TRL101 merge_kernel.n_context"],
    "c08_stride_constexpr_of_sliced_table": ["TRL104 gather_kernel.row_stride"],
    "c10_inert_integer_guard": ["TRL501 table_kernel.num_reqs"],
    "c12_do_not_specialize_names_a_constexpr": ["TRL101 seq_kernel.N"],
    "c13_do_not_specialize_names_no_parameter": [],
    "c14_autotune_key_names_no_parameter": [],
    "c15_autotune_key_of_a_runtime_length": ["TRL301 scale_kernel.seqlen"],
    "c16_kernel_made_in_a_function": ["TRL401 clear_kernel.None"],
    "c17_discarded_to_quiet_another_linter": [],
}


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.iterdir()))
def test_inputs_from_the_field(lint, name):
    source = (CASES / f"{name}.txt").read_text(encoding="utf-8")
    found = lint({"kernels.py": source}, "--select", "TRL101,TRL103,TRL104,TRL105,TRL3,TRL4,TRL501")
    named = [f"{f['code']} {f['kernel']}.{f['parameter']}" for f in found]
    assert [each for each in named if not each.startswith("TRL302")] == EXPECTED[name]


#: Functions around a launch that passes a stride as `n`, and whether it follows a request.
STRIDES = {
    "chosen rows, and a bound": (
        "def f(x, rows, n):\n    t = x[rows, :n]\n    kernel[(1,)](t, t.stride(0), 64)",
        True,
    ),
    "a view": ("def f(x, n):\n    t = x[:, :n]\n    kernel[(1,)](t, t.stride(0), 64)", False),
    "a view of one row": (
        "def f(x, n, i: int):\n    t = x[i, :n]\n    kernel[(1,)](t, t.stride(0), 64)",
        False,
    ),
    "a constant bound": (
        "def f(x, rows):\n    t = x[rows, :64]\n    kernel[(1,)](t, t.stride(0), 64)",
        False,
    ),
    "made here": (
        "def f(x, tokens):\n"
        "    t = torch.empty((4, tokens.shape[0]))\n"
        "    kernel[(1,)](t, t.stride(0), 64)",
        True,
    ),
    "made here, of a model's width": (
        "def f(x, dim):\n    t = torch.empty((4, dim))\n    kernel[(1,)](t, t.stride(0), 64)",
        False,
    ),
    "a sequence behind it": (
        "def f(x):\n    B, T, D = x.shape\n    kernel[(1,)](x, x.stride(0), 64)",
        True,
    ),
    "a sequence before it": (
        "def f(x):\n    B, T, D = x.shape\n    kernel[(1,)](x, x.stride(1), 64)",
        False,
    ),
    "a sequence at the end": (
        "def f(x):\n    D, T = x.shape\n    kernel[(1,)](x, x.stride(0), 64)",
        False,
    ),
    "a cache": (
        "def f(cache):\n    B, T, D = cache.shape\n    kernel[(1,)](cache, cache.stride(0), 64)",
        False,
    ),
    "other strides": (
        "def f(x):\n    B, T, D = x.stride()\n    kernel[(1,)](x, x.stride(0), 64)",
        False,
    ),
}


@pytest.mark.parametrize(("host", "is_found"), STRIDES.values(), ids=STRIDES)
def test_stride_of_what_a_request_makes_wide(found, host, is_found):
    # TRL101 does not report the stride again.
    assert found(KERNEL + host, "TRL101", "TRL104") == ["TRL104 kernel.n"] * is_found


BLOCKS = {
    "the value": ("num_tokens", True),
    "a power of two": ("triton.next_power_of_2(num_tokens)", True),
    "at most a constant": ("min(128, triton.next_power_of_2(num_tokens))", False),
    "a model's width": ("triton.next_power_of_2(dim)", False),
    "a literal": ("128", False),
}


@pytest.mark.parametrize(("block", "is_found"), BLOCKS.values(), ids=BLOCKS)
def test_block_that_follows_a_request(found, block, is_found):
    host = f"def f(x):\n    num_tokens, dim = x.shape\n    kernel[(1,)](x, dim, BLOCK={block})"
    assert found(KERNEL + host, "TRL103") == ["TRL103 kernel.BLOCK"] * is_found


GRIDS = {
    "the grid": ("(p,)", "p", True),
    "the second of the grid": ("(4, p)", "p", True),
    "a grid in a local": ("g", "p", True),
    "another": ("(p + 1,)", "p", False),
    "a literal": ("(4,)", "4", False),
    "twice": ("(p, p)", "p", False),
}


@pytest.mark.parametrize(("grid", "value", "is_found"), GRIDS.values(), ids=GRIDS)
def test_size_of_the_grid(found, grid, value, is_found):
    host = f"def f(x, p):\n    g = (p,)\n    kernel[{grid}](x, {value}, 64)"
    assert found(KERNEL + host, "TRL105") == ["TRL105 kernel.n"] * is_found


MADE = """\
{decorators}def run(x):
    @triton.jit
    def inner(x, BLOCK: tl.constexpr):
        tl.store(x + tl.arange(0, BLOCK), 0)

    {use}
"""

MADE_KERNELS = {
    "launched": ("", "inner[(1,)](x, 64)", True),
    "cached": ("@functools.lru_cache\n", "inner[(1,)](x, 64)", False),
    "returned": ("", "inner[(1,)](x, 64)\n    return inner", False),
    "stored": ("", "x.kernel = inner\n    inner[(1,)](x, 64)", False),
    "passed": ("", "keep(inner)\n    inner[(1,)](x, 64)", False),
    "kept in a global": ("", "global kept\n    kept = inner\n    kept[(1,)](x, 64)", False),
    "under another name": ("", "other = inner\n    other[(1,)](x, 64)", True),
    "never launched": ("", "return x", False),
}


@pytest.mark.parametrize(("decorators", "use", "is_found"), MADE_KERNELS.values(), ids=MADE_KERNELS)
def test_kernel_that_a_call_makes(found, decorators, use, is_found):
    source = MADE.format(decorators=decorators, use=use)
    assert found(source, "TRL401") == ["TRL401 inner.None"] * is_found


TUNED = """\
@triton.jit
def plain(x, BLOCK: tl.constexpr):
    tl.store(x + tl.arange(0, BLOCK), 0)


ONE = [triton.Config({{"BLOCK": 64}})]
TWO = [triton.Config({{"BLOCK": 64}}), triton.Config({{"BLOCK": 128}})]


{decorators}def run(x):
    {use}
"""
TUNER = 'triton.autotune(TWO, key=["x"])(plain)'
LAUNCHED = "tuned[(1,)](x)"
TUNERS = {
    "launched": ("", f"tuned = {TUNER}\n    {LAUNCHED}", True),
    "launched at once": ("", f"{TUNER}[(1,)](x)", True),
    "in a branch": ("", f"if x:\n        tuned = {TUNER}\n        {LAUNCHED}", True),
    "cached": ("@functools.cache\n", f"tuned = {TUNER}\n    {LAUNCHED}", False),
    "returned": ("", f"tuned = {TUNER}\n    {LAUNCHED}\n    return tuned", False),
    "stored": ("", f"x.tuned = {TUNER}\n    x.tuned[(1,)](x)", False),
    "kept in a global": ("", f"global tuned\n    tuned = {TUNER}\n    {LAUNCHED}", False),
    "never launched": ("", f"tuned = {TUNER}", False),
    "one config": ("", f"tuned = {TUNER.replace('TWO', 'ONE')}\n    {LAUNCHED}", False),
    "kept on disk": (
        "",
        f"tuned = {TUNER.replace(', key', ', cache_results=True, key')}\n    {LAUNCHED}",
        False,
    ),
    "made at import": ("", f"{LAUNCHED}\n\n\ntuned = {TUNER}", False),
    "no tuner": ("", "tuned = triton.heuristics({})(plain)\n    tuned[(1,)](x, 64)", False),
}


@pytest.mark.parametrize(("decorators", "use", "is_found"), TUNERS.values(), ids=TUNERS)
def test_tuner_that_a_call_makes(found, decorators, use, is_found):
    source = TUNED.format(decorators=decorators, use=use)
    assert found(source, "TRL401") == ["TRL401 plain.None"] * is_found


def test_kernel_that_a_test_makes_is_left_alone(lint):
    source = "import triton\n\n\n" + MADE.format(decorators="", use="inner[(1,)](x, 64)")
    assert len(lint({"ops.py": source}, "--select", "TRL401")) == 1
    for name in ("test_ops.py", "benchmarks/ops.py", "bench_ops.py", "tools/a.py", "tune_gemm.py"):
        assert lint({name: source}, "--select", "TRL401", below=name.replace("/", "_")) == []
    # Where the tree itself lies says nothing.
    assert len(lint({"ops.py": source}, "--select", "TRL401", below="scripts")) == 1


#: A `key` of an autotuned kernel with the parameters `x`, `n` and `BLOCK`; whether TRL201 finds it.
KEYS = {
    "a list": ('["m"]', True),
    "a set": ('{"m"}', True),
    "one name": ('"m"', True),
    "a parameter": ('["n"]', False),
    "a dictionary of Ascend's": ('{"m": "n"}', False),
}


@pytest.mark.parametrize(("key", "is_found"), KEYS.values(), ids=KEYS)
def test_key_that_names_no_parameter(found, key, is_found):
    decorator = f'@triton.autotune([triton.Config({{"BLOCK": 64}})], key={key})\n'
    assert found(decorator + KERNEL, "TRL201") == ["TRL201 kernel.None"] * is_found


def test_parameter_in_a_dictionary_stays(lint):
    source = (
        "import triton\nimport triton.language as tl\n\n\n"
        '@triton.autotune([triton.Config({"BLOCK": 64})], key={"a": "n"})\n'
        "@triton.jit\ndef kernel(x, n, BLOCK: tl.constexpr):\n"
        "    tl.store(x + tl.arange(0, BLOCK), 0)\n\n\n"
        "def f(x):\n    kernel[(1,)](x, x.numel())\n"
    )
    [finding] = lint({"kernels.py": source}, "--select", "TRL001")
    assert finding["fix"]["message"] == "Name `n` in do_not_specialize of `kernel`"


#: The configs of an autotuned kernel that never reads `n`, a part of its `key`.
CONFIGS = {
    "two": ('[triton.Config({"BLOCK": 64}), triton.Config({"BLOCK": 128})]', True),
    "not known": ("configs()", True),
    "those of a comprehension": ('[triton.Config({"BLOCK": b}) for b in (64, 128)]', True),
    "of one dictionary": ('[triton.Config({"BLOCK": 64}, num_warps=w) for w in (4, 8)]', True),
    # Triton times nothing then.
    "one": ('[triton.Config({"BLOCK": 64})]', False),
}


@pytest.mark.parametrize(("configs", "is_found"), CONFIGS.values(), ids=CONFIGS)
def test_key_that_nothing_reads(found, configs, is_found):
    source = (
        f'@triton.autotune({configs}, key=["n"])\n@triton.jit\n'
        "def kernel(x, n, BLOCK: tl.constexpr):\n    tl.store(x + tl.arange(0, BLOCK), 0)\n\n\n"
        "def f(x):\n    num_tokens = x.shape[0]\n    kernel[(1,)](x, num_tokens)\n"
    )
    assert found(source, "TRL302") == ["TRL302 kernel.n"] * is_found
    assert found(source, "TRL301") == ["TRL301 kernel.n"] * is_found


#: Further options of an autotuner with a dead key.
OPTIONS = {
    "none": ("", True),
    "one that changes nothing": (", warmup=5", True),
    "the timings are kept on disk": (", cache_results=True", False),
    # It may be what fla-core unpacks there, which keeps them only if a variable is set.
    "not known": (", **OPTIONS", True),
}


@pytest.mark.parametrize(("options", "is_found"), OPTIONS.values(), ids=OPTIONS)
def test_dead_key_whose_timings_are_kept(found, options, is_found):
    source = (
        f'@triton.autotune(configs(), key=["n"]{options})\n@triton.jit\n'
        "def kernel(x, n, BLOCK: tl.constexpr):\n    tl.store(x + tl.arange(0, BLOCK), 0)\n\n\n"
        "def f(x):\n    num_tokens = x.shape[0]\n    kernel[(1,)](x, num_tokens)\n"
    )
    assert found(source, "TRL302") == ["TRL302 kernel.n"] * is_found


#: What is passed for a part of a `key` that the kernel never reads.
PASSED = {
    "a size": ("x.shape[0]", True),
    "a bucket of it": ("triton.cdiv(x.shape[0], 2048)", False),
    "another": ("x.shape[0] // 2048", False),
    "rows": ("x.numel() // x.shape[-1]", True),
}


@pytest.mark.parametrize(("passed", "is_found"), PASSED.values(), ids=PASSED)
def test_bucket_in_a_key_is_left_alone(found, passed, is_found):
    source = (
        '@triton.autotune(configs(), key=["n"])\n@triton.jit\n'
        "def kernel(x, n, BLOCK: tl.constexpr):\n    tl.store(x + tl.arange(0, BLOCK), 0)\n\n\n"
        f"def f(x):\n    num_tokens = {passed}\n    kernel[(1,)](x, num_tokens)\n"
    )
    assert found(source, "TRL302") == ["TRL302 kernel.n"] * is_found

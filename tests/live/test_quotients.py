"""TRL101 for quotients: what the name of the value says, and what the divisor says."""

from __future__ import annotations

import pytest
from tests.live.conftest import KERNEL

CHUNKS = KERNEL.replace("n: tl.constexpr", "NUM_CHUNKS: tl.constexpr").replace(
    "pid < n", "pid < NUM_CHUNKS"
)

PER_REQUEST = {
    "chunks of a sequence": (
        "def f(x):\n    T = x.shape[0]\n    kernel[(1,)](x, triton.cdiv(T, 64), 64)"
    ),
    "a quotient of a quotient": (
        "def f(x):\n"
        "    T, D = x.shape[0], x.shape[-1]\n"
        "    cores = get_cores()\n"
        "    main = triton.cdiv(T, cores)\n"
        "    num_sub_blocks = triton.cdiv(main, 69)\n"
        "    kernel[(1,)](x, num_sub_blocks, 64)"
    ),
    "a name of the divisor that says nothing": (
        "def f(x, chunk_size):\n"
        "    num_tokens = x.shape[0]\n"
        "    num_chunks = num_tokens // chunk_size\n"
        "    kernel[(1,)](x, num_chunks, 64)"
    ),
    "all elements": (
        "def f(x, chunk):\n    rows = x.numel() // x.shape[-1]\n"
        "    kernel[(1,)](x, int(triton.cdiv(rows, chunk)), 64)"
    ),
    "blocks of either": (
        "def f(x, chunk, lens):\n"
        "    T = x.shape[0]\n"
        "    chunks = triton.cdiv(T, chunk) if lens is None else len(lens)\n"
        "    kernel[(1,)](x, chunks, 64)"
    ),
    "a caller's": (
        "def f(x, num_chunks):\n    kernel[(1,)](x, num_chunks, 64)\n\n\n"
        "def g(x, chunk):\n    num_tokens = x.shape[0]\n    f(x, triton.cdiv(num_tokens, chunk))"
    ),
    "a part of the tokens": (
        "WAYS = world()\n\n\n"
        "def f(x):\n    tokens = x.shape[0]\n    part = tokens // WAYS\n"
        "    kernel[(1,)](x, part, 64)"
    ),
    "one of several parts of the tokens": (
        "def f(x):\n    tokens = x.shape[0]\n    for ways in choices(x):\n"
        "        part = tokens // ways\n        kernel[(1,)](x, part, 64)"
    ),
    "what a caller gives is divided": (
        "def f(x, size):\n    kernel[(1,)](x, triton.cdiv(size, 64), 64)\n\n\n"
        "def g(x):\n    num_tokens = x.shape[0]\n    f(x, num_tokens)"
    ),
}

FEW = {
    "chunks of a width": (
        "def f(x):\n    tokens, dim = x.shape\n    kernel[(1,)](x, triton.cdiv(dim, 64), 64)"
    ),
    "no name that tells": (
        "def f(x):\n    n = x.shape[0]\n    kernel[(1,)](x, triton.cdiv(n, 64), 64)"
    ),
    "only a name of the divisor tells": (
        "def f(x, tokens):\n    n = x.shape[0]\n    kernel[(1,)](x, n // tokens, 64)"
    ),
    "the divisor changes too": (
        "def f(x, batch):\n    rows = x.shape[0]\n    kernel[(1,)](x, rows // batch, 64)"
    ),
    "the divisor is measured": (
        "def f(x, y):\n    T = x.shape[0]\n    kernel[(1,)](x, T // y.shape[0], 64)"
    ),
    "another dimension": (
        "def f(x):\n    n, a, b = x.shape\n    kernel[(1,)](x, triton.cdiv(a, 64), 64)"
    ),
    "no quotient": "def f(x):\n    T = x.shape[0]\n    kernel[(1,)](x, T, 64)",
    "computed from a quotient": (
        "def f(x):\n    T = x.shape[0]\n    kernel[(1,)](x, triton.cdiv(T, 64) + 1, 64)"
    ),
    "at most so many": (
        "def f(x, most):\n    T = x.shape[0]\n    kernel[(1,)](x, min(T // 64, most), 64)"
    ),
    "another word that a model fixes": (
        "def f(x):\n    T = x.shape[0]\n    head_chunks = T // 64\n"
        "    kernel[(1,)](x, head_chunks, 64)"
    ),
    "rows of a weight": (
        "def f(weight):\n    rows = weight.shape[0]\n    kernel[(1,)](weight, rows // 64, 64)"
    ),
    "a size of blocks": (
        "def f(x):\n    T = x.shape[0]\n    block_size = triton.cdiv(T, 64)\n"
        "    kernel[(1,)](x, block_size, 64)"
    ),
    "the divisor may be the same size": (
        "def f(x, dim):\n    M = x.shape[0]\n    N = x.numel() // M\n"
        "    N = M if dim else N\n    kernel[(1,)](x, N, 64)"
    ),
    "a parameter": ("def f(x, num_tokens):\n    kernel[(1,)](x, triton.cdiv(num_tokens, 64), 64)"),
}


@pytest.mark.parametrize("host", PER_REQUEST.values(), ids=PER_REQUEST)
def test_as_many_blocks_as_a_request_has_are_found(found, host):
    assert found(CHUNKS + host, "TRL101") == ["TRL101 kernel.NUM_CHUNKS"]


@pytest.mark.parametrize("host", FEW.values(), ids=FEW)
def test_other_blocks_are_left_alone(found, host):
    assert found(CHUNKS + host, "TRL101") == []

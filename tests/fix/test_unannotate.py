"""Dropping `tl.constexpr`: what a signature then looks like, what goes with it, what blocks it."""

from __future__ import annotations

import pytest

OPTIONS = ("--select", "TRL101", "--unsafe-fixes")

BODY = """    tl.store(x, 0, mask=tl.program_id(0) < n)


def launch(x, tokens):
    kernel[(1,)](x, n=tokens.shape[0])
"""

SIGNATURES = {
    "the last": "def kernel(x, n[-: tl.constexpr-]):\n",
    "the first": "def kernel(x, n[-: tl.constexpr-], m=1):\n",
    "with a default": "def kernel(x, n[-: tl.constexpr = -]{+=+}1):\n",
    "with a default in brackets": "def kernel(x, n[-: tl.constexpr = -]{+=+}(1)):\n",
    "by keyword only": "def kernel(x, *, n[-: tl.constexpr-]):\n",
    "in quotes": 'def kernel(x, n[-: "tl.constexpr"-]):\n',
    "one on each line": """def kernel(
    x,
    n[-: tl.constexpr-],  # tokens
    BLOCK: tl.constexpr = 1,
):
""",
    "with odd spaces": "def kernel(x, n[- : tl.constexpr-] , m = 1):\n",
}


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
def test_signature(check_fix, signature):
    check_fix("@triton.jit\n" + signature + BODY, None, *OPTIONS)


def test_helpers_that_get_the_value(check_fix):
    check_fix(
        """@triton.jit
def inner(x, m[-: tl.constexpr-], W: tl.constexpr):
    tl.store(x + tl.arange(0, W), 0, mask=tl.program_id(0) < m)


@triton.jit
def outer(x, m[-: tl.constexpr-]):
    inner(x, m + 1, 16)


@triton.jit
def kernel(x, n[-: tl.constexpr-]):
    outer(x, m=n)


def launch(x, tokens):
    kernel[(1,)](x, tokens.shape[0])
""",
        None,
        *OPTIONS,
    )


def test_key_and_lists_stay(check_fix):
    check_fix(
        """@triton.autotune(configs=[triton.Config({"B": 1}), triton.Config({"B": 2})], key=["n"])
@triton.jit
def kernel(x, n[-: tl.constexpr-], B: tl.constexpr):
    tl.store(x + tl.arange(0, B), 0, mask=tl.program_id(0) < n)


def launch(x, tokens):
    kernel[(1,)](x, tokens.shape[0])
""",
        None,
        *OPTIONS,
    )


#: Files that differ from one that is fixed in what speaks against it, with words of the reason.
BLOCKED = {
    "a local constexpr": (
        "m: tl.constexpr = n + 1\n    tl.store(x, 0, mask=tl.program_id(0) < m)",
        "kernel[(1,)](x, tokens.shape[0])",
        "",
        "a constexpr inside the kernel is computed from it",
    ),
    "None at another launch": (
        "tl.store(x, 0, mask=tl.program_id(0) < n)",
        "kernel[(1,)](x, tokens.shape[0])\n    kernel[(1,)](x, None)",
        "",
        "`None` is None",
    ),
    "a float at another launch": (
        "tl.store(x, 0, mask=tl.program_id(0) < n)",
        "kernel[(1,)](x, tokens.shape[0])\n    kernel[(1,)](x, 0.5)",
        "",
        "is a float",
    ),
    "a default that is no integer": (
        "tl.store(x, 0, mask=tl.program_id(0) < n)",
        "kernel[(1,)](x, tokens.shape[0])",
        " = None",
        "its default is `None`",
    ),
}


@pytest.mark.parametrize(("body", "launch", "default", "reason"), BLOCKED.values(), ids=BLOCKED)
def test_what_blocks_it(lint, body, launch, default, reason):
    source = (
        "import triton\nimport triton.language as tl\n\n\n"
        f"@triton.jit\ndef kernel(x, n: tl.constexpr{default}):\n    {body}\n\n\n"
        f"def launch(x, tokens):\n    {launch}\n"
    )
    (finding,) = lint({"kernels.py": source}, "--select", "TRL101")
    assert finding["fix"] is None
    assert reason in finding["fix_blocked_by"]


def test_it_is_never_safe(lint):
    source = (
        "import triton\nimport triton.language as tl\n\n\n"
        "@triton.jit\ndef kernel(x, n: tl.constexpr):\n" + BODY
    )
    (finding,) = lint({"kernels.py": source}, "--select", "TRL101")
    assert finding["fix"]["applicability"] == "unsafe"
    assert "Drop the `tl.constexpr` of `n`" in finding["fix"]["message"]

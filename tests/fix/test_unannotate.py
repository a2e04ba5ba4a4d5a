"""Dropping `tl.constexpr`: the new signature, what else is removed, and what blocks it."""

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
    decorator = '@triton.jit{+(do_not_specialize=["n"])+}\n'
    check_fix(decorator + signature + BODY, None, *OPTIONS)


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
        """@triton.autotune(configs=[triton.Config({"B": 1})], key=["n"])
@triton.jit{+(do_not_specialize=["n"])+}
def kernel(x, n[-: tl.constexpr-], B: tl.constexpr):
    tl.store(x + tl.arange(0, B), 0, mask=tl.program_id(0) < n)


def launch(x, tokens):
    kernel[(1,)](x, tokens.shape[0])
""",
        None,
        *OPTIONS,
    )


#: Files that differ from a file that is fixed by one obstacle, with words of the reason.
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


#: What the fix says, by the number of helpers that get the value.
TOLD = ["", ", and of the helper that gets it", ", and of the 2 helpers that get it"]


@pytest.mark.parametrize("number", range(len(TOLD)))
def test_it_says_how_many_helpers_change(lint, number):
    helper = "@triton.jit\ndef helper_{0}(x, m: tl.constexpr):\n    tl.store(x + m, 0)\n\n\n"
    calls = "".join(f"    helper_{each}(x, n)\n" for each in range(number))
    source = (
        "import triton\nimport triton.language as tl\n\n\n"
        + "".join(map(helper.format, range(number)))
        + f"@triton.jit\ndef kernel(x, n: tl.constexpr):\n{calls}{BODY}"
    )
    (finding,) = lint({"kernels.py": source}, "--select", "TRL101")
    message, _, _ = finding["fix"]["message"].partition(", after a look")
    assert message.removesuffix(", and name it in do_not_specialize") == (
        f"Drop the `tl.constexpr` of `n` in `kernel`{TOLD[number]}"
    )


#: Kernels that read `n` in a way that needs a constexpr, or set it themselves: the code above the
#: kernel, its body, and the code after it.
LISTED = {
    "a shape": ("", "tl.store(x + tl.arange(0, n), 0)", ""),
    "a branch": ("", "if n:\n        tl.store(x, 0)", ""),
    "a constexpr of its own": ("", "m: tl.constexpr = n * 2\n    tl.store(x, m)", ""),
    "a heuristic": ('@triton.heuristics({"n": lambda args: 4})', "tl.store(x, n)", ""),
    "a config": ('@triton.autotune([triton.Config({"n": 4})], key=[])', "tl.store(x, n)", ""),
    "a second kernel of the name": (
        "",
        "tl.store(x, n)",
        '\n\n@triton.jit(do_not_specialize=["x"])\ndef kernel(x, n):\n    tl.store(x, n)\n',
    ),
}
CHOSEN = ("--select", "TRL102", "--unsafe-fixes")


@pytest.mark.parametrize(("above", "body", "below"), LISTED.values(), ids=LISTED)
def test_what_has_to_be_a_constexpr_leaves_the_list_instead(check_fix, above, body, below):
    check_fix(
        f'{above}\n@triton.jit[-(do_not_specialize=["n"])-]\n'
        f"def kernel(x, n: tl.constexpr):\n    {body}\n{below}",
        None,
        *CHOSEN,
    )


@pytest.mark.parametrize("rest", ["", ", /"])
def test_what_need_not_be_a_constexpr_stays_in_the_list(check_fix, rest):
    check_fix(
        '@triton.jit(do_not_specialize=["n"])\n'
        f"def kernel(x, n[-: tl.constexpr-]{rest}):\n    tl.store(x, n)\n",
        None,
        *CHOSEN,
    )


def test_an_option_of_the_compiler_leaves_the_list_instead(check_fix):
    check_fix(
        '@triton.jit[-(do_not_specialize=["num_warps"])-]\n'
        "def kernel(x, num_warps: tl.constexpr):\n    tl.store(x, num_warps)\n",
        None,
        *CHOSEN,
    )


def test_a_dead_one_stays_without_a_list_that_can_name_it(check_fix):
    check_fix(
        """NAMES = ["x"]


@triton.heuristics({"B": lambda args: args["n"]})
@triton.jit(do_not_specialize=NAMES)
def kernel(x, n: tl.constexpr, B: tl.constexpr):
    tl.store(x, B)


def launch(x):
    kernel[(1,)](x, 4)
""",
        None,
        *("--select", "TRL003"),
    )

"""`do_not_specialize` instead of a removal: for which parameters, and the new decorator."""

from __future__ import annotations

import subprocess
import sys

import pytest

BODY = """def kernel(x, n, m):
    tl.store(x + m, 0)


def launch(x, m, *args):
    kernel[(1,)](x, len(x), m)
"""

STRATEGY = ("--fix-strategy", "do-not-specialize")
#: The default.
EITHER = ("--fix-strategy", "remove")

#: Decorators of a kernel whose `n` is dead.
DECORATORS = {
    "bare": '@triton.jit{+(do_not_specialize=["n"])+}\n',
    "called with nothing": '@triton.jit({+do_not_specialize=["n"]+})\n',
    "other options": '@triton.jit(debug=True{+, do_not_specialize=["n"]+})\n',
    "other options, one on each line": """@triton.jit(
    debug=True,
    noinline=False{+,
    do_not_specialize=["n"]+},
)
""",
    "other options, one on each line, the last with a comment": """@triton.jit(
    debug=True,
    noinline=False,  # for now
{+    do_not_specialize=["n"],
+})
""",
    "other options, one on each line, without a last comma": """@triton.jit(
    debug=True,
    noinline=False{+,
    do_not_specialize=["n"]+}
)
""",
    "a list": '@triton.jit(do_not_specialize=["m"{+, "n"+}])\n',
    "a list in single quotes": "@triton.jit(do_not_specialize=['m'{+, 'n'+}])\n",
    "a list of several lines": """@triton.jit(
    do_not_specialize=[
        "m"{+,
        "n"+},
    ]
)
""",
    "an empty list": '@triton.jit(do_not_specialize=[{+"n"+}])\n',
    "a tuple of one": '@triton.jit(do_not_specialize=("m"{+, "n"+},))\n',
    "a tuple": '@triton.jit(do_not_specialize=("m", "x"{+, "n"+}))\n',
    "an empty tuple": '@triton.jit(do_not_specialize=({+"n",+}))\n',
    "a set": '@triton.jit(do_not_specialize={"m"{+, "n"+}})\n',
    "indices": "@triton.jit(do_not_specialize=[2{+, 1+}])\n",
    "under an autotuner with single quotes": """@triton.autotune([], key=['n'])
@triton.jit{+(do_not_specialize=['n'])+}
""",
    "under an autotuner": """@triton.autotune(configs=[triton.Config({})], key=["n"])
@triton.jit{+(do_not_specialize=["n"])+}
""",
}


@pytest.mark.parametrize("decorators", DECORATORS.values(), ids=DECORATORS)
def test_decorators(check_fix, decorators):
    check_fix(decorators + BODY, None, *STRATEGY)


#: Lists of `do_not_specialize` that get two names.
LISTS = {
    "on one line": '@triton.jit(do_not_specialize=["m"{+, "n", "k"+}])\n',
    "one on each line": """@triton.jit(
    do_not_specialize=[
        'm'{+,
        'n',
        'k'+},
    ]
)
""",
    "one on each line, with a comment": """@triton.jit(
    do_not_specialize=[
        "m",  # it changes
{+        "n",
        "k",
+}    ]
)
""",
    "two on each line": """@triton.jit(
    do_not_specialize=[
        "x", "m"{+, "n", "k"+}
    ]
)
""",
}


@pytest.mark.parametrize("decorator", LISTS.values(), ids=LISTS)
def test_several_names_for_a_list(check_fix, decorator):
    body = BODY.replace("n, m", "n, m, k").replace("len(x), m", "len(x), m, len(x)")
    check_fix(decorator + body, None, *STRATEGY)


#: Decorators of a kernel with two parameters that have long names.
LONG = {
    "one line below": (
        "@triton.jit",
        """@triton.jit(
    do_not_specialize=["stride_of_the_first_dimension", "stride_of_the_second_dimension"]
)""",
        90,
    ),
    "one line for each entry": (
        "@triton.jit",
        """@triton.jit(
    do_not_specialize=[
        "stride_of_the_first_dimension",
        "stride_of_the_second_dimension",
    ]
)""",
        88,
    ),
    "an option for each line": (
        "@triton.jit(debug=True)",
        """@triton.jit(
    debug=True,
    do_not_specialize=[
        "stride_of_the_first_dimension",
        "stride_of_the_second_dimension",
    ],
)""",
        88,
    ),
    "short enough": (
        "@triton.jit",
        '@triton.jit(do_not_specialize=["stride_of_the_first_dimension", '
        '"stride_of_the_second_dimension"])',
        120,
    ),
    "a list that is there": (
        '@triton.jit(do_not_specialize=["m"])',
        """@triton.jit(
    do_not_specialize=["m", "stride_of_the_first_dimension", "stride_of_the_second_dimension"]
)""",
        100,
    ),
}


@pytest.mark.parametrize("case", LONG)
def test_long_lists_are_broken_as_formatters_break_them(write, tritonlint, case):
    before, after, line_length = LONG[case]
    kernel = """
def kernel(
    x,
    m,
    stride_of_the_first_dimension,
    stride_of_the_second_dimension,
    BLOCK: tl.constexpr,
):
    tl.store(x + m + tl.arange(0, BLOCK), 0)


def launch(x, m, *args):
    kernel[(1,)](x, m, x.stride(0), x.stride(1), 64)
"""
    head = "import triton\nimport triton.language as tl\n\n\n"
    settings = f"[tool.tritonlint]\n[tool.ruff]\nline-length = {line_length}\n"
    root = write({"kernels.py": head + before + kernel, "pyproject.toml": settings})
    tritonlint("--fix", "--no-cache", "--select", "TRL001", *STRATEGY, root)
    fixed = (root / "kernels.py").read_text()
    assert fixed == head + after + kernel
    options = ["--isolated", "--line-length", str(line_length)]
    command = [sys.executable, "-m", "ruff", "format", "--check", *options, root / "kernels.py"]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_several_parameters_at_once(check_fix):
    check_fix(
        """
        @triton.jit{+(do_not_specialize=["n", "m"])+}
        def kernel(x, n: int, m: int):
            tl.store(x, 0)
        """,
        None,
        *STRATEGY,
    )


@pytest.mark.parametrize("options", ["do_not_specialize=NAMES", "**OPTIONS"])
def test_no_list_that_could_be_extended(check_fix, options):
    above = 'NAMES = []\nOPTIONS = {"do_not_specialize": ["m"]}\n\n\n'
    check_fix(f"{above}@triton.jit({options})\n{BODY}", None, *STRATEGY)


#: Signatures, and why `n` cannot be named there.
NEVER = {
    "a constexpr": (
        "n: tl.constexpr",
        "do_not_specialize does nothing for a constexpr: it has to be removed",
    ),
    "a pointer": ("n_ptr: tl.tensor", "do_not_specialize is for plain integers"),
    "of unknown kind": ("n", "do_not_specialize is for plain integers"),
}


@pytest.mark.parametrize(("parameter", "reason"), NEVER.values(), ids=NEVER)
def test_only_for_plain_integers(check_fix, tritonlint, parameter, reason):
    fixed = check_fix(
        f"@triton.jit\ndef kernel(x, {parameter}):\n    tl.store(x, 0)\n", None, *STRATEGY
    )
    options = ("--no-cache", "--output-format", "json", *STRATEGY)
    [found] = tritonlint(*options, fixed.root).findings
    assert found["fix"] is None
    assert reason in found["fix_blocked_by"]


BLOCKED = """
@triton.jit{}
def kernel(x, n: int):
    tl.store(x, 0)


def launch(*args):
    kernel[(1,)](*args)
"""


def test_offered_where_a_removal_is_blocked(check_fix, tritonlint):
    """It is a safe fix, next to the reason; an option asks for removals only."""
    fixed = check_fix(BLOCKED.format(""))
    [found] = tritonlint("--no-cache", "--output-format", "json", fixed.root).findings
    assert found["fix"]["applicability"] == "safe"
    assert found["fix"]["message"] == "Name `n` in do_not_specialize of `kernel`"
    assert "`*args`" in found["fix_blocked_by"]


def test_applied_where_a_removal_is_blocked(check_fix, tritonlint):
    marked = BLOCKED.format('{+(do_not_specialize=["n"])+}')
    fixed = check_fix(marked, None, *EITHER)
    # It has one compile for all values and cannot be removed, so there is nothing to report.
    assert tritonlint("--no-cache", fixed.root).status == 0
    assert fixed.status == 0


def test_what_is_named_already_and_can_be_removed_is_still_found(check_fix):
    check_fix(
        """
        @triton.jit[-(do_not_specialize=["n"])-]
        def kernel(x[-, n: int-]):
            tl.store(x, 0)


        def launch(x, n):
            kernel[(1,)](x[-, n-])
        """
    )


def test_a_removal_and_a_fallback_for_one_kernel(check_fix):
    check_fix(
        """
        @triton.jit{+(do_not_specialize=["n"])+}
        def kernel(x, [-m, -]n: int, y):
            tl.store(x, y)


        def launch(x, m, *rest):
            kernel[(1,)](x, [-m, -]*rest)
        """,
        None,
        *EITHER,
    )


#: Code on the host above a launch with `n`, of which only names say that it is an integer.
GUESSED = {
    "by a size's name": ("bucket_n", "bucket_n = pick(x)"),
    "by an attribute's name": ("n", "n = options.batch_size"),
    "by a shape that is kept": ("n", "n, _ = ctx.input_shape"),
}


@pytest.mark.parametrize(("name", "above"), GUESSED.values(), ids=GUESSED)
def test_a_guess_is_enough_for_what_is_never_read(check_fix, tritonlint, name, above):
    """The key of the launch loses a class, whatever the launch passes."""
    fixed = check_fix(
        f"""\
@triton.autotune(
    configs=[triton.Config({{}}, num_warps=4), triton.Config({{}}, num_warps=8)],
    key=["{name}"],
)
@triton.jit{{+(do_not_specialize=["{name}"])+}}
def kernel(x, {name}):
    tl.store(x, 0)


def launch(x, ctx, options):
    {above}
    kernel[(1,)](x, {name})
""",
        None,
        *EITHER,
    )
    assert fixed.status == 0

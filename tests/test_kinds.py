"""Which kind of value a dead parameter gets, and what it costs today."""

from __future__ import annotations

import json

import pytest

KERNEL = """\
import torch
import triton
import triton.language as tl


@triton.jit
def kernel(x, {parameter}):
    tl.store(x, 0)


{host}
"""

#: A parameter, the code that launches the kernel, and the parameter's kind and rule.
CASES = [
    # By the launch argument.
    ("n", "def f(x, a=1e-5):\n    kernel[(1,)](x, a)", "float", "TRL006"),
    ("n", "def f(x, a=False):\n    kernel[(1,)](x, a)", "integer", "TRL006"),
    ("n", "def f(x, a=4):\n    kernel[(1,)](x, a)", "integer", "TRL001"),
    ("n", "def f(x, a=None):\n    kernel[(1,)](x, a)", "unknown", "TRL001"),
    ("n", "def f(x, a: int | None):\n    kernel[(1,)](x, a)", "integer", "TRL001"),
    ("n", "def f(self, x):\n    kernel[(1,)](x, self.eps)", "float", "TRL006"),
    ("n", "def f(x, is_causal):\n    kernel[(1,)](x, is_causal)", "integer", "TRL006"),
    ("n", "def f(x, a):\n    print(a.shape)\n    kernel[(1,)](x, a)", "pointer", "TRL005"),
    (
        "n",
        "def f(ctx, x):\n    a, b = ctx.saved_tensors\n    kernel[(1,)](x, a)",
        "pointer",
        "TRL005",
    ),
    (
        "n",
        "def f(ctx, x):\n    a, b = ctx.input_shape\n    kernel[(1,)](x, a)",
        "integer",
        "TRL001",
    ),
    ("n", "def f(x, b, a=2.0):\n    kernel[(1,)](x, a if b else 1.5)", "float", "TRL006"),
    # By its default.
    ("n=1e-5", "def f(x):\n    kernel[(1,)](x)", "float", "TRL006"),
    ("n=True", "def f(x):\n    kernel[(1,)](x)", "integer", "TRL006"),
    # By its name, if the launches do not say.
    ("eps", "def f(x, a):\n    kernel[(1,)](x, a)", "float", "TRL006"),
    ("lr", "def f(x, a):\n    kernel[(1,)](x, a)", "float", "TRL006"),
    ("sm_scale", "def f(x, a):\n    kernel[(1,)](x, a)", "float", "TRL006"),
    ("x_ptr", "def f(x, a):\n    kernel[(1,)](x, a)", "pointer", "TRL005"),
    ("XPtr", "def f(x, a):\n    kernel[(1,)](x, a)", "pointer", "TRL005"),
    ("desc_q", "def f(x, a):\n    kernel[(1,)](x, a)", "pointer", "TRL005"),
    ("stride_xm", "def f(x, a):\n    kernel[(1,)](x, *a)", "integer", "TRL001"),
    ("num_rows", "def f(x, a):\n    kernel[(1,)](x, a)", "integer", "TRL001"),
    # A scale may be a number or a tensor.
    ("q_scale", "def f(x, a):\n    kernel[(1,)](x, a)", "unknown", "TRL001"),
    ("n", "def f(x, a):\n    kernel[(1,)](x, a)", "unknown", "TRL001"),
    # Facts win over what a name suggests.
    ("eps", "def f(x):\n    kernel[(1,)](x, x.numel())", "integer", "TRL001"),
    ("eps: tl.constexpr", "def f(x, a):\n    kernel[(1,)](x, a)", "constexpr", "TRL003"),
]


@pytest.fixture
def finding(write, tritonlint):
    def finding(parameter, host):
        root = write({"kernels.py": KERNEL.format(parameter=parameter, host=host)})
        options = ("--no-cache", "--output-format", "json", "--select", "TRL00")
        (found,) = json.loads(tritonlint(*options, root).out)
        return found

    return finding


@pytest.mark.parametrize(("parameter", "host", "kind", "code"), CASES)
def test_kind(finding, parameter, host, kind, code):
    found = finding(parameter, host)
    assert (found["kind"], found["code"]) == (kind, code)


#: Launches, and whether the parameter costs nothing today.
LAUNCHES = [
    ("n", "kernel[(1,)](x, 5)", True),
    ("n", "kernel[(1,)](x, None)", True),
    ("n: tl.constexpr", "kernel[(1,)](x, n='a')", True),
    ("n: tl.constexpr = 4", "kernel[(1,)](x)", True),
    ("n", "kernel[(1,)](x, 5)\n    kernel[(2,)](x, 5)", True),
    ("n", "kernel[(1,)](x, 5)\n    kernel[(2,)](x, 6)", False),
    ("n", "kernel[(1,)](x, 5)\n    kernel[(2,)](x, x.numel())", False),
    ("n", "kernel[(1,)](x, x.numel())", False),
    ("n", "kernel[(1,)](x, 5)\n    run(kernel)", False),
    ("n=5", "kernel[(1,)](x, *y)", False),
    # A name that always has the same value, here or in the module.
    ("n", "m = 5\n    kernel[(1,)](x, m)", True),
    ("n", "m = 5\n    kernel[(1,)](x, m)\n    kernel[(2,)](x, 5)", True),
    ("n", "m = 5\n    m += len(x)\n    kernel[(1,)](x, m)", False),
    ("n", "m = 5\n    if y:\n        m = 6\n    kernel[(1,)](x, m)", False),
    ("n", "for m in range(5):\n        kernel[(1,)](x, m)", False),
    ("n: tl.constexpr", "kernel[(1,)](x, n=M)\n\n\nM = -8", True),
    ("n: tl.constexpr", "kernel[(1,)](x, n=M)\n\n\nM = 8\n\n\ndef g():\n    a.M = 9", False),
    ("n: tl.constexpr", "kernel[(1,)](x, n=M)\n\n\nM = 8 if DEBUG else 9", False),
    # What follows from the dtype of a tensor that the launch passes too.
    ("n: tl.constexpr", "kernel[(1,)](x, x.dtype)", True),
    ("n: tl.constexpr", "kernel[(1,)](x, x.dtype == torch.float16)", True),
    ("n: tl.constexpr", "kernel[(1,)](x, TYPES[x.dtype])\n\n\nTYPES = {}", True),
    ("n: tl.constexpr", "m = 8 if x.dtype.itemsize == 1 else 4\n    kernel[(1,)](x, m)", True),
    ("n: tl.constexpr", "kernel[(1,)](x, x.element_size())", True),
    ("n: tl.constexpr", "kernel[(1,)](x, y.element_size())", False),
    ("n: tl.constexpr", "x = x.view(-1).contiguous()\n    kernel[(1,)](x, x.dtype)", False),
    ("n: tl.constexpr", "x = x.reshape(-1).contiguous()\n    kernel[(1,)](x, x.dtype)", True),
    ("n: tl.constexpr", "kernel[(1,)](x, y.dtype)", False),
    ("n: tl.constexpr", "kernel[(1,)](x, x.dtype == y)", False),
    ("n: tl.constexpr", "kernel[(1,)](x, (x.dtype, len(x)))", False),
]


@pytest.mark.parametrize(("parameter", "launches", "nothing"), LAUNCHES)
def test_what_one_value_costs(finding, parameter, launches, nothing):
    found = finding(parameter, f"def f(x, y):\n    {launches}")
    assert ("costs nothing today" in found["message"]) is nothing


#: The decorator, the parameters, the arguments, and the parameter that gets what `dead` gets.
TWINS = {
    "an integer": ("@triton.jit", "n, dead", "m, m", "n"),
    "a pointer": ("@triton.jit", "n, dead", "x, x", "n"),
    "an expression": ("@triton.jit", "n, dead", "len(x), len(x)", "n"),
    "a constexpr": ("@triton.jit", "n: tl.constexpr, dead: tl.constexpr", "m, m", "n"),
    "a finer one": ("@triton.jit", "n: tl.constexpr, dead", "m, m", "n"),
    "a coarser one": ("@triton.jit", "n, dead: tl.constexpr", "m, m", None),
    "an annotated one": ("@triton.jit", "n: tl.int64, dead", "m, m", None),
    "one that is not specialized": (
        "@triton.jit(do_not_specialize=['n'])",
        "n, dead",
        "m, m",
        None,
    ),
    "a list that is not read": ("@triton.jit(do_not_specialize=L)", "n, dead", "m, m", None),
    "both not specialized": (
        "@triton.jit(do_not_specialize=['n', 'dead'])",
        "n, dead",
        "m, m",
        "n",
    ),
    "another value": ("@triton.jit", "n, dead", "m, m + 1", None),
    "an effect": ("@triton.jit", "n, dead", "next(m), next(m)", None),
    "a default": ("@triton.jit", "n, dead=3", "m", None),
    "a star": ("@triton.jit", "n, dead", "*m", None),
    "another launch": ("@triton.jit", "n, dead", "m, m)\n    kernel[(2,)](x, m, 3", None),
    "the same at another launch": (
        "@triton.jit",
        "n, dead",
        "m, m)\n    kernel[(2,)](x, 3, 3",
        "n",
    ),
    "a dead one": ("@triton.jit", "n, other, dead", "3, m, m", None),
    "in the key": ("@triton.autotune(CONFIGS, ['dead'])\n@triton.jit", "n, dead", "m, m", None),
    "both in the key": (
        "@triton.autotune(CONFIGS, ['n', 'dead'])\n@triton.jit",
        "n, dead",
        "m, m",
        "n",
    ),
}


@pytest.mark.parametrize(
    ("decorator", "parameters", "arguments", "twin"), TWINS.values(), ids=TWINS
)
def test_the_same_value_for_another_parameter(lint, decorator, parameters, arguments, twin):
    source = f"""
        import triton
        import triton.language as tl

        CONFIGS = [triton.Config({{}}), triton.Config({{}}, num_warps=8)]


        {decorator.replace(chr(10), chr(10) + 8 * " ")}
        def kernel(x, {parameters}):
            tl.store(x, n)


        def f(x, m):
            kernel[(1,)](x, {arguments.replace(chr(10), chr(10) + 8 * " ")})
        """
    [message] = [f["message"] for f in lint({"k.py": source}) if f["parameter"] == "dead"]
    said = f"and it costs nothing today: `{twin}` gets the same value"
    assert (said in message) == (twin is not None)
    assert twin is not None or "gets the same value" not in message


TUNED = """\
import triton
import triton.language as tl


@triton.autotune(configs=[{configs}], key=[{key}])
@triton.heuristics({heuristics})
@triton.jit
def kernel(x, n: tl.constexpr, B: tl.constexpr = 16):
    tl.store(x, B)


def f(x, m):
    kernel[(1,)](x{argument})
"""
BOTH = 'triton.Config({"n": 1, "B": 16}), triton.Config({"n": 1, "B": 32})'
ONE = 'triton.Config({"B": 16})'
AGAIN = "it is in the autotune key too, so each new value tunes the kernel again"

#: Configs, key, heuristics, the argument of the launch, and what the cost is.
TUNINGS = {
    "one value in each config": (BOTH, "", "{}", "", "nothing today: every config sets it to `1`"),
    "two values": (BOTH.replace("1", "2", 1), "", "{}", "", "one compile for every distinct value"),
    "not in each": (f"{BOTH}, {ONE}", "", "{}", "", "one compile for every distinct value"),
    "more configs": (f"{BOTH}, *more", "", "{}", "", "one compile for every distinct value"),
    "from a heuristic": (ONE, "", '{"n": lambda a: 5}', ", 5", "one compile for every"),
    "passed": (f"{ONE}, *more", "", "{}", ", 5", "nothing today: every launch passes `5`"),
    "in the key": (f"{ONE}, {ONE}", '"n"', "{}", ", m", AGAIN),
    "in the key of one config": (ONE, '"n"', "{}", ", m", "one compile for every distinct value"),
    "one value in the key": (f"{ONE}, {ONE}", '"n"', "{}", ", 5", "nothing today: "),
}


@pytest.mark.parametrize("case", TUNINGS.values(), ids=TUNINGS)
def test_what_a_tuned_parameter_costs(lint, case):
    configs, key, heuristics, argument, cost = case
    source = TUNED.format(configs=configs, key=key, heuristics=heuristics, argument=argument)
    [found] = lint({"a.py": source}, "--select", "TRL003")
    assert f"costs {cost}" in found["message"] or cost == AGAIN
    assert (AGAIN in found["message"]) is (cost == AGAIN)


#: Code beside a kernel that nothing launches, and whether other kernels alone may call it.
HANDED = {
    "passed to a function": ("facility = make(kernel)", True),
    "kept": ("KERNELS = {'a': kernel}", True),
    "launched, too": ("def f(x):\n    run(kernel)\n    kernel[(1,)](x, x.numel())", False),
    "alone": ("", False),
}


@pytest.mark.parametrize(("code", "handed"), HANDED.values(), ids=HANDED)
def test_what_a_kernel_costs_that_may_be_a_helper(finding, code, handed):
    message = finding("n: tl.constexpr", code)["message"]
    assert "costs one compile for every distinct value" in message
    assert message.endswith("; nothing if only other kernels call it") is handed

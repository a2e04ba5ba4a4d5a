"""Discards and computations without an effect: they are not reads, and go with the parameter."""

from __future__ import annotations

import textwrap

import pytest

from tritonlint.survey.surveyor import survey

KERNEL = """\
import triton
import triton.language as tl
from triton.language import static_assert
from vllm.triton_utils import tl as language


@triton.jit
def helper(x):
    pass


@triton.jit
def kernel(p, q, n, m, FLAG: tl.constexpr):
{body}
"""


def parameter(body, name="n"):
    source = KERNEL.format(body=textwrap.indent(textwrap.dedent(body).strip("\n"), "    "))
    facts = survey(source.encode())
    assert facts.problems == ()
    return facts.kernels[1].parameter(name)


#: What happens to `n`, and the lines of the body that go with it.
CASES = {
    # Discards.
    "_ = n": ("unused", [1]),
    "_unused = n": ("unused", [1]),
    "_ = n, m": ("unused", [1]),
    "_: tl.constexpr = n": ("unused", [1]),
    "n": ("unused", [1]),
    "n, m": ("unused", [1]),
    "del n": ("unused", [1]),
    "_ = n\ntl.store(p, q)\ndel n": ("unused", [1, 3]),
    "helper(n)\nx = n * 2": ("forwarded", [2]),
    "if m:\n    _ = n": ("unused", [2]),
    "helper(n)\n_ = n": ("forwarded", [2]),
    "_ = n\nreturn\ntl.store(p, 1)": ("unused", [1]),
    # Computations that nobody uses.
    "x = n": ("computed", [1]),
    "x: tl.int32 = n * 2": ("computed", [1]),
    "x = y = n": ("computed", [1]),
    "x = n + 1\ny = x * 2": ("computed", [1, 2]),
    "x = 0\nx += n": ("computed", [1, 2]),
    "x = 0\nfor i in range(m):\n    x += n": ("computed", [1, 3]),
    "n = n + 1": ("computed", [1]),
    "n += 1": ("computed", [1]),
    "x, y = n, m": ("computed", [1]),
    "x = tl.load(p + n)": ("computed", [1]),
    "x = tl.load(p + n, mask=m > 0, other=0.0).to(tl.float32)": ("computed", [1]),
    "x = language.cdiv(n, 2)": ("computed", [1]),
    "x = max(n, 1) if FLAG else -n": ("computed", [1]),
    "x = n\n_ = x": ("computed", [1, 2]),
    # Overwritten, and the new value is not used either.
    "n = 1": ("overwritten", [1]),
    "_ = n\nn = m\ntl.store(p, n)": ("overwritten", [1]),
    # These have an effect.
    "x = n\ntl.store(p, x)": ("read", []),
    "x = n\nif x:\n    tl.store(p, 1)": ("read", []),
    "if n:\n    x = m": ("read", []),
    "for i in range(n):\n    x = i": ("read", []),
    "while n:\n    x = 1": ("read", []),
    "x = 0\nfor i in range(m):\n    tl.store(p, x)\n    x += n": ("read", []),
    "x, y = n, m\ntl.store(p, y)": ("read", []),
    "return n": ("read", []),
    "x = helper(n) + n": ("read", []),
    "x = tl.atomic_add(p, n)": ("read", []),
    "x = tl.load(p + n, volatile=True)": ("read", []),
    # It annotates the value that it gets.
    "x = tl.multiple_of(n, 16)": ("read", []),
    "tl.multiple_of(n, 16)": ("read", []),
    "x = tl.inline_asm_elementwise('', '', [n], tl.int32, True, 1)": ("read", []),
    "x = q.store(n)": ("read", []),
    "x = unknown(n)": ("forwarded", []),
    "x = [n for i in p]": ("read", []),
    "p[0] = n": ("read", []),
    "p.x = n": ("read", []),
    "x = n\nf = lambda: x": ("read", []),
    "x = n\ndef f():\n    return x": ("read", []),
    "x = n\neval('x')": ("read", []),
    "f = locals\nx = n\nf()": ("read", []),
    "x = n\nlocals()": ("read", []),
    "global x\nx = n": ("read", []),
    "assert n": ("read", []),
    "with p as x:\n    y = n\ntl.store(y, 1)": ("read", []),
    "x = n\nwith p as q[x]:\n    pass": ("read", []),
}


@pytest.mark.parametrize("body", CASES)
def test_what_comes_of_a_parameter(body):
    found = parameter(body)
    use, lines = CASES[body]
    first = KERNEL.partition("{body}")[0].count("\n")
    assert found.use.value == use
    if use != "read":
        assert [span.row - first for span in found.statements] == lines


CHECKED = [
    "tl.static_assert(n > 0)",
    "static_assert(n > 0)",
    "tl.assume(n > 0)",
    "tl.device_assert(n > 0, 'message')",
    "tl.static_print(n)",
    "tl.device_print('n', n)",
    "assert n > 0",
    "x = n * 2\ntl.assume(x > 0)",
]
NOT_CHECKED = [
    "tl.assume(n > 0)\ntl.store(p, n)",
    "x = tl.assume(n > 0)\ntl.store(p, x)",
    "if n:\n    tl.assume(m > 0)",
    "print(n)",
    "p.assume(n)",
    "_ = n",
    "pass",
]


@pytest.mark.parametrize("body", [*CHECKED, *NOT_CHECKED])
def test_what_only_checks_read(body):
    assert parameter(body).checked is (body in CHECKED)

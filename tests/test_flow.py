"""What the body of a kernel does with the value of a parameter on entry."""

from __future__ import annotations

import ast
import sys
import textwrap

import pytest

from tritonlint.survey import kept_flows
from tritonlint.survey.decorators import DecoratorReader
from tritonlint.survey.facts.flows import Flow
from tritonlint.survey.facts.module import SurveyOptions
from tritonlint.survey.file_names import FileNames
from tritonlint.survey.kept_flows import Flows
from tritonlint.survey.kernels import KernelBuilder
from tritonlint.survey.quick import surely_read
from tritonlint.survey.surveyor import survey
from tritonlint.survey.text import Text
from tritonlint.survey.walk import Walker

#: `helper` reads nothing, but that is for later steps to find out: here, it is a call.
KERNEL = """\
import triton
import triton.language as tl


@triton.jit
def helper(x, y=0):
    pass


@triton.jit
def kernel(p, q, n, m):
{body}
"""


def verdict(body: str, parameter: str = "n") -> str:
    source = KERNEL.format(body=textwrap.indent(textwrap.dedent(body).strip("\n"), "    "))
    text, tree = Text(source), ast.parse(source)
    walker = Walker(tree, text, SurveyOptions())
    decorators = DecoratorReader(text, FileNames(tree), walker.scopes, SurveyOptions())
    builder = KernelBuilder(text, decorators, {}, Flows())
    definition = walker.definitions[1]
    # Whether a read has any effect is another question: see test_idle.py.
    kernel = builder.build(definition, surely_read(definition.node, definition.scope))
    found = kernel.parameter(parameter)
    assert found is not None
    return found.use.value


READ = [
    "tl.store(p, n)",
    "tl.store(p + n, q)",
    "x = n",
    "x: tl.int32 = n",
    "x = y = n",
    "n",
    # Its value is part of the new one.
    "n = n + 1",
    "n += 1",
    "n -= n",
    "n = n",
    "n = tl.cdiv(n, 2)",
    "n, x = x, n",
    "p[n] = 1",
    "n[0] = 1",
    "n.x = 1",
    "n[0] += 1",
    "n.x: tl.int32 = 1",
    "x: n = 1",
    "x: n",
    # One path is enough.
    "if m:\n    n = 1\ntl.store(p, n)",
    "if m:\n    n = 1\nelif q:\n    pass\nelse:\n    n = 2\ntl.store(p, n)",
    "if m:\n    n = 1\nelse:\n    tl.store(p, n)",
    "if n:\n    pass",
    "if m:\n    pass\nelif n:\n    pass",
    "if m:\n    return\ntl.store(p, n)",
    "if m:\n    n = 1\n    return\ntl.store(p, n)",
    "return n",
    "if m:\n    return n",
    "raise n",
    "raise p from n",
    "assert n > 0",
    "assert m, n",
    "tl.static_assert(n > 0)",
    "tl.static_print(n)",
    "tl.device_print('n', n)",
    # Loops may run zero times.
    "for i in range(m):\n    n = 1\ntl.store(p, n)",
    "for n in range(m):\n    pass\ntl.store(p, n)",
    "for i in range(n):\n    pass",
    "for i in tl.static_range(0, m, n):\n    pass",
    "for i in range(m):\n    tl.store(p, n)\n    n = 1",
    "for i in range(m):\n    if i:\n        n = 1\n    else:\n        tl.store(p, n)",
    "for i in range(m):\n    n = 1\nelse:\n    tl.store(p, n)",
    "for i in range(m):\n    if i:\n        break\n    n = 1\nelse:\n    n = 2\ntl.store(p, n)",
    "for i in range(m):\n    if i:\n        continue\n    tl.store(p, n)",
    "for p[n] in range(m):\n    pass",
    "while n < 4:\n    n = 5",
    "while m:\n    n = 1\ntl.store(p, n)",
    "while m:\n    n = 1\nelse:\n    tl.store(p, n)",
    "while True:\n    if m:\n        break\n    n = 1\ntl.store(p, n)",
    "while True:\n    tl.store(p, n)",
    "while 0:\n    n = 1\ntl.store(p, n)",
    # Short circuits.
    "x = m and (n := 1)\ntl.store(p, n)",
    "x = m or (n := 1)\ntl.store(p, n)",
    "x = m and n",
    "x = (n := 1) if m else 2\ntl.store(p, n)",
    "x = m if n else p",
    "x = n if m else p",
    "x = p if m else n",
    "x = p < q < (n := 1)\ntl.store(p, n)",
    "x = p < q < n",
    # Order of evaluation.
    "x = n + (n := 1)",
    "x = p[n, (n := 1)]",
    "n = p[n]",
    "p[(n := 1)] = n",
    "x = {n: (n := 1)}",
    "tl.store(p, n, mask=(n := 1))",
    "p[n] = (m := 1)",
    "x = (n := n)",
    "if (x := n):\n    pass",
    # A comprehension has its own variable, and its first iterable is outside of it.
    "x = [n for i in p]",
    "x = [i for i in n]",
    "x = [n for n in n]",
    "x = [i for i in p if n]",
    "x = [i for i in p for j in n]",
    "x = [i for i in p if i if n]",
    "x = [n for n in p]\ntl.store(p, n)",
    "x = {i: n for i in p}",
    "x = {n: i for i in p}",
    "x = {n for i in p}",
    "x = sum(n for i in p)",
    "x = [[n for j in p] for i in p]",
    "x = [[n for n in p] for i in n]",
    "x = [(n := i) for i in p]\ntl.store(p, n)",
    # Nested functions.
    "f = lambda: n",
    "f = lambda x: x + n",
    "f = lambda x=n: x",
    "f = lambda n=n: n",
    "f = lambda: (lambda: n)",
    "f = lambda n: n\ntl.store(p, n)",
    "f = lambda: (n := 1)\ntl.store(p, n)",
    "def f():\n    return n",
    "def f(x=n):\n    return x",
    "def f(*, x=n):\n    return x",
    "def f(x: n):\n    return x",
    "def f() -> n:\n    return 1",
    "@n\ndef f():\n    pass",
    "def f(n=n):\n    return n",
    "def f(n):\n    return n\ntl.store(p, n)",
    "def f():\n    n = 1\n    return n\ntl.store(p, n)",
    "def f():\n    def g():\n        return n\n    return g",
    "def f():\n    return n\nn = 1",
    "def f():\n    nonlocal n\n    n = 1",
    "def f():\n    return [n for i in p]",
    # Class bodies: a method does not see what the class assigns.
    "class A:\n    x = n",
    "class A(n):\n    pass",
    "class A(metaclass=n):\n    pass",
    "@n\nclass A:\n    pass",
    "class A:\n    n = 1\n    def f(self):\n        return n",
    "class A:\n    n = 1\ntl.store(p, n)",
    # try: an exception may come before anything was assigned.
    "try:\n    n = 1\nexcept E:\n    tl.store(p, n)",
    "try:\n    n = 1\nexcept E:\n    pass\ntl.store(p, n)",
    "try:\n    n = 1\nfinally:\n    tl.store(p, n)",
    "try:\n    return\nfinally:\n    tl.store(p, n)",
    "try:\n    pass\nexcept n:\n    pass",
    "try:\n    pass\nexcept E as n:\n    pass\ntl.store(p, n)",
    "try:\n    pass\nexcept E:\n    n = 1\nelse:\n    tl.store(p, n)",
    # with
    "with n:\n    pass",
    "with p as x, n as y:\n    pass",
    "with p as q[n]:\n    pass",
    "with p:\n    tl.store(p, n)",
    # match
    "match n:\n    case 1:\n        pass",
    "match m:\n    case 1:\n        n = 1\ntl.store(p, n)",
    "match m:\n    case n.x:\n        pass",
    "match m:\n    case n() as x:\n        pass",
    "match m:\n    case {n.x: y}:\n        pass",
    "match m:\n    case x if n:\n        pass",
    "match m:\n    case [n, 1]:\n        pass\ntl.store(p, n)",
    "match m:\n    case _ if q:\n        n = 1\ntl.store(p, n)",
    "match m:\n    case 1:\n        tl.store(p, n)\n    case _:\n        pass",
    # Strings with code in them.
    "x = f'{n}'",
    "x = f'{n=}'",
    "x = f'{p:{n}}'",
    "x = f'{p!r:>{n}}'",
    "x = 'a' f'{n}'",
    "tl.static_assert(m, f'bad {n}')",
    # Reads by any name.
    "x = locals()",
    "x = vars()['n']",
    "exec('x = n')",
    "x = eval('n')",
    "x = [locals() for i in p]",
    "global n",
    # Everything that contains an expression.
    "x = (n,)",
    "x = [n]",
    "x = {n}",
    "x = {1: n}",
    "x = [*n]",
    "x = {**n}",
    "x = p[n:]",
    "x = p[:n]",
    "x = p[::n]",
    "x = p[None, n]",
    "x = not n",
    "x = -n",
    "x = ~n",
    "x = n.to(tl.int64)",
    "x = n[0]",
    "x = n(1)",
    "x = n @ p",
    "x = n in p",
    "x = p is n",
    "del p[n]",
    "del n.x",
    "await n",
    "x = yield n",
    # Read by a function that is certainly no helper of this project.
    "print(n)",
    "tl.load(p + n)",
    "x = tl.sum(tl.load(p) * n)",
    "x = max(n, 1)",
    "x = p.load(n)",
    "x = q[0](n)",
    "x = unknown()(n)",
    "x = m(n)",
    # Not only by the helper.
    "helper(n)\ntl.store(p, n)",
    "helper(n.to(tl.int32))",
    "helper(n[0])",
    "helper(tl.load(n))",
    "helper(*n)",
    "helper(**n)",
    "helper(*p, n)",
    "helper(n and m)",
    "helper(n if m else p)",
    "f = helper if m else unknown()\nf(n)",
    "f = n\nhelper(f)",
]

FORWARDED = [
    "helper(n)",
    "helper(p, n)",
    "helper(y=n, x=1)",
    "x = helper(n)",
    "return helper(n)",
    "helper(n)\nhelper(p, n)",
    "helper(n + 1)",
    "helper(p + n * 4)",
    "helper(-n)",
    "helper(n > m)",
    "helper((n))",
    "helper(helper(1), n)",
    "if m:\n    helper(n)\nn = 1",
    "for i in range(m):\n    helper(n)",
    "helper(n)\nif m:\n    return\ntl.store(p, q)",
    "f = helper\nf(n)",
    "helper(n, (n := 1))",
    "f = lambda: helper(n)",
    "def f():\n    return helper(n)",
    "x = [helper(n) for i in p]",
    "helper(n)\nreturn\ntl.store(p, n)",
]

OVERWRITTEN = [
    "(lambda x=(n := 1): n)()",
    "n = 1",
    "n = tl.load(p)\ntl.store(q, n)",
    "n: tl.int32 = 1\ntl.store(p, n)",
    "n = x = 1\ntl.store(p, n)",
    "n, x = p, q\ntl.store(p, n)",
    "(n, [x, *y]) = p\ntl.store(p, n)",
    "(x, *n) = p\ntl.store(p, n)",
    "[n] = p\nn += 1",
    "if m:\n    return\nn = tl.load(p)\ntl.store(q, n)",
    "if m:\n    n = 1\nelse:\n    n = 2\ntl.store(p, n)",
    "if m:\n    n = 1\nelif q:\n    n = 2\nelse:\n    n = 3\ntl.store(p, n)",
    "if m:\n    n = 1\nelse:\n    return\ntl.store(p, n)",
    "if m:\n    n = 1\nelse:\n    raise E\ntl.store(p, n)",
    "if m:\n    n = 1\n    tl.store(p, n)",
    "n = 1\nfor i in range(n):\n    n += i",
    "for n in range(m):\n    tl.store(p, n)",
    "for i in range(m):\n    n = i\n    tl.store(p, n)",
    "for i in range(m):\n    if i:\n        continue\n    n = 1\n    tl.store(p, n)",
    "for i in range(m):\n    pass\nelse:\n    n = 1\ntl.store(p, n)",
    "for i in range(m):\n    n = 1\n    break\nelse:\n    n = 2\ntl.store(p, n)",
    "for n, x in p:\n    tl.store(p, n)",
    "while m:\n    n = 1\n    tl.store(p, n)",
    "while True:\n    n = 1\n    if m:\n        break\ntl.store(p, n)",
    "while 1:\n    n = 1\n    if m:\n        break\ntl.store(p, n)",
    "while (n := tl.load(p)) > 0:\n    tl.store(p, n)",
    "if (n := tl.load(p)) > 0:\n    tl.store(p, n)",
    "x = (n := 1) and n",
    "x = n if (n := m) else 1",
    "x = (n := 1) < n",
    "x = (n := 1) + n",
    "p[(n := 1)] = 2\ntl.store(p, n)",
    "x = (n := 1)\nf = lambda: n",
    "n = 1\ndef f():\n    return n",
    "def n():\n    return 1\nx = n()",
    "class n:\n    pass\nx = n()",
    "import x as n\ntl.store(p, n)",
    "from x import n\ntl.store(p, n)",
    "import n.x\ntl.store(p, n)",
    "with p as n:\n    tl.store(p, n)",
    "with p as (x, n):\n    tl.store(p, n)",
    "try:\n    pass\nexcept E as n:\n    tl.store(p, n)",
    "try:\n    n = 1\nexcept E:\n    n = 2\ntl.store(p, n)",
    "try:\n    pass\nfinally:\n    n = 1\ntl.store(p, n)",
    "try:\n    pass\nexcept E:\n    return\nelse:\n    n = 1\ntl.store(p, n)",
    "match m:\n    case n:\n        tl.store(p, n)",
    "match m:\n    case [1, *n]:\n        tl.store(p, n)",
    "match m:\n    case {'a': 1, **n}:\n        tl.store(p, n)",
    "match m:\n    case 1 as n:\n        tl.store(p, n)",
    "match m:\n    case (1 | 2) as n if n:\n        tl.store(p, n)",
    "match m:\n    case 1:\n        n = 1\n    case _:\n        n = 2\ntl.store(p, n)",
    "match m:\n    case 1:\n        n = 1\n    case x:\n        return\ntl.store(p, n)",
    "n = 1\nx = locals()",
    "n = 1\nhelper(n)",
    "x = [(n := i) for i in p]",
]

UNUSED = [
    "pass",
    "...",
    "'n'",
    '"""Docstring that speaks of n and {n}."""',
    "x = 'n'",
    "x = f'n {{n}} {p}'",
    "return\ntl.store(p, n)",
    "return\nn = 1",
    "raise E\ntl.store(p, n)",
    "if m:\n    return\nelse:\n    return\ntl.store(p, n)",
    "if m:\n    return\n    tl.store(p, n)",
    "while True:\n    pass\ntl.store(p, n)",
    "while True:\n    pass\nelse:\n    tl.store(p, n)",
    "for i in range(m):\n    continue\n    tl.store(p, n)",
    "for i in range(m):\n    break\n    tl.store(p, n)",
    "for i in range(m):\n    pass\nelse:\n    return\ntl.store(p, n)",
    "try:\n    return\nfinally:\n    pass\ntl.store(p, n)",
    "with p:\n    return\ntl.store(p, n)",
    "match m:\n    case 1:\n        return\n    case _:\n        return\ntl.store(p, n)",
    "del n",
    "del (n, m)",
    "del n\nx = 1",
    "n: tl.int32",
    "x.n = 1",
    "x = p.n",
    "helper(p, y=1)",
    "tl.load(p, n=1)",
    "x = dict(n=1)",
    "x = [n for n in p]",
    "x = {n: n for n in p}",
    "x = [n for i in p for n in i]",
    "x = [[n for n in p] for i in p]",
    "x = [n for n, i in p if n]",
    "f = lambda n: n",
    "f = lambda *n: n",
    "f = lambda **n: n",
    "f = lambda: [n for n in p]",
    "def f(n):\n    return n",
    "def f(*, n):\n    return n",
    "def f():\n    n = 1\n    return n",
    "def f():\n    for n in p:\n        x = n",
    "def f():\n    with p as n:\n        return n",
    "def f():\n    import n\n    return n",
    "def f():\n    x = lambda: n\n    n = 1",
    "def f():\n    def n():\n        pass\n    return n",
    "def f():\n    if p:\n        n = 1\n    return n",
    "def f(n):\n    def g():\n        return n",
    "# n\npass",
]

CASES = [
    *((body, "read") for body in READ),
    *((body, "forwarded") for body in FORWARDED),
    *((body, "overwritten") for body in OVERWRITTEN),
    *((body, "unused") for body in UNUSED),
]


#: Syntax of newer Pythons: the version that parses it, the body, the verdict.
NEWER = [
    ((3, 11), "try:\n    n = 1\nexcept* E:\n    tl.store(p, n)", "read"),
    ((3, 11), "try:\n    pass\nexcept* E as n:\n    tl.store(p, n)", "overwritten"),
    ((3, 11), "x = p[*n]", "read"),
    ((3, 12), "type x = n", "read"),
    ((3, 12), "type n = p\nx = n", "overwritten"),
    ((3, 12), "x = f'{n + f'{n}'}'", "read"),
]


@pytest.mark.parametrize(("version", "body", "expected"), NEWER, ids=[c[1] for c in NEWER])
def test_verdict_on_newer_syntax(version: tuple[int, int], body: str, expected: str) -> None:
    if sys.version_info < version:
        pytest.skip(f"Python {version[0]}.{version[1]} parses it")
    assert verdict(body) == expected


@pytest.mark.parametrize(("body", "expected"), CASES, ids=[body for body, _ in CASES])
def test_verdict(body: str, expected: str) -> None:
    assert verdict(body) == expected


TWO_KERNELS = KERNEL.format(body="    pass") + "\n\n@triton.jit\ndef other(p, n):\n    n = 0\n"

#: A change of the file, and the number of kernels whose flow is analyzed after it.
CHANGES = {
    "another line at the end": (lambda source: source + "x = 1\n", 0),
    "another line at the top": (lambda source: "import os\n" + source, 0),
    "the other kernel": (lambda source: source.replace("n = 0", "n = 1"), 1),
    "the other kernel reads it": (lambda source: source.replace("n = 0", "n += 1"), 1),
    "a parameter of both": (lambda source: source.replace(" n", " k"), 2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_only_changed_kernels_are_analyzed_again(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit, expected = CHANGES[change]
    before, after = survey(TWO_KERNELS.encode()), edit(TWO_KERNELS).encode()
    fresh = survey(after)
    analyzed: list[str] = []

    def counting(source: str) -> list[Flow]:
        analyzed.append(source)
        return analyze(source)

    analyze = kept_flows._analyzed
    monkeypatch.setattr(kept_flows, "_analyzed", counting)
    assert survey(after, earlier=before.flows) == fresh
    assert len(analyzed) == expected

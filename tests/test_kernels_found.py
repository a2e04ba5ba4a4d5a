"""Which functions are kernels, and what their parameters are, in code as people write it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from tritonlint.survey.facts.module import SurveyOptions
from tritonlint.survey.surveyor import survey

Lint = Callable[..., list[dict[str, Any]]]


def kernels(source: str, *jit_decorators: str) -> list[str]:
    facts = survey(textwrap.dedent(source).encode(), SurveyOptions(frozenset(jit_decorators)))
    assert facts.problems == ()
    return [kernel.qualname for kernel in facts.kernels]


DECORATED = {
    "plain": "import triton\n@triton.jit",
    "called": "import triton\n@triton.jit()",
    "with arguments": "import triton\n@triton.jit(do_not_specialize=['n'], debug=True)",
    "under another name": "import triton as tr\n@tr.jit",
    "imported": "from triton import jit\n@jit",
    "imported under another name": "from triton import jit as kernel_of\n@kernel_of",
    "from its own module": "from triton.runtime.jit import jit\n@jit",
    "by its whole path": "import triton.runtime\n@triton.runtime.jit",
    "handed on by another package": "from vllm.triton_utils import tl, triton\n@triton.jit",
    "handed on, relative": "from ..utils import triton\n@triton.jit",
    "handed on as a module": "import mylib.compat as c\n@c.triton.jit",
    "by a star": "from mylib.compat import *\n@triton.jit",
    "gluon": "from triton.experimental import gluon\n@gluon.jit",
    "gluon, imported": "from triton.experimental.gluon import jit\n@jit",
    "autotuned": "import triton\n@triton.autotune(configs=[], key=['n'])\n@triton.jit",
    "with heuristics": "import triton\n@triton.heuristics({'B': lambda a: 1})\n@triton.jit",
    "both": "import triton\n@triton.autotune([], ['n'])\n@triton.heuristics({})\n@triton.jit",
    "under others' decorators": "import triton\n@libentry()\n@lib.tuner(x=1)\n@triton.jit",
    "between others' decorators": "import triton\n@a\n@triton.autotune([], [])\n@b(1)\n@triton.jit",
    "below others' decorators": "import triton\n@triton.jit\n@b(1)",
    "partial": "import functools, triton\n@functools.partial(triton.jit, debug=True)",
    "partial kept": "import functools, triton\nj = functools.partial(triton.jit, debug=1)\n@j",
    "alias": "import triton\nj = triton.jit\n@j",
    "imported in a try": "try:\n    import triton\nexcept E:\n    triton = None\n@triton.jit",
    "imported if there": "if HAS:\n    import triton\nelse:\n    triton = fake()\n@triton.jit",
    "importorskip": "import pytest\ntriton = pytest.importorskip('triton')\n@triton.jit",
}


@pytest.mark.parametrize("decorated", DECORATED.values(), ids=DECORATED)
def test_these_are_kernels(decorated: str) -> None:
    assert kernels(f"{decorated}\ndef kernel(n):\n    pass\n") == ["kernel"]


OTHERS = {
    "jax": "import jax\n@jax.jit",
    "jax, imported": "from jax import jit\n@jit",
    "numba": "import numba\n@numba.jit",
    "numba, called": "from numba import jit, njit\n@jit(nopython=True)",
    "torch": "import torch\n@torch.jit.script",
    "torch.jit": "import torch\n@torch.jit",
    "a jit of one's own": "from mylib import jit\n@jit",
    "an unknown jit": "@jit",
    "a namespace's jit": "@self.jit",
    "triton, but not jit": "import triton\n@triton.testing.perf_report([])",
    "autotune alone": "import triton\n@triton.autotune([], [])",
    "constexpr_function": "import triton\n@triton.constexpr_function",
    "none": "import triton",
}


@pytest.mark.parametrize("decorated", OTHERS.values(), ids=OTHERS)
def test_these_are_not(decorated: str) -> None:
    assert kernels(f"# triton\n{decorated}\ndef kernel(n):\n    pass\n") == []


PLACES = {
    "in an if": ("if HAS:\n    {}", ["kernel"]),
    "in a try": ("try:\n    {}\nexcept E:\n    pass", ["kernel"]),
    "in an except": ("try:\n    pass\nexcept E:\n    {}", ["kernel"]),
    "in a with": ("with x:\n    {}", ["kernel"]),
    "in a loop": ("for x in y:\n    {}", ["kernel"]),
    "in a match": ("match x:\n  case 1:\n    {}", ["kernel"]),
    "in a class": ("class A:\n    {}", ["A.kernel"]),
    "in a function": ("def f():\n    {}\n    return kernel", ["f.<locals>.kernel"]),
    "in a method": ("class A:\n  def f():\n    {}", ["A.f.<locals>.kernel"]),
    "twice": ("if A:\n    {}\nelse:\n    {}", ["kernel", "kernel"]),
}


@pytest.mark.parametrize(("frame", "expected"), PLACES.values(), ids=PLACES)
def test_kernels_stand_anywhere(frame: str, expected: list[str]) -> None:
    kernel = "@triton.jit\n    def kernel(n):\n        x = 1"
    assert kernels(f"import triton\n{frame.replace('{}', kernel)}\n") == expected


WRAPPED = [
    "kernel = triton.jit(fn)",
    "kernel = triton.jit(do_not_specialize=['n'])(fn)",
    "kernel = triton.autotune(configs=[], key=['n'])(triton.jit(fn))",
    "kernel: object = triton.jit(fn)",
    "launch(triton.jit(fn))",
]


@pytest.mark.parametrize("wrapping", WRAPPED)
def test_a_function_that_is_wrapped_later_is_a_kernel(wrapping: str) -> None:
    assert kernels(
        f"import triton\ndef fn(n):\n    pass\ndef other(n):\n    pass\n{wrapping}\n"
    ) == ["fn"]


def test_a_decorator_of_ones_own_is_told_by_name() -> None:
    source = "from mylib.kernels import device_kernel\n@device_kernel(2)\ndef k(n):\n    pass\n"
    assert kernels(source) == []
    assert kernels(source, "mylib.kernels.device_kernel") == ["k"]
    local = "import mylib as m\n@m.device_kernel\ndef k(n):\n    pass\n"
    assert kernels(local, "mylib.device_kernel") == ["k"]


KERNEL = """\
import torch
import triton
import triton.language as tl
from triton.language import constexpr
from triton.language import constexpr as C
import triton.experimental.gluon.language as gl

CONST = tl.constexpr
LISTED = ["n"]


@triton.jit
def kernel(p, {parameter}):
    tl.store(p, 1)


def launch(x: torch.Tensor, given, count: int, ratio: float, flag: bool):
    size = x.shape[0]
    rows, columns = x.shape
    again = size * 2
    scale = 0.5
    same = x
    out = torch.empty_like(x)
    kernel[(1,)](x, {argument})
"""

KINDS = [
    # From the annotation.
    ("n: tl.constexpr", "given", "constexpr"),
    ("n: triton.language.constexpr", "given", "constexpr"),
    ("n: constexpr", "given", "constexpr"),
    ("n: 'tl.constexpr'", "given", "constexpr"),
    ("n: tl.constexpr | None", "given", "constexpr"),
    ("n: gl.constexpr", "given", "constexpr"),
    ("n: tl.constexpr = 1", "given", "constexpr"),
    ("n: C", "given", "constexpr"),
    ("n: CONST", "given", "constexpr"),
    ("n: tl.int32", "given", "integer"),
    ("n: tl.int64", "given", "integer"),
    ("n: int", "given", "integer"),
    ("n: 'i32'", "given", "integer"),
    ("n: tl.float32", "given", "float"),
    ("n: tl.pointer_type(tl.float32)", "given", "pointer"),
    # From the launch.
    ("n", "x.stride(0)", "integer"),
    ("n", "x.shape[0]", "integer"),
    ("n", "x.size(-1)", "integer"),
    ("n", "x.numel()", "integer"),
    ("n", "len(given)", "integer"),
    ("n", "17", "integer"),
    ("n", "-1", "integer"),
    ("n", "size", "integer"),
    ("n", "rows", "integer"),
    ("n", "again", "integer"),
    ("n", "again // 2 + columns", "integer"),
    ("n", "count", "integer"),
    ("n", "triton.cdiv(size, 16)", "integer"),
    ("n", "triton.next_power_of_2(size)", "integer"),
    ("n", "int(given)", "integer"),
    ("n", "size if given else 1", "integer"),
    ("n", "size / 2", "float"),
    ("n", "1e-5", "float"),
    ("n", "scale", "float"),
    ("n", "ratio * 2", "float"),
    ("n", "float(given)", "float"),
    ("n", "flag", "integer"),
    ("n", "given is None", "integer"),
    ("n", "not given", "integer"),
    ("n", "size > 1", "integer"),
    ("n", "flag & (given is None)", "integer"),
    ("n", "~flag", "integer"),
    ("n", "x", "pointer"),
    ("n", "same", "pointer"),
    ("n", "out", "pointer"),
    ("n", "x.contiguous()", "pointer"),
    ("n", "given.view(-1)", "pointer"),
    ("n", "x if given else None", "pointer"),
    ("n", "torch.zeros(1)", "pointer"),
    ("n", "x[1:]", "pointer"),
    ("n", "x > 0", "pointer"),
    ("n", "x * 2", "pointer"),
    ("n", "x.int()", "pointer"),
    ("n", "~x", "pointer"),
    ("n", "x.T", "pointer"),
    # No launch shows the kind: then the name does, or nothing.
    ("n", "given", "unknown"),
    ("n", "given[0]", "unknown"),
    ("n", "given.attribute", "unknown"),
    ("n", "given.T", "unknown"),
    ("n", "given(1)", "unknown"),
    ("n", "given > 0", "unknown"),
    ("n", "given + 1", "unknown"),
    ("n", "torch.floor(given)", "unknown"),
    ("n", "math.floor(given)", "integer"),
    ("n", "size if given else x", "unknown"),
    ("n_ptr", "given", "pointer"),
    ("n_ptr", "size", "integer"),
    # The default is one more value that it may have.
    ("n=1", "size", "integer"),
    ("n=1", "given", "unknown"),
    ("n=None", "x", "pointer"),
]


@pytest.mark.parametrize(("parameter", "argument", "kind"), KINDS)
def test_kind(lint: Lint, parameter: str, argument: str, kind: str) -> None:
    source = KERNEL.format(parameter=parameter, argument=argument)
    (finding,) = lint({"a.py": source}, "--extend-select", "TRL006")
    assert finding["kind"] == kind


def test_launches_that_disagree_leave_the_kind_open(lint: Lint) -> None:
    source = KERNEL.format(parameter="n", argument="x") + "    kernel[(1,)](x, size)\n"
    (finding,) = lint({"a.py": source})
    assert (finding["code"], finding["kind"]) == ("TRL001", "unknown")


@pytest.mark.parametrize("argument", ["flag", "flag & (given is None)", "not given"])
def test_a_boolean_never_respecializes(lint: Lint, argument: str) -> None:
    source = KERNEL.format(parameter="n", argument=argument)
    assert lint({"a.py": source}) == []
    (finding,) = lint({"a.py": source}, "--select", "TRL006")
    assert finding["variants"]["count"] == 1


COSTS = [
    ("@triton.jit", "n", 3),
    ("@triton.jit(do_not_specialize=['n'])", "n", 1),
    ("@triton.jit(do_not_specialize=[1])", "n", 1),
    ("@triton.jit(do_not_specialize_on_alignment=['n'])", "n", 2),
    ("@triton.jit(do_not_specialize=['p'])", "n", 3),
]


@pytest.mark.parametrize(("decorator", "parameter", "count"), COSTS)
def test_the_decorator_lowers_the_cost(
    lint: Lint, decorator: str, parameter: str, count: int
) -> None:
    source = KERNEL.format(parameter=parameter, argument="size").replace("@triton.jit", decorator)
    found = lint({"a.py": source}, "--extend-select", "TRL006")
    assert [finding["variants"]["count"] for finding in found] == [count]


#: Lists of the decorator, and the one that may lower the cost because it cannot be read.
UNREAD = {
    "do_not_specialize=LISTED": "unless `do_not_specialize` has it",
    "do_not_specialize_on_alignment=f()": "unless `do_not_specialize_on_alignment` has it",
    "do_not_specialize=['p']": "",
}


@pytest.mark.parametrize(("lists", "said"), UNREAD.items())
def test_a_list_that_cannot_be_read_may_lower_the_cost(lint: Lint, lists: str, said: str) -> None:
    source = KERNEL.format(parameter="n", argument="size")
    (finding,) = lint({"a.py": source.replace("@triton.jit", f"@triton.jit({lists})")})
    assert said in finding["message"]
    assert ("unless" in finding["message"]) is bool(said)


STUBS = {
    "an assertion that fails": "tl.static_assert(False, 'not on this backend')",
    "an error": "raise NotImplementedError",
    "an ellipsis": "...",
    "a docstring": "'To be overridden.'",
    "a return": "'To be overridden.'; return None",
}


@pytest.mark.parametrize("body", STUBS.values(), ids=STUBS)
def test_a_stub_is_left_alone_unless_it_is_launched(lint: Lint, body: str) -> None:
    stub = f"import triton\nimport triton.language as tl\n@triton.jit\ndef k(p, n):\n    {body}\n"
    assert lint({"a.py": stub}) == []
    assert len(lint({"a.py": f"{stub}k[(1,)](1, 2)\n"})) == 2

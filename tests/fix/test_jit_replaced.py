"""Code that puts a function which takes no options in the place of `triton.jit`, in many ways."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

SOURCE = """import triton
import triton.language as tl


@triton.jit
def kernel(x, n, B: tl.constexpr):
    tl.store(x, B)


def launch(x):
    kernel[(1,)](x, len(x), B=64)
"""
STRATEGY = ("--fix-strategy", "do-not-specialize")

#: Statements of another file; `F` stands for the function.
REPLACED = {
    "a patch of the object": "mock.patch.object(triton, 'jit', F).start()",
    "by a keyword": "mock.patch.object(triton, 'jit', new=F).start()",
    "with an effect": "mock.patch.object(triton, 'jit', side_effect=F).start()",
    "several attributes": "mock.patch.multiple(triton, jit=F).start()",
    "several attributes of a path": "mock.patch.multiple('triton', jit=F).start()",
    "the loaded module": "sys.modules['triton'].jit = F",
    "its namespace": "triton.__dict__['jit'] = F",
    "its namespace by a function": "vars(triton)['jit'] = F",
    "an update of it": "triton.__dict__.update(jit=F)",
    "a tuple": "triton.jit, old = F, triton.jit",
    "a list": "[old, triton.jit] = triton.jit, F",
    "a star": "*old, triton.jit = [triton.jit, F]",
    "a loop": "for triton.jit in [F]:\n    pass",
    "a with": "with nullcontext(F) as triton.jit:\n    pass",
    "a namespace in its place": "triton = SimpleNamespace(jit=F)",
    "among the modules": "sys.modules['triton'] = SimpleNamespace(jit=F)",
    "a mock in its place": "triton = Mock(jit=F)",
    "a mock that is configured": "triton.configure_mock(**{'jit.side_effect': F})",
    "an object": "class Fake:\n    def jit(self, fn):\n        return Kernel(fn)\ntriton = Fake()",
    "an object's attribute": "class Fake:\n    jit = F\nsys.modules['triton'] = Fake",
    "an object that makes attributes up": """class Fake:
    def __getattr__(self, name):
        return F
triton = Fake()""",
}
#: What makes a kernel of a function, and takes nothing else.
FUNCTIONS = {"a lambda": "(lambda fn: Kernel(fn))", "a class": "Kernel"}
HEAD = "import sys, triton\nclass Kernel:\n    def __init__(self, fn): self.fn = fn\n"


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("code", REPLACED.values(), ids=REPLACED)
def test_what_replaces_it(fix: Callable[..., Any], code: str, function: str) -> None:
    stub = HEAD + re.sub(r"\bF\b", function, code)
    assert fix({"ops.py": SOURCE, "stub.py": stub}, *STRATEGY)["ops.py"] == SOURCE


#: Statements that do not, or whose function takes all options.
IS_FINE = {
    "a patch": "mock.patch.object(triton, 'jit', new=lambda *a, **k: a[0]).start()",
    "a patch by a mock": "mock.patch.object(triton, 'jit').start()",
    "a patch of another library": "mock.patch.object(jax, 'jit', new=lambda fn: Kernel(fn))",
    "several attributes": "mock.patch.multiple('triton', jit=lambda *a, **k: a[0]).start()",
    "an object": "class F:\n    def jit(self, *a, **k): return Kernel(*a)\ntriton = F()",
    "a namespace": "triton = SimpleNamespace(jit=lambda fn=None, **k: fn)",
    "an object of another name": "class F:\n    def jit(self, fn): return Kernel(fn)\nother = F()",
    "a class that hands attributes on": """class TritonWarmup:
    def __getattr__(self, name): return getattr(self.kernel, name)
""",
    "another tuple": "jax.jit, old = f, jax.jit",
    "an option": "triton_kernel = build(jit=use_jit)",
    "a use": "kernels = [old, triton.jit]\nfor f in (triton.jit, old):\n    print(f)",
}


@pytest.mark.parametrize("code", IS_FINE.values(), ids=IS_FINE)
def test_what_does_not(fix: Callable[..., Any], code: str) -> None:
    fixed = fix({"ops.py": SOURCE, "stub.py": HEAD + code}, *STRATEGY)["ops.py"]
    assert '@triton.jit(do_not_specialize=["n"])' in fixed

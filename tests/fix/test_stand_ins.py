"""A function that takes the place of `triton.jit` need not take all forms of its decorator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tritonlint.survey.surveyor import survey

IMPORTED = "import triton\nimport triton.language as tl\n\n\n"
KERNEL = """{decorator}
def kernel(x, n, B: tl.constexpr):
    tl.store(x, B)


def launch(x):
    kernel[(1,)](x, len(x), B=64)
"""
BARE, LISTED = "@triton.jit", '@triton.jit(do_not_specialize=["n"])'
ADDED = '@triton.jit{+(do_not_specialize=["n"])+}'
STRATEGY = ("--fix-strategy", "do-not-specialize")


UTILS = """def identity(fn):
    return fn


def null_decorator(*args, **kwargs):
    return args[0] if args else lambda fn: fn


def make():
    return null_decorator
"""


def with_kernel(code: str) -> str:
    return code + "\n\n" + KERNEL.format(decorator=BARE)


CLASS = """\
try:
    import triton
    import triton.language as tl
except ImportError:
    class triton:
        {jit}
    class tl:
        constexpr = int
"""
IDENTITY = "return fn"

#: Files whose `jit` takes only the function, which the kernel's file may be run with.
TAKES_NO_OPTIONS = {
    "a static method": CLASS.format(jit="jit = staticmethod(lambda fn: fn)"),
    "a function of a class": CLASS.format(jit="def jit(fn): return fn"),
    "a method of a placeholder": """class TritonPlaceholder:
    def jit(self, fn): return fn
triton = TritonPlaceholder()
""",
    "what a method makes": """class TritonPlaceholder:
    def __init__(self):
        self.jit = self.make("jit")
    def make(self, name):
        def decorator(fn): return fn
        return decorator
""",
    "a lambda of a module": """import sys, types
triton = types.ModuleType("triton")
triton.jit = lambda fn: fn
sys.modules["triton"] = triton
""",
    "an attribute of any object": """import sys, types
def install():
    module = types.ModuleType("triton")
    module.jit = lambda fn: fn
    sys.modules["triton"] = module
""",
    "a function by its name": """import fake_triton
def null_decorator(fn): return fn
fake_triton.jit = null_decorator
""",
    "of another package": "import triton\nfrom other import jit\ntriton.jit = jit\n",
    "of another file": "import triton\nfrom utils import identity\ntriton.jit = identity\n",
    "of another file, made": "import triton\nfrom utils import make\ntriton.jit = make()\n",
    "a keyword": """import sys
from types import SimpleNamespace
sys.modules["triton"] = SimpleNamespace(jit=lambda fn: fn)
""",
    "an item": """import sys
sys.modules["triton"] = type("Stub", (), {"jit": staticmethod(lambda fn: fn)})
""",
    "a patch": """def test(monkeypatch):
    import triton
    monkeypatch.setattr(triton, "jit", lambda fn: fn)
""",
    "a patch by its path": """from unittest import mock
def test():
    with mock.patch("triton.jit", lambda fn: fn): import kernels
""",
    "one of two targets": """import triton
triton.jit = triton.heuristics = lambda fn: fn
""",
    "an annotated attribute": """class triton:
    jit: object = staticmethod(lambda fn: fn)
""",
    "a patch by a keyword": """from unittest import mock
def test():
    with mock.patch("triton.jit", new=lambda fn: fn): import kernels
""",
    "a mock with an effect": """from unittest.mock import MagicMock
import triton
triton.jit = MagicMock(side_effect=lambda fn: fn)
""",
    "the effect of a mock": """from unittest.mock import MagicMock
triton = MagicMock()
triton.jit.side_effect = lambda fn: fn
""",
    "the effect of a mock by its name": """from unittest.mock import MagicMock
triton = MagicMock(**{"jit.side_effect": lambda fn: fn})
""",
    "the effect of a patch": """from unittest import mock
def test():
    with mock.patch("triton.jit") as jit:
        jit.side_effect = lambda fn: fn
        import kernels
""",
    "what a patch wraps": """from unittest import mock
def test():
    with mock.patch("triton.jit", wraps=lambda fn: fn): import kernels
""",
    "one of several names": """import sys, types
def stub(fn): return fn
module = types.ModuleType("triton")
for name in ["jit", "autotune"]:
    setattr(module, name, stub)
""",
    "an attribute that is made up by what is imported": """try:
    import triton
except ImportError:
    class Missing:
        def __getattr__(self, name):
            return lambda fn: fn
    triton = Missing()
""",
    "an attribute that is made up": """import sys
class Stub:
    def __getattr__(self, name):
        return lambda fn: fn
sys.modules["triton"] = Stub()
""",
    "named options": "class triton:\n    def jit(fn=None, debug=False): return fn\n",
    "beside an import": """try:
    from triton import jit
except ImportError:
    def jit(fn):
        raise ImportError("no Triton")
""",
}


@pytest.mark.parametrize("stand_in", TAKES_NO_OPTIONS.values(), ids=TAKES_NO_OPTIONS)
@pytest.mark.parametrize("named", [False, True], ids=["the tree", "the file alone"])
def test_one_that_takes_no_options_gets_none(
    tritonlint: Callable[..., Any], write: Callable[..., Any], stand_in: str, named: bool
) -> None:
    root = write({"kernels.py": with_kernel(IMPORTED), "stub.py": stand_in, "utils.py": UTILS})
    what = root / "kernels.py" if named else root
    run = tritonlint("--fix", "--no-cache", "--output-format", "full", *STRATEGY, what)
    assert "may stand for Triton's, and takes no `do_not_specialize`" in " ".join(run.out.split())
    assert (root / "kernels.py").read_text() == with_kernel(IMPORTED)


#: Files with the same function, and whether it may take the place of Triton's.
PATHS = {
    "fakes/triton/__init__.py": True,
    "fakes/triton.py": True,
    "fakes/compiler.py": False,
    "fakes/__init__.py": False,
}


@pytest.mark.parametrize(("name", "may_be"), PATHS.items(), ids=PATHS)
def test_a_file_with_the_name_of_triton(fix: Callable[..., Any], name: str, may_be: bool) -> None:
    stub = "def jit(fn):\n    return fn\n"
    files = {"kernels.py": with_kernel(IMPORTED), name: stub}
    assert (fix(files, *STRATEGY)["kernels.py"] == files["kernels.py"]) == may_be


def test_one_in_the_file_of_the_kernel(fix: Callable[..., Any]) -> None:
    source = CLASS.format(jit="def jit(fn): return fn") + "\n\n" + KERNEL.format(decorator=BARE)
    assert fix({"kernels.py": source}, *STRATEGY)["kernels.py"] == source


#: Files with something else.
IS_FINE = {
    "all options": "class triton:\n    def jit(fn=None, **options): return fn\n",
    "this option": "class triton:\n    def jit(fn=None, *, do_not_specialize=()): return fn\n",
    "anything": "class triton:\n    def jit(*args, **kwargs): return args[0]\n",
    "made, for anything": """class TritonPlaceholder:
    def __init__(self):
        self.jit = self.make("jit")
    def make(self, name):
        def decorator(*args, **kwargs): return args[0]
        return decorator
""",
    "anything, in another file": """try:
    import triton
except ImportError:
    from unittest.mock import MagicMock
    from utils import null_decorator
    triton = MagicMock()
    triton.jit = null_decorator
""",
    "a mock": "from unittest.mock import MagicMock\nimport triton\ntriton.jit = MagicMock()\n",
    "a function with another purpose": "import triton\ndef jit(kernel, stream=None): run(kernel)\n",
    "a flag": "import triton\ncompile(f, jit=True)\n",
    "Triton's own overloads": """import triton
from typing import overload
@overload
def jit(fn): ...
def jit(fn=None, *, do_not_specialize=None): return fn
""",
    "a patch of another library": """import triton
def test(monkeypatch):
    monkeypatch.setattr(jax, "jit", lambda fn: fn)
""",
    "beside an import of another library": """import triton
try:
    from numba import jit
except ImportError:
    def jit(fn):
        raise ImportError("no numba")
""",
    "a property that returns its object": """import triton
class Buffer:
    @property
    def jit(self): return self
""",
    "another library": "import jax\njax.jit = lambda fn: fn\n",
}


@pytest.mark.parametrize("other", IS_FINE.values(), ids=IS_FINE)
def test_what_is_fine(check_fix: Callable[..., Any], other: str) -> None:
    check_fix(KERNEL.format(decorator=ADDED), {"stub.py": other, "utils.py": UTILS}, *STRATEGY)


NEEDS_OPTIONS = """class triton:
    @staticmethod
    def jit(*, do_not_specialize=()): return lambda fn: fn
"""


@pytest.mark.parametrize("stub", [NEEDS_OPTIONS, ""], ids=["needs options", "none"])
def test_one_that_needs_options_keeps_them(fix: Callable[..., Any], stub: str) -> None:
    source = IMPORTED + KERNEL.format(decorator=LISTED)
    fixed = fix({"kernels.py": source, "stub.py": stub}, "--output-format", "json")
    assert (fixed["kernels.py"] == source) == bool(stub)
    assert ("always needs options" in fixed.out) == bool(stub)


def test_one_that_needs_options_keeps_a_name_that_means_nothing(fix: Callable[..., Any]) -> None:
    kernel = '@triton.jit(do_not_specialize=["m"])\ndef kernel(x):\n    tl.store(x, 0)\n'
    fixed = fix({"kernels.py": IMPORTED + kernel, "stub.py": NEEDS_OPTIONS})
    assert fixed["kernels.py"] == IMPORTED + kernel


#: Functions that return calls of each other, on the way to what may stand for `triton.jit`.
CIRCLES = {
    "itself": "class P:\n    def __getattr__(self, name):\n"
    "        return self._config.__getattr__(self._prefix + name)\n",
    "each other": "def __getattr__(name):\n    return a(name)\n\n\ndef a(n):\n    return b(n)\n\n\n"
    "def b(n):\n    return a(n)\n",
    "many ways": "def __getattr__(name):\n    return f0(name)\n"
    + "".join(
        f"\n\ndef f{i}(n):\n    if n:\n        return f{i + 1}(1)\n    return f{i + 1}(2)\n"
        for i in range(24)
    ),
}


@pytest.mark.parametrize("other", CIRCLES.values(), ids=CIRCLES)
def test_functions_that_return_calls_of_each_other(other: str) -> None:
    facts = survey(f"import triton\n\n\n{other}".encode())
    assert (facts.problems, facts.stand_ins) == ((), ())

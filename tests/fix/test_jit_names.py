"""What the name of a kernel's decorator may stand for, and whether it takes options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

KERNEL = """

@{name}
def kernel(x, n, B: tl.constexpr):
    tl.store(x, B)


def launch(x):
    kernel[(1,)](x, len(x), B=64)
"""
HEAD = "import triton\nimport triton.language as tl\n"
TRIED = """try:
    from triton import jit
    import triton.language as tl
except ImportError:
    {}
"""
MODULE = """try:
    import triton
    import triton.language as tl
except ImportError:
    {}
"""
STRATEGY = ("--fix-strategy", "do-not-specialize")

OTHERS = {
    "fk.py": """def jit(fn):
    return fn


def ident(fn):
    return fn


def anything(*args, **options):
    return args[0] if args else ident


class Fake:
    @staticmethod
    def jit(fn):
        return fn
""",
    "wraps.py": "import triton\n\n\ndef jit(f):\n    return triton.jit(f)\n",
    "wraps_all.py": """import triton


def jit(fn=None, **options):
    return triton.jit(fn, **options)
""",
    "both.py": """try:
    import triton
except ImportError:
    import fk as triton
""",
    "fine.py": """try:
    import triton
except ImportError:
    triton = None
""",
    "hands_on.py": "from triton import jit\n",
}

#: Code above a kernel, and the name of its decorator, which may take no options.
MAY_TAKE_NONE = {
    "a wrapper": (f"{HEAD}def jit(f):\n    return triton.jit(f)\n", "jit"),
    "a wrapper with a condition": (
        f"{HEAD}def jit(fn):\n    return triton.jit(fn) if HAS_TRITON else fn\n",
        "jit",
    ),
    "a wrapper with another option": (
        f"{HEAD}def jit(fn=None, *, debug=False):\n    return triton.jit(fn, debug=debug)\n",
        "jit",
    ),
    "a decorated wrapper": (
        f"{HEAD}@checked\ndef jit(fn=None, **options):\n    return triton.jit(fn, **options)\n",
        "jit",
    ),
    "a wrapper of another file": (f"{HEAD}from wraps import jit\n", "jit"),
    "a wrapper in a module": (f"{HEAD}import wraps\n", "wraps.jit"),
    "a wrapper by a star": ("import triton.language as tl\nfrom wraps import *\n", "jit"),
    "a stand-in of another file": (TRIED.format("from fk import jit"), "jit"),
    "one under another name": (TRIED.format("from fk import ident as jit"), "jit"),
    "an attribute of a module": (TRIED.format("import fk; jit = fk.ident"), "jit"),
    "of a package that is not there": (TRIED.format("from elsewhere import jit"), "jit"),
    "a module": (MODULE.format("import fk as triton"), "triton.jit"),
    "a module by a call": (MODULE.format("triton = __import__('fk')"), "triton.jit"),
    "a class of a module": (MODULE.format("from fk import Fake as triton"), "triton.jit"),
    "a module of another file": (
        "import triton.language as tl\nfrom both import triton\n",
        "triton.jit",
    ),
    "a lambda": (TRIED.format("jit = lambda fn: Kernel(fn)"), "jit"),
    "a class": (TRIED.format("class jit: pass"), "jit"),
    "a builtin": (TRIED.format("jit = staticmethod"), "jit"),
    "of the standard library": (TRIED.format("from typing import final as jit"), "jit"),
    "an attribute of the standard library": (
        TRIED.format("import functools; jit = functools.lru_cache"),
        "jit",
    ),
    "one of two": (
        TRIED.format("import fk; jit = fk.anything if SLOW else (lambda fn: fn)"),
        "jit",
    ),
    "a partial function": (TRIED.format("jit = functools.partial(pick, 0)"), "jit"),
    "what a call returns": (TRIED.format("jit = make()"), "jit"),
    "in a loop": (f"{HEAD}for jit in [triton.jit, other]:\n    pass\n", "jit"),
}

#: The same, of decorators that surely take them.
TAKES_THEM = {
    "Triton's own": (HEAD, "triton.jit"),
    "from Triton": (f"{HEAD}from triton import jit\n", "jit"),
    "Triton under another name": (f"{HEAD}import triton as t\n", "t.jit"),
    "of a module of Triton": (f"{HEAD}from triton.runtime.jit import jit\n", "jit"),
    "Gluon's": (f"{HEAD}from triton.experimental import gluon\n", "gluon.jit"),
    "by a call": ("import triton.language as tl\ntriton = importorskip('triton')\n", "triton.jit"),
    "a name for it": (f"{HEAD}jit = triton.jit\n", "jit"),
    "a partial of it": (f"{HEAD}jit = functools.partial(triton.jit, debug=True)\n", "jit"),
    "handed on": (f"{HEAD}from hands_on import jit\n", "jit"),
    "Triton, handed on": ("import triton.language as tl\nfrom fine import triton\n", "triton.jit"),
    "Triton of a package that is not there": (
        "from vllm.triton_utils import tl, triton\n",
        "triton.jit",
    ),
    "not there": (MODULE.format("triton = None"), "triton.jit"),
    "a mock": (MODULE.format("triton = MagicMock()"), "triton.jit"),
    "a mock function": (TRIED.format("jit = MagicMock()"), "jit"),
    "a stand-in": (TRIED.format("def jit(fn=None, **options): return fn"), "jit"),
    "a stand-in with this option": (
        TRIED.format("def jit(fn=None, *, do_not_specialize=()): return fn"),
        "jit",
    ),
    "a stand-in that is a lambda": (TRIED.format("jit = lambda *a, **k: (lambda f: f)"), "jit"),
    "a stand-in of another file": (TRIED.format("from fk import anything as jit"), "jit"),
    "one of two": (
        TRIED.format("import fk; jit = fk.anything if SLOW else (lambda *a, **k: a[0])"),
        "jit",
    ),
    "a wrapper that hands them on": (f"{HEAD}from wraps_all import jit\n", "jit"),
}


def after_a_fix(fix: Callable[..., Any], head: str, name: str, *options: str) -> Any:
    return fix({**OTHERS, "ops.py": head + KERNEL.format(name=name)}, *options)


@pytest.mark.parametrize(("head", "name"), MAY_TAKE_NONE.values(), ids=MAY_TAKE_NONE)
def test_what_may_take_no_options_gets_none(fix: Callable[..., Any], head: str, name: str) -> None:
    assert "(do_not_" not in after_a_fix(fix, head, name, *STRATEGY)["ops.py"]


@pytest.mark.parametrize(("head", "name"), TAKES_THEM.values(), ids=TAKES_THEM)
def test_what_takes_options_gets_them(fix: Callable[..., Any], head: str, name: str) -> None:
    fixed = after_a_fix(fix, head, name, *STRATEGY)["ops.py"]
    assert f'@{name}(do_not_specialize=["n"])' in fixed


def test_the_reason(fix: Callable[..., Any]) -> None:
    options = (*STRATEGY, "--output-format", "full")
    fixed = after_a_fix(fix, *MAY_TAKE_NONE["a wrapper"], *options)
    reason = "`@jit` may not be Triton's, and may take no `do_not_specialize`"
    assert reason in " ".join(fixed.out.split())


def test_one_that_may_always_need_options_keeps_them(fix: Callable[..., Any]) -> None:
    head = f"{HEAD}def jit(*, do_not_specialize=()):\n    def make(f): return triton.jit(f)\n"
    head += "    return make\n"
    source = head + KERNEL.format(name='jit(do_not_specialize=["n"])')
    fixed = fix({"ops.py": source}, "--output-format", "json")
    assert fixed["ops.py"] == source
    assert "may always need options" in fixed.out

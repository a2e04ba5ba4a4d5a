"""A parameter of a private function goes, if only a dropped argument reads it.

The text between `[-` and `-]` is removed, and nothing else is (`conftest.sides`).
"""

from __future__ import annotations

import textwrap

import pytest

KERNEL = """
@triton.jit
def kernel(x[-, n-], m):
    tl.store(x, m)


"""
LAUNCH = """
def _launch(x[-, n-]):
    kernel[(1,)](x[-, n-], m=1)
"""

#: Functions that launch the kernel, with their callers.
GOES = {
    "by position": LAUNCH
    + """

def call(x, n):
    _launch(x[-, n-])
""",
    "by keyword": LAUNCH
    + """

def call(x, n):
    _launch([-n=n, -]x=x)
""",
    "several calls": LAUNCH
    + """

def call(x, n):
    if n:
        _launch(x[-, n-])
    return [1, _launch(x[-, n=n + 1-])]

_launch(1[-, 2-])
""",
    "with what only fed it": LAUNCH
    + """

def call(x):
[-    n = x.shape[0]
-]    _launch(x[-, n-])
""",
    "through several functions": LAUNCH
    + """

def _between(x, *[-, n-]):
    _launch(x[-, n-])


def call(x, n):
    _between(x[-, n=n-])
""".replace("x, *[-, n-]", "x[-, *, n-]"),
    "a default": """
def _launch(x[-, n: int = 4-], m=2):
    kernel[(1,)](x[-, n-], m=m)


def call(x, n):
    _launch(x)
    _launch(x, m=1)
    _launch(x[-, n-], 1)
    _launch(x[-, n-])
""",
    "by position only": """
def _launch([-n, -]x, /):
    kernel[(1,)](x[-, n-], m=1)


def call(x, n):
    _launch([-n, -]x)
""",
    "its lines in the docstring and a comment": '''
def _launch(
    x,
[-    # n: the length
    n,
-]    m,
):
    """Launch it.

    Args:
        x: a tensor.
[-        n: its length,
            in elements.
-]        m: a number.
    """
    kernel[(1,)](x[-, n-], m)


def call(x, n):
    # _launch takes three
    _launch(x[-, n-], 1)
''',
    "in a lambda and a comprehension": LAUNCH
    + """

call = lambda n: _launch(1[-, n-])
called = [_launch(1[-, n-]) for n in numbers]
""",
    "on one line": """
def _launch(x[-, n-]): kernel[(1,)](x[-, n-], m=1)


def call(x, n):
    _launch(x[-, n-])
""",
}

#: The same for parameters that stay.
STAYS = {
    "nobody calls it": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n",
    "a name with another spelling": "def _launch(x, \u2113):\n"
    "    kernel[(1,)](x[-, \u2113-], m=1)\n\n\n_launch(1, 2)\n",
    "a public function": "def launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n",
    "a name for classes": "def __launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n",
    "a comment keeps it": "def _launch(\n    x,\n    n,  # kept for parity\n):\n"
    "    kernel[(1,)](x[-, n-], m=1)\n\n\n_launch(1, 2)\n",
    "a method": "class A:\n    def _launch(x, n):\n        kernel[(1,)](x[-, n-], m=1)\n",
    "a function in a function": "def f():\n    def _launch(x, n):\n"
    "        kernel[(1,)](x[-, n-], m=1)\n    _launch(1, 2)\n",
    "a decorator": "@wrapped\ndef _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n",
    "async": "async def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n",
    "any arguments": "def _launch(x, n, *args):\n    kernel[(1,)](x[-, n-], m=1)\n",
    "any keywords": "def _launch(x, n, **options):\n    kernel[(1,)](x[-, n-], m=1)\n",
    "it is read": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n    return n\n",
    "it is set": "def _launch(x, n):\n    n = n or 1\n    kernel[(1,)](x[-, n-], m=1)\n",
    "it may be read by name": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n"
    "    return locals()\n",
    "a function inside reads it": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n"
    "    return lambda: n\n",
    "defined twice": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n\n\n"
    "if x:\n    def _launch(x, n):\n        return n\n",
    "replaced": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n\n\n_launch = wrap(1)\n",
    "deleted": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n\n\ndel _launch\n",
    "given away": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n\n\nregister(_launch)\n",
    "in a partial": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n\n\n"
    "run = functools.partial(_launch, n=2)\n",
    "a string names it": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n\n\n"
    "__all__ = ['_launch']\n",
    "arguments are unpacked": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n\n\n"
    "def call(a):\n    _launch(*a)\n",
    "keywords are unpacked": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n\n\n"
    "def call(a):\n    _launch(1, **a)\n",
    "an effect": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n\n\n"
    "def call(a):\n    _launch(1, a.pop())\n",
    "an effect in the default": "def _launch(x, n=count()):\n    kernel[(1,)](x[-, n-], m=1)\n",
    "an effect in the annotation": "def _launch(x, n: kind()):\n    kernel[(1,)](x[-, n-], m=1)\n",
    "an error that is caught": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n\n\n"
    "def call(a):\n    try:\n        _launch(1, a[0])\n    except IndexError:\n        pass\n",
    "a call that does not fit": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n\n\n"
    "_launch(1)\n",
    "a parameter has its name": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n\n\n"
    "def call(_launch):\n    _launch(1, 2)\n",
    "it calls itself": "def _launch(x, n):\n    kernel[(1,)](x[-, n-], m=1)\n    _launch(x, n)\n",
}

#: Other files, each of which is a reason to leave the parameter.
OTHERS = {
    "an import": ("other.py", "from kernels import _launch\n_launch(1, 2)\n"),
    "a star": ("other.py", "from kernels import *\nprint('_launch')\n"),
    "an attribute": ("other.py", "import kernels\nkernels._launch(1, n=2)\n"),
    "a name that is built": (
        "other.py",
        "import kernels\nkind = 'launch'\ngetattr(kernels, f'_{kind}')(1, 2)\n",
    ),
    "a name with a constant in it": (
        "other.py",
        "import importlib\nPREFIX = '_lau'\nops = importlib.import_module('kernels')\n"
        "getattr(ops, PREFIX + kind)(1, 2)\n",
    ),
    "a path": ("other.py", "patch('kernels._launch', lambda x, n: None)\n"),
    "a file that cannot be parsed": ("other.py", "from kernels import (_launch\n"),
    "a notebook": (
        "other.ipynb",
        '{"cells": [{"cell_type": "code", "source": ["kernels._launch(1, 2)"]}]}',
    ),
    "code of another language": ("other.cpp", 'module.attr("_launch")(1, 2);\n'),
}


@pytest.mark.parametrize("functions", GOES.values(), ids=GOES)
def test_a_private_function(check_fix, functions):
    fixed = check_fix(KERNEL + functions)
    assert "`_" not in fixed.err


@pytest.mark.parametrize("functions", STAYS.values(), ids=STAYS)
def test_a_parameter_that_stays(check_fix, functions):
    check_fix(KERNEL + functions)


def test_what_stays_is_reported(check_fix):
    fixed = check_fix(KERNEL + STAYS["a public function"])
    said = "nothing reads the parameter `n` of `launch` any more: remove it, unless its callers"
    assert said in fixed.err


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_file_that_may_call_it(check_fix, other):
    name, text = other
    launch = LAUNCH.replace("x[-, n-]):", "x, n):") + "\n\n_launch(1, 2)\n"
    fixed = check_fix(KERNEL + launch, {name: textwrap.dedent(text)})
    assert "the parameter `n` of `_launch`" in fixed.err

"""Names of modules that other code replaces, so that calls of them may have an effect."""

from __future__ import annotations

import pytest

KERNELS = """import math
import sys
import triton
import triton.language as tl
from lib import far


@triton.jit
def kernel(x[-, n-]):
    tl.store(x, 0)


def rows(x):
    return inner(x)


def inner(x):
    return 3


def launch(x):
    kernel[(1,)](x[-, {}-])
"""
LIB = "def far(x):\n    return near(x)\n\n\ndef near(x):\n    return 3\n"
COUNTED = """import lib, kernels, math, sys, triton


def counted(x):
    print(x)
    return 3
"""

#: An argument, code of another file, and whether the argument may be dropped.
OUTSIDE = {
    "an attribute of a module": ("rows(x)", "kernels.rows = counted", False),
    "what a function calls": ("rows(x)", "kernels.inner = counted", False),
    "an attribute of what runs": (
        "rows(x)",
        "import __main__\n__main__.rows = lambda x: print(x) or 3",
        False,
    ),
    "by setattr": ("rows(x)", "setattr(kernels, 'rows', counted)", False),
    "in sys.modules": ("rows(x)", "sys.modules['kernels'].rows = counted", False),
    "by importlib": (
        "rows(x)",
        "import importlib\nimportlib.import_module('kernels').rows = counted",
        False,
    ),
    "in its dictionary": ("rows(x)", "vars(kernels)['rows'] = counted", False),
    "in its __dict__": ("rows(x)", "kernels.__dict__['rows'] = counted", False),
    "by update": ("rows(x)", "vars(kernels).update(rows=counted)", False),
    "by monkeypatch": (
        "rows(x)",
        "def test(monkeypatch):\n    monkeypatch.setattr(kernels, 'rows', counted)",
        False,
    ),
    "by monkeypatch with a path": (
        "rows(x)",
        "def test(monkeypatch):\n    monkeypatch.setattr('kernels.rows', counted)",
        False,
    ),
    "by a mock": (
        "rows(x)",
        "from unittest import mock\nwith mock.patch('kernels.rows') as m:\n    m()",
        False,
    ),
    "by a mock of an object": (
        "rows(x)",
        "from unittest.mock import patch\n\n\n@patch.object(kernels, 'rows')\ndef test(m): ...",
        False,
    ),
    "by several mocks": (
        "rows(x)",
        "from unittest.mock import patch\npatch.multiple(kernels, rows=counted).start()",
        False,
    ),
    "a function of another file": ("far(x)", "lib.far = counted", False),
    "what a function of another file calls": ("far(x)", "lib.near = counted", False),
    "a function of a library": ("math.prod(x.shape)", "math.prod = counted", False),
    "Triton's own": ("triton.cdiv(3, 4)", "setattr(triton, 'cdiv', counted)", False),
    "by a path in a constant": (
        "rows(x)",
        "from unittest.mock import patch\nTARGET = 'kernels.rows'\npatch(TARGET).start()",
        False,
    ),
    "by a path that is built": (
        "rows(x)",
        "from unittest.mock import patch\npatch(f'{kernels.__name__}.rows').start()",
        False,
    ),
    "by keywords of a mock": (
        "rows(x)",
        "from unittest.mock import patch\npatch.object(target=kernels, attribute='rows').start()",
        False,
    ),
    "by an attribute in a constant": (
        "rows(x)",
        "from unittest.mock import patch\nNAME = 'rows'\npatch.object(kernels, NAME).start()",
        False,
    ),
    "of a module that is a fixture": (
        "rows(x)",
        "def test(monkeypatch, module):\n    monkeypatch.setattr(module, 'rows', counted)",
        False,
    ),
    "by a spy": ("rows(x)", "def test(mocker):\n    mocker.spy(kernels, 'rows')", False),
    "one of two": ("rows(x)", "old, kernels.rows = kernels.rows, counted", False),
    "by a mock around it": (
        "triton.cdiv(3, 4)",
        "from unittest import mock\nmock.patch.object(triton, 'cdiv', wraps=triton.cdiv).start()",
        False,
    ),
    "a function with this name of another library": (
        "triton.cdiv(3, 4)",
        "from unittest import mock\nmock.patch('others.cdiv').start()",
        True,
    ),
    "a property": (
        "x.width",
        "from unittest import mock\nmock.patch('lib.Pool.width', new_callable=counted).start()",
        False,
    ),
    "a method of a class": (
        "x.size(0)",
        "from unittest.mock import patch\npatch.object(lib.Pool, 'size', autospec=True).start()",
        False,
    ),
    "another name": ("rows(x)", "kernels.columns = counted", True),
    "a function without an effect": ("rows(x)", "kernels.rows = lambda x: 4", True),
    "a constant": ("rows(x)", "kernels.rows = 4", True),
    "an attribute of a class": ("rows(x)", "kernels.Rows.rows = counted", True),
    "an attribute of an object": ("rows(x)", "class A: ...\n\n\nA().rows = counted", True),
    "only a mention": ("rows(x)", "NAMES = ['rows']\nprint(kernels.rows)", True),
}


@pytest.mark.parametrize(("argument", "other", "is_pure"), OUTSIDE.values(), ids=OUTSIDE)
def test_another_file_may_replace_a_name(fix_whole, argument, other, is_pure):
    files = {"kernels.py": KERNELS.format(argument), "lib.py": LIB}
    assert bool(fix_whole({**files, "test_it.py": f"{COUNTED}\n\n{other}\n"})) == is_pure


def test_the_reason_says_where(fix_whole):
    files = {"kernels.py": KERNELS.format("rows(x)"), "lib.py": LIB}
    outcome = fix_whole({**files, "test_it.py": f"{COUNTED}\n\nkernels.rows = counted\n"})
    (reason,) = outcome.reasons
    assert reason.startswith("n unsafe: `rows(x)` at kernels.py may have an effect: ")
    assert reason.endswith("test_it.py replaces `rows`")


#: Code of the same file that gives the name `rows` another value.
INSIDE = [
    "globals()['rows'] = counted",
    "vars()['rows'] = counted",
    "sys.modules[__name__].rows = counted",
    "setattr(sys.modules[__name__], 'rows', counted)",
    "sys.modules[__name__].__dict__['rows'] = counted",
    "def init():\n    globals()['rows'] = counted",
]


@pytest.mark.parametrize("code", INSIDE)
def test_the_file_itself_may_replace_a_name(fix_whole, code):
    counted = "\n\ndef counted(x):\n    print(x)\n    return 3\n\n\n"
    files = {"kernels.py": KERNELS.format("rows(x)") + counted + code + "\n", "lib.py": LIB}
    assert not fix_whole(files)
    kernels = files["kernels.py"].replace("rows'", "other'").replace(".rows =", ".other =")
    files["kernels.py"] = kernels
    assert fix_whole(files)


def test_an_update_of_all_names_is_for_a_person(fix_whole):
    code = "\n\ndef counted(x):\n    print(x)\n    return 3\n\n\nglobals().update(rows=counted)\n"
    assert not fix_whole({"kernels.py": KERNELS.format("rows(x)") + code, "lib.py": LIB})


HOOK = """import sys
import triton
import triton.language as tl

KEY = "m"


@triton.jit
def kernel(x[-, n-], m):
    tl.store(x, m)


def launch(x):
    kernel[lambda meta: (meta[KEY],)](x[-, 2-], 3)


{}
"""


@pytest.mark.parametrize(
    ("code", "is_safe"),
    [
        ("globals()['KEY'] = 'n'", False),
        ("sys.modules[__name__].KEY = 'n'", False),
        ("setattr(sys.modules[__name__], 'KEY', 'n')", False),
        ("globals()['KEY'] = find()", False),
        ("globals()['OTHER'] = 'n'", True),
        ("globals()['KEY'] = 'k'", True),
    ],
)
def test_a_key_of_the_arguments_may_be_set_by_its_name(fix_whole, code, is_safe):
    assert bool(fix_whole({"kernels.py": HOOK.format(code)})) == is_safe


TUNED = """import sys
import triton
import triton.language as tl


@triton.autotune([triton.Config({{"B": 3}})], key=["m"])
@triton.jit
def kernel(x[-, n-], m, B: tl.constexpr):
    tl.store(x, m + B)


def launch(x):
    kernel[(1,)](x[-, 2-], 3)


def hook(args):
    print(args["n"])


{}
"""

#: Code that may replace `triton.Config`, and whether a fix stays safe. fla-core has its own tuner
#: in the place of `triton.autotune`, which treats all arguments alike.
CONFIGS = {
    "by a lambda": ("old = triton.Config\ntriton.Config = lambda d: old(d, pre_hook=hook)", False),
    "by setattr": ("setattr(triton, 'Config', counted)", False),
    "by monkeypatch": (
        "def test(monkeypatch):\n    monkeypatch.setattr(triton, 'Config', counted)",
        False,
    ),
    "by its path in sys.modules": ("sys.modules['triton'].Config = counted", False),
    "under another name": ("import triton as t\nt.Config = counted", False),
    "another module's": ("import lib\nlib.Config = counted", True),
    "a mock of another module's": (
        "from unittest import mock\nmock.patch('uvicorn.Config').start()",
        True,
    ),
    "another tuner": ("triton.autotune = counted", True),
    "by a mock": ("from unittest import mock\nmock.patch('triton.Config').start()", False),
    "something else": ("triton.next_power_of_2 = counted", True),
    "one that does nothing": ("triton.Config = lambda *a, **k: None", True),
}


@pytest.mark.parametrize(("code", "is_safe"), CONFIGS.values(), ids=CONFIGS)
def test_configs_may_be_replaced(fix_whole, code, is_safe):
    assert bool(fix_whole({"kernels.py": TUNED.format(code)})) == is_safe
    files = {"kernels.py": TUNED.format("print()"), "test_it.py": f"{COUNTED}\n\n{code}\n"}
    assert bool(fix_whole(files)) == is_safe

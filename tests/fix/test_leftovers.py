"""Code that only fed a dropped argument or parameter is removed with it, and nothing else is."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest
from tests.fix.conftest import module, sides

KERNEL = """
@triton.jit
def kernel(x[-, n-]):
    tl.store(x, 0)


"""

#: Bodies of functions that launch `kernel`.
HOSTS = {
    "a local": """
        def launch(x):
        [-    n = x.shape[0]
        -]    kernel[(1,)](x[-, n-])
    """,
    "a chain of locals": """
        def launch(x):
        [-    rows = x.shape[0]
            n = triton.cdiv(rows, 4)
        -]    kernel[(1,)](x[-, n-])
    """,
    "a local that something else reads": """
        def launch(x):
            n = x.shape[0]
            kernel[(n,)](x[-, n-])
    """,
    "a local that a nested function reads": """
        def launch(x):
            n = x.shape[0]
            grid = lambda meta: (n,)
            kernel[grid](x[-, n-])
    """,
    "a local with two values": """
        def launch(x):
        [-    if x.is_cuda:
                n = 1
            else:
                n = 2
        -]    kernel[(1,)](x[-, n-])
    """,
    "one arm of several": """
        def launch(x, y):
            if x.is_cuda:
                y = y + 1
        [-    else:
                n = 2
        -][-    n = 1
        -]    kernel[(1,)](y[-, n-])
    """,
    "an elif with its else": """
        def launch(x, y):
            if x.is_cuda:
                y = y + 1
        [-    elif y:
                n = 2
            else:
                n = 3
        -][-    n = 1
        -]    kernel[(1,)](y[-, n-])
    """,
    "an elif on one line": """
        def launch(x, y):
            if x.is_cuda:
                y = y + 1
        [-    elif y: n = 2;  # two
        -]    kernel[(1,)](y[-, n-])
    """,
    "an else of two lines": """
        def launch(x, y):
            if x.is_cuda:
                y = y + 1
            else\\
            :
                [-n = 2-]{+pass+}
            kernel[(1,)](y[-, n-])
    """,
    "the last two of an arm, each below an empty line": """
        def launch(x, y):
            if x.is_cuda:
                y = y + 1

        [-        n = 1

                n = 2
        -]    kernel[(1,)](y[-, n-])
    """,
    "the only statement of a loop": """
        def launch(x, ys):
        [-    n = 0
        -]    for y in ys:
                [-n = y.shape[0]-]{+pass+}
            kernel[(1,)](x[-, n-])
    """,
    "a local with a value that may have an effect": """
        def launch(x):
            n = count(x)
            kernel[(1,)](x[-, n-])
    """,
    "a local that grows": """
        def launch(x):
            n = 1
            n += 1
            kernel[(1,)](x[-, n-])
    """,
    "a name of the module": """
        def launch(x):
            global n
            n = 1
            kernel[(1,)](x[-, n-])
    """,
    "a place in a tuple": """
        def launch(x, y):
            m, [-n-]{+_+} = *x.shape, y.shape[0]
            kernel[(m,)](x[-, n-])
    """,
    "a place in a tuple, with its value": """
        def launch(x, y):
            k, m[-, n-] = 1, 2[-, y.shape[0]-]
            kernel[(m, k)](x[-, n-])
    """,
    "all but one place in a tuple": """
        def launch(x, y):
            [-n, -]m = [-y.shape[0], -]x.shape[0]
            kernel[(m,)](x[-, n-])
    """,
    "all but one place in a tuple in brackets": """
        def launch(x, y):
            [-(n, -]m[-)-] = [-[y.shape[0], -]x.shape[0][-]-]
            kernel[(m,)](x[-, n-])
    """,
    "all but one place in a tuple of several lines": """
        def launch(x, y):
            [-n, -]m = ([-
                y.shape[0],
                -]x.shape[0]
                + y.shape[0][-,
            -])
            kernel[(m,)](x[-, n-])
    """,
    "two places in a tuple of several lines": """
        def launch(x, y):
            (
                k,
        [-        n,
        -]        m,
            ) = (
                1,
        [-        y.shape[0],
        -]        2,
            )
            kernel[(m, k)](x[-, n-])
    """,
    "all places in a tuple": """
        def launch(x, y):
        [-    n, m = y.shape[0], x.shape[0]
        -]    kernel[(1,)](x[-, n + m-])
    """,
    "what feeds a place in a tuple": """
        def launch(x, y):
        [-    rows = y.shape[0]
        -]    [-n, -]m = [-rows, -]x.shape[0]
            kernel[(m,)](x[-, n-])
    """,
    "a place in a tuple with a value that may have an effect": """
        def launch(x, y):
            [-n-]{+_+}, m = count(y), x.shape[0]
            kernel[(m,)](x[-, n-])
    """,
    "a place in a tuple inside another": """
        def launch(x, y):
            (m, [-n-]{+_+}), k = (1, y.shape[0]), 2
            kernel[(m, k)](x[-, n-])
    """,
    "a place in a tuple, where `_` is a function": """
        def launch(x, y):
            m, n = 1, count(y)
            kernel[(m,)](x[-, n-])
            _("done")
    """,
    "one target of two": """
        def launch(x):
            [-n = -]m = x.shape[0]
            kernel[(m,)](x[-, n-])
    """,
    "the second target of two": """
        def launch(x):
            m = [-n = -](x.shape[0])
            kernel[(m,)](x[-, n-])
    """,
    "a target beside an attribute": """
        def launch(x, cache):
            cache.rows = [-n = -]x.shape[0]
            kernel[(1,)](x[-, n-])
    """,
    "the targets of a value that may have an effect": """
        def launch(x):
            n = m = count(x)
            kernel[(m,)](x[-, n-])
    """,
    "what feeds a value that may have an effect": """
        def launch(x, plan):
            rows = x.shape[0]
            n = count(rows)
            kernel[(1,)](x[-, n-])
    """,
    "what feeds a property that has an effect": """
        class Plan:
            @property
            def counts(self):
                self.asked += 1
                return [1, 2, 3]


        def launch(x, plan):
            rows = x.shape[0]
            n = plan.counts[rows]
            kernel[(1,)](x[-, n-])
    """,
    "a value that may fail where errors are caught": """
        def launch(x):
            try:
                n = x.shape[2]
            except IndexError:
                x = x[None]
            kernel[(1,)](x[-, n-])
    """,
    "a condition that may fail where errors are caught": """
        def launch(x):
            n = 1
            try:
                if x.is_quantized:
                    n = 2
            except AttributeError:
                x = x.dense()
            kernel[(1,)](x[-, n-])
    """,
    "a pair whose other value needs brackets": """
        def launch(x):
            [-n, -]m = [-x.shape[0], -](d := x.shape[1])
            kernel[(m + d,)](x[-, n-])
    """,
    "a value that may fail where errors are suppressed": """
        def launch(x):
            with contextlib.suppress(AttributeError):
                n = x.rows
                x = x.data
            kernel[(1,)](x[-, n-])
    """,
    "a value that cannot fail where errors are caught": """
        def launch(x, m: int):
            try:
        [-        n = m * 2
        -]        x = x[m]
            except IndexError:
                x = x[None]
            kernel[(1,)](x[-, n-])
    """,
    "values below a condition that has an effect": """
        class Plan:
            @property
            def ready(self):
                self.asked += 1
                return self.asked > 1


        def launch(x, plan):
            if plan.ready:
                n = 1
            else:
                n = 2
            kernel[(1,)](x[-, n-])
    """,
    "values below a comparison that has an effect": """
        class Plan:
            def __eq__(self, other):
                self.asked += 1
                return True


        def launch(x, plan):
            if plan == x:
                n = 1
            kernel[(1,)](x[-, n-])
    """,
    "values below a truth that has an effect": """
        class Plan:
            def __bool__(self):
                self.asked += 1
                return True


        def launch(x, plan):
            if plan:
                if x:
                    n = 1
            kernel[(1,)](x[-, n-])
    """,
    "a local beside a kernel with a parameter of its name": """
        def launch(x):
            @triton.jit
            def inner(x[-, n-]):
                tl.store(x, 0)

        [-    n = x.shape[0]
        -]    inner[(1,)](x[-, n-])
            kernel[(1,)](x[-, 2-])
    """,
    "what only fed a default": """
        def launch(x):
        [-    n = 4

        -]    @triton.jit
            def inner(x[-, n=n-]):
                tl.store(x, 0)

            inner[(1,)](x)
            kernel[(1,)](x[-, 2-])
    """,
    "an import that only fed a default and an annotation": """
        [-import math
        -]import typing

        @triton.jit
        def other(x: typing.Any[-, n: math.Number = math.pi-]):
            tl.store(x, 0)


        def launch(x):
            kernel[(1,)](x[-, 2-])
            other[(1,)](x)
    """,
    "a local with another spelling": """
        class Launcher:
            def launch(self, x):
                __n = x.shape[0]
                kernel[(1,)](x[-, __n-])
                return _Launcher__n
    """,
    "a local that code looks up by its name": """
        def launch(x):
            n = x.shape[0]
            kernel[(1,)](x[-, n-])
            return "{n}".format(**locals())
    """,
    "a local that code may name": """
        def launch(x):
            n = x.shape[0]
            kernel[(1,)](x[-, n-])
            return eval("n + 1")
    """,
    "a place in a tuple, where `_` is a name of the module": """
        def launch(x, y):
            global _
            m, n = 1, count(y)
            kernel[(m,)](x[-, n-])
    """,
    "an import that code may look up by its name": """
        import math

        def launch(x, name):
            kernel[(1,)](x[-, math.ceil(1.5)-])
            return globals()["ma" + name]
    """,
    "an import beside a method that is called `eval`": """
        [-import math

        -]def launch(x, model):
            model.eval()
            kernel[(1,)](x[-, math.ceil(1.5)-])
    """,
    "a shape": """
        def launch(x):
            m, n = x.shape
            kernel[(m,)](x[-, n-])
    """,
    "two launches": """
        def launch(x):
        [-    n = x.shape[0]
        -]    kernel[(1,)](x[-, n-])
            kernel[(2,)](x[-, n-])
    """,
    "its comment": """
        def launch(x):
            y = x

        [-    # The number of rows.
            n = x.shape[0]

        -]    kernel[(1,)](y[-, n-])
    """,
    "the comment of others too": """
        def launch(x):
            # Two numbers.
        [-    n = x.shape[0]
        -]    m = x.shape[1]
            kernel[(m,)](x[-, n-])
    """,
    "on a line with others": """
        def launch(x):
            m = 1; [-n = 2; -]k = 3
            kernel[(m, k)](x[-, n-])
    """,
    "an import": """
        [-import math

        -]def launch(x):
            kernel[(1,)](x[-, math.ceil(1.5)-])
    """,
    "an import of several names": """
        from math import ceil[-, sqrt-]

        def launch(x):
            kernel[(ceil(3),)](x[-, sqrt-])
    """,
    "an import that a comment mentions": """
        [-import math

        -]def launch(x):
            kernel[(1,)](x[-, math.ceil(1.5)-])  # see math.ceil
    """,
    "an import that a comment about types uses": """
        import math

        def launch(x):
            n = 1  # type: math.Number
            kernel[(n,)](x[-, math.ceil(1.5)-])
    """,
    "an import that a string may use": """
        import math
        __all__ = ["math"]

        def launch(x):
            kernel[(1,)](x[-, math.ceil(1.5)-])
    """,
    "an import of the project's own": """
        from other import NUMBER

        def launch(x):
            kernel[(1,)](x[-, NUMBER-])
    """,
}


@pytest.mark.parametrize("case", HOSTS)
def test_on_the_host(check_fix, case):
    check_fix(KERNEL.lstrip("\n") + textwrap.dedent(HOSTS[case]).lstrip("\n"))


@pytest.mark.parametrize("case", ["one arm of several", "an elif with its else"])
def test_on_the_host_with_other_line_ends(fix, case):
    before, after = sides(module(KERNEL + textwrap.dedent(HOSTS[case])).replace("\n", "\r"))
    assert fix({"kernels.py": before.encode()})["kernels.py"] == after


#: Code that reads locals of its function, although it does not name them as such.
READERS = (
    "return locals()",
    'return "{n}".format(**vars())',
    "return dir()",
    'return eval("n")',
    'exec("print(n)")',
    "return sys._getframe().f_locals",
    "return inspect.currentframe().f_locals",
    'return numexpr.evaluate("n + 1")',
    'return frame.query("size > @n")',
    'return [eval("n") for _ in x]',
    'return frame.query(f"a > @n and b < {x}")',
    'return frame.query("a > " + "@n")',
    'return frame.query("a > @%s" % "n")',
    'return frame.query("a > @{}".format("n"))',
    "return frame.query(x)",
    'return frame.query(expr="a > @n")',
    'return numexpr.evaluate(ex="n + 1")',
    'return numexpr.evaluate(*["n + 1"])',
    'return duckdb.sql("select * from n")',
    "return inspect.stack()[0].frame",
    "return inspect.stack(0)",
    "return inspect.trace(context=x)",
    "return builtins.locals()",
    "return builtins.vars()",
    "return TracebackException.from_exception(x, capture_locals=True)",
    "return x.tb_frame",
    "return x.gi_frame.f_locals",
    'from numexpr import evaluate as ev\n    return ev("n + 1")',
    "from sys import _getframe as frame_of\n    return frame_of()",
    "from inspect import stack as frames\n    return frames()",
    'ev = numexpr.evaluate\n    return ev("n + 1")',
)
#: Code that only looks like that.
OTHERS = (
    "return vars(x)",
    "return dir(x)",
    "return x.query()",
    "return x.query((x, 1), [x], size=-1, is_new=x > 1)",
    "return x.query(3)",
    "return x.query(x - 1)",
    "return x.eval()",
    "return x.trace(x)",
    "return torch.stack(x)",
    "return torch.stack([x], dim=0)",
    "from x import other as ev\n    return ev('n')",
    "return x.locals",
    "return torch.stack([x])",
)


@pytest.mark.parametrize("reader", READERS)
def test_a_local_that_may_be_read_by_name_stays(check_fix, reader):
    launch = "def launch(x, frame):\n    n = x.shape[0]\n    kernel[(1,)](x[-, n-])\n"
    check_fix(f"{KERNEL}{launch}    {reader}\n")


@pytest.mark.parametrize("reader", ['ev("n + 1")', "ev('n', x)", 'run("n")'])
def test_a_reader_that_the_module_imports_by_another_name(check_fix, reader):
    imports = "from numexpr import evaluate as ev\nimport pandas\n\nrun = pandas.eval\n\n\n"
    launch = "def launch(x):\n    n = x.shape[0]\n    kernel[(1,)](x[-, n-])\n"
    check_fix(f"{KERNEL}{imports}{launch}    return {reader}\n")


@pytest.mark.parametrize("code", OTHERS)
def test_a_local_that_nothing_reads_by_name_goes(check_fix, code):
    check_fix(
        f"{KERNEL}def launch(x, frame):\n[-    n = x.shape[0]\n-]    kernel[(1,)](x[-, n-])\n"
        f"    {code}\n"
    )


@pytest.mark.parametrize("value", ["x.shape[1]", "len(x)", "1 // x"])
@pytest.mark.parametrize(
    "block", ["try", "with contextlib.suppress(Exception)", "with pytest.raises(IndexError)"]
)
def test_a_value_stays_where_its_error_would_be_caught(check_fix, block, value):
    handler = "    except IndexError:\n        pass\n" if block == "try" else ""
    check_fix(
        f"{KERNEL}def launch(x, found):\n    {block}:\n        n = {value}\n"
        f"        found.append(x)\n{handler}    kernel[(1,)](x[-, n-])\n"
    )


def test_a_value_goes_where_nothing_catches_its_error(check_fix):
    launch = """def launch(x, found):
    try:
[-        n = x.shape[1]
-]        found.append(x)
    finally:
        found.append(1)
    kernel[(1,)](x[-, n-])
"""
    check_fix(KERNEL + launch)


def test_a_local_stays_beside_a_function_with_a_parameter_of_its_name(check_fix):
    """It could go, but whose name it is that the function reads is not asked."""
    check_fix(
        KERNEL.lstrip("\n")
        + "def launch(x):\n"
        + "    n = x.shape[0]\n"
        + "    kernel[(1,)](x[-, n-])\n"
        + "    return lambda n: n + 1\n"
    )


#: Kernels: what goes with a parameter, and what stays.
KERNELS = {
    "a value that is loaded for a helper": """
        @triton.jit
        def helper(x[-, n-]):
            tl.store(x, 0)


        @triton.jit
        def kernel(x):
        [-    n = tl.load(x)
        -]    helper(x[-, n-])


        def launch(x):
            helper[(1,)](x[-, 1-])
            kernel[(1,)](x)
    """,
    "a discard": """
        @triton.jit
        def kernel(x[-, n-]):
        [-    _ = n
        -]    tl.store(x, 0)
    """,
    "its comment": """
        @triton.jit
        def kernel(x[-, n-]):
        [-    # Some linters ask for it.
            _unused = n

        -]    tl.store(x, 0)
    """,
    "code above it that is commented out": """
        @triton.jit
        def kernel(x[-, d-], n):
            # c = tl.load(x)
            # c *= n
        [-    y = tl.load(d)
        -]    # c *= y
            tl.store(x, n)
    """,
    "two discards on a line": """
        @triton.jit
        def kernel(x[-, n, m-]):
        [-    n; m
        -]    tl.store(x, 0)
    """,
    "nothing else in the body": """
        @triton.jit
        def kernel([-n-]):
            [-_ = n-]{+pass+}
    """,
    "a computation": """
        @triton.jit
        def kernel(x[-, n-]):
        [-    y = n * 2
        -]    for i in range(4):
                tl.store(x + i, 0)
        [-        y += n
        -]
    """,
    "a computation with a method, two functions deep": """
        @triton.jit
        def helper(x[-, p-]):
            tl.store(x, 0)
        [-    y = tl.load(p)
            y = y.to(tl.int32)
        -]

        @triton.jit
        def kernel(x[-, p-]):
            helper(x[-, p-])


        def launch(x, p):
            kernel[(1,)](x[-, p-])
    """,
    "a name among others": """
        @triton.jit
        def kernel(x[-, n-]):
            a, b = 2, 3
        [-    c = a * n
        -]    for i in range(4):
                d, e = 1.0, 2
        [-        f = d * n
        -]        tl.store(x + i, e)
            tl.store(x, b)
    """,
    "what only fed a helper": """
        @triton.jit
        def helper(x[-, n-]):
            tl.store(x, 0)


        @triton.jit
        def kernel(x, m):
            if m:
                tl.store(x, 1)
        [-    n = m * 2
        -]    helper(x[-, n-])


        def launch(x):
            helper[(1,)](x[-, 1-])
            kernel[(1,)](x, 2)
    """,
}


@pytest.mark.parametrize("case", KERNELS)
def test_in_the_kernel(check_fix, case):
    source = textwrap.dedent(KERNELS[case]).replace("[-\n-]", "").lstrip("\n")
    check_fix(source, None, "--unsafe-fixes")


def unmarked(source):
    """A module before the fix."""
    imports = "import triton\nimport triton.language as tl\n\n"
    return imports + re.sub(r"\{\+.*?\+\}|\[-|-\]", "", source)


def found_by_ruff(root):
    """What ruff finds with pyflakes' rules, by file and message."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F"]
    completed = subprocess.run(
        [*command, "--output-format", "concise", "--exit-zero", str(root)],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split(":", 3) for line in completed.stdout.splitlines() if line.count(":") > 2]
    return Counter((file, message) for file, _, _, message in lines)


def test_ruff_finds_nothing_new_that_is_not_reported(write, tritonlint):
    """What linters call unused after a fix was unused before, or tritonlint says so."""
    # mypy uses such comments, and ruff does not.
    of_types = "an import that a comment about types uses"
    root = write(
        {
            f"{number}/kernels.py": unmarked(KERNEL + textwrap.dedent(source))
            for number, (case, source) in enumerate(HOSTS.items())
            if case != of_types
        }
    )
    before = found_by_ruff(root)
    result = tritonlint("--fix", "--no-cache", root)
    new = found_by_ruff(root) - before
    reported = {
        (path.parent.name, name)
        for path, name in (
            (Path(line.split(": ")[1]), line.split("`")[1])
            for line in result.err.splitlines()
            if " any more: remove it, unless " in line
        )
    }
    assert {
        (Path(f).parent.name, re.findall(r"`(?:\w+\.)*(\w+)`", m)[0]) for f, m in new
    } <= reported
    stays = {"a local with a value that may have an effect", "an import of the project's own"}
    assert {f"{n}" for n, case in enumerate(HOSTS) if case in stays} <= {f for f, _ in reported}


#: Other files, and whether one of them may use the import `math` of `ops.py`.
USERS = {
    "nobody": ({"main.py": "import ops, math\nops.launch(math.pi)\n"}, False),
    "by an import": ({"main.py": "from ops import launch, math\n"}, True),
    "by an import in a package": (
        {"lib/ops.py": "", "lib/main.py": "from .ops import math as m\n"},
        True,
    ),
    "by a star import": ({"main.py": "from ops import *\nprint(math.pi)\n"}, True),
    "by a star import in another file": (
        {"api.py": "from ops import *\n", "main.py": "import api\nprint(api.math.pi)\n"},
        True,
    ),
    "as an attribute": ({"main.py": "import ops\nprint(ops.math.pi)\n"}, True),
    "as an attribute of another name": ({"main.py": "import ops as o\nprint(o.math.pi)\n"}, True),
    "as an attribute of a module that is found": (
        {"main.py": "m = importlib.import_module('ops')\nprint(m.math.pi)\n"},
        True,
    ),
    "as an attribute that is set": ({"main.py": "import ops\nops.math = None\n"}, True),
    "by its name": ({"main.py": "import ops\nprint(getattr(ops, 'math').pi)\n"}, True),
    "by its path": ({"main.py": "patch('ops.math.pi')\n"}, True),
    "a file that cannot be parsed": ({"main.py": "from ops import (math\n"}, True),
    "an attribute of another package": (
        {"main.py": "import ops\nimport torch as t\nprint(t.math.pi)\n"},
        False,
    ),
    "a file that does not know the module": ({"main.py": "print(x.math.pi)\n"}, False),
    "a word in a text": ({"main.py": "import ops\nprint('see math in ops')\n"}, False),
    "the path of another package": ({"main.py": "import ops\nprint('math.ceil')\n"}, False),
}


@pytest.mark.parametrize(("others", "is_used"), USERS.values(), ids=USERS)
def test_an_import_stays_if_another_file_may_use_it(fix, others, is_used):
    launch = "\nimport math\n\ndef launch(x):\n    kernel[(1,)](x[-, math.ceil(1.5)-])\n"
    result = fix({"ops.py": unmarked(KERNEL + launch), **others})
    assert "kernel[(1,)](x)" in result["ops.py"]
    assert ("import math" in result["ops.py"]) == is_used
    assert ("nothing uses its import `math` any more" in result.err) == is_used


@pytest.mark.parametrize(
    ("code", "argument", "stays"),
    [
        ("import concurrent.futures as cf", "len(cf.FIRST_COMPLETED)", True),
        ("import concurrent.futures", "len(concurrent.futures.FIRST_COMPLETED)", True),
        ("from concurrent.futures import FIRST_COMPLETED as F", "len(F)", False),
        ("import numpy as np", "np.ceil(1.5)", False),
    ],
)
def test_an_import_of_a_submodule_stays(fix, code, argument, stays):
    """It also gives the package an attribute, which code of any file may use."""
    launch = f"\n{code}\n\ndef launch(x):\n    kernel[(1,)](x[-, {argument}-])\n"
    result = fix({"ops.py": unmarked(KERNEL + launch)})
    assert "kernel[(1,)](x)" in result["ops.py"]
    assert (code in result["ops.py"]) == stays


MAY_HAVE_AN_EFFECT = (
    KERNEL
    + """
def launch(x):
    n = count(x)
    kernel[(1,)](x[-, n-])
"""
)


@pytest.mark.parametrize("option", ["--fix", "--diff"])
def test_what_stays_unused_is_reported(write, tritonlint, option):
    root = write({"kernels.py": unmarked(MAY_HAVE_AN_EFFECT)})
    result = tritonlint(option, "--no-cache", root)
    assert result.err.splitlines() == [
        f"tritonlint: {root / 'kernels.py'}: nothing reads `n` of `launch` any more: remove "
        "it, unless its value has an effect"
    ]


def test_an_import_from_the_project_that_stays_unused_is_reported(write, tritonlint):
    launch = "from other import N\n\ndef launch(x):\n    kernel[(1,)](x, N)\n"
    root = write({"kernels.py": unmarked(KERNEL + launch), "other.py": "N = 1\n"})
    result = tritonlint("--fix", "--no-cache", root)
    assert result.err.splitlines() == [
        f"tritonlint: {root / 'kernels.py'}: nothing uses its import `N` any more: remove "
        "it, unless other files import the name from there"
    ]


#: Decorators and what is above them: an import goes if only the value of a removed key uses it.
FED = {
    "a heuristic": """[-import math

-]@triton.heuristics({[-"n": lambda args: math.ceil(1.5), -]"m": lambda args: 1})
""",
    "the only heuristic": """[-import math

-][-@triton.heuristics({"n": lambda args: math.ceil(1.5)})
-]""",
    "a config": """[-import math

-]@triton.autotune(
    [triton.Config({[-"n": math.ceil(1.5), -]"m": 1}), triton.Config({"m": 2})], key=[]
)
""",
    "something else uses it": """import math

ROUNDED = math.ceil(1.5)

@triton.heuristics({[-"n": lambda args: math.ceil(1.5), -]"m": lambda args: 1})
""",
    "a comment says that it is used": """from math import (
    ceil,  # noqa: F401
    floor,
)

ROUNDED = floor(1.5)

@triton.heuristics({[-"n": lambda args: ceil(1.5), -]"m": lambda args: 1})
""",
    "its name says that others import it": """from math import ceil as ceil

@triton.heuristics({[-"n": lambda args: ceil(1.5), -]"m": lambda args: 1})
""",
    "another key uses it": """import math

@triton.heuristics({[-"n": lambda args: math.ceil(1.5), -]"m": lambda args: math.ceil(2.5)})
""",
}


@pytest.mark.parametrize("decorators", FED.values(), ids=FED)
def test_an_import_that_only_fed_a_config_or_a_heuristic(check_fix, decorators):
    kernel = "@triton.jit\ndef kernel(x[-, n: tl.constexpr-], m: tl.constexpr = 1):\n"
    launch = "    tl.store(x, m)\n\n\ndef launch(x):\n    kernel[(1,)](x)\n"
    check_fix(decorators + kernel + launch)


def test_an_import_from_the_project_that_only_fed_a_heuristic_is_reported(write, tritonlint):
    kernel = '@triton.heuristics({"n": even})\n' + unmarked(KERNEL).partition("\n\n")[2].lstrip()
    kernel = kernel.replace("n)", "n: tl.constexpr)")
    imports = "import triton\nimport triton.language as tl\nfrom rules import even\n\n\n"
    rules = 'def even(args):\n    return args["x"].shape[0] % 2 == 0\n'
    launch = "def launch(x):\n    kernel[(1,)](x)\n"
    root = write({"kernels.py": imports + kernel + launch, "rules.py": rules})
    result = tritonlint("--fix", "--no-cache", root)
    assert "heuristics" not in (root / "kernels.py").read_text()
    assert result.err.splitlines() == [
        f"tritonlint: {root / 'kernels.py'}: nothing uses its import `even` any more: remove "
        "it, unless other files import the name from there"
    ]


#: Files with code that reads locals of the function that calls it, and how `ops.py` uses it.
FRAME_READERS = {
    "a function": (
        "import inspect\ndef log(text):\n"
        "    print(text.format(**inspect.currentframe().f_back.f_locals))\n",
        "from debug import log",
        "log('{n}')",
    ),
    "by another name": (
        "import sys\ndef log(text):\n    print(sys._getframe(1).f_locals)\n",
        "import debug",
        "debug.log('n')",
    ),
    "a function that asks another one": (
        "import sys\ndef names():\n    return getattr(sys._getframe(2), 'f_locals')\n"
        "def log(text):\n    print(text.format(**names()))\n",
        "from debug import log as say",
        "say('{n}')",
    ),
    "inspect": (
        "import inspect\nlog = lambda: inspect.getargvalues(inspect.stack()[1].frame).locals\n",
        "from debug import log",
        "log()",
    ),
    "a method": (
        "class Log:\n    def __call__(self, text):\n        print(frame().f_locals)\n"
        "log: object = Log()\n",
        "from debug import log",
        "log('{n}')",
    ),
    "a file that cannot be parsed": ("def log(:\n    f_locals\n", "from debug import log", "log()"),
}
OTHER_READERS = {
    "another function": ("def peek():\n    return frame().f_locals\ndef log(): ...\n", "log()"),
    "a comment": ("def log():\n    print('x')  # not f_locals\n", "log()"),
    "nobody calls it": ("def peek():\n    return frame().f_locals\n", "x.mean()"),
}
FRAMES = "from ops import kernel\n{}\n\n\ndef launch(x):\n    n = x.shape[0]\n    {}\n"


@pytest.mark.parametrize(("reader", "imported", "call"), FRAME_READERS.values(), ids=FRAME_READERS)
def test_a_local_stays_where_its_frame_may_be_read(fix, reader, imported, call):
    code = FRAMES.format(imported, f"kernel[(1,)](x, n)\n    {call}")
    result = fix({"ops.py": unmarked(KERNEL), "debug.py": reader, "run.py": code})
    assert result["run.py"] == code.replace("(x, n)", "(x)")


@pytest.mark.parametrize(("other", "call"), OTHER_READERS.values(), ids=OTHER_READERS)
def test_a_local_goes_where_nothing_reads_its_frame(fix, other, call):
    code = FRAMES.format("import debug", f"kernel[(1,)](x, n)\n    debug.{call}")
    result = fix({"ops.py": unmarked(KERNEL), "debug.py": other, "run.py": code})
    assert "n = x.shape[0]" not in result["run.py"]

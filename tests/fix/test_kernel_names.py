"""A local name that stands for one kernel after the other: each launch is of what reaches it."""

from __future__ import annotations

import textwrap

import pytest

KERNELS = """import triton
import triton.language as tl


@triton.jit
def kernel(x, [-n, -]y):
    tl.store(x, y)


@triton.jit
def other(x, n, y):
    tl.store(x + n, y)


"""

#: Functions in which `kernel` loses a parameter that `other` reads.
FOLLOWED = {
    "a return between": """
        def launch(x, n, y, fast):
            if fast:
                k = kernel
                k[(1,)](x, [-n, -]y)
                return
            k = other
            k[(1,)](x, n, y)
        """,
    "two branches": """
        def launch(x, n, y, fast):
            if fast:
                k = kernel
                k[(1,)](x, [-n, -]y)
            else:
                k = other
                k[(1,)](x, n, y)
        """,
    "three branches": """
        def launch(x, n, y, fast):
            if fast == 1:
                k = other
                k[(1,)](x, n, y)
            elif fast == 2:
                k = kernel
                k[(1,)](x, [-n, -]y)
            else:
                k = other
                k.run(x, n, y, grid=(1,), warmup=False)
        """,
    "one after the other": """
        def launch(x, n, y):
            k = kernel
            k[(1,)](x, [-n, -]y)
            k = other
            k[(1,)](x, n, y)
        """,
    "beside a variable with a type": """
        def launch(x, n, y):
            k = kernel
            rows: int = 4
            k[(rows,)](x, [-n, -]y)
            k = other
            k[(1,)](x, n, y)
        """,
    "in a loop that does not assign it": """
        def launch(x, n, y):
            k: object = kernel
            for row in range(4):
                if row > y:
                    k[(row,)](x, [-n, -]y)
            k = other
            k[(1,)](x, n, y)
        """,
    "an error between": """
        def launch(x, n, y, fast):
            k = kernel
            if not fast:
                k = other
                raise ValueError(k[(1,)])
            k[(1,)](x, [-n, -]y)
        """,
    "given to a function": """
        def run(k, *args):
            k[(1,)](*args)


        def launch(x, n, y, fast):
            if fast:
                k = kernel
                run(k, x, [-n, -]y)
            else:
                k = other
                run(k, x, n, y)
        """,
    "chosen in between": """
        def launch(x, n, y, fast):
            k = other
            k[(1,)](x, n, y)
            if fast:
                k = kernel
            else:
                k = kernel
            k[(1,)](x, [-n, -]y)
        """,
    "with a container": """
        def launch(x, n, y, fast):
            if fast:
                k = (kernel, kernel)[fast]
                k[(1,)](x, [-n, -]y)
                return
            k = other
            k[(1,)](x, n, y)
        """,
}
FOLLOWED["an error between"] = FOLLOWED["an error between"].replace("k[(1,)])", "fast)")

#: Functions in which `other` may reach the launch, too.
BOTH = {
    "only one branch": """
        k = kernel
        if fast:
            k = other
        k[(1,)](x, n, y)
        """,
    "two branches": """
        if fast:
            k = kernel
        else:
            k = other
        k[(1,)](x, n, y)
        """,
    "the next round of a loop": """
        k = kernel
        for _ in range(2):
            k[(1,)](x, n, y)
            k = other
        """,
    "the next round of a while": """
        k = kernel
        while fast:
            if fast:
                k[(1,)](x, n, y)
                k = other
        """,
    "after a loop": """
        k = kernel
        for _ in range(fast):
            k = other
        k[(1,)](x, n, y)
        """,
    "else of a loop": """
        k = kernel
        for _ in range(fast):
            k = other
            break
        else:
            k[(1,)](x, n, y)
        """,
    "an error that is caught": """
        k = kernel
        try:
            k = other
            check(x)
            k = kernel
        except ValueError:
            k[(1,)](x, n, y)
        """,
    "after one that is caught": """
        k = kernel
        try:
            k = other
            check(x)
            k = kernel
        except ValueError:
            pass
        k[(1,)](x, n, y)
        """,
    "a with, which may catch one": """
        k = kernel
        with suppress(ValueError):
            k = other
            check(x)
            k = kernel
        k[(1,)](x, n, y)
        """,
    "finally": """
        try:
            k = kernel
            check(x)
            k = other
        finally:
            k[(1,)](x, n, y)
        """,
    "a match": """
        k = kernel
        match fast:
            case 1:
                k = other
        k[(1,)](x, n, y)
        """,
    "a function inside assigns it": """
        k = kernel

        def use():
            nonlocal k
            k = other

        use()
        k[(1,)](x, n, y)
        """,
    "a function inside launches it": """
        k = kernel

        def use():
            k[(1,)](x, n, y)

        k = other
        use()
        """,
    "a lambda launches it": """
        k = kernel
        use = lambda: k[(1,)](x, n, y)
        k = other
        use()
        """,
    "a comprehension launches it": """
        k = kernel
        if fast:
            k = other
        any(k[(1,)](x, n, y) is None for _ in range(2))
        """,
    "a walrus": """
        k = kernel
        if (k := other) is fast:
            k[(1,)](x, n, y)
        """,
    "assigned with another": """
        k = kernel
        k, i = other, 1
        k[(1,)](x, n, y)
        """,
    "two names": """
        k = kernel
        k = i = other
        k[(1,)](x, n, y)
        """,
    "of the module": """
        global k
        k = other
        use()
        k = kernel
        k[(1,)](x, n, y)
        """,
    "a loop's target": """
        k = kernel
        for k in (other,):
            pass
        k[(1,)](x, n, y)
        """,
    "from itself": """
        k = other
        k = k
        k[(1,)](x, n, y)
        kernel[(1,)](x, n, y)
        k = kernel
        k = k if fast else k
        k[(1,)](x, n, y)
        """,
}


@pytest.mark.parametrize("code", FOLLOWED.values(), ids=FOLLOWED)
def test_each_launch_is_of_the_kernel_that_reaches_it(fix_whole, code):
    assert fix_whole({"kernels.py": KERNELS + textwrap.dedent(code).lstrip("\n")})


@pytest.mark.parametrize("body", BOTH.values(), ids=BOTH)
def test_where_both_may_reach_it_nothing_changes(fix_whole, body):
    body = textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
    code = f"{KERNELS}def launch(x, n, y, fast):\n{body}\n".replace("[-n, -]", "n, ")
    reasons = fix_whole({"kernels.py": code}, "--unsafe-fixes").lines
    assert len(reasons) == 1
    assert reasons[0].startswith("n blocked: ")

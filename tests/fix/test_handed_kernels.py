"""Kernels that are given to a function of the file, which only launches them."""

from __future__ import annotations

import textwrap

import pytest

KERNEL = """import triton
import triton.language as tl


@triton.jit
def kernel(x, [-n, -]y=None, BLOCK: tl.constexpr = 16):
    tl.store(x + y, BLOCK)


"""

#: Functions that launch what they are given, and calls of them.
FOLLOWED = {
    "by place": """
        def run(kernel, grid, *args):
            kernel[grid](*args)


        def launch(x, n, y):
            run(kernel, (1,), x, [-n, -]y)
        """,
    "by place and keyword": """
        def run(kernel, grid, *args, **options):
            print(grid)
            kernel[grid](*args, **options)


        def launch(x, n, y):
            run(kernel, (1,), x, [-n, -]y, BLOCK=32)
            run(kernel, (2,), x, [-n=n, -]y=y)
            run(grid=(3,), kernel=kernel, x=x[-, n=n-], y=y)
        """,
    "in a tuple": """
        def run(fn, rows, args):
            for row in range(rows):
                fn[(row,)](*args, BLOCK=row)


        def launch(x, n, y):
            run(kernel, 2, (x, [-n, -]y))
        """,
    "in a variable": """
        def run(fn, args):
            fn[(1,)](*args)


        def run_again(fn, args, *, times):
            for _ in range(times):
                fn[(1,)](*args)


        def launch(x, n, y, wide):
            args = (x, [-n, -]y)
            if wide:
                run(kernel, args)
            else:
                run_again(kernel, args=args, times=2)
            kernel[(1,)](*args)
        """,
    "in a dictionary": """
        def run(fn, *, options, **more):
            fn[(1,)](BLOCK=32, **more, **options)


        def launch(x, n, y):
            run(kernel, options={"x": x, [-"n": n, -]"y": y})
            run(kernel, options=dict(y=y[-, n=n-]), x=x)
            run(kernel, options={"x": x, "y": y}[-, n=n-])
        """,
    "by run": """
        def run(fn, grid, *args):
            fn.run(*args, grid=grid, warmup=False)


        def launch(x, n, y):
            run(kernel, (1,), x, [-n, -]y)
        """,
    "with arguments of its own before and behind": """
        def run(fn, x, y, *args):
            fn[(1,)](x, *args, y, 16)


        def launch(x, n, y):
            run(kernel, x, y[-, n-])
        """,
    "a choice of two": """
        @triton.jit
        def other(x, [-n, -]y):
            tl.store(x, y)


        def run(fn, *args):
            fn[(1,)](*args)


        def launch(x, n, y, wide):
            fn = kernel if wide else other
            run(fn, x, [-n, -]y)
        """,
    "one after the other": """
        @triton.jit
        def other(x, n, y):
            tl.store(x, y + n)


        def run(fn, *args):
            fn[(1,)](*args)


        def launch(x, n, y):
            run(kernel, x, [-n, -]y)
            run(other, x, n, y)
        """,
    "in a function inside": """
        def launch(x, n, y):
            def run(fn, *args):
                fn[(1,)](*args)

            run(kernel, x, [-n, -]y)
        """,
    "with a default": """
        def run(fn=None, *args, rows=1):
            fn[(rows,)](*args)


        def launch(x, n, y):
            run(kernel, x, [-n, -]y)
        """,
    "with a grid that is a function": """
        def run(fn, grid, *args):
            fn[grid](*args)


        def launch(x, n, y):
            run(kernel, lambda meta: (meta["BLOCK"],), x, [-n, -]y)
        """,
    "of the same name": """
        def run(kernel, *args):
            kernel[(1,)](*args)


        def launch(x, n, y):
            run(kernel, x, [-n, -]y)
        """,
}

#: Functions that may do something else with the kernel as well.
OTHERWISE = {
    "it launches it twice": "fn[(1,)](*args)\n    fn[(2,)](*args)",
    "it keeps what the launch returns": "compiled = fn[(1,)](*args)",
    "it returns what the launch returns": "return fn[(1,)](*args)",
    "it passes it on": "keep(fn)\n    fn[(1,)](*args)",
    "it asks for its arguments": "print(fn.arg_names)\n    fn[(1,)](*args)",
    "it assigns another": "fn = wrap(fn)\n    fn[(1,)](*args)",
    "it launches it in a function": "def inner():\n        fn[(1,)](*args)\n\n    inner()",
    "it launches it in a lambda": "go = lambda: fn[(1,)](*args)\n    go()",
    "it is a generator": "fn[(1,)](*args)\n    yield",
    "it looks at all its variables": "fn[(1,)](*args)\n    print(locals())",
    "it calls it with its grid": "go = fn[(1,)]\n    go(*args)",
}

#: Functions and calls that are not followed for another reason.
ODD = {
    "a decorator": """
        @traced
        def run(fn, *args):
            fn[(1,)](*args)


        def launch(x, n, y):
            run(kernel, x, n, y)
        """,
    "two definitions": """
        def run(fn, *args):
            fn[(1,)](*args)


        def run(fn, *args):
            fn[(2,)](*args)


        def launch(x, n, y):
            run(kernel, x, n, y)
        """,
    "another name": """
        def run(fn, *args):
            fn[(1,)](*args)


        run = traced(run)


        def launch(x, n, y):
            run(kernel, x, n, y)
        """,
    "a coroutine": """
        async def run(fn, *args):
            fn[(1,)](*args)


        def launch(x, n, y):
            run(kernel, x, n, y)
        """,
    "a method": """
        class Runner:
            def run(self, fn, *args):
                fn[(1,)](*args)


        def launch(x, n, y):
            Runner().run(kernel, x, n, y)
        """,
    "a function of another file": """
        from elsewhere import run


        def launch(x, n, y):
            run(kernel, x, n, y)
        """,
    "unpacked arguments": """
        def run(fn, *args):
            fn[(1,)](*args)


        def launch(x, y, *args):
            run(kernel, *args)
        """,
    "a call that does not fit": """
        def run(fn, grid):
            fn[grid]()


        def launch(x, n, y):
            run(kernel, (1,), x, n, y)
        """,
    "a list of kernels": """
        def run(fns, *args):
            for fn in fns:
                fn[(1,)](*args)


        def launch(x, n, y):
            run(kernel, x, n, y)
        """,
}

#: What a function that is followed does with the arguments, and what the report says about it.
ARGUMENTS = {
    "it reads them, too": (
        "def run(fn, *args):\n    print(args)\n    fn[(1,)](*args)\n",
        "run(kernel, x, n, y)",
        "`*args` at kernels.py may pass this argument",
    ),
    "it reads a tuple, too": (
        "def run(fn, args):\n    fn[(len(args),)](*args)\n",
        "run(kernel, (x, n, y))",
        "`*args` at kernels.py may pass this argument",
    ),
    "it adds to a dictionary": (
        "def run(fn, options):\n    options['n'] = 1\n    fn[(1,)](**options)\n",
        "run(kernel, {'x': x, 'n': n, 'y': y})",
        "`**kwargs` at kernels.py may pass this argument",
    ),
    "it passes it itself": (
        "def run(fn, x, y):\n    fn[(1,)](x, 4, y)\n",
        "run(kernel, x, y)",
        "`run`, called at kernels.py, passes it itself",
    ),
    "it passes a parameter of its own": (
        "def run(fn, x, n, y):\n    fn[(1,)](x, n, y)\n",
        "run(kernel, x, n, y)",
        "`run`, called at kernels.py, passes it itself",
    ),
    "it unpacks its own": (
        "def run(fn, x, n, y):\n    args = (x, n, y)\n    fn[(1,)](*args)\n",
        "run(kernel, x, n, y)",
        "`*args` at kernels.py may pass this argument",
    ),
    "the tuple is read at the call": (
        "def run(fn, args):\n    fn[(1,)](*args)\n",
        "args = (x, n, y)\n    print(len(args))\n    run(kernel, args)",
        "`*args` at kernels.py may pass this argument",
    ),
    "the tuple is given to another": (
        "def run(fn, args):\n    fn[(1,)](*args)\n",
        "args = (x, n, y)\n    run(kernel, args)\n    run(y, args)",
        "`*args` at kernels.py may pass this argument",
    ),
    "a dictionary of a variable": (
        "def run(fn, options):\n    fn[(1,)](**options)\n",
        "options = {'x': x, 'n': n, 'y': y}\n    run(kernel, options)",
        "`**kwargs` at kernels.py may pass this argument",
    ),
    "its grid reads the argument": (
        "def run(fn, grid, *args):\n    fn[grid](*args)\n",
        "run(kernel, lambda meta: (meta['n'],), x, n, y)",
        '"n" is a subscript at kernels.py',
    ),
    "the argument has an effect": (
        "def run(fn, *args):\n    fn[(1,)](*args)\n",
        "run(kernel, x, next(n), y)",
        "`next(n)` at kernels.py may have a side effect",
    ),
}


def tree(code: str, **more: str) -> dict[str, str]:
    files = {"kernels.py": KERNEL + textwrap.dedent(code).lstrip("\n")}
    return files | {f"{name}.py": text for name, text in more.items()}


def plain(code: str, **more: str) -> dict[str, str]:
    return {n: t.replace("[-n, -]", "n, ") for n, t in tree(code, **more).items()}


@pytest.mark.parametrize("code", FOLLOWED.values(), ids=FOLLOWED)
def test_a_function_that_launches_what_it_is_given_is_followed(fix_whole, code):
    assert fix_whole(tree(code))


def test_a_kernel_of_another_file_is_followed(fix_whole):
    launch = textwrap.dedent(FOLLOWED["by place"]).lstrip("\n")
    assert fix_whole(
        {"kernels.py": KERNEL, "launch.py": f"from kernels import kernel\n\n\n{launch}"}
    )


@pytest.mark.parametrize("body", OTHERWISE.values(), ids=OTHERWISE)
def test_a_function_that_does_more_with_it_blocks(fix_whole, body):
    code = f"def run(fn, *args):\n    {body}\n\n\ndef launch(x, n, y):\n    run(kernel, x, n, y)\n"
    reasons = fix_whole(plain(code), "--unsafe-fixes").lines
    assert reasons == ["n blocked: `kernel` is passed to `run` at kernels.py"]


@pytest.mark.parametrize("code", ODD.values(), ids=ODD)
def test_what_is_not_followed_blocks(fix_whole, code):
    reasons = fix_whole(plain(code), "--unsafe-fixes").lines
    assert reasons == ["n blocked: `kernel` is passed to `run` at kernels.py"]


@pytest.mark.parametrize(("run", "call", "reason"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_what_is_done_with_the_arguments_counts(fix_whole, run, call, reason):
    code = f"{run}\n\ndef launch(x, n, y):\n    {call}\n"
    [found] = fix_whole(plain(code)).lines
    assert found.partition(": ")[2] == reason


def test_another_file_may_give_the_function_a_kernel_too(fix_whole):
    other = "from kernels import kernel, run\n\nrun(kernel, (1,), 1, 2, 3)\n"
    [reason] = fix_whole(plain(FOLLOWED["by place"], other=other), "--unsafe-fixes").lines
    assert reason == "n blocked: `kernel` is passed to `run` at other.py"


#: What may replace the function.
REPLACED = {
    "in a string": "from unittest import mock\n\nmock.patch('kernels.run', print)\n",
    "by an assignment": "import kernels\n\nkernels.run = print\n",
}


@pytest.mark.parametrize("other", REPLACED.values(), ids=REPLACED)
def test_a_function_that_may_be_replaced_is_for_a_person(fix_whole, other):
    files = plain(FOLLOWED["by place"], other=other)
    [reason] = fix_whole(files).lines
    assert reason.startswith("n unsafe: `run`")

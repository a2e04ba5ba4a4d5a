"""Kernels that are given to a function, which only launches them or passes them on."""

from __future__ import annotations

import textwrap

import pytest
from tests.fix.conftest import sides

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
    "launched several times": """
        def run(fn, rows, *args, **options):
            for row in range(rows):
                fn[(row,)](*args, **options)
            if rows > 4:
                fn[(1,)](*args, **options, BLOCK=16)
            else:
                fn[(2,)](*args, **options, BLOCK=32)


        def launch(x, n, y):
            run(kernel, 1, x, [-n, -]y)
            run(kernel, 2, x[-, n=n-], y=y)
        """,
    "passed on": """
        def run(fn, grid, *args):
            fn[grid](*args)


        def run_all(fn, *args):
            for row in range(4):
                run(fn, (row,), *args)


        def launch(x, n, y):
            run_all(kernel, x, [-n, -]y)
        """,
    "passed on by keyword, before the function is defined": """
        def outer(fn, *args, **options):
            with open("log"):
                middle((1,), fn, *args, **options)
                middle((2,), fn, *args, BLOCK=64, **options)


        def middle(grid, kernel, *args, **options):
            return inner(kernel, *args, grid=grid, **options)


        def inner(kernel, *args, grid, **options):
            kernel[grid](*args, **options)


        def launch(x, n, y):
            outer(kernel, x, [-n, -]y)
            outer(kernel, x=x[-, n=n-], y=y)
        """,
    "passed on with a tuple": """
        def run(fn, args):
            fn[(1,)](*args)


        def run_all(fn, rows, args):
            for row in rows:
                run(fn, args)


        def launch(x, n, y):
            args = (x, [-n, -]y)
            run_all(kernel, range(4), args)
        """,
    "launched, and passed on": """
        def run(fn, *args):
            fn[(1,)](*args)


        def run_all(fn, *args):
            fn[(2,)](*args)
            run(fn, *args)


        def launch(x, n, y):
            run_all(kernel, x, [-n, -]y)
        """,
    "the first of what it passes on has a name": """
        def run(fn, first, *args):
            fn[(1,)](first, *args)


        def run_all(fn, *args):
            fn[(2,)](*args)
            run(fn, *args)


        def launch(x, n, y):
            run_all(kernel, x, [-n, -]y)
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
    "it calls itself": "fn[(1,)](*args)\n    run(fn, *args)",
    "it deletes it": "fn[(1,)](*args)\n    del fn",
    "it returns it": "fn[(1,)](*args)\n    return fn",
    "it stores it": "fn[(1,)](*args)\n    KEPT['fn'] = fn",
    "it stores it in a list": "fns = [fn]\n    fn[(1,)](*args)",
    "it passes it to a class": "print(Keeper(fn, *args))",
    "it passes it to a method": "args[0].launch(fn, *args)",
    "it passes it to another in a list": "other([fn], *args)",
    "it passes it in *args": "every = (fn, *args)\n    other(*every)",
    "it passes it in a lambda": "go = lambda: other(fn, *args)\n    go()",
    "it passes it to a function with a decorator": "decorated(fn, *args)",
    "it passes it to one that keeps it": "keeper(fn, *args)",
    "it passes it to one that takes fewer": "one(fn, *args)",
    "it passes it to a generator": "list(generator(fn, *args))",
    "it passes it to a coroutine": "asyncio.run(coroutine(fn, *args))",
    "it passes it among others": "other(1, fn, *args)",
    "it compares it": "if fn == args:\n        fn[(1,)](*args)",
    "it keeps what the launch returns": "compiled = fn[(1,)](*args)",
    "it returns what the launch returns": "return fn[(1,)](*args)",
    "it passes it on": "keep(fn)\n    fn[(1,)](*args)",
    "it asks for its arguments": "print(fn.arg_names)\n    fn[(1,)](*args)",
    "it assigns another": "fn = wrap(fn)\n    fn[(1,)](*args)",
    "it launches it in a function": "def inner():\n        fn[(1,)](*args)\n\n    inner()",
    "it launches it in a lambda": "go = lambda: fn[(1,)](*args)\n    go()",
    "it is a generator": "fn[(1,)](*args)\n    yield",
    "it launches it too often to follow": "fn[(1,)](*args)\n    " * 33 + "print()",
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
    "a name that is bound twice": """
        if n:
            from elsewhere import run
        else:
            def run(fn, *args):
                fn[(1,)](*args)


        def launch(x, n, y):
            run(kernel, x, n, y)
        """,
    "a star import, which may replace it": """
        def run(fn, *args):
            fn[(1,)](*args)


        from elsewhere import *


        def launch(x, n, y):
            run(kernel, x, n, y)
        """,
    "an object's method": """
        import helpers

        helpers = helpers.Helpers()


        def launch(x, n, y):
            helpers.run(kernel, x, n, y)
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
        "`**options` at kernels.py may pass this argument",
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
        "`**options` at kernels.py may pass this argument",
    ),
    "its grid reads the argument": (
        "def run(fn, grid, *args):\n    fn[grid](*args)\n",
        "run(kernel, lambda meta: (meta['n'],), x, n, y)",
        'the grid at kernels.py reads "n"',
    ),
    "another function reads them, too": (
        "def count(fn, *args):\n    fn[(len(args),)](1, 2)\n\n\n"
        "def run(fn, *args):\n    fn[(1,)](*args)\n    count(fn, *args)\n",
        "run(kernel, x, n, y)",
        "`run`, called at kernels.py, passes it itself",
    ),
    "another function reads the tuple, too": (
        "def count(fn, args):\n    fn[(len(args),)](1, 2)\n\n\n"
        "def run(fn, args):\n    fn[(1,)](*args)\n    count(fn, args)\n",
        "run(kernel, (x, n, y))",
        "`*(x, n, y)` at kernels.py may pass this argument",
    ),
    "another function takes it by its name": (
        "def first(fn, x, n, *args):\n    fn[(n,)](x, 1, *args)\n\n\n"
        "def run(fn, *args):\n    fn[(1,)](*args)\n    first(fn, *args)\n",
        "run(kernel, x, n, y)",
        "`run`, called at kernels.py, passes it itself",
    ),
    "it launches it with others before them": (
        "def run(fn, *args):\n    fn[(1,)](*args)\n    fn[(1,)](args[0], *args)\n",
        "run(kernel, x, n, y)",
        "`*args` at kernels.py may pass this argument",
    ),
    "the launches pass it to different parameters": (
        "def run(fn, z, *args):\n    fn[(1,)](*args)\n    fn[(1,)](z, *args)\n",
        "run(kernel, x, x, n)",
        "`run`, called at kernels.py, passes this argument for other parameters, too",
    ),
    "two kernels get them": (
        "def run(fn, other, *args):\n    fn[(1,)](*args)\n    other[(1,)](*args)\n",
        "run(kernel, y, x, n, y)",
        "`*args` at kernels.py may pass this argument",
    ),
    "a list, which the function may change": (
        "def run(fn, args):\n    fn[(1,)](*args)\n",
        "args = [x, n, y]\n    run(kernel, args)",
        "`*args` at kernels.py may pass this argument",
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


#: Calls in another file than that of the functions.
FAR = {
    "imported": """
        from helpers import run
        from kernels import kernel


        def launch(x, n, y):
            run(kernel, (1,), x, [-n, -]y)
        """,
    "imported by another name": """
        from helpers import run as start
        from kernels import kernel as k


        def launch(x, n, y):
            start(k, (1,), x, [-n, -]y, BLOCK=64)
        """,
    "of an imported module": """
        import helpers
        from kernels import kernel


        def launch(x, n, y):
            helpers.start(kernel, (1,), x[-, n=n-], y=y)
        """,
    "imported in the function": """
        import kernels


        def launch(x, n, y):
            from helpers import run

            k = kernels.kernel
            run(k, (1,), x, [-n, -]y)
        """,
    "through a second file": """
        from kernels import kernel
        from more import run_all


        def launch(x, n, y):
            run_all(kernel, x, [-n, -]y)
        """,
    "through a function of the file": """
        from helpers import run
        from kernels import kernel


        def run_twice(kernel, *args):
            run(kernel, (1,), *args)
            run(kernel, (2,), *args)


        def launch(x, n, y):
            run_twice(kernel, x, [-n, -]y)
        """,
    "with a grid that is a function": """
        from helpers import run
        from kernels import kernel


        def launch(x, n, y):
            run(kernel, lambda meta: (meta["BLOCK"],), x, [-n, -]y)
        """,
    "through a package": """
        from kernels import kernel
        from package import run


        def launch(x, n, y):
            run(kernel, (1,), x, [-n, -]y)
        """,
}
HELPERS = {
    "helpers.py": """
        def run(fn, grid, *args, **kw):
            fn[grid](*args, **kw)


        def start(fn, grid, *args, **kw):
            run(fn, grid, *args, **kw)
        """,
    "more.py": """
        from helpers import run


        def run_all(fn, *args):
            for row in range(4):
                run(fn, (row,), *args)
        """,
    "package/__init__.py": "from helpers import run\n",
}


@pytest.mark.parametrize("code", FAR.values(), ids=FAR)
def test_a_function_of_another_file_is_followed(fix_whole, code):
    assert fix_whole({"kernels.py": KERNEL, "launch.py": code, **HELPERS})


def test_a_file_that_is_named_alone_is_fixed_through_others(tritonlint, write):
    files = {"kernels.py": KERNEL, "launch.py": FAR["through a second file"], **HELPERS}
    marked = {name: textwrap.dedent(text).lstrip("\n") for name, text in files.items()}
    before = {name: sides(text)[0] for name, text in marked.items()}
    root = write({**before, "pyproject.toml": ""})
    tritonlint("--fix", "--no-cache", root / "kernels.py")
    after = {name: (root / name).read_text() for name in files}
    assert after == {name: sides(text)[1] for name, text in marked.items()}


#: Functions of another file, and what is said of the kernel that they are given.
FAR_OTHERWISE = {
    "it keeps it": "def run(fn, grid, *args):\n    fn[grid](*args)\n    KEPT.append(fn)\n",
    "it is bound twice": (
        "def run(fn, grid, *args):\n    fn[grid](*args)\n\n\nif DEBUG:\n    run = trace(run)\n"
    ),
    "there may be a faster one": (
        "def run(fn, grid, *args):\n    fn[grid](*args)\n\n\n"
        "try:\n    from fast import run\nexcept ImportError:\n    pass\n"
    ),
    "it is a class": (
        "class run:\n    def __init__(self, fn, grid, *args):\n        fn[grid](*args)\n"
    ),
    "it has a decorator": (
        "import functools\n\n\n@functools.cache\ndef run(fn, grid, *args):\n    fn[grid](*args)\n"
    ),
    "it passes it to a function that is not found": (
        "from elsewhere import go\n\n\ndef run(fn, grid, *args):\n    go(fn, grid, *args)\n"
    ),
    "it passes it back": (
        "import launch\n\n\ndef run(fn, grid, *args):\n    launch.keep(fn, grid, *args)\n"
    ),
    "it is not there": "def other(fn, grid, *args):\n    fn[grid](*args)\n",
    "a star import may replace it": (
        "def run(fn, grid, *args):\n    fn[grid](*args)\n\n\nfrom elsewhere import *\n"
    ),
}


@pytest.mark.parametrize("helpers", FAR_OTHERWISE.values(), ids=FAR_OTHERWISE)
def test_a_function_of_another_file_that_does_more_blocks(fix_whole, helpers):
    launch = FAR["imported"].replace("[-n, -]", "n, ")
    files = {"kernels.py": sides(KERNEL)[0], "launch.py": launch, "helpers.py": helpers}
    reasons = fix_whole(files, "--unsafe-fixes").lines
    assert reasons == ["n blocked: `kernel` is passed to `run` at launch.py"]


#: Functions of another file that are followed, and what speaks against the fix.
FAR_ARGUMENTS = {
    "it passes it itself": (
        "def run(fn, grid, x, n, y):\n    fn[grid](x, n, y)\n",
        "n blocked: `run`, called at launch.py, passes it itself",
    ),
    "its grid may read it": (
        "def run(fn, grid, *args):\n    fn[lambda meta: (meta['n'],)](*args)\n",
        "n unsafe: the grid of a function of another file at launch.py",
    ),
    "it reads them, too": (
        "def run(fn, grid, *args):\n    fn[(len(args),)](*args)\n",
        "n blocked: `*args` at launch.py may pass this argument",
    ),
}


@pytest.mark.parametrize(("helpers", "reason"), FAR_ARGUMENTS.values(), ids=FAR_ARGUMENTS)
def test_what_another_file_does_with_the_arguments_counts(fix_whole, helpers, reason):
    launch = FAR["imported"].replace("[-n, -]", "n, ")
    files = {"kernels.py": sides(KERNEL)[0], "launch.py": launch, "helpers.py": helpers}
    assert fix_whole(files).lines == [reason]


def test_another_file_may_give_the_function_a_kernel_too(fix_whole):
    other = "from kernels import kernel, run\n\nrun(kernel, (1,), 1, [-2, -]3)\n"
    assert fix_whole(tree(FOLLOWED["by place"], other=other))


#: What may replace the function.
REPLACED = {
    "in a string": "from unittest import mock\n\nmock.patch('kernels.run', print)\n",
    "by an assignment": "import kernels\n\nkernels.run = print\n",
    "by a keyword": "from unittest import mock\n\nmock.patch.multiple(kernels, run=print)\n",
}


@pytest.mark.parametrize("other", REPLACED.values(), ids=REPLACED)
def test_a_function_that_may_be_replaced_is_for_a_person(fix_whole, other):
    files = plain(FOLLOWED["by place"], other=other)
    [reason] = fix_whole(files).lines
    assert reason.startswith("n unsafe: `run`")


@pytest.mark.parametrize("other", REPLACED.values(), ids=REPLACED)
def test_a_function_on_the_way_that_may_be_replaced_is_for_a_person(fix_whole, other):
    other = other.replace("kernels", "helpers")
    launch = FAR["through a second file"].replace("[-n, -]", "n, ")
    files = {"kernels.py": sides(KERNEL)[0], "launch.py": launch, "other.py": other, **HELPERS}
    [reason] = fix_whole(files).lines
    assert reason.startswith("n unsafe: `run`")

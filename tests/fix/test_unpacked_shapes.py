"""Launches that unpack the shape or the strides of a tensor: `kernel[grid](x, *x.stride(), n)`."""

from __future__ import annotations

import re
import textwrap

import pytest

#: Its launches may pass five to seven arguments by position.
KERNEL = """import torch
import triton
import triton.language as tl


@triton.jit
def kernel(x, row, column, [-last, -]y, n, m=0, BLOCK: tl.constexpr = 16):
    tl.store(x + row + column + m, tl.load(y) + n + BLOCK)


"""

#: Code that shows that the tensor has three dimensions.
SHOWN = {
    "an unpacked shape": "B, M, N = x.shape",
    "an unpacked shape in brackets": "[B, M, N] = x.shape",
    "an unpacked size": "B, M, _ = x.size()",
    "unpacked strides": "(a, b, c) = x.stride()",
    "an assertion on ndim": "assert x.ndim == 3",
    "an assertion on dim": "assert 3 == x.dim(), 'a batch'",
    "an assertion on ndimension": "assert x.ndimension() == 3",
    "an assertion on the length of its shape": "assert len(x.shape) == 3",
    "an assertion on the length of its strides": "assert len(x.stride()) == 3",
    "an assertion on its shape": "assert x.shape == (n, n, 1)",
    "an assertion on its shape as a tuple": "assert tuple(x.shape) == (n, n, 1)",
    "an assertion on its shape as a list": "assert list(x.size()) == [n, n, 1]",
    "an assertion on two": "assert y.is_contiguous() and x.ndim == 3",
    "an assertion on it and another": "assert x.dim() == y.dim() == 3",
    "an assertion on another": "assert y.dim() == 3\n    assert x.dim() == y.dim()",
    "the shape of another": "B, M, N = y.shape\n    assert x.shape == y.shape",
    "what is not refused": "if x.ndim != 3:\n        raise ValueError('three')",
    "what does not return": "if y is None or x.dim() != 3:\n        print(n)\n        return",
    "what does not return, negated": "if not (x.dim() == 3 and y.dim() == 2):\n        return",
}

#: Launches of a tensor that is known to have three dimensions, or is known in another way.
LAUNCHED = {
    "in the case that it has them": """
        def launch(x, y, n):
            if x.ndim == 3 and n > 0:
                kernel[(1,)](x, *x.stride(){+[:2]+}, y, n)
        """,
    "in the other case": """
        def launch(x, y, n):
            if x.dim() != 3:
                print(n)
            else:
                kernel[(1,)](x, *x.stride(){+[:2]+}, y, n)
        """,
    "in a loop, a context and a comprehension": """
        def launch(x, y, n):
            B, M, N = x.shape
            for _ in range(n):
                with torch.cuda.device(x.device):
                    all(kernel[(1,)](x, *x.stride(){+[:2]+}, y, i) is None for i in range(M))
        """,
    "that is made": """
        def launch(y, n):
            x = torch.empty((n, n, 4), device=y.device)
            kernel[(1,)](x, *x.stride(){+[:2]+}, y, n)
        """,
    "that is made like another": """
        def launch(y, n):
            B, M, N = y.shape
            x = torch.empty_like(y)
            kernel[(1,)](x, *x.stride(){+[:2]+}, y, n)
        """,
    "of a loop": """
        def launch(xs, y, n):
            for x in xs:
                assert x.ndim == 3
                kernel[(1,)](x, *x.stride(){+[:2]+}, y, n)
        """,
    "by run and by warmup": """
        def launch(x, y, n):
            assert x.ndim == 3
            kernel.run(x, *x.stride(){+[:2]+}, y, n, grid=(1,), warmup=False)
            kernel.warmup(x, *x.stride(){+[:2]+}, y, n, grid=(1,))
        """,
    "beside other launches": """
        def launch(x, y, n, rows):
            assert x.ndim == 3
            kernel[(1,)](x, *x.stride(){+[:2]+}, y, n)
            kernel[(1,)](x, *x.stride(){+[:2]+}, y, n=n)
            kernel[(1,)](x, 4, 1, [-1, -]y, n)
        """,
    "with another tensor's, of which more is known": """
        def launch(x, y, n):
            assert x.ndim == 2 and y.ndim == 2
            kernel[(1,)](x, *x.stride(), [-*y.stride()-]{+y.stride()[1]+}, n)
        """,
    "behind a literal": """
        def launch(x, y, n):
            assert x.ndim == 3
            first = (x,)
            kernel[(1,)](*first, *x.stride(){+[:2]+}, y, n)
        """,
    "with the rest by its name": """
        def launch(x, y, n):
            assert x.ndim == 3
            more = {"n": n}
            kernel[(1,)](x, *x.stride(){+[:2]+}, y, **more)
        """,
    "with options that are not known": """
        def launch(x, y, n, **options):
            assert x.ndim == 3
            kernel[(1,)](x, *x.stride(){+[:2]+}, y, n, **options)
        """,
}

#: Code that does not show it.
UNKNOWN = {
    "nothing": "pass",
    "one that it may have": "assert x.ndim in (2, 3)",
    "a lower bound": "assert x.ndim >= 3",
    "one of two": "assert x.ndim == 3 or n == 0",
    "what is not so": "assert not (x.ndim == 3 and n == 0)",
    "a chain that is not so": "if not (x.ndim == y.ndim == 3):\n        print(n)",
    "what is only said": "x.ndim == 3",
    "what is only warned of": "if x.ndim != 3:\n        print('three')",
    "another case": "if n:\n        assert x.ndim == 3",
    "what may have failed": "try:\n        B, M, N = x.shape\n    except ValueError:\n        pass",
    "a loop that may not run": "for _ in range(n):\n        B, M, N = x.shape",
    "another tensor": "B, M, N = y.shape",
    "a shape with a rest": "*B, M, N = x.shape",
    "a shape that is compared with a rest": "assert x.shape == (*y.shape, 1)",
    "a part of a shape": "M, N, K = x.shape[1:]",
    "another function": "def inner():\n        assert x.ndim == 3",
    "a tensor that is assigned": "B, M, N = x.shape\n    x = x.view(-1, 1)",
    "a tensor that is assigned in another case": "if n:\n        x = y\n    assert x.ndim == 3",
    "a tensor that gets another shape": "assert x.ndim == 3\n    x.unsqueeze_(0)",
    "a tensor that gets other data": "assert x.ndim == 3\n    x.data = y",
    "a number that does not fit": "assert x.ndim == 7",
    "a number that leaves parameters without": "M, N = x.shape",
}

BLOCKED = {
    "it shows too late": """
        def launch(x, y, n):
            kernel[(1,)](x, *x.stride(), y, n)
            assert x.ndim == 3
        """,
    "in a lambda": """
        def launch(x, y, n):
            assert x.ndim == 3
            return lambda: kernel[(1,)](x, *x.stride(), y, n)
        """,
    "in a function inside": """
        def launch(x, y, n):
            assert x.ndim == 3

            def inner():
                kernel[(1,)](x, *x.stride(), y, n)

            inner()
        """,
    "the variable of a comprehension": """
        def launch(x, xs, y, n):
            assert x.ndim == 3
            all(kernel[(1,)](x, *x.stride(), y, n) is None for x in xs)
        """,
    "of an attribute": """
        def launch(self, y, n):
            assert self.x.ndim == 3
            kernel[(1,)](self.x, *self.x.stride(), y, n)
        """,
    "of a call": """
        def launch(x, y, n):
            assert x.ndim == 3
            kernel[(1,)](x, *x.flatten().stride(), y, n)
        """,
    "of all parameters": """
        def launch(y, n, *x):
            B, M, N = x.shape
            kernel[(1,)](x, *x.stride(), y, n)
        """,
    "of a global": """
        def launch(y, n):
            global x
            assert x.ndim == 3
            kernel[(1,)](x, *x.stride(), y, n)
        """,
    "with a step": """
        def launch(x, y, n):
            assert x.ndim == 3
            kernel[(1,)](x, *x.stride()[::1], y, n)
        """,
    "from the end": """
        def launch(x, y, n, k):
            assert x.ndim == 3
            kernel[(1,)](x, *x.stride()[k:], y, n)
        """,
    "in another order": """
        def launch(x, y, n):
            assert x.ndim == 3
            kernel[(1,)](x, *reversed(x.stride()), y, n)
        """,
    "made by another library": """
        import mylib as torch


        def launch(y, n):
            x = torch.empty((n, n, 4))
            kernel[(1,)](x, *x.stride(), y, n)
        """,
    "made of sizes that are not seen": """
        def launch(y, n, sizes):
            x = torch.full(sizes, n, 3)
            kernel[(1,)](x, *x.stride(), y, n)
        """,
    "behind what is not known": """
        def launch(x, y, n, more):
            assert x.ndim == 3
            kernel[(1,)](*more, *x.stride(), y, n)
        """,
    "for one of two kernels": """
        @triton.jit
        def other(x, row, column, last, y, n):
            tl.store(x + row + column + last, y + n)


        def launch(x, y, n, wide):
            assert x.ndim == 3
            (kernel if wide else other)[(1,)](x, *x.stride(), y, n)
        """,
    "and it may come by its name, too": """
        def launch(x, y, n):
            assert x.ndim == 3
            more = {"last": 1}
            kernel[(1,)](x, *x.stride(), y, n, **more)
        """,
    "in a partial": """
        from functools import partial


        def launch(x, y, n):
            assert x.ndim == 3
            partial(kernel[(1,)], x, *x.stride())(y, n)
        """,
}


def tree(code: str, kernel: str = KERNEL) -> dict[str, str]:
    return {"kernels.py": kernel + textwrap.dedent(code).lstrip("\n")}


def launch(statements: str, arguments: str) -> str:
    return f"def launch(x, y, n):\n    {statements}\n    kernel[(1,)]({arguments})\n"


@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_strides_lose_one_where_their_number_shows(fix_whole, shown):
    assert fix_whole(tree(launch(shown, "x, *x.stride(){+[:2]+}, y, n")))


@pytest.mark.parametrize("code", LAUNCHED.values(), ids=LAUNCHED)
def test_a_launch_that_unpacks_strides_is_understood(fix_whole, code):
    assert fix_whole(tree(code))


@pytest.mark.parametrize("unclear", UNKNOWN.values(), ids=UNKNOWN)
def test_strides_block_where_their_number_does_not_show(fix_whole, unclear):
    reasons = fix_whole(tree(launch(unclear, "x, *x.stride(), y, n")), "--unsafe-fixes").lines
    assert "last blocked: `*x.stride()` at kernels.py may pass this argument" in reasons


@pytest.mark.parametrize("code", BLOCKED.values(), ids=BLOCKED)
def test_what_is_not_understood_blocks(fix_whole, code):
    reasons = fix_whole(tree(code), "--unsafe-fixes").lines
    assert any(map(re.compile(r"last blocked: `\*.+` at kernels.py may pass this").match, reasons))


#: What is left of the shape of a tensor with four dimensions: the parameters, those that are read,
#: and the arguments.
PARTS = {
    "the first": ("x, [-a, -]b, c, d", "bcd", "x, *x.shape{+[1:]+}"),
    "the last": ("x, a, b, c[-, d-]", "abc", "x, *x.shape{+[:3]+}"),
    "one between": ("x, a, [-b, -]c, d", "acd", "x, [-*x.shape-]{+x.shape[0], *x.shape[2:]+}"),
    "one before the last": ("x, a, b, [-c, -]d", "abd", "x, *x.shape{+[:2], x.shape[3]+}"),
    "two": ("x, a, b[-, c, d-]", "ab", "x, *x.stride(){+[:2]+}"),
    "two between": ("x, a, [-b, c, -]d", "ad", "x, [-*x.shape-]{+x.shape[0], x.shape[3]+}"),
    "three": ("x[-, a, b-], c[-, d-]", "c", "x, [-*x.stride()-]{+x.stride()[2]+}"),
    "all": ("x[-, a, b, c, d-]", "", "x[-, *x.shape-]"),
    "the first of a part": ("x, [-a, -]b, c", "bc", "x, *x.shape[[-1-]{+2+}:]"),
    "the last of a part": ("x, a, b[-, c-]", "ab", "x, *x.shape[1:{+3+}]"),
    "the first without the last": ("x, [-a, -]b, c", "bc", "x, *x.shape[{+1+}:-1]"),
    "the last without the last": ("x, a, b[-, c-]", "ab", "x, *x.shape[:[--1-]{+2+}]"),
    "all of a part": ("x[-, a, b-]", "", "x[-, *x.shape[2:]-]"),
    "with its neighbor": ("x, a, b, c[-, d, e-]", "abc", "x, *x.size(){+[:3]+}[-, 5-]"),
    "of two": (
        "x, a, [-b, -]c, d[-, e-]",
        "acd",
        "x, [-*x.shape[:3]-]{+x.shape[0], x.shape[2]+}, [-*x.stride()[2:]-]{+x.stride()[2]+}",
    ),
}


@pytest.mark.parametrize(("parameters", "read", "arguments"), PARTS.values(), ids=PARTS)
def test_what_is_left_of_a_shape(fix_whole, parameters, read, arguments):
    kernel = (
        "import triton\nimport triton.language as tl\n\n\n@triton.jit\n"
        f"def kernel({parameters}):\n    tl.store({' + '.join(['x', *read])}, 1)\n\n\n"
    )
    assert fix_whole(tree(launch("assert x.ndim == 4", arguments), kernel))


#: Every launch of it passes three arguments by position and one by keyword, or does not bind.
STRICT = """import triton
import triton.language as tl


@triton.jit
def kernel(x, y, [-n, -]BLOCK: tl.constexpr):
    tl.store(x + y, BLOCK)


"""

#: Launches in which the other arguments show how many arguments an unpacking passes.
FOLLOWS = {
    "one before it": "*args, [-n, -]BLOCK=16",
    "some before it": "x, *args, [-n, -]BLOCK=16",
    "two before it": "*args, *more, [-n, -]BLOCK=16",
    "two with one between": "*args, x, *more, [-n, -]BLOCK=16",
    "none before it": "x, y, *args, [-n, -]BLOCK=16",
    "all by place": "*args, [-n, -]16",
    "a call": "*reversed(args), [-n, -]BLOCK=16",
    "with options": "*args, [-n, -]BLOCK=16, num_warps=8",
    "with options that are known": "*args, [-n, -]BLOCK=16, **{'num_warps': 8}",
    "a shape of which nothing shows": "*x.shape, [-n, -]BLOCK=16",
}

#: Launches in which `n` may be among the unpacked arguments, or their number is not known.
OPEN = {
    "it is among them": "x, *args, BLOCK=16",
    "it is between two": "x, *args, n, *more, BLOCK=16",
    "options that are not known": "*args, n, **more",
    "a keyword that is not certain": "*args, n, **({'BLOCK': 16} if y else {})",
}


@pytest.mark.parametrize("arguments", FOLLOWS.values(), ids=FOLLOWS)
def test_a_launch_that_binds_tells_how_many_arguments_it_unpacks(fix_whole, arguments):
    code = f"def launch(x, y, n, args, more):\n    kernel[(1,)]({arguments})\n"
    assert fix_whole(tree(code, STRICT))


@pytest.mark.parametrize("arguments", OPEN.values(), ids=OPEN)
def test_an_unpacking_that_may_pass_it_blocks(fix_whole, arguments):
    code = f"def launch(x, y, n, args, more):\n    kernel[(1,)]({arguments})\n"
    reasons = fix_whole(tree(code, STRICT), "--unsafe-fixes").lines
    assert "n blocked: `*args` at kernels.py may pass this argument" in reasons


#: Other kernels and launches, for which the number is not known.
NOT_CERTAIN = {
    "a parameter with a default": ("BLOCK: tl.constexpr", "BLOCK: tl.constexpr = 16", "*args, n"),
    "one of the configs": (
        "@triton.jit",
        "@triton.autotune([triton.Config({'BLOCK': 16}), triton.Config({})], ['y'])\n@triton.jit",
        "*args, n",
    ),
    "a decorator that is not known": ("@triton.jit", "@odd\n@triton.jit", "*args, n, BLOCK=16"),
}


@pytest.mark.parametrize(("old", "new", "arguments"), NOT_CERTAIN.values(), ids=NOT_CERTAIN)
def test_a_launch_that_may_bind_in_several_ways_blocks(fix_whole, old, new, arguments):
    code = f"def launch(n, args):\n    kernel[(1,)]({arguments})\n"
    reasons = fix_whole(tree(code, STRICT.replace(old, new)), "--unsafe-fixes").lines
    assert "n blocked: `*args` at kernels.py may pass this argument" in reasons


#: What sets `BLOCK` at every launch, so that it cannot be passed by position, too.
SET = {
    "a config": "@triton.autotune([triton.Config({'BLOCK': 16})], ['y'])",
    "all configs": "@triton.autotune([triton.Config({'BLOCK': b}) for b in (16, 32)], ['y'])",
    "a heuristic": "@triton.heuristics({'BLOCK': lambda args: 16})",
}


@pytest.mark.parametrize("decorator", SET.values(), ids=SET)
def test_what_a_decorator_sets_is_not_passed_by_position(fix_whole, decorator):
    kernel = STRICT.replace("@triton.jit", f"{decorator}\n@triton.jit")
    assert fix_whole(tree("def launch(n, args):\n    kernel[(1,)](*args[-, n-])\n", kernel))


def test_a_launch_that_may_fail_tells_nothing(fix_whole):
    code = """
        def launch(n, args):
            try:
                kernel[(1,)](*args, n, BLOCK=16)
            except TypeError:
                pass
        """
    reasons = fix_whole(tree(code, STRICT), "--unsafe-fixes").lines
    assert "n blocked: `*args` at kernels.py may pass this argument" in reasons


def test_a_second_run_finds_nothing_more(fix):
    kernel = KERNEL.replace("[-", "").replace("-]", "")
    code = launch("assert x.ndim == 3", "x, *x.stride(), y, n")
    first = fix({"kernels.py": kernel + code})
    assert "*x.stride()[:2]" in first["kernels.py"]
    second = fix({"kernels.py": first["kernels.py"]})
    assert second["kernels.py"] == first["kernels.py"]
    assert second.status == 0

"""Launches that unpack a dictionary, tuple or list of the same function: its contents are read."""

from __future__ import annotations

import re
import textwrap

import pytest

KERNEL = """import triton
import triton.language as tl


@triton.jit
def kernel(x, [-n, -]y=None, BLOCK: tl.constexpr = 16):
    tl.store(x + y, BLOCK)


"""

#: Dictionaries that cannot contain the argument.
KNOWN = {
    "a literal": """
        def launch(x, n, y):
            common = {"y": y, "BLOCK": 32}
            kernel[(1,)](x, [-n, -]**common)
            kernel[(2,)](x, [-n=n, -]**common)
        """,
    "a literal at the launch": """
        def launch(x, n, y):
            kernel[(1,)](x, [-n, -]**{"y": y})
        """,
    "a call of dict": """
        def launch(x, n, y):
            common = dict(y=y)
            kernel[(1,)](x, [-n, -]**common)
        """,
    "an empty one that gets keys": """
        def launch(x, n, y, wide):
            common: dict[str, object] = {}
            if wide:
                common["BLOCK"] = 64
                common["num_warps"] = 8
            if "BLOCK" not in common:
                print(common.get("y"), common["num_warps"], len(common))
            kernel[(1,)](x, [-n, -]y, **common)
        """,
    "one of two": """
        def launch(x, n, y, wide):
            common = {"BLOCK": 64} if wide else {}
            kernel[(1,)](x, [-n, -]y, **common)
        """,
    "one after the other": """
        def launch(x, n, y, wide):
            common = {}
            if wide:
                common = {"BLOCK": 64}
            kernel[(1,)](x, [-n, -]y, **common)
        """,
    "one in another": """
        def launch(x, n, y):
            common = {"BLOCK": 64}
            more = {**common, "y": y} | {"num_warps": 4}
            kernel[(1,)](x, [-n, -]**more)
        """,
    "in a function around": """
        def launch(x, n, y):
            common = {"BLOCK": 64}

            def inner():
                kernel[(1,)](x, [-n, -]y, **common)

            inner()
        """,
}

#: Dictionaries that contain it, and lose it.
HELD = {
    "beside another that is only shown": """
        def launch(x, n, y):
            more = {}
            more["BLOCK"] = 64
            print(more)
            kernel[(1,)](x, **{[-"n": n, -]"y": y}, **more)
        """,
    "a literal": """
        def launch(x, n, y):
            common = {[-"n": n, -]"y": y}
            kernel[(1,)](x, **common)
        """,
    "a call of dict": """
        def launch(x, n, y):
            common = dict(y=y[-, n=n-])
            kernel[(1,)](x, **common)
        """,
    "on lines of their own": """
        def launch(x, n, y):
            common = {
                "y": y,
        [-        "n": n,
        -]        "BLOCK": 32,
            }
            kernel[(1,)](x, **common)
        """,
    "alone": """
        def launch(x, n, y):
        [-    common = {"n": n}
        -]    kernel[(1,)](x, y=y[-, **common-])
        """,
    "with a local that only fed it": """
        def launch(x, y):
        [-    n = y.shape[0]
        -]    common = {[-"n": n, -]"y": y}
            kernel[(1,)](x, **common)
        """,
    "at the launch": """
        def launch(x, n, y):
            kernel[(1,)](x, **{[-"n": n, -]"y": y})
        """,
    "alone at the launch": """
        def launch(x, n, y):
            kernel[(1,)](x, y=y[-, **{"n": n}-])
        """,
    "a call of dict at the launch": """
        def launch(x, n, y):
            kernel[(1,)](x, **dict([-n=n, -]y=y))
        """,
    "beside another in it": """
        def launch(x, n, y):
            inner = {"BLOCK": 32}
            common = {**inner, [-"n": n, -]"y": y}
            kernel[(1,)](x, **common)
        """,
    "beside another in it, at the launch": """
        def launch(x, n, y):
            inner = {"y": y}
            kernel[(1,)](x, **{**inner[-, "n": n-]})
            kernel[(2,)](x, **{[-"n": n + 1, -]**inner})
        """,
    "beside another in a call of dict": """
        def launch(x, n, y):
            inner = dict(y=y)
            kernel[(1,)](x, **dict([-n=n, -]**inner))
        """,
    "beside one of two in it": """
        def launch(x, n, y, wide):
            kernel[(1,)](x, **{**({"BLOCK": 32} if wide else {}), [-"n": n, -]"y": y})
        """,
    "of two launches": """
        def launch(x, n, y, wide):
            common = {[-"n": n, -]"y": y}
            if wide:
                kernel[(2,)](x, **common)
            else:
                kernel[(1,)](x, BLOCK=32, **common)
        """,
    "beside an argument of another launch": """
        def launch(x, n, y):
            common = {[-"n": n, -]"y": y}
            kernel[(1,)](x, **common)
            kernel[(1,)](x, [-n, -]y)
        """,
    "and other keys are set in a loop": """
        def launch(x, n, ys):
            common = dict([-n=n, -]y=None)
            for y in ys:
                common["y"] = y
                common["BLOCK"] = 2 * y.shape[0]
                kernel[(1,)](x, **common)
        """,
    "and other keys are read and deleted": """
        def launch(x, n, y):
            common = {[-"n": n, -]"y": y, "BLOCK": 32}
            grid = (common["BLOCK"],)
            kernel[grid](x, **common)
            del common["BLOCK"]
            kernel[grid](x, **common)
        """,
}

#: Tuples and lists that contain it, and lose it.
ELEMENTS = {
    "a tuple": """
        def launch(x, n, y):
            args = (x, [-n, -]y)
            kernel[(1,)](*args)
        """,
    "a list": """
        def launch(x, n, y):
            args = [x, [-n, -]y]
            kernel[(1,)](*args, BLOCK=32)
        """,
    "the last": """
        def launch(x, n, y):
            args = (x,[- n-])
            kernel[(1,)](*args, y=y)
        """,
    "in a comprehension": """
        def launch(x, n, y):
            args = (x, [-n, -]y)
            all(kernel[(1,)](*args) is None for _ in range(4))
        """,
    "beside a launch of it": """
        @triton.jit
        def other(x, y):
            tl.store(x, y)


        def launch(x, n, y):
            args = (x, kernel[(1,)](x, [-n, -]y) is None)
            other[(1,)](*args)
        """,
    "alone": """
        def launch(x, n, y):
        [-    args = (n,)
        -]    kernel[(1,)](x, [-*args, -]y)
        """,
    "alone at the launch": """
        def launch(x, n, y):
            kernel[(1,)](x, [-*(n,), -]y)
        """,
    "alone in a list of two launches": """
        def launch(x, n, y):
        [-    args = [n]
        -]    if y is None:
                kernel[(1,)](x, [-*args, -]y)
            else:
                kernel[(2,)](x, [-*args, -]y)
        """,
    "alone with a local that only fed it": """
        def launch(x, y):
        [-    n = y.shape[0]
            args = (n,)
        -]    kernel[(1,)](x, [-*args, -]y)
        """,
    "one of two, which stays with its comma": """
        def launch(x, n, y):
            args = ([-n, -]y{+,+})
            kernel[(1,)](x, *args)
        """,
    "with brackets around it": """
        def launch(x, n, y):
            args = [x, [-(n), -](y)]
            kernel[(1,)](*args)
        """,
    "on lines of their own": """
        def launch(x, n, y):
            args = (
                x,
        [-        n,
        -]        y,
                32,
            )
            kernel[(1,)](*args)
        """,
    "without brackets": """
        def launch(x, n, y):
            args = x, [-n, -]y
            kernel[(1,)](*args)
        """,
    "without brackets, the last": """
        def launch(x, n, y):
            args = x,[- n-]  # both
            kernel[(1,)](*args, y=y)
        """,
    "without brackets around all": """
        def launch(x, n, y):
            args = (x), [-n, -](y)
            kernel[(1,)](*args)
        """,
    "without brackets, alone": """
        def launch(x, n, y):
        [-    args = n,
        -]    kernel[(1,)](x, [-*args, -]y)
        """,
    "without brackets, alone in its own": """
        def launch(x, n, y):
        [-    args = (n),
        -]    kernel[(1,)](x, [-*args, -]y)
        """,
    "without brackets, on two lines": """
        def launch(x, n, y):
            args = x, \\
                [-n, -]y
            kernel[(1,)](*args)
        """,
    "on two lines by a bracket of its own": """
        def launch(x, n, y):
            args = x.view(
                -1
            ), [-n, -]y
            kernel[(1,)](*args)
        """,
    "with an annotation": """
        def launch(x, n, y):
            args: tuple[object, ...] = (x, [-n, -]y)
            kernel[(1,)](*args)
        """,
    "with a local that only fed it": """
        def launch(x, y):
        [-    n = y.shape[0]
        -]    args = (x, [-n, -]y)
            kernel[(1,)](*args)
        """,
    "of two launches": """
        def launch(x, n, y, wide):
            args = (x, [-n, -]y)
            if wide:
                kernel[(2,)](*args, 32)
            else:
                kernel[(1,)](*args, BLOCK=16)
        """,
    "in a loop": """
        def launch(xs, n, y):
            for x in xs:
                args = (x, [-n, -]y)
                for block in (16, 32):
                    kernel[(1,)](*args, BLOCK=block)
        """,
    "beside an argument of another launch": """
        def launch(x, n, y):
            args = (x, [-n, -]y)
            kernel[(1,)](*args)
            kernel[(1,)](x, [-n, -]y)
            kernel[(1,)](x, [-n=n, -]y=y)
        """,
    "behind another one": """
        def launch(x, n, y):
            first = (x,)
            rest = ([-n, -]y{+,+})
            kernel[(1,)](*first, *rest)
        """,
    "in two functions": """
        def launch(x, n, y):
            args = (x, [-n, -]y)
            kernel[(1,)](*args)


        def again(x, n, y):
            args = (x, [-n, -]y)
            kernel[(1,)](*args)
        """,
    "with a dictionary that is not known": """
        def launch(x, n, y, **more):
            args = (x, [-n, -]y)
            kernel[(1,)](*args, **more)
        """,
    "by run": """
        def launch(x, n, y):
            args = (x, [-n, -]y)
            kernel.run(*args, grid=(1,), warmup=False)
        """,
}

#: Literals that launches of several kernels unpack; none of the kernels needs all elements.
SEVERAL = {
    "a tuple": """
        @triton.jit
        def other(x, [-n, -]y):
            tl.store(x + y, 1)


        def launch(x, n, y, wide):
            args = (x, [-n, -]y)
            if wide:
                kernel[(1,)](*args)
            else:
                other[(1,)](*args)
        """,
    "a dictionary": """
        @triton.jit
        def other(x, [-n, -]y=None, BLOCK: tl.constexpr = 16):
            tl.store(x + y, BLOCK)


        def launch(x, n, y):
            common = {[-"n": n, -]"y": y}
            kernel[(1,)](x, **common)
            other[(1,)](x, **common)
        """,
    "for parameters of other names and places": """
        @triton.jit
        def other(a, b, [-m, -]c):
            tl.store(a + b, c)


        def launch(x, n, y):
            rest = ([-n, -]y{+,+})
            kernel[(1,)](x, *rest)
            other[(1,)](x, 7, *rest)
        """,
    "slices of a tuple": """
        @triton.jit
        def other(a, b, [-m, -]c):
            tl.store(a + b, c)


        def launch(x, n, y):
            args = (x, 3, [-n, -]y)
            kernel[(1,)](*args[:1], *args[2:])
            other[(1,)](x, *args[1:])
            other[(1,)](*args[:2], [-5, -]y)
        """,
}

#: Slices of a tuple or list; some contain the element, and all still contain the other ones.
SLICES = {
    "the end": """
        def launch(x, n, y):
            args = (x, [-n, -]y)
            kernel[(1,)](x, *args[1:])
        """,
    "all": """
        def launch(x, n, y):
            args = [x, [-n, -]y]
            kernel[(1,)](*args[:])
        """,
    "all but the last": """
        def launch(x, n, y):
            args = (x, [-n, -]y, 5)
            kernel[(1,)](*args[:-1])
            kernel[(1,)](*args[:-1], BLOCK=32)
        """,
    "the beginning, before it": """
        def launch(x, n, y):
            args = (x, [-n, -]y)
            kernel[(1,)](*args)
            kernel[(1,)](*args[:1], [-5, -]y)
        """,
}

#: What the report says about literals that also pass an element which is needed.
NEEDED = {
    "another kernel": (
        """
        @triton.jit
        def other(x, m, y):
            tl.store(x + y, m)


        def launch(x, n, y):
            args = (x, n, y)
            kernel[(1,)](*args)
            other[(1,)](*args)
        """,
        "`other`, which gets the same value, reads its `m`",
    ),
    "another parameter": (
        """
        def launch(x, n, y):
            args = (n, y)
            kernel[(1,)](x, *args)
            kernel[(1,)](*args, y)
        """,
        "`kernel`, which gets the same value, reads its `x`",
    ),
    "another parameter of one launch": (
        """
        def launch(n, y):
            args = (y, n)
            kernel[(1,)](*args, *args)
        """,
        "`kernel`, which gets the same value, reads its `BLOCK`",
    ),
    "another kernel, or a third": (
        """
        @triton.jit
        def other(x, m, y):
            tl.store(x + y, m)


        def launch(x, n, y, third):
            args = (x, n, y)
            kernel[(1,)](*args)
            (other or third)[(1,)](*args)
        """,
        "`other`, which gets the same value, reads its `m`",
    ),
    "another kernel by its key": (
        """
        @triton.jit
        def other(x, n, y):
            tl.store(x + y, n)


        def launch(x, n, y):
            common = {"n": n, "y": y}
            kernel[(1,)](x, **common)
            other[(1,)](x, **common)
        """,
        "`other`, which gets the same value, reads its `n`",
    ),
}

#: Tuples and lists whose elements are all known, and are for other parameters.
OTHERS = {
    "before it": """
        def launch(x, n, y):
            args = (x,)
            kernel[(1,)](*args, [-n, -]y)
        """,
    "behind it": """
        def launch(x, n, y):
            args = (y, 32)
            kernel[(1,)](x, [-n, -]*args)
        """,
    "by keyword": """
        def launch(x, n, y):
            args = [x]
            kernel[(1,)](*args, [-n=n, -]y=y)
        """,
    "for two kernels": """
        @triton.jit
        def other(y, BLOCK):
            tl.store(y, BLOCK)


        def launch(x, n, y):
            args = (y, 32)
            kernel[(1,)](x, [-n, -]*args)
            other[(1,)](*args)
        """,
    "for another function": """
        def launch(x, n, y):
            args = (y, 32)
            kernel[(1,)](x, [-n, -]*args)
            print(*args)
        """,
}

#: Tuples and lists that may contain it, or contain it for other kernels too; nothing changes.
UNKNOWN_ELEMENTS = {
    "a slice that would hold another": """
        def launch(x, n, y):
            args = (x, n, y, 32)
            kernel[(1,)](*args[:3])
        """,
    "a slice from the end that would hold another": """
        def launch(x, n, y):
            args = (5, n, y)
            kernel[(1,)](x, *args[-2:])
        """,
    "a slice behind it that would hold another": """
        def launch(x, n, y):
            args = (x, n, y, 32)
            kernel[(1,)](*args)
            kernel[(1,)](x, 5, *args[2:])
        """,
    "a slice of which the place is not known": """
        def launch(x, n, y, k):
            args = (x, n, y)
            kernel[(1,)](*args[:k])
        """,
    "a slice with a step": """
        def launch(x, n, y):
            args = (x, n, y)
            kernel[(1,)](*args[::1])
        """,
    "a slice in a list": """
        def launch(x, n, y):
            args = (x, n, y)
            kernel[(1,)](*args)
            print([*args[1:]])
        """,
    "for one of two kernels": """
        @triton.jit
        def other(x, n, y):
            tl.store(x + y, n)


        def launch(x, n, y, wide):
            args = (x, n, y)
            (kernel if wide else other)[(1,)](*args)
        """,
    "for another function": """
        def launch(x, n, y):
            args = (x, n, y)
            kernel[(1,)](*args)
            print(*args)
        """,
    "behind one that is not known": """
        def launch(x, n, y, more):
            args = (n, y)
            kernel[(1,)](*more, *args)
        """,
    "with another in it": """
        def launch(x, n, y, more):
            args = (x, *more)
            kernel[(1,)](*args)
        """,
    "assigned twice": """
        def launch(x, n, y, wide):
            args = (x, n, y)
            if wide:
                args = (x, n, y, 32)
            kernel[(1,)](*args)
        """,
    "a parameter that is assigned": """
        def launch(x, n, y, args=()):
            if x is not None:
                args = (x, n, y)
            kernel[(1,)](*args)
        """,
    "added to": """
        def launch(x, n, y):
            args = [x, n]
            args += [y]
            kernel[(1,)](*args)
        """,
    "appended to": """
        def launch(x, n, y):
            args = [x, n]
            args.append(y)
            kernel[(1,)](*args)
        """,
    "an element is set": """
        def launch(x, n, y):
            args = [x, n, y]
            args[1] = 2
            kernel[(1,)](*args)
        """,
    "an element is taken": """
        def launch(x, n, y):
            args = (x, n, y)
            kernel[(1,)](*args)
            return args[2]
        """,
    "it is measured": """
        def launch(x, n, y):
            args = (x, n, y)
            kernel[(len(args),)](*args)
        """,
    "passed": """
        def launch(x, n, y):
            args = [x, n, y]
            fill(args)
            kernel[(1,)](*args)
        """,
    "returned": """
        def launch(x, n, y):
            args = (x, n, y)
            kernel[(1,)](*args)
            return args
        """,
    "iterated": """
        def launch(x, n, y):
            args = (x, n, y)
            for arg in args:
                print(arg)
            kernel[(1,)](*args)
        """,
    "unpacked to names": """
        def launch(x, n, y):
            args = (x, n, y)
            a, b, c = args
            kernel[(1,)](*args)
        """,
    "unpacked into a list": """
        def launch(x, n, y):
            args = (x, n, y)
            print([*args])
            kernel[(1,)](*args)
        """,
    "under another name": """
        def launch(x, n, y):
            args = [x, n]
            other = args
            other.append(y)
            kernel[(1,)](*args)
        """,
    "under two names": """
        def launch(x, n, y):
            args = other = [x, n]
            other.append(y)
            kernel[(1,)](*args)
        """,
    "in something of another name": """
        def launch(x, n, y):
            (args, y) = both = ([x, n], y)
            both[0].append(y)
            kernel[(1,)](*args)
        """,
    "in a walrus": """
        def launch(x, n, y):
            fill(args := [x, n])
            kernel[(1,)](*args)
        """,
    "deleted": """
        def launch(x, n, y):
            args = (x, n, y)
            kernel[(1,)](*args)
            del args
        """,
    "in a function inside": """
        def launch(x, n, y):
            args = (x, n, y)

            def inner():
                kernel[(1,)](*args)

            inner()
        """,
    "in a lambda": """
        def launch(x, n, y):
            args = (x, n, y)
            return lambda: kernel[(1,)](*args)
        """,
    "of the same name in a function inside": """
        def launch(x, n, y):
            args = (x, n, y)
            kernel[(1,)](*args)

            def inner(args):
                kernel[(1,)](*args)

            return inner
        """,
    "of a name that is also global": """
        def launch(x, n, y):
            global args
            args = (x, n, y)
            kernel[(1,)](*args)
        """,
    "of a name that a function inside assigns": """
        def launch(x, n, y):
            args = (x, n, y)

            def fill():
                nonlocal args
                args = (x, n, y, 32)

            fill()
            kernel[(1,)](*args)
        """,
    "of the module": """
        ARGS = (1, 2)


        def launch(x, n, y):
            kernel[(1,)](*ARGS)
        """,
    "of a class": """
        def launch(x, n, y):
            class Holder:
                args = (x, n, y)
                kernel[(1,)](*args)
        """,
    "of a call": """
        def launch(x, n, y):
            args = tuple([x, n, y])
            kernel[(1,)](*args)
        """,
    "one of two": """
        def launch(x, n, y, wide):
            args = (x, n, y) if wide else (x, n)
            kernel[(1,)](*args)
        """,
    "of a loop": """
        def launch(x, n, y):
            for args in ((x, n, y),):
                kernel[(1,)](*args)
        """,
    "of a string": """
        def launch(x, n, y):
            args = "ab"
            kernel[(1,)](*args)
        """,
    "given by a dictionary too": """
        def launch(x, n, y):
            args = (x, n, y)
            kernel[(1,)](*args, **{"n": n})
        """,
    "in a partial": """
        import functools


        def launch(x, n, y):
            args = (x, n)
            functools.partial(kernel[(1,)], *args)(y)
        """,
    "a function that may look at its locals": """
        def launch(x, n, y):
            args = [x, n]
            locals()["args"].append(y)
            kernel[(1,)](*args)
        """,
}

#: Dictionaries that may contain it; nothing changes.
UNKNOWN = {
    "it is in there, twice unpacked": """
        def launch(x, n, y):
            common = {"n": n, "y": y}
            kernel[(1,)](x, **common)
            other(x, **common)
        """,
    "it is in there, and in another": """
        def launch(x, n, y):
            inner = {"n": 1}
            kernel[(1,)](x, **{**inner, "n": n, "y": y})
        """,
    "it may be in another": """
        def launch(x, n, y, wide):
            inner = {"n": 1} if wide else {}
            kernel[(1,)](x, **{"n": n, "y": y, **inner})
        """,
    "it is put in another": """
        def launch(x, n, y):
            inner = {}
            inner["n"] = 1
            kernel[(1,)](x, **{"n": n, "y": y, **inner})
        """,
    "it is in there, beside another that is not known": """
        def launch(x, n, y, more):
            kernel[(1,)](x, **{"n": n, "y": y, **more})
        """,
    "it is in there twice": """
        def launch(x, n, y):
            kernel[(1,)](x, **{"n": n, "y": y, "n": 1})
        """,
    "it is in there, at the launch of one of two": """
        @triton.jit
        def other(x, n, y=None, BLOCK: tl.constexpr = 16):
            tl.store(x + y, BLOCK)


        def launch(x, n, y, wide):
            (kernel if wide else other)[(1,)](x, **{"n": n, "y": y})
        """,
    "it is in there, and joined with another": """
        def launch(x, n, y):
            kernel[(1,)](x, **({"n": n} | {"y": y}))
        """,
    "it is in there, and unpacked into another": """
        def launch(x, n, y):
            inner = {"n": n}
            kernel[(1,)](x, **inner, y=y)
            kernel[(1,)](x, **{**inner, "y": y})
        """,
    "it is in there, and one launch gives it otherwise": """
        def launch(x, n, y):
            common = {"n": n, "y": y}
            kernel[(1,)](x, **common)
            kernel[(1,)](x, n, **common)
        """,
    "a function that may look at its locals": """
        def launch(x, n, y):
            common = {"n": n, "y": y}
            print(locals())
            kernel[(1,)](x, **common)
        """,
    "it is in there, and looked up": """
        def launch(x, n, y):
            common = {"n": n, "y": y}
            kernel[(1,)](x, **common)
            return common["n"]
        """,
    "it is in there, and set again": """
        def launch(x, n, y):
            common = {"n": n, "y": y}
            kernel[(1,)](x, **common)
            common["n"] = 2
            kernel[(1,)](x, **common)
        """,
    "it is in there, and counted up": """
        def launch(x, n, y):
            common = {"n": n, "y": y}
            for _ in range(3):
                common["n"] += 1
                kernel[(1,)](x, **common)
        """,
    "it is in there, and deleted": """
        def launch(x, n, y):
            common = {"n": n, "y": y}
            kernel[(1,)](x, **common)
            del common["n"]
            kernel[(1,)](x, n, **common)
        """,
    "it is in there, and looked for by a name that is not known": """
        def launch(x, n, y, key):
            common = {"n": n, "y": y}
            common[key] = 1
            kernel[(1,)](x, **common)
        """,
    "it is in one of two": """
        def launch(x, n, y, wide):
            common = {"n": n}
            if wide:
                common = {"n": n, "BLOCK": 64}
            kernel[(1,)](x, **common)
        """,
    "it is in another": """
        def launch(x, n, y):
            inner = {"n": n}
            common = {**inner, "y": y}
            kernel[(1,)](x, **common)
        """,
    "it is in there, for one of two kernels": """
        @triton.jit
        def other(x, n, y=None, BLOCK: tl.constexpr = 16):
            tl.store(x + y, BLOCK + n)


        def launch(x, n, y, wide):
            common = {"n": n, "y": y}
            (kernel if wide else other)[(1,)](x, **common)
        """,
    "it is put in there": """
        def launch(x, n, y):
            common = {"y": y}
            common["n"] = n
            kernel[(1,)](x, **common)
        """,
    "it is put in there by a function inside": """
        def launch(x, n, y):
            common = {"y": y}

            def add():
                common["n"] = n

            add()
            kernel[(1,)](x, **common)
        """,
    "it is put in there by a loop": """
        def launch(x, names, y):
            common = {"y": y}
            for name in names:
                common[name] = 1
            kernel[(1,)](x, **common)
        """,
    "it is updated": """
        def launch(x, more, y):
            common = {"y": y}
            common.update(more)
            kernel[(1,)](x, **common)
        """,
    "it is merged": """
        def launch(x, more, y):
            common = {"y": y}
            common |= more
            kernel[(1,)](x, **common)
        """,
    "under two names": """
        def launch(x, n, y):
            common = other = {"y": y}
            other["n"] = n
            kernel[(1,)](x, **common)
        """,
    "under another name": """
        def launch(x, n, y):
            common = {"y": y}
            other = common
            other["n"] = n
            kernel[(1,)](x, **common)
        """,
    "in a walrus": """
        def launch(x, n, y):
            fill(common := {"y": y})
            kernel[(1,)](x, **common)
        """,
    "passed to a function": """
        def launch(x, n, y):
            common = {"y": y}
            fill(common)
            kernel[(1,)](x, **common)
        """,
    "kept in a container": """
        def launch(x, n, y, all):
            common = {"y": y}
            all.append(common)
            kernel[(1,)](x, **common)
        """,
    "of a parameter": """
        def launch(x, n, y, common={}):
            kernel[(1,)](x, **common)
        """,
    "of the module": """
        COMMON = {"BLOCK": 16}


        def launch(x, n, y):
            kernel[(1,)](x, **COMMON)
        """,
    "of a call": """
        def launch(x, n, y):
            kernel[(1,)](x, **options())
        """,
    "with keys that are not literal": """
        def launch(x, n, y, name):
            kernel[(1,)](x, **{name: n, "y": y})
        """,
    "with another in it": """
        def launch(x, n, y, more):
            kernel[(1,)](x, **{"y": y, **more})
        """,
    "by another dict": """
        from mylib import dict


        def launch(x, n, y):
            kernel[(1,)](x, **dict(y=y))
        """,
    "of a name that is also global": """
        def launch(x, n, y):
            global common
            common = {"y": y}
            fill()
            kernel[(1,)](x, **common)
        """,
}


def tree(code: str) -> dict[str, str]:
    return {"kernels.py": KERNEL + textwrap.dedent(code).lstrip("\n")}


@pytest.mark.parametrize("code", KNOWN.values(), ids=KNOWN)
def test_what_cannot_hold_the_argument_blocks_nothing(fix_whole, code):
    assert fix_whole(tree(code))


@pytest.mark.parametrize("code", HELD.values(), ids=HELD)
def test_a_literal_that_launches_of_the_kernel_unpack_loses_the_key(fix_whole, code):
    assert fix_whole(tree(code))


@pytest.mark.parametrize("code", ELEMENTS.values(), ids=ELEMENTS)
def test_a_tuple_or_list_that_launches_of_the_kernel_unpack_loses_the_element(fix_whole, code):
    assert fix_whole(tree(code))


#: Ways in which a launch unpacks the only two dead parameters of a kernel.
ALL_DEAD = {
    "a tuple": "kernel[(1,)](x[-, *(x.stride(0), 3)-])",
    "a dictionary": "kernel[(1,)](x[-, **{'n': n, 'm': 3}-])",
    "a call of dict": "kernel[(1,)](x[-, **dict(n=n, m=3)-])",
    "a variable": "[-args = n, 3\n            -]kernel[(1,)](x[-, *args-])",
    "slices of one": "[-args = [n, 3]\n            -]kernel[(1,)](x[-, *args[:1], *args[1:]-])",
    "a tuple in a tuple of other calls": "print(kernel[(1,)](x[-, *(n, 3)-]), (n, 3))",
}


@pytest.mark.parametrize("launch", ALL_DEAD.values(), ids=ALL_DEAD)
def test_a_literal_of_which_nothing_is_left_goes(check_fix, launch):
    check_fix(
        f"""
        @triton.jit
        def kernel(x[-, n, m-]):
            tl.store(x, 0)


        def launch(x, n):
            {launch}
        """
    )


def test_a_function_that_unpacks_what_it_is_given_still_gets_it(check_fix):
    check_fix(
        """
        @triton.jit
        def kernel(x[-, n, m-]):
            tl.store(x, 0)


        def relay(f, x, args, options):
            f[(1,)](x, *args, **options)


        def launch(x, n):
            relay(kernel, x, ([-n,-]), {[-"m": 3-]})
        """
    )


def test_a_variable_that_may_have_an_effect_is_left_and_reported(fix):
    code = "@triton.jit\ndef kernel(x, n):\n    tl.store(x, 0)\n\n\ndef launch(x, count):\n"
    code += "    args = (count(x),)\n    kernel[(1,)](x, *args)\n"
    fixed = fix(
        {"kernels.py": "import triton\nimport triton.language as tl\n" + code}, "--unsafe-fixes"
    )
    assert fixed["kernels.py"].endswith("    args = ()\n    kernel[(1,)](x)\n")
    assert "nothing reads `args` of `launch` any more" in fixed.err


@pytest.mark.parametrize("code", SEVERAL.values(), ids=SEVERAL)
def test_a_literal_for_several_kernels_loses_it_for_all(fix_whole, code):
    assert fix_whole(tree(code))


@pytest.mark.parametrize("code", SLICES.values(), ids=SLICES)
def test_a_literal_of_which_launches_unpack_slices_loses_the_element(fix_whole, code):
    assert fix_whole(tree(code))


@pytest.mark.parametrize(("code", "reason"), NEEDED.values(), ids=NEEDED)
def test_a_literal_keeps_what_another_kernel_needs(fix_whole, code, reason):
    assert fix_whole(tree(code), "--unsafe-fixes").lines == [f"n blocked: {reason}"]


@pytest.mark.parametrize("code", OTHERS.values(), ids=OTHERS)
def test_elements_for_other_parameters_block_nothing(fix_whole, code):
    assert fix_whole(tree(code))


@pytest.mark.parametrize("code", UNKNOWN_ELEMENTS.values(), ids=UNKNOWN_ELEMENTS)
def test_what_may_hold_the_element_blocks(fix_whole, code):
    reasons = fix_whole(tree(code), "--unsafe-fixes").lines
    assert any(map(re.compile(r"n blocked: `\*\S+` at kernels.py may pass this").match, reasons))


EFFECTS = {
    "of a key": """
        def launch(x, n, y):
            common = {[-"n": next(n), -]"y": y}
            kernel[(1,)](x, **common)
        """,
    "of an element": """
        def launch(x, n, y):
            args = (x, [-next(n), -]y)
            kernel[(1,)](*args)
        """,
}


@pytest.mark.parametrize("code", EFFECTS.values(), ids=EFFECTS)
def test_a_value_with_an_effect_is_for_a_person(fix_whole, code):
    assert not fix_whole(tree(code))
    assert fix_whole(tree(code), "--unsafe-fixes")


@pytest.mark.parametrize("code", UNKNOWN.values(), ids=UNKNOWN)
def test_what_may_hold_the_argument_blocks(fix_whole, code):
    [reason] = fix_whole(tree(code), "--unsafe-fixes").lines
    assert re.fullmatch(r"n blocked: `\*\*.+` at kernels.py may pass this argument", reason)


def test_a_launch_that_misses_an_argument_is_found_behind_it(lint):
    code = """
        def launch(x, n):
            common = {"BLOCK": 16}
            kernel[(1,)](**common)
        """
    files = {name: text.replace("[-", "").replace("-]", "") for name, text in tree(code).items()}
    [found] = lint(files, "--select", "TRL903")
    assert "it gets no `x` and no `n`" in found["message"]


MISFITS = {
    "args = (x, n, y, 16, 32)\n    kernel[(1,)](*args)": "it takes 4 positional arguments",
    "args = (x, n)\n    kernel[(1,)](*args, y, n=n)": "`n` is given twice",
    "args = (x,)\n    kernel[(1,)](*args, y=y)": "it gets no `n`",
}


@pytest.mark.parametrize(("code", "problem"), MISFITS.items(), ids=MISFITS)
def test_a_launch_that_unpacks_too_much_or_too_little_is_found(lint, code, problem):
    kernel = KERNEL.replace("[-", "").replace("-]", "")
    files = {"kernels.py": f"{kernel}def launch(x, n, y):\n    {code}\n"}
    [found] = lint(files, "--select", "TRL903")
    assert problem in found["message"]


def test_an_element_of_which_nothing_is_known_is_no_number(fix_whole):
    """The other arguments of a launch do not show what it is: the list may name a tensor."""
    kernel = KERNEL.replace("[-", "").replace("-]", "")
    kernel = kernel.replace(
        "@triton.jit", "@triton.autotune([], [], reset_to_zero=NAMES)\n@triton.jit"
    )
    launches = """
        def launch(x, n, y):
            kernel[(1,)](x, 5, y)
            args = (x, n, y)
            kernel[(1,)](*args)
        """
    outcome = fix_whole({"kernels.py": kernel + textwrap.dedent(launches)}, "--unsafe-fixes")
    assert outcome.lines == [
        "n blocked: `reset_to_zero` of `@triton.autotune` is not a list of literals"
    ]


#: What `first` is, and whether it shows that it has one element.
LENGTHS = {
    "one of two tuples": ("first = (x,) if y else (y,)", True),
    "one of three tuples": ("first = (x,) if y else (y,) if x else (3,)", True),
    "a tuple of two branches": ("if y:\n    first = (x,)\nelse:\n    first = (y,)", True),
    "a tuple that is also read": ("first = (x,) if y else (y,)\nprint(first, *first)", True),
    "a sum": ("first = (x,) + ((),)[1:]", True),
    "a product": ("first = (x,) * 1", True),
    "a slice": ("both = (x, y) if y else (y, x)\nfirst = both[1:]", True),
    "a tuple in a tuple": ("both = (x,) if y else (y,)\nfirst = (*both,)", True),
    "another length": ("first = (x,) if y else ()", False),
    "another length later": ("first = (x,)\nfirst = (x, y)", False),
    "a list": ("first = [x] if y else [y]", False),
    "a list of one": ("first = (x,) if y else [y]", False),
    "a call": ("first = (x,) if y else tuple(y)", False),
    "a parameter": ("first = more if y else (y,)", False),
    "a parameter that gets another value": ("more = (x,)\nfirst = more", False),
    "a global": ("global first\nfirst = (x,) if y else (y,)", False),
    "one that grows": ("first = (x,)\nif y:\n    first += (y,)", False),
    "the element of a loop": ("first = (x,)\nfor first in more:\n    pass", False),
    "another one in it": ("first = (x, *more) if y else (y, *more)", False),
    "a product of any length": ("first = (x,) * n", False),
    "a product of a negative length": ("first = (x,) * -1", False),
    "a slice of any length": ("first = (x, y)[:n] if y else (y,)", False),
    "one of another function": (
        "first = (x,)\ndef more():\n    nonlocal first\n    first = y",
        False,
    ),
}


@pytest.mark.parametrize(("code", "shows"), LENGTHS.values(), ids=LENGTHS)
def test_a_tuple_whose_length_shows_has_one_place(fix_whole, code, shows):
    body = textwrap.indent(code, " " * 12)
    launch = f"""
        def launch(x, n, y, more):
{body}
            kernel[(1,)](*first, [-n, -]y)
        """
    outcome = fix_whole(tree(launch))
    assert bool(outcome) == shows
    if not shows:
        assert "n blocked: `*first` at kernels.py may pass this argument" in outcome.lines


def test_an_element_of_one_of_two_tuples_stays(fix_whole):
    code = """
        def launch(x, n, y):
            args = (x, n) if y else (x, 3)
            kernel[(1,)](*args, y)
        """
    reasons = fix_whole(tree(code), "--unsafe-fixes").lines
    assert "n blocked: `*args` at kernels.py may pass this argument" in reasons


@pytest.mark.parametrize(
    ("arguments", "named"),
    {
        "the one that may hold it": ("*(x, y)[:n], *more", "*(x, y)[:n]"),
        "not one before it": ("*((x,) if y else (y,)), *more", "*more"),
        "a dictionary that may hold it": ("x, **{'y': y}, **more", "**more"),
    }.values(),
)
def test_the_reason_names_what_the_code_unpacks(fix_whole, arguments, named):
    code = f"""
        def launch(x, n, y, more):
            kernel[(1,)]({arguments})
        """
    reasons = fix_whole(tree(code), "--unsafe-fixes").lines
    assert f"n blocked: `{named}` at kernels.py may pass this argument" in reasons


def test_a_sequence_does_not_reach_behind_a_place_that_a_keyword_fills(lint):
    source = """
        import triton
        import triton.language as tl


        @triton.jit
        def kernel(x, n, B: tl.constexpr, D: tl.constexpr):
            tl.store(x + n, B)


        def launch(pair, n, options):
            kernel[(1,)](*pair, n, B=64, **options)
    """
    [found] = lint({"kernels.py": source}, "--select", "TRL003")
    assert [launch["argument"] for launch in found["launches"]] == ["**options"]
    assert found["fix_blocked_by"].startswith("`**options` at ")


#: Decorators and a launch, and whether its `*pair` may pass `D`.
BEHIND = {
    "a heuristic": ("@triton.heuristics({'D': lambda a: 1})", "kernel", False),
    "every config": (
        "@triton.autotune([triton.Config({'D': 1}), triton.Config({'D': 2})], key=[])",
        "kernel",
        False,
    ),
    "one of the configs": (
        "@triton.autotune([triton.Config({'D': 1}), triton.Config({})], key=[])",
        "kernel",
        True,
    ),
    "configs that are pruned": (
        "@triton.autotune([triton.Config({'D': 1})], key=[], prune_configs_by={'top_k': f})",
        "kernel",
        True,
    ),
    "another parameter's heuristic": (
        "@triton.heuristics({'B': lambda a: 1})",
        "kernel",
        True,
    ),
    "below the heuristic": ("@triton.heuristics({'D': lambda a: 1})", "kernel.fn", True),
}


@pytest.mark.parametrize(("decorator", "launched", "may_pass"), BEHIND.values(), ids=BEHIND)
def test_a_sequence_does_not_reach_a_parameter_that_a_decorator_sets(
    lint, decorator, launched, may_pass
):
    source = f"""
        import triton
        import triton.language as tl


        {decorator}
        @triton.jit
        def kernel(x, n, D: tl.constexpr = 0, B: tl.constexpr = 1):
            tl.store(x + n, B)


        def launch(pair):
            {launched}[(1,)](*pair)
    """
    [found] = lint({"kernels.py": source}, "--select", "TRL003")
    blamed = str(found["fix_blocked_by"]).startswith("`*pair` at ")
    assert blamed == may_pass
    assert [launch["argument"] == "*pair" for launch in found["launches"]] == [may_pass]

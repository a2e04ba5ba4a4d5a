"""Launches that unpack a dictionary of the same function: what may be in it is read."""

from __future__ import annotations

import textwrap

import pytest

KERNEL = """import triton
import triton.language as tl


@triton.jit
def kernel(x, [-n, -]y=None, BLOCK: tl.constexpr = 16):
    tl.store(x + y, BLOCK)


"""

#: Dictionaries that cannot hold the argument.
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

#: Dictionaries that hold it, and lose it.
HELD = {
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
            common = {[-"n": n-]}
            kernel[(1,)](x, y=y, **common)
        """,
    "with a local that only fed it": """
        def launch(x, y):
        [-    n = y.shape[0]
        -]    common = {[-"n": n, -]"y": y}
            kernel[(1,)](x, **common)
        """,
    "beside an argument of another launch": """
        def launch(x, n, y):
            common = {[-"n": n, -]"y": y}
            kernel[(1,)](x, **common)
            kernel[(1,)](x, [-n, -]y)
        """,
}

#: Dictionaries that may hold it; nothing changes.
UNKNOWN = {
    "it is in there, twice unpacked": """
        def launch(x, n, y):
            common = {"n": n, "y": y}
            kernel[(1,)](x, **common)
            other(x, **common)
        """,
    "it is in there, and looked up": """
        def launch(x, n, y):
            common = {"n": n, "y": y}
            kernel[(1,)](x, **common)
            return common["n"]
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
def test_a_literal_that_one_launch_unpacks_loses_the_key(fix_whole, code):
    assert fix_whole(tree(code))


def test_a_value_with_an_effect_is_for_a_person(fix_whole):
    code = """
        def launch(x, n, y):
            common = {[-"n": next(n), -]"y": y}
            kernel[(1,)](x, **common)
        """
    assert not fix_whole(tree(code))
    assert fix_whole(tree(code), "--unsafe-fixes")


@pytest.mark.parametrize("code", UNKNOWN.values(), ids=UNKNOWN)
def test_what_may_hold_the_argument_blocks(fix_whole, code):
    assert not fix_whole(tree(code), "--unsafe-fixes")


def test_a_launch_that_misses_an_argument_is_found_behind_it(lint):
    code = """
        def launch(x, n):
            common = {"BLOCK": 16}
            kernel[(1,)](**common)
        """
    files = {name: text.replace("[-", "").replace("-]", "") for name, text in tree(code).items()}
    [found] = lint(files, "--select", "TRL903")
    assert "it gets no `x` and no `n`" in found["message"]

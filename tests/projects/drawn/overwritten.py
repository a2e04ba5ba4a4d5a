"""Bodies of kernels that assign the parameter `v` before, after, or near each read of it.

They may use `x_ptr` (int32), `n` and `c` (integers) and `BLOCK` (constexpr, a power of two).
"""

from __future__ import annotations

import random
import textwrap

STORE = "tl.store(x_ptr, v)"

#: Shapes by name; the first is the plain one. Some make `v` a parameter that is read.
SHAPES = {
    "at once": f"v = n * 2\n{STORE}",
    "twice": f"v = n\nv = v + 1\n{STORE}",
    "in a tuple": "v, w = n, 1\ntl.store(x_ptr + w, v)",
    "annotated": f"v: tl.int32 = n * 1\n{STORE}",
    "annotated, in brackets": f"(v): tl.int32 = n * 1\n{STORE}",
    "from a load": f"v = tl.load(x_ptr)\n{STORE}",
    "of another type": "v = 1.5 * n\ntl.store(x_ptr, v.to(tl.int32))",
    "a tensor": "v = tl.arange(0, BLOCK)\ntl.store(x_ptr + v, v)",
    "both arms": f"if n > 4:\n    v = n\nelse:\n    v = n + 1\n{STORE}",
    "both arms, loads": f"if c > 4:\n"
    f"    v = tl.load(x_ptr)\n"
    f"else:\n"
    f"    v = tl.load(x_ptr + 1)\n"
    f"{STORE}",
    "elif": f"if n > 4:\n    v = n\nelif n > 2:\n    v = n + 1\nelse:\n    v = c\n{STORE}",
    "constexpr arms": f"if BLOCK > 16:\n    v = n\nelse:\n    v = n + 1\n{STORE}",
    "one arm": f"if n > 4:\n    v = n\n{STORE}",
    "one constexpr arm": f"if BLOCK > 4:\n    v = n + 1\n{STORE}",
    "one constexpr arm not taken": f"if BLOCK > 400:\n    v = n + 1\n{STORE}",
    "read in its arm": f"if n > 4:\n    v = n\n    {STORE}",
    "read in its arm and after": f"if n > 4:\n    v = n\n    {STORE}\nv = c\n{STORE}",
    "return in one arm": f"if c > 4:\n    return\nelse:\n    v = n\n{STORE}",
    "return in the other arm": f"if c > 4:\n    v = n\nelse:\n    return\n{STORE}",
    "return, elif": f"if c > 9:\n    return\nelif c > 4:\n    return\nelse:\n    v = n\n{STORE}",
    "constexpr return in one arm": f"if BLOCK > 16:\n    return\nelse:\n    v = n\n{STORE}",
    "constexpr return in the other arm": f"if BLOCK > 4:\n    v = n\nelse:\n    return\n{STORE}",
    "constexpr return, elif": (
        f"if BLOCK > 64:\n    v = n\nelif BLOCK > 32:\n    return\nelse:\n    v = c\n{STORE}"
    ),
    "early return": f"if c > 400:\n    return\nv = n\n{STORE}",
    "early constexpr return": f"if BLOCK > 400:\n    return\nv = n\n{STORE}",
    "nested arms": (
        "if n > 4:\n    if c > 4:\n        v = n\n    else:\n        v = c\nelse:\n    v = 1\n"
        + STORE
    ),
    "nested, one missing": (
        "if n > 4:\n    if c > 4:\n        v = n\nelse:\n    v = c + 1\n" + STORE
    ),
    "in a loop": "for i in range(n):\n    v = i\n    tl.store(x_ptr + i, v)",
    "in a loop, in an arm": (
        "for i in range(c):\n    if i > 3:\n        v = tl.load(x_ptr + i)\n"
        "        tl.store(x_ptr + i, v)"
    ),
    "in a loop, in both arms": (
        "for i in range(c):\n    if i > 3:\n        v = n\n    else:\n        v = i\n"
        "    tl.store(x_ptr + i, v)"
    ),
    "in a loop, read after": f"for i in range(c):\n    v = i\n{STORE}",
    "in a loop, read before": "for i in range(c):\n    tl.store(x_ptr + i, v)\n    v = i",
    "before a loop": "v = n\nfor i in range(c):\n    v += i\ntl.store(x_ptr, v)",
    "the loop variable": "for v in range(c):\n    tl.store(x_ptr + v, v)",
    "the loop variable, read after": f"for v in range(c):\n    tl.store(x_ptr + v, n)\n{STORE}",
    "static_range": "for i in tl.static_range(3):\n    v = n + i\n    tl.store(x_ptr + i, v)",
    "static_range, read after": f"for i in tl.static_range(3):\n    v = n + i\n{STORE}",
    "static_range of nothing": f"for i in tl.static_range(0):\n    v = n + i\n{STORE}",
    "while": "i = 0\nwhile i < c:\n    v = i\n    tl.store(x_ptr + i, v)\n    i += 1",
    "while, in its condition": "while v < c:\n    v = v + 1\ntl.store(x_ptr, c)",
    "augmented": f"v += 1\n{STORE}",
    "a helper's result": f"v = twice(n)\n{STORE}",
    "a helper with arms": f"v = pick(n, BLOCK > 16)\n{STORE}",
    "asserted": f"tl.static_assert(BLOCK > 1)\nv = n\n{STORE}",
    "a conditional expression": f"v = n if BLOCK > 16 else c\n{STORE}",
    "a conditional expression that reads": f"v = n if BLOCK > 16 else v\n{STORE}",
    "only assigned": "v = n\ntl.store(x_ptr, c)",
    "only assigned in an arm": "if c > 4:\n    v = n\ntl.store(x_ptr, c)",
    "only assigned in a loop": "for i in range(c):\n    v = i\ntl.store(x_ptr, c)",
    "at random": "",
}

HELPERS = """
@triton.jit
def twice(value):
    value = value * 2
    return value


@triton.jit
def pick(value, FIRST: tl.constexpr):
    if FIRST:
        value = value + 1
        return value
    else:
        return value * 2
"""


def body(name: str, source: random.Random) -> str:
    """The shape's lines."""
    return SHAPES[name] or _block(source, 2, False)


def _block(source: random.Random, depth: int, loop: bool) -> str:
    """Random statements with random reads; the compiler may reject them."""
    lines = [_statement(source, depth, loop) for _ in range(source.randint(1, 3))]
    return "\n".join(lines)


def _statement(source: random.Random, depth: int, loop: bool) -> str:
    kind = source.random()
    if depth and kind < 0.35:
        test = source.choice(["n > 4", "c > 4", "BLOCK > 16", "BLOCK > 400"])
        text = f"if {test}:\n{_inside(source, depth, loop)}"
        if source.random() < 0.6:
            text += f"\nelse:\n{_inside(source, depth, loop)}"
        return text
    if depth and kind < 0.5:
        head = source.choice(["range(c)", "range(0, BLOCK)", "tl.static_range(2)"])
        return f"for i{depth} in {head}:\n{_inside(source, depth, True)}"
    if kind < 0.58 and not loop:
        return "return"
    if kind < 0.8:
        return f"v = {source.choice(['n', 'c + 1', 'n * c', 'tl.load(x_ptr)'])}"
    return STORE if source.random() < 0.8 else "v += 1"


def _inside(source: random.Random, depth: int, loop: bool) -> str:
    return textwrap.indent(_block(source, depth - 1, loop), "    ")

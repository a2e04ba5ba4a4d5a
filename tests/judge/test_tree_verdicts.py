"""Trees before and after a change, and what the judge must say about them without running them."""

from __future__ import annotations

from pathlib import Path

import pytest
from judge.tree import Tree

from judge import static

Files = dict[str, str]
Edit = tuple[str, str, str]

KERNELS: Files = {
    "ops/kernels.py": """
import triton
import triton.language as tl


@triton.jit
def helper(ptr, value, dead):
    tl.store(ptr, value)


@triton.jit(do_not_specialize=["n", 3, "dead"])
def kern(x_ptr, dead, n, m, SIZE: tl.constexpr = 4):
    \"\"\"Fill.

    dead: nothing
    n: how many
    \"\"\"
    helper(x_ptr, n + m, dead)


@triton.autotune([triton.Config({"BLOCK": 1, "DEAD": 2})], key=["n"])
@triton.heuristics({"EVEN": lambda args: args["n"] % 2 == 0})
@triton.jit
def tuned(x_ptr, n, BLOCK: tl.constexpr, DEAD: tl.constexpr, EVEN: tl.constexpr):
    tl.store(x_ptr, n)
""",
    "ops/__init__.py": "from .kernels import kern\n",
    "ops/launch.py": """
import functools
import torch
from ops import kern as fill
from ops.kernels import kern, tuned
from ops import kernels
import ops.kernels as ks

TABLE = {"a": kern}


def direct(x, n, m):
    unused = x.stride(0)
    kern[(1,)](x, unused, n, m, SIZE=8, num_warps=4)


def by_keyword(x, n, m):
    kern[(1,)](x_ptr=x, dead=7, n=n, m=m)


def renamed(x, n, m):
    fill[(1,)](x, 7, n, m)


def of_module(x, n, m):
    kernels.kern[(1,)](x, 7, n, m)
    ks.kern.run(x, 7, n, m, grid=(1,))


def alias(x, n, m):
    f = kern if x.dim() else fill
    f[(1,)](x, 7, n, m)
    go = kern[(1,)]
    go(x, 7, n, m)


def table(x, n, m):
    TABLE["a"][(1,)](x, 7, n, m)


def partial(x, n, m):
    functools.partial(kern[(1,)], x, 7)(n, m)


def unpacked(x, n, m):
    args = (x, 7, n, m)
    kern[(1,)](*args)
    options = dict(n=n, dead=7)
    options["m"] = m
    kern[(1,)](x, **options)
    parts = (x, n, m, 7)
    kern[(1,)](*parts[:1], *parts[3:], *parts[1:3])


def given(kernel, x, n, m):
    kernel[(1,)](x, 7, n, m)


def gives(x, n, m):
    given(kern, x, n, m)


def rows(fn, count, args):
    fn[(count,)](*args)


def each(fn, count, *args, **options):
    fn[(count,)](*args, **options)


def gives_more(x, n, m):
    rows(kern, 2, (x, 7, n, m))
    each(kern, 3, x, 7, n, m)
    each(kern, 4, x, n=n, dead=7, m=m)


def tunes(x, n):
    tuned[(1,)](x, n)
""",
}
RIGHT: tuple[Edit, ...] = (
    ("ops/kernels.py", "ptr, value, dead)", "ptr, value)"),
    ("ops/kernels.py", "n + m, dead)", "n + m)"),
    ("ops/kernels.py", '["n", 3, "dead"]', '["n", 2]'),
    ("ops/kernels.py", "x_ptr, dead, n", "x_ptr, n"),
    ("ops/kernels.py", "    dead: nothing\n", ""),
    ("ops/kernels.py", ', "DEAD": 2', ""),
    ("ops/kernels.py", " DEAD: tl.constexpr,", ""),
    ("ops/launch.py", "    unused = x.stride(0)\n", ""),
    ("ops/launch.py", "x, unused, n", "x, n"),
    ("ops/launch.py", " dead=7, n=n, m=m", " n=n, m=m"),
    ("ops/launch.py", "fill[(1,)](x, 7, ", "fill[(1,)](x, "),
    ("ops/launch.py", "kernels.kern[(1,)](x, 7, ", "kernels.kern[(1,)](x, "),
    ("ops/launch.py", "run(x, 7, ", "run(x, "),
    ("ops/launch.py", "    f[(1,)](x, 7, ", "    f[(1,)](x, "),
    ("ops/launch.py", "go(x, 7, ", "go(x, "),
    ("ops/launch.py", '"a"][(1,)](x, 7, ', '"a"][(1,)](x, '),
    ("ops/launch.py", "[(1,)], x, 7)", "[(1,)], x)"),
    ("ops/launch.py", "args = (x, 7, ", "args = (x, "),
    ("ops/launch.py", "dict(n=n, dead=7)", "dict(n=n)"),
    ("ops/launch.py", "parts = (x, n, m, 7)", "parts = (x, n, m)"),
    ("ops/launch.py", "kernel[(1,)](x, 7, ", "kernel[(1,)](x, "),
    ("ops/launch.py", "rows(kern, 2, (x, 7, ", "rows(kern, 2, (x, "),
    ("ops/launch.py", "each(kern, 3, x, 7, ", "each(kern, 3, x, "),
    ("ops/launch.py", "x, n=n, dead=7, m=m", "x, n=n, m=m"),
)


def judge(root: Path, edits: tuple[Edit, ...], more: Files | None = None) -> static.Report:
    files = {**KERNELS, **(more or {})}
    changed = dict(files)
    for name, old, new in edits:
        assert old in changed[name], (name, old)
        changed[name] = changed[name].replace(old, new)
    trees = []
    for name, texts in (("before", files), ("after", changed)):
        for path, text in texts.items():
            file = root / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        trees.append(Tree(root / name))
    return static.judge(*trees)


def test_a_right_fix(tmp_path):
    report = judge(tmp_path, RIGHT)
    assert (report.broken, report.unproved) == ([], [])
    assert report.counts["removed"] == 3
    assert report.counts["proved"] == report.counts["changed"] > 12


@pytest.mark.parametrize("place", range(len(RIGHT)), ids=[f"{new.strip()}" for *_, new in RIGHT])
def test_a_place_that_does_not_follow(tmp_path, place):
    edits = (*RIGHT[:place], *RIGHT[place + 1 :])
    harmless = ("dead: nothing", "unused = x")
    report = judge(tmp_path, edits)
    assert bool(report.broken or report.unproved) != RIGHT[place][1].strip().startswith(harmless)


#: Other mistakes, with words of the reason.
WRONG: dict[str, tuple[tuple[Edit, ...], str]] = {
    "another argument goes": (
        (("ops/launch.py", "x, n, m, SIZE=8", "x, m, SIZE=8"),),
        "kern: n gets `m`, not `n`",
    ),
    "another keyword goes": (
        (("ops/launch.py", "x_ptr=x, n=n, m=m", "x_ptr=x, n=n"),),
        "kern: m gets `nothing`, not `m`",
    ),
    "arguments change places": (
        (("ops/launch.py", "fill[(1,)](x, n, m", "fill[(1,)](x, m, n"),),
        "has become",
    ),
    "an option goes": (
        (("ops/launch.py", ", num_warps=4", ""),),
        "other options",
    ),
    "a default is used": (
        (("ops/launch.py", ", SIZE=8", ""),),
        "SIZE gets `nothing`, not `8`",
    ),
    "an argument changes": (
        (("ops/launch.py", "run(x, n, m", "run(x, n + 1, m"),),
        "`n` has become `n + 1`",
    ),
    "a launch goes": (
        (("ops/launch.py", "    ks.kern.run(x, n, m, grid=(1,))\n", ""),),
        "is gone",
    ),
    "another grid": (
        (("ops/launch.py", "fill[(1,)]", "fill[(2,)]"),),
        "`1` has become `2`",
    ),
    "a statement that is needed goes": (
        (("ops/launch.py", "    args = (x, n, m)\n", ""),),
        "is gone, and args is read",
    ),
    "an import that is needed goes": (
        (("ops/launch.py", "import ops.kernels as ks\n", ""),),
        "is gone, and ks is read",
    ),
    "a target that is read loses its name": (
        (("ops/launch.py", "    args = (x, n, m)\n", "    _ = (x, n, m)\n"),),
        "`args` has become `_`, and one is read",
    ),
    "a statement comes": (
        (("ops/launch.py", "    go(x, ", "    x = x\n    go(x, "),),
        "`x = x` is new",
    ),
    "the body changes": (
        (("ops/kernels.py", "n + m)", "n - m)"),),
        "has become",
    ),
    "a default changes": (
        (("ops/kernels.py", "constexpr = 4", "constexpr = 8"),),
        "has become `8`",
    ),
    "an annotation comes": (
        (("ops/kernels.py", "n, m, SIZE", "n: tl.int32, m, SIZE"),),
        "parameter n of kern is another",
    ),
    "parameters change places": (
        (("ops/kernels.py", "x_ptr, n, m", "x_ptr, m, n"),),
        "takes (x_ptr, m, n, SIZE)",
    ),
    "a parameter comes": (
        (("ops/kernels.py", "x_ptr, n, m", "x_ptr, n, m, new"),),
        "takes (x_ptr, n, m, new, SIZE)",
    ),
    "an index is not renumbered": (
        (("ops/kernels.py", '["n", 2]', '["n", 3]'),),
        "do_not_specialize means",
    ),
    "a name of the list goes": (
        (("ops/kernels.py", '["n", 2]', "[2]"),),
        "do_not_specialize means",
    ),
    "a name of the key goes": (
        (("ops/kernels.py", 'key=["n"]', "key=[]"),),
        "the entry `'n'` is gone",
    ),
    "another entry of a config goes": (
        (("ops/kernels.py", '{"BLOCK": 1}', "{}"),),
        "the entry `'BLOCK'` is gone",
    ),
    "a config changes": (
        (("ops/kernels.py", '{"BLOCK": 1}', '{"BLOCK": 2}'),),
        "`1` has become `2`",
    ),
    "a heuristic goes": (
        (
            (
                "ops/kernels.py",
                '@triton.heuristics({"EVEN": lambda args: args["n"] % 2 == 0})\n',
                "",
            ),
        ),
        "is gone",
    ),
    "an autotuner goes": (
        (("ops/kernels.py", '@triton.autotune([triton.Config({"BLOCK": 1})], key=["n"])\n', ""),),
        "is gone",
    ),
    "a launch loses what no kernel has lost": (
        (("ops/launch.py", "tuned[(1,)](x, n)", "tuned[(1,)](x)"),),
        "has become `tuned[1,](x)`",
    ),
    "it does not parse": ((("ops/launch.py", "def table(", "def table(("),), "no Python file"),
    "another file changes": ((("README", "text", "another"),), "no Python file"),
}


@pytest.mark.parametrize(("edits", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_fix(tmp_path, edits, words):
    report = judge(tmp_path, (*RIGHT, *edits), {"README": "text\0"})
    assert words in "\n".join(report.broken)


#: Launches in unchanged files, of a kernel whose signature has changed.
ELSEWHERE = {
    "in a test": ("tests/test_it.py", "from ops.kernels import kern\nkern[(1,)](x, 7, 1, 2)\n"),
    "by star": ("more.py", "from ops.kernels import *\nkern[(1,)](x, 7, 1, 2)\n"),
    "of a module": ("more.py", "import ops.kernels\nops.kernels.kern[(1,)](x, 7, 1, 2)\n"),
    "in a class": (
        "more.py",
        "from ops import kern\n\n\nclass Op:\n    kernel = kern\n\n    def go(self):\n"
        "        self.kernel[(1,)](1, 7, 2, 3)\n",
    ),
    "in a dataclass": (
        "more.py",
        "from ops import kern\nop = Op(kernel=kern)\nop.kernel[(1,)](1, 7, 2, 3)\n",
    ),
    "in a loop": ("more.py", "from ops import kern\nfor f in [kern]:\n    f[(1,)](1, 7, 2, 3)\n"),
    "of importlib": (
        "more.py",
        "import importlib\nm = importlib.import_module('ops.kernels')\nm.kern[(1,)](1, 7, 2, 3)\n",
    ),
    "warmup": ("more.py", "from ops import kern\nkern.warmup(x, 7, 1, 2, grid=(1,))\n"),
    "by keyword": ("more.py", "from ops import kern\nkern[(1,)](x_ptr=1, dead=7, n=2, m=3)\n"),
    "what it unpacks has not changed": (
        "more.py",
        "from ops import kern\nkern[(1,)](1, 7, *x.stride())\n",
    ),
    "of the kernel within": ("more.py", "from ops import kern\nkern.fn[(1,)](1, 7, 2, 3)\n"),
    "a device call": (
        "more.py",
        "import triton\nfrom ops.kernels import helper\n\n\n@triton.jit\ndef k(p):\n"
        "    helper(p, 1, 2)\n",
    ),
    "in a string": ("more.py", "from ops import kern\nexec('kern[(1,)](x, 7, 1, 2)')\n"),
    "in a document": ("README.md", "```python\nkern[(1,)](x, 7, 1, 2)\n```\n"),
    "in a notebook": ("demo.ipynb", '{"cells": [{"source": ["kern[(1,)](x, 7,\\n", " 1, 2)"]}]}'),
    "in a template": ("t.j2", "{{ head }}\nkern[(1,)](x, 7, 1, 2)\n"),
}


@pytest.mark.parametrize(("path", "text"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_launch_elsewhere_that_does_not_follow(tmp_path, path, text):
    report = judge(tmp_path, RIGHT, {path: text})
    assert [reason.partition(":")[0] for reason in report.broken] == [path]


#: Calls that have the name of the kernel, or its arguments, but do not launch it.
OTHERS = {
    "another kernel of the name": (
        "more.py",
        "import triton\n\n\n@triton.jit\ndef kern(a, b, c, d):\n    pass\n\n\n"
        "kern[(1,)](1, 2, 3, 4)\n",
    ),
    "another import": ("more.py", "from ops.other import kern\nkern[(1,)](1, 2, 3, 4)\n"),
    "a function of the name": ("more.py", "def kern(a, b):\n    pass\n\n\nkern(1, 2)\n"),
    "other arguments": ("more.py", "thing.kern[(1,)](1, 2)\n"),
    "prose": ("README.md", "The kernel kern takes n and m.\n"),
    "a name in __all__": ("more.py", "from ops import kern\n\n__all__ = ['kern']\n"),
}


@pytest.mark.parametrize(("path", "text"), OTHERS.values(), ids=OTHERS)
def test_what_is_no_launch_of_it(tmp_path, path, text):
    other = {"ops/other.py": "import triton\n\n\n@triton.jit\ndef kern(a, b, c, d):\n    pass\n"}
    report = judge(tmp_path, RIGHT, {path: text, **other})
    assert (report.broken, report.unproved) == ([], [])


#: Cases that can't be proved, or that need a person, with words of the message.
OPEN = {
    "*args": (
        "from ops import kern\n\n\ndef go(*args):\n    kern[(1,)](*args)\n",
        "unproved",
        "more.py:5: kern: not provable",
    ),
    "**options": (
        "from ops import kern\n\n\ndef go(x, **options):\n    kern[(1,)](x, **options)\n",
        "unproved",
        "dead may come out of `**`",
    ),
    "used as a value": (
        "from ops import kern\nregister(kern)\n",
        "doubts",
        "more.py:2: kern is used as a value",
    ),
    "its name": ("NAME = 'ops.kernels:kern'\n", "doubts", "more.py:1: kern stands in text"),
}


@pytest.mark.parametrize(("text", "kind", "words"), OPEN.values(), ids=OPEN)
def test_what_is_left_to_a_person(tmp_path, text, kind, words):
    report = judge(tmp_path, RIGHT, {"more.py": text})
    assert report.broken == []
    assert words in "\n".join(getattr(report, kind))


#: A parameter stays, but its values no longer cost compiles.
DEMOTED = (
    ("ops/kernels.py", '["n", 3, "dead"]', '["n", 3, "dead", "SIZE"]'),
    ("ops/kernels.py", "SIZE: tl.constexpr = 4", "SIZE=4"),
)


def test_a_demotion(tmp_path):
    report = judge(tmp_path, DEMOTED)
    assert (report.broken, report.unproved) == ([], [])
    assert report.counts["demoted"] == 1


@pytest.mark.parametrize("name", ["SIZE", "no_parameter"])
def test_an_entry_without_effect_may_go(tmp_path, name):
    listed = (
        f'@triton.jit(do_not_specialize=["n", "{name}"])\ndef one(n, SIZE: tl.constexpr): pass\n'
    )
    more = {"more.py": f"import triton\nimport triton.language as tl\n\n\n{listed}"}
    assert judge(tmp_path, (("more.py", f', "{name}"', ""),), more).broken == []


def test_a_demotion_that_leaves_classes(tmp_path):
    report = judge(tmp_path, DEMOTED[1:])
    assert "kern: SIZE has classes now" in "\n".join(report.broken)


def test_a_list_that_comes_to_a_bare_decorator(tmp_path):
    listed = '@triton.jit(do_not_specialize=["value"])'
    edit = ("ops/kernels.py", "@triton.jit\ndef helper", f"{listed}\ndef helper")
    assert judge(tmp_path, (edit,)).broken == []


def test_a_target_that_nobody_reads_may_lose_its_name(tmp_path):
    more = {"more.py": "def f(x):\n    batch, dim = x.shape\n    return dim\n"}
    edits = (*RIGHT, ("more.py", "batch, dim", "_, dim"))
    assert judge(tmp_path, edits, more).broken == []


IN_A_KERNEL = "import triton\n\n\n@triton.jit\ndef k(p, n):\n    {}\n    p.store(n)\n"


@pytest.mark.parametrize("statement", ["n += 1", "n * 2"])
def test_a_statement_of_a_kernel_is_left_to_the_compiler(tmp_path, statement):
    more = {"more.py": IN_A_KERNEL.format(statement)}
    report = judge(tmp_path, (*RIGHT, ("more.py", f"    {statement}\n", "")), more)
    assert report.broken == []
    assert f"more.py:6: `{statement}` of a kernel is gone" in report.doubts


def test_a_call_of_a_kernel_has_to_stay(tmp_path):
    more = {"more.py": IN_A_KERNEL.format("p.add(n)")}
    report = judge(tmp_path, (*RIGHT, ("more.py", "    p.add(n)\n", "")), more)
    assert "more.py:6: `p.add(n)` is gone" in report.broken


def test_an_effect_that_is_lost(tmp_path):
    more = {"more.py": "from ops import kern\nkern[(1,)](1, next(numbers), 2, 3)\n"}
    edits = (*RIGHT, ("more.py", "next(numbers), ", ""))
    report = judge(tmp_path, edits, more)
    assert report.broken == []
    assert "more.py:2: `next(numbers)` is not evaluated any more" in report.doubts


STRIDES = {
    "strides.py": """
import triton
import triton.language as tl


@triton.jit
def fill(x_ptr, a, b, c, y_ptr, d, e, f, SIZE: tl.constexpr):
    tl.store(x_ptr + a + b, d + e + f + SIZE)


def strides(x, y):
    fill[(1,)](x, *x.stride(), y, *y.stride(), SIZE=8)
"""
}
#: Changes of a tensor's strides, with words of the reason, or none if the change is right.
PARTS = {
    "a part": ("x, *x.stride()[:2], y, *y.stride()", ""),
    "each": ("x, x.stride()[0], x.stride()[1], y, *y.stride()", ""),
    "in two parts": ("x, x.stride()[0], *x.stride()[1:2], y, *y.stride()", ""),
    "another part": ("x, *x.stride()[1:], y, *y.stride()", "fill: a gets `x.stride()[1]`"),
    "too much": ("x, x.stride()[0], y, *y.stride()", "fill: b gets"),
    "too little": ("x, *x.stride(), y, *y.stride()", "multiple values for SIZE"),
    "of another": ("x, *y.stride()[:2], y, *y.stride()", "has become"),
    "of both": ("x, *x.stride()[:2], y, *y.stride()[:1]", "fill: e gets"),
}


@pytest.mark.parametrize(("arguments", "words"), PARTS.values(), ids=PARTS)
def test_strides_in_parts(tmp_path, arguments, words):
    edits = (
        ("strides.py", "a, b, c, y_ptr", "a, b, y_ptr"),
        ("strides.py", "x, *x.stride(), y, *y.stride()", arguments),
    )
    report = judge(tmp_path, edits, STRIDES)
    broken = "\n".join(report.broken + report.unproved)
    assert (words in broken) if words else not broken

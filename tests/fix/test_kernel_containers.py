"""Containers that are literals, and that are only there to choose a kernel."""

from __future__ import annotations

import re
import textwrap

import pytest

KERNELS = """import triton
import triton.language as tl


@triton.jit
def kernel(x, [-n, -]y):
    tl.store(x, y)


@triton.jit
def other(x, [-n, -]y):
    tl.store(x + 1, y)


"""

#: How a function chooses one of two kernels.
CHOICES = {
    "indexed": """
        TABLE = {"a": kernel, "b": other}


        def launch(x, n, y, mode):
            TABLE[mode][(1,)](x, [-n, -]y)
        """,
    "in a list and a tuple": """
        PAIR = (kernel, other)
        LIST: list = [kernel, other, None]


        def launch(x, n, y, i):
            PAIR[i][(1,)](x, [-n, -]y)
            if len(LIST) > i:
                k = LIST[i]
                k[(1,)](x, [-n, -]y)
        """,
    "of the function": """
        def launch(x, n, y, mode):
            table = {"a": kernel, "b": other}
            if mode not in table:
                raise ValueError(f"{mode} is none of {table.keys()}, {sorted(table)}")
            k = table[mode]
            k[(1,)](x, [-n, -]y)
        """,
    "there": """
        def launch(x, n, y, fast):
            (kernel, other)[fast][(1,)](x, [-n, -]y)
            {True: kernel, False: other}[fast].run(x, [-n, -]y, grid=(1,), warmup=False)
        """,
    "looked up": """
        TABLE = {"a": kernel, "b": other}


        def launch(x, n, y, mode):
            k = TABLE.get(mode)
            if k is None:
                k = kernel
            k[(1,)](x, [-n, -]y)
            TABLE.get(mode, None)[(1,)](x, y=y[-, n=n-])
        """,
    "a loop": """
        TABLE = {"a": kernel, "b": other}
        LIST = [kernel, other]


        def launch(x, n, y):
            for k in (kernel, other):
                k[(1,)](x, [-n, -]y)
            for k in LIST:
                k[(1,)](x, [-n, -]y)
            for k in TABLE.values():
                k[(1,)](x, [-n, -]y)
            for i, k in enumerate(LIST):
                k[(i,)](x, [-n, -]y)
            for name, k in TABLE.items():
                print(name)
                k[(1,)](x, [-n, -]y)
            for name in TABLE:
                TABLE[name][(1,)](x, [-n, -]y)
            for i in range(len(LIST)):
                LIST[i][(1,)](x, [-n, -]y)
        """,
    "a set": """
        def launch(x, n, y):
            for k in {kernel, other}:
                k[(1,)](x, [-n, -]y)
        """,
    "a comprehension": """
        LIST = [kernel, other]


        def launch(x, n, y):
            any(k[(1,)](x, [-n, -]y) is None for k in LIST)
        """,
    "kept with its grid": """
        TABLE = {"a": kernel, "b": other}


        def launch(x, n, y, mode):
            go = TABLE[mode][(1,)]
            go(x, [-n, -]y)
        """,
    "given to a function": """
        TABLE = {"a": kernel, "b": other}


        def run(fn, *args):
            fn[(1,)](*args)


        def launch(x, n, y, mode):
            fn = TABLE[mode]
            run(fn, x, [-n, -]y)
        """,
    "and a condition": """
        TABLE = {"a": kernel, "b": other}


        def launch(x, n, y, mode):
            k = TABLE[mode] if mode else kernel
            k[(1,)](x, [-n, -]y)
        """,
    "and it is launched otherwise, too": """
        TABLE = {"a": kernel, "b": other}


        def launch(x, n, y, mode):
            TABLE[mode][(1,)](x, [-n, -]y)
            kernel[(1,)](x, [-n, -]y)
        """,
    "made under a condition": """
        if triton.__version__ > "3":
            TABLE = {"a": kernel, "b": other}


        def launch(x, n, y, mode):
            TABLE[mode][(1,)](x, [-n, -]y)
        """,
    "two functions of one name": """
        def launch(x, n, y, mode):
            table = {"a": kernel, "b": other}
            table[mode][(1,)](x, [-n, -]y)


        def launch_again(x, n, y, mode):
            table = [kernel, other]
            table[mode][(1,)](x, [-n, -]y)
        """,
}

TABLE = "TABLE = {'a': kernel, 'b': other}\n"
LAUNCH = "def launch(x, n, y, mode):\n    TABLE[mode][(1,)](x, n, y)\n"
IN_TABLE = "`kernel` is stored in a dictionary at kernels.py"

#: Code beside a table and its launch, after which it is no choice.
OTHERWISE = {
    "bound again": "TABLE = {}\n",
    "bound again in a function": "def f():\n    global TABLE\n    TABLE = {}\n",
    "bound by a loop": "for TABLE in []:\n    pass\n",
    "bound by an import": "from elsewhere import TABLE\n",
    "deleted": "del TABLE\n",
    "an item is set": "TABLE['a'] = print\n",
    "an item is set in a function": "def f(k):\n    TABLE['c'] = k\n",
    "an item is deleted": "del TABLE['a']\n",
    "an item is added": "TABLE |= {'c': print}\n",
    "updated": "TABLE.update(c=print)\n",
    "a default is set": "def f(k):\n    TABLE.setdefault('c', k)\n",
    "popped": "def f():\n    k = TABLE.pop('a')\n    k[(1,)](1, 2, 3)\n",
    "cleared": "TABLE.clear()\n",
    "copied": "OTHER = TABLE.copy()\n",
    "merged": "OTHER = {**TABLE}\n",
    "another name": "OTHER = TABLE\n",
    "another name by a walrus": "print(OTHER := TABLE)\n",
    "an attribute": "import config\n\nconfig.table = TABLE\n",
    "passed on": "register(TABLE)\n",
    "passed on by keyword": "register(table=TABLE)\n",
    "unpacked": "register(*TABLE.values())\n",
    "returned": "def f():\n    return TABLE\n",
    "returned by a lambda": "f = lambda: TABLE\n",
    "yielded": "def f():\n    yield from TABLE.values()\n",
    "a default": "def f(table=TABLE):\n    pass\n",
    "an item is returned": "def f():\n    return TABLE['a']\n",
    "an item is passed on": "register(TABLE['a'])\n",
    "an item is stored": "LIST = [TABLE['a']]\n",
    "an item's attribute": "print(TABLE['a'].arg_names)\n",
    "an item by another method": "print(TABLE.__getitem__('a'))\n",
    "what a launch of it returns": "def f():\n    return TABLE['a'][(1,)](1, 2, 3)\n",
    "items in a list": "LIST = list(TABLE.values())\n",
    "an iterator": "it = iter(TABLE.values())\n",
    "a class": "class A:\n    table = TABLE\n",
    "an item in a class": "class A:\n    k = TABLE['a']\n",
    "a loop of the module": "for k in TABLE.values():\n    pass\n",
    "a loop over an attribute": "def f(self):\n    for self.k in TABLE.values():\n        pass\n",
    "a loop over a global": (
        "def f():\n    global k\n    for k in TABLE.values():\n        pass\n"
    ),
    "zipped": "def f():\n    for k, n in zip(TABLE.values(), 'ab'):\n        k[(1,)](1, 2, 3)\n",
    "a match": "def f():\n    match TABLE:\n        case {'a': k}:\n            k[(1,)](1, 2, 3)\n",
    "all names": "def f():\n    return globals()\n",
    "code in a string": "exec('1')\n",
    "an attribute of the module": "import kernels\n\nkernels.TABLE['a'] = print\n",
    "imported from the module": "from kernels import TABLE as t\n\nt['a'] = print\n",
    "patched": "from unittest import mock\n\nmock.patch.multiple('kernels', TABLE={})\n",
    "a pattern": "match ops:\n    case Ops(TABLE=t):\n        print(t)\n",
    "exported": "__all__ = ['TABLE', 'kernel', 'other']\n",
}

#: Literals that are no choice, with what is said of the kernel.
NO_CHOICES = {
    "a function in it": (
        "def plain(x, n, y):\n    pass\n\n\nTABLE = {'a': kernel, 'b': plain}\n",
        "the call at kernels.py may reach other kernels too",
    ),
    "something unknown in it": (
        "from torch import ops\n\nTABLE = {'a': kernel, 'b': ops.k}\n",
        "the call at kernels.py may reach other kernels too",
    ),
    "a call in it": ("TABLE = {'a': kernel, 'b': make()}\n", IN_TABLE),
    "another table in it": ("MORE = {}\nTABLE = {'a': kernel, **MORE}\n", IN_TABLE),
    "a list in it": ("TABLE = {'a': (kernel,), 'b': (other,)}\n", "in a tuple"),
    "two names": (
        "TABLE = MORE = {'a': kernel, 'b': other}\n",
        IN_TABLE,
    ),
    "a condition": ("TABLE = {'a': kernel} if triton else {'b': other}\n", IN_TABLE),
    "a comprehension": ("TABLE = [k for k in (kernel, other)]\n", "in a container"),
    "never used": ("KERNELS = {'a': kernel}\nTABLE = {'a': kernel, 'b': other}\n", IN_TABLE),
    "made of items": ("TABLE = [*[kernel], other]\n", "`kernel` is stored in a list at kernels.py"),
    "a class has it": (
        "class A:\n    TABLE = {'a': kernel}\n\n\nTABLE = A.TABLE\n",
        IN_TABLE,
    ),
}

#: The same in a function: how a container of it is used beside its launch.
LOCAL = {
    "returned": "return table",
    "appended to": "table.append(1)",
    "in a function inside": "def go():\n        table[0][(1,)](x, n, y)\n\n    go()",
    "in a lambda": "go = lambda: table[0][(1,)](x, n, y)\n    go()",
    "all variables": "print(locals())",
    "sliced": "for k in table[1:]:\n        k[(1,)](x, n, y)",
    "reversed": "for k in reversed(table):\n        k[(1,)](x, n, y)",
    "sorted": "for k in sorted(table):\n        k[(1,)](x, n, y)",
    "bound again": "table = []",
    "unpacked": "a, b = table\n    a[(1,)](x, n, y)",
    "unpacked in a call": "print(*table)",
    "compared": "print(table == [kernel])",
    "added": "more = table + [1]",
    "yielded": "yield table",
    "awaited": "keep(table)",
}


def tree(code: str, **more: str) -> dict[str, str]:
    files = {"kernels.py": KERNELS + textwrap.dedent(code).lstrip("\n")}
    return files | {f"{name}.py": text for name, text in more.items()}


def plain(code: str, **more: str) -> dict[str, str]:
    return {n: t.replace("[-n, -]", "n, ") for n, t in tree(code, **more).items()}


@pytest.mark.parametrize("code", CHOICES.values(), ids=CHOICES)
def test_all_kernels_of_a_container_change_together(fix_whole, code):
    assert fix_whole(tree(code))


@pytest.mark.parametrize("code", CHOICES.values(), ids=CHOICES)
def test_kernels_of_another_file_do_too(fix_whole, code):
    head = "import triton\nfrom kernels import kernel, other\n\n\n"
    assert fix_whole({"kernels.py": KERNELS, "launch.py": head + textwrap.dedent(code)})


@pytest.mark.parametrize("code", CHOICES.values(), ids=CHOICES)
def test_none_changes_if_one_reads_its_parameter(fix_whole, code):
    files = plain(code)
    text = files["kernels.py"].replace("[-, n=n-]", ", n=n")
    read = text.replace("tl.store(x + 1, y)", "tl.store(x + n, y)")
    lines = fix_whole({"kernels.py": read}).lines
    assert len(lines) == 1
    assert "`other`, which " in lines[0]
    assert lines[0].endswith("reads its `n`")


@pytest.mark.parametrize("code", OTHERWISE.values(), ids=OTHERWISE)
def test_a_container_that_is_used_otherwise_blocks(fix_whole, code):
    reasons = fix_whole(plain(f"{TABLE}\n\n{LAUNCH}\n\n{code}"), "--unsafe-fixes").lines
    assert reasons
    assert all(" blocked: " in reason for reason in reasons)


@pytest.mark.parametrize(("code", "reason"), NO_CHOICES.values(), ids=NO_CHOICES)
def test_other_containers_block(fix_whole, code, reason):
    reasons = fix_whole(plain(f"{code}\n\n{LAUNCH}")).lines
    assert any(" blocked: " in found and reason in found for found in reasons)


@pytest.mark.parametrize("code", LOCAL.values(), ids=LOCAL)
def test_a_container_of_a_function_that_is_used_otherwise_blocks(fix_whole, code):
    code = (
        "def launch(x, n, y, i):\n    table = [kernel, other]\n"
        f"    table[i][(1,)](x, n, y)\n    {code}\n"
    )
    reasons = fix_whole(plain(code), "--unsafe-fixes").lines
    assert reasons
    assert all(" blocked: " in reason for reason in reasons)


#: Other files that may use a container of the module.
FAR = {
    "imported": "from kernels import TABLE\n\nTABLE['a'] = print\n",
    "an attribute": "import kernels\n\nkernels.TABLE['a'] = print\n",
    "imported by another name": "from kernels import TABLE as t\n\nt['a'][(1,)](1, 2, 3)\n",
    "a star import": "from kernels import *\n\nTABLE['a'][(1,)](1, 2, 3)\n",
    "an unknown object": "def f(o):\n    for k in o.TABLE.values():\n        k[(1,)](1, 2, 3)\n",
    "replaced": "import kernels\n\nkernels.TABLE = {}\n",
    "patched": "from unittest import mock\n\nmock.patch('kernels.TABLE', {})\n",
    "patched by a keyword": "from unittest import mock\n\nmock.patch.multiple('k', TABLE={})\n",
    "re-exported": "from kernels import TABLE\n",
}


@pytest.mark.parametrize("other", FAR.values(), ids=FAR)
def test_a_container_that_another_file_may_use_blocks(fix_whole, other):
    reasons = fix_whole(plain(f"{TABLE}\n\n{LAUNCH}", other=other), "--unsafe-fixes").lines
    [reason] = {re.sub(r"/\S+/", "", found) for found in reasons}
    assert reason == "n blocked: `TABLE` in kernels.py holds the kernel, and other.py may use it"


#: Code in other files that builds the name of a container.
BUILT = {
    "of the module": "import kernels\n\ngetattr(kernels, 'TAB' + 'LE')['a'][(1,)](1, 2, 3)\n",
    "of any object": "def f(ops, name):\n    getattr(ops, 'TAB' + name)['a'][(1,)](1, 2, 3)\n",
    "all names": "import kernels\n\nfor x in vars(kernels).values():\n    x['a'][(1,)](1, 2, 3)\n",
}


@pytest.mark.parametrize("other", BUILT.values(), ids=BUILT)
def test_a_container_whose_name_is_built_blocks(fix_whole, other):
    files = {"launch.py": f"from kernels import kernel, other\n\n{TABLE}\n\n{LAUNCH}"}
    files |= {"kernels.py": KERNELS.replace("[-n, -]", "n, "), "other.py": other}
    files["other.py"] = other.replace("kernels", "launch")
    reasons = fix_whole(files, "--unsafe-fixes").lines
    assert all(" blocked: " in r and "one of the names that" in r for r in reasons)


def test_a_container_that_a_script_names_is_for_a_person(fix_whole):
    files = plain(f"{TABLE}\n\n{LAUNCH}")
    files["run.sh"] = "python -c 'import kernels; kernels.TABLE.clear()'\n"
    [reason] = fix_whole(files).lines
    assert reason.startswith("n unsafe: `TABLE` is named in")


def test_a_container_of_a_function_is_not_searched_for(fix_whole):
    code = CHOICES["of the function"]
    assert fix_whole(tree(code, other="table = {}\n"))

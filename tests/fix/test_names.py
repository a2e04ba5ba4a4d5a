"""After an edit, every name that is read is still defined, and every name not read is reported."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from tritonlint.fix.names import undefined_by, unread_by

BEFORE = """
import math
from os import path as p

SIZE = 1


def outer(x):
    n = x.shape[0]
    m, k = 1, 2

    def inner():
        return n + [i + m for i in range(k)]

    return math.ceil(inner()) + SIZE + print(missing)


class Holder:
    size = 2
    double = size * 2

    def method(self):
        global made
        made = p
        return made
"""

#: The text that an edit removes, and the name that is not defined any more.
EDITS = {
    "nothing": ("", None),
    "an import": ("import math\n", "math"),
    "an import with another name": ("from os import path as p\n", "p"),
    "a constant": ("SIZE = 1\n", "SIZE"),
    "a local that an inner function reads": ("    n = x.shape[0]\n", "n"),
    "one of two names": ("m, ", "m"),
    "a name of a class": ("    size = 2\n", "size"),
    "a global that a function sets": ("        made = p\n", "made"),
    "an import and all that uses it": ("        made = p\n        return made\n", None),
    "a call": (" + print(missing)", None),
}


@pytest.mark.parametrize(("gone", "name"), EDITS.values(), ids=EDITS)
def test_edits(gone, name):
    assert BEFORE.count(gone) == 1 or not gone
    assert undefined_by(BEFORE, BEFORE.replace(gone, "", 1)) == name


def test_a_file_that_python_does_not_compile():
    source = textwrap.dedent(
        """
        n = 1
        def f(n):
            nonlocal n
        """
    )
    assert undefined_by(source, source.replace("n = 1", "")) is None


def test_a_fix_after_which_python_does_not_compile_a_file_is_dropped(write, tritonlint):
    source = """
        import triton
        import triton.language as tl


        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(x):
            kernel[(1,)](x, n=(y := 1))

            def inner():
                nonlocal y
                y += 1

            return inner
        """
    root = write({"kernels.py": source})
    before = (root / "kernels.py").read_text()
    result = tritonlint("--fix", "--unsafe-fixes", "--no-cache", root)
    assert (root / "kernels.py").read_text() == before
    reason = "the fix was dropped: Python would not compile kernels.py any more"
    assert reason in " ".join(result.out.split())


#: Code around `use(...)`, which an edit removes; and the names that nothing reads without it.
UNREAD = {
    "a local": ("def f(t):\n    n = t\n    use(n)\n", {"n of f"}),
    "a local of a method": (
        "class A:\n    def f(t):\n        n = t\n        use(n)\n",
        {"n of A.f"},
    ),
    "an import": ("import n\nuse(n)\n", {"n"}),
    "an import in a function": ("def f():\n    import n\n    use(n)\n", {"n of f"}),
    "an import in a try": ("try:\n    import n\nexcept E:\n    n = 1\nuse(n)\n", {"n"}),
    "a constant": ("n = 1\nuse(n)\n", {"n"}),
    "a function": ("def f():\n    pass\n\nuse(f)\n", {"f"}),
    "a function in a function": ("def f(t):\n    def n(): t\n    use(n)\n", {"n of f"}),
    "a parameter": ("def f(n):\n    use(n)\n", {"n of f"}),
    "a name in a list": ("def f(t):\n    [a, n] = t\n    use(n)\n    a\n", {"n of f"}),
    "all others": ("def f(t):\n    a, *n = t\n    use(n)\n    a\n", {"n of f"}),
    "added to": ("def f(t):\n    n = t\n    n += 1\n    use(n)\n", {"n of f"}),
    "a case": ("def f(t):\n    match t:\n        case [n]:\n            use(n)\n", {"n of f"}),
    "a loop": ("def f(t):\n    for n in t:\n        use(n)\n", {"n of f"}),
    "a comprehension": ("def f(t):\n    [use(n) for n in t]\n", {"n of f"}),
    "a condition": ("def f(t):\n    if (n := t):\n        use(n)\n", {"n of f"}),
    "with": ("def f(t):\n    with t as n:\n        use(n)\n", {"n of f"}),
    "an error": ("def f():\n    try: go()\n    except E as n: use(n)\n", {"n of f"}),
    "in a lambda": ("def f(n):\n    g = lambda: use(n)\n    g\n", {"n of f"}),
    "a lambda's own": ("def f():\n    g = lambda n: use(n)\n    g\n", {"n of f"}),
    "an inner function reads it": ("def f(n):\n    use(n)\n    def g(): return n\n", set()),
    "an inner function has its own": (
        "def f(n):\n    use(n)\n    def g(n): return n\n    g\n",
        {"n of f"},
    ),
    "another function reads it": ("n = 1\nuse(n)\n\ndef f():\n    return n\n", set()),
    "an annotation reads it": (
        "from __future__ import annotations\nimport n\nuse(n)\n\ndef f(x: n): x\n",
        set(),
    ),
    "a string names it": ("import n\nuse(n)\n__all__ = ['n']\n", set()),
    "it says that it stays": ("import n  # noqa: F401\nuse(n)\n", set()),
    "its brackets say that it stays": ("from m import (\n    n,\n)  # noqa\nuse(n)\n", set()),
    "others import it": ("from m import n as n\nuse(n)\n", set()),
    "a global": ("def f(t):\n    global n\n    n = t\n    use(n)\n", set()),
    "a kernel's parameter": ("def kernel(n):\n    use(n)\n", set()),
    "a comprehension outside of functions": ("[use(n) for n in t]\n", {"n"}),
    "a method's own object": ("class A:\n    def f(self):\n        use(self)\n", set()),
    "it says that nothing reads it": ("def f(t):\n    _, n = t\n    use(_)\n    n\n", set()),
    "it was not read before": ("def f(n):\n    use(1)\n", set()),
}


@pytest.mark.parametrize(("source", "names"), UNREAD.values(), ids=UNREAD)
def test_what_nothing_reads(source, names):
    after = re.sub(r"\buse\(\w+\)", "0", source)
    found = [*unread_by(Path("a.py"), source, after, {"kernel"})]
    assert {f"{u.name} of {u.function}" if u.function else u.name for u in found} == names
    assert len(found) == len(names)


def test_an_import_of_a_package_is_there_for_other_files():
    before = "import n, m\nm\nn\n"
    assert [*unread_by(Path("__init__.py"), before, "import n, m\nm\n", ())] == []

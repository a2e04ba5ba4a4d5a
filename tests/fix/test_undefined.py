"""After an edit, every name that something reads is still defined somewhere."""

from __future__ import annotations

import textwrap

import pytest

from tritonlint.fix.undefined import undefined_by

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

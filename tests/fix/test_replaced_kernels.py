"""A kernel stays as it is if code may put another of the same name in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

KERNEL = """
@triton.jit
def kernel(x, n):
    tl.store(x, 0)
"""
LAUNCH = """

def launch(x, n):
    kernel[(1,)](x, n)
"""
READER = """\
import triton
import triton.language as tl


@triton.jit
def kernel(x, n):
    tl.store(x, n)
"""
ONLY_REMOVE = ("--fix-strategy", "remove-only")

#: What the kernel's own file does besides.
IN_ITS_FILE = {
    "a star import": "from reader import *\n",
    "a star import through another file": "from through import *\n",
    "a star import that may fail": "try:\n    from reader import *\n"
    "except ImportError:\n    pass\n",
    "exec": 'exec("from reader import *")\n',
    "exec of a file": 'exec(open("reader.py").read())\n',
    "globals": "import reader\nfor k, v in reader.TABLE:\n    globals()[k] = v\n",
    "setattr": "import sys\nimport reader\nfor k in reader.NAMES:\n"
    "    setattr(sys.modules[__name__], k, getattr(reader, k))\n",
}

#: What another file does that does not name the kernel.
ELSEWHERE = {
    "vars": "import project\nimport reader\nvars(project).update(vars(reader))\n",
    "__dict__": "import project\nimport reader\nproject.__dict__.update(reader.__dict__)\n",
    "items of __dict__": "import project\nimport reader\nfor k, v in reader.__dict__.items():\n"
    "    project.__dict__[k] = v\n",
    "setattr": "import project\nimport reader\nfor k, v in reader.TABLE:\n"
    "    setattr(project, k, v)\n",
    "exec": "import project\nexec(CODE, vars(project))\n",
    "a launch of everything": "import project\n"
    "for v in vars(project).values():\n    v[(1,)](1, 2)\n",
    "a launch of what is asked for": "import sys\nimport project\n"
    "getattr(project, sys.argv[1])[(1,)](1, 2)\n",
}
FILES = {"reader.py": READER, "through.py": "from reader import *\n"}


@pytest.mark.parametrize("code", IN_ITS_FILE.values(), ids=IN_ITS_FILE)
@pytest.mark.parametrize("is_first", [True, False], ids=["first", "last"])
def test_its_own_file(check_fix: Callable[..., Any], code: str, is_first: bool) -> None:
    source = f"{code}\n\n{KERNEL}{LAUNCH}" if is_first else f"{KERNEL}{LAUNCH}\n\n{code}"
    check_fix(source, FILES, *ONLY_REMOVE)


@pytest.mark.parametrize("code", ELSEWHERE.values(), ids=ELSEWHERE)
def test_another_file(fix: Callable[..., Any], code: str) -> None:
    project = READER.replace("tl.store(x, n)", "tl.store(x, 0)") + LAUNCH
    fixed = fix({"project.py": project, "reader.py": READER, "patch.py": code}, *ONLY_REMOVE)
    assert fixed["project.py"] == project


def test_class(check_fix: Callable[..., Any]) -> None:
    check_fix(
        """
        class Op:
            @triton.jit
            def kernel(x, n):
                tl.store(x, 0)

            def launch(self, x, n):
                self.kernel[(1,)](x, n)


        class Reader:
            @triton.jit
            def kernel(x, n):
                tl.store(x, n)


        for k in dir(Reader):
            if not k.startswith("_"):
                setattr(Op, k, getattr(Reader, k))
        """,
        None,
        *ONLY_REMOVE,
    )


def test_star_import_of_other_names(check_fix: Callable[..., Any]) -> None:
    marked = (
        (KERNEL + LAUNCH)
        .replace(", n)", "[-, n-])")
        .replace("def launch(x[-, n-])", "def launch(x, n)")
    )
    other = READER.replace("kernel", "another")
    check_fix(f"from other import *\n\n\n{marked}", {"other.py": other}, *ONLY_REMOVE)

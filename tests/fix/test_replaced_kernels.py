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


OP = """\
import triton
import triton.language as tl


class Op:
    @triton.jit
    def run_kernel(x, n):
        tl.store(x, 0)

    def launch(self, x, n):
        self.run_kernel[(1,)](x, n)
"""
#: What another file does with the kernel of the class, or with an object of it.
BY_NAME = {
    "a keyword, for a class": 'type("Loud", (Op,), dict(run_kernel=loud))\n',
    "a keyword, for an object": "op.__dict__ |= dict(run_kernel=loud)\n",
    "object.__setattr__": 'object.__setattr__(op, f"{word}_kernel", loud)\n',
    "object.__setattr__ of a written name": 'object.__setattr__(op, "run_" "kernel", loud)\n',
    "its own __setattr__": 'op.__setattr__(word + "_kernel", loud)\n',
    "__getattribute__": 'op.__getattribute__(word + "_kernel")[(1,)](1, 2)\n',
    "object.__getattribute__": 'object.__getattribute__(op, word + "_kernel")[(1,)](1, 2)\n',
    "__getattr__ of a module": 'ops.__getattr__(word + "_kernel")[(1,)](1, 2)\n',
    "a written item of __dict__": 'op.__dict__["run_" "kernel"] = loud\n',
    "an escaped item of vars": 'vars(op)["run\\x5fkernel"] = loud\n',
}


@pytest.mark.parametrize("code", BY_NAME.values(), ids=BY_NAME)
def test_an_object(fix: Callable[..., Any], code: str) -> None:
    code = f"import ops\nfrom ops import Op\n\nop = Op()\n{code}"
    assert fix({"ops.py": OP, "patch.py": code}, *ONLY_REMOVE)["ops.py"] == OP


def test_an_object_whose_other_attributes_are_replaced(fix: Callable[..., Any]) -> None:
    code = 'from ops import Op\n\nop = Op()\nobject.__setattr__(op, f"{word}_size", 4)\n'
    fixed = fix({"ops.py": OP, "patch.py": f"{code}op.__dict__ |= dict(size=4)\n"}, *ONLY_REMOVE)
    assert "run_kernel(x)" in fixed["ops.py"]


def test_star_import_of_other_names(check_fix: Callable[..., Any]) -> None:
    marked = (
        (KERNEL + LAUNCH)
        .replace(", n)", "[-, n-])")
        .replace("def launch(x[-, n-])", "def launch(x, n)")
    )
    other = READER.replace("kernel", "another")
    check_fix(f"from other import *\n\n\n{marked}", {"other.py": other}, *ONLY_REMOVE)

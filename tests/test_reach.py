"""Files are left alone that cannot mean a suspicious kernel: never one that does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tritonlint.analysis import Analysis
from tritonlint.diagnostics import Diagnostic
from tritonlint.facts import ALL_CODE, OTHER_KERNELS
from tritonlint.files import discover
from tritonlint.fix.fixer import Fixer, FixOptions
from tritonlint.linter import lint, load_project
from tritonlint.reach import Interest, Reach
from tritonlint.rules import all_rules
from tritonlint.specialization import NEWEST
from tritonlint.survey import survey
from tritonlint.surveyor import Options

Write = Callable[..., Path]

KERNEL = """
import triton
import triton.language as tl


@triton.jit
def kern(p, n):
    tl.store(p, 1)


class Op:
    @staticmethod
    @triton.jit
    def kernel(p, n):
        tl.store(p, 2)
"""

#: Ways by which a function that mentions no Triton may get at `kern` or `Op.kernel`.
USERS = {
    "from": "from pkg.ops import kern\ndef f(x):\n    kern[(1,)](x, 1)\n",
    "as": "from pkg.ops import kern as go\ndef f(x):\n    go[(1,)](x, 1)\n",
    "module": "import pkg.ops\ndef f(x):\n    pkg.ops.kern[(1,)](x, 1)\n",
    "module as": "import pkg.ops as o\ndef f(x):\n    o.kern[(1,)](x, 1)\n",
    "from package": "from pkg import ops\ndef f(x):\n    ops.kern[(1,)](x, 1)\n",
    "in a function": "def f(x):\n    from pkg.ops import kern\n    kern[(1,)](x, 1)\n",
    "in brackets": "from pkg import (\n    ops,\n)\ndef f(x):\n    ops.kern[(1,)](x, 1)\n",
    "over lines": "from pkg \\\n    import ops\ndef f(x):\n    ops.kern[(1,)](x, 1)\n",
    "star": "from pkg.ops import *\ndef f(x):\n    kern[(1,)](x, 1)\n",
    "relative": "from .ops import kern\ndef f(x):\n    kern[(1,)](x, 1)\n",
    "relative module": "from . import ops\ndef f(x):\n    ops.kern[(1,)](x, 1)\n",
    "handed on": "from pkg.ops import kern\ndef f(x):\n    call(kern, x)\n",
    "handed on from a module": "from pkg import ops\ndef f(x):\n    call(ops.kern, x)\n",
    "looked up": "from pkg import ops\ndef f(x):\n    getattr(ops, 'kern')[(1,)](x, 1)\n",
    "class": "from pkg.ops import Op\ndef f(x):\n    Op.kernel[(1,)](x, 1)\n",
    "class as": "from pkg.ops import Op as K\ndef f(x):\n    K.kernel[(1,)](x, 1)\n",
    "class of a module": "import pkg.ops as o\ndef f(x):\n    o.Op.kernel[(1,)](x, 1)\n",
    "an object": "def f(op, x):\n    op.kernel[(1,)](x, 1)\n",
    "an object's attribute": "def f(self, x):\n    self.op.kernel.run(x, 1, grid=(1,))\n",
    "subclass": "from pkg.ops import Op\nclass B(Op):\n    pass\n\n\ndef f(x):\n"
    "    B.kernel[(1,)](x, 1)\n",
    "local": "from pkg.ops import kern\ndef f(x):\n    k = kern\n    k[(1,)](x, 1)\n",
    "table": "from pkg.ops import kern\nTABLE = {'a': kern}\n",
    "method": "from pkg.ops import kern\nclass A:\n    def f(self, x):\n        kern[(1,)](x, 1)\n",
    "nested": "def f(x):\n    def g():\n        from pkg.ops import kern\n"
    "        kern[(1,)](x, 1)\n    g()\n",
    "global": "from pkg import ops\ndef init():\n    global k\n    k = ops.kern\n\n\n"
    "def f(x):\n    k[(1,)](x, 1)\n",
}

#: Ways by which a second file hands the kernels on, and the name that it is known by then.
PASSERS = {
    "from": "from pkg.ops import kern, Op\n",
    "star": "from pkg.ops import *\n",
    "as": "from pkg.ops import kern as other, Op\nkern = other\n",
    "with triton": "import triton\nfrom pkg.ops import kern, Op\n",
    "module": "from pkg import ops\nkern = ops.kern\nOp = ops.Op\n",
}


def findings(
    root: Path, *, whole: bool, cache: Path | None = None, named: list[Path] | None = None
) -> list[Diagnostic]:
    files = discover([root], base=root).real
    options_of_survey = Options(whole=whole, cache_directory=cache)
    project = load_project(root, lambda: files, options_of_survey, named)
    enabled = frozenset(all_rules())
    options = FixOptions(NEWEST, Path.read_bytes, lambda path: path.name, lambda _: None)
    fixer = Fixer(project, options)
    found = list(fixer.attach(lint(Analysis(project), enabled), edits=True))
    project.keep()
    return found


def launched_or_used(root: Path) -> int:
    """Launches that are known, and findings that something speaks against."""
    found = findings(root, whole=False)
    assert found == findings(root, whole=True)
    for file in root.rglob("*.py"):
        os.utime(file, (time.time() - 60,) * 2)
    for _ in range(2):
        assert findings(root, whole=False, cache=root / "cache") == found
    for cache in (None, root / "cache", root / "other"):
        for _ in range(2):
            hook = findings(root, whole=False, cache=cache, named=[root / "pkg/ops.py"])
            assert [f for f in hook if f.path == root / "pkg/ops.py"] == found
    return sum(len(f.launches) + (f.fix_blocked_by is not None) for f in found)


@pytest.mark.parametrize("user", USERS.values(), ids=USERS)
def test_a_user_of_a_kernel_is_found(write: Write, user: str) -> None:
    files = {"pkg/__init__.py": "", "pkg/ops.py": KERNEL, "pkg/user.py": user}
    assert launched_or_used(write(files)) > 0


@pytest.mark.parametrize("passer", PASSERS.values(), ids=PASSERS)
@pytest.mark.parametrize(
    "user",
    [u for u in USERS.values() if "from pkg.ops import" in u or "import pkg.ops" in u],
    ids=[n for n, u in USERS.items() if "from pkg.ops import" in u or "import pkg.ops" in u],
)
def test_a_user_is_found_through_another_file(write: Write, passer: str, user: str) -> None:
    user = user.replace("pkg.ops", "pkg.hub")
    files = {"pkg/__init__.py": "", "pkg/ops.py": KERNEL, "pkg/hub.py": passer, "user.py": user}
    assert launched_or_used(write(files)) > 0


@pytest.mark.parametrize("passer", PASSERS.values(), ids=PASSERS)
def test_a_user_is_found_through_a_package(write: Write, passer: str) -> None:
    for user in ("from pkg import kern\nkern[g](x, 1)\n", "import pkg\npkg.kern[g](x, 1)\n"):
        files = {"pkg/__init__.py": passer, "pkg/ops.py": KERNEL, "user.py": user}
        assert launched_or_used(write(files)) > 0


def test_strings_count_in_code_that_was_left_out(write: Write) -> None:
    """Any function may be a grid that comes from elsewhere."""
    kernel = KERNEL + "\n\ndef launch(grid, x):\n    kern[grid](x, 1)\n"
    grids = "import triton\n\n\ndef by_n(meta):\n    return (meta['n'],)\n"
    root = write({"ops.py": kernel, "grids.py": grids})
    found = [f for f in findings(root, whole=False) if f.kernel == "kern"]
    assert [f.fix_blocked_by for f in found] == ['"n" is a subscript at grids.py:5']
    assert findings(root, whole=False) == findings(root, whole=True)


def test_configs_of_a_kernel_without_findings_count(write: Write) -> None:
    """Both kernels are fed by one list of configs, which therefore has to stay."""
    files: Mapping[str, str] = {
        "configs.py": "import triton\n\n\ndef configs():\n"
        "    return [triton.Config({'n': 1})]\n\n\nCONFIGS = configs()\n",
        "a.py": "import triton\nimport triton.language as tl\nfrom configs import CONFIGS\n\n\n"
        "@triton.autotune(CONFIGS, key=[])\n@triton.jit\ndef dead(p, n):\n    tl.store(p, 1)\n",
        "b.py": "import triton\nimport triton.language as tl\nfrom configs import CONFIGS\n\n\n"
        "@triton.autotune(CONFIGS, key=[])\n@triton.jit\ndef alive(p, n):\n    tl.store(p, n)\n",
    }
    (found,) = findings(write(files), whole=False)
    assert found.fix_blocked_by is not None
    assert "alive" in found.fix_blocked_by


def test_a_kernel_that_is_launched_in_the_same_place_is_looked_for_too(write: Write) -> None:
    """Both have to change together, and so every launch of either."""
    kernel = "import triton\n\n\n@triton.jit\ndef {}(p, n):\n    p\n"
    launch = "from {0} import {0}\nfrom b import b\n\n\ndef go(flag, x):\n"
    both = launch.format("a") + "    (a if flag else b)[(1,)](x, 1)\n"
    elsewhere = "from b import b as it\nit[(1,)](x, 2)\n"
    files = {"a.py": kernel.format("a"), "b.py": kernel.format("b")}
    root = write({**files, "both.py": both, "elsewhere.py": elsewhere})
    whole = [f for f in findings(root, whole=True) if f.kernel == "a"]
    hook = findings(root, whole=False, named=[root / "a.py"])
    assert [f for f in hook if f.kernel == "a"] == whole
    assert whole[0].fix is not None
    assert "elsewhere.py" in {edit.path.name for edit in whole[0].fix.edits}


#: Files that import the kernel's module, and do nothing with the kernel that shows by itself.
IMPORTS = {
    "one": "import pkg.ops\n",
    "another name": "import pkg.ops as o\n",
    "from": "from pkg.ops import other\n",
    "from package": "from pkg import ops\n",
    "last of a line": "import os; from pkg import ops\n",
    "in a condition": "if os: import pkg.ops\n",
    "in brackets": "from pkg import (\n    a,\n    ops,\n)\n",
    "in brackets with a comment": "from pkg import (\n    a,  # (and b)\n    ops,\n)\n",
    "over lines": "from pkg import a, \\\n    ops\n",
    "over lines before": "from pkg.ops \\\n    import a\n",
    "over lines of Windows": "from pkg \\\r\n    import a, \\\r\n    ops\r\n",
    "at the end": "from pkg import ops",
}


def is_reached(text: str) -> bool:
    interest = Interest()
    interest.add_kernel(Path("pkg/ops.py"), "kern")
    return Reach(interest).look(Path("user.py"), text.encode())[1] == {"kern"}


@pytest.mark.parametrize("imports", IMPORTS.values(), ids=IMPORTS)
def test_what_imports_the_module_and_has_the_name_is_reached(imports: str) -> None:
    assert is_reached(f"#: Calls kern.\n{imports}")
    assert not is_reached("#: Calls kern.\n" + imports.replace("ops", "oops"))


def test_prose_imports_nothing() -> None:
    assert not is_reached('"""Much of kern is\nfrom pkg.ops, and was here before."""\n')


#: Files with a kernel of which nothing is asked, beside one that is.
BESIDE = {
    "plain": "@triton.jit\ndef other(p, n):\n    x = n\n    tl.store(p, x)\n",
    "a docstring": '@triton.jit\ndef other(p, n):\n    """A\n\n    b."""\n    tl.store(p, n)\n',
    "one line": "@triton.jit\ndef other(p, n): tl.store(p, n)\n",
    "two lines": "@triton.jit\ndef other(p, n): x = n; tl.store(\n        p, x)\n",
    "a signature of many lines": (
        "@triton.jit\ndef other(\n    p,  # a\n    n,\n):  # b\n\n    # c\n    tl.store(p, n)\n"
    ),
    "a string that ends further left": (
        '@triton.jit\ndef other(p, n):\n    """\na\n"""\n    tl.store(p, n)\n'
    ),
    "a comment that stands further left": (
        "@triton.jit\ndef other(p, n):\n    tl.store(p, 1)\n# a\n    tl.store(p, n)\n"
    ),
    "tabs": "@triton.jit\ndef other(p, n):\n\tif n:\n\t\ttl.store(p, n)\n",
    "in a class": (
        "class A:\n    @staticmethod\n    @triton.jit\n    def other(p, n):\n"
        "        tl.store(p, n)\n\n    def go(self, x):\n        kern[(1,)](x, 2)\n"
    ),
    "in a function": (
        "def make(x):\n    @triton.jit\n    def other(p, n):\n        tl.store(p, n)\n"
        "    kern[(1,)](x, 2)\n"
    ),
    "two of a name": (
        "@triton.jit\ndef other(p): tl.store(p, 1)\n@triton.jit\ndef other(p):\n    pass\n"
    ),
    "wrapped": "def other(p, n):\n    tl.store(p, n)\nfast = triton.jit(other)\n",
    "a function in it": (
        "@triton.jit\ndef other(p, n):\n    def f(x):\n        return x\n    tl.store(p, f(n))\n"
    ),
    "non-ASCII": "@triton.jit\ndef other(p, größe):\n    'ä'; tl.store(p, größe)\n",
    "no line end": "@triton.jit\ndef other(p, n):\n    tl.store(p, n)",
}


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE)
def test_what_is_known_of_kernels_changes_no_facts(beside: str, ending: str) -> None:
    launch = "\n\n\ndef go(x):\n    kern[(2,)](x, 3)\n\n\n"
    source = (KERNEL + launch + beside).replace("\n", ending).encode()
    known = survey(source, focus=())
    assert len(known.kernels) > 2
    assert survey(source, focus={"kern"}, known=known) == survey(source, focus={"kern"})
    assert survey(source, known=known) == survey(source)


def test_a_focus_only_leaves_out() -> None:
    source = (KERNEL + USERS["from"] + "\n\ndef other():\n    return 'n'\n").encode()
    whole, focused = survey(source), survey(source, focus={"kern"})
    assert focused.left_out == ("@Op.kernel", "other", OTHER_KERNELS)
    assert survey(source, focus=()).left_out == ALL_CODE
    assert (focused.kernels, focused.bindings) == (whole.kernels, whole.bindings)
    assert focused.calls == tuple(c for c in whole.calls if c.owner == "f")
    assert survey(source, focus={"kern"}, known=whole) == focused
    assert survey(source, focus=()).calls == ()

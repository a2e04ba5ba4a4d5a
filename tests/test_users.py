"""All uses of a kernel are found, however the command runs: whole, on one file, cached or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tritonlint.api import Workspace, WorkspaceOptions
from tritonlint.diagnostics import Diagnostic
from tritonlint.rules import all_rules

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

#: Ways in which a function that does not mention Triton may reach `kern` or `Op.kernel`.
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

#: Ways in which a second file exports the kernels, and the kernel's name there.
PASSERS = {
    "from": "from pkg.ops import kern, Op\n",
    "star": "from pkg.ops import *\n",
    "as": "from pkg.ops import kern as other, Op\nkern = other\n",
    "with triton": "import triton\nfrom pkg.ops import kern, Op\n",
    "module": "from pkg import ops\nkern = ops.kern\nOp = ops.Op\n",
}


def findings(
    root: Path, *, cache: Path | None = None, named: list[Path] | None = None
) -> list[Diagnostic]:
    options = WorkspaceOptions(
        enabled=lambda _: frozenset(all_rules()), read=Path.read_bytes, cache_directory=cache
    )
    workspace = Workspace(root, options, named)
    found = workspace.findings(edits=True)
    workspace.save()
    return found


def launched_or_used(root: Path, *, cached: bool) -> int:
    """The known launches, and the findings with an obstacle.

    Args:
        cached: whether to try all this with a cache too.
    """
    found = findings(root)
    for _ in range(2 * cached):
        assert findings(root, cache=root / "cache") == found
    # A cache is used by the second run, and one that the whole run filled by the first.
    kept = [root / "cache", root / "cache", root / "other", root / "other"]
    for cache in (None, *kept[: 4 * cached]):
        hook = findings(root, cache=cache, named=[root / "pkg/ops.py"])
        assert hook == [f for f in found if f.path == root / "pkg/ops.py"]
    return sum(len(f.launches) + (f.fix_blocked_by is not None) for f in found)


pytestmark = pytest.mark.usefixtures("cached_at_once")


@pytest.mark.parametrize("user", USERS.values(), ids=USERS)
def test_a_user_of_a_kernel_is_found(write: Write, user: str) -> None:
    files = {"pkg/__init__.py": "", "pkg/ops.py": KERNEL, "pkg/user.py": user}
    assert launched_or_used(write(files), cached=True) > 0


@pytest.mark.parametrize("passer", PASSERS.values(), ids=PASSERS)
@pytest.mark.parametrize(
    "user",
    [u for u in USERS.values() if "from pkg.ops import" in u or "import pkg.ops" in u],
    ids=[n for n, u in USERS.items() if "from pkg.ops import" in u or "import pkg.ops" in u],
)
def test_a_user_is_found_through_another_file(write: Write, passer: str, user: str) -> None:
    user = user.replace("pkg.ops", "pkg.hub")
    files = {"pkg/__init__.py": "", "pkg/ops.py": KERNEL, "pkg/hub.py": passer, "user.py": user}
    assert launched_or_used(write(files), cached=passer == PASSERS["from"]) > 0


@pytest.mark.parametrize("passer", PASSERS.values(), ids=PASSERS)
def test_a_user_is_found_through_a_package(write: Write, passer: str) -> None:
    for user in ("from pkg import kern\nkern[g](x, 1)\n", "import pkg\npkg.kern[g](x, 1)\n"):
        files = {"pkg/__init__.py": passer, "pkg/ops.py": KERNEL, "user.py": user}
        assert launched_or_used(write(files), cached=True) > 0


def test_configs_of_a_kernel_without_findings_count(write: Write) -> None:
    """One list of configs feeds both kernels, so it has to stay."""
    files: Mapping[str, str] = {
        "configs.py": "import triton\n\n\ndef configs():\n"
        "    return [triton.Config({'n': 1})]\n\n\nCONFIGS = configs()\n",
        "a.py": "import triton\nimport triton.language as tl\nfrom configs import CONFIGS\n\n\n"
        "@triton.autotune(CONFIGS, key=[])\n@triton.jit\ndef dead(p, n):\n    tl.store(p, 1)\n",
        "b.py": "import triton\nimport triton.language as tl\nfrom configs import CONFIGS\n\n\n"
        "@triton.autotune(CONFIGS, key=[])\n@triton.jit\ndef alive(p, n):\n    tl.store(p, n)\n",
    }
    (found,) = findings(write(files))
    assert found.fix_blocked_by == "`alive`, which has the same configs, reads its `n`"


def test_a_kernel_that_is_launched_in_the_same_place_is_looked_for_too(write: Write) -> None:
    """Both have to change together, and so does every launch of each."""
    kernel = "import triton\n\n\n@triton.jit\ndef {}(p, n):\n    p\n"
    launch = "from {0} import {0}\nfrom b import b\n\n\ndef go(flag, x):\n"
    both = launch.format("a") + "    (a if flag else b)[(1,)](x, 1)\n"
    elsewhere = "from b import b as it\nit[(1,)](x, 2)\n"
    files = {"a.py": kernel.format("a"), "b.py": kernel.format("b")}
    root = write({**files, "both.py": both, "elsewhere.py": elsewhere})
    whole = [f for f in findings(root) if f.kernel == "a"]
    hook = findings(root, named=[root / "a.py"])
    assert [f for f in hook if f.kernel == "a"] == whole
    assert whole[0].fix is not None
    assert "elsewhere.py" in {edit.path.name for edit in whole[0].fix.edits}

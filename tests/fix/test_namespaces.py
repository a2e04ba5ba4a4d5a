"""Launches through packages that have no `__init__.py`."""

from __future__ import annotations

import pytest

KERNEL = """
import triton
import triton.language as tl


@triton.jit
def fill(x, n, dead):
    tl.store(x, n)
"""
#: Code that imports the kernel's module, and what reaches the kernel then.
IMPORTS = {
    "by its whole name": ("import pkg.core.kernels", "pkg.core.kernels.fill"),
    "under another name": ("import pkg.core.kernels as k", "k.fill"),
    "from its package": ("from pkg.core import kernels", "kernels.fill"),
    "as a package": ("import pkg.core.kernels\nfrom pkg import core", "core.kernels.fill"),
}
#: What a function does with the kernel `K`, and whether the launch is followed.
LAUNCHES = {
    "directly": ("K[(1,)](x, 1, 7)", True),
    "by run": ("K.run(x, 1, 7, grid=(1,), warmup=False)", True),
    "by a name": ("go = K\n    go[(1,)](x, 1, 7)", True),
    "by a name for run": ("go = K.run\n    go(x, 1, 7, grid=(1,), warmup=False)", False),
    "by its parameters": ("assert len(K.arg_names) == 3", False),
    "by its parameters, if at all": ("go = K if x else None\n    print(go.arg_names)", False),
    "by its parameters, or another's": ("go = x or K\n    print(go.arg_names)", False),
}


@pytest.mark.parametrize("layout", ["with", "without"])
@pytest.mark.parametrize("way", IMPORTS)
@pytest.mark.parametrize("launch", LAUNCHES)
def test_each_launch_is_seen(lint, layout, way, launch):
    imports, name = IMPORTS[way]
    code, is_followed = LAUNCHES[launch]
    files = {
        "pkg/core/kernels.py": KERNEL,
        "pkg/layers/ops.py": f"{imports}\n\n\ndef go(x):\n    {code.replace('K', name)}\n",
        "other.py": "from pkg.core.kernels import fill\nfill[(1,)](x, 1, 7)\n",
    }
    if layout == "with":
        files |= {f"{package}/__init__.py": "" for package in ("pkg", "pkg/core", "pkg/layers")}
    [found] = lint(files, "--select", "TRL001")
    is_safe = found["fix"] is not None and "Remove" in found["fix"]["message"]
    assert is_safe == is_followed
    edits = found["fix"]["edits"] if is_safe else ()
    edited = {edit["filename"].partition("project/")[2] for edit in edits}
    expected = {"other.py", "pkg/core/kernels.py", "pkg/layers/ops.py"}
    assert edited == (expected if is_safe else set())

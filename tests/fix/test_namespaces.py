"""Launches through packages that have no `__init__.py`."""

from __future__ import annotations

import textwrap

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


#: Code that has the kernel's module as a value, `ops`, and launches what it finds there.
MODULES_AS_VALUES = {
    "an argument": """
        def warm_up(module, x):
            for name, found in vars(module).items():
                if name.endswith("fill"):
                    found[(1,)](x, 1, 7)
        warm_up(ops, 0)
    """,
    "a list": """
        for module in [ops]:
            for name in dir(module):
                getattr(module, name)[(1,)](0, 1, 7)
    """,
    "a dictionary": """
        MODULES = {"ops": ops}
        def launch(module, name, x):
            MODULES[module].__dict__[name][(1,)](x, 1, 7)
    """,
    "what a function returns": """
        def module():
            return ops
        def launch(name, x):
            getattr(module(), name)[(1,)](x, 1, 7)
    """,
    "an attribute": """
        class Launcher:
            def __init__(self):
                self.ops = ops
            def launch(self, name, x):
                getattr(self.ops, name)[(1,)](x, 1, 7)
    """,
}
#: The same, but nothing can be found in the module.
MODULES_LOOKED_AT = {
    "a known attribute": "import sys\nprint(getattr(ops, 'VERSION'), vars(sys.argv[0]))\n",
    "replaced for a test": "monkeypatch.setattr(ops, 'VERSION', 1)\nprint(vars(args))\n",
    "loaded again": "importlib.reload(ops)\nprint(vars(args))\n",
    "nothing is looked up": "check(ops)\n",
    "a name that the caller passes": """
        def patch(module, name, value):
            old = getattr(module, name)
            setattr(module, name, value)
            return old
        patch(ops, "VERSION", 1)
    """,
}


@pytest.mark.parametrize("imports", ["import ops", "from pkg import kernels as ops"])
@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        *((code, True) for code in MODULES_AS_VALUES.values()),
        *((code, False) for code in MODULES_LOOKED_AT.values()),
    ],
    ids=[*MODULES_AS_VALUES, *MODULES_LOOKED_AT],
)
def test_a_module_that_is_a_value(lint, imports, code, is_found):
    name = "ops.py" if imports == "import ops" else "pkg/kernels.py"
    [found] = lint({name: KERNEL, "run.py": f"{imports}\n{textwrap.dedent(code)}"})
    is_safe = found["fix"] is not None and "Remove" in found["fix"]["message"]
    assert is_safe != is_found
    if is_found:
        assert "one of the names that" in str(found["fix_blocked_by"])

"""Names that lead to a kernel in ways that tritonlint knows only in part.

The fix may remove all of the text between `[-` and `-]`, or none of it; unmarked text stays
(`conftest.check_outcome`). The cases in `PLAIN` must be fixed.
"""

from __future__ import annotations

import textwrap

import pytest

IMPORTS = "import triton\nimport triton.language as tl\n\n\n"
KERNEL = IMPORTS + "@triton.jit\ndef kernel(x[-, n-]):\n    tl.store(x, 0)\n"
ALIASED = KERNEL + "\n\nfused = kernel\n"
READER = IMPORTS + "@triton.jit\ndef reader(x, n):\n    tl.store(x, n)\n"
BASE = (
    IMPORTS
    + """class Base:
    @staticmethod
    @triton.jit
    def kernel(x[-, n-]):
        tl.store(x, 0)

    def launch(self, x, n):
        self.kernel[(1,)](x[-, n-])
"""
)
HUB = "from hub import kernel\n\n\ndef launch(x, n):\n    kernel[(1,)](x[-, n-])\n"


def hub(code):
    """`kernel` is imported from a hub, which gets it from somewhere; `code` is the hub's code."""
    return {"kernels.py": KERNEL, "reader.py": READER, "hub.py": code, "go.py": HUB}


def ops(code, kernels=KERNEL):
    """`code` gets the kernel as an attribute of what it is given."""
    return {"kernels.py": kernels, "go.py": code}


def child(code):
    """Code that may replace `Base.kernel` with a kernel that reads `n`."""
    return {"base.py": BASE, "reader.py": READER, "child.py": code}


BOUND_TWICE = {
    "or loaded": hub("""
        try:
            from kernels import kernel
        except ImportError:
            from loader import load_kernel
            kernel = load_kernel()
    """),
    "or looked up": hub("""
        from kernels import kernel
        from table import READERS
        if READERS:
            kernel = READERS["reader"]
    """),
    "or made by a function": hub("""
        from kernels import kernel


        def use(name):
            global kernel
            kernel = load(name)
    """),
}

GUESSED = {
    "one of two is returned": ops("""
        def choose(ops, fast):
            return ops.kernel if fast else ops.slow


        def launch(ops, x, n):
            choose(ops, True)[(1,)](x[-, n-])
    """),
    "one of two is kept": ops("""
        class Op:
            def __init__(self, ops, fast):
                self.fused = fast and ops.kernel

            def launch(self, x, n):
                self.fused[(1,)](x[-, n-])
    """),
    "a launcher is returned": ops("""
        def get(ops):
            return ops.kernel[(1,)]


        def launch(ops, x, n):
            get(ops)(x[-, n-])
    """),
    "a default": ops("""
        import kernels as ops


        def launch(x, n, fused=ops.kernel):
            fused[(1,)](x[-, n-])
    """),
    "on one line": ops("def launch(ops, x, n):\n    fused = ops.kernel; fused[(1,)](x[-, n-])\n"),
    "the function under it": ops("def launch(ops, x, n):\n    ops.kernel.fn[(1,)](x[-, n-])\n"),
    "its run": ops(
        "def launch(ops, x, n):\n    run = ops.kernel.run\n    run(x[-, n-], grid=(1,))\n"
    ),
    "an import on one line": ops("""
        try: from kernels import kernel as fused
        except ImportError: fused = None
        def launch(x, n): fused[(1,)](x[-, n-])
    """),
    "a module that is set from outside": {
        "pkg/__init__.py": "",
        "pkg/kernels.py": KERNEL,
        "pkg/hub.py": "ops = None\n",
        "pkg/setup.py": "from pkg import hub, kernels\n\nhub.ops = kernels\n",
        "go.py": "import pkg.hub\n\n\ndef launch(x, n):\n    pkg.hub.ops.kernel[(1,)](x[-, n-])\n",
    },
}

ALIASES = {
    "looked up": ops(
        "import kernels\n\n\ndef launch(x, n):\n    getattr(kernels, 'fused')[(1,)](x[-, n-])\n",
        ALIASED,
    ),
    "of a module from importlib": ops(
        """
        import importlib

        ops = importlib.import_module("kernels")


        def launch(x, n):
            ops.fused[(1,)](x[-, n-])
        """,
        ALIASED,
    ),
    **{
        f"of its {attribute}": ops(
            f"from kernels import other\n\n\ndef launch(x, n):\n    {use}\n",
            f"{KERNEL}\n\nother = kernel.{attribute}\n",
        )
        for attribute, use in {
            "fn": "other[(1,)](x[-, n-])",
            "run": "other(x[-, n-], grid=(1,), warmup=False)",
            "fn.run": "other(x[-, n-], grid=(1,), warmup=False)",
            "__getitem__": "other((1,))(x[-, n-])",
            "arg_names": "return dict(zip(other, (x[-, n-])))",
        }.items()
    },
    "of an object": ops("def launch(ops, x, n):\n    ops.fused[(1,)](x[-, n-])\n", ALIASED),
}

SUBCLASSES = {
    "set on the object": child("""
        from base import Base
        from reader import reader


        class Child(Base):
            def __init__(self):
                self.kernel = reader
    """),
    "set on an object": child("""
        from base import Base
        from reader import reader

        op = Base()
        op.kernel = reader
    """),
    "a property": child("""
        from base import Base
        from reader import reader


        class Child(Base):
            @property
            def kernel(self):
                return reader
    """),
    "made in a function": child("""
        from base import Base
        from reader import reader


        def make():
            class Child(Base):
                kernel = reader

            return Child
    """),
    "of what a function gives": child("""
        from base import Base
        from reader import reader


        def get():
            return Base


        class Child(get()):
            kernel = reader
    """),
    "mixed in": child("""
        import triton
        import triton.language as tl
        from base import Base


        class Other:
            @staticmethod
            @triton.jit
            def kernel(x, n):
                tl.store(x, n)


        class Child(Other, Base):
            pass
    """),
    "in the class itself": {
        "base.py": BASE.replace(
            "    def launch",
            "    if FAST:\n        kernel = staticmethod(reader)\n\n    def launch",
        ),
        "reader.py": READER,
    },
}

#: The start of a launch with a grid that looks up a key.
KEYED = (
    IMPORTS
    + """KEY = "n"


@triton.jit
def kernel(x, n):
    tl.store(x, 0)


def launch(x, n):
"""
)
CONFIGS = {
    "read on the host": {
        "kernels.py": IMPORTS
        + """def configs():
    return [triton.Config({"BLOCK": 16[-, "n": 4-]})]


@triton.autotune(configs=configs(), key=["x"])
@triton.jit
def kernel(x, BLOCK: tl.constexpr[-, n: tl.constexpr-]):
    tl.store(x, BLOCK)


def launch(x):
    kernel[(1,)](x)


def check():
    assert all(c.kwargs["BLOCK"] * c.kwargs["n"] < 1024 for c in configs())
"""
    },
    "a grid gives its arguments another name": {
        "kernels.py": KEYED
        + """    def grid(META):
        m = META
        return (m[KEY], 1)

    kernel[grid](x, n)
"""
    },
    "a grid gives a method of its arguments another name": {
        "kernels.py": KEYED + "    kernel[lambda META: ((get := META.get), get(KEY))](x, n)\n"
    },
    "a grid that comes from the caller unpacks": {
        "kernels.py": IMPORTS
        + """def blocks(n, BLOCK, **_):
    return (triton.cdiv(n, BLOCK),)


@triton.jit
def kernel(x[-, n-], BLOCK: tl.constexpr = 16):
    tl.store(x, BLOCK)


def run(grid, x, n):
    kernel[grid](x[-, n-])


def launch(x, n):
    run(lambda META: blocks(**META), x, n)
"""
    },
}

HIDDEN = {**BOUND_TWICE, **GUESSED, **ALIASES, **SUBCLASSES, **CONFIGS}


@pytest.mark.parametrize("files", HIDDEN.values(), ids=HIDDEN)
def test_all_or_nothing(check_outcome, files):
    check_outcome(files)


TUNED = (
    IMPORTS
    + """CONFIGS = [triton.Config({{"BLOCK": 16}})]


@triton.autotune(configs=CONFIGS, key=["x"])
@triton.jit
def kernel(x{parameters}, BLOCK: tl.constexpr{last}):
    tl.store(x, BLOCK)
"""
)

PLAIN = {
    "a default that no config gives": {
        "kernels.py": TUNED.format(parameters="", last="[-, DEAD: tl.constexpr = False-]")
        + "\n\ndef launch(x):\n    kernel[(1,)](x)\n"
    },
    "a launch from the module itself": {
        "kernels.py": TUNED.format(parameters="[-, n-]", last="")
        + "\n\ndef launch(x, n):\n    kernel[(1,)](x[-, n-])\n\n\n"
        "if __name__ == '__main__':\n    launch(x, 3)\n"
    },
    "a warmup that is looked at": ops(
        "from kernels import kernel\n\n\ndef show(x, n):\n"
        "    print(kernel.warmup(x[-, n-], grid=(1,)).asm['ptx'])\n"
    ),
    "the name of the function under it": ops(
        "from kernels import kernel\n\n\ndef show(x, n):\n"
        "    kernel[(1,)](x[-, n-])\n    print(kernel.fn.__name__)\n"
    ),
    "whether it is there": ops(
        "from kernels import kernel\n\n\ndef launch(x, n):\n"
        "    if kernel is not None:\n        kernel[(1,)](x[-, n-])\n"
    ),
    "an attribute of an option": {
        **ops("from kernels import kernel\n\n\ndef launch(x, n):\n    kernel[(1,)](x[-, n-])\n"),
        "conv.py": "import torch.nn.functional as F\n\n\ndef forward(self, x):\n"
        "    print(self.kernel)\n    return F.conv2d(x, self.kernel)\n",
    },
    "a package that names a function as its module": {
        "pkg/__init__.py": "from . import kernel as _kernel\n\nkernel = _kernel.kernel\n",
        "pkg/kernel.py": KERNEL,
        "go.py": "from pkg.kernel import kernel\n\n\ndef launch(x, n):\n"
        "    kernel[(1,)](x[-, n-])\n",
    },
}


@pytest.mark.parametrize("files", PLAIN.values(), ids=PLAIN)
def test_plain_uses_are_mended(fix_whole, files):
    assert fix_whole(files)


ROUND_AND_ROUND = {
    "a module and its function": {
        "pkg/__init__.py": "from . import kernel\n\nkernel = kernel.kernel\n",
        "pkg/kernel.py": KERNEL,
        "go.py": "from pkg import kernel\n\n\ndef launch(x, n):\n    kernel[(1,)](x, n)\n",
    },
    "two modules": {
        "a.py": "from b import x\n\ny = x.inner\ny.kernel[(1,)](1, 2)\n",
        "b.py": "from a import y as x\n",
        "kernels.py": KERNEL,
    },
    "a class of a class": {
        "a.py": "from m import Config\n\n\nclass Config(Config.Base):\n    pass\n\n\n"
        "Config.kernel[(1,)](1, 2)\n",
        "kernels.py": KERNEL,
    },
}


@pytest.mark.parametrize("files", ROUND_AND_ROUND.values(), ids=ROUND_AND_ROUND)
def test_names_that_lead_back_to_themselves_end(lint, files):
    plain = {n: textwrap.dedent(t).replace("[-", "").replace("-]", "") for n, t in files.items()}
    assert [finding["parameter"] for finding in lint(plain)] == ["n"]


#: Names that code builds, and whether `kernel` may be one of them.
BUILT = {
    "f'{op}nel'": True,
    "f'{op}_nel'": False,
    "op + 'nel'": True,
    "'%snel' % op": True,
    "NAME % op": True,
    "'{}nel'.format(op)": True,
    "'n'.join(('ker', op))": True,
    "'_'.join(('ker', op))": False,
    "'n'.join(['ker', 'el'])": True,
    "f'k{2 if op else \"er\"}nel'": True,
}


@pytest.mark.parametrize(("name", "may_be"), BUILT.items())
def test_a_kernel_is_looked_up_by_a_built_name(lint, name, may_be):
    plain = KERNEL.replace("[-", "").replace("-]", "") + "\n\nkernel[(1,)](x, 7)\n"
    code = (
        f"import kernels\n\nNAME = '%snel'\n\n\ndef get(op):\n    return getattr(kernels, {name})\n"
    )
    [found] = lint({"kernels.py": plain, "go.py": code}, "--select", "TRL001")
    assert (found["fix_blocked_by"] is not None) == may_be

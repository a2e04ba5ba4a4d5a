"""Launches that are hard to see: the kernel and its launches change together, or not at all.

In each case `n` is dead. The fix may remove all of the text between `[-` and `-]`, or none of it;
unmarked text stays (`conftest.check_outcome`). The cases in `PLAIN` must be fixed, so that the
tests fail if everything is blocked.
"""

from __future__ import annotations

import textwrap

import pytest

IMPORTS = "import triton\nimport triton.language as tl\n\n\n"

KERNEL = (
    IMPORTS
    + """@triton.jit
def kernel(x[-, n-]):
    tl.store(x, 0)
"""
)

OPS = (
    IMPORTS
    + """class Ops:
    @staticmethod
    @triton.jit
    def kernel(x[-, n-]):
        tl.store(x, 0)
"""
)

BASE = (
    OPS.replace("class Ops", "class Base")
    + """
    def launch(self, x, n):
        self.kernel[(1,)](x[-, n-])
"""
)

CHILD = """import triton
import triton.language as tl
from base import Base


class Child(Base):
    @staticmethod
    @triton.jit
    def kernel(x, n):
        tl.store(x, n)
"""

READER = (
    IMPORTS
    + """@triton.jit
def reader(x, n):
    tl.store(x, n)
"""
)


def kept(source):
    """The same source, but `n` must stay: it is passed on with the other arguments."""
    return source.replace("[-, n-]", ", n")


def go(imports, launched):
    """A file with one launch."""
    return f"{imports}\n\n\ndef launch(x, n):\n    {launched}(x[-, n-])\n"


def below(code, kernels=KERNEL):
    """The kernel's own file, with code below the kernel."""
    return kernels + "\n\n" + textwrap.dedent(code).lstrip("\n")


def alone(code, kernels=KERNEL):
    return {"kernels.py": below(code, kernels)}


def beside(code, kernels=KERNEL):
    return {"kernels.py": kernels, "go.py": code}


PACKAGE = {"pkg/__init__.py": "", "pkg/kernels.py": KERNEL}


def hub(code):
    """A package with a file that exports the module of the kernel as `ops`."""
    launch = go("from pkg.hub import ops", "ops.kernel[(1,)]")
    return {**PACKAGE, "pkg/hub.py": code, "go.py": launch}


#: Results of a launch or a warmup that are kept, and launched again with all arguments.
COMPILED = {
    "what warmup returns": alone("""
        def launch(x, n):
            compiled = kernel.warmup(x[-, n-], grid=(1,))
            compiled[(1,)](x[-, n-])
    """),
    "what warmup returns, in another file": beside("""
        from kernels import kernel


        def launch(x, n):
            compiled = kernel.warmup(x[-, n-], grid=(1,))
            compiled._init_handles()
            compiled[(compiled.n_regs, 1, 1)](x[-, n-])
    """),
    "what warmup promises": alone("""
        def launch(x, n):
            compiled = kernel.warmup(x[-, n-], grid=(1,)).result()
            compiled[(1,)](x[-, n-])
    """),
    "what run returns": alone("""
        def launch(x, n):
            compiled = kernel.run(x[-, n-], grid=(1,), warmup=True)
            compiled[(1,)](x[-, n-])
    """),
    "what a launch returns": alone("""
        def launch(x, n):
            compiled = kernel[(1,)](x[-, n-])
            for _ in range(10):
                compiled[(1, 1, 1)](x[-, n-])
    """),
    "what a launch returns, in a list": alone("""
        def launch(xs, n):
            for program, x in [(kernel[(1,)](x[-, n-]), x) for x in xs]:
                program[(1, 1, 1)](x[-, n-])
    """),
    "what a launch returns, returned": alone("""
        def run(x, n):
            return kernel[(1,)](x[-, n-])


        def launch(x, n):
            run(x, n)[(1, 1, 1)](x[-, n-])
    """),
    "what warmup returns, at once": alone("""
        def launch(x, n):
            kernel.warmup(x[-, n-], grid=(1,))[(1,)](x[-, n-])
    """),
    "what warmup returns, in an attribute": alone("""
        class Op:
            def __init__(self, x, n):
                self.compiled = kernel.warmup(x[-, n-], grid=(1,))

            def launch(self, x, n):
                self.compiled[(1,)](x[-, n-])
    """),
    "what warmup returns, in a tuple": beside("""
        import kernels


        class Op:
            def __init__(self, x, n):
                self.programs = (kernels.kernel.warmup(x[-, n-], grid=(1,)),)

            def launch(self, x, n):
                self.programs[0][(1,)](x[-, n-])
    """),
    "what warmup returns, in a cache": alone("""
        CACHE = {}


        def launch(x, n):
            if x.dtype not in CACHE:
                CACHE[x.dtype] = kernel.warmup(x[-, n-], grid=(1,))
            CACHE[x.dtype][(1,)](x[-, n-])
    """),
    "what warmup returns, in a comprehension": alone("""
        def launch(xs, n):
            programs = [kernel.warmup(x[-, n-], grid=(1,)) for x in xs]
            for program, x in zip(programs, xs):
                program[(1,)](x[-, n-])
    """),
    "what warmup returns, returned": {
        "kernels.py": below("""
            def prepare(x, n):
                return kernel.warmup(x[-, n-], grid=(1,))
        """),
        "go.py": go("from kernels import prepare", "prepare(x, n)[(1,)]"),
    },
    "what warmup returns, handed on": alone(
        """
        def call(program, *arguments):
            program[(1,)](*arguments)


        def launch(x, n):
            call(kernel.warmup(x, n, grid=(1,)), x, n)
    """,
        kept(KERNEL),
    ),
}

#: A kernel that is bound in the body of a class.
IN_A_CLASS = {
    "under its own name, in its own file": alone("""
        class Op:
            kernel = kernel

            def launch(self, x, n):
                self.kernel[(1,)](x[-, n-])
    """),
    "under its own name": beside("""
        from kernels import kernel


        class Op:
            kernel = kernel

            def launch(self, x, n):
                self.kernel[(1,)](x[-, n-])
    """),
    "under another name, in its own file": alone("""
        class Op:
            impl = kernel

            def launch(self, x, n):
                self.impl[(1,)](x[-, n-])
    """),
    "under another name": beside("""
        from kernels import kernel


        class Op:
            impl = kernel


        class Sub(Op):
            def launch(self, x, n):
                self.impl[(1,)](x[-, n-])


        def launch(op, x, n):
            Op.impl[(1,)](x[-, n-])
            op.impl[(1,)](x[-, n-])
    """),
    "launched in a file that does not name the kernel": {
        "kernels.py": KERNEL,
        "op.py": """
            from kernels import kernel


            class Op:
                impl = kernel
        """,
        "go.py": go("from op import Op", "Op.impl[(1,)]"),
    },
    "unpacked": beside("""
        from kernels import kernel


        class Op:
            forward, backward = kernel, None

            def launch(self, x, n):
                self.forward[(1,)](x[-, n-])
    """),
    "a static method": beside("""
        from kernels import kernel


        class Op:
            impl = staticmethod(kernel)

            def launch(self, x, n):
                self.impl[(1,)](x[-, n-])
    """),
    "a field of a dataclass": beside("""
        from dataclasses import dataclass
        from kernels import kernel


        @dataclass
        class Spec:
            fn: object = kernel


        def launch(spec: Spec, x, n):
            spec.fn[(1,)](x[-, n-])
    """),
    "a member of an enum": beside("""
        from enum import Enum
        from kernels import kernel


        class Impl(Enum):
            FAST = kernel


        def launch(x, n):
            Impl.FAST.value[(1,)](x[-, n-])
    """),
    "a launcher": alone("""
        class Op:
            launcher = kernel[(1,)]

            def launch(self, x, n):
                Op.launcher(x[-, n-])
    """),
    "a partial": alone("""
        class Op:
            launcher = functools.partial(kernel[(1,)])

            def launch(self, x, n):
                self.launcher(x[-, n-])
    """),
    "its module": beside("""
        import kernels


        class Op:
            ops = kernels

            def launch(self, x, n):
                self.ops.kernel[(1,)](x[-, n-])
    """),
    "imported there": beside("""
        class Op:
            from kernels import kernel as impl

            def launch(self, x, n):
                self.impl[(1,)](x[-, n-])
    """),
    "its module imported there": beside("""
        class Op:
            import kernels as ops

            def launch(self, x, n):
                self.ops.kernel[(1,)](x[-, n-])
    """),
    "in a class of a function": beside("""
        from kernels import kernel


        def make():
            class Op:
                impl = kernel

            return Op


        def launch(x, n):
            make().impl[(1,)](x[-, n-])
    """),
}

#: What `self.kernel` launches is another kernel in a subclass.
LAUNCHING_ROOT = """
    class Root:
        def launch(self, x, n):
            self.kernel[(1,)](x[-, n-])
"""
CHILD_OF_MIDDLE = """
    import triton
    import triton.language as tl
    from middle import Middle


    class Child(Middle):
        @staticmethod
        @triton.jit
        def kernel(x[-, n-]):
            tl.store(x, 1)
"""
OVERRIDDEN = {
    "in its own file": alone(
        """
        class Child(Base):
            @staticmethod
            @triton.jit
            def kernel(x, n):
                tl.store(x, n)
    """,
        kept(BASE),
    ),
    "in another file": {"base.py": kept(BASE), "child.py": CHILD},
    "through a class between": {
        "base.py": kept(BASE),
        "middle.py": """
            import base


            class Middle(base.Base):
                pass
        """,
        "child.py": CHILD.replace("from base import Base", "from middle import Middle as Base"),
    },
    "by one that does not read it either": {
        "base.py": BASE,
        "child.py": CHILD.replace(", n):", "[-, n-]):").replace("(x, n)", "(x, 1)"),
    },
    "where the base class has none": {
        "base.py": """
            class Base:
                def launch(self, x, n):
                    self.kernel[(1,)](x[-, n-])
        """,
        "child.py": CHILD.replace(", n):", "[-, n-]):").replace("(x, n)", "(x, 1)"),
    },
    "launched by the base of its base": {
        "root.py": LAUNCHING_ROOT,
        "middle.py": "from root import Root\n\n\nclass Middle(Root):\n    pass\n",
        "child.py": CHILD_OF_MIDDLE,
    },
    "launched by the base of its base, which another module hands on": {
        "pkg/__init__.py": "",
        "pkg/root.py": LAUNCHING_ROOT,
        "pkg/hub.py": "from .root import Root as Middle\n",
        "child.py": CHILD_OF_MIDDLE.replace("from middle", "from pkg.hub"),
    },
    "launched by what a third class inherits from too": {
        "mixin.py": LAUNCHING_ROOT.replace("Root", "Mixin"),
        "child.py": CHILD_OF_MIDDLE.replace("from middle import Middle\n", "").replace(
            "(Middle)", ""
        ),
        "both.py": """
            from child import Child
            from mixin import Mixin


            class Both(Mixin, Child):
                pass
        """,
    },
    "launched by what a subclass of it inherits from through another": {
        "root.py": LAUNCHING_ROOT,
        "mixin.py": "from root import Root\n\n\nclass Mixin(Root):\n    pass\n",
        "child.py": CHILD_OF_MIDDLE.replace("from middle import Middle\n", "").replace(
            "(Middle)", ""
        ),
        "grandchild.py": "from child import Child\n\n\nclass Grandchild(Child):\n    pass\n",
        "both.py": """
            from grandchild import Grandchild
            from mixin import Mixin


            class Both(Grandchild, Mixin):
                pass
        """,
    },
    "of a class in a function, launched by a base class": {
        "root.py": LAUNCHING_ROOT,
        "child.py": """
            import triton
            import triton.language as tl
            from root import Root


            def make():
                class Child(Root):
                    @staticmethod
                    @triton.jit
                    def kernel(x[-, n-]):
                        tl.store(x, 1)

                return Child
        """,
    },
    "by a name in the body of a class": {
        "kernels.py": below(
            """
            @triton.jit
            def reader(x, n):
                tl.store(x, n)
        """,
            kept(KERNEL),
        ),
        "ops.py": """
            from kernels import kernel, reader


            class Base:
                impl = kernel

                def launch(self, x, n):
                    self.impl[(1,)](x, n)


            class Child(Base):
                impl = reader
        """,
    },
    "by a name in the body of a class of another file": {
        "base.py": kept(BASE),
        "reader.py": READER,
        "child.py": """
            from base import Base
            from reader import reader


            class Child(Base):
                kernel = reader
        """,
    },
    "from outside": {
        "base.py": kept(BASE),
        "reader.py": READER,
        "patch.py": """
            from base import Base
            from reader import reader

            Base.kernel = reader
        """,
    },
}

#: Modules that other files export; some of these files mention neither Triton nor the kernel.
HANDED_ON = {
    "under another name": hub("from pkg import kernels as ops\n"),
    "by a plain import": hub("import pkg.kernels as ops\n"),
    "by a relative import": hub("from . import kernels as ops\n"),
    "by an assignment": hub("""
        from pkg import kernels

        ops = kernels
    """),
    "where it may be missing": hub("""
        try:
            from pkg import kernels as ops
        except ImportError:
            ops = None
    """),
    "one of two": {
        **hub("""
            import os
            from pkg import kernels, plain

            ops = plain if os.environ.get("PLAIN") else kernels
        """),
        "pkg/plain.py": "",
    },
    "by a function": {
        **PACKAGE,
        "pkg/hub.py": """
            from pkg import kernels


            def choose():
                return kernels
        """,
        "go.py": """
            from pkg.hub import choose

            ops = choose()


            def launch(x, n):
                ops.kernel[(1,)](x[-, n-])
        """,
    },
    "under its own name": {
        **PACKAGE,
        "pkg/hub.py": "from pkg import kernels\n",
        "go.py": go("from pkg.hub import kernels", "kernels.kernel[(1,)]"),
    },
    "with all names": {
        **hub("from pkg.first import *\n"),
        "pkg/first.py": "from pkg import kernels as ops\n",
    },
    "as an attribute of a module": {
        **PACKAGE,
        "pkg/hub.py": "from pkg import kernels as ops\n",
        "go.py": go("import pkg.hub", "pkg.hub.ops.kernel[(1,)]"),
    },
    "by its package": {
        **PACKAGE,
        "pkg/__init__.py": "from . import kernels as ops\n",
        "go.py": go("import pkg", "pkg.ops.kernel[(1,)]"),
    },
    "by a package below": {
        **PACKAGE,
        "pkg/sub/__init__.py": "from .. import kernels\n",
        "pkg/sub/go.py": go("from . import kernels as ops", "ops.kernel[(1,)]"),
    },
    "a module that has the kernel from another": {
        **PACKAGE,
        "pkg/first.py": "from pkg.kernels import kernel as fused\n",
        "pkg/hub.py": "from pkg import first as ops\n",
        "go.py": go("from pkg.hub import ops", "ops.fused[(1,)]"),
    },
    "by an assignment, and its kernel is then passed on": {
        **PACKAGE,
        "pkg/kernels.py": kept(KERNEL),
        "pkg/hub.py": "import pkg.kernels\n\nops = pkg.kernels\n",
        "go.py": """
            from pkg.hub import ops


            def launch(x, n, call):
                fused = ops.kernel
                call(fused, x, n)
        """,
    },
    "and its kernel is then replaced": {
        **PACKAGE,
        "pkg/kernels.py": kept(KERNEL) + "\n\ndef launch(x, n):\n    kernel[(1,)](x, n)\n",
        "pkg/hub.py": "from pkg import kernels as ops\n",
        "go.py": """
            import pkg.hub


            def patch(faster):
                pkg.hub.ops.kernel = faster
        """,
    },
    "and its kernel is then passed on": {
        **PACKAGE,
        "pkg/kernels.py": kept(KERNEL),
        "pkg/hub.py": "from pkg import kernels as ops\n",
        "go.py": """
            import pkg.hub


            def launch(x, n, call):
                call(pkg.hub.ops.kernel, x, n)
        """,
    },
}

#: Imports that happen when they are needed, into names of a scope further out.
LAZY = {
    "into a global under another name": beside("""
        _fused = None


        def _load():
            global _fused
            if _fused is None:
                from kernels import kernel

                _fused = kernel


        def launch(x, n):
            _load()
            _fused[(1,)](x[-, n-])
    """),
    "into a global where it is launched": beside("""
        _fused = None


        def launch(x, n):
            global _fused
            if _fused is None:
                from kernels import kernel

                _fused = kernel
            _fused[(1,)](x[-, n-])
    """),
    "into a global of its own name": beside("""
        def _load():
            global kernel
            from kernels import kernel


        def launch(x, n):
            _load()
            kernel[(1,)](x[-, n-])
    """),
    "into a global that another file launches": {
        "kernels.py": KERNEL,
        "op.py": """
            def load():
                global fused
                from kernels import kernel as fused
        """,
        "go.py": """
            import op


            def launch(x, n):
                op.load()
                op.fused[(1,)](x[-, n-])
        """,
    },
    "the module, into a global": beside("""
        _ops = None


        def _load():
            global _ops
            import kernels

            _ops = kernels


        def launch(x, n):
            _load()
            _ops.kernel[(1,)](x[-, n-])
    """),
    "into a name of the function around it": beside("""
        def make():
            fused = None

            def load():
                nonlocal fused
                from kernels import kernel

                fused = kernel

            def launch(x, n):
                load()
                fused[(1,)](x[-, n-])

            return launch
    """),
}

#: Names that lead to a file of the project, which binds them to something that is not followed.
UNKNOWN = {
    "an instance": {
        "kernels.py": below("ops = Ops()\n", OPS),
        "go.py": go("from kernels import ops", "ops.kernel[(1,)]"),
    },
    "an instance, through its module": {
        "kernels.py": below("ops = Ops()\n", OPS),
        "go.py": go("import kernels", "kernels.ops.kernel[(1,)]"),
    },
    "an instance, made in a third file": {
        "kernels.py": OPS,
        "registry.py": """
            from kernels import Ops

            ops = Ops()
        """,
        "go.py": go("from registry import ops", "ops.kernel[(1,)]"),
    },
    "a class under another name": {
        "kernels.py": below("DEFAULT = Ops\n", OPS),
        "go.py": go("from kernels import DEFAULT", "DEFAULT.kernel[(1,)]"),
    },
    "a module by its name": hub("""
        import importlib

        ops = importlib.import_module("pkg.kernels")
    """),
    "a kernel of a module by its name": {
        **PACKAGE,
        "pkg/hub.py": """
            import importlib

            _ops = importlib.import_module("pkg.kernels")
            fused = _ops.kernel
        """,
        "go.py": go("from pkg.hub import fused", "fused[(1,)]"),
    },
    "what a function returns": hub("""
        from pkg import kernels


        def choose():
            return kernels


        ops = choose()
    """),
    "a namespace": hub("""
        from types import SimpleNamespace
        from pkg import kernels

        ops = SimpleNamespace(**vars(kernels))
    """),
    "a module that loads itself": hub("""
        import importlib


        class LazyModule:
            def __init__(self, name):
                self._name = name

            def __getattr__(self, name):
                return getattr(importlib.import_module(self._name), name)


        ops = LazyModule("pkg.kernels")
    """),
    "a package that finds its names itself": {
        **PACKAGE,
        "pkg/__init__.py": """
            import importlib


            def __getattr__(name):
                return getattr(importlib.import_module("pkg.kernels"), name)
        """,
        "go.py": go("from pkg import kernel", "kernel[(1,)]"),
    },
    "a package that finds its names in a table": {
        **PACKAGE,
        "pkg/__init__.py": """
            import importlib

            _LAZY = {"kernel": "pkg.kernels"}


            def __getattr__(name):
                return getattr(importlib.import_module(_LAZY[name]), name)
        """,
        "go.py": go("from pkg import kernel", "kernel[(1,)]"),
    },
    "names that are put into a module": {
        **PACKAGE,
        "pkg/hub.py": """
            from pkg import kernels

            globals().update(vars(kernels))
        """,
        "go.py": go("from pkg.hub import kernel", "kernel[(1,)]"),
    },
    "an item of a table": {
        **PACKAGE,
        "pkg/hub.py": """
            from pkg import kernels

            TABLE = {"fast": kernels}
            fused = TABLE["fast"].kernel
        """,
        "go.py": go("from pkg.hub import fused", "fused[(1,)]"),
    },
    "an item of a table, launched beside it": {
        **PACKAGE,
        "pkg/hub.py": """
            from pkg import kernels

            TABLE = {"fast": kernels}
            fused = TABLE["fast"].kernel


            def launch(x, n):
                fused[(1,)](x[-, n-])
        """,
    },
}

#: A launch whose grid, or some of whose arguments, are bound when the module is imported.
LAUNCHERS = {
    "a launcher, called in its own file": alone("""
        fused = kernel[(1,)]


        def launch(x, n):
            fused(x[-, n-])
    """),
    "a launcher of the kernel's file": {
        "kernels.py": below("fused = kernel[(1,)]\n"),
        "go.py": go("from kernels import fused", "fused"),
    },
    "a launcher of the kernel's file, through its module": {
        "kernels.py": below("fused = kernel[(1,)]\n"),
        "go.py": go("import kernels", "kernels.fused"),
    },
    "a launcher of another file": {
        "kernels.py": KERNEL,
        "fused.py": """
            from kernels import kernel

            fused = kernel[(1,)]
        """,
        "go.py": go("from fused import fused", "fused"),
    },
    "a launcher of another file, with all names": {
        "kernels.py": below("fused = kernel[(1,)]\n"),
        "hub.py": "from kernels import *\n",
        "go.py": go("from hub import fused", "fused"),
    },
    "a partial that gives no argument": {
        "kernels.py": below("fused = functools.partial(kernel[(1,)], num_warps=8)\n"),
        "go.py": go("from kernels import fused", "fused"),
    },
    "a partial that gives an argument": {
        "kernels.py": below("""
            from functools import partial

            fused = partial(kernel[(1,)], 0)
        """),
        "go.py": """
            import kernels


            def launch(x, n):
                kernels.fused([-n-])
        """,
    },
}

#: Objects that nothing is known about, in files that do not import the kernel.
OBJECTS = {
    "a variable": beside("""
        def launch(ops, x, n):
            fused = ops.kernel
            fused[(1,)](x[-, n-])
    """),
    "a variable of the kernel's name": beside(
        """
        def launch(ops, x, n):
            kernel = ops.kernel
            kernel[(1,)](x[-, n-])
    """,
        OPS,
    ),
    "a variable of the class": beside("""
        class Op:
            def __init__(self, ops):
                self.fused = ops.kernel

            def launch(self, x, n):
                self.fused[(1,)](x[-, n-])
    """),
    "a launcher": beside("""
        def launch(ops, x, n):
            fused = ops.kernel[(1,)]
            fused(x[-, n-])
    """),
    "a result": {
        "kernels.py": KERNEL,
        "choose.py": """
            def choose(ops):
                return ops.kernel
        """,
        "go.py": """
            from choose import choose


            def launch(ops, x, n):
                choose(ops)[(1,)](x[-, n-])
        """,
    },
    "a list": alone(
        """
        def launch(x, n):
            ops = Ops()
            for fused in [ops.kernel]:
                fused[(1,)](x[-, n-])
    """,
        OPS,
    ),
    "a dictionary": beside(
        """
        from kernels import Ops


        class Op:
            def __init__(self):
                self.ops = Ops()

            def launch(self, x, n):
                table = dict(fused=self.ops.kernel)
                table["fused"][(1,)](x[-, n-])
    """,
        OPS,
    ),
    "an argument": beside(
        """
        import kernels as k


        def call(fused, *arguments):
            fused[(1,)](*arguments)


        class Op:
            def __init__(self):
                self.ops = k

            def launch(self, x, n):
                call(self.ops.kernel, x, n)
    """,
        kept(KERNEL),
    ),
    "an argument of a subclass": beside(
        """
        from kernels import Ops


        class Sub(Ops):
            def launch(self, x, n, call):
                call(self.kernel, x, n)
    """,
        kept(OPS),
    ),
}

#: Methods of aggregates, which kernels call on objects.
AGGREGATE = """import triton
import triton.language as tl
from triton.language.core import _aggregate as aggregate


@aggregate
class Channel:
    base: tl.tensor

    @triton.jit
    def push(self, n):
        tl.debug_barrier()
"""
CALLS_PUSH = """
    import triton
    from channel import Channel


    @triton.jit
    def caller(x, n):
        channel = Channel(x)
        channel.push(n)


    def launch(x):
        caller[(1,)](x, 3)
"""
AGGREGATES = {
    "in its own file": alone(
        """
        @triton.jit
        def caller(x, n):
            channel = Channel(x)
            channel.push(n)
    """,
        AGGREGATE,
    ),
    "with what gluon calls it": {
        "kernels.py": """
            from triton.experimental import gluon
            from triton.experimental.gluon import language as gl


            @gluon.aggregate
            class Channel:
                base: gl.tensor

                @gluon.jit
                def push(self, n):
                    gl.barrier()


            @gluon.jit
            def caller(x, n):
                channel = Channel(x)
                channel.push(n)
        """,
    },
    "in another file": {
        "channel.py": AGGREGATE,
        "kernels.py": CALLS_PUSH,
    },
    "on a parameter": {
        "channel.py": AGGREGATE,
        "kernels.py": """
            import triton
            from channel import Channel


            @triton.jit
            def helper(channel, n):
                channel.push(n)


            @triton.jit
            def caller(x, n):
                helper(Channel(x), n)
        """,
    },
    "on a field of another": alone(
        """
        @aggregate
        class Pair:
            first: Channel

            @triton.jit
            def push_first(self, n):
                self.first.push(n)
                return n


        @triton.jit
        def caller(x, n):
            tl.store(x, Pair(Channel(x)).push_first(n))
    """,
        AGGREGATE,
    ),
    "that calls a helper": {
        "channel.py": """
            import triton
            import triton.language as tl
            from triton.language.core import _aggregate as aggregate


            @triton.jit
            def helper(x[-, n-]):
                tl.store(x, 1)


            @aggregate
            class Channel:
                base: tl.tensor

                @triton.jit
                def push(self, n):
                    helper(self.base[-, n-])
        """,
        "kernels.py": CALLS_PUSH,
    },
}

#: Files whose path does not show the name by which they are imported.
PLACES = {
    "a directory called dist": {
        **PACKAGE,
        "pkg/dist/__init__.py": "",
        "pkg/dist/go.py": go("from pkg.kernels import kernel", "kernel[(1,)]"),
    },
    "a project that is a well-known library": {
        "src/transformers/__init__.py": "",
        "src/transformers/integrations/__init__.py": "",
        "src/transformers/integrations/fp8.py": KERNEL,
        "tests/test_fp8.py": go("from transformers.integrations.fp8 import kernel", "kernel[(1,)]"),
    },
    "a directory that is put on the path": {
        **PACKAGE,
        "pkg/bench/bench.py": """
            import os
            import sys

            sys.path.insert(0, os.path.dirname(os.path.dirname(__file__)))
            from kernels import kernel


            def launch(x, n):
                kernel[(1,)](x[-, n-])
        """,
    },
    "a package that lies in a directory of another name": {
        "setup.py": """
            from setuptools import setup

            setup(package_dir={"mypkg": "python"})
        """,
        "python/__init__.py": "",
        "python/kernels.py": KERNEL,
        "tests/test_kernels.py": go("from mypkg.kernels import kernel", "kernel[(1,)]"),
    },
    "a module called gluon": {
        "pkg/__init__.py": "",
        "pkg/gluon.py": KERNEL,
        "go.py": go("from pkg import gluon", "gluon.kernel[(1,)]"),
    },
}

#: A helper loses `n`, so that nothing reads its caller's `n` any more.
HELPER = (
    IMPORTS
    + """@triton.jit
def helper(x[-, n-]):
    tl.store(x, 0)


def launch(x):
    helper[(1,)](x[-, 1-])
"""
)
CALLER = """
    import triton
    from helper import helper


    @triton.jit
    def caller(x[-, n-]):
        helper(x[-, (n, 1)-])
"""
KEPT_CALLER = CALLER.replace("caller(x[-, n-])", "caller(x, n)")
NEWLY_DEAD = {
    "of a kernel that nothing is seen to launch": {
        "pkg/__init__.py": "",
        "pkg/helpers.py": HELPER,
        "pkg/hub.py": "from pkg import helpers as ops\n",
        "go.py": """
            import triton
            from pkg.hub import ops


            @triton.jit
            def caller(x, n):
                ops.helper(x[-, (n, 1)-])
        """,
    },
    "a variable": {
        "helper.py": HELPER,
        "caller.py": KEPT_CALLER,
        "go.py": """
            def launch(ops, x, n):
                fused = ops.caller
                fused[(1,)](x, n)
        """,
    },
    "an attribute": {
        "helper.py": HELPER,
        "caller.py": KEPT_CALLER,
        "go.py": """
            from caller import caller


            class Op:
                def __init__(self):
                    self.fused = caller

                def launch(self, x, n):
                    self.fused[(1,)](x, n)
        """,
    },
}

#: Cases that must be fixed: plain launches, next to code that looks like one of the above.
PLAIN = {
    "an import": beside(go("from kernels import kernel", "kernel[(1,)]")),
    "a method": beside("""
        from kernels import kernel


        class Op:
            size = 16

            def launch(self, x, n):
                kernel[(1,)](x[-, n-])
    """),
    "an import in a function": beside("""
        def launch(x, n):
            from kernels import kernel

            kernel[(1,)](x[-, n-])
    """),
    "a module under another name": {
        **PACKAGE,
        "go.py": """
            import pkg.kernels as ops


            class Op:
                def launch(self, x, n):
                    ops.kernel[(1,)](x[-, n-])
        """,
    },
    "a module of a package": {
        **PACKAGE,
        "pkg/go.py": go("from . import kernels", "kernels.kernel[(1,)]"),
    },
    "a kernel that a package hands on": {
        **PACKAGE,
        "pkg/__init__.py": "from .kernels import kernel as fused\n",
        "go.py": go("import pkg", "pkg.fused[(1,)]"),
    },
    "names that have a part twice": alone("""
        def find(a, b, c):
            return globals()[f"{a}ker{b}ker{c}"]


        def launch(x, n):
            kernel[(1,)](x[-, n-])
    """),
    "a warmup of which nothing is kept": alone("""
        def prepare(x, n):
            kernel.warmup(x[-, n-], grid=(1,))
    """),
    "a launch that is timed": alone("""
        def time(x, n):
            do_bench(lambda: kernel[(1,)](x[-, n-]))
    """),
    "a class that launches its own": {"kernels.py": BASE},
    "a class that launches its own, with another beside it": beside(
        """
        import triton
        import triton.language as tl


        class Other:
            @staticmethod
            @triton.jit
            def kernel(x, n):
                tl.store(x, n)

            def launch(self, x, n):
                self.kernel[(1,)](x, n)
    """,
        BASE,
    ),
    "a class that launches its own, with a subclass that has none": beside(
        """
        from kernels import Base


        class Child(Base):
            size = 16
    """,
        BASE,
    ),
    "a method of an object that is called": {
        "kernels.py": KERNEL,
        "go.py": go("from kernels import kernel", "kernel[(1,)]"),
        "svm.py": """
            def gram(model, x):
                return model.kernel(x)
        """,
    },
    "attributes of other names": alone("""
        def launch(op, x, n):
            op.size = n
            size = op.size
            op.launcher[(1,)](x, size)
            kernel[(1,)](x[-, n-])
    """),
    "a class attribute of its name that is a number": {
        "kernels.py": KERNEL,
        "go.py": go("from kernels import kernel", "kernel[(1,)]"),
        "conv.py": """
            class Conv:
                kernel = 3

                def padding(self):
                    return self.kernel // 2
        """,
    },
    "an attribute of its name that is a number": {
        "kernels.py": KERNEL,
        "go.py": go("from kernels import kernel", "kernel[(1,)]"),
        "conv.py": """
            class Conv:
                def __init__(self, kernel):
                    self.kernel = kernel

                def padding(self):
                    return self.kernel // 2
        """,
    },
    "class attributes of other names": beside("""
        from dataclasses import dataclass
        from kernels import kernel


        @dataclass
        class Spec:
            size: int = 16
            name = "spec"

            def launch(self, x, n):
                kernel[(1,)](x[-, n-])
    """),
    "a global of another name": {
        "kernels.py": KERNEL,
        "go.py": """
            from kernels import kernel

            _workspace = None


            def launch(x, n, make):
                global _workspace
                if _workspace is None:
                    from sizes import size

                    _workspace = make(size)
                kernel[(1,)](_workspace[-, n-])
        """,
        "sizes.py": "size = 16\n",
    },
    "another class that has something else by that name": {
        "ops.py": OPS + "\n\ndef launch(x, n):\n    Ops.kernel[(1,)](x[-, n-])\n",
        "other.py": """
            class Other:
                def __init__(self, make):
                    self.kernel = make()

                def launch(self, x, n):
                    self.kernel.apply(x, n)
        """,
    },
    "another module that is handed on": {
        **PACKAGE,
        "pkg/sizes.py": "size = 16\n",
        "pkg/hub.py": "from pkg import sizes as ops\n",
        "go.py": """
            from pkg.hub import ops
            from pkg.kernels import kernel


            def launch(x, n):
                kernel[(ops.size,)](x[-, n-])
        """,
    },
    "an unknown thing of another file": {
        "kernels.py": KERNEL,
        "settings.py": """
            import json

            settings = json.loads("{}")
        """,
        "go.py": """
            from kernels import kernel
            from settings import settings


            def launch(x, n):
                kernel[(settings.size,)](x[-, n-])
        """,
    },
    "a subclass that has another method": {
        "kernels.py": KERNEL,
        "base.py": """
            from kernels import kernel


            class Base:
                def launch(self, x, n):
                    kernel[(1,)](x[-, n-])
        """,
        "child.py": """
            from base import Base
            from kernels import kernel


            class Child(Base):
                def launch(self, x, n):
                    kernel[(2,)](x[-, n-])
        """,
    },
    "beside a launch of a clean kernel of another file": {
        "pkg/__init__.py": "",
        "pkg/clean.py": READER,
        "pkg/dead.py": """
            import triton
            import triton.language as tl
            from pkg.clean import reader


            @triton.jit
            def kernel(x[-, n-]):
                tl.store(x, 0)


            def launch(x):
                kernel[(1,)](x[-, 2-])


            def read(x):
                reader[(1,)](x, 2)
        """,
    },
    "a caller of which nothing reads it any more": {
        "helper.py": HELPER,
        "caller.py": CALLER,
        "go.py": go("from caller import caller", "caller[(1,)]"),
    },
    "a caller of which nothing reads it any more, handed on": {
        "helper.py": HELPER,
        "caller.py": CALLER,
        "hub.py": "from caller import caller as fused\n",
        "go.py": go("from hub import fused", "fused[(1,)]"),
    },
}

#: Ways to a kernel for which the launching file names neither the module nor the class.
FAR = {
    "a base class by its package": {
        "pkg/__init__.py": "from . import ops\n",
        "pkg/ops.py": OPS,
        "go.py": """
            import pkg


            class Child(pkg.ops.Ops):
                def launch(self, x, n):
                    self.kernel[(1,)](x[-, n-])
        """,
    },
    "a base class that a function gives": {
        "ops.py": below("def base():\n    return Ops\n", OPS),
        "go.py": """
            from ops import base


            class Child(base()):
                def launch(self, x, n):
                    self.kernel[(1,)](x[-, n-])
        """,
    },
    "a base class that a function gives, with another kernel in its place": {
        "ops.py": below(
            """
            def launch(self, x, n):
                self.kernel[(1,)](x, n)


            def base():
                return Ops
        """,
            kept(OPS),
        ),
        "go.py": """
            from ops import base


            class Child(base()):
                def __init__(self, reader):
                    self.kernel = reader
        """,
    },
    "a metaclass": {
        "meta.py": """
            class Meta(type):
                def launch(cls, x, n):
                    cls.kernel[(1,)](x[-, n-])
        """,
        "ops.py": "from meta import Meta\n"
        + OPS.replace("class Ops:", "class Ops(metaclass=Meta):"),
    },
    "a class made in a function, of two": {
        "ops.py": OPS,
        "mixin.py": LAUNCHING_ROOT.replace("Root", "Mixin"),
        "both.py": """
            def make():
                from mixin import Mixin
                from ops import Ops

                class Both(Mixin, Ops):
                    pass

                return Both
        """,
    },
    "a function that becomes a method": {
        "ops.py": "from method import launch\n" + OPS + "    launch = launch\n",
        "method.py": "def launch(self, x, n):\n    self.kernel[(1,)](x[-, n-])\n",
    },
    "a decorator's argument": {
        **hub("from pkg import kernels as ops\n"),
        "pkg/kernels.py": kept(KERNEL),
        "go.py": """
            from deco import timed
            from pkg.hub import ops


            @timed(ops.kernel)
            def launch(kernel, x, n):
                kernel[(1,)](x, n)
        """,
    },
    "a comparison": {
        **hub("from pkg import kernels as ops\n"),
        "pkg/kernels.py": kept(KERNEL),
        "go.py": """
            from pkg.hub import ops


            def launch(kernel, x, n):
                if ops.kernel is kernel:
                    kernel[(1,)](x, n)
        """,
    },
    "the names of its arguments": {
        **hub("from pkg import kernels as ops\n"),
        "pkg/kernels.py": kept(KERNEL),
        "go.py": """
            from pkg.hub import ops


            def launch(x, n):
                return dict(zip(ops.kernel.arg_names, (x, n)))
        """,
    },
    "over two lines": {
        **hub("from pkg import kernels as ops\n"),
        "go.py": """
            from pkg.hub import ops

            fused = (ops.
                     kernel)


            def launch(x, n):
                fused[(1,)](x[-, n-])
        """,
    },
    "a kernel in a file without the word jit": {
        "pkg/__init__.py": "",
        "pkg/helpers.py": HELPER,
        "pkg/hub.py": "from pkg import helpers as ops\n",
        "deco.py": "import triton\n\ncompiled = triton.jit\n",
        "go.py": """
            from deco import compiled
            from pkg.hub import ops


            @compiled
            def caller(x):
                ops.helper(x[-, 1-])
        """,
    },
    "a helper of a class": {
        "pkg/__init__.py": "",
        "pkg/helpers.py": OPS.replace("def kernel", "def helper")
        + "\n\ndef launch(x):\n    Ops.helper[(1,)](x[-, 1-])\n",
        "pkg/hub.py": "from pkg import helpers as ops\n",
        "go.py": """
            import triton
            from pkg.hub import ops


            @triton.jit
            def caller(x):
                ops.Ops.helper(x[-, 1-])
        """,
    },
}

RUN = "go(x[-, n-], grid=(1,), warmup=False)"


def got_from(code):
    """`code` launches what it gets from an object of unknown type; another launch is known."""
    return {
        "kernels.py": KERNEL,
        "seen.py": "from kernels import kernel\n\nkernel[(1,)](1[-, 2-])\n",
        "go.py": f"def launch(ops, x, n):\n    {code}\n",
    }


FROM_OBJECTS = {
    "a bound run": got_from(f"go = ops.kernel.run\n    {RUN}"),
    "a bound run of a list's module": got_from(f"go = ops[0].kernel.run\n    {RUN}"),
    "a bound run in two steps": got_from(f"k = ops.kernel\n    go = k.run\n    {RUN}"),
    "a bound warmup": got_from("go = ops.kernel.warmup\n    go(x[-, n-], grid=(1,))"),
    "a run that gets a name": got_from(f"(go := ops.kernel.run){RUN[2:]}"),
    "a launcher that gets a name": got_from("(go := ops.kernel[(1,)])(x[-, n-])"),
    "a known launcher that gets a name": {
        "kernels.py": f"{KERNEL}\n\n(go := kernel[(1,)])(1[-, 2-])\n",
    },
    "an item by its method": got_from("go = ops.kernel.__getitem__((1,))\n    go(x[-, n-])"),
    "an item of a list's module": got_from("ops[0].kernel.__getitem__((1,))(x[-, n-])"),
    "a launcher's call": got_from("go = ops.kernel[(1,)].__call__\n    go(x[-, n-])"),
    "a bound run or nothing": got_from(f"go = ops.kernel.run if x else None\n    {RUN}"),
    "a bound run in a tuple": got_from(f"go, _ = ops.kernel.run, 1\n    {RUN}"),
    "the inner run": got_from(f"go = ops[0].kernel.fn.run\n    {RUN}"),
}


def looked_up(code):
    """`code` launches what it finds in a script under a name that is not known."""
    name = "\n\nimport importlib, sys\nname = open('name').read()\n"
    return {"run.py": f"{KERNEL}{name}kernel[(1,)](1[-, 2-])\n{code}\n"}


OF_THE_SCRIPT = {
    f"{what} {module}": looked_up(how.format(module))
    for what, how in {
        "getattr of": "getattr({}, name)[(1,)](1[-, 2-])",
        "getattr of a variable,": "module = {}\ngetattr(module, name)[(1,)](1[-, 2-])",
        "vars of": "vars({})[name][(1,)](1[-, 2-])",
        "the dictionary of": "{}.__dict__[name][(1,)](1[-, 2-])",
    }.items()
    for module in (
        "importlib.import_module('__main__')",
        "__import__('__main__')",
        "sys.modules['__main__']",
        "sys.modules[__name__]",
        "importlib.import_module(__name__)",
    )
}

HIDDEN = {
    f"{theme}: {case}": files
    for theme, cases in {
        "compiled": COMPILED,
        "in a class": IN_A_CLASS,
        "overridden": OVERRIDDEN,
        "handed on": HANDED_ON,
        "lazy": LAZY,
        "unknown": UNKNOWN,
        "launcher": LAUNCHERS,
        "object": OBJECTS,
        "aggregate": AGGREGATES,
        "place": PLACES,
        "newly dead": NEWLY_DEAD,
        "far": FAR,
        "from an object": FROM_OBJECTS,
        "of the script": OF_THE_SCRIPT,
    }.items()
    for case, files in cases.items()
}


def with_triton(files):
    """The same files, but each mentions Triton; files that do not are read less closely."""
    return {
        name: text if "triton" in text else "import triton\n" + textwrap.dedent(text).lstrip("\n")
        for name, text in files.items()
    }


@pytest.mark.parametrize("files", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("change", [dict, with_triton], ids=["as it is", "with triton"])
def test_all_or_nothing(check_outcome, files, change):
    check_outcome(change(files))


@pytest.mark.parametrize("files", PLAIN.values(), ids=PLAIN)
@pytest.mark.parametrize("change", [dict, with_triton], ids=["as it is", "with triton"])
def test_plain_launches_are_mended(fix_whole, files, change):
    assert fix_whole(change(files))


@pytest.mark.parametrize("files", AGGREGATES.values(), ids=AGGREGATES)
def test_methods_that_are_called_are_not_reported(write, lint, files):
    found = lint({name: text.replace("[-", "").replace("-]", "") for name, text in files.items()})
    assert [f["kernel"] for f in found if f["kernel"] != "helper"] == []


#: A link, the file that it leads to, and how that file is imported from beside the link.
LINKS = {
    "a file": ("b/kernels.py", "a/kernels.py", "from .kernels import kernel"),
    "a directory": ("b/ops", "a/ops/kernels.py", "from .ops.kernels import kernel"),
}


@pytest.mark.parametrize(("link", "file", "imports"), LINKS.values(), ids=LINKS)
def test_links(write, check_outcome, link, file, imports):
    root = write({"a/__init__.py": "", "a/ops/__init__.py": "", "b/__init__.py": ""})
    (root / link).symlink_to(f"../{link.replace('b', 'a', 1)}")
    check_outcome({file: KERNEL, "b/go.py": go(imports, "kernel[(1,)]")})


#: Ways in which a `match` captures the attribute of an unknown object that has the kernel's name.
CAPTURES = {
    "the subject": "match MODULES[0].kernel:\n        case f:\n            f[(1,)](x, 4)",
    "with a pattern": (
        "match MODULES[0].kernel:\n        case object() as f:\n            f[(1,)](x, 4)"
    ),
    "one of two": (
        "match MODULES[0].kernel if x else None:\n        case f:\n            f[(1,)](x, 4)"
    ),
    "under another name": (
        "match (g := MODULES[0].kernel):\n        case f:\n            f[(1,)](x, 4)"
    ),
    "an attribute": "match MODULES[0]:\n        case object(kernel=f):\n            f[(1,)](x, 4)",
    "with its grid": "match MODULES[0].kernel[(1,)]:\n        case f:\n            f(x, 4)",
}
#: The kernel's module, which code has in a list, and a launch that tritonlint understands.
MATCHED = {
    "kernels.py": """
        import triton
        import triton.language as tl


        @triton.jit
        def kernel(x, n):
            tl.store(x, 1)
    """,
    "bench.py": "from kernels import kernel\n\nkernel[(1,)](1, 4)\n",
}
HUB = "import kernels\n\nMODULES = [kernels]\n\n\ndef go(x):\n    "


@pytest.mark.parametrize("body", CAPTURES.values(), ids=CAPTURES)
def test_kernel_that_a_pattern_captures(lint, body):
    [finding] = lint({**MATCHED, "ops.py": HUB + body}, "--select", "TRL001")
    assert (
        "captured by a pattern" in finding["fix_blocked_by"] or "grid" in finding["fix_blocked_by"]
    )


def test_attribute_that_patterns_only_compare(lint):
    body = 'match MODULES[0].kernel:\n        case "fast" | 1:\n            pass'
    body += "\n        case _:\n            pass"
    [finding] = lint({**MATCHED, "ops.py": HUB + body}, "--select", "TRL001")
    assert finding["fix"]["applicability"] == "safe"


#: Unusual calls of the attribute of an unknown object that has the kernel's name.
ODD_CALLS = {
    "its call": "MODULES[0].kernel[(1,)].__call__(x, 4)",
    "the call of its call": "MODULES[0].kernel[(1,)].__call__.__call__(x, 4)",
    "the call of run": "MODULES[0].kernel.run.__call__(x, 4, grid=(1,), warmup=False)",
    "one of two": "(MODULES[0].kernel[(1,)] if x else None)(x, 4)",
    "or another": "(MODULES[0].kernel[(1,)] or None)(x, 4)",
    "the call of one of two": "(MODULES[0].kernel[(1,)] if x else None).__call__(x, 4)",
    "the call of a name": "(f := MODULES[0].kernel[(1,)]).__call__(x, 4)",
    "bound to its first argument": "MODULES[0].kernel[(1,)].__get__(x)(4)",
}


@pytest.mark.parametrize("body", ODD_CALLS.values(), ids=ODD_CALLS)
def test_kernel_that_is_called_oddly(lint, body):
    [finding] = lint({**MATCHED, "ops.py": HUB + body}, "--select", "TRL001")
    assert not (finding["fix"] or {"message": ""})["message"].startswith("Remove")

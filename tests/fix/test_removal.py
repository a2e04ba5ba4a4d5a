"""A removal reaches every launch of a kernel, in every form and every file.

In each case `n` is dead. The text between `[-` and `-]` is removed, and nothing else is
(`conftest.sides`).
"""

from __future__ import annotations

import pytest

KERNEL = """
@triton.jit
def kernel(x[-, n-], y=1, BLOCK: tl.constexpr = 16):
    tl.store(x + BLOCK, y)


"""

#: Launches of that kernel, in the same file.
LAUNCHES = {
    "by position": """
def launch(x, n, y):
    kernel[(1,)](x[-, n-], y, BLOCK=16)
""",
    "by keyword": """
def launch(x, n, y):
    kernel[(1,)](x=x, [-n=n, -]y=y, BLOCK=16)
""",
    "by keyword, in another order": """
def launch(x, n, y):
    kernel[(1,)]([-n=n, -]BLOCK=16, y=y, x=x)
    kernel[(1,)](BLOCK=16, y=y, x=x[-, n=n-])
""",
    "mixed, with compile options": """
def launch(x, n, y):
    kernel[(1,)](x, [-n=n, -]num_warps=4, num_stages=2)
""",
    "several grids": """
def launch(x, n, y):
    grid = lambda META: (triton.cdiv(x.numel(), META["BLOCK"]),)
    kernel[grid](x[-, n-], y, BLOCK=16)
    kernel[lambda META: (1,)](x[-, n-], y, BLOCK=16)
    kernel[1, 2](x[-, n-], y)
    kernel[(n, 1, 1)](x[-, n-], y)

    def cover(META):
        return (META["BLOCK"],)

    kernel[cover](x[-, n-])
""",
    ".run and .warmup": """
def launch(x, n, y):
    kernel.run(x[-, n-], y, BLOCK=16, grid=(1,), warmup=False)
    kernel.run(x, [-n=n, -]grid=(1,), warmup=False)
    kernel.warmup(x[-, n-], y, grid=(1,))
    kernel.warmup(torch.float32[-, torch.int32-], y, grid=(1,)).result()
""",
    "the function under an autotuner": """
def launch(x, n, y):
    kernel.fn[(1,)](x[-, n-], y)
    kernel.fn.run(x[-, n-], y, grid=(1,), warmup=False)
""",
    "an alias": """
def launch(x, n, y):
    k = kernel
    k[(1,)](x[-, n-], y)
""",
    "an alias of the module": """
launchable = again = kernel


def launch(x, n, y):
    again[(1,)](x[-, n-], y)
""",
    "a launcher in a variable": """
def launch(x, n, y):
    fn = kernel[(1,)]
    fn(x[-, n-], y)
    fn(x, y=y[-, n=n-])
""",
    "the `__call__` of a launcher, in a variable": """
def launch(x, n, y):
    kernel[(1,)](x[-, n-], y)
    fn = kernel[(1,)].__call__
    fn(x[-, n-], y)
""",
    "a partial over a launch": """
from functools import partial


def launch(x, n, y):
    fn = partial(kernel[(1,)], x[-, n-])
    fn(y, BLOCK=16)
    other = functools.partial(kernel[(1,)], x)
    other([-n, -]y)
    third = partial(kernel[(1,)])
    third(x[-, n-])
    partial(kernel[(1,)], x)([-n, -]BLOCK=16)
    partial(kernel[(1,)], x[-, n-])(y=y)
    partial(kernel[(1,)], x)([-n=n, -]BLOCK=16)
""",
    "wrap_triton": """
from torch.library import wrap_triton


def launch(x, n, y):
    wrap_triton(kernel)[(1,)](x[-, n-], y)
    torch.library.wrap_triton(kernel)[(1,)](x[-, n-], y)
    k = wrap_triton(kernel)
    k[(1,)](x[-, n-], y)
""",
    "keywords unpacked beside it": """
def launch(x, n, y, **extra):
    kernel[(1,)](x[-, n-], y, **extra)
    kernel[(1,)](x, [-n=n, -]**extra)
""",
    "arguments unpacked behind it": """
def launch(x, n, y, *rest):
    kernel[(1,)](x[-, n-], *rest)
    kernel[(1,)](x[-, n-], y, *rest)
""",
    "an omitted default": """
def launch(x, n):
    kernel[(1,)](x[-, n-])
    kernel[(1,)](x=x[-, n=n-])
""",
    "inside other expressions": """
def launch(x, n, y):
    do_bench(lambda: kernel[(1,)](x[-, n-], y))
    f"{kernel[(1,)](x[-, n-], y)!r}"
    if (result := kernel[(1,)](x[-, n-])) is not None:
        kernel[(1,)](x[-, n-]) or kernel[(2,)](x[-, n-])
    assert not kernel[(1,)](x[-, n-]), kernel[(1,)](x[-, n-])
    match kernel[(1,)](x[-, n-]):
        case None if kernel[(1,)](x[-, n-]):
            kernel[(1,)](x[-, n-])
    try:
        kernel[(1,)](x[-, n-])
    except ValueError:
        kernel[(1,)](x[-, n-])
    while kernel[(1,)](x[-, n-]):
        print(kernel[(1,)](x[-, n-]), [kernel[(1,)](x[-, n-]) is None])


async def launch_async(x, n):
    async for x in y:
        kernel[(1,)](x[-, n-])


class Launch:
    def launch(self, x, n):
        def inner():
            kernel[(1,)](x[-, n-])
        return inner


kernel[(1,)](0[-, 0-])
""",
    "a launch in an argument of a launch": """
def launch(x, n, y):
    kernel[(1,)](kernel[(2,)](x[-, n-])[-, n-], y)
    kernel[(1,)](x[-, kernel[(2,)](x, n)-], y)
""",
    "a launch in an annotation": """
def launch(
    x: kernel[(1,)](1[-, 2-], 3),
    /,
    n: "int" = 1,
    *rest: kernel[(1,)](1[-, 2-]),
    y: kernel[(1,)](1[-, n=2-]) = 0,
    **others: kernel[(1,)](1[-, 2-]),
) -> kernel[(1,)](1[-, 2-]):
    z: kernel[(1,)](1[-, 2-]) = 4


@triton.jit
def other(x) -> kernel[(1,)](1[-, 2-]):
    tl.store(x, 1)
""",
    "a variable, a parameter and an attribute of the same name": """
def launch(x, n, y):
    kernel[(1,)](x[-, n-])


def elsewhere(kernel, x, n):
    return kernel.size(x, n)


def here(x, n):
    kernel = x
    return kernel(n) + self.kernel(x, n)
""",
}


@pytest.mark.parametrize("launches", LAUNCHES.values(), ids=LAUNCHES)
def test_launches(check_fix, launches):
    check_fix(KERNEL.lstrip() + launches.lstrip(), None, "--unsafe-fixes")


#: Kernels under every decorator that lists parameters.
DECORATORS = {
    "do_not_specialize by name": """
@triton.jit(do_not_specialize=["x"[-, "n"-]])
def kernel(x[-, n-]):
    tl.store(x, 0)
""",
    "do_not_specialize by index: those behind are renumbered": """
@triton.jit(do_not_specialize=[0, [-1, -][-3-]{+2+}])
def kernel(x[-, n-], y, z):
    tl.store(x + y, z)
""",
    "do_not_specialize_on_alignment": """
@triton.jit(do_not_specialize_on_alignment=("x", [-1, "n"-][-, 2-]{+1+}))
def kernel(x[-, n-], y):
    tl.store(x, y)
""",
    "what is left of a list alone": """
@triton.jit[-(do_not_specialize=["n"])-]
def kernel(x[-, n-]):
    tl.store(x, 0)
""",
    "an autotune's lists": """
@triton.autotune(
    configs=[triton.Config({"BLOCK": 16}), triton.Config({"BLOCK": 32})],
    key=["x"],
    reset_to_zero=["x"[-, "n"-]],
    restore_value=["x"[-, "n"-]],
)
@triton.jit
def kernel(x[-, n-], BLOCK: tl.constexpr):
    tl.store(x, BLOCK)
""",
    "an autotune's key, by keyword": """
@triton.autotune(configs=[triton.Config({"BLOCK": 16})], key=["x"[-, "n"-]])
@triton.jit
def kernel(x[-, n-], BLOCK: tl.constexpr):
    tl.store(x, BLOCK)
""",
    "an autotune's key, by position": """
@triton.autotune([triton.Config({"BLOCK": 16})], [[-"n", -]"x"])
@triton.jit
def kernel(x[-, n-], BLOCK: tl.constexpr):
    tl.store(x, BLOCK)
""",
    "the whole of an autotune's key": """
@triton.autotune(configs=[triton.Config({"BLOCK": 16})], key=[[-"n"-]])
@triton.jit
def kernel(x[-, n-], BLOCK: tl.constexpr):
    tl.store(x, BLOCK)
""",
    "configs that feed it": """
@triton.autotune(
    configs=[
        triton.Config({"BLOCK": 16[-, "n": 1-]}, num_warps=4),
        triton.Config({[-"n": 2, -]"BLOCK": 32}, num_warps=8),
    ],
    key=["x"],
)
@triton.jit
def kernel(x[-, n: tl.constexpr-], BLOCK: tl.constexpr):
    tl.store(x, BLOCK)
""",
    "configs in a comprehension": """
@triton.autotune(
    configs=[
        triton.Config({"BLOCK": b[-, "n": n-]}, num_warps=w)
        for b in (16, 32)
        for n in (1, 2)
        for w in (4, 8)
    ],
    key=["x"],
)
@triton.jit
def kernel(x[-, n: tl.constexpr-], BLOCK: tl.constexpr):
    tl.store(x, BLOCK)
""",
    "configs in a variable": """
CONFIGS = [triton.Config({"BLOCK": 16[-, "n": 1-]}), triton.Config({"BLOCK": 32})]


@triton.autotune(configs=CONFIGS, key=["x"])
@triton.jit
def kernel(x[-, n: tl.constexpr-], BLOCK: tl.constexpr):
    tl.store(x, BLOCK)
""",
    "configs of a function": """
def configs():
    found = []
    for block in (16, 32):
        found.append(triton.Config({"BLOCK": block[-, "n": 1-]}, num_warps=4))
    return found


@triton.autotune(configs=configs(), key=["x"])
@triton.jit
def kernel(x[-, n: tl.constexpr-], BLOCK: tl.constexpr):
    tl.store(x, BLOCK)
""",
    "configs of two kernels that both do not read it": """
CONFIGS = [triton.Config({"BLOCK": 16[-, "n": 1-]})]


@triton.autotune(configs=CONFIGS, key=["x"])
@triton.jit
def kernel(x[-, n: tl.constexpr-], BLOCK: tl.constexpr):
    tl.store(x, BLOCK)


@triton.autotune(configs=CONFIGS, key=["x"])
@triton.jit
def other(x[-, n: tl.constexpr-], BLOCK: tl.constexpr):
    tl.store(x, BLOCK)
""",
    "heuristics": """
@triton.heuristics({"EVEN": lambda args: args["x"] == 0[-, "n": lambda args: 1-]})
@triton.jit
def kernel(x[-, n-], EVEN: tl.constexpr):
    tl.store(x, EVEN)
""",
    "heuristics in a variable": """
HEURISTICS = {"EVEN": lambda args: args["x"] == 0}


@triton.heuristics(values=HEURISTICS)
@triton.jit
def kernel(x, n, EVEN: tl.constexpr):
    tl.store(x, EVEN)
""",
    "the whole of the heuristics": """
[-@triton.heuristics({"n": lambda args: 1})
-]@triton.jit
def kernel(x[-, n-]):
    tl.store(x, 0)
""",
    "decorators that are calls of the function": """
def kernel(x[-, n-]):
    tl.store(x, 0)


kernel = triton.jit(kernel)


def launch(x, n):
    kernel[(1,)](x[-, n-])
""",
    "another name for a function under a call": """
def _kernel(x[-, n-]):
    tl.store(x, 0)


kernel = triton.jit(_kernel)


def launch(x, n):
    kernel[(1,)](x[-, n-])
""",
    "a jit of one's own name": """
from functools import partial

my_jit = partial(triton.jit, debug=True)


@my_jit
def kernel(x[-, n-]):
    tl.store(x, 0)
""",
    "a kernel in a class": """
class Kernels:
    @staticmethod
    @triton.jit
    def kernel(x[-, n-]):
        tl.store(x, 0)

    def launch(self, x, n):
        self.kernel[(1,)](x[-, n-])
        Kernels.kernel[(1,)](x[-, n-])
""",
    "a kernel in a function": """
def make(x, n):
    @triton.jit
    def kernel(x[-, n-]):
        tl.store(x, 0)

    kernel[(1,)](x[-, n-])
""",
    "a kernel under a condition": """
if triton.__version__ > "3":

    @triton.jit
    def kernel(x[-, n-]):
        tl.store(x, 0)

else:

    @triton.jit
    def kernel(x[-, n-]):
        tl.store(x, 1)


def launch(x, n):
    kernel[(1,)](x[-, n-])
""",
}


@pytest.mark.parametrize("kernels", DECORATORS.values(), ids=DECORATORS)
def test_decorators(check_fix, kernels):
    check_fix(kernels.lstrip(), None, "--unsafe-fixes")


#: Kernels that call kernels.
HELPERS = {
    "the helper's parameter goes first, then its caller's": """
@triton.jit
def helper(x[-, n-]):
    return x


@triton.jit
def kernel(x[-, n-]):
    tl.store(x, helper(x[-, n-]))


def launch(x, n):
    kernel[(1,)](x[-, n-])
""",
    "through any depth": """
@triton.jit
def first(x[-, n-]):
    return x


@triton.jit
def second(a[-, m-]):
    return first(a[-, n=m-])


@triton.jit
def third([-k, -]a):
    return second(a[-, k-])


@triton.jit
def kernel(x[-, n-]):
    tl.store(x, third([-n, -]x))


def launch(x, n):
    kernel[(1,)](x[-, n-])
""",
    "through a helper that calls itself": """
@triton.jit
def helper(x[-, n-], DEPTH: tl.constexpr):
    if DEPTH > 0:
        x = helper(x[-, n-], DEPTH - 1)
    return x


@triton.jit
def kernel(x[-, n-]):
    tl.store(x, helper(x[-, n-], 3))
""",
    "helper calls in arguments of helper calls": """
@triton.jit
def helper(x[-, n-]):
    return x


@triton.jit
def kernel(x[-, n-]):
    tl.store(x, helper(helper(x[-, n-])[-, n-]) + helper(x[-, x + 1-]))
""",
    "a kernel that a host function calls too": """
@triton.jit
def helper(x[-, n-]):
    tl.store(x, 0)


@triton.jit
def kernel(x[-, n-]):
    helper(x[-, n-])


def launch(x, n):
    helper[(1,)](x[-, n-])
    kernel[(1,)](x[-, n-])
""",
    "a helper in a method": """
class Helpers:
    @triton.jit
    def helper(x[-, n-]):
        return x


@triton.jit
def kernel(x[-, n-]):
    tl.store(x, Helpers.helper(x[-, n-]))
""",
    "a caller that needs the value for something else": """
@triton.jit
def helper(x, n):
    return x


@triton.jit
def kernel(x, n):
    tl.store(x + n, helper(x, n))
""",
    "behind one variable, dead in both": """
@triton.jit
def first(x[-, n-]):
    tl.store(x, 0)


@triton.jit
def second(x[-, n-]):
    tl.store(x, 1)


def launch(x, n, flag):
    kernel = first if flag else second
    kernel[(1,)](x[-, n-])
    if flag:
        chosen = first
    else:
        chosen = second
    chosen[(1,)](x[-, n=n-])
    (first or second)[(1,)](x[-, n-])
""",
}


@pytest.mark.parametrize("kernels", HELPERS.values(), ids=HELPERS)
def test_helpers(check_fix, kernels):
    # Few of these kernels have a launch.
    check_fix(kernels.lstrip(), None, "--unsafe-fixes")


KERNELS = """
@triton.jit
def kernel(x[-, n-]):
    tl.store(x, 0)


kernel[(1,)](0[-, n-])
"""

#: Other files of the project that launch that kernel, which is in `kernels.py`.
FILES = {
    "an import, in a file that does not mention Triton": {
        "launch.py": """
            from kernels import kernel

            kernel[(1,)](x[-, n-])
            """,
    },
    "an import under another name": {
        "launch.py": """
            from kernels import kernel as k

            k[(1,)](x[-, n-])
            """,
    },
    "an import in a function": {
        "launch.py": """
            def launch(x, n):
                from kernels import kernel as k

                k[(1,)](x[-, n-])
            """,
    },
    "the module": {
        "launch.py": """
            import kernels
            import kernels as ks

            kernels.kernel[(1,)](x[-, n-])
            ks.kernel[(1,)](x[-, n-])
            """,
    },
    "a star import": {
        "launch.py": """
            from kernels import *

            kernel[(1,)](x[-, n-])
            """,
    },
    "a conditional import": {
        "launch.py": """
            try:
                from kernels import kernel
            except ImportError:
                kernel = None

            kernel[(1,)](x[-, n-])
            """,
    },
    "a package that hands it on under another name": {
        "ops/__init__.py": """
            from kernels import kernel as public_kernel
            """,
        "launch.py": """
            import ops
            from ops import public_kernel as k

            k[(1,)](x[-, n-])
            ops.public_kernel[(1,)](x[-, n-])
            """,
    },
    "relative imports": {
        "package/__init__.py": "",
        "package/ops/__init__.py": "from .inner import other",
        "package/ops/inner.py": """
            import triton


            @triton.jit
            def other(x[-, n-]):
                x.store(0)
            """,
        "package/launch.py": """
            from . import ops
            from .ops import inner, other as o

            ops.inner.other[(1,)](x[-, n-])
            inner.other[(1,)](x[-, n-])
            o[(1,)](x[-, n-])
            """,
        "package/deep/__init__.py": "",
        "package/deep/launch.py": """
            from ..ops.inner import other

            other[(1,)](x[-, n-])
            """,
    },
    "an alias of the module's": {
        "names.py": """
            import kernels

            launchable = kernels.kernel
            """,
        "launch.py": """
            import names
            from names import launchable

            launchable[(1,)](x[-, n-])
            names.launchable[(1,)](x[-, n-])
            """,
    },
    "a kernel of the same name in another module": {
        "other.py": """
            import triton


            @triton.jit
            def kernel(x, n):
                x.store(n)


            def launch(x, n):
                kernel[(1,)](x, n)
            """,
        "launch.py": """
            import other
            from kernels import kernel

            kernel[(1,)](x[-, n-])
            other.kernel[(1,)](x, n)
            """,
    },
    "a helper of another file": {
        "launch.py": """
            import triton

            import kernels


            @triton.jit
            def outer(x[-, n-]):
                kernels.kernel(x[-, n-])


            def launch(x, n):
                outer[(1,)](x[-, n-])
            """,
    },
}


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_files(check_fix, files):
    check_fix(KERNELS.lstrip(), files)


def test_the_project_is_the_whole_tree_around_a_named_file(write, tritonlint):
    root = write(
        {
            "ops/kernels.py": "import triton\n\n\n@triton.jit\ndef kernel(x, n):\n    x.store(0)\n",
            "ops/deeper/launch.py": "from ops.kernels import kernel\n\nkernel[(1,)](x, n)\n",
        }
    )
    completed = tritonlint("--fix", "--no-cache", root / "ops/kernels.py")
    assert completed.status == 0
    assert root.joinpath("ops/deeper/launch.py").read_text().endswith("kernel[(1,)](x)\n")


def test_a_launch_in_a_file_that_was_named_does_not_drag_in_other_findings(write, tritonlint):
    kernel = "import triton\n\n\n@triton.jit\ndef {}(x, n):\n    x.store(0)\n"
    root = write({"a.py": kernel.format("first"), "b.py": kernel.format("second")})
    tritonlint("--fix", "--no-cache", root / "a.py")
    assert "n" not in root.joinpath("a.py").read_text().partition("first")[2][:4]
    assert root.joinpath("b.py").read_text() == kernel.format("second")


@pytest.mark.parametrize("entry", ['"gone"', "7"])
def test_an_entry_that_names_no_parameter(check_fix, lint, entry):
    kernel = '@triton.jit(do_not_specialize=["y"{}])\ndef kernel(x, y):\n    tl.store(x, y)\n'
    check_fix(kernel.format(f"[-, {entry}-]"))
    source = "import triton\nimport triton.language as tl\n\n\n" + kernel.format(f", {entry}")
    [found] = lint({"kernels.py": source})
    assert found["fix"]["message"] == f"Remove {entry} from `do_not_specialize` of `kernel`"


@pytest.mark.parametrize(
    ("option", "argument", "is_safe"),
    [
        ("reset_to_zero", "y", False),
        ("reset_to_zero", "torch.empty(3)", False),
        ("restore_value", "y", True),
    ],
)
def test_a_tensor_that_is_set_to_zero_is_for_a_person(fix_whole, option, argument, is_safe):
    code = f"""
        import torch
        import triton
        import triton.language as tl


        @triton.autotune([triton.Config({{"B": 16}})], key=[], {option}=["x"[-, "grad"-]])
        @triton.jit
        def kernel(x[-, grad-], B: tl.constexpr):
            tl.store(x, B)


        def launch(x, y):
            kernel[(1,)](x[-, {argument}-])
        """
    assert bool(fix_whole({"kernels.py": code})) == is_safe

"""Names across files: from launches to kernels, from device calls to helpers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Lint = Callable[..., list[dict[str, Any]]]

KERNEL = """\
import triton
import triton.language as tl


@triton.jit
def kernel(p, n):
    tl.store(p, 1)
"""


def launches(finding: dict[str, Any]) -> list[tuple[str, int, str | None]]:
    return [(at["filename"], at["row"], at["argument"]) for at in finding["launches"]]


# -- launches ------------------------------------------------------------------------------

#: Each launches the kernel of `KERNEL` in the same file with `n` as the argument.
FORMS = {
    "plain": "kernel[grid](p, n)",
    "by keyword": "kernel[grid](p, n=n)",
    "with options": "kernel[grid](p, n, num_warps=4)",
    "grid in place": "kernel[lambda meta: (1,)](p, n)",
    "run": "kernel.run(p, n, grid=grid, warmup=False)",
    "warmup": "kernel.warmup(p, n, grid=grid)",
    "its result kept": "compiled = kernel[grid](p, n)",
    "fn": "kernel.fn[grid](p, n)",
    "alias": "k = kernel; k[grid](p, n)",
    "alias of an alias": "j = kernel; k = j; k[grid](p, n)",
    "two names": "k = j = kernel; k[grid](p, n)",
    "one of two": "k = kernel if p else other; k[grid](p, n)",
    "in place": "(kernel if p else other)[grid](p, n)",
    "or": "k = other or kernel; k[grid](p, n)",
    "tuple": "k, g = kernel, grid; k[g](p, n)",
    "annotated": "k: object = kernel; k[grid](p, n)",
    "with its grid": "fn = kernel[grid]; fn(p, n)",
    "one of two with its grid": "fn = kernel[grid] if p else other[grid]; fn(p, n)",
    "partial, later": "fn = functools.partial(kernel[grid], p); fn(n)",
    "partial, now": "fn = functools.partial(kernel[grid], n=n); fn(p)",
    "wrap_triton": "torch.library.wrap_triton(kernel)[grid](p, n)",
    "wrap_triton, imported": "wrap_triton(kernel)[grid](p, n)",
    "capture_triton": "capture_triton(kernel)[grid](p, n)",
    "wrapped and kept": "k = wrap_triton(kernel); k[grid](p, n)",
}


@pytest.mark.parametrize("launch", FORMS.values(), ids=FORMS)
def test_a_launch_in_the_same_file(lint: Lint, launch: str) -> None:
    source = f"{KERNEL}\n\ndef launch(p, n, grid, other):\n    {launch}\n"
    (finding,) = lint({"a.py": source})
    assert launches(finding)[0] == ("a.py", 11, "n")


IMPORTS = {
    "absolute": "from pkg.ops.kernels import kernel\nkernel[g](p, n)",
    "absolute, another name": "from pkg.ops.kernels import kernel as k\nk[g](p, n)",
    "relative": "from .kernels import kernel\nkernel[g](p, n)",
    "relative, another name": "from .kernels import kernel as k\nk[g](p, n)",
    "two levels": "from ..ops.kernels import kernel\nkernel[g](p, n)",
    "module": "import pkg.ops.kernels\npkg.ops.kernels.kernel[g](p, n)",
    "module by another name": "import pkg.ops.kernels as m\nm.kernel[g](p, n)",
    "module from its package": "from pkg.ops import kernels\nkernels.kernel[g](p, n)",
    "module from its package, renamed": "from pkg.ops import kernels as m\nm.kernel[g](p, n)",
    "module, relative": "from . import kernels\nkernels.kernel[g](p, n)",
    "package": "from pkg import ops\nops.kernels.kernel[g](p, n)",
    "re-exported": "from pkg import kernel\nkernel[g](p, n)",
    "re-exported by another name": "from pkg import renamed\nrenamed[g](p, n)",
    "re-exported, by module": "import pkg\npkg.renamed[g](p, n)",
    "star": "from pkg.ops.kernels import *\nkernel[g](p, n)",
    "star of a re-export": "from pkg.everything import *\nkernel[g](p, n)",
    "in a function": "def f():\n    from pkg import kernel\n    kernel[g](p, n)",
    "in a try": "try:\n    from pkg import kernel\nexcept E:\n    kernel = None\nkernel[g](p, n)",
    "one of two": "if X:\n  from pkg import kernel\nelse:\n  from b import kernel\nkernel[g](p, n)",
    "kept": "from pkg import kernel\nk = kernel\nk[g](p, n)",
    "attribute kept": "import pkg.ops.kernels as m\nk = m.kernel\nk[g](p, n)",
}
PACKAGE = {
    "pkg/__init__.py": "from .ops.kernels import kernel\nfrom .ops import kernels\n"
    "renamed = kernels.kernel\n",
    "pkg/everything.py": "from .ops.kernels import *\n",
    "pkg/ops/__init__.py": "",
    "pkg/ops/kernels.py": KERNEL,
}


@pytest.mark.parametrize("imported", IMPORTS.values(), ids=IMPORTS)
def test_a_launch_in_another_file(lint: Lint, imported: str) -> None:
    # The launching file does not say "triton" anywhere.
    (finding,) = lint({**PACKAGE, "pkg/ops/launch.py": f"{imported}\n"})
    row = imported.count("\n") + 1
    assert launches(finding) == [("pkg/ops/launch.py", row, "n")]


#: What a package binds to the name of its module, and a launch where `m` is that name.
NAMES_OF_MODULES = {
    "the kernel": ("from .kernel import kernel", "m[g](p, n)"),
    "one of two": ("if X:\n    from .kernel import kernel", "m[g](p, n)"),
    "the module": ("", "m.kernel[g](p, n)"),
    "the module, by an import": ("from . import kernel", "m.kernel[g](p, n)"),
}


@pytest.mark.parametrize(("init", "launch"), NAMES_OF_MODULES.values(), ids=NAMES_OF_MODULES)
@pytest.mark.parametrize("import_", ["import pkg.kernel as m", "from pkg import kernel as m"])
def test_a_module_whose_name_the_package_binds(
    lint: Lint, import_: str, init: str, launch: str
) -> None:
    files = {"pkg/__init__.py": f"{init}\n", "pkg/kernel.py": KERNEL}
    (finding,) = lint({**files, "launch.py": f"{import_}\n{launch}\n"})
    assert launches(finding) == [("launch.py", 2, "n")]


@pytest.mark.parametrize("module", ["kernels", "hub", "hubs"])
def test_a_launch_of_a_kernel_that_star_imports_pass_on(lint: Lint, module: str) -> None:
    """Neither a launch in one place nor the word "triton" shows that the file matters."""
    launch = f"import {module}\n\n\ndef f(p, tokens):\n    run = {module}.kernel[(1,)]\n"
    files = {
        "kernels.py": KERNEL.replace("n)", "n: tl.constexpr)").replace("(p, 1)", "(p + n, 1)"),
        "hub.py": "import triton\nfrom kernels import *\n",
        "hubs.py": "import triton\nfrom hub import *\n",
        "launch.py": f"{launch}    run(p, tokens.shape[0])\n",
    }
    (finding,) = lint(files, "--select", "TRL101")
    assert launches(finding) == [("launch.py", 6, "tokens.shape[0]")]


def test_a_script_beside_the_package_launches_too(lint: Lint) -> None:
    script = "from pkg import kernel\nkernel[g](p, n)\n"
    (finding,) = lint({**PACKAGE, "benchmarks/bench.py": script})
    assert launches(finding) == [("benchmarks/bench.py", 2, "n")]


def test_the_package_may_lie_in_src(lint: Lint) -> None:
    package = {f"src/{name}": content for name, content in PACKAGE.items()}
    (finding,) = lint({**package, "tests/test_it.py": "from pkg import kernel\nkernel[g](p, n)\n"})
    assert launches(finding) == [("tests/test_it.py", 2, "n")]


def test_a_launch_of_one_of_two_modules_follows_both(lint: Lint) -> None:
    """How Python is started decides which is meant, so a fix changes both kernels or none."""
    files = {
        "a/common.py": KERNEL,
        "a/launch.py": "from common import kernel\nkernel[g](p, 1)\n",
        "b/common.py": KERNEL,
    }
    found = lint(files)
    assert [(f["filename"], launches(f)) for f in found] == [
        ("a/common.py", [("a/launch.py", 2, "1")]),
        ("b/common.py", [("a/launch.py", 2, "1")]),
    ]
    edited = {edit["filename"].partition("project/")[2] for edit in found[0]["fix"]["edits"]}
    assert edited == set(files)
    files["b/common.py"] = KERNEL.replace("(p, 1)", "(p, n)")
    [found_alone] = lint(files)
    assert found_alone["fix"] is None or "Remove" not in found_alone["fix"]["message"]


def test_a_kernel_in_a_class(lint: Lint) -> None:
    (finding,) = lint(
        {
            "a.py": """
            import triton

            class Op:
                @staticmethod
                @triton.jit
                def kernel(p, n):
                    print(p)

                def forward(self, x):
                    self.kernel[(1,)](x, x.shape[0])
                    Op.kernel[(1,)](x, x.shape[1])
            """,
            "b.py": "from a import Op\nOp.kernel[g](p, 3)\n",
        }
    )
    assert [argument for _, _, argument in launches(finding)] == ["x.shape[0]", "x.shape[1]", "3"]


def test_a_kernel_in_a_function_is_launched_there(lint: Lint) -> None:
    [finding] = lint(
        {
            "a.py": """
            import triton

            def make(p):
                @triton.jit
                def kernel(p, n):
                    print(p)

                kernel[(1,)](p, 4)
            """
        }
    )
    assert finding["code"] == "TRL001"
    assert launches(finding) == [("a.py", 8, "4")]


def test_two_definitions_of_one_name_are_both_launched(lint: Lint) -> None:
    source = """
    import triton

    if triton.__version__ > "3":
        @triton.jit
        def kernel(p, n):
            print(p)
    else:
        @triton.jit
        def kernel(p, n):
            print(p, 2)

    kernel[(1,)](p, 4)
    """
    found = lint({"a.py": source})
    assert [(f["location"]["row"], launches(f)) for f in found] == [
        (5, [("a.py", 12, "4")]),
        (9, [("a.py", 12, "4")]),
    ]


def test_unpacked_arguments_are_named_as_what_may_carry_the_value(lint: Lint) -> None:
    source = f"{KERNEL}\nkernel[g](*a)\nkernel[g](p, **k)\nkernel[g](p)\n"
    finding, misfit = lint({"a.py": source})
    assert (finding["code"], misfit["code"]) == ("TRL001", "TRL903")
    assert [argument for _, _, argument in launches(finding)] == ["*a", "**k", None]


# -- helpers -------------------------------------------------------------------------------

HELPERS = {
    "a.py": """
    import triton
    import triton.language as tl
    from helpers import outer

    @triton.jit
    def kernel(p, n, m):
        outer(p, n, m)

    kernel[(1,)](p, 1, 2)
    """,
    "helpers.py": """
    import triton
    import triton.language as tl
    from inner import inner as deep

    @triton.jit
    def outer(p, n, m):
        deep(p, b=n, a=m)
    """,
    "inner.py": """
    import triton
    import triton.language as tl

    @triton.jit
    def inner(p, a, b):
        tl.store(p, a)
    """,
}


def named(found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(f["code"], f["kernel"], f["parameter"]) for f in found]


def test_helpers_are_followed_to_the_end_and_not_found_themselves(lint: Lint) -> None:
    found = lint(HELPERS)
    assert named(found) == [("TRL004", "kernel", "n")]
    assert "`outer` and `inner`" in found[0]["message"]


def kernel_and(helper: str, call: str = "helper(p, n)") -> str:
    return (
        "import triton\nimport triton.language as tl\n\n\n"
        f"{helper}\n\n\n@triton.jit\ndef kernel(p, n):\n    {call}\n    tl.store(p, 1)\n\n\n"
        "kernel[(1,)](p, 1)\n"
    )


DEAD = "@triton.jit\ndef helper(p, n):\n    tl.store(p, 0)"
READING = "@triton.jit\ndef helper(p, n):\n    tl.store(p, n)"

FORWARDED = {
    "dead": (DEAD, "helper(p, n)"),
    "overwritten": (
        "@triton.jit\ndef helper(p, n):\n    n = 1\n    tl.store(p, n)",
        "helper(p, n)",
    ),
    "result": ("@triton.jit\ndef helper(p, n):\n    return p", "x = helper(p, n)"),
    "arithmetic": (DEAD, "helper(p, n * 2 + 1)"),
    "alias": (f"{DEAD}\n\n\nh = helper", "h(p, n)"),
    "itself": (
        "@triton.jit\ndef helper(p, n):\n    if p:\n        helper(p, n)",
        "helper(p, n)",
    ),
    "each other": (
        "@triton.jit\ndef helper(p, n):\n    second(n, p)\n\n\n"
        "@triton.jit\ndef second(n, p):\n    helper(p, n)",
        "helper(p, n)",
    ),
    "two helpers": (f"{DEAD}\n\n\n{DEAD.replace('helper', 'second')}", "helper(p, second(p, n))"),
    "two definitions": (
        f"if X:\n    {DEAD.replace(chr(10), chr(10) + '    ')}\nelse:\n    "
        f"{DEAD.replace(chr(10), chr(10) + '    ')}",
        "helper(p, n)",
    ),
}


@pytest.mark.parametrize(("helper", "call"), FORWARDED.values(), ids=FORWARDED)
def test_only_goes_to_helpers_that_never_read_it(lint: Lint, helper: str, call: str) -> None:
    assert named(lint({"a.py": kernel_and(helper, call)})) == [("TRL004", "kernel", "n")]


def indented(text: str) -> str:
    return text.replace("\n", "\n    ")


READ = {
    "a reading helper": (READING, "helper(p, n)"),
    "its other parameter": (DEAD, "helper(n, p)"),
    "by keyword": (DEAD, "helper(n=p, p=n)"),
    "an unknown function": ("from elsewhere import helper", "helper(p, n)"),
    "a function that is no kernel": ("def helper(p, n):\n    pass", "helper(p, n)"),
    "too many arguments": (DEAD, "helper(p, 1, n)"),
    "an unknown keyword": (DEAD, "helper(p, x=n)"),
    "*args": ("@triton.jit\ndef helper(p, *n):\n    tl.store(p, 0)", "helper(p, n)"),
    "a parameter of that name": (DEAD, "p(n)"),
    "a local of that name": (DEAD, "helper = p\n    helper(p, n)"),
    "one of two reads": (
        f"if X:\n    {indented(DEAD)}\nelse:\n    {indented(READING)}",
        "helper(p, n)",
    ),
    # A stand-in for older releases must not speak for Triton's own function.
    "Triton's own, or a stand-in": (
        f"if hasattr(tl, 'gather'):\n    helper = tl.gather\nelse:\n    {indented(DEAD)}",
        "helper(p, n)",
    ),
    "imported, or a stand-in": (
        f"try:\n    from triton.language import helper\nexcept E:\n    {indented(DEAD)}",
        "helper(p, n)",
    ),
    "no kernel, or a stand-in": (
        f"if X:\n    def helper(p, n):\n        pass\nelse:\n    {indented(DEAD)}",
        "helper(p, n)",
    ),
}


@pytest.mark.parametrize(("helper", "call"), READ.values(), ids=READ)
def test_may_be_read(lint: Lint, helper: str, call: str) -> None:
    assert [f for f in lint({"a.py": kernel_and(helper, call)}) if f["kernel"] == "kernel"] == []


def test_a_helper_reads_what_has_replaced_it(lint: Lint) -> None:
    source = kernel_and(READING, "n = p\n    helper(p, n)")
    assert named(lint({"a.py": source})) == [("TRL002", "kernel", "n")]


@pytest.mark.parametrize("imported", ["from ops import helper", "from ops import *"])
def test_a_stand_in_is_one_through_imports_too(lint: Lint, imported: str) -> None:
    ops = f"""\
import triton
import triton.language as tl

if hasattr(triton.language, "make_tensor_descriptor"):
    helper = triton.language.make_tensor_descriptor
else:
    {indented(DEAD)}
"""
    assert lint({"ops.py": ops, "a.py": kernel_and(imported)}) == []


def test_a_method_call_passes_the_object_first(lint: Lint) -> None:
    source = """
    import triton
    import triton.language as tl

    class State:
        @triton.jit
        def read(self, n):
            tl.static_assert(n > 0)

        @triton.jit
        def step(self, n):
            self.read(n)
    """
    assert [f for f in lint({"a.py": source}) if f["parameter"] == "n"] == []


AGGREGATE = """
import triton
import triton.language as tl
from triton.language.core import _aggregate as aggregate


@aggregate
class Ring:
    base: tl.tensor

    @triton.jit
    def release(self, index):
        tl.debug_barrier()


@triton.jit
def kernel(p, n):
    ring = Ring(p)
    tl.store(p, n)
    {call}
"""


@pytest.mark.parametrize("call", ["ring.release(0)", "ring.inner.release(n)", "pass"])
def test_a_method_of_an_aggregate_is_a_helper(lint: Lint, call: str) -> None:
    assert lint({"a.py": AGGREGATE.format(call=call)}) == []


def test_what_only_kernels_call_is_a_helper(lint: Lint) -> None:
    assert named(lint({"a.py": kernel_and(DEAD, "helper(p, 1)\n    tl.store(p, n)")})) == []


def test_a_helper_that_is_launched_as_well_is_a_kernel(lint: Lint) -> None:
    source = kernel_and(DEAD, "helper(p, 1)\n    tl.store(p, n)") + "helper[(1,)](p, 5)\n"
    assert named(lint({"a.py": source})) == [("TRL001", "helper", "n")]


def test_what_returns_a_value_is_never_launched(lint: Lint) -> None:
    source = "import triton\n@triton.jit\ndef combine(a, b):\n    return a\n"
    assert lint({"a.py": source}) == []


# -- a file alone, and with its tree -------------------------------------------------------


def test_a_helper_that_returns_a_value_stays_one_where_a_launch_is_met(lint: Lint) -> None:
    files = {
        "a.py": "import triton\n@triton.jit\ndef helper(p, n):\n    return p\n",
        "b.py": "import triton\nfrom a import helper\n@triton.jit\ndef kernel(p, n):\n"
        "    p.store(helper(p, n))\nkernel[(1,)](x, 1)\n",
        "c.py": "from a import helper\nhelper[(1,)](x, 1)\n",
    }
    assert named(lint(files)) == [("TRL004", "kernel", "n")]
    assert lint(files, Path("a.py")) == []


TREE = {
    **PACKAGE,
    **HELPERS,
    "pkg/ops/launch.py": "from . import kernels\nkernels.kernel[g](p, 7)\n",
}


@pytest.mark.parametrize("named_path", ["a.py", "pkg/ops/kernels.py", "helpers.py", "pkg"])
def test_findings_of_a_file_do_not_depend_on_what_else_is_named(
    lint: Lint, named_path: str
) -> None:
    whole = lint(TREE)
    assert len(whole) == 2
    alone = lint(TREE, Path(named_path))
    assert alone == [f for f in whole if Path(f["filename"]).is_relative_to(named_path)]


def test_star_imports_in_a_circle_end(lint: Lint) -> None:
    modules = [f"m{i}" for i in range(14)]
    stars = "".join(f"from {name} import *\n" for name in modules)
    files = {f"{name}.py": f"# triton\n{stars}kernel[g](p, n)\n" for name in modules}
    found = lint({**files, "m0.py": stars + KERNEL})
    assert len(launches(found[0])) == 13


def test_a_long_chain_of_re_exports_is_followed(lint: Lint) -> None:
    files = {f"m{i}.py": f"# triton\nfrom m{i - 1} import kernel\n" for i in range(1, 60)}
    files["m59.py"] += "kernel[g](p, 1)\n"
    (finding,) = lint({"m0.py": KERNEL, **files})
    assert launches(finding) == [("m59.py", 3, "1")]


def test_files_that_import_everything_from_each_other(lint: Lint) -> None:
    """Each file of the circle has what one of them has, and so has a file that imports it."""
    launch = "kernel[g](p, 1)\nother[g](p, 1)\n"
    files = {
        f"m{i}.py": f"from m{(i + 1) % 9} import *\nfrom m{i // 2} import *\n" for i in range(9)
    }
    every = lint(
        {
            **files,
            "m3.py": f"from m4 import *\n{KERNEL}",
            "m7.py": f"from m8 import *\n{KERNEL.replace('kernel', 'other')}",
            "z.py": f"from m5 import *\n{launch}",
            "y.py": f"from m0 import *\n{launch}",
        }
    )
    launches = [(f["kernel"], [site["filename"] for site in f["launches"]]) for f in every]
    assert launches == [
        ("kernel", ["y.py", "z.py"]),
        ("other", ["y.py", "z.py"]),
    ]

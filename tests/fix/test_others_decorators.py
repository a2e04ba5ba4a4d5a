"""Kernels below decorators that are not Triton's: known, named in settings, or unknown."""

from __future__ import annotations

import re
import textwrap

import pytest

#: What a launch of each kernel loses; `[-...-]` goes.
BODY = """
@triton.jit
def kernel(x, [-n, -]m, BLOCK: tl.constexpr):
    tl.store(x, m + BLOCK)


def launch(x, n, m):
    kernel[(1,)](x, [-n, -]m{block})
"""
PASSED = ", BLOCK=16"
CONFIGS = 'configs=[triton.Config({"BLOCK": 16}), triton.Config({"BLOCK": 32})]'

#: The import of a decorator, the decorators, and what a launch passes beside the arguments.
KNOWN = {
    "libentry": ("from flag_gems.utils import libentry", "@libentry()", PASSED),
    "libentry from its module": (
        "from flag_gems.utils.libentry import libentry as entry",
        "@entry()",
        PASSED,
    ),
    "libentry by its whole name": ("import flag_gems", "@flag_gems.utils.libentry()", PASSED),
    "libentry in a variable": (
        "from flag_gems.utils import libentry\n\nentry = libentry",
        "@entry()",
        PASSED,
    ),
    "libentry imported in a try": (
        "try:\n    from flag_gems.utils import libentry\nexcept ImportError:\n    pass",
        "@libentry()",
        PASSED,
    ),
    "libtuner": (
        "from flag_gems.utils import libtuner",
        f'@libtuner({CONFIGS}, key=["m"])',
        "",
    ),
    "libtuner with a strategy for another key": (
        "from flag_gems.utils import libtuner",
        f'@libtuner({CONFIGS}, key=["m"], strategy=["log"], policy="default")',
        "",
    ),
    "libentry above a libtuner": (
        "from flag_gems.utils import libentry, libtuner",
        f'@libentry()\n@libtuner({CONFIGS}, key=["BLOCK"])',
        "",
    ),
    "fla_cache_autotune": (
        "from fla.ops.utils.cache import fla_cache_autotune",
        f'@fla_cache_autotune({CONFIGS}, key=["m"])',
        "",
    ),
}


def source(imports: str, decorators: str, block: str) -> str:
    return (
        f"import triton\nimport triton.language as tl\n{imports}\n\n\n{decorators}"
        + BODY.format(block=block).replace("\n@triton", "\n@triton", 1)
    )


@pytest.mark.parametrize(("imports", "decorators", "block"), KNOWN.values(), ids=KNOWN)
def test_below_a_known_decorator_it_is_removed(fix_whole, imports, decorators, block):
    assert fix_whole({"kernels.py": source(imports, decorators, block)})


#: Trees whose decorator has the name of a library's decorator, and is another one.
IMPOSTORS = {
    "of another module": {"kernels.py": "from mylib.utils import libentry"},
    "of the file itself": {"kernels.py": "def libentry():\n    return Wrapper"},
    "perhaps of another module": {
        "kernels.py": "try:\n    from flag_gems.utils import libentry\n"
        "except ImportError:\n    from mylib import libentry"
    },
    "perhaps of the file itself": {
        "kernels.py": "try:\n    from flag_gems.utils import libentry\n"
        "except ImportError:\n    def libentry():\n        return Wrapper"
    },
    "of the tree, behind the library's name": {
        "kernels.py": "from flag_gems.utils import libentry",
        "flag_gems/__init__.py": "",
        "flag_gems/utils/__init__.py": "from mylib.entries import libentry",
        "mylib/__init__.py": "",
        "mylib/entries.py": "def libentry():\n    return Wrapper",
    },
    "of the package itself": {
        "kernels.py": "from flag_gems.utils import libentry",
        "flag_gems/__init__.py": "",
        "flag_gems/utils/__init__.py": "def libentry():\n    return Wrapper",
    },
    "of a module that makes it later": {
        "kernels.py": "from flag_gems.utils.libentry import libentry",
        "flag_gems/__init__.py": "",
        "flag_gems/utils/__init__.py": "",
        "flag_gems/utils/libentry.py": "libentry = make()",
    },
    "of modules that import it from each other": {
        "kernels.py": "from flag_gems.utils import libentry",
        "flag_gems/__init__.py": "",
        "flag_gems/utils/__init__.py": "from mylib.one import libentry",
        "mylib/__init__.py": "",
        "mylib/one.py": "from mylib.two import libentry",
        "mylib/two.py": "from mylib.one import libentry",
    },
    "of a module beside it": {
        "kernels.py": "from .utils import libentry",
        "__init__.py": "",
        "utils.py": "def libentry():\n    return Wrapper",
    },
    "of a copy in another package": {
        "kernels.py": "from mine.flag_gems.utils.libentry import libentry",
        "mine/__init__.py": "",
        "mine/flag_gems/__init__.py": "",
        "mine/flag_gems/utils/__init__.py": "",
        "mine/flag_gems/utils/libentry.py": "def libentry():\n    return Wrapper",
    },
}


@pytest.mark.parametrize("files", IMPOSTORS.values(), ids=IMPOSTORS)
def test_a_decorator_that_only_has_the_name_is_not_trusted(fix_whole, files):
    files = {**files, "kernels.py": source(files["kernels.py"], "@libentry()", PASSED)}
    assert not fix_whole(files)
    assert fix_whole(files, "--unsafe-fixes")


#: Where the kernel's file and the definition are in the tree.
AT_HOME = {
    "by its whole name": ("from flag_gems.utils import libentry", "flag_gems/ops/kernels.py"),
    "from its module": ("from flag_gems.utils.libentry import libentry", "tests/kernels.py"),
    "relatively": ("from ..utils import libentry", "flag_gems/ops/kernels.py"),
    "relatively, from its module": (
        "from ..utils.libentry import libentry",
        "flag_gems/ops/kernels.py",
    ),
    "beside it": ("from .libentry import libentry", "flag_gems/utils/kernels.py"),
    "from the package that hands it on": ("from . import libentry", "flag_gems/utils/kernels.py"),
}


@pytest.mark.parametrize(("imports", "file"), AT_HOME.values(), ids=AT_HOME)
@pytest.mark.parametrize("root", ["", "src/"])
def test_in_the_library_itself_it_is_followed_to_its_definition(fix_whole, imports, file, root):
    assert fix_whole(
        {
            root + file: source(imports, "@libentry()", PASSED),
            f"{root}flag_gems/__init__.py": "",
            f"{root}flag_gems/ops/__init__.py": "",
            f"{root}flag_gems/utils/__init__.py": "from .libentry import *\n",
            f"{root}flag_gems/utils/libentry.py": "import triton\n\n\ndef libentry():\n    ...\n",
        }
    )


def test_a_named_file_is_enough_to_follow_it(write, tritonlint):
    code = source("from flag_gems.utils import libentry", "@libentry()", PASSED)
    root = write(
        {
            "flag_gems/__init__.py": "",
            "flag_gems/ops.py": code.replace("[-", "").replace("-]", ""),
            "flag_gems/utils/__init__.py": "from flag_gems.utils.entries import libentry\n",
            "flag_gems/utils/entries.py": "def libentry():\n    ...\n",
        }
    )
    form = ("--no-cache", "--output-format", "json")
    for path in (root, root / "flag_gems/ops.py"):
        [found] = tritonlint(*form, path).findings
        assert found["fix"]["applicability"] == "unsafe"


#: Decorators that are not known, and the setting that makes the fix below them safe.
UNKNOWN = {
    "called": ("from mylib import counted", "@counted(3)", "transparent", "mylib.counted"),
    "not called": ("from mylib import counted", "@counted", "transparent", "mylib.counted"),
    "of a module": ("import mylib.tools", "@mylib.tools.counted", "transparent", None),
    "of the file": ("def counted(f):\n    return f", "@counted", "transparent", "counted"),
    "relative": ("from .tools import counted", "@counted", "transparent", "tools.counted"),
    "like autotune": (
        "from mylib import tuned",
        f'@tuned({CONFIGS}, key=["m"])',
        "autotune",
        "mylib.tuned",
    ),
    "like autotune by its name alone": (
        "from mylib import my_autotune",
        f'@my_autotune({CONFIGS.removeprefix("configs=")}, key=["m"])',
        "autotune",
        "mylib.my_autotune",
    ),
}


@pytest.mark.parametrize(("imports", "decorator", "kind", "name"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_unknown_is_said_with_its_setting(
    write, tritonlint, fix_whole, imports, decorator, kind, name
):
    code = source(imports, decorator, "" if kind == "autotune" else PASSED)
    name = name or decorator.removeprefix("@")
    plain = code.replace("[-", "").replace("-]", "")
    root = write({"kernels.py": plain})
    [found] = tritonlint("--no-cache", "--output-format", "json", root).findings
    assert found["fix"]["applicability"] == "unsafe"
    assert f"is not known: name `{name}` in `{kind}-decorators` if it " in found["fix"]["message"]
    assert not fix_whole({"kernels.py": code})
    settings = {"tritonlint.toml": f'{kind}-decorators = ["{name}"]\n'}
    assert fix_whole({"kernels.py": code, **settings})


def test_a_transparent_decorator_that_is_told_the_name_blocks(fix_whole):
    code = source("from mylib import counted", '@counted("n")', PASSED)
    settings = {"tritonlint.toml": 'transparent-decorators = ["mylib.counted"]\n'}
    assert not fix_whole({"kernels.py": code, **settings}, "--unsafe-fixes")


@pytest.mark.parametrize("decorator", ["libtuner", "fla_cache_autotune", "tuned"])
def test_the_lists_of_an_autotune_decorator_lose_the_name(fix_whole, decorator):
    modules = {"libtuner": "flag_gems.utils", "fla_cache_autotune": "fla.ops.utils.cache"}
    imports = f"from {modules.get(decorator, 'mylib')} import {decorator}"
    code = source(imports, f'@{decorator}({CONFIGS}, key=[[-"n", -]"m"])', "")
    settings = {"tritonlint.toml": 'autotune-decorators = ["mylib.tuned"]\n'}
    # The kernel is tuned less often, which a person has to want.
    assert not fix_whole({"kernels.py": code, **settings})
    assert fix_whole({"kernels.py": code, **settings}, "--unsafe-fixes")


#: Options next to a key that has to lose an entry, or options that may see the arguments.
KEPT = {
    "a strategy for each of the key": (
        "from flag_gems.utils import libtuner",
        f'@libtuner({CONFIGS}, key=["n", "m"], strategy=["log", "align32"])',
        "`strategy` of `@libtuner` may go with its `key`",
    ),
    "an option that Triton does not have": (
        "from mylib import tuned",
        f'@tuned({CONFIGS}, key=["n", "m"], rounding=[16, 32])',
        "`rounding` of `@tuned` may go with its `key`",
    ),
}


@pytest.mark.parametrize(("imports", "decorator", "reason"), KEPT.values(), ids=KEPT)
def test_an_option_that_goes_with_the_key_blocks(lint, imports, decorator, reason):
    code = source(imports, decorator, "").replace("[-", "").replace("-]", "")
    settings = {"tritonlint.toml": 'autotune-decorators = ["mylib.tuned"]\n'}
    found = lint({"kernels.py": code, **settings}, "--fix-strategy", "remove-only")
    [blocked] = [finding["fix_blocked_by"] for finding in found]
    assert blocked == reason


@pytest.mark.parametrize(
    ("options", "is_removed"),
    [
        ("more = {'cache_results': True}", True),
        ("more = {'cache_results': True} if find() else {}", True),
        ("def hook(args, **rest):\n    args['n']\n\n\nmore = {'pre_hook': hook}", False),
        ("more = {'do_bench': timed}", True),
    ],
)
def test_what_is_unpacked_may_have_a_hook_but_nothing_for_each_of_the_key(
    fix_whole, options, is_removed
):
    imports = "from fla.ops.utils.cache import fla_cache_autotune\nfrom env import more"
    code = source(imports, f'@fla_cache_autotune({CONFIGS}, key=[[-"n", -]"m"], **more)', "")
    files = {"kernels.py": code, "env.py": f"{options}\n"}
    assert bool(fix_whole(files, "--unsafe-fixes")) == is_removed


def test_an_unknown_name_of_a_key_with_such_an_option_stays(lint):
    above = f'@libtuner({CONFIGS}, key=["m", "gone"], strategy=["log", "log"])\n@triton.jit'
    code = LIBENTRY.format(above=above, passed="")
    [found] = lint({"kernels.py": code}, "--select", "TRL201")
    assert found["fix_blocked_by"] == "`strategy` of the decorator may go with its `key`"


LIBENTRY = """
import triton
import triton.language as tl
from flag_gems.utils import libentry, libtuner


{above}
def kernel(x, n, m, k, BLOCK: tl.constexpr):
    tl.store(x + k, m + BLOCK)


def launch(x, n, y, w):
    m = y.shape[0]
    k = x.stride(0)
    kernel[(1,)](x, y.shape[1], m, k{passed})
"""

#: Code that depends on something outside the key of `libentry`, and what the report says.
NOT_TOLD_APART = {
    "a heuristic of an unspecialized number": (
        '@libentry()\n@triton.heuristics({"BLOCK": lambda args: args["m"]})\n'
        '@triton.jit(do_not_specialize=["m"])',
        "",
        "`m`, in `do_not_specialize`, is looked up at kernels.py:7",
    ),
    "a heuristic of a tensor": (
        '@libentry()\n@triton.heuristics({"BLOCK": lambda args: args["x"].numel()})\n@triton.jit',
        "",
        "`x`, which may be a tensor, is looked up at kernels.py:7",
    ),
    "a key of an unspecialized number": (
        f'@libentry()\n@libtuner({CONFIGS}, key=["m"])\n@triton.jit(do_not_specialize=["m"])',
        "",
        "`m`, in `do_not_specialize`, is looked up in an autotune key",
    ),
    "the first of two, in the order of their names": (
        f'@libentry()\n@libtuner({CONFIGS}, key=["x", "m"])\n@triton.jit(do_not_specialize=["m"])',
        "",
        "`m`, in `do_not_specialize`, is looked up in an autotune key",
    ),
    "an option": (
        "@libentry()\n@triton.jit",
        ", BLOCK=16, num_warps=w",
        "`num_warps` is an option of the launch",
    ),
    "an option that is unpacked": (
        "@libentry()\n@triton.jit",
        ', **{"BLOCK": 16, "num_warps": 4}',
        '`**{"BLOCK": 16, "num_warps": 4}` may hold options of the launch',
    ),
    "options that are not seen": (
        "@libentry()\n@triton.jit",
        ", BLOCK=16, **w",
        "`**w` may hold options of the launch",
    ),
    "a policy": (
        f'@libentry()\n@libtuner({CONFIGS}, key=["m"], policy="mine")\n@triton.jit',
        "",
        "`policy` of the decorator is not followed at kernels.py:7",
    ),
}


@pytest.mark.parametrize(("above", "passed", "reason"), NOT_TOLD_APART.values(), ids=NOT_TOLD_APART)
def test_what_libentry_does_not_tell_apart_is_for_a_person(lint, above, passed, reason):
    code = LIBENTRY.format(above=above, passed=passed)
    [found] = lint({"kernels.py": code}, "--select", "TRL001")
    assert found["fix"]["applicability"] == "unsafe"
    assert reason in re.sub(r"\S+/kernels\.py", "kernels.py", found["fix"]["message"])


@pytest.mark.parametrize(
    "above",
    [
        '@libentry()\n@triton.heuristics({"BLOCK": lambda args: args["m"]})\n@triton.jit',
        f'@libentry()\n@libtuner({CONFIGS}, key=["m", "k"])\n@triton.jit',
        '@libentry()\n@triton.jit(do_not_specialize=["m"])',
    ],
)
def test_what_libentry_tells_apart_is_safe(lint, above):
    passed = ", BLOCK=16" if "BLOCK" not in above else ""
    [found] = lint({"kernels.py": LIBENTRY.format(above=above, passed=passed)}, "--select=TRL001")
    assert found["fix"]["applicability"] == "safe"


def test_nothing_is_unspecialized_where_libentry_keeps_what_follows_it(fix):
    code = """
        import triton
        import triton.language as tl
        from flag_gems.utils import libentry


        @libentry()
        @triton.heuristics({"BLOCK": lambda args: args["n"]})
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)


        def launch(x):
            kernel[(1,)](x, x.shape[0])
        """
    before = textwrap.dedent(code).lstrip("\n")
    assert fix({"kernels.py": before}, "--fix-strategy", "remove")["kernels.py"] == before
    plain = before.replace("@libentry()\n", "")
    fixed = fix({"kernels.py": plain}, "--fix-strategy", "remove")["kernels.py"]
    assert '@triton.jit(do_not_specialize=["n"])' in fixed


def test_a_config_that_a_file_may_name_is_for_a_person(fix_whole):
    code = """
        import triton
        import triton.language as tl
        from fla.ops.utils.cache import fla_cache_autotune


        @fla_cache_autotune(
            configs=[
                triton.Config({"BLOCK": 16[-, "N": 1-]}),
                triton.Config({"BLOCK": 32[-, "N": 1-]}),
            ],
            key=["m"],
        )
        @triton.jit
        def kernel(x, m, BLOCK: tl.constexpr[-, N: tl.constexpr-]):
            tl.store(x, m + BLOCK)


        def launch(x, m):
            kernel[(1,)](x, m)
        """
    assert not fix_whole({"kernels.py": code})
    assert fix_whole({"kernels.py": code}, "--unsafe-fixes")


def test_a_launch_below_libentry_has_to_fit(lint):
    code = source("from flag_gems.utils import libentry", "@libentry()", "")
    [found] = [
        finding
        for finding in lint({"kernels.py": code.replace("[-", "").replace("-]", "")})
        if finding["code"] == "TRL903"
    ]
    assert "it gets no `BLOCK`" in found["message"]


def test_what_prunes_configs_may_return_others(lint):
    code = """
        import triton
        import triton.language as tl


        def prune(configs, arguments, **kwargs):
            return [triton.Config({"BLOCK": c.kwargs["size"]}) for c in configs]


        @triton.autotune(
            configs=[triton.Config({"size": 16})],
            key=["m"],
            prune_configs_by={"early_config_prune": prune},
        )
        @triton.jit
        def kernel(x, m, BLOCK: tl.constexpr):
            tl.store(x, m + BLOCK)


        def launch(x, m):
            kernel[(1,)](x, m)
        """
    assert lint({"kernels.py": code}, "--select", "TRL903") == []


def test_settings_are_part_of_what_is_kept(write, tritonlint, cached_at_once):
    code = source("from mylib import counted", "@counted", PASSED)
    root = write({"kernels.py": code.replace("[-", "").replace("-]", "")})
    form = ("--output-format", "json")
    named = ("--config", 'transparent-decorators = ["mylib.counted"]')
    for options, applicability in (((), "unsafe"), (named, "safe"), ((), "unsafe")):
        [found] = tritonlint(*form, *options, root).findings
        assert found["fix"]["applicability"] == applicability


def test_an_option_of_another_vendors_compiler_is_no_parameter_to_remove(lint):
    code = source("from flag_gems.utils import libentry", "@libentry()", PASSED)
    code = code.replace("[-", "").replace("-]", "")
    assert lint({"kernels.py": code.replace("n, m", "buffer_size_limit, m")}) == []
    assert len(lint({"kernels.py": code})) == 1


#: Options that are computed from arguments that stay: code before the launch, and its arguments.
FOLLOWS = {
    "at the launch": ("", "y.shape[1], m, k, num_warps=4 if m == 1 else 8"),
    "of a variable": ("warps = 4 if m == 1 else 8", "y.shape[1], m, k, num_warps=warps"),
    "of two variables": (
        "half = min(m, 16) // 2\n    warps = max(half, k)",
        "y.shape[1], m, k, num_warps=warps",
    ),
    "of a parameter by its name": ("warps = triton.cdiv(m, 32)", "n, k=k, m=m, num_warps=warps"),
    "of a literal": ("warps = 8", "n, m, k, num_warps=warps"),
    "of several": (
        "warps = -m if m > k and not k else 8",
        "n, m, k, num_warps=warps, num_stages=m + 1",
    ),
    "of two launches": (
        "kernel[(2,)](x, n, m, 7, num_warps=2 * m, BLOCK=16)\n    warps = 2 * m",
        "n, m, k, num_warps=warps",
    ),
}

#: Options that may differ for the same arguments.
FOLLOWS_NOT = {
    "of what is not passed": ("", "n, m, k, num_warps=w"),
    "of what is passed in an expression": ("", "n, m + 1, k, num_warps=m"),
    "of what only a dead parameter gets": ("", "w, m, k, num_warps=w"),
    "of a number that only a dead parameter gets": (
        "size = y.shape[1]",
        "size, m, k, num_warps=2 * size",
    ),
    "of a variable that is assigned twice": (
        "warps = m\n    if w:\n        warps = 8",
        "n, m, k, num_warps=warps",
    ),
    "of an argument that is assigned twice": (
        "warps = 4 if k else 8\n    k = y.shape[1]",
        "n, m, k, num_warps=warps",
    ),
    "of a variable of a loop": (
        "for warps in (4, 8):\n        pass",
        "n, m, k, num_warps=warps",
    ),
    "of a variable that is assigned in a loop": (
        "for _ in y:\n        warps = 2 * m",
        "n, m, k, num_warps=warps",
    ),
    "of an attribute": ("warps = y.warps", "n, m, k, num_warps=warps"),
    "of a function that is not known": ("warps = pick(m)", "n, m, k, num_warps=warps"),
    "of a name of the module": ("", "n, m, k, num_warps=WARPS"),
    "another way at another launch": (
        "kernel[(2,)](x, n, m, k, num_warps=3 * m, BLOCK=16)",
        "n, m, k, num_warps=2 * m",
    ),
    "of another parameter at another launch": (
        "kernel[(2,)](x, n, k, m, num_warps=2 * m, BLOCK=16)",
        "n, m, k, num_warps=2 * m",
    ),
    "at one of two launches": (
        "kernel[(2,)](x, n, m, k, BLOCK=16)",
        "n, m, k, num_warps=4",
    ),
    "at the other of two launches": (
        "kernel[(2,)](x, n, m, k, num_warps=4, BLOCK=16)",
        "n, m, k",
    ),
}


def option_findings(lint, before, passed, jit="@triton.jit"):
    code = LIBENTRY.format(above=f"@libentry()\n{jit}", passed="")
    launch = f"    kernel[(1,)](x, {passed}, BLOCK=16)"
    code = code.replace(
        "    kernel[(1,)](x, y.shape[1], m, k)", f"    {before or 'pass'}\n{launch}"
    )
    return [f["fix"] for f in lint({"kernels.py": code}, "--select", "TRL001")]


@pytest.mark.parametrize(("before", "passed"), FOLLOWS.values(), ids=FOLLOWS)
def test_an_option_that_follows_from_what_stays_is_told_apart(lint, before, passed):
    [fix] = option_findings(lint, before, passed)
    assert fix["applicability"] == "safe"


@pytest.mark.parametrize(("before", "passed"), FOLLOWS_NOT.values(), ids=FOLLOWS_NOT)
def test_an_option_that_follows_from_something_else_is_for_a_person(lint, before, passed):
    [fix] = option_findings(lint, before, passed)
    assert "`num_warps` is an option of the launch" in fix["message"]


def test_an_option_of_an_unspecialized_number_is_for_a_person(lint):
    jit = '@triton.jit(do_not_specialize=["m"])'
    [fix] = option_findings(lint, "", "n, m, k, num_warps=2 * m", jit)
    assert "`num_warps` is an option of the launch" in fix["message"]

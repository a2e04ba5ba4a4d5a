"""Removals that must not happen, each with its reason in words; no file is ever changed."""

from __future__ import annotations

import textwrap

import pytest

IMPORTS = "import triton\nimport triton.language as tl\n\n\n"

KERNEL = """@triton.jit
def kernel(x, n, BLOCK: tl.constexpr = 16):
    tl.store(x, BLOCK)


"""

#: Code beside that kernel, and why its `n` then stays.
BLOCKED = {
    "the code of the function under a tuner": (
        "def names():\n    return kernel.base_fn.__code__.co_varnames\n",
        "`kernel` is asked for its `base_fn` at kernels.py:11",
    ),
    "the function under a tuner": (
        "def names():\n    return inspect.signature(kernel.base_fn)\n",
        "`kernel` is asked for its `base_fn` at kernels.py:11",
    ),
    "*args in front": (
        "def launch(x, n, *args):\n    kernel[(1,)](*args)\n",
        "`*args` at kernels.py:11 may pass this argument",
    ),
    "*args between": (
        "def launch(x, n, *args):\n    kernel[(1,)](x, *args)\n",
        "`*args` at kernels.py:11 may pass this argument",
    ),
    "**kwargs": (
        "def launch(x, **kwargs):\n    kernel[(1,)](x, **kwargs)\n",
        "`**kwargs` at kernels.py:11 may pass this argument",
    ),
    "a dictionary unpacked": (
        'def launch(x, n):\n    kernel[(1,)](**({"x": x} | {"n": n}))\n',
        '`**{"x": x} | {"n": n}` at kernels.py:11 may pass this argument',
    ),
    "stored in a list": (
        "KERNELS = [kernel]\n",
        "`kernel` is stored in a list at kernels.py:10",
    ),
    "stored in a tuple": (
        "KERNELS = (kernel, None)\n",
        "`kernel` is stored in a tuple at kernels.py:10",
    ),
    "stored in a dictionary": (
        'KERNELS = {"first": kernel}\n',
        "`kernel` is stored in a dictionary at kernels.py:10",
    ),
    "stored in a comprehension": (
        "KERNELS = [kernel for _ in range(3)]\n",
        "`kernel` is stored in a container at kernels.py:10",
    ),
    "passed to a function": (
        "def launch(x, n):\n    run(kernel, x, n)\n",
        "`kernel` is passed to `run` at kernels.py:11",
    ),
    "passed by keyword": (
        "def launch(x, n):\n    run(fn=kernel, x=x)\n",
        "`kernel` is passed to `run` at kernels.py:11",
    ),
    "returned": (
        "def choose():\n    return kernel\n",
        "`kernel` is returned at kernels.py:11",
    ),
    "returned with its grid": (
        "def choose():\n    return kernel[(1,)]\n",
        "`kernel` is",
    ),
    "yielded": (
        "def choose():\n    yield kernel\n",
        "`kernel` is returned at kernels.py:11",
    ),
    "kept in an attribute": (
        "class Module:\n    def __init__(self):\n        self.kernel_of_mine = kernel\n",
        "`kernel` is assigned to `self.kernel_of_mine` at kernels.py:12",
    ),
    "kept in an attribute, then launched": (
        "class Module:\n    def __init__(self, x, n):\n        self.k = kernel\n"
        "        self.k[(1,)](x, n)\n",
        "`kernel` is assigned to `self.k` at kernels.py:12",
    ),
    "kept with its grid in an attribute": (
        "class Module:\n    def __init__(self):\n        self.launcher = kernel[(1,)]\n",
        "`kernel` is",
    ),
    "a default value": (
        "def launch(x, n, k=kernel):\n    k[(1,)](x, n)\n",
        "`kernel` is used as a default value at kernels.py:10",
    ),
    "getattr": (
        'def launch(module, x, n):\n    getattr(module, "kernel")[(1,)](x, n)\n',
        "`kernel` is looked up with `getattr` at kernels.py:11",
    ),
    "globals()": (
        'def launch(x, n):\n    globals()["kernel"][(1,)](x, n)\n',
        "`kernel` is looked up in `globals()` at kernels.py:11",
    ),
    "globals().get": (
        'def launch(x, n):\n    globals().get("kernel")[(1,)](x, n)\n',
        "`kernel` is looked up",
    ),
    "names that are listed": (
        "for name in dir():\n    print(name)\n",
        "`kernel` is one of the names that `dir()` lists at kernels.py:10",
    ),
    "vars of a module": (
        'def launch(module, x, n):\n    vars(module)["kernel"][(1,)](x, n)\n',
        "`kernel` is looked up in `vars()` at kernels.py:11",
    ),
    "__dict__ of a module": (
        'def launch(module, x, n):\n    module.__dict__["kernel"][(1,)](x, n)\n',
        "`kernel` is looked up",
    ),
    "operator.attrgetter": (
        'def launch(module, x, n):\n    attrgetter("ops.kernel")(module)[(1,)](x, n)\n',
        "`kernel` is looked up with `attrgetter` at kernels.py:11",
    ),
    "called without a grid": (
        "def launch(x, n):\n    kernel(x, n)\n",
        "`kernel` is called like a plain function at kernels.py:11",
    ),
    "the plain function under it": (
        "def launch(x, n):\n    kernel.fn(x, n)\n",
        "`kernel` is called by the plain function under it at kernels.py:11",
    ),
    "another of its methods": (
        "def launch(x, n):\n    kernel.preload((x, n))\n",
        "`kernel` is asked for its `preload` at kernels.py:11",
    ),
    "a partial over the kernel, without its grid": (
        "def launch(x, n):\n    partial(kernel, x)[(1,)](n)\n",
        "`kernel` is passed to `partial` at kernels.py:11",
    ),
    "a partial over a launch that is returned": (
        "def make(x):\n    return partial(kernel[(1,)], x)\n",
        "`kernel` is returned at kernels.py:11",
    ),
    "a partial over a launch that is passed on": (
        "def launch(x, n):\n    call(partial(kernel[(1,)], x), n)\n",
        "`kernel` is passed to `call` at kernels.py:11",
    ),
    "a partial of a partial": (
        "def launch(x, n):\n    partial(partial(kernel[(1,)], x), n)()\n",
        "`kernel` is passed to `partial` at kernels.py:11",
    ),
    "a partial in a variable that is passed on": (
        "def launch(x, n):\n    go = partial(kernel[(1,)], x)\n    call(go, n)\n",
        "`kernel` is passed to `call` at kernels.py:12",
    ),
    **{
        f"a partial that is asked for its {asked}": (
            f"def launch(x, n):\n    go = partial(kernel[(1,)], x, n=n)\n    {code}\n    go()\n",
            f"`kernel` is asked for its `{asked}` at kernels.py:12",
        )
        for asked, code in {
            "keywords": 'print(go.keywords["n"])',
            "args": "m = go.args",
            "func": "go.func(x, n)",
            "__dict__": "vary(**go.__dict__)",
        }.items()
    },
    "a partial of another name that is asked for its keywords": (
        "def launch(x, n):\n    a = partial(kernel[(1,)], x, n=n)\n    go = a\n"
        "    go.keywords.update(n=1)\n    go()\n",
        "`kernel` is asked for its `keywords` at kernels.py:13",
    ),
    "a method of a launcher": (
        "def launch(x, n):\n    kernel[(1,)].__call__(x, n)\n",
        "`kernel` is called in a way that is not understood at kernels.py:11",
    ),
    "the method of a launcher, passed on": (
        "def launch(x, n):\n    run(kernel[(1,)].__call__, x, n)\n",
        "`kernel` is kept with its grid at kernels.py:11",
    ),
    "its own method, passed on": (
        "def launch(x, n):\n    run(kernel.__call__, x, n)\n",
        "`kernel` is passed to `run` at kernels.py:11",
    ),
    "what a lookup gives that finds nothing": (
        "def launch(table, x, n):\n    table.get(x, kernel)[(1,)](x, n)\n",
        "`kernel` is passed to `get` at kernels.py:11",
    ),
    "a grid in a variable that may be another": (
        "def launch(x, n, other):\n    k = kernel if x else other\n    k[(1,)](x, n)\n",
        "the call at kernels.py:12 may reach other kernels too",
    ),
    "a loop over what may be kernels": (
        "def launch(x, n, other):\n    for k in (kernel, other):\n        k[(1,)](x, n)\n",
        "the call at kernels.py:12 may reach other kernels too",
    ),
    "one of two, and what it returns is kept": (
        "def launch(x, n, c):\n    return (kernel if c else kernel)[(1,)](x, n)\n",
        "`kernel` is launched, and what the launch returns is kept at kernels.py:11",
    ),
    "a call that does not fit": (
        "def launch(x, n):\n    kernel[(1,)](x, n, 1, 2, 3)\n",
        "the call at kernels.py:11 does not fit `kernel`",
    ),
    "an argument that is given twice": (
        "def launch(x, n):\n    kernel[(1,)](x, n, n=n)\n",
        "the call at kernels.py:11 does not fit `kernel`: `n` is given twice",
    ),
    "read by its name in a grid": (
        'def launch(x, n):\n    kernel[lambda META: (META["n"],)](x, n)\n',
        'at kernels.py:11 reads "n"',
    ),
    "read with .get in a grid": (
        'def launch(x, n):\n    kernel[lambda META: (META.get("n", 1),)](x, n)\n',
        'at kernels.py:11 reads "n"',
    ),
    "read in a grid in a variable": (
        'def launch(x, n):\n    grid = lambda META: (META["n"],)\n    kernel[grid](x, n)\n',
        'at kernels.py:11 reads "n"',
    ),
    "read in a grid with a name of its own for the key": (
        'KEY = "n"\n\n\ndef launch(x, n):\n    kernel[lambda META: (META[KEY],)](x, n)\n',
        'at kernels.py:14 reads "n"',
    ),
    "read in a grid function": (
        'def grid(META):\n    return (META["n"],)\n\n\ndef launch(x, n):\n    kernel[grid](x, n)\n',
        'at kernels.py:11 reads "n"',
    ),
    "read in a local grid function": (
        'def launch(x, n):\n    def grid(META):\n        return (META["n"],)\n\n'
        "    kernel[grid](x, n)\n",
        'at kernels.py:12 reads "n"',
    ),
    "read in what a grid function calls": (
        'def cover(META):\n    return META["n"]\n\n\n'
        "def grid(META):\n    return (cover(META),)\n\n\n"
        "def launch(x, n):\n    kernel[grid](x, n)\n",
        'at kernels.py:11 reads "n"',
    ),
    "read in what a grid lambda calls": (
        'def cover(META):\n    return META["n"]\n\n\n'
        "def launch(x, n):\n    kernel[lambda META: (cover(META),)](x, n)\n",
        'at kernels.py:11 reads "n"',
    ),
    "read in a grid that a function makes": (
        'def make():\n    return lambda META: (META["n"],)\n\n\n'
        "def launch(x, n):\n    grid = make()\n    kernel[grid](x, n)\n",
        'at kernels.py:11 reads "n"',
    ),
    "read in a partial grid": (
        'def cover(size, META):\n    return (META["n"],)\n\n\n'
        "def launch(x, n):\n    kernel[partial(cover, 1)](x, n)\n",
        'at kernels.py:11 reads "n"',
    ),
    "read in a method that is the grid": (
        'class Module:\n    def grid(self, META):\n        return (META["n"],)\n\n'
        "    def launch(self, x, n):\n        kernel[self.grid](x, n)\n",
        'at kernels.py:12 reads "n"',
    ),
    "a grid given to .run": (
        'def launch(x, n):\n    kernel.run(x, n, grid=lambda META: (META["n"],), warmup=False)\n',
        'at kernels.py:11 reads "n"',
    ),
    "the `__call__` of a launcher with its grid": (
        'def launch(x, n):\n    go = kernel[lambda META: (META["n"],)].__call__\n    go(x, n)\n',
        'at kernels.py:11 reads "n"',
    ),
    "another kernel that a function inside puts in its place": (
        "def launch(x, n):\n    go = kernel\n\n    def choose():\n        def change():\n"
        "            nonlocal go\n            go = other\n\n        change()\n\n"
        "    choose()\n    go[(1,)](x, n)\n",
        "the call at kernels.py:21 may reach other kernels too",
    ),
    "a launcher with its grid": (
        'def launch(x, n):\n    go = kernel[lambda META: (META["n"],)]\n    go(x, n)\n',
        'at kernels.py:11 reads "n"',
    ),
}


@pytest.fixture
def check_blocked(write, tritonlint):
    """Checks that the finding about `n` has no fix, and why, and that no option changes a file."""

    def check_blocked(files, reason, options=()):
        root = write(files)
        before = {path: path.read_bytes() for path in root.rglob("*.py")}
        common = ("--no-cache", *options, root)
        found = tritonlint("--output-format", "json", *common).findings
        reasons = [f["fix_blocked_by"] for f in found if f["parameter"] == "n"]
        assert reasons, found
        for text in reasons:
            assert text is not None
            assert reason in text.replace(f"{root}/", "")
        for mode in ("--fix", "--diff"):
            tritonlint(mode, *common)
            assert {path: path.read_bytes() for path in root.rglob("*.py")} == before
        assert tritonlint("--diff", *common).out == ""

    return check_blocked


#: A kernel that is private to its class.
PRIVATE = """class Op:
    @triton.jit
    def __kernel(x, n):
        tl.store(x, 0)

    def launch(self, x, n):
        self.__kernel[(1,)](x, n)


"""


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("kernels.py", "Op._Op__kernel[(1,)](1, 2)\n"),
        ("kernels.py", "getattr(Op, '_Op__kernel')[(1,)](1, 2)\n"),
        ("main.py", "from kernels import Op\n\nOp._Op__kernel[(1,)](1, 2)\n"),
    ],
)
def test_a_private_kernel_is_used_by_its_full_name(check_blocked, name, other):
    files = {"kernels.py": IMPORTS + PRIVATE}
    files[name] = files.get(name, "") + other
    check_blocked(files, f"`_Op__kernel`, which is the kernel, is used in {name}")


def test_a_private_kernel_that_only_its_class_uses_is_fixed(fix):
    fixed = fix({"kernels.py": IMPORTS + PRIVATE})
    assert "self.__kernel[(1,)](x)\n" in fixed["kernels.py"]


@pytest.mark.parametrize(("code", "reason"), BLOCKED.values(), ids=BLOCKED)
def test_blocked(check_blocked, code, reason):
    check_blocked({"kernels.py": IMPORTS + KERNEL + code}, reason)


#: Modules in which `n` is dead, and why it stays.
BLOCKED_MODULES = {
    "a heuristic reads it": (
        """
        @triton.heuristics({"EVEN": lambda args: args["n"] % 2 == 0})
        @triton.jit
        def kernel(x, n, EVEN: tl.constexpr):
            tl.store(x, EVEN)
        """,
        'at kernels.py:5 reads "n"',
    ),
    "a heuristic's function reads it": (
        """
        def is_even(args):
            return args.get("n", 2) % 2 == 0


        @triton.heuristics(values={"EVEN": is_even})
        @triton.jit
        def kernel(x, n, EVEN: tl.constexpr):
            tl.store(x, EVEN)
        """,
        'at kernels.py:6 reads "n"',
    ),
    "a heuristic computes the name that it looks up": (
        """
        FIRST, SECOND = names()


        @triton.heuristics({"EVEN": lambda args: args[FIRST + SECOND] % 2 == 0})
        @triton.jit
        def kernel(x, n, EVEN: tl.constexpr):
            tl.store(x, EVEN)
        """,
        "a key of the arguments is computed at kernels.py:8",
    ),
    "what prunes the configs compares all that they set": (
        """
        def prune(configs, named_args, **_):
            return [config for config in configs if config.all_kwargs() != {"BLOCK": 32}]


        @triton.autotune(
            configs=[triton.Config({"BLOCK": 16}), triton.Config({"BLOCK": 32})],
            key=["x"],
            prune_configs_by={"early_config_prune": prune},
        )
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)
        """,
        "the arguments are used as a whole at kernels.py:6",
    ),
    "a lambda in a grid that a function makes": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def grid_of(blocks):
            return lambda meta: blocks(meta)


        def launch(x, n):
            kernel[grid_of(lambda meta: (meta["n"],))](x, n)
        """,
        'a lambda at kernels.py:15 reads "n"',
    ),
    "heuristics in a variable read it": (
        """
        HEURISTICS = {"EVEN": lambda args: args["n"] % 2 == 0}


        @triton.heuristics(HEURISTICS)
        @triton.jit
        def kernel(x, n, EVEN: tl.constexpr):
            tl.store(x, EVEN)
        """,
        "`values` of `@triton.heuristics` is not a list of literals",
    ),
    "heuristics of a name that nothing binds": (
        """
        @triton.heuristics(HEURISTICS)
        @triton.jit
        def kernel(x, n, EVEN: tl.constexpr):
            tl.store(x, EVEN)
        """,
        "`values` of `@triton.heuristics` is not a list of literals",
    ),
    "heuristics that a `with` gives": (
        """
        with heuristics_of("kernel") as HEURISTICS:
            pass


        @triton.heuristics(HEURISTICS)
        @triton.jit
        def kernel(x, n, EVEN: tl.constexpr):
            tl.store(x, EVEN)
        """,
        "`values` of `@triton.heuristics` is not a list of literals",
    ),
    "heuristics that are computed": (
        """
        @triton.heuristics(heuristics_of("kernel"))
        @triton.jit
        def kernel(x, n, EVEN: tl.constexpr):
            tl.store(x, EVEN)
        """,
        "`values` of `@triton.heuristics` is not a list of literals",
    ),
    "prune_configs_by reads it": (
        """
        def prune(configs, named_args, **kwargs):
            return [c for c in configs if c.kwargs["BLOCK"] <= named_args["n"]]


        @triton.autotune(
            configs=[triton.Config({"BLOCK": 16})],
            key=["x"],
            prune_configs_by={"early_config_prune": prune},
        )
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)
        """,
        'at kernels.py:6 reads "n"',
    ),
    "a pre_hook reads it": (
        """
        def hook(args):
            args["x"].zero_() if args["n"] else None


        @triton.autotune(configs=[triton.Config({"BLOCK": 16}, pre_hook=hook)], key=["x"])
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)
        """,
        'at kernels.py:6 reads "n"',
    ),
    "a pre_hook of configs in a variable reads it": (
        """
        def hook(args):
            args["x"].zero_() if args["n"] else None


        if triton.__version__ > "3":
            CONFIGS = [triton.Config({"BLOCK": 16}, pre_hook=hook)]
        else:
            CONFIGS = []


        @triton.autotune(configs=CONFIGS, key=["x"])
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)
        """,
        'at kernels.py:6 reads "n"',
    ),
    "configs that a loop fills feed it": (
        """
        CONFIGS = []
        for block in (16, 32):
            CONFIGS.append(triton.Config({"BLOCK": block, "n": 1}))
            CONFIGS.append(triton.Config(dict(BLOCK=block, n=1)))


        @triton.autotune(configs=CONFIGS, key=["x"])
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)
        """,
        "a config that is not seen may give it its value",
    ),
    "configs from a dictionary in a variable feed it": (
        """
        VALUES = {"BLOCK": 16, "n": 1}


        @triton.autotune(configs=[triton.Config(VALUES)], key=["x"])
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)
        """,
        "a config that is not seen may give it its value",
    ),
    "configs feed another kernel that reads it": (
        """
        CONFIGS = [triton.Config({"BLOCK": 16, "n": 1})]


        @triton.autotune(configs=CONFIGS, key=["x"])
        @triton.jit
        def kernel(x, n: tl.constexpr, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)


        @triton.autotune(configs=CONFIGS, key=["x"])
        @triton.jit
        def reader(x, n: tl.constexpr, BLOCK: tl.constexpr):
            tl.store(x, BLOCK + n)
        """,
        "`reader`, which has the same configs, reads its `n`",
    ),
    "configs feed another kernel that does not have it": (
        """
        CONFIGS = [triton.Config({"BLOCK": 16, "n": 1})]


        @triton.autotune(configs=CONFIGS, key=["x"])
        @triton.jit
        def kernel(x, n: tl.constexpr, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)


        @triton.autotune(configs=CONFIGS, key=["x"])
        @triton.jit
        def other(x, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)
        """,
        "a config at kernels.py:5 also feeds `other`",
    ),
    "a key that is no list of literals": (
        """
        KEY = ["x", "n"]


        @triton.autotune(configs=[triton.Config({"BLOCK": 16})], key=KEY)
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)
        """,
        "`key` of `@triton.autotune` is not a list of literals",
    ),
    "do_not_specialize that is no list of literals": (
        """
        NAMES = ["n"]


        @triton.jit(do_not_specialize=NAMES)
        def kernel(x, n):
            tl.store(x, 0)
        """,
        "`do_not_specialize` of `@triton.jit` is not a list of literals",
    ),
    "another kernel behind the same variable reads it": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        @triton.jit
        def reader(x, n):
            tl.store(x, n)


        def launch(x, n):
            k = kernel if x is None else reader
            k[(1,)](x, n)
        """,
        "`reader`, which is called in the same place, reads its `n`",
    ),
    "another kernel behind the same variable binds it otherwise": (
        """
        @triton.jit
        def kernel(x, n, m):
            tl.store(x, m)


        @triton.jit
        def other(x, m, n):
            tl.store(x, m)


        def launch(x, n, m):
            k = kernel if x is None else other
            k[(1,)](x, n, m)
        """,
        "reads its `m`",
    ),
    "two definitions that disagree": (
        """
        if triton.__version__ > "3":
            @triton.jit
            def kernel(x, n):
                tl.store(x, 0)
        else:
            @triton.jit
            def kernel(x, y, n):
                tl.store(x, y)
        """,
        "`kernel` is defined twice, in different ways",
    ),
    "one of two definitions reads it": (
        """
        if triton.__version__ > "3":
            @triton.jit
            def kernel(x, n):
                tl.store(x, 0)
        else:
            @triton.jit
            def kernel(x, n):
                tl.store(x, n)
        """,
        "`kernel`, which has the same name, reads its `n`",
    ),
    "code that is never reached mentions it": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)
            return
            tl.store(x, n)
        """,
        "code that is never reached still mentions it",
    ),
    "the body deletes it": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)
            try:
                del n
            finally:
                pass
        """,
        "the body deletes it (`del n`)",
    ),
    "a kernel that takes *args": (
        """
        @triton.jit
        def kernel(x, n, *rest):
            tl.store(x, 0)
        """,
        "`kernel` takes *args or **kwargs",
    ),
    "a kernel that takes **kwargs": (
        """
        @triton.jit
        def kernel(x, n, **rest):
            tl.store(x, 0)
        """,
        "`kernel` takes *args or **kwargs",
    ),
    "a helper that is handed on as a value": (
        """
        @triton.jit
        def combine(a, b, n):
            return a + b


        @triton.jit
        def kernel(x, n):
            tl.store(x, combine(x, x, n) + tl.reduce(x, 0, combine))


        def launch(x, n):
            kernel[(1,)](x, n)
        """,
        "`combine` is passed to `tl.reduce` at kernels.py:12",
    ),
    "two calls that make a kernel of one function": (
        """
        def _kernel(x, n):
            tl.store(x, 0)


        kernel = triton.jit(_kernel)
        quiet = triton.jit(_kernel, debug=False)
        """,
        "more than one call makes a kernel of `_kernel`",
    ),
    "a grid makes up a key that may be its name": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(x, n, end):
            kernel[lambda META: (META[f"n{end}"],)](x, n)
        """,
        'a key like "n*" is a subscript at kernels.py:11',
    ),
    "a launch that does not pass it": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(x):
            kernel[(1,)](x)
        """,
        "the call at kernels.py:11 does not fit `kernel`: it gets no `n`",
    ),
    "a launch that does not pass it, under a decorator that is not known": (
        """
        @counted
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(x):
            kernel[(1,)](x)
        """,
        "the call at kernels.py:12 does not pass it, and it has no default",
    ),
    "a launch that does not pass it, where a config that is not seen may": (
        """
        CONFIGS = []
        for block in (16, 32):
            CONFIGS.append(triton.Config({"BLOCK": block, "n": 1}))


        @triton.autotune(configs=CONFIGS, key=["x"])
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)


        def launch(x):
            kernel[(1,)](x)
        """,
        "the code that sets it at kernels.py:17 is not seen",
    ),
    "a list of tensors that is not seen, and it may be a tensor": (
        """
        TENSORS = ["x", OTHER]


        @triton.autotune(configs=[triton.Config({"BLOCK": 16})], key=["x"], restore_value=TENSORS)
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)


        def launch(x, n):
            kernel[(1,)](x, n)
        """,
        "`restore_value` of `@triton.autotune` is not a list of literals",
    ),
}


@pytest.mark.parametrize(("code", "reason"), BLOCKED_MODULES.values(), ids=BLOCKED_MODULES)
def test_blocked_modules(check_blocked, code, reason):
    source = IMPORTS + textwrap.dedent(code).lstrip("\n")
    check_blocked({"kernels.py": source}, reason, ("--select", "ALL"))


#: Code that looks like one of these obstacles and is none: `n` is removed.
NO_OBSTACLE = {
    "left out, with a default": """
        @triton.jit
        def kernel(x, n=1):
            tl.store(x, 0)


        def launch(x):
            kernel[(1,)](x)
        """,
    "left out, with a default, and all configs are seen": """
        @triton.autotune(configs=[triton.Config({"BLOCK": 16})], key=["x"])
        @triton.jit
        def kernel(x, BLOCK: tl.constexpr, n=1):
            tl.store(x, BLOCK)


        def launch(x):
            kernel[(1,)](x)
        """,
    "left out by a partial, and passed by what calls it": """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(x, n):
            go = partial(kernel[(1,)], x)
            go(n)
        """,
    "given to a partial, where another object has args": """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(x, n, y):
            go = partial(kernel[(1,)], n=n)
            print(y.args, y.keywords["n"], go.__doc__)
            go(x)
        """,
    "given to a partial, and left out by what calls it": """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(x, n):
            go = partial(kernel[(1,)], n=n)
            go(x)
        """,
    "passed, where configs that are not seen feed another": """
        CONFIGS = []
        for block in (16, 32):
            CONFIGS.append(triton.Config({"BLOCK": block}))


        @triton.autotune(configs=CONFIGS, key=["x"])
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)


        def launch(x, n):
            kernel[(1,)](x, n)
        """,
    "a function of the language that has the kernel's name": """
        from elsewhere import tl


        @triton.jit
        def gather(x, n):
            tl.store(x, 0)


        @triton.jit
        def other(x, m):
            tl.store(x, tl.gather(x, m))


        def launch(x, n, m):
            gather[(1,)](x, n)
            other[(1,)](x, m)
        """,
    "a call far from the kernel names an earlier parameter by its place": """
        def _kernel(x, n):
            tl.store(x, 0)


        kernel = triton.jit(_kernel, do_not_specialize=[0])


        def launch(x, n):
            kernel[(1,)](x, n)
        """,
} | {
    f"a list of tensors that is not seen, and it is {what}": f"""
        TENSORS = ["x"]


        @triton.autotune(configs=[triton.Config({{"BLOCK": 16}})], key=["x"], reset_to_zero=TENSORS)
        @triton.jit
        def kernel(x, n{hint}, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)


        def launch(x):
            kernel[(1,)](x, {argument})
        """
    for what, hint, argument in (
        ("an integer", "", "x.size(0)"),
        ("a float", "", "0.5"),
        ("a constexpr", ": tl.constexpr", "x.dtype"),
    )
}


@pytest.mark.parametrize("code", NO_OBSTACLE.values(), ids=NO_OBSTACLE)
def test_no_obstacle(lint, code):
    found = lint({"kernels.py": IMPORTS + textwrap.dedent(code).lstrip("\n")}, "--select", "ALL")
    assert [(f["fix"]["applicability"], f["fix_blocked_by"]) for f in found] == [("safe", None)]


#: Other files besides that of the kernel, which is in `kernels.py`.
BLOCKED_FILES = {
    "a file that cannot be parsed": (
        {"launch.py": "from kernels import kernel\n\nkernel[(1,)](x, n\n"},
        "launch.py cannot be parsed, and mentions the kernel",
    ),
    "a kernel whose import is not understood": (
        {"launch.py": "def launch(ops, x, n):\n    ops.kernel[(1,)](x, n)\n"},
        "the call at launch.py:2 may reach other kernels too",
    ),
    "an object that may be the module": (
        {
            "launch.py": "from importlib import import_module\n\n"
            "m = import_module(name)\nm.kernel[(1,)](x, n)\n"
        },
        "the call at launch.py:4 may reach other kernels too",
    ),
    "a module that is handed on": (
        {"launch.py": "import kernels\n\n\ndef launch(x, n):\n    go(kernels.kernel, x, n)\n"},
        "`kernel` is passed to `go` at launch.py:5",
    ),
    "stored under another name": (
        {
            "names.py": "from kernels import kernel as public\n",
            "launch.py": "from names import public\n\nALL = [public]\n",
        },
        "`kernel` is stored in a list at launch.py:3",
    ),
    "a grid of another file reads it": (
        {
            "grids.py": 'def cover(META):\n    return (META["n"],)\n',
            "launch.py": "from grids import cover\nfrom kernels import kernel\n\n"
            "kernel[cover](x, n)\n",
        },
        'at grids.py:2 reads "n"',
    ),
    "a grid of another module reads it": (
        {
            "grids.py": 'def cover(META):\n    return (META["n"],)\n',
            "launch.py": "import grids\nfrom kernels import kernel\n\n"
            "kernel[lambda META: grids.cover(META)](x, n)\n",
        },
        'at grids.py:2 reads "n"',
    ),
    "a method of an object that may be the module": (
        {
            "launch.py": "def launch(ops, x, n):\n    run = ops.kernel.run\n"
            "    run(x, n, grid=(1,))\n"
        },
        "`kernel` is called in a way that is not understood at launch.py:3",
    ),
    "a method, by a module that may be this one": (
        {"launch.py": "import ops\n\nrun = ops.kernel.run\nrun(x, n, grid=(1,))\n"},
        "`kernel` is asked for its `run` at launch.py:4",
    ),
    "a method that is handed on, by a module that may be this one": (
        {"launch.py": "from ops import kernel\n\ngo(kernel.warmup, x, n)\n"},
        "`kernel` is asked for its `warmup` at launch.py:3",
    ),
    "its parameters, by a module that may be this one": (
        {"launch.py": "import ops\n\nprint(ops.kernel.arg_names)\n"},
        "`kernel` is asked for its `arg_names` at launch.py:3",
    ),
    "another name for a kernel of a module that may be this one": (
        {
            "names.py": "from ops import kernel as public\n",
            "launch.py": "from names import public\n\npublic[(1,)](x, n)\n",
        },
        "the call at launch.py:3 may reach other kernels too",
    ),
    "any kernel of a module": (
        {
            "launch.py": "import kernels\n\n\ndef launch(name, x, n):\n"
            "    getattr(kernels, name)[(1,)](x, n)\n"
        },
        "`kernel` is one of the names that `getattr` lists at launch.py:5",
    ),
    **{
        f"any kernel of a module of a package, by `{line}`": (
            {
                "kernels.py": "",
                "pkg/__init__.py": "",
                "pkg/kernels.py": IMPORTS + KERNEL,
                "pkg/launch.py": f"{line}\n\n\ndef launch(name, x, n):\n"
                "    getattr(kernels, name)[(1,)](x, n)\n",
            },
            "`kernel` is one of the names that `getattr` lists at pkg/launch.py:5",
        )
        for line in ("from . import kernels", "from pkg import kernels")
    },
    "a kernel of a class that another class puts in its place": (
        {
            "kernels.py": IMPORTS
            + textwrap.dedent(
                """
                class Base:
                    @staticmethod
                    @triton.jit
                    def kernel(x, n):
                        tl.store(x, 0)

                    def launch(self, x, n):
                        self.kernel[(1,)](x, n)
                """
            ),
            "mixin.py": IMPORTS
            + textwrap.dedent(
                """
                class Mixin:
                    @staticmethod
                    @triton.jit
                    def kernel(x, n):
                        tl.store(x, n)
                """
            ),
            "both.py": "from kernels import Base\nfrom mixin import Mixin\n\n\n"
            "class Both(Mixin, Base):\n    pass\n",
        },
        "`kernel`, which is called in the same place, reads its `n`",
    ),
    "patched from outside": (
        {"test_it.py": 'def test(monkeypatch):\n    monkeypatch.setattr("kernels.kernel", fake)\n'},
        "`kernel` is replaced with `setattr` at test_it.py:2",
    ),
    "a module that a function of the file chooses": (
        {
            "go.py": "def import_module(name):\n    return loaded[name]\n\n\ndef launch(x, n):\n"
            "    ops = import_module('kernels')\n    ops.kernel[(1,)](x, n)\n"
        },
        "the call at go.py:7 may reach other kernels too",
    ),
}


@pytest.mark.parametrize(("files", "reason"), BLOCKED_FILES.values(), ids=BLOCKED_FILES)
def test_blocked_by_other_files(check_blocked, files, reason):
    check_blocked({"kernels.py": IMPORTS + KERNEL, **files}, reason)


#: Modules whose fix a person should look at, with the reason; only --unsafe-fixes changes them.
UNSAFE = {
    "an autotune key": (
        """
        @triton.autotune(configs=[triton.Config({"BLOCK": 16})], key=["x", "n"])
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)
        """,
        "it is in an autotune key: without it the kernel is tuned less often",
    ),
    "a decorator that is not known": (
        """
        @counted(times=3)
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)
        """,
        "`@counted(times=3)` at kernels.py:5 is not known: name `counted` in "
        "`transparent-decorators` if it passes all arguments on",
    ),
    "configs that are not all seen, of a decorator that is not known": (
        """
        CONFIGS = [triton.Config({"BLOCK": 16})]
        CONFIGS += more()


        @tuned(configs=CONFIGS, key=["x"])
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)
        """,
        '`@tuned(configs=CONFIGS, key=["x"])` at kernels.py:9 is not known',
    ),
    "a local that hides the kernel": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(x, n):
            *kernel, x = x
            kernel[(1,)](x, n)
        """,
        "no call of `kernel` is seen",
    ),
    "a grid that is an item's": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(x, n, grids):
            kernel[grids[0](x)](x, n)
        """,
        "the grid is the result of a call that is not followed at kernels.py:11",
    ),
    "a grid of a function that another has for an attribute": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def grid(x):
            return lambda META: (1,)


        grid.of = lambda x: lambda META: (META["n"],)


        def launch(x, n):
            kernel[grid.of(x)](x, n)
        """,
        "`grid.of` is not found",
    ),
    "a grid of a module that is not imported": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def grid(META):
            return (META["n"],)


        def launch(x, n):
            kernel[kernels.grid](x, n)
        """,
        "`kernels.grid` is not found",
    ),
    "a grid from the caller": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(grid, x, n):
            kernel[grid](x, n)
        """,
        "the grid comes from the caller at kernels.py:11",
    ),
    "a grid from the caller in a lambda": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(grid, x, n):
            kernel[lambda META: grid(META)](x, n)
        """,
        "`grid`, which gets the arguments, comes from the caller at kernels.py:11",
    ),
    "a variable with two launchers": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(x, n):
            go = kernel[(1,)]
            if x is None:
                go = kernel[lambda META: (META["n"],)]
            go(x, n)
        """,
        "the grid is not seen at kernels.py:14",
    ),
    "no launch": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)
        """,
        "no call of `kernel` is seen: code elsewhere may launch it",
    ),
    "an argument that is a call": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(x):
            kernel[(1,)](x, next(x))
        """,
        "`next(x)` at kernels.py:11 may have a side effect",
    ),
    "an argument with a walrus": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(x):
            kernel[(1,)](x, n=(y := 1))
            return x
        """,
        "`y := 1` at kernels.py:11 may have a side effect",
    ),
    "an argument that is awaited": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        async def launch(x, n):
            kernel[(1,)](x, await n)
        """,
        "`await n` at kernels.py:11 may have a side effect",
    ),
    "an argument that pops": (
        """
        @triton.jit
        def kernel(x, n):
            tl.store(x, 0)


        def launch(x, sizes):
            kernel[(1,)](x, sizes.pop())
        """,
        "`sizes.pop()` at kernels.py:11 may have a side effect",
    ),
}


@pytest.mark.parametrize(("code", "reason"), UNSAFE.values(), ids=UNSAFE)
def test_unsafe(write, tritonlint, code, reason):
    source = IMPORTS + textwrap.dedent(code).lstrip("\n")
    root = write({"kernels.py": source})
    file = root / "kernels.py"
    common = ("--no-cache", root)
    [found] = [
        f for f in tritonlint("--output-format", "json", *common).findings if f["parameter"] == "n"
    ]
    assert found["fix"]["applicability"] == "unsafe"
    assert reason in found["fix"]["message"].replace(f"{root}/", "")
    assert ".py:0" not in found["fix"]["message"]
    tritonlint("--fix", *common)
    assert file.read_text() == source
    tritonlint("--fix", "--unsafe-fixes", *common)
    assert file.read_text() != source
    assert tritonlint("--output-format", "json", *common).findings == []


@pytest.mark.parametrize("format", ["full", "concise", "json", "github", "sarif"])
def test_every_format_says_why(write, tritonlint, monkeypatch, format):
    code = "def launch(x, *args):\n    kernel[(1,)](x, *args)\n"
    root = write({"kernels.py": IMPORTS + KERNEL + code})
    monkeypatch.chdir(root)
    monkeypatch.setenv("COLUMNS", "200")
    for fix in ((), ("--fix",)):
        completed = tritonlint("--no-cache", "--output-format", format, *fix)
        assert completed.status == 1
        assert "`*args` at kernels.py:11 may pass this argument" in completed.out

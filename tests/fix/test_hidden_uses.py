"""Names of parameters that no string contains, but that something still needs.

In each case nothing in the kernel reads `n`, but other code may use it. The fix may remove all of
the text between `[-` and `-]`, or none of it; unmarked text stays (`conftest.check_outcome`). The
cases in `PLAIN` must be fixed, so that the tests fail if everything is blocked.
"""

from __future__ import annotations

import textwrap

import pytest

IMPORTS = "import triton\nimport triton.language as tl\n\n\n"

KERNEL = """@triton.jit
def kernel(x, n, BLOCK: tl.constexpr = 16):
    tl.store(x, BLOCK)


def launch(x, n):
    kernel[{}](x, n)
"""

TUNED = """@triton.autotune(configs={}, key=["x"])
@triton.jit
def kernel(x, BLOCK: tl.constexpr, n: tl.constexpr):
    tl.store(x, BLOCK)


def launch(x):
    kernel[(1,)](x)
"""

PRUNED = """@triton.autotune(
    configs=[triton.Config({{"BLOCK": 16}}), triton.Config({{"BLOCK": 32}})],
    key=["x"],
    prune_configs_by={},
)
@triton.jit
def kernel(x[-, n-], BLOCK: tl.constexpr):
    tl.store(x, BLOCK)


def launch(x, n):
    kernel[(1,)](x[-, n-])
"""

ZEROED = """@triton.autotune(configs=[triton.Config({{"BLOCK": 16}})], key=["x"], {})
@triton.jit
def kernel(x, lock_ptr, BLOCK: tl.constexpr):
    tl.store(x, BLOCK)


def launch(x, lock):
    kernel[(1,)](x, lock)
"""

BEST = """@triton.autotune(configs=[triton.Config({"BLOCK": 16[-, "n": 4-]})], key=["x"])
@triton.jit
def kernel(x, BLOCK: tl.constexpr[-, n: tl.constexpr-]):
    tl.store(x, BLOCK)


def launch(x):
    kernel[(1,)](x)
"""


def kept(source):
    """The same source, but `n` must stay."""
    return source.replace("[-", "").replace("-]", "")


def module(*parts):
    parts = [textwrap.dedent(part).strip("\n") + "\n" for part in parts]
    return {"kernels.py": IMPORTS + "\n\n".join(parts)}


#: Grids and heuristics that pass on all of their arguments as keywords.
KEYWORDS = {
    "a grid hands on all to a function": module(
        """
        def blocks(n, BLOCK, **_):
            return (triton.cdiv(n, BLOCK),)
        """,
        KERNEL.format("lambda META: blocks(**META)"),
    ),
    "a grid hands on all to a function of another file": {
        "blocks.py": "def blocks(n, BLOCK, **_):\n    return (n // BLOCK,)\n",
        **module("from blocks import blocks", KERNEL.format("lambda META: blocks(**META)")),
    },
    "a method that is the grid hands on all": module(
        """
        class Launcher:
            def grid(self, META):
                return self.blocks(**META)

            def blocks(self, n, BLOCK, **_):
                return (triton.cdiv(n, BLOCK),)

            def launch(self, x, n):
                kernel[self.grid](x, n)
        """,
        KERNEL.format("(1,)"),
    ),
    "a grid makes an object of all": module(
        """
        from types import SimpleNamespace


        def grid(META):
            meta = SimpleNamespace(**META)
            return (triton.cdiv(meta.n, meta.BLOCK),)
        """,
        KERNEL.format("grid"),
    ),
    "a grid takes keywords": module(
        """
        def grid(META):
            def blocks(*, n, **_):
                return (n,)

            return blocks(**META)
        """,
        KERNEL.format("grid"),
    ),
    "a heuristic hands on all to a function": module(
        """
        def is_even(n, BLOCK, **_):
            return n % BLOCK == 0


        @triton.heuristics({"EVEN": lambda args: is_even(**args)})
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr, EVEN: tl.constexpr):
            if EVEN:
                tl.store(x, BLOCK)


        def launch(x, n):
            kernel[(1,)](x, n, BLOCK=16)
        """
    ),
}

#: Functions that choose among configs, which get the launch's arguments by name.
PRUNING = {
    "perf_model takes it": module(
        """
        def estimate(n, BLOCK, num_warps, **_):
            return n / BLOCK * num_warps
        """,
        kept(PRUNED.format('{"perf_model": estimate, "top_k": 1}')),
    ),
    "perf_model in a lambda takes it": module(
        kept(PRUNED.format('{"perf_model": lambda n, **_: n, "top_k": 1}')),
    ),
    "perf_model of another file takes it": {
        "model.py": "def estimate(n, **_):\n    return n\n",
        **module(
            "from model import estimate",
            kept(PRUNED.format('{"perf_model": estimate, "top_k": 1}')),
        ),
    },
    "early_config_prune takes it": module(
        """
        def prune(configs, named_args, n, **_):
            return [config for config in configs if config.kwargs["BLOCK"] <= n]
        """,
        kept(PRUNED.format('{"early_config_prune": prune}')).replace("(x, n)\n", "(x, n=n)\n"),
    ),
    "early_config_prune takes it, by keyword": module(
        """
        def prune(configs, named_args, *, n=1, **_):
            return [config for config in configs if config.kwargs["BLOCK"] <= n]
        """,
        kept(PRUNED.format("dict(early_config_prune=prune)")).replace("(x, n)\n", "(x, n=n)\n"),
    ),
}

#: Configs that set the parameter without a string of its name.
CONFIGS = {
    "keywords of a function": module(
        """
        def config(num_warps=4, **meta):
            return triton.Config(meta, num_warps=num_warps)
        """,
        TUNED.format("[config(BLOCK=16, n=4), config(BLOCK=32, n=8)]"),
    ),
    "keywords of a function of another file": {
        "tune.py": """
            import triton


            def make(blocks, **extra):
                return [triton.Config({"BLOCK": block, **extra}) for block in blocks]
        """,
        **module("from tune import make", TUNED.format("make((16, 32), n=8)")),
    },
    "a file of configs": module(
        """
        import json


        def configs():
            with open("configs.json") as file:
                return [triton.Config(values) for values in json.load(file)]
        """,
        TUNED.format("configs()"),
    ),
    "a file of configs, read in another file": {
        "tune.py": """
            import json
            import triton


            def configs():
                with open("configs.json") as file:
                    return [triton.Config(values) for values in json.load(file)]
        """,
        **module("from tune import configs", TUNED.format("configs()")),
    },
    "configs of another file": {
        "tune.py": """
            import json
            import triton

            with open("configs.json") as file:
                CONFIGS = [triton.Config(values) for values in json.load(file)]
        """,
        **module("from tune import CONFIGS", TUNED.format("CONFIGS")),
    },
    "configs of another file that says so": {
        "tune.py": """
            import triton

            CONFIGS = [triton.Config({"BLOCK": 16, "n": 1})]
        """,
        **module("from tune import CONFIGS", TUNED.format("CONFIGS")),
    },
    "configs that are updated": module(
        """
        CONFIGS = [triton.Config({"BLOCK": block}) for block in (16, 32)]
        for config in CONFIGS:
            config.kwargs.update(n=8)
        """,
        TUNED.format("CONFIGS"),
    ),
    "fields of a named tuple": module(
        """
        from collections import namedtuple

        Values = namedtuple("Values", "BLOCK n")
        CONFIGS = [triton.Config(values._asdict()) for values in (Values(16, 4), Values(32, 8))]
        """,
        TUNED.format("CONFIGS"),
    ),
    "names and values that are zipped": module(
        """
        NAMES = "BLOCK n".split()
        CONFIGS = [triton.Config(dict(zip(NAMES, values))) for values in ((16, 4), (32, 8))]
        """,
        TUNED.format("CONFIGS"),
    ),
}

#: Lists of names in variables.
NAMES = {
    "reset_to_zero in a variable": module(
        'RESET = ["lock_ptr"]', ZEROED.format("reset_to_zero=RESET")
    ),
    "restore_value in a variable": module(
        'RESTORE = ["lock_ptr"]', ZEROED.format("restore_value=RESTORE")
    ),
    "reset_to_zero that is computed": module(
        'LOCKS = "lock_ptr".split()', ZEROED.format("reset_to_zero=list(LOCKS)")
    ),
}

#: Code that asks the autotuner for its choice.
CHOSEN = {
    "the best config": module(
        kept(BEST),
        """
        def show():
            return kernel.best_config.kwargs["n"]
        """,
    ),
    "the best config in a variable": module(
        kept(BEST),
        """
        def show():
            best = kernel.best_config
            return best.all_kwargs()["n"]
        """,
    ),
    "the best config, in another file": {
        **module(kept(BEST)),
        "show.py": """
            from kernels import kernel


            def show():
                return kernel.best_config.kwargs["n"]
        """,
    },
    "the cache of configs": module(
        kept(BEST),
        """
        def show():
            return [config.kwargs["n"] for config in kernel.cache.values()]
        """,
    ),
}

#: Cases that must be fixed, next to code that looks like one of the above.
PLAIN = {
    "a grid hands on one value": module(
        """
        def blocks(size, BLOCK):
            return (triton.cdiv(size, BLOCK),)
        """,
        """
        @triton.jit
        def kernel(x[-, n-], BLOCK: tl.constexpr = 16):
            tl.store(x, BLOCK)


        def launch(x, n):
            kernel[lambda META: blocks(n, META["BLOCK"])](x[-, n-])
        """,
    ),
    "a default of the grid has its name": module(
        """
        def grid(META, n=4):
            return (n,)


        @triton.jit
        def kernel(x[-, n-]):
            tl.store(x, 0)


        def launch(x, n):
            kernel[grid](x[-, n-])
        """,
    ),
    "perf_model takes other names": module(
        """
        def estimate(BLOCK, num_warps, **_):
            return BLOCK * num_warps
        """,
        PRUNED.format('{"perf_model": estimate, "top_k": 1}'),
    ),
    "early_config_prune takes other names": module(
        """
        def prune(configs, named_args, **_):
            return [config for config in configs if config.kwargs["BLOCK"] <= 16]
        """,
        PRUNED.format('{"early_config_prune": prune}'),
    ),
    "early_config_prune keeps some in a list": module(
        """
        def prune(configs, named_args, **_):
            kept = []
            for config in configs:
                if config.kwargs["BLOCK"] <= 16:
                    kept.append(config)
            return kept
        """,
        PRUNED.format('{"early_config_prune": prune}'),
    ),
    "configs that say so": module(BEST),
    "configs of a function that says so": module(
        """
        def configs():
            return [triton.Config({"BLOCK": block[-, "n": 4-]}) for block in (16, 32)]


        @triton.autotune(configs=configs(), key=["x"])
        @triton.jit
        def kernel(x, BLOCK: tl.constexpr[-, n: tl.constexpr-]):
            tl.store(x, BLOCK)


        def launch(x):
            kernel[(1,)](x)
        """
    ),
    "a launch that gives it, beside configs in a variable": module(
        """
        CONFIGS = [triton.Config({"BLOCK": block}) for block in (16, 32)]


        @triton.autotune(configs=CONFIGS, key=["x"])
        @triton.jit
        def kernel(x[-, n-], BLOCK: tl.constexpr):
            tl.store(x, BLOCK)


        def launch(x, n):
            kernel[(1,)](x[-, n-])
        """
    ),
    "reset_to_zero of another": module(
        """
        RESET = ["x"]


        @triton.autotune(configs=[triton.Config({"BLOCK": 16})], key=["x"], reset_to_zero=["x"])
        @triton.jit
        def kernel(x[-, lock_ptr-], BLOCK: tl.constexpr):
            tl.store(x, BLOCK)


        def launch(x, lock):
            kernel[(1,)](x[-, lock-])
        """
    ),
    "how the best config is compiled": module(
        BEST,
        """
        def show():
            return kernel.best_config.num_warps
        """,
    ),
}

HIDDEN = {**KEYWORDS, **PRUNING, **CONFIGS, **NAMES, **CHOSEN}


@pytest.mark.parametrize("files", HIDDEN.values(), ids=HIDDEN)
def test_all_or_nothing(check_outcome, files):
    check_outcome(files)


@pytest.mark.parametrize("files", PLAIN.values(), ids=PLAIN)
def test_plain_uses_are_mended(fix_whole, files):
    assert fix_whole(files)


def test_hook_of_a_config_that_is_added(lint):
    source = IMPORTS + textwrap.dedent("""\
        def before(args):
            print(args["n"])


        CONFIGS = []
        CONFIGS.append(triton.Config({"BLOCK": 16}, pre_hook=before))


        @triton.autotune(configs=CONFIGS, key=["x"])
        @triton.jit
        def kernel(x, n, BLOCK: tl.constexpr):
            tl.store(x, BLOCK)


        def launch(x, n):
            kernel[(1,)](x, n)
    """)
    [finding] = lint({"kernels.py": source}, "--select", "TRL001")
    assert "not all configs are seen" in finding["fix_blocked_by"]

"""Kernels that calls wrap after their definition: `tuned = triton.autotune(...)(kernel)`."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from tests.fix.conftest import module

KERNEL = """
CONFIGS = [triton.Config({"BLOCK": 16}), triton.Config({"BLOCK": 32})]


@triton.jit
def kernel(x, [-n, -]m, BLOCK: tl.constexpr):
    tl.store(x + m, BLOCK)


"""

#: Code below the kernel, with all that goes.
FIXED = {
    "a name of the module": """
        tuned = triton.autotune(configs=CONFIGS, key=["m"])(kernel)


        def launch(x, n, m):
            tuned[(1,)](x, [-n, -]m)
        """,
    "on several lines": """
        tuned = triton.autotune(
            configs=CONFIGS,
            key=["m"],
        )(
            kernel
        )


        def launch(x, n, m):
            tuned[(1,)](
                x,
        [-        n,
        -]        m,
            )
        """,
    "the same name": """
        kernel = triton.autotune(configs=CONFIGS, key=["m"])(kernel)


        def launch(x, n, m):
            kernel[(1,)](x, [-n, -]m)
        """,
    "a local": """
        def launch(x, n, m):
            tuned = triton.autotune(configs=CONFIGS, key=["m"])(kernel)
            tuned[(1,)](x, [-n, -]m)
        """,
    "a local that gets the kernel first": """
        def launch(x, n, m, tune):
            run = kernel
            if tune:
                run = triton.autotune(configs=CONFIGS, key=["m"])(run)
                run[(1,)](x, [-n, -]m)
            else:
                run[(1,)](x, [-n, -]m, 16)
        """,
    "one of two, in a condition": """
        def launch(x, n, m, tune):
            if tune:
                run = triton.autotune(configs=CONFIGS, key=["m"])(kernel)
                options = {}
            else:
                run = kernel
                options = {"BLOCK": 16}
            run[(1,)](x, [-n, -]m, **options)
        """,
    "a condition in the expression": """
        import os

        tuned = triton.autotune(CONFIGS, ["m"])(kernel) if "TUNE" in os.environ else kernel


        def launch(x, n, m):
            tuned[(1,)](x, [-n, -]m)
        """,
    "at once": """
        def launch(x, n, m):
            triton.autotune(configs=CONFIGS, key=["m"])(kernel)[(1,)](x, [-n, -]m)
        """,
    "with and without": """
        tuned = triton.autotune(configs=CONFIGS, key=["m"])(kernel)


        def launch(x, n, m):
            tuned[(1,)](x, [-n, -]m)
            kernel[(1,)](x, [-n, -]m, 16)
            tuned.fn[(1,)](x, [-n, -]m, BLOCK=16)
        """,
    "by run and warmup": """
        tuned = triton.autotune(configs=CONFIGS, key=["m"])(kernel)


        def launch(x, n, m):
            tuned.run(x, [-n, -]m, grid=(1,), warmup=False)
            tuned.warmup(x, [-n, -]m, grid=(1,))
        """,
    "by a partial": """
        from functools import partial

        tuned = triton.autotune(configs=CONFIGS, key=["m"])(kernel)


        def launch(x, n, m):
            run = partial(tuned[(1,)], x[-, n-])
            run(m)
        """,
    "in a container that chooses": """
        tuned = triton.autotune(configs=CONFIGS, key=["m"])(kernel)
        KERNELS = {"fast": tuned, "plain": tuned}


        def launch(x, n, m, mode):
            KERNELS[mode][(1,)](x, [-n, -]m)
        """,
    "given to a function that launches it": """
        tuned = triton.autotune(configs=CONFIGS, key=["m"])(kernel)


        def run(fn, *args):
            fn[(1,)](*args)


        def launch(x, n, m):
            run(tuned, x, [-n, -]m)
        """,
    "through two calls": """
        hinted = triton.heuristics({"BLOCK": lambda args: 16})(kernel)
        tuned = triton.autotune(configs=[triton.Config({})], key=["m"])(hinted)


        def launch(x, n, m):
            hinted[(1,)](x, [-n, -]m)
            tuned[(1,)](x, [-n, -]m)
        """,
    "in the other lists": """
        tuned = triton.autotune(CONFIGS, key=["m"], restore_value=["x"[-, "n"-]])(kernel)
        again = triton.autotune(CONFIGS, ["m"][-, restore_value=["n"]-])(kernel)


        def launch(x, n, m):
            tuned[(1,)](x, [-n, -]m)
            again[(1,)](x, [-n, -]m)
        """,
    "lists of the module that name others": """
        KEY = ["m"]
        tuned = triton.autotune(CONFIGS, key=KEY)(kernel)


        def launch(x, n, m):
            tuned[(1,)](x, [-n, -]m)
        """,
    "in heuristics and configs": """
        hinted = triton.heuristics({[-"n": lambda args: 1, -]"BLOCK": lambda args: 16})(kernel)
        tuned = triton.autotune([triton.Config({"BLOCK": 16[-, "n": 3-]})], key=["m"])(kernel)


        def launch(x, m):
            hinted[(1,)](x, m=m)
            tuned[(1,)](x, m=m)
        """,
    "all of the heuristics": """
        tuned = triton.autotune(CONFIGS, key=["m"])(
            [-triton.heuristics({"n": lambda args: 1})(-]kernel[-)-]
        )


        def launch(x, m):
            tuned[(1,)](x, m=m)
        """,
}


@pytest.mark.parametrize("code", FIXED.values(), ids=FIXED)
def test_a_parameter_goes(check_fix: Callable[..., Any], code: str) -> None:
    check_fix(KERNEL + textwrap.dedent(code).lstrip("\n"))


@pytest.mark.parametrize("code", FIXED.values(), ids=FIXED)
def test_nothing_is_reported_of_these(check_fix: Callable[..., Any], code: str) -> None:
    fixed = check_fix(KERNEL + textwrap.dedent(code).lstrip("\n"), None, "--select", "ALL")
    assert "TRL9" not in fixed.out


#: The same for functions that a call makes a kernel.
MADE = {
    "a list": """
        kernel = triton.jit(_kernel[-, do_not_specialize_on_alignment=["n"]-])
        """,
    "the only list of a decorator": """
        kernel = triton.jit[-(do_not_specialize=["n"])-](_kernel)
        """,
    "a later place": """
        kernel = triton.jit(_kernel, do_not_specialize=[[-2-]{+1+}])
        """,
    "below an autotuner": """
        kernel = triton.autotune(
            [triton.Config({})], key=["m"], restore_value=[[-"n", -]"x"]
        )(triton.jit(_kernel))
        """,
    "tuned later": """
        kernel = triton.jit(_kernel)
        kernel = triton.autotune([triton.Config({})], key=["m"])(kernel)
        """,
}


@pytest.mark.parametrize("code", MADE.values(), ids=MADE)
def test_a_parameter_of_a_function_goes(check_fix: Callable[..., Any], code: str) -> None:
    check_fix(
        "def _kernel(x, [-n, -]m):\n    tl.store(x, m)\n\n\n"
        + textwrap.dedent(code).lstrip("\n")
        + "\n\ndef launch(x, n, m):\n    kernel[(1,)](x, [-n, -]m)\n"
    )


def test_other_files_launch_it(check_fix: Callable[..., Any]) -> None:
    check_fix(
        KERNEL + 'tuned = triton.autotune(CONFIGS, key=["m"])(kernel)\n',
        {
            "ops.py": """
            import kernels
            from kernels import tuned as fast


            def launch(x, n, m):
                fast[(1,)](x, [-n, -]m)
                kernels.tuned[(1,)](x, [-n, -]m)
                kernels.kernel[(1,)](x, [-n, -]m, 16)
            """
        },
    )


#: Code after which the parameter stays, and why.
BLOCKED = {
    "returned": (
        """
        from functools import lru_cache


        @lru_cache
        def tuned(k):
            return triton.autotune(CONFIGS, key=["m"])(kernel)


        def launch(x, n, m):
            tuned(1)[(1,)](x, n, m)
        """,
        "`kernel` is returned at kernels.py:18",
    ),
    "an attribute": (
        """
        class Op:
            def __init__(self):
                self.tuned = triton.autotune(CONFIGS, key=["m"])(kernel)

            def launch(self, x, n, m):
                self.tuned[(1,)](x, n, m)
        """,
        "`kernel` is assigned to `self.tuned` at kernels.py:15",
    ),
    "an item": (
        """
        TUNED = {}
        TUNED[16] = triton.autotune(CONFIGS, key=["m"])(kernel)


        def launch(x, n, m):
            TUNED[16][(1,)](x, n, m)
        """,
        "`kernel` is assigned to `TUNED[16]` at kernels.py:14",
    ),
    "a list of them": (
        """
        TUNED = [triton.autotune([config], key=["m"])(kernel) for config in CONFIGS]


        def launch(x, n, m):
            TUNED[0][(1,)](x, n, m)
        """,
        "`kernel` is stored in a container at kernels.py:13",
    ),
    "the name is handed on": (
        """
        import other

        tuned = triton.autotune(CONFIGS, key=["m"])(kernel)
        other.register(tuned)


        def launch(x, n, m):
            tuned[(1,)](x, n, m)
        """,
        "`kernel` is passed to `register` at kernels.py:16",
    ),
    "the call is handed on": (
        """
        import other

        other.register(triton.autotune(CONFIGS, key=["m"])(kernel))
        """,
        "`kernel` is passed to `register` at kernels.py:15",
    ),
    "a decorator in a variable": (
        """
        tune = triton.autotune(CONFIGS, key=["m"])
        tuned = tune(kernel)


        def launch(x, n, m):
            tuned[(1,)](x, n, m)
        """,
        "`kernel` is passed to `tune` at kernels.py:14",
    ),
    "a decorator of others": (
        """
        from mylib import tune

        tuned = tune(CONFIGS, key=["m"])(kernel)


        def launch(x, n, m):
            tuned[(1,)](x, n, m)
        """,
        "`kernel` is passed to `tune(...)` at kernels.py:15",
    ),
    "either of two kernels": (
        """
        @triton.jit
        def second(x, n, m, BLOCK: tl.constexpr):
            tl.store(x + m + n, BLOCK)


        def launch(x, n, m):
            run = kernel if m else second
            tuned = triton.autotune(CONFIGS, key=["m"])(run)
            tuned[(1,)](x, n, m)
        """,
        "`kernel` is passed to `triton.autotune(...)` at kernels.py:20",
    ),
    "a list that is not literal, in one of two calls": (
        """
        import other

        tuned = triton.autotune(CONFIGS, key=["m"])(kernel)
        again = triton.autotune(CONFIGS, key=other.KEY)(kernel)


        def launch(x, n, m):
            tuned[(1,)](x, n, m)
        """,
        "`key` of `@triton.autotune` is not a list of literals",
    ),
    "a list that a loop chooses": (
        """
        for key in (["m"], ["n"]):
            tuned = triton.autotune(CONFIGS, key=key)(kernel)


        def launch(x, n, m):
            tuned[(1,)](x, n, m)
        """,
        "`key` of `@triton.autotune` is not a list of literals",
    ),
    "a heuristic that reads it": (
        """
        tuned = triton.heuristics({"BLOCK": lambda args: args["n"]})(kernel)


        def launch(x, n, m):
            tuned[(1,)](x, n, m)
        """,
        'the heuristic of `BLOCK` at kernels.py:13 reads "n"',
    ),
    "pruning that reads it": (
        """
        def prune(configs, args, **rest):
            return [config for config in configs if args["n"]]


        tuned = triton.autotune(
            CONFIGS, key=["m"], prune_configs_by={"early_config_prune": prune}
        )(kernel)


        def launch(x, n, m):
            tuned[(1,)](x, n, m)
        """,
        'the early_config_prune `prune` at kernels.py:14 reads "n"',
    ),
    "its configs are read": (
        """
        tuned = triton.autotune([triton.Config({"BLOCK": 16, "n": 3})], key=["m"])(kernel)


        def launch(x, m):
            tuned[(1,)](x, m=m)
            return tuned.best_config.kwargs["n"]
        """,
        "the kernel's `best_config` is used at kernels.py:18",
    ),
    "a config that also feeds another": (
        """
        @triton.jit
        def second(x, n, m, BLOCK: tl.constexpr):
            tl.store(x + m + n, BLOCK)


        SHARED = [triton.Config({"BLOCK": 16, "n": 3})]
        tuned = triton.autotune(SHARED, key=["m"])(kernel)
        again = triton.autotune(SHARED, key=["m"])(second)


        def launch(x, m):
            tuned[(1,)](x, m=m)
            again[(1,)](x, m=m)
        """,
        "`second`, which has the same configs, reads its `n`",
    ),
    "a launch without the wrapper that does not fit": (
        """
        tuned = triton.autotune(CONFIGS, key=["m"])(kernel)


        def launch(x, n, m):
            tuned[(1,)](x, n, m)
            kernel[(1,)](x, n, m)
        """,
        "the call at kernels.py:18 does not fit `kernel`: it gets no `BLOCK`",
    ),
    "a launch by a wrapper that does not feed it": (
        """
        tuned = triton.autotune([triton.Config({"BLOCK": 16, "n": 3})], key=["m"])(kernel)
        again = triton.autotune(CONFIGS, key=["m"])(kernel)


        def launch(x, m):
            tuned[(1,)](x, m=m)
            again[(1,)](x, m=m)
        """,
        "the call at kernels.py:19 does not fit `kernel`: it gets no `n`",
    ),
    "a condition, and the parameters are looked at": (
        """
        import os

        tuned = "TUNE" in os.environ and (None or triton.autotune(CONFIGS, key=["m"])(kernel))


        def launch(x, n, m):
            tuned[(1,)](x, n, m)
            print(tuned.arg_names)
        """,
        "`kernel` is asked for its `arg_names` at kernels.py:20",
    ),
    "wrapped for the parameter of a function": (
        """
        def run(fn, *args):
            fn = triton.autotune(CONFIGS, key=["n"])(fn)
            fn[(1,)](*args)


        def launch(x, n, m):
            run(kernel, x, n, m)
        """,
        "`kernel` is passed to `run` at kernels.py:19",
    ),
    "a class body": (
        """
        class Op:
            tuned = triton.autotune(CONFIGS, key=["m"])(kernel)

            def launch(self, x, n, m):
                self.tuned[(1,)](x, n, m)
        """,
        "`kernel` is bound in a class body, as `Op.tuned` at kernels.py:14",
    ),
    "the list of the wrapper is changed": (
        """
        tuned = triton.autotune(CONFIGS, key=["m"])(kernel)
        tuned.keys.append("n")


        def launch(x, n, m):
            tuned[(1,)](x, n, m)
        """,
        "`kernel` is asked for its `keys` at kernels.py:14",
    ),
    "the wrapper is replaced": (
        """
        import kernels

        tuned = triton.autotune(CONFIGS, key=["m"])(kernel)
        kernels.tuned = print


        def launch(x, n, m):
            tuned[(1,)](x, n, m)
        """,
        "`kernel` is assigned to at kernels.py:16",
    ),
    "the wrapper is listed": (
        """
        tuned = triton.autotune(CONFIGS, key=["m"])(kernel)


        def launch(x, n, m):
            globals()["tun" + "ed"][(1,)](x, n, m)
        """,
        "`kernel` is one of the names that",
    ),
}


@pytest.mark.parametrize(("code", "reason"), BLOCKED.values(), ids=BLOCKED)
def test_a_parameter_stays(
    write: Callable[..., Any], tritonlint: Callable[..., Any], code: str, reason: str
) -> None:
    source = module(KERNEL.replace("[-n, -]", "n, ") + textwrap.dedent(code).lstrip("\n"))
    root = write({"kernels.py": source})
    options = ("--no-cache", "--fix-strategy", "remove-only", root)
    found = tritonlint("--output-format", "json", *options).findings
    reasons = [
        f["fix_blocked_by"] for f in found if (f["kernel"], f["parameter"]) == ("kernel", "n")
    ]
    assert [reason in (text or "").replace(f"{root}/", "") for text in reasons] == [True], reasons
    tritonlint("--fix", "--unsafe-fixes", *options)
    assert (root / "kernels.py").read_text() == source


OPTIONS_HEAD = """
import other

CONFIGS = [triton.Config({"BLOCK": 16}), triton.Config({"BLOCK": 32})]
KEY = ["n"]


def hook(args, reset_only=False):
    print(args["n"])


"""
OPTIONS_LAUNCH = """

def launch(x, n, m):
    kernel[(1,)](x, n, m)
"""
#: Options of decorators that decide what happens to the parameter `n`.
OPTIONS = {
    "in the key": 'triton.autotune(CONFIGS, key=["n", "m"])',
    "in a key by a name": "triton.autotune(CONFIGS, key=KEY)",
    "not all configs seen": 'triton.autotune(other.configs(), key=["m"])',
    "a hook by keyword": 'triton.autotune(CONFIGS, key=["m"], pre_hook=hook)',
    "a hook of others": 'triton.autotune(CONFIGS, key=["m"], post_hook=other.hook)',
    "pruned": 'triton.autotune(CONFIGS, key=["m"], prune_configs_by={"perf_model": other.f})',
    "restored": 'triton.autotune(CONFIGS, key=["m"], restore_value=["n"])',
    "unpacked options": "triton.autotune(CONFIGS, **other.OPTIONS)",
    "feeds": 'triton.heuristics({"n": lambda args: 3})',
    "heuristics of others": "triton.heuristics(other.HEURISTICS)",
    "heuristics by position": 'triton.heuristics({"BLOCK": lambda args: len(args)})',
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_call_counts_as_the_decorator(
    write: Callable[..., Any], tritonlint: Callable[..., Any], options: str
) -> None:
    kernel = "@triton.jit\ndef {}(x, n, m, BLOCK: tl.constexpr):\n    tl.store(x + m, BLOCK)\n"
    decorated = f"@{options}\n{kernel.format('kernel')}"
    wrapped = f"{kernel.format('_kernel')}\n\nkernel = {options}(_kernel)\n"
    found = []
    for code in (decorated, wrapped):
        root = write({"kernels.py": module(OPTIONS_HEAD + code + OPTIONS_LAUNCH)})
        findings = tritonlint("--output-format", "json", "--no-cache", "--select", "ALL", root)
        found.append(
            [
                (
                    f["code"],
                    f["parameter"],
                    f["fix"] and f["fix"]["applicability"],
                    bool(f["fix_blocked_by"]),
                    [each["argument"] for each in f["launches"]],
                )
                for f in findings.findings
            ]
        )
    assert found[0] == found[1]
    assert any(parameter == "n" for _, parameter, *_ in found[0])


def test_a_kernel_of_another_file_is_not_followed(
    write: Callable[..., Any], tritonlint: Callable[..., Any]
) -> None:
    ops = """
    import triton
    from kernels import CONFIGS, kernel

    tuned = triton.autotune(CONFIGS, key=["n"])(kernel)


    def launch(x, n, m):
        tuned[(1,)](x, n, m)
    """
    kernels = module(KERNEL.replace("[-n, -]", "n, "))
    root = write({"kernels.py": kernels, "ops.py": textwrap.dedent(ops).lstrip()})
    (found,) = tritonlint("--output-format", "json", "--no-cache", root).findings
    assert "`kernel` is passed to `triton.autotune(...)`" in found["fix_blocked_by"]
    assert "ops.py:4" in found["fix_blocked_by"]

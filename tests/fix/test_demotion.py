"""What `--fix` does with a dead parameter that has to stay, so that it costs no compiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.fix.conftest import IMPORTS, sides

EITHER = ("--fix-strategy", "remove")

TUNED = """\
@triton.autotune(configs=[triton.Config({{"B": 16}}), triton.Config({{"B": 32}})], key=["n"])
@triton.jit{decorator}
def kernel(x, {parameter}, B: tl.constexpr = 16):
    tl.store(x, B)


def launch(x, shape: int, flag: bool, scale: float, anything):
    kernel[(1,)](x, {argument})
"""
LISTED = '{+(do_not_specialize=["n"])+}'

#: The parameter and what a launch passes, if the key may stay without causing compiles.
DEMOTED = {
    "a constexpr": ("n{+|+}[-: tl.constexpr-]", "shape // 1024"),
    "a constexpr by keyword": ("n{+|+}[-: tl.constexpr-]", "n=triton.cdiv(shape, 16)"),
    "a flag": ("n{+|+}[-: tl.constexpr-]", "flag"),
    "a float": ("n{+|+}[-: tl.constexpr-]", "scale"),
    "an integer": ("n", "shape // 1024"),
}


@pytest.mark.parametrize(("parameter", "argument"), DEMOTED.values(), ids=DEMOTED)
def test_what_is_in_a_key_stays_without_compiles(
    check_fix: Callable[..., Any], parameter: str, argument: str
) -> None:
    parameter = parameter.replace("{+|+}", "")
    source = TUNED.format(decorator=LISTED, parameter=parameter, argument=argument)
    fixed = check_fix(source, None, *EITHER)
    # A second run has nothing left to report.
    assert fixed.status == 0


#: Parameters that may not be numbers; a kernel can take only numbers at run time.
KEPT = {
    "of unknown kind": ("n: tl.constexpr", "anything"),
    "a string": ("n: tl.constexpr", '"fast" if flag else "slow"'),
    "a type": ("n: tl.constexpr", "tl.float32"),
    "a string by default": ('n: tl.constexpr = "fast"', "shape"),
    "unpacked": ("n: tl.constexpr", "*anything"),
}


@pytest.mark.parametrize(("parameter", "argument"), KEPT.values(), ids=KEPT)
def test_what_may_be_no_number_stays_a_constexpr(
    check_fix: Callable[..., Any], parameter: str, argument: str
) -> None:
    check_fix(TUNED.format(decorator="", parameter=parameter, argument=argument), None, *EITHER)


#: Parameters that never vary, and that cannot be removed: another kernel reads its own.
STEADY = {
    "a constexpr": ("n: tl.constexpr", "5", "to drop its `tl.constexpr` would gain nothing"),
    "an integer": ("n", "5", "to name it in do_not_specialize would gain nothing"),
    "of the module": ("n: tl.constexpr", "SIZE", "would gain nothing"),
}
PAIR = """\
@triton.jit
def kernel(x, {parameter}):
    tl.store(x, 1)


@triton.jit
def other(x, {parameter}):
    tl.store(x, n)


SIZE = 8


def launch(x, flag):
    (kernel if flag else other)[(1,)](x, {argument})
"""


@pytest.mark.parametrize("strategy", ["remove", "do-not-specialize"])
@pytest.mark.parametrize(("parameter", "argument", "said"), STEADY.values(), ids=STEADY)
def test_what_never_varies_is_not_demoted(
    check_fix: Callable[..., Any],
    tritonlint: Callable[..., Any],
    parameter: str,
    argument: str,
    said: str,
    strategy: str,
) -> None:
    source = PAIR.format(parameter=parameter, argument=argument)
    root = check_fix(source, None, "--fix-strategy", strategy).root
    out = tritonlint("--no-cache", "--fix-strategy", strategy, root).out
    assert said in out
    assert "no fix " in out


def test_what_never_varies_leaves_a_key_if_a_person_wants_it(check_fix: Callable[..., Any]) -> None:
    """Code outside of the tree may pass other values, and the name was put there on purpose."""
    source = TUNED.format(decorator="", parameter="n", argument="5")
    source = source.replace("n, B", "[-n, -]B").replace(", 5", "[-, 5-]").replace('"n"', '[-"n"-]')
    check_fix(source, None, "--unsafe-fixes")
    check_fix(sides(source)[0])


#: A file with configs that give the parameter a string, which no kernel can take at run time.
CONFIGS = """\
import triton

FIRST = triton.Config({"n": "fast"})
CONFIGS = [FIRST]
CONFIGS += [triton.Config({"n": "slow"})]


def choose(configs, *_, **__):
    return CONFIGS or [triton.Config({**configs[0].kwargs, "n": "slow"})]


def first(configs, default):
    return [default if default is not None else configs[0]]


def heuristics():
    return {"n": lambda arguments: "fast"}


def options():
    return {"configs": CONFIGS}
"""
#: Decorators with these.
UNSEEN = {
    "configs that a function makes": "@triton.autotune(configs=choose(), key=['m'])",
    "configs that a function gets": "@triton.autotune(configs=first([FIRST], FIRST), key=['m'])",
    "configs of another file": "@triton.autotune(configs=CONFIGS, key=['m'])",
    "configs that a function replaces": (
        "@triton.autotune(configs=[triton.Config({}), triton.Config({})], key=['m'], "
        "prune_configs_by={'early_config_prune': choose})"
    ),
    "heuristics that a function makes": "@triton.heuristics(heuristics())",
    "options that a function makes": "@triton.autotune(key=['m'], **options())",
}


@pytest.mark.parametrize("default", ["", " = 4"])
@pytest.mark.parametrize("decorator", UNSEEN.values(), ids=UNSEEN)
def test_what_unseen_configs_may_set_stays_a_constexpr(
    lint: Callable[..., list[dict[str, Any]]], decorator: str, default: str
) -> None:
    kernels = f"""\
import triton
import triton.language as tl
from configs import CONFIGS, FIRST, choose, first, heuristics, options


{decorator}
@triton.jit
def kernel(x, m, n: tl.constexpr{default}):
    tl.store(x, m)


def launch(x, m: int):
    kernel[(1,)](x, m)
"""
    found = lint({"kernels.py": kernels, "configs.py": CONFIGS})
    assert [f["fix"] for f in found if f["parameter"] == "n"] == [None]


def test_with_unsafe_fixes_the_key_goes(check_fix: Callable[..., Any]) -> None:
    source = """\
@triton.autotune(configs=[triton.Config({"B": 16}), triton.Config({"B": 32})], key=["x"[-, "n"-]])
@triton.jit
def kernel(x, [-n, -]B: tl.constexpr):
    tl.store(x, B)


def launch(x, shape: int):
    kernel[(1,)](x[-, shape // 1024-])
"""
    check_fix(source, None, *EITHER, "--unsafe-fixes")


#: A kernel's first line, options, and the fix that the report offers. To remove `n` is a choice,
#: because it is in an autotune key.
OFFERED = {
    "a safe fix instead of a choice": ("pass", (), "Name `n` in do_not_specialize"),
    "what the user has chosen": ("pass", ("--unsafe-fixes",), "Remove `n`"),
    "no doubtful fix instead of a choice": ("n = 1", (), "Remove `n`"),
}


@pytest.mark.parametrize(("first", "options", "said"), OFFERED.values(), ids=OFFERED)
def test_the_fix_that_is_offered(
    lint: Callable[..., list[dict[str, Any]]], first: str, options: tuple[str, ...], said: str
) -> None:
    source = TUNED.format(decorator="", parameter="n", argument="shape // 1024")
    source = source.replace("tl.store(x, B)", f"{first}\n    tl.store(x, B)")
    (found,) = lint({"kernels.py": IMPORTS + source}, *EITHER, *options)
    assert found["fix"]["message"].startswith(said)


#: Code that needs the parameter by name.
READERS = {
    "a heuristic": ('@triton.heuristics({"B": lambda args: args["n"]})', "(1,)"),
    "a grid": ('@triton.heuristics({"B": lambda args: 1})', 'lambda meta: (meta["n"],)'),
}


@pytest.mark.parametrize(("decorator", "grid"), READERS.values(), ids=READERS)
def test_what_is_read_by_name_stays_without_compiles(
    check_fix: Callable[..., Any], decorator: str, grid: str
) -> None:
    source = f"""\
{decorator}
@triton.jit{LISTED}
def kernel(x, n[-: tl.constexpr-], B: tl.constexpr):
    tl.store(x, B)


def launch(x, shape: int):
    kernel[{grid}](x, shape)
"""
    check_fix(source, None, *EITHER)


#: Cases in which a person has to look, though nothing visible breaks.
DOUBTS = {
    "no launch": ("@triton.jit", "def launch(x): pass", "no call of the kernel is seen"),
    "another decorator": (
        "@my_jit",
        "def launch(x, *a):\n    kernel[(1,)](x, len(x), *a)",
        "may not take `do_not_specialize`",
    ),
}


@pytest.mark.parametrize(("decorator", "launch", "why"), DOUBTS.values(), ids=DOUBTS)
def test_a_person_looks_first(
    check_fix: Callable[..., Any],
    tritonlint: Callable[..., Any],
    decorator: str,
    launch: str,
    why: str,
) -> None:
    source = f"""\
@triton.heuristics({{"B": lambda args: args["n"]}})
{decorator}
def kernel(x, n: int, B: tl.constexpr):
    tl.store(x, B)


{launch}
"""
    settings = {"tritonlint.toml": 'jit-decorators = ["my_jit"]\n'}
    fixed = check_fix(source, settings, *EITHER)
    (found,) = tritonlint("--no-cache", "--output-format", "json", fixed.root).findings
    assert found["fix"]["applicability"] == "unsafe"
    assert why in found["fix"]["message"]


def test_what_shows_in_a_name_is_for_a_person(check_fix: Callable[..., Any]) -> None:
    """`repr` gives the compiled kernel its name, and sees what is specialized."""
    source = """\
def name(specialization):
    return f"kernel_{list(specialization.signature.values())[1]}"


@triton.jit(repr=name)
def kernel(x, n: int):
    tl.store(x, 0)


def launch(x, *args):
    kernel[(1,)](x, *args)
"""
    check_fix(source, None, *EITHER)


IMPORTED = """\
[-from triton.language import constexpr as Fixed


-]@triton.autotune(configs=[triton.Config({"B": 16}), triton.Config({"B": 32})], key=["n"])
@triton.jit{+(do_not_specialize=["n"])+}
def kernel(x, n[-: Fixed-], B: tl.constexpr = 16):
    tl.store(x, B)


def launch(x, shape: int):
    kernel[(1,)](x, shape // 1024)
"""


def test_an_import_that_only_the_annotation_needs_goes(check_fix: Callable[..., Any]) -> None:
    check_fix(IMPORTED, None, *EITHER)


@pytest.mark.parametrize(
    "last", ['"x",  # a pointer\n{+        "n",\n+}', '"x"{+,+}  # a pointer\n{+        "n"\n+}']
)
def test_a_comment_stays_beside_its_entry(check_fix: Callable[..., Any], last: str) -> None:
    decorator = f"(\n    do_not_specialize=[\n        {last}    ],\n)"
    check_fix(
        TUNED.format(decorator=decorator, parameter="n", argument="shape // 1024"), None, *EITHER
    )


def test_nothing_changes_where_a_launch_does_not_fit(
    check_fix: Callable[..., Any], tritonlint: Callable[..., Any]
) -> None:
    """What the launch means to pass is not known: a person has to correct it first."""
    fixed = check_fix(
        """
        @triton.jit
        def kernel(x, n: int, m: tl.constexpr, y):
            tl.store(x + y, 0)


        def launch(x):
            kernel[(1,)](x, 7, 8)
        """,
        None,
        *EITHER,
    )
    options = ("--no-cache", "--select", "TRL0", "--output-format", "json")
    found = tritonlint(*options, fixed.root).findings
    assert [(f["parameter"], f["fix"]) for f in found] == [("n", None), ("m", None)]
    assert all("does not fit `kernel`" in f["fix_blocked_by"] for f in found)

"""TRL304: configs that are certainly in their list twice, and configs that may not be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Lint = Callable[..., list[dict[str, Any]]]

SOURCE = """\
import triton
import triton.language as tl
from triton import Config
{before}

@triton.autotune({options}, key=["n"])
@triton.jit
def kernel(p, n, A: tl.constexpr, B: tl.constexpr):
    tl.store(p, n + A + B)


kernel[(1,)](p, n)
"""


def rows(
    lint: Lint, configs: str, before: str = "", beside: str = "", *arguments: str
) -> list[int]:
    source = SOURCE.format(before=before, options=f"configs={configs}{beside}")
    found = lint({"module.py": source}, "--select", "TRL304", *arguments)
    return [finding["location"]["row"] for finding in found]


def pair(first: str, second: str) -> str:
    return f"[triton.Config({first}), triton.Config({second})]"


TWICE = pair('{"A": 1, "B": 2}', '{"A": 1, "B": 2}')

SAME = {
    "the same": TWICE,
    "in another order": pair('{"A": 1, "B": 2}', '{"B": 2, "A": 1}'),
    "the default of the warps": pair('{"A": 1}', '{"A": 1}, num_warps=4'),
    "the default of the stages": pair('{"A": 1}, num_stages=3', '{"A": 1}'),
    "the default of the blocks": pair('{"A": 1}, num_ctas=1', '{"A": 1}'),
    "no hook": pair('{"A": 1}, pre_hook=None', '{"A": 1}'),
    "by position": pair('{"A": 1}, 8, 2', '{"A": 1}, num_stages=2, num_warps=8'),
    "by keyword": pair('kwargs={"A": 1}', '{"A": 1}'),
    "a call of `dict`": pair("dict(A=1)", '{"A": 1}'),
    "the last of two keys counts": pair('{"A": 2, "A": 1}', '{"A": 1}'),
    "another notation": pair('{"A": 1_024}', '{"A": 0x400}'),
    "negative": pair('{"A": -1}', '{"A": -1}'),
    "no dictionary entries": pair("{}, num_warps=8", "{}, num_warps=8"),
    "by its own name": '[Config({"A": 1}), triton.Config({"A": 1})]',
    "a tuple": '(Config({"A": 1}), Config({"A": 1}))',
    "one of two lists": f'{TWICE} if n else [Config({{"A": 1}})]',
    "a sum": f'[Config({{"A": 1}})] + {TWICE}',
    "beside an unknown one": '[Config({"A": 1}), make(), Config({"A": 1})]',
}

OTHERS = {
    "another value": pair('{"A": 1}', '{"A": 2}'),
    "another key": pair('{"A": 1}', '{"B": 1}'),
    "another type": pair('{"A": 1}', '{"A": True}'),
    "a float": pair('{"A": 1}', '{"A": 1.0}'),
    "a negative zero": pair('{"A": 0.0}', '{"A": -0.0}'),
    "a string": pair('{"A": 1}', '{"A": "1"}'),
    "other warps": pair('{"A": 1}', '{"A": 1}, num_warps=8'),
    "other stages": pair('{"A": 1}', '{"A": 1}, num_stages=2'),
    "other registers": pair('{"A": 1}', '{"A": 1}, maxnreg=128'),
    "a hook": pair('{"A": 1}, pre_hook=hook', '{"A": 1}, pre_hook=hook'),
    "a variable": pair('{"A": n}', '{"A": n}'),
    "a key in a variable": pair("{key: 1}", "{key: 1}"),
    "an unpacked dictionary": pair("{**a}", "{**a}"),
    "an unpacked call": pair('{"A": 1}, **a', '{"A": 1}, **a'),
    "an unpacked tuple": pair("*a", "*a"),
    "no dictionary": pair("a", "a"),
    "the fourth by position": pair('{"A": 1}, 4, 3, 1', '{"A": 1}, 4, 3, 1'),
    "a number that is too long to write": pair(f'{{"A": 0x{"f" * 5000}}}', '{"A": 1}'),
    "another class": '[other.Config({"A": 1}), other.Config({"A": 1})]',
    "two lists": '[Config({"A": 1})] if n else [Config({"A": 1})]',
    "a part": f"{TWICE}[:1]",
    "a set": 'list({Config({"A": 1}), Config({"A": 1})})',
    "what a function makes of it": f"unique({TWICE})",
    "a comprehension": f"[config for config in {TWICE}]",
    "an unpacked list": f"[*{TWICE}]",
    "one": '[Config({"A": 1})]',
    "none": "[]",
}


@pytest.mark.parametrize("configs", SAME.values(), ids=SAME)
def test_a_config_that_is_there_twice(lint: Lint, configs: str) -> None:
    assert len(rows(lint, configs)) == 1


@pytest.mark.parametrize("configs", OTHERS.values(), ids=OTHERS)
def test_configs_that_are_not_certainly_the_same(lint: Lint, configs: str) -> None:
    assert rows(lint, configs, "import other") == []


def test_every_entry_after_the_first_is_found(lint: Lint) -> None:
    entries = ['    triton.Config({"A": 1}),'] * 3
    assert rows(lint, "\n".join(["[", *entries, "]"])) == [8, 9]


def test_stages_have_another_default_in_older_releases(lint: Lint) -> None:
    two, three = (pair('{"A": 1}', f'{{"A": 1}}, num_stages={n}') for n in (2, 3))
    old = ("--triton-version", "3.2")
    assert rows(lint, two, "", "", *old) != []
    assert rows(lint, three, "", "", *old) == []


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (f"configs = {TWICE}", 1),
        (f"def make():\n    return {TWICE}\nconfigs = make()", 1),
        (f"configs = {TWICE}\nconfigs = unique(configs)", 0),
        (f"configs = {TWICE}\nconfigs.pop()", 0),
        (f"configs = {TWICE}\ndel configs[0]", 0),
        (f"configs = {TWICE}\nconfigs += [a]", 0),
        (f"configs = {TWICE}\nunique(configs)", 0),
        (f"def make(a):\n    return {TWICE}\nconfigs = make(1)", 0),
        (f"@unique\ndef make():\n    return {TWICE}\nconfigs = make()", 0),
        (f"def make():\n    yield {TWICE}\nconfigs = make()", 0),
        ("from elsewhere import configs", 0),
        (f"for configs in {TWICE}, []: pass", 0),
    ],
)
def test_a_list_in_a_variable_counts_where_nothing_changes_it(
    lint: Lint, before: str, found: int
) -> None:
    assert len(rows(lint, "configs", before)) == found


def test_a_list_that_kernels_share_is_told_once(lint: Lint) -> None:
    kernel = "@triton.autotune(configs, key=['n'])\n@triton.jit\ndef {}(p, n, A): p + n + A\n"
    source = f"import triton\n\nconfigs = {TWICE}\n{kernel.format('f')}{kernel.format('g')}"
    (found,) = lint({"module.py": source}, "--select", "TRL304")
    assert "`f`" in found["message"]


@pytest.mark.parametrize("beside", ["prune_configs_by={'top_k': 1}", "**options"])
def test_what_prunes_may_take_it_out(lint: Lint, beside: str) -> None:
    assert rows(lint, TWICE, "", f", {beside}") == []


def test_pruning_may_be_given_by_position(lint: Lint) -> None:
    source = SOURCE.format(before="", options="").replace(', key=["n"]', f"{TWICE}, ['n'], prune")
    assert lint({"module.py": source}, "--select", "TRL304") == []


@pytest.mark.parametrize(
    "change",
    ["kernel.configs = unique(kernel.configs)", "kernel.configs.pop()", "del kernel.configs[0]"],
)
def test_what_changes_the_configs_of_a_kernel_may_take_it_out(lint: Lint, change: str) -> None:
    source = SOURCE.format(before="", options=f"configs={TWICE}")
    assert lint({"module.py": source + change + "\n"}, "--select", "TRL304") == []
    other = {"other.py": f"from module import kernel\n\n{change}\n"}
    assert lint({"module.py": source, **other}, "--select", "TRL304") == []


@pytest.mark.parametrize(
    ("decorator", "found"),
    [
        ("fla.ops.utils.cache.fla_cache_autotune", 1),
        ("flag_gems.utils.libentry.libtuner", 0),
        ("somebody.autotune", 0),
    ],
)
def test_autotuners_of_others(lint: Lint, decorator: str, found: int) -> None:
    module, _, name = decorator.rpartition(".")
    source = SOURCE.replace("triton.autotune", name)
    source = source.format(before=f"from {module} import {name}", options=f"configs={TWICE}")
    assert len(lint({"module.py": source}, "--select", "TRL304")) == found


@pytest.mark.parametrize(
    ("imported", "found"),
    [
        ("from vllm.triton_utils import triton", 1),
        ("import triton as tr", 1),
        ("try:\n    import triton\nexcept ImportError:\n    triton = None", 0),
    ],
)
def test_ways_to_import_triton(lint: Lint, imported: str, found: int) -> None:
    name = "tr" if imported.endswith("tr") else "triton"
    source = SOURCE.replace("import triton\n", f"{imported}\n", 1).replace("triton.a", f"{name}.a")
    source = source.replace("triton.jit", f"{name}.jit").format(
        before="", options=f"configs={TWICE.replace('triton', name)}"
    )
    assert len(lint({"module.py": source}, "--select", "TRL304")) == found


def test_a_helper_is_not_tuned(lint: Lint) -> None:
    source = SOURCE.replace("tl.store(p, n + A + B)", "return n")
    source = source.format(before="", options=f"configs={TWICE}").replace("kernel[(1,)](p, n)", "")
    assert lint({"module.py": source}, "--select", "TRL304") == []

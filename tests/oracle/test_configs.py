"""The defaults of a config, and whether equal configs are timed again."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from tritonlint.triton.configs import config_defaults
from tritonlint.triton.names import AUTOTUNE_ORDER, CONFIG_ORDER


def test_defaults_and_order_are_those_of_the_release(release: Any) -> None:
    import triton

    parameters = inspect.signature(triton.Config).parameters
    defaults = config_defaults(release.version)
    assert {name: repr(parameters[name].default) for name in defaults} == defaults
    assert tuple(parameters)[: len(CONFIG_ORDER)] == CONFIG_ORDER
    assert tuple(inspect.signature(triton.autotune).parameters)[:3] == AUTOTUNE_ORDER


def test_every_entry_is_timed_though_it_equals_another(
    release: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import triton
    from triton.runtime.autotuner import Autotuner

    @triton.jit
    def kernel(n, block):
        n + block

    configs = [
        triton.Config({"block": 1}),
        triton.Config({"block": 1}),
        triton.Config({"block": 2}),
    ]
    tuner = Autotuner(kernel, kernel.arg_names, configs, ["n"], None, None, do_bench=print)
    timed: list[Any] = []

    def bench(*args: Any, config: Any, **meta: Any) -> list[float]:
        timed.append(config)
        return [1.0, 1.0, 1.0]

    monkeypatch.setattr(tuner, "_bench", bench)
    monkeypatch.setattr(kernel, "run", lambda *args, **options: None)
    for n in (1, 2, 1):
        tuner.run(n, grid=(1,), warmup=True)
    assert timed == configs * 2

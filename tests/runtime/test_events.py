"""What is recorded of a compile, and of a tuning."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.runtime import trace, warm, without_gpu
from tritonlint.runtime.events import Argument, Trace
from tritonlint.runtime.reader import read
from tritonlint.runtime.words import classified, is_integer
from tritonlint.triton.key import key_class
from tritonlint.triton.specialization import Kind, variants
from tritonlint.triton.versions import parse_version

triton = pytest.importorskip("triton", reason="what is traced is Triton, which is not installed")

KERNEL = """
    @triton.jit(do_not_specialize=["d"], do_not_specialize_on_alignment=["a"])
    def kernel(x, n, d, a, scale, flag, bias, wide: tl.int64, BLOCK: tl.constexpr):
        tl.store(x, n)

    def launch(x, n=5, d=6, a=32, scale=0.5, flag=True, bias=None, wide=7, BLOCK=64, **options):
        kernel[(1,)](x, n, d, a, scale, flag, bias, wide, BLOCK=BLOCK, **options)
"""

Load = Callable[[str], Any]
Traced = Callable[..., Trace]


def test_a_compile_holds_all_that_the_issue_asks_for(
    kernels: Load, traced: Traced, torch: Any
) -> None:
    module = kernels(KERNEL)
    seen = traced(lambda: module.launch(torch.zeros(3, 4, dtype=torch.float16)))
    (compile,) = seen.compiles
    assert (compile.kernel.name, compile.kernel.module) == ("kernel", "some_kernels")
    source = Path(compile.kernel.file).read_text().splitlines()
    assert source[compile.kernel.line - 1].startswith("def kernel(")
    values = {argument.name: argument.value for argument in compile.arguments}
    assert values == {
        "x": {"dtype": "float16", "shape": [3, 4], "aligned": True},
        "n": 5,
        "d": 6,
        "a": 32,
        "scale": 0.5,
        "flag": True,
        "bias": None,
        "wide": 7,
        "BLOCK": 64,
    }
    flags = {a.name for a in compile.arguments if a.do_not_specialize}
    assert (flags, {a.name for a in compile.arguments if a.constexpr}) == ({"d"}, {"BLOCK"})
    assert {a.name for a in compile.arguments if a.do_not_specialize_on_alignment} == {"a"}
    assert next(a.annotation for a in compile.arguments if a.name == "wide").endswith("64")
    assert (compile.target, compile.options["num_warps"]) == ("cuda:90", 4)
    assert compile.seconds is not None
    assert 0 <= compile.seconds < 60
    assert (compile.disk, compile.tuning, compile.stall) == (None, None, False)
    functions = [frame.function for frame in compile.site]
    assert functions[:2] == ["launch", "<lambda>"]
    assert json.loads(compile.preload or "")["name"].endswith("kernel")
    assert seen.processes[0].triton
    assert seen.problems == ()


def test_each_part_of_the_key_is_what_the_model_of_keys_says(
    kernels: Load, traced: Traced, torch: Any
) -> None:
    module = kernels(KERNEL)
    values = [1, 2, 16, 0, -16, 17, 2**31, 2**63, True, 1.5, None]
    x = torch.zeros(4)
    seen = traced(lambda: [module.launch(x, n=value, bias=value) for value in values])
    version = parse_version(triton.__version__)
    for compile in seen.compiles:
        for name in ("n", "bias"):
            (argument,) = (a for a in compile.arguments if a.name == name)
            assert argument.key == tuple(key_class(argument.value, version=version))


@pytest.mark.parametrize("backend", ["cuda", "hip"])
@pytest.mark.parametrize("value", [1, 2, 16, 0, 17, -32])
def test_a_class_is_called_as_the_linter_calls_it(backend: str, value: int) -> None:
    part = key_class(value, backend=backend)
    argument = Argument("n", tuple(part), value)
    assert classified(argument) in variants(Kind.INTEGER, backend=backend).classes
    assert is_integer(argument)


@pytest.mark.skipif(
    parse_version(triton.__version__) < (3, 3), reason="3.2 takes no tuples and no functions"
)
def test_what_is_no_plain_value_is_described(kernels: Load, traced: Traced, torch: Any) -> None:
    module = kernels(
        """
        @triton.jit
        def helper(x):
            return x

        @triton.jit
        def kernel(x, pair, F: tl.constexpr, T: tl.constexpr):
            tl.store(x, F(pair[0]))

        def launch(x):
            kernel[(1,)](x, (1, 5.0), F=helper, T=tl.float16)
        """
    )
    (compile,) = traced(lambda: module.launch(torch.zeros(2)[1:])).compiles
    values = {argument.name: argument.value for argument in compile.arguments}
    assert values["x"]["aligned"] is False
    assert values["pair"] == [1, 5.0]
    assert values["F"] == {"repr": "some_kernels.helper"}
    assert values["T"] == {"repr": "fp16"}


def test_a_launch_that_hits_the_cache_is_not_seen(
    kernels: Load, traced: Traced, torch: Any
) -> None:
    module = kernels(KERNEL)
    x = torch.zeros(4)
    assert len(traced(lambda: [module.launch(x, n=n) for n in (5, 6, 7, 9)]).compiles) == 1


TUNED = """
    configs = [triton.Config({"BLOCK": block}, num_warps=w) for block in (32, 64) for w in (2, 4)]

    @triton.autotune(configs=configs, key=["n"])
    @triton.jit
    def tuned(x, n, m, BLOCK: tl.constexpr):
        tl.store(x + tl.arange(0, BLOCK), n, mask=m > 0)

    def launch(n, m=5, x=torch.zeros(64)):
        tuned[(1,)](x, n, m)
"""


def test_a_tuning_is_an_event_of_its_own(kernels: Load, traced: Traced) -> None:
    with without_gpu():  # Up to Triton 3.3, the decorator itself asks for a GPU.
        module = kernels(TUNED)
    seen = traced(lambda: [module.launch(n) for n in (2, 3, 2)])
    first, second = seen.tunings
    assert (first.kernel.name, dict(first.key), dict(first.dtypes)) == (
        "tuned",
        {"n": 2},
        {"x": "float32"},
    )
    assert dict(second.key) == {"n": 3}
    assert (len(first.tried), first.configs, first.disk) == (4, 4, False)
    assert "BLOCK: 32" in first.tried[0]
    assert first.site[0].function == "launch"
    # Each compile names the tuning that it was part of; the second tuning needed no compile.
    assert [compile.tuning for compile in seen.compiles] == [first.number] * 4


def test_a_librarys_own_tuner_is_no_launch_site(kernels: Load, traced: Traced) -> None:
    with without_gpu():
        module = kernels(
            """
            from triton.runtime.autotuner import Autotuner

            class Tuner(Autotuner):
                def run(self, *args, **kwargs):
                    return super().run(*args, **kwargs)

            @triton.jit
            def kernel(x, n):
                tl.store(x, n)

            configs = [triton.Config({}, num_warps=w) for w in (2, 4)]
            tuned = Tuner(kernel, ["x", "n"], configs, ["n"], None, None)

            def launch(n, x=torch.zeros(64)):
                tuned[(1,)](x, n)
            """
        )
    seen = traced(lambda: module.launch(2))
    assert [compile.site[0].function for compile in seen.compiles] == ["launch", "launch"]


def test_what_the_launch_compiles_after_a_tuning_is_its_own(kernels: Load, traced: Traced) -> None:
    with without_gpu():
        module = kernels(TUNED)
    seen = traced(lambda: [module.launch(2), module.launch(2, m=16)])
    assert [compile.tuning is None for compile in seen.compiles] == [False] * 4 + [True]


def test_warm_marks_the_end_of_the_warm_up(kernels: Load, traced: Traced, torch: Any) -> None:
    module = kernels(KERNEL)
    x = torch.zeros(4)

    def serve() -> None:
        module.launch(x, n=2)
        warm()
        module.launch(x, n=16)

    seen = traced(serve)
    assert seen.has_warmup
    assert [compile.stall for compile in seen.compiles] == [False, True]


def test_seconds_after_the_start_of_a_process_mark_it_too(
    kernels: Load, traced: Traced, tmp_path: Path, torch: Any
) -> None:
    module = kernels(KERNEL)
    traced(lambda: module.launch(torch.zeros(4)))
    assert [c.stall for c in read(tmp_path / "trace", after=0.0).compiles] == [True]
    assert [c.stall for c in read(tmp_path / "trace", after=3600.0).compiles] == [False]


def test_warm_without_a_trace_does_nothing() -> None:
    warm()


def test_a_trace_ends_with_its_block(kernels: Load, tmp_path: Path, torch: Any) -> None:
    module = kernels(KERNEL)
    with without_gpu():
        with trace(tmp_path / "trace"):
            module.launch(torch.zeros(4))
        module.launch(torch.zeros(4), n=16)
    assert len(read(tmp_path / "trace").compiles) == 1


def test_a_listener_that_fails_does_not_reach_the_program(
    kernels: Load, capsys: pytest.CaptureFixture[str], torch: Any
) -> None:
    from tritonlint.runtime.bootstrap import recorder

    def fail(event: object) -> None:
        raise OSError("the disk is full")

    module = kernels(KERNEL)
    recorder().subscribe(fail)
    try:
        with without_gpu():
            module.launch(torch.zeros(4))
            module.launch(torch.zeros(4), n=16)
    finally:
        recorder().unsubscribe(fail)
    assert capsys.readouterr().err.count("the disk is full") == 1

"""Launches without a GPU: which parts are real, and what does not change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritonlint.runtime import compiles, without_gpu
from tritonlint.runtime.events import Trace
from tritonlint.triton.key import Tensor, key_class
from tritonlint.triton.versions import parse_version

triton = pytest.importorskip("triton", reason="what is traced is Triton, which is not installed")

Load = Callable[[str], Any]

KERNEL = """
    @triton.jit
    def kernel(x, n, BLOCK: tl.constexpr):
        tl.store(x + tl.arange(0, BLOCK), n)

    def launch(n=5, x=torch.zeros(64), BLOCK=64, grid=(1,)):
        return kernel[grid](x, n, BLOCK=BLOCK)
"""


def count(module: Any, *values: int, target: str = "cuda:90") -> int:
    with without_gpu(target), compiles() as watched:
        for n in values:
            module.launch(n)
    return watched.count


def test_nothing_is_launched_and_the_grid_is_asked(kernels: Load, torch: Any) -> None:
    module = kernels(KERNEL)
    x = torch.zeros(64)
    asked: list[int] = []

    def grid(meta: dict[str, Any]) -> tuple[int]:
        asked.append(meta["BLOCK"])
        return (1,)

    with without_gpu():
        module.launch(x=x, grid=grid)
    assert (asked, x.sum().item()) == ([64], 0.0)


@pytest.mark.parametrize("target", ["cuda:90", "cuda:80", "hip:gfx942", "hip:gfx1201"])
def test_three_classes_are_three_variants(kernels: Load, target: str) -> None:
    assert count(kernels(KERNEL), 1, 2, 16, 17, 32, 33, target=target) == 3


def test_each_use_begins_with_empty_caches(kernels: Load) -> None:
    module = kernels(KERNEL)
    assert [count(module, 5), count(module, 5)] == [1, 1]


def test_hip_keys_the_size_of_a_storage(kernels: Load, traced: Callable[..., Trace]) -> None:
    module = kernels(KERNEL)
    (compile,) = traced(module.launch, "hip:gfx942").compiles
    (pointer,) = (a for a in compile.arguments if a.name == "x")
    part = key_class(Tensor("float32"), version=parse_version(triton.__version__), backend="hip")
    assert (compile.target, pointer.key) == ("hip:gfx942", tuple(part))


def test_compile_compiles_for_real(kernels: Load) -> None:
    module = kernels(KERNEL)
    with without_gpu(compile=True):
        assert ".target sm_90" in module.launch().asm["ptx"]
    with without_gpu(), pytest.raises(AttributeError, match=r"compile=True\) compiles"):
        module.launch().asm  # noqa: B018


@pytest.mark.parametrize("target", ["cuda", "cuda:9", "cpu:1", "hip:942", "", "cuda:90 "])
def test_a_target_that_is_none_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match=r"give 'cuda:NUMBER', such as 'cuda:90', or 'hip:gfxNA"):
        without_gpu(target).__enter__()


def test_all_is_as_before_afterward(torch: Any) -> None:
    import triton.compiler
    from triton.runtime import driver
    from triton.runtime.autotuner import Autotuner

    def state() -> tuple[object, ...]:
        named = torch.cuda.get_device_name, torch.cuda.device, torch.cuda.synchronize
        return dict(vars(driver)), triton.compiler.compile, Autotuner._bench, *named

    before = state()
    with pytest.raises(KeyError), without_gpu(), without_gpu("hip:gfx942"):
        raise KeyError
    assert state() == before


def test_what_is_tuned_without_a_gpu_is_forgotten(
    kernels: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torch: Any
) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TRITON_CACHE_AUTOTUNING", "1")
    with without_gpu():
        module = kernels(
            """
            @triton.autotune([triton.Config({"B": b}) for b in (16, 32)], key=["n"])
            @triton.jit
            def tuned(x, n, B: tl.constexpr):
                tl.store(x + tl.arange(0, B), n)

            def launch(n, x=torch.zeros(64)):
                tuned[(1,)](x, n)
            """
        )
        module.launch(5)
        assert list(module.tuned.cache) == [(5, "torch.float32")]
    assert module.tuned.cache == {}
    assert list(tmp_path.rglob("*.autotune.json")) == []


@pytest.mark.parametrize(
    ("target", "name", "capability"),
    [
        ("cuda:90", "NVIDIA H100 80GB HBM3", (9, 0)),
        ("cuda:100", "NVIDIA B200", (10, 0)),
        ("cuda:120", "NVIDIA sm_120", (12, 0)),
        ("hip:gfx942", "AMD Instinct MI300X", (9, 4)),
        ("hip:gfx1201", "AMD gfx1201", (12, 0)),
    ],
)
def test_host_code_may_ask_about_the_gpu(
    target: str, name: str, capability: tuple[int, int], torch: Any
) -> None:
    from triton.runtime import driver

    with without_gpu(target):
        assert torch.cuda.get_device_name(0) == name
        assert torch.cuda.get_device_capability() == capability
        properties = driver.active.utils.get_device_properties(torch.cuda.current_device())
        assert properties["multiprocessor_count"] > 0
        assert torch.zeros(1, device=driver.active.get_active_torch_device()).device.type == "cpu"
        with torch.cuda.device(0):
            torch.cuda.synchronize()
        # Code that is told of a GPU moves tensors to it.
        assert not torch.cuda.is_available()


def test_a_benchmark_of_tritons_own_runs(kernels: Load) -> None:
    import triton.testing

    module = kernels(KERNEL)
    with without_gpu():
        assert triton.testing.do_bench(module.launch, warmup=1, rep=1) == 1.0

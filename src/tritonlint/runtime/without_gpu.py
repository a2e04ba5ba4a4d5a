"""Launches without a GPU: Triton's own binder, key and hooks run, and no kernel does."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from tritonlint.runtime.gpus import Gpu, find_gpu, torch_answers

#: Device numbers that no machine has: what was compiled for a real device stays apart, and each
#: use begins with empty caches.
_devices = itertools.count(1_000_000)

_active: list[_Device] = []


@contextlib.contextmanager
def without_gpu(target: str = "cuda:90", *, compile: bool = False) -> Iterator[None]:
    """Let host code launch kernels on CPU tensors, as if there were a GPU.

    Every launch goes through Triton's own binder and key, and counts as a compile where it would be
    one. Nothing is launched: outputs keep what was in them, so that code whose launches depend on
    results (a length read back from the device, a data-dependent loop) takes other ways than on a
    GPU. A tuning tries every config once, and the first one wins. `torch.cuda` answers questions
    about the GPU (its name, its capability), but `torch.cuda.is_available()` stays False.

    Args:
        target: the GPU that is stood in for: "cuda:90", "cuda:80", "hip:gfx942".
        compile: compile for real, also to disk; no GPU is needed for that.

    Raises:
        ValueError: a target that is neither "cuda:NUMBER" nor "hip:gfxNAME".
    """
    gpu = find_gpu(target)
    import triton.compiler
    from triton.runtime import driver
    from triton.runtime.autotuner import Autotuner

    device = _Device(gpu, next(_devices), compile)
    before = dict(vars(driver))
    real_compile, real_bench = triton.compiler.compile, Autotuner._bench
    real_cache = getattr(Autotuner, "check_disk_cache", None)
    if not hasattr(real_compile, "without_gpu"):
        # Kernels keep the function that they were given, so it has to know when it is not meant.
        triton.compiler.compile = _compiler(real_compile)
    Autotuner._bench = _remembering(real_bench, device)
    if real_cache is not None:
        Autotuner.check_disk_cache = _tune_anew
    driver.set_active(device)
    _active.append(device)
    try:
        with torch_answers(gpu):
            yield
    finally:
        _active.remove(device)
        vars(driver).clear()
        vars(driver).update(before)
        Autotuner._bench = real_bench
        if real_cache is not None:
            Autotuner.check_disk_cache = real_cache
        triton.compiler.compile = real_compile
        for tuner, cache in device.tuned.values():
            tuner.cache.clear()
            tuner.cache.update(cache)


class _Device:
    """What Triton asks a driver for, of a GPU that is not there."""

    def __init__(self, gpu: Gpu, number: int, compiles: bool) -> None:
        from triton.backends.compiler import GPUTarget

        arch = int(gpu.arch) if gpu.backend == "cuda" else gpu.arch
        self.target = GPUTarget(gpu.backend, arch, gpu.warp_size)
        self.number = number
        self.compiles = compiles
        self.tuned: dict[int, tuple[Any, dict[Any, Any]]] = {}
        properties = {
            "max_shared_mem": gpu.shared_memory,
            "multiprocessor_count": gpu.multiprocessors,
            "max_num_regs": 65536,
            "warpSize": gpu.warp_size,
            "sm_clock_rate": 1_980_000,
            "mem_clock_rate": 2_619_000,
            "mem_bus_width": 5120,
        }
        self.utils = SimpleNamespace(get_device_properties=lambda device: properties)

    def get_current_target(self) -> Any:
        """The GPU that is stood in for."""
        return self.target

    def get_current_device(self) -> int:
        """Its number."""
        return self.number

    def set_current_device(self, device: int) -> None:
        """There is no other."""

    def get_current_stream(self, device: int | None = None) -> int:
        """The default one."""
        return 0

    def get_active_torch_device(self) -> Any:
        """Where tensors are: on the CPU."""
        import torch

        return torch.device("cpu")

    def get_device_interface(self) -> Any:
        """The part of `torch.cuda` that benchmarks use."""
        return _Interface()

    def get_benchmarker(self) -> Callable[..., Any]:
        """One call, and the same time for all."""
        return _benchmark

    def get_empty_cache_for_benchmark(self) -> Any:
        """Nothing to be emptied; up to 3.2 benchmarks do it themselves."""
        return SimpleNamespace(zero_=lambda: None)

    def clear_cache(self, cache: Any) -> None:
        """Nothing to be done."""


class _Interface:
    """Stands in for `torch.cuda` in `triton.testing.do_bench`."""

    def synchronize(self) -> None:
        """Nothing runs."""

    def Event(self, enable_timing: bool = False) -> _Interface:  # noqa: N802
        """An event that measures nothing."""
        return self

    def record(self) -> None:
        """Nothing is recorded."""

    def elapsed_time(self, other: object) -> float:
        """The same for all."""
        return 1.0


def _benchmark(call: Callable[[], object], quantiles: Any = None, **_: Any) -> Any:
    if not _active:
        # A tuner keeps the benchmark that it was given first.
        from triton.runtime import driver

        return driver.active.get_benchmarker()(call, quantiles=quantiles)
    call()
    return [1.0] * len(quantiles) if quantiles else 1.0


def _remembering(bench: Any, device: _Device) -> Any:
    """`Autotuner._bench` that keeps what was tuned before: nothing is learnt without a GPU."""

    def _bench(self: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self.cache, dict):
            device.tuned.setdefault(id(self), (self, dict(self.cache)))
        return bench(self, *args, **kwargs)

    return _bench


def _tune_anew(tuner: Any, key: Any, configs: Any, bench: Callable[[], object]) -> bool:
    """Stands in for `Autotuner.check_disk_cache`: what is measured here must not get to disk."""
    bench()
    return False


def _compiler(real: Callable[..., Any]) -> Callable[..., Any]:
    def compile(src: Any, *args: Any, **kwargs: Any) -> Any:
        if not _active:
            return real(src, *args, **kwargs)
        return Unlaunched(src, real(src, *args, **kwargs) if _active[-1].compiles else None)

    compile.without_gpu = True  # type: ignore[attr-defined]
    return compile


class Unlaunched:
    """A kernel that can be asked for what it was compiled to, and does nothing when launched."""

    function = None
    packed_metadata = None

    def __init__(self, source: Any, compiled: Any) -> None:
        self.src = source
        self.compiled = compiled

    def run(self, *args: object, **kwargs: object) -> None:
        """Launch nothing."""

    def launch_metadata(self, *args: object) -> None:
        """Nothing is launched."""

    def __getitem__(self, grid: object) -> Callable[..., None]:
        return self.run

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.compiled is None:
            raise AttributeError(
                f"{name}: the kernel was not compiled; without_gpu(..., compile=True) compiles"
            )
        return getattr(self.compiled, name)

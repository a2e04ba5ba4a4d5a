"""Launches without a GPU: Triton's own binder, key and hooks run, but no kernel does."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from tritonlint.runtime.gpus import Gpu, find_gpu, torch_answers

#: Device numbers that no machine has: compiles for a real device stay apart, and each
#: use starts with empty caches.
_devices = itertools.count(1_000_000)

_active: list[_Device] = []


@contextlib.contextmanager
def without_gpu(target: str = "cuda:90", *, compile: bool = False) -> Iterator[None]:
    """Let host code launch kernels on CPU tensors, as if there were a GPU.

    Every launch goes through Triton's own binder and key, and counts as a compile if it would be
    one. Nothing is launched, and outputs keep their contents. So code whose launches depend on
    results (a length read back from the device, a data-dependent loop) takes other paths than on a
    GPU. A tuning tries every config once, and the first one wins. `torch.cuda` answers questions
    about the GPU (its name, its capability), but `torch.cuda.is_available()` stays False.

    Args:
        target: the GPU to replace: "cuda:90", "cuda:80", "hip:gfx942".
        compile: really compile, also to disk, which needs no GPU.

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
        # Kernels keep the function that they got, so it has to know when it is not wanted.
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
    """What Triton asks a driver, answered for a GPU that does not exist."""

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
        """Return the replaced GPU."""
        return self.target

    def get_current_device(self) -> int:
        """Return its number."""
        return self.number

    def set_current_device(self, device: int) -> None:
        """Do nothing: there is no other device."""

    def get_current_stream(self, device: int | None = None) -> int:
        """Return the default stream."""
        return 0

    def get_active_torch_device(self) -> Any:
        """Return where tensors are: on the CPU."""
        import torch

        return torch.device("cpu")

    def get_device_interface(self) -> Any:
        """Return the part of `torch.cuda` that benchmarks use."""
        return _Interface()

    def get_benchmarker(self) -> Callable[..., Any]:
        """Return a benchmark that calls once, and gives the same time for all."""
        return _benchmark

    def get_empty_cache_for_benchmark(self) -> Any:
        """Return nothing to empty; up to 3.2, benchmarks make the cache themselves."""
        return SimpleNamespace(zero_=lambda: None)

    def clear_cache(self, cache: Any) -> None:
        """Do nothing."""


class _Interface:
    """Replaces `torch.cuda` in `triton.testing.do_bench`."""

    def synchronize(self) -> None:
        """Do nothing: nothing runs."""

    def Event(self, enable_timing: bool = False) -> _Interface:  # noqa: N802
        """An event that measures nothing."""
        return self

    def record(self) -> None:
        """Record nothing."""

    def elapsed_time(self, other: object) -> float:
        """Return the same time for all."""
        return 1.0


def _benchmark(call: Callable[[], object], quantiles: Any = None, **_: Any) -> Any:
    if not _active:
        # A tuner keeps the first benchmark that it got.
        from triton.runtime import driver

        return driver.active.get_benchmarker()(call, quantiles=quantiles)
    call()
    return [1.0] * len(quantiles) if quantiles else 1.0


def _remembering(bench: Any, device: _Device) -> Any:
    """Return an `Autotuner._bench` that keeps results: without a GPU, there are no new ones."""

    def _bench(self: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self.cache, dict):
            device.tuned.setdefault(id(self), (self, dict(self.cache)))
        return bench(self, *args, **kwargs)

    return _bench


def _tune_anew(tuner: Any, key: Any, configs: Any, bench: Callable[[], object]) -> bool:
    """Replaces `Autotuner.check_disk_cache`, so that these measurements do not get to the disk."""
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
    """A kernel that shows its compiled code, and does nothing when launched."""

    function = None
    packed_metadata = None

    def __init__(self, source: Any, compiled: Any) -> None:
        self.src = source
        self.compiled = compiled

    def run(self, *args: object, **kwargs: object) -> None:
        """Launch nothing."""

    def launch_metadata(self, *args: object) -> None:
        """Return nothing: nothing is launched."""

    def __getitem__(self, grid: object) -> Callable[..., None]:
        return self.run

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.compiled is None:
            raise AttributeError(
                f"{name}: the kernel was not compiled; without_gpu(..., compile=True) compiles"
            )
        return getattr(self.compiled, name)

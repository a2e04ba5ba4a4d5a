"""Replaces a GPU and its driver, as far as Triton needs them before a launch."""

from __future__ import annotations

import types
from typing import Any


class StubDriver:
    """Answers like the driver of one H100."""

    target: Any = None

    def __init__(self, torch: Any) -> None:
        from triton.backends.compiler import GPUTarget

        StubDriver.target = GPUTarget("cuda", 90, 32)
        self.torch = torch
        self.utils = types.SimpleNamespace(
            get_device_properties=lambda device: {
                "max_shared_mem": 232448,
                "multiprocessor_count": 132,
                "warpSize": 32,
                "max_num_regs": 65536,
                "sm_clock_rate": 1,
                "mem_clock_rate": 1,
                "mem_bus_width": 1,
            }
        )

    def get_current_target(self) -> Any:
        return self.target

    def get_current_device(self) -> int:
        return 0

    def set_current_device(self, device: int) -> None:
        pass

    def get_current_stream(self, device: int = 0) -> int:
        return 0

    def get_active_torch_device(self) -> Any:
        return self.torch.device("cpu")

    def get_device_interface(self) -> Any:
        return self.torch.cpu

    def get_benchmarker(self) -> Any:
        return bench

    def get_empty_cache_for_benchmark(self) -> None:
        return None

    def clear_cache(self, cache: Any) -> None:
        pass


def bench(call: Any, *args: Any, quantiles: Any = None, **options: Any) -> Any:
    """Replaces a benchmark: one call, and the same time for all; the first config wins."""
    call()
    return [1.0] * len(quantiles) if quantiles else 1.0

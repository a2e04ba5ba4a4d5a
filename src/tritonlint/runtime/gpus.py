"""Replacements for GPUs: the answers of Triton's driver and of torch about them."""

from __future__ import annotations

import contextlib
import importlib.util
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock


class Gpu(NamedTuple):
    """One model. `shared_memory` is the most that one block can have, in bytes."""

    backend: str
    arch: str
    name: str
    shared_memory: int
    multiprocessors: int
    warp_size: int = 32
    memory: int = 80 << 30

    @property
    def capability(self) -> tuple[int, int]:
        """CUDA's compute capability; for AMD's gfx942, torch says (9, 4)."""
        digits = self.arch.removeprefix("gfx")
        if self.backend == "hip":
            return int(digits[:-2]), int(digits[-2], 16)
        return int(digits[:-1]), int(digits[-1])


#: One common model of each architecture, from the vendors' tables.
_KNOWN = {
    gpu.arch: gpu
    for gpu in (
        Gpu("cuda", "75", "Tesla T4", 65536, 40, memory=16 << 30),
        Gpu("cuda", "80", "NVIDIA A100-SXM4-80GB", 166912, 108),
        Gpu("cuda", "86", "NVIDIA A10G", 101376, 80, memory=24 << 30),
        Gpu("cuda", "89", "NVIDIA L40S", 101376, 142, memory=48 << 30),
        Gpu("cuda", "90", "NVIDIA H100 80GB HBM3", 232448, 132),
        Gpu("cuda", "100", "NVIDIA B200", 232448, 148, memory=180 << 30),
        Gpu("hip", "gfx90a", "AMD Instinct MI250X", 65536, 110, 64, 64 << 30),
        Gpu("hip", "gfx942", "AMD Instinct MI300X", 65536, 304, 64, 192 << 30),
        Gpu("hip", "gfx950", "AMD Instinct MI355X", 163840, 256, 64, 288 << 30),
    )
}


def find_gpu(target: str) -> Gpu:
    """Return the model for "cuda:90", "hip:gfx942" and the like.

    Raises:
        ValueError: it names no architecture.
    """
    match = re.fullmatch(r"cuda:(\d{2,3})|hip:(gfx[0-9a-f]{3,4})", target)
    if match is None:
        raise ValueError(
            f"{target!r} is not a target: give 'cuda:NUMBER', such as 'cuda:90', or 'hip:gfxNAME', "
            "such as 'hip:gfx942'"
        )
    arch = match[1] or match[2]
    if arch in _KNOWN:
        return _KNOWN[arch]
    if match[1]:
        return Gpu("cuda", arch, f"NVIDIA sm_{arch}", 101376, 100)
    # AMD's data center GPUs (gfx9) have waves of 64.
    return Gpu("hip", arch, f"AMD {arch}", 65536, 100, 64 if arch.startswith("gfx9") else 32)


@contextlib.contextmanager
def torch_answers(gpu: Gpu) -> Iterator[None]:
    """Make `torch.cuda` answer questions about the GPU; `is_available()` stays as it is.

    If it were True, code would move its tensors to the GPU.
    """
    if importlib.util.find_spec("torch") is None:
        yield
        return
    import torch.cuda

    properties = SimpleNamespace(
        name=gpu.name,
        major=gpu.capability[0],
        minor=gpu.capability[1],
        total_memory=gpu.memory,
        multi_processor_count=gpu.multiprocessors,
        shared_memory_per_block=49152,
        shared_memory_per_block_optin=gpu.shared_memory,
        shared_memory_per_multiprocessor=gpu.shared_memory + 1024,
        warp_size=gpu.warp_size,
        gcnArchName=gpu.arch,
        L2_cache_size=50 << 20,
        regs_per_multiprocessor=65536,
        max_threads_per_multi_processor=2048,
    )
    stream = SimpleNamespace(cuda_stream=0, device_index=0, synchronize=lambda: None)
    answers: dict[str, Any] = {
        "current_device": lambda: 0,
        "device_count": lambda: 1,
        "get_device_name": lambda device=None: gpu.name,
        "get_device_capability": lambda device=None: gpu.capability,
        "get_device_properties": lambda device=None: properties,
        "current_stream": lambda device=None: stream,
        "set_device": lambda device: None,
        "synchronize": lambda device=None: None,
        "device": lambda device: contextlib.nullcontext(),
    }
    with contextlib.ExitStack() as stack:
        for name, answer in answers.items():
            stack.enter_context(mock.patch.object(torch.cuda, name, answer))
        yield

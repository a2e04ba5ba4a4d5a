"""Compiles the five kernels of each tree with the real Triton JIT, on a machine without a GPU.

    python compile_sweep.py original corrected
    python compile_sweep.py --small original corrected

`--small` takes half the time: the blocks, chunks and states are small, and loops over them have two
rounds.

A stub replaces the GPU driver, and only says for which GPU to compile. The script calls the host
functions as a serving engine does, once for each token count of LENGTHS. Their tensors are on
PyTorch's meta device, so 2**31 tokens take no memory. For each tree and kernel, the script prints
the list of its compiles as JSON: the token count that caused the compile, the type of `seqlen` in
the signature, and the SHA-256 of the cubin and of the PTX without the declaration of `seqlen`.
"""

import hashlib
import importlib
import json
import re
import sys
from pathlib import Path

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.runtime.driver import driver

LENGTHS = [1, 2, 15, 16, 17, 4096, 2**31]
HEADS, HEADDIM, GROUPS, DSTATE, CHUNK, WIDTH = 128, 64, 8, 128, 128, 4
LARGEST_BLOCK = 2**20
if "--small" in sys.argv:
    HEADDIM, DSTATE, CHUNK, LARGEST_BLOCK = 32, 32, 32, 16
CONV_DIM = HEADS * HEADDIM + 2 * GROUPS * DSTATE


class StubDriver:
    """A driver for an H100 that is not there: kernels can be compiled for it, not launched."""

    def get_current_target(self):
        return GPUTarget("cuda", 90, 32)

    def get_current_device(self):
        return 0

    def get_current_stream(self, device):
        return 0


class Compiled:
    """Stands in for an autotuned kernel: a launch compiles its first config, and runs nothing.

    There is no GPU to time the configs on, nor one to run the kernel.
    """

    def __init__(self, autotuner):
        self.jit_function = autotuner.fn
        self.config = {
            name: min(value, LARGEST_BLOCK) if name.startswith("BLOCK") else value
            for name, value in autotuner.configs[0].all_kwargs().items()
        }
        self.binaries = []

    def __getitem__(self, grid):
        def launch(*args, **kwargs):
            binary = self.jit_function.warmup(*args, grid=grid, **kwargs, **self.config)
            self.binaries.append(binary)

        return launch


def empty(*shape, dtype=torch.bfloat16):
    return torch.empty(*shape, dtype=dtype, device="meta")


def code(binary):
    """The PTX of a binary, without the declaration of `seqlen` among its parameters.

    PTX numbers the parameters, so those after it are renumbered.
    """
    runtime = [name for name, kind in binary.src.signature.items() if kind != "constexpr"]
    ptx = binary.asm["ptx"]
    if "seqlen" not in runtime:
        return ptx
    dead = runtime.index("seqlen")
    ptx, declarations = re.subn(rf"\n\s*\.param \.[a-z]\d+ \w+_param_{dead},", "", ptx)
    assert declarations == 1, declarations

    def renumber(match):
        number = int(match[1])
        assert number != dead, "seqlen is read"
        return f"_param_{number - (number > dead)}"

    return re.sub(r"_param_(\d+)", renumber, ptx)


def sha256(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


def call_host_functions(modules, tokens):
    """Launches each kernel once, for one sequence of this many tokens."""
    chunks = triton.cdiv(tokens, CHUNK)
    index = {"dtype": torch.int32}
    modules["causal_conv1d"].causal_conv1d_fn(
        empty(tokens, CONV_DIM),
        empty(WIDTH, CONV_DIM),
        empty(CONV_DIM),
        empty(16, WIDTH - 1, CONV_DIM),
        empty(2, **index),
        empty(1, **index),
        empty(1, dtype=torch.bool),
    )
    modules["ssd_combined"].mamba_chunk_scan_combined_varlen(
        empty(tokens, HEADS, HEADDIM),
        empty(tokens, HEADS),
        empty(HEADS, dtype=torch.float32),
        empty(tokens, GROUPS, DSTATE),
        empty(tokens, GROUPS, DSTATE),
        CHUNK,
        empty(chunks + 1, **index),
        empty(chunks, **index),
        empty(1, **index),
        D=empty(HEADS, dtype=torch.float32),
        dt_bias=empty(HEADS, dtype=torch.float32),
        dt_softplus=True,
    )


def sweep(tree):
    """The compiles of each kernel of a tree, in order."""
    driver.set_active(StubDriver())
    compiles = {}
    tokens = None

    def after_compile(*, fn, **_):
        compiles.setdefault(fn.name.rpartition(".")[2], []).append({"tokens": tokens})

    triton.knobs.runtime.jit_post_compile_hook = after_compile

    names = ["causal_conv1d", "ssd_bmm", "ssd_chunk_scan", "ssd_chunk_state", "ssd_state_passing"]
    modules = {
        name: importlib.import_module(f"mamba_ssd.{tree}.{name}")
        for name in [*names, "ssd_combined"]
    }
    kernels = {}
    for name in names:
        for attribute, value in list(vars(modules[name]).items()):
            if isinstance(value, triton.runtime.Autotuner):
                kernels[attribute] = Compiled(value)
                setattr(modules[name], attribute, kernels[attribute])

    for tokens in LENGTHS:
        call_host_functions(modules, tokens)

    for name, kernel in kernels.items():
        distinct = list(dict.fromkeys(kernel.binaries))
        for compile_, binary in zip(compiles[name], distinct, strict=True):
            compile_["seqlen"] = binary.src.signature.get("seqlen")
            compile_["cubin"] = sha256(binary.asm["cubin"])
            compile_["code"] = sha256(code(binary))
    return compiles


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))
    trees = [argument for argument in sys.argv[1:] if argument != "--small"]
    json.dump({tree: sweep(tree) for tree in trees}, sys.stdout, indent=1)

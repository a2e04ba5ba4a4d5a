"""The Mamba-2 mixer of Nemotron-H-8B, prefilled with the reference kernels of one tree.

Shared by the benchmarks beside it. The weights are random: only their shapes matter here.
"""
# The one-letter names are those of the state space model.
# ruff: noqa: N806

import importlib
import sys
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))

HIDDEN, HEADS, HEADDIM, GROUPS, DSTATE, CHUNK, WIDTH = 4096, 128, 64, 8, 128, 128, 4
INNER, BC = HEADS * HEADDIM, GROUPS * DSTATE
CONV_DIM = INNER + 2 * BC
PROJECTION = 2 * INNER + 2 * BC + HEADS
MODULES = ["causal_conv1d", "ssd_bmm", "ssd_chunk_scan", "ssd_chunk_state", "ssd_state_passing"]


def load(tree):
    """The modules of `original` or `corrected`, by name."""
    names = [*MODULES, "ssd_combined"]
    return {name: importlib.import_module(f"mamba_ssd.{tree}.{name}") for name in names}


def random(*shape, scale=1.0, dtype=torch.bfloat16):
    return (torch.randn(*shape, device="cuda", dtype=torch.float32) * scale).to(dtype)


class Mixer:
    """One layer. `core` runs the five kernels and the state passing; `__call__` runs all."""

    def __init__(self, modules, projections):
        self.conv = modules["causal_conv1d"].causal_conv1d_fn
        self.scan = modules["ssd_combined"].mamba_chunk_scan_combined_varlen
        self.chunk_metadata = modules["ssd_combined"].chunk_metadata
        self.conv_weight = random(WIDTH, CONV_DIM, scale=0.5)
        self.conv_bias = random(CONV_DIM)
        self.conv_states = random(4, WIDTH - 1, CONV_DIM)
        self.A = -torch.linspace(0.5, 8.0, HEADS, device="cuda")
        self.D = random(HEADS, dtype=torch.float32)
        self.dt_bias = random(HEADS, dtype=torch.float32)
        if projections:
            self.w_in = random(PROJECTION, HIDDEN, scale=HIDDEN**-0.5)
            self.w_out = random(HIDDEN, INNER, scale=INNER**-0.5)

    def metadata(self, tokens):
        """What tells the kernels about a batch of one prompt. An engine makes it once a batch."""
        index = {"dtype": torch.int32, "device": "cuda"}
        return {
            "query_start_loc": torch.tensor([0, tokens], **index),
            "cache_indices": torch.tensor([1], **index),
            "chunks": self.chunk_metadata([tokens], CHUNK, device="cuda"),
        }

    def core(self, projected, metadata):
        z, xBC, dt = projected.split([INNER, CONV_DIM, HEADS], dim=1)
        xBC = self.conv(
            xBC,
            self.conv_weight,
            self.conv_bias,
            self.conv_states,
            metadata["query_start_loc"],
            metadata["cache_indices"],
        )
        x, B, C = xBC.split([INNER, BC, BC], dim=1)
        y, _ = self.scan(
            x.unflatten(1, (HEADS, HEADDIM)),
            dt,
            self.A,
            B.unflatten(1, (GROUPS, DSTATE)),
            C.unflatten(1, (GROUPS, DSTATE)),
            CHUNK,
            *metadata["chunks"],
            D=self.D,
            z=z.unflatten(1, (HEADS, HEADDIM)),
            dt_bias=self.dt_bias,
            dt_softplus=True,
        )
        return y.flatten(1)

    def __call__(self, hidden, metadata):
        projected = F.linear(F.rms_norm(hidden, (HIDDEN,)), self.w_in)
        y = F.rms_norm(self.core(projected, metadata), (INNER,))
        return hidden + F.linear(y, self.w_out)


def versions():
    """The machine, in words, since every published table says where it was measured."""
    import triton

    name = torch.cuda.get_device_name()
    return f"{name}, Triton {triton.__version__}, PyTorch {torch.__version__}"

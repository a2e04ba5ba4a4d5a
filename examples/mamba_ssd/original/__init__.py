"""The prefill kernels of a Mamba-2 mixer: a causal convolution and the SSD chunk scan.

`causal_conv1d_fn` and `mamba_chunk_scan_combined_varlen` are the whole; the other modules hold one
stage each, in the order in which they run: `ssd_chunk_state` (cumulative decay, then the state that
each chunk adds), `ssd_state_passing`, `ssd_bmm` and `ssd_chunk_scan`.
"""

import triton

from . import (
    causal_conv1d,
    ssd_bmm,
    ssd_chunk_scan,
    ssd_chunk_state,
    ssd_combined,
    ssd_state_passing,
)
from .causal_conv1d import causal_conv1d_fn
from .ssd_combined import chunk_metadata, mamba_chunk_scan_combined_varlen

__all__ = ["causal_conv1d_fn", "chunk_metadata", "mamba_chunk_scan_combined_varlen"]

if triton.knobs.runtime.interpret:
    # Under TRITON_INTERPRET=1 there is no GPU to time the configs on, so each kernel takes its
    # first one.
    for _module in (
        causal_conv1d,
        ssd_bmm,
        ssd_chunk_scan,
        ssd_chunk_state,
        ssd_combined,
        ssd_state_passing,
    ):
        for _value in vars(_module).values():
            if isinstance(_value, triton.runtime.Autotuner):
                _value.configs = _value.configs[:1]

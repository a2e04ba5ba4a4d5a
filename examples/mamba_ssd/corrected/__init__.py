"""The prefill kernels of a Mamba-2 mixer: a causal convolution and the SSD chunk scan.

`causal_conv1d_fn` and `mamba_chunk_scan_combined_varlen` are the whole; the other modules have one
stage each, in the order in which they run: `ssd_chunk_state` (cumulative decay, then the state that
each chunk adds), `ssd_state_passing`, `ssd_bmm` and `ssd_chunk_scan`.
"""

from .causal_conv1d import causal_conv1d_fn
from .ssd_combined import chunk_metadata, mamba_chunk_scan_combined_varlen

__all__ = ["causal_conv1d_fn", "chunk_metadata", "mamba_chunk_scan_combined_varlen"]

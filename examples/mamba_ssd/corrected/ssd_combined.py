"""All stages of the SSD chunk scan together."""
# The one-letter names are those of the state space model.
# ruff: noqa: N803, N806

import torch

from .ssd_bmm import _bmm_chunk_fwd
from .ssd_chunk_scan import _chunk_scan_fwd
from .ssd_chunk_state import _chunk_cumsum_fwd, _chunk_state_fwd
from .ssd_state_passing import _state_passing_fwd


def chunk_metadata(lengths, chunk_size, device=None):
    """Cuts concatenated sequences into chunks, none of which crosses into the next sequence.

    Args:
        lengths: the number of tokens of each sequence, at least 1.
        chunk_size: the longest chunk, in tokens.
        device: where the result goes.

    Returns:
        cu_chunk_seqlens (chunks + 1,), seq_idx (chunks,) and last_chunk_indices (sequences,), all
        int32, as `mamba_chunk_scan_combined_varlen` takes them.

    Raises:
        ValueError: a sequence is empty.
    """
    cu_chunk_seqlens, seq_idx, last_chunk_indices = [0], [], []
    for sequence, length in enumerate(lengths):
        if length < 1:
            raise ValueError(f"sequence {sequence} has no token")
        start = cu_chunk_seqlens[-1]
        for first in range(0, length, chunk_size):
            cu_chunk_seqlens.append(start + min(first + chunk_size, length))
            seq_idx.append(sequence)
        last_chunk_indices.append(len(seq_idx) - 1)
    return tuple(
        torch.tensor(values, dtype=torch.int32, device=device)
        for values in (cu_chunk_seqlens, seq_idx, last_chunk_indices)
    )


def mamba_chunk_scan_combined_varlen(
    x,
    dt,
    A,
    B,
    C,
    chunk_size,
    cu_chunk_seqlens,
    seq_idx,
    last_chunk_indices,
    D=None,
    z=None,
    dt_bias=None,
    initial_states=None,
    dt_softplus=False,
    dt_limit=(0.0, float("inf")),
):
    """The state space model of a Mamba-2 mixer over concatenated sequences.

    For each sequence, token by token, it computes `h = exp(dt' * A) * h + dt' * x (outer) B` and
    `y = C . h + D * x`, times `silu(z)` if z is given, with `dt' = clamp(softplus(dt + dt_bias))`.

    Args:
        x: input, (tokens, heads, headdim).
        dt: raw time steps, (tokens, heads).
        A: decay rates, negative, (heads,).
        B, C: input and output matrix, (tokens, groups, dstate); heads / groups heads share one.
        chunk_size: the longest chunk, in tokens; a power of two, at least 16.
        cu_chunk_seqlens: where each chunk begins and the last one ends, int32, (chunks + 1,).
        seq_idx: the sequence that each chunk belongs to, int32, (chunks,).
        last_chunk_indices: the last chunk of each sequence, int32, (sequences,).
        D: skip weights, (heads,) or (heads, headdim), or None.
        z: gate, (tokens, heads, headdim), or None.
        dt_bias: added to `dt`, (heads,), or None.
        initial_states: (sequences, heads, headdim, dstate), or None for zero.
        dt_softplus: whether softplus is applied to the time steps.
        dt_limit: the bounds that the time steps are clamped to.

    Returns:
        y, (tokens, heads, headdim), of x's type, and the state that each sequence ends with,
        float32, (sequences, heads, headdim, dstate).

    Raises:
        ValueError: shapes, types or memory layouts do not fit.
    """
    if x.shape[1] % B.shape[1]:
        raise ValueError(f"{x.shape[1]} heads cannot share {B.shape[1]} groups evenly")
    dA_cumsum, dt = _chunk_cumsum_fwd(
        dt,
        A,
        chunk_size,
        cu_chunk_seqlens,
        dt_bias=dt_bias,
        dt_softplus=dt_softplus,
        dt_limit=dt_limit,
    )
    states = _chunk_state_fwd(B, x, dt, dA_cumsum, cu_chunk_seqlens)
    entering_states, final_states = _state_passing_fwd(
        states,
        dA_cumsum,
        last_chunk_indices,
        initial_states=initial_states,
        out_dtype=x.dtype,
    )
    CB = _bmm_chunk_fwd(C, B, chunk_size, cu_chunk_seqlens)
    out = _chunk_scan_fwd(
        CB,
        x,
        dt,
        dA_cumsum,
        C,
        entering_states,
        cu_chunk_seqlens,
        seq_idx,
        D=D,
        z=z,
        has_initial_states=initial_states is not None,
    )
    return out, final_states

"""The recurrence from chunk to chunk: the one stage that is sequential."""
# The one-letter names are those of the state space model.
# ruff: noqa: N803, N806

import torch
import triton
import triton.language as tl


@triton.autotune(
    configs=[
        triton.Config({"BLOCK": 512}, num_warps=1),
        triton.Config({"BLOCK": 512}, num_warps=4),
        triton.Config({"BLOCK": 1024}, num_warps=4),
        triton.Config({"BLOCK": 2048}, num_warps=8),
    ],
    key=["state_size"],
)
@triton.jit
def _state_passing_fwd_kernel(
    states_ptr,
    dA_cumsum_ptr,
    last_chunk_indices_ptr,
    initial_states_ptr,
    entering_states_ptr,
    final_states_ptr,
    stride_dA_head,
    state_size: tl.constexpr,
    chunk_size: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """One program: one sequence, one head, BLOCK elements of its state, through all its chunks."""
    elements = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    head = tl.program_id(1).to(tl.int64)
    sequence = tl.program_id(2).to(tl.int64)
    nheads = tl.num_programs(1)
    in_state = elements < state_size

    before = tl.load(last_chunk_indices_ptr + sequence - 1, mask=sequence > 0, other=-1)
    last = tl.load(last_chunk_indices_ptr + sequence)

    state = tl.zeros((BLOCK,), dtype=tl.float32)
    of_sequence = (sequence * nheads + head) * state_size + elements
    if initial_states_ptr is not None:
        state = tl.load(initial_states_ptr + of_sequence, mask=in_state, other=0.0).to(tl.float32)

    dA_last_ptr = dA_cumsum_ptr + head * stride_dA_head + chunk_size - 1
    of_chunk = ((before + 1).to(tl.int64) * nheads + head) * state_size + elements
    for chunk in range(before + 1, last + 1):
        tl.store(entering_states_ptr + of_chunk, state, mask=in_state)
        decay = tl.exp(tl.load(dA_last_ptr + chunk * chunk_size))
        state = decay * state + tl.load(states_ptr + of_chunk, mask=in_state, other=0.0)
        of_chunk += nheads * state_size
    tl.store(final_states_ptr + of_sequence, state, mask=in_state)


def _state_passing_fwd(
    states,
    dA_cumsum,
    last_chunk_indices,
    initial_states=None,
    out_dtype=torch.float32,
):
    """Carries the state over the chunks of each sequence.

    `S_c = exp(dA_cumsum[c, last]) * S_(c-1) + state[c]`, starting again at each sequence.

    Args:
        states: from `_chunk_state_fwd`, float32, (chunks, heads, headdim, dstate).
        dA_cumsum: from `_chunk_cumsum_fwd`.
        last_chunk_indices: the last chunk of each sequence, int32, (sequences,).
        initial_states: (sequences, heads, headdim, dstate), contiguous, or None for zero.
        out_dtype: type of the entering states. They feed a matrix product, so the type of its
            other operand loses nothing more and saves half of the memory traffic.

    Returns:
        The state that enters each chunk, S_(c-1), (chunks, heads, headdim, dstate), and the state
        that each sequence ends with, float32, (sequences, heads, headdim, dstate).
    """
    _, nheads, headdim, dstate = states.shape
    nsequences = last_chunk_indices.shape[0]
    final_states = states.new_empty(nsequences, nheads, headdim, dstate)
    if initial_states is not None:
        if initial_states.shape != final_states.shape:
            raise ValueError(f"initial_states must have shape {tuple(final_states.shape)}")
        initial_states = initial_states.contiguous()
    entering_states = torch.empty_like(states, dtype=out_dtype)

    def grid(meta):
        return triton.cdiv(headdim * dstate, meta["BLOCK"]), nheads, nsequences

    _state_passing_fwd_kernel[grid](
        states,
        dA_cumsum,
        last_chunk_indices,
        initial_states,
        entering_states,
        final_states,
        dA_cumsum.stride(0),
        state_size=headdim * dstate,
        chunk_size=dA_cumsum.shape[2],
    )
    return entering_states, final_states

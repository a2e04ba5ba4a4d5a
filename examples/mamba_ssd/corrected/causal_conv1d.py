"""The depthwise causal convolution before the state space model, over concatenated sequences."""
# Constants of a kernel are in capitals, as is usual in Triton.
# ruff: noqa: N803

import torch
import triton
import triton.language as tl


@triton.autotune(
    configs=[
        triton.Config({"BLOCK_T": 16, "BLOCK_D": 128}, num_warps=4),
        triton.Config({"BLOCK_T": 16, "BLOCK_D": 128}, num_warps=2),
        triton.Config({"BLOCK_T": 8, "BLOCK_D": 128}, num_warps=2),
        triton.Config({"BLOCK_T": 32, "BLOCK_D": 128}, num_warps=4),
    ],
    key=["dim", "WIDTH"],
    # A sequence's new state replaces the old one: each timing must start with the old one.
    restore_value=["conv_states_ptr"],
)
# The number of sequences changes from batch to batch, and a special case gains nothing.
@triton.jit(do_not_specialize=["num_sequences"])
def _causal_conv1d_fwd_kernel(
    x_ptr,
    weight_ptr,
    bias_ptr,
    conv_states_ptr,
    query_start_loc_ptr,
    cache_indices_ptr,
    has_initial_state_ptr,
    out_ptr,
    num_sequences,
    stride_x_token,
    dim: tl.constexpr,
    WIDTH: tl.constexpr,
    SILU: tl.constexpr,
    BLOCK_T: tl.constexpr,
    BLOCK_D: tl.constexpr,
):
    """One program: BLOCK_T tokens of one sequence, BLOCK_D channels."""
    tile = tl.program_id(0)
    channels = tl.program_id(1) * BLOCK_D + tl.arange(0, BLOCK_D)
    in_dim = (channels < dim)[None, :]

    # Sequence s owns the tiles from query_start_loc[s] // BLOCK_T + s on. That is about one tile
    # more than it needs, but the host does not have to go through the lengths.
    sequence = -1
    for first in range(0, num_sequences, 128):
        candidates = first + tl.arange(0, 128)
        exists = candidates < num_sequences
        starts = tl.load(query_start_loc_ptr + candidates, mask=exists, other=0)
        sequence += tl.sum((exists & (starts // BLOCK_T + candidates <= tile)).to(tl.int32), axis=0)

    sequence_start = tl.load(query_start_loc_ptr + sequence)
    seqlen = tl.load(query_start_loc_ptr + sequence + 1) - sequence_start
    first_position = (tile - sequence_start // BLOCK_T - sequence) * BLOCK_T
    if first_position >= seqlen:
        return

    # The tile's own place needs 64 bits, since the channels of a long prompt are beyond 31; the
    # offsets inside it are small.
    first_token = sequence_start.to(tl.int64) + first_position
    x_ptr += first_token * stride_x_token
    out_ptr += first_token * dim
    slot = tl.load(cache_indices_ptr + sequence).to(tl.int64)
    conv_states_ptr += slot * (WIDTH - 1) * dim
    if has_initial_state_ptr is not None:
        # How many tokens before the first one are known: all that the convolution needs, or none.
        known_before = tl.load(has_initial_state_ptr + sequence).to(tl.int32) * (WIDTH - 1)

    rows = tl.arange(0, BLOCK_T)[:, None]
    in_sequence = first_position + rows < seqlen
    y = tl.zeros((BLOCK_T, BLOCK_D), dtype=tl.float32)
    if bias_ptr is not None:
        y += tl.load(bias_ptr + channels[None, :], mask=in_dim, other=0.0).to(tl.float32)
    for tap in tl.static_range(WIDTH):
        earlier = tap - (WIDTH - 1)
        source = first_position + rows + earlier
        x = tl.load(
            x_ptr + (rows + earlier) * stride_x_token + channels[None, :],
            mask=(source >= 0) & in_sequence & in_dim,
            other=0.0,
        ).to(tl.float32)
        if has_initial_state_ptr is not None:
            # They are in the state, the most recent one last.
            x += tl.load(
                conv_states_ptr + (source + (WIDTH - 1)) * dim + channels[None, :],
                mask=(source < 0) & (source >= -known_before) & in_dim,
                other=0.0,
            ).to(tl.float32)
        weight = tl.load(weight_ptr + tap * dim + channels[None, :], mask=in_dim, other=0.0)
        y += x * weight.to(tl.float32)
    if SILU:
        y *= tl.sigmoid(y)
    tl.store(
        out_ptr + rows * dim + channels[None, :],
        y,
        mask=in_sequence & in_dim,
    )

    # The tile that read the initial state replaces it, so no other program can interfere.
    if first_position == 0:
        places = tl.arange(0, 4)[:, None]
        in_state = (places < WIDTH - 1) & in_dim
        kept = seqlen - (WIDTH - 1) + places
        state = tl.load(
            x_ptr + kept.to(tl.int64) * stride_x_token + channels[None, :],
            mask=(kept >= 0) & in_state,
            other=0.0,
        )
        if has_initial_state_ptr is not None:
            older = tl.load(
                conv_states_ptr + (kept + (WIDTH - 1)) * dim + channels[None, :],
                mask=(kept < 0) & (kept >= -known_before) & in_state,
                other=0.0,
            )
            state = tl.where(kept < 0, older.to(state.dtype), state)
        # Every thread has read the old state before any of them overwrites it.
        tl.debug_barrier()
        tl.store(conv_states_ptr + places * dim + channels[None, :], state, mask=in_state)


def causal_conv1d_fn(
    x,
    weight,
    bias,
    conv_states,
    query_start_loc,
    cache_indices,
    has_initial_state=None,
    activation="silu",
):
    """Depthwise causal convolution, and the update of each sequence's state in the cache.

    `y[t, d] = act(bias[d] + sum over k of weight[k, d] * x[t - (width - 1) + k, d])`, where tokens
    before a sequence's first are those of its state, or zero.

    Args:
        x: input, all sequences concatenated, (tokens, dim); its last dimension is contiguous.
        weight: (width, dim), width 2 to 4, contiguous: neighboring channels are read together.
        bias: (dim,) or None.
        conv_states: the cache, (slots, width - 1, dim), contiguous: the last tokens of each
            sequence, the most recent one last. It is written in place.
        query_start_loc: where each sequence begins and the last one ends, int32, (sequences + 1,).
            Every sequence has at least one token.
        cache_indices: the slot of each sequence, all different, int32, (sequences,).
        has_initial_state: whether the sequence's slot has a state to start from, bool,
            (sequences,); None if no sequence has one.
        activation: "silu" or None.

    Returns:
        y, (tokens, dim), contiguous, of x's type.
    """
    seqlen, dim = x.shape
    width = weight.shape[0]
    if not 2 <= width <= 4:
        raise ValueError(f"the kernel's width must be 2 to 4, not {width}")
    if activation not in (None, "silu"):
        raise ValueError(f"activation must be 'silu' or None, not {activation!r}")
    if x.stride(1) != 1 or not weight.is_contiguous() or not conv_states.is_contiguous():
        raise ValueError(
            "x must be contiguous in its last dimension, weight and conv_states in all"
        )
    if conv_states.shape[1:] != (width - 1, dim):
        raise ValueError(f"conv_states must have shape (slots, {width - 1}, {dim})")
    num_sequences = cache_indices.shape[0]
    out = torch.empty(seqlen, dim, device=x.device, dtype=x.dtype)

    def grid(meta):
        return seqlen // meta["BLOCK_T"] + num_sequences, triton.cdiv(dim, meta["BLOCK_D"])

    _causal_conv1d_fwd_kernel[grid](
        x,
        weight,
        bias,
        conv_states,
        query_start_loc,
        cache_indices,
        has_initial_state,
        out,
        num_sequences,
        x.stride(0),
        dim=dim,
        WIDTH=width,
        SILU=activation == "silu",
    )
    return out

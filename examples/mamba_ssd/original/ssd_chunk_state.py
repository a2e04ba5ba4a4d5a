"""The decay inside each chunk, and the state that each chunk adds.

Dimensions: `tokens` (all sequences, concatenated), `chunks`, `heads`, `groups` (of heads that share
B and C), `headdim` (index p) and `dstate` (index n). Positions i and j count within a chunk.
"""
# The one-letter names are those of the state space model.
# ruff: noqa: N803, N806

import torch
import triton
import triton.language as tl


@triton.jit
def _softplus(x):
    """log(1 + exp(x)) to float32 precision, at both ends of its range."""
    u = tl.exp(-tl.abs(x))
    w = 1.0 + u
    # log(w) alone loses the digits of a small u that the addition rounds away; u / (w - 1) gives
    # them back.
    log1p = tl.where(w == 1.0, u, tl.log(w) * (u / tl.where(w == 1.0, 1.0, w - 1.0)))
    return tl.maximum(x, 0.0) + log1p


@triton.autotune(
    configs=[
        triton.Config({"BLOCK_H": 16}, num_warps=8),
        triton.Config({"BLOCK_H": 16}, num_warps=4),
        triton.Config({"BLOCK_H": 8}, num_warps=2),
        triton.Config({"BLOCK_H": 4}, num_warps=2),
    ],
    key=["nheads", "chunk_size"],
)
@triton.jit
def _chunk_cumsum_fwd_kernel(
    dt_ptr,
    A_ptr,
    dt_bias_ptr,
    dt_out_ptr,
    dA_cumsum_ptr,
    cu_chunk_seqlens_ptr,
    seqlen,
    dt_min: tl.float32,
    dt_max: tl.float32,
    stride_dt_token,
    nheads: tl.constexpr,
    chunk_size: tl.constexpr,
    DT_SOFTPLUS: tl.constexpr,
    BLOCK_H: tl.constexpr,
):
    """One program: one chunk, BLOCK_H heads."""
    chunk = tl.program_id(0).to(tl.int64)
    heads = tl.program_id(1) * BLOCK_H + tl.arange(0, BLOCK_H)
    positions = tl.arange(0, chunk_size)

    chunk_start = tl.load(cu_chunk_seqlens_ptr + chunk).to(tl.int64)
    chunk_length = tl.load(cu_chunk_seqlens_ptr + chunk + 1) - chunk_start
    in_heads = heads < nheads
    in_chunk = in_heads[:, None] & (positions < chunk_length)[None, :]

    tokens = chunk_start + positions
    dt = tl.load(
        dt_ptr + tokens[None, :] * stride_dt_token + heads[:, None],
        mask=in_chunk,
        other=0.0,
    ).to(tl.float32)
    if dt_bias_ptr is not None:
        dt += tl.load(dt_bias_ptr + heads, mask=in_heads, other=0.0).to(tl.float32)[:, None]
    if DT_SOFTPLUS:
        dt = _softplus(dt)
    dt = tl.minimum(tl.maximum(dt, dt_min), dt_max)
    # A zero step after the chunk's end keeps the sum at its last value, so this value is always
    # in the row's last place.
    dt = tl.where(in_chunk, dt, 0.0)

    A = tl.load(A_ptr + heads, mask=in_heads, other=0.0).to(tl.float32)
    dA_cumsum = tl.cumsum(dt * A[:, None], axis=1)

    nchunks = tl.num_programs(0)
    row = (heads[:, None] * nchunks + chunk) * chunk_size + positions[None, :]
    tl.store(dt_out_ptr + row, dt, mask=in_heads[:, None])
    tl.store(dA_cumsum_ptr + row, dA_cumsum, mask=in_heads[:, None])


@triton.autotune(
    configs=[
        triton.Config({"BLOCK_P": 64, "BLOCK_N": 128, "BLOCK_I": 32}, num_warps=4, num_stages=3),
        triton.Config({"BLOCK_P": 64, "BLOCK_N": 128, "BLOCK_I": 64}, num_warps=4, num_stages=1),
        triton.Config({"BLOCK_P": 64, "BLOCK_N": 128, "BLOCK_I": 64}, num_warps=4, num_stages=2),
        triton.Config({"BLOCK_P": 64, "BLOCK_N": 64, "BLOCK_I": 32}, num_warps=4, num_stages=3),
    ],
    key=["headdim", "dstate"],
)
@triton.jit
def _chunk_state_fwd_kernel(
    x_ptr,
    B_ptr,
    dt_ptr,
    dA_cumsum_ptr,
    states_ptr,
    cu_chunk_seqlens_ptr,
    seqlen,
    stride_x_token,
    stride_x_head,
    stride_B_token,
    stride_B_group,
    headdim: tl.constexpr,
    dstate: tl.constexpr,
    chunk_size: tl.constexpr,
    heads_per_group: tl.constexpr,
    BLOCK_P: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_I: tl.constexpr,
):
    """One program: one chunk, one head, a (BLOCK_P, BLOCK_N) tile of its state."""
    tile = tl.program_id(0)
    head = tl.program_id(1)
    chunk = tl.program_id(2).to(tl.int64)
    tiles_n = tl.cdiv(dstate, BLOCK_N)
    p = tile // tiles_n * BLOCK_P + tl.arange(0, BLOCK_P)
    n = tile % tiles_n * BLOCK_N + tl.arange(0, BLOCK_N)
    block = tl.arange(0, BLOCK_I)

    chunk_start = tl.load(cu_chunk_seqlens_ptr + chunk).to(tl.int64)
    chunk_length = (tl.load(cu_chunk_seqlens_ptr + chunk + 1) - chunk_start).to(tl.int32)
    x_ptr += chunk_start * stride_x_token + head * stride_x_head
    B_ptr += chunk_start * stride_B_token + head // heads_per_group * stride_B_group
    row = (head * tl.num_programs(2) + chunk) * chunk_size
    dA_last = tl.load(dA_cumsum_ptr + row + chunk_size - 1)

    state = tl.zeros((BLOCK_P, BLOCK_N), dtype=tl.float32)
    for first in range(0, chunk_length, BLOCK_I):
        i = first + block
        in_chunk = i < chunk_length
        x = tl.load(
            x_ptr + i[None, :] * stride_x_token + p[:, None],
            mask=in_chunk[None, :] & (p < headdim)[:, None],
            other=0.0,
        )
        B = tl.load(
            B_ptr + i[:, None] * stride_B_token + n[None, :],
            mask=in_chunk[:, None] & (n < dstate)[None, :],
            other=0.0,
        )
        dt = tl.load(dt_ptr + row + i, mask=in_chunk, other=0.0)
        dA_cumsum = tl.load(dA_cumsum_ptr + row + i, mask=in_chunk, other=0.0)
        weight = tl.where(in_chunk, tl.exp(dA_last - dA_cumsum) * dt, 0.0)
        # The product stays in x's type for the tensor cores; only the sum is float32.
        weighted_x = (x.to(tl.float32) * weight[None, :]).to(x_ptr.dtype.element_ty)
        state = tl.dot(weighted_x, B, acc=state, input_precision="ieee")

    states_ptr += (chunk * tl.num_programs(1) + head) * headdim * dstate
    tl.store(
        states_ptr + p[:, None] * dstate + n[None, :],
        state,
        mask=(p < headdim)[:, None] & (n < dstate)[None, :],
    )


def _chunk_cumsum_fwd(
    dt,
    A,
    chunk_size,
    cu_chunk_seqlens,
    dt_bias=None,
    dt_softplus=False,
    dt_limit=(0.0, float("inf")),
):
    """The time steps as the recurrence uses them, and the cumulative sum of their decay.

    `dt' = clamp(softplus(dt + dt_bias))`, `dA_cumsum[h, c, i] = sum over j <= i of dt'[j] * A[h]`.

    Args:
        dt: raw time steps, (tokens, heads); its last dimension is contiguous.
        A: decay rates, negative, (heads,).
        chunk_size: the longest chunk, in tokens; a power of two.
        cu_chunk_seqlens: where each chunk begins and the last one ends, int32, (chunks + 1,).
        dt_bias: added to `dt`, (heads,), or None.
        dt_softplus: whether softplus is applied.
        dt_limit: the bounds that the result is clamped to.

    Returns:
        dA_cumsum and dt', float32, (heads, chunks, chunk_size). After a chunk's end, dt' is 0.
    """
    if chunk_size < 16 or chunk_size & (chunk_size - 1):
        raise ValueError(f"chunk_size must be a power of two, 16 at least, not {chunk_size}")
    if dt.stride(1) != 1:
        raise ValueError("dt must be contiguous in its last dimension")
    nheads = dt.shape[1]
    nchunks = cu_chunk_seqlens.shape[0] - 1
    dt_out = torch.empty(nheads, nchunks, chunk_size, device=dt.device, dtype=torch.float32)
    dA_cumsum = torch.empty_like(dt_out)

    def grid(meta):
        return nchunks, triton.cdiv(nheads, meta["BLOCK_H"])

    _chunk_cumsum_fwd_kernel[grid](
        dt,
        A,
        dt_bias,
        dt_out,
        dA_cumsum,
        cu_chunk_seqlens,
        dt.shape[0],
        float(dt_limit[0]),
        float(dt_limit[1]),
        dt.stride(0),
        nheads=nheads,
        chunk_size=chunk_size,
        DT_SOFTPLUS=dt_softplus,
    )
    return dA_cumsum, dt_out


def _chunk_state_fwd(B, x, dt, dA_cumsum, cu_chunk_seqlens):
    """The state that each chunk builds from its own tokens, as if it began at zero.

    `state[c, h, p, n] = sum over i of exp(dA_cumsum[last] - dA_cumsum[i]) * dt'[i] * x[i, h, p] *
    B[i, g, n]`.

    Args:
        B: input matrix, (tokens, groups, dstate); its last dimension is contiguous.
        x: input, (tokens, heads, headdim), of B's type; its last dimension is contiguous.
        dt, dA_cumsum: from `_chunk_cumsum_fwd`.
        cu_chunk_seqlens: where each chunk begins and the last one ends, int32, (chunks + 1,).

    Returns:
        The states, float32, (chunks, heads, headdim, dstate).
    """
    seqlen, nheads, headdim = x.shape
    ngroups, dstate = B.shape[1:]
    if B.shape[0] != seqlen or B.dtype != x.dtype:
        raise ValueError("B must have as many tokens as x, and its type")
    if x.stride(2) != 1 or B.stride(2) != 1:
        raise ValueError("x and B must be contiguous in their last dimension")
    if not (dt.is_contiguous() and dA_cumsum.is_contiguous()):
        raise ValueError("dt and dA_cumsum must be contiguous")
    nchunks, chunk_size = dt.shape[1:]
    states = torch.empty(nchunks, nheads, headdim, dstate, device=x.device, dtype=torch.float32)

    def grid(meta):
        tiles_p = triton.cdiv(headdim, meta["BLOCK_P"])
        tiles_n = triton.cdiv(dstate, meta["BLOCK_N"])
        return tiles_p * tiles_n, nheads, nchunks

    _chunk_state_fwd_kernel[grid](
        x_ptr=x,
        B_ptr=B,
        dt_ptr=dt,
        dA_cumsum_ptr=dA_cumsum,
        states_ptr=states,
        cu_chunk_seqlens_ptr=cu_chunk_seqlens,
        seqlen=seqlen,
        stride_x_token=x.stride(0),
        stride_x_head=x.stride(1),
        stride_B_token=B.stride(0),
        stride_B_group=B.stride(1),
        headdim=headdim,
        dstate=dstate,
        chunk_size=chunk_size,
        heads_per_group=nheads // ngroups,
    )
    return states

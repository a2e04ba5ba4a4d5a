"""The output: the parts of the entering state and of the chunk's own tokens, and the skip."""
# The one-letter names are those of the state space model.
# ruff: noqa: N803, N806

import torch
import triton
import triton.language as tl


@triton.autotune(
    configs=[
        triton.Config(
            {"BLOCK_I": 64, "BLOCK_P": 64, "BLOCK_J": 32, "BLOCK_N": 64}, num_warps=4, num_stages=1
        ),
        triton.Config(
            {"BLOCK_I": 64, "BLOCK_P": 64, "BLOCK_J": 32, "BLOCK_N": 128}, num_warps=4, num_stages=1
        ),
        triton.Config(
            {"BLOCK_I": 64, "BLOCK_P": 64, "BLOCK_J": 64, "BLOCK_N": 128}, num_warps=4, num_stages=1
        ),
        triton.Config(
            {"BLOCK_I": 64, "BLOCK_P": 64, "BLOCK_J": 32, "BLOCK_N": 128}, num_warps=4, num_stages=3
        ),
    ],
    key=["headdim", "dstate", "chunk_size"],
)
@triton.jit
def _chunk_scan_fwd_kernel(
    x_ptr,
    dt_ptr,
    dA_cumsum_ptr,
    C_ptr,
    CB_ptr,
    entering_states_ptr,
    D_ptr,
    z_ptr,
    out_ptr,
    cu_chunk_seqlens_ptr,
    seq_idx_ptr,
    seqlen,
    stride_x_token,
    stride_x_head,
    stride_z_token,
    stride_z_head,
    stride_C_token,
    stride_C_group,
    headdim: tl.constexpr,
    dstate: tl.constexpr,
    chunk_size: tl.constexpr,
    heads_per_group: tl.constexpr,
    D_HAS_HEADDIM: tl.constexpr,
    HAS_INITIAL_STATES: tl.constexpr,
    BLOCK_I: tl.constexpr,
    BLOCK_P: tl.constexpr,
    BLOCK_J: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    """One program: one chunk, one head, a (BLOCK_I, BLOCK_P) tile of its output."""
    tile = tl.program_id(0)
    head = tl.program_id(1)
    chunk = tl.program_id(2).to(tl.int64)
    nheads = tl.num_programs(1)
    group = head // heads_per_group
    tiles_p = tl.cdiv(headdim, BLOCK_P)
    first_i = tile // tiles_p * BLOCK_I
    i = first_i + tl.arange(0, BLOCK_I)
    p = tile % tiles_p * BLOCK_P + tl.arange(0, BLOCK_P)

    chunk_start = tl.load(cu_chunk_seqlens_ptr + chunk).to(tl.int64)
    chunk_length = (tl.load(cu_chunk_seqlens_ptr + chunk + 1) - chunk_start).to(tl.int32)
    if first_i >= chunk_length:
        return
    row = (head * tl.num_programs(2) + chunk) * chunk_size
    in_rows = i < chunk_length
    in_tile = in_rows[:, None] & (p < headdim)[None, :]
    dA_cumsum_i = tl.load(dA_cumsum_ptr + row + i, mask=in_rows, other=0.0)
    y = tl.zeros((BLOCK_I, BLOCK_P), dtype=tl.float32)

    has_entering_state = True
    if not HAS_INITIAL_STATES:
        # No state enters the first chunk of a sequence: it is zero.
        sequence = tl.load(seq_idx_ptr + chunk)
        sequence_before = tl.load(seq_idx_ptr + chunk - 1, mask=chunk > 0, other=-1)
        has_entering_state = sequence == sequence_before
    if has_entering_state:
        C_ptr += chunk_start * stride_C_token + group * stride_C_group
        entering_states_ptr += (chunk * nheads + head) * headdim * dstate
        for first_n in tl.static_range(0, dstate, BLOCK_N):
            n = first_n + tl.arange(0, BLOCK_N)
            C = tl.load(
                C_ptr + i[:, None] * stride_C_token + n[None, :],
                mask=in_rows[:, None] & (n < dstate)[None, :],
                other=0.0,
            )
            state = tl.load(
                entering_states_ptr + p[None, :] * dstate + n[:, None],
                mask=(p < headdim)[None, :] & (n < dstate)[:, None],
                other=0.0,
            )
            y = tl.dot(C, state, acc=y, input_precision="ieee")
        y *= tl.exp(dA_cumsum_i)[:, None]

    x_ptr += chunk_start * stride_x_token + head * stride_x_head
    CB_ptr += (chunk * tl.cdiv(nheads, heads_per_group) + group) * chunk_size * chunk_size
    # Nothing flows back in time: the blocks right of the diagonal are never visited.
    for first_j in range(0, tl.minimum(first_i + BLOCK_I, chunk_length), BLOCK_J):
        j = first_j + tl.arange(0, BLOCK_J)
        in_chunk = j < chunk_length
        CB = tl.load(
            CB_ptr + i[:, None] * chunk_size + j[None, :],
            mask=in_rows[:, None] & in_chunk[None, :],
            other=0.0,
        ).to(tl.float32)
        x = tl.load(
            x_ptr + j[:, None] * stride_x_token + p[None, :],
            mask=in_chunk[:, None] & (p < headdim)[None, :],
            other=0.0,
        )
        dt_j = tl.load(dt_ptr + row + j, mask=in_chunk, other=0.0)
        dA_cumsum_j = tl.load(dA_cumsum_ptr + row + j, mask=in_chunk, other=0.0)
        weight = CB * tl.exp(dA_cumsum_i[:, None] - dA_cumsum_j[None, :]) * dt_j[None, :]
        # Right of the diagonal, the exponential may overflow, so a factor of 0 is not enough.
        weight = tl.where(i[:, None] >= j[None, :], weight, 0.0).to(x_ptr.dtype.element_ty)
        y = tl.dot(weight, x, acc=y, input_precision="ieee")

    if D_ptr is not None:
        if D_HAS_HEADDIM:
            D = tl.load(D_ptr + head * headdim + p, mask=p < headdim, other=0.0).to(tl.float32)
        else:
            D = tl.load(D_ptr + head).to(tl.float32)
        x_i = tl.load(x_ptr + i[:, None] * stride_x_token + p[None, :], mask=in_tile, other=0.0)
        y += D * x_i.to(tl.float32)

    if z_ptr is not None:
        z_ptr += chunk_start * stride_z_token + head * stride_z_head
        z = tl.load(z_ptr + i[:, None] * stride_z_token + p[None, :], mask=in_tile, other=0.0)
        z = z.to(tl.float32)
        y *= z * tl.sigmoid(z)

    out_ptr += (chunk_start * nheads + head) * headdim
    tl.store(out_ptr + i[:, None] * (nheads * headdim) + p[None, :], y, mask=in_tile)


def _chunk_scan_fwd(
    CB,
    x,
    dt,
    dA_cumsum,
    C,
    entering_states,
    cu_chunk_seqlens,
    seq_idx,
    D=None,
    z=None,
    has_initial_states=False,
):
    """The output of the mixer's state space model.

    `y[i] = exp(dA_cumsum[i]) * C[i] . S_(c-1) + sum over j <= i of CB[i, j] * exp(dA_cumsum[i] -
    dA_cumsum[j]) * dt'[j] * x[j] + D * x[i]`, times `silu(z[i])` if z is given.

    Args:
        CB: from `_bmm_chunk_fwd`, (chunks, groups, chunk_size, chunk_size).
        x: input, (tokens, heads, headdim); its last dimension is contiguous.
        dt, dA_cumsum: from `_chunk_cumsum_fwd`.
        C: output matrix, (tokens, groups, dstate), of x's type; its last dimension is contiguous.
        entering_states: from `_state_passing_fwd`, of x's type.
        cu_chunk_seqlens: where each chunk begins and the last one ends, int32, (chunks + 1,).
        seq_idx: the sequence that each chunk belongs to, int32, (chunks,).
        D: skip weights, (heads,) or (heads, headdim), contiguous, or None.
        z: gate, (tokens, heads, headdim), contiguous in its last dimension, or None.
        has_initial_states: whether the state that enters a sequence's first chunk may differ from
            zero; if not, it is never read.

    Returns:
        y, (tokens, heads, headdim), of x's type.
    """
    seqlen, nheads, headdim = x.shape
    ngroups, dstate = C.shape[1:]
    if C.dtype != x.dtype or entering_states.dtype != x.dtype:
        raise ValueError("C and entering_states must have x's type")
    if x.stride(2) != 1 or C.stride(2) != 1 or (z is not None and z.stride(2) != 1):
        raise ValueError("x, C and z must be contiguous in their last dimension")
    if not (dt.is_contiguous() and dA_cumsum.is_contiguous()):
        raise ValueError("dt and dA_cumsum must be contiguous")
    if z is not None and z.shape != x.shape:
        raise ValueError("z must have x's shape")
    out = torch.empty(seqlen, nheads, headdim, device=x.device, dtype=x.dtype)
    nchunks, chunk_size = dt.shape[1:]

    def grid(meta):
        tiles_i = triton.cdiv(chunk_size, meta["BLOCK_I"])
        tiles_p = triton.cdiv(headdim, meta["BLOCK_P"])
        return tiles_i * tiles_p, nheads, nchunks

    _chunk_scan_fwd_kernel[grid](
        x_ptr=x,
        dt_ptr=dt,
        dA_cumsum_ptr=dA_cumsum,
        C_ptr=C,
        CB_ptr=CB,
        entering_states_ptr=entering_states,
        D_ptr=D,
        z_ptr=z,
        out_ptr=out,
        cu_chunk_seqlens_ptr=cu_chunk_seqlens,
        seq_idx_ptr=seq_idx,
        seqlen=seqlen,
        stride_x_token=x.stride(0),
        stride_x_head=x.stride(1),
        stride_z_token=z.stride(0) if z is not None else 0,
        stride_z_head=z.stride(1) if z is not None else 0,
        stride_C_token=C.stride(0),
        stride_C_group=C.stride(1),
        headdim=headdim,
        dstate=dstate,
        chunk_size=chunk_size,
        heads_per_group=nheads // ngroups,
        D_HAS_HEADDIM=D is not None and D.dim() == 2,
        HAS_INITIAL_STATES=has_initial_states,
    )
    return out

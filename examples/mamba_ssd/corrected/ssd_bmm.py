"""The product of C and B inside each chunk, which all heads of a group share."""
# The one-letter names are those of the state space model.
# ruff: noqa: N803, N806

import torch
import triton
import triton.language as tl


@triton.autotune(
    configs=[
        triton.Config({"BLOCK_I": 64, "BLOCK_J": 64, "BLOCK_N": 64}, num_warps=4, num_stages=2),
        triton.Config({"BLOCK_I": 64, "BLOCK_J": 128, "BLOCK_N": 128}, num_warps=4, num_stages=2),
        triton.Config({"BLOCK_I": 128, "BLOCK_J": 64, "BLOCK_N": 128}, num_warps=4, num_stages=2),
    ],
    key=["dstate", "chunk_size"],
)
@triton.jit
def _bmm_chunk_fwd_kernel(
    C_ptr,
    B_ptr,
    CB_ptr,
    cu_chunk_seqlens_ptr,
    stride_C_token,
    stride_C_group,
    stride_B_token,
    stride_B_group,
    dstate: tl.constexpr,
    chunk_size: tl.constexpr,
    BLOCK_I: tl.constexpr,
    BLOCK_J: tl.constexpr,
    BLOCK_N: tl.constexpr,
):
    """One program: one chunk, one group, a (BLOCK_I, BLOCK_J) tile of the product."""
    tile = tl.program_id(0)
    group = tl.program_id(1)
    chunk = tl.program_id(2).to(tl.int64)
    tiles_j = tl.cdiv(chunk_size, BLOCK_J)
    i = tile // tiles_j * BLOCK_I + tl.arange(0, BLOCK_I)
    j = tile % tiles_j * BLOCK_J + tl.arange(0, BLOCK_J)
    block = tl.arange(0, BLOCK_N)

    chunk_start = tl.load(cu_chunk_seqlens_ptr + chunk).to(tl.int64)
    chunk_length = tl.load(cu_chunk_seqlens_ptr + chunk + 1) - chunk_start
    C_ptr += chunk_start * stride_C_token + group * stride_C_group
    B_ptr += chunk_start * stride_B_token + group * stride_B_group

    CB = tl.zeros((BLOCK_I, BLOCK_J), dtype=tl.float32)
    for first in range(0, dstate, BLOCK_N):
        n = first + block
        C = tl.load(
            C_ptr + i[:, None] * stride_C_token + n[None, :],
            mask=(i < chunk_length)[:, None] & (n < dstate)[None, :],
            other=0.0,
        )
        B = tl.load(
            B_ptr + j[None, :] * stride_B_token + n[:, None],
            mask=(j < chunk_length)[None, :] & (n < dstate)[:, None],
            other=0.0,
        )
        CB = tl.dot(C, B, acc=CB, input_precision="ieee")

    CB_ptr += (chunk * tl.num_programs(1) + group) * chunk_size * chunk_size
    tl.store(
        CB_ptr + i[:, None] * chunk_size + j[None, :],
        CB,
        mask=(i < chunk_size)[:, None] & (j < chunk_size)[None, :],
    )


def _bmm_chunk_fwd(C, B, chunk_size, cu_chunk_seqlens, out_dtype=torch.float32):
    """How much position i of a chunk takes from its position j, before any decay.

    `CB[c, g, i, j] = sum over n of C[i, g, n] * B[j, g, n]`.

    Args:
        C, B: output and input matrix, (tokens, groups, dstate), of one type; their last dimension
            is contiguous.
        chunk_size: the longest chunk, in tokens.
        cu_chunk_seqlens: where each chunk begins and the last one ends, int32, (chunks + 1,).
        out_dtype: type of the result; the sum is float32 in any case.

    Returns:
        (chunks, groups, chunk_size, chunk_size), zero after a chunk's end.
    """
    if C.shape != B.shape or C.dtype != B.dtype:
        raise ValueError("C and B must have one shape and one type")
    if C.stride(2) != 1 or B.stride(2) != 1:
        raise ValueError("C and B must be contiguous in their last dimension")
    ngroups, dstate = C.shape[1:]
    nchunks = cu_chunk_seqlens.shape[0] - 1
    CB = torch.empty(nchunks, ngroups, chunk_size, chunk_size, device=C.device, dtype=out_dtype)

    def grid(meta):
        tiles_i = triton.cdiv(chunk_size, meta["BLOCK_I"])
        tiles_j = triton.cdiv(chunk_size, meta["BLOCK_J"])
        return tiles_i * tiles_j, ngroups, nchunks

    _bmm_chunk_fwd_kernel[grid](
        C,
        B,
        CB,
        cu_chunk_seqlens,
        C.stride(0),
        C.stride(1),
        B.stride(0),
        B.stride(1),
        dstate=dstate,
        chunk_size=chunk_size,
    )
    return CB

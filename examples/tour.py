"""A tour of tritonlint: eight small kernels of a language model, each with one dead parameter.

Every kernel is correct, and seven compile more often than they have to. See what tritonlint finds:

    tritonlint examples/tour.py
    tritonlint examples/tour.py --extend-select TRL006,TRL008

Then what `--fix` would do about it: `tritonlint examples/tour.py --diff`. To run the kernels, which
needs torch and triton but no GPU: `TRITON_INTERPRET=1 python examples/tour.py`.
"""

# ruff: noqa: F841, N803

import torch
import triton
import triton.language as tl

# TRL001: one program works on one row, so nothing in the kernel asks how many rows there are. As an
# integer, num_rows still divides the launches into three classes: == 1, divisible by 16, other.


@triton.jit
def rms_norm_kernel(
    x_ptr,
    weight_ptr,
    out_ptr,
    num_rows,
    num_columns,
    eps,
    BLOCK: tl.constexpr,
):
    start = tl.program_id(0) * num_columns
    columns = tl.arange(0, BLOCK)
    inside = columns < num_columns
    x = tl.load(x_ptr + start + columns, mask=inside, other=0.0)
    scale = tl.rsqrt(tl.sum(x * x) / num_columns + eps)
    weight = tl.load(weight_ptr + columns, mask=inside)
    tl.store(out_ptr + start + columns, x * scale * weight, mask=inside)


def rms_norm(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    out = torch.empty_like(x)
    num_rows, num_columns = x.shape
    rms_norm_kernel[(num_rows,)](
        x,
        weight,
        out,
        num_rows,
        num_columns,
        1e-6,
        BLOCK=triton.next_power_of_2(num_columns),
    )
    return out


# TRL002: seqlen is read, but never the value that the launch passes.


@triton.jit
def mean_pool_kernel(x_ptr, cu_seqlens_ptr, out_ptr, seqlen, width, BLOCK: tl.constexpr):
    sequence = tl.program_id(0)
    start = tl.load(cu_seqlens_ptr + sequence)
    seqlen = tl.load(cu_seqlens_ptr + sequence + 1) - start
    columns = tl.arange(0, BLOCK)
    inside = columns < width
    total = tl.zeros((BLOCK,), dtype=tl.float32)
    for token in range(seqlen):
        total += tl.load(x_ptr + (start + token) * width + columns, mask=inside, other=0.0)
    tl.store(out_ptr + sequence * width + columns, total / seqlen, mask=inside)


def mean_pool(x: torch.Tensor, cu_seqlens: torch.Tensor) -> torch.Tensor:
    tokens, width = x.shape
    out = x.new_empty(len(cu_seqlens) - 1, width)
    block = triton.next_power_of_2(width)
    mean_pool_kernel[(len(out),)](x, cu_seqlens, out, tokens, width, BLOCK=block)
    return out


# TRL003: this costs most. A constexpr compiles for every value, here for every number of tokens.


@triton.jit
def embedding_kernel(
    ids_ptr,
    table_ptr,
    out_ptr,
    NUM_TOKENS: tl.constexpr,
    WIDTH: tl.constexpr,
    BLOCK: tl.constexpr,
):
    token = tl.program_id(0)
    row = tl.load(ids_ptr + token)
    columns = tl.arange(0, BLOCK)
    inside = columns < WIDTH
    values = tl.load(table_ptr + row * WIDTH + columns, mask=inside)
    tl.store(out_ptr + token * WIDTH + columns, values, mask=inside)


def embedding(ids: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    width = table.shape[1]
    out = table.new_empty(len(ids), width)
    embedding_kernel[(len(ids),)](
        ids,
        table,
        out,
        NUM_TOKENS=len(ids),
        WIDTH=width,
        BLOCK=triton.next_power_of_2(width),
    )
    return out


# TRL004: the kernel passes max_tokens on to the helper, and the helper never reads it.


@triton.jit
def silu_of(x, max_tokens):
    return x / (1.0 + tl.exp(-x))


@triton.jit
def silu_and_mul_kernel(x_ptr, gate_ptr, out_ptr, numel, max_tokens, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < numel
    gate = tl.load(gate_ptr + offsets, mask=inside)
    x = tl.load(x_ptr + offsets, mask=inside)
    tl.store(out_ptr + offsets, silu_of(gate, max_tokens) * x, mask=inside)


def silu_and_mul(x: torch.Tensor, gate: torch.Tensor) -> torch.Tensor:
    out = torch.empty_like(x)
    grid = (triton.cdiv(x.numel(), 1024),)
    silu_and_mul_kernel[grid](x, gate, out, x.numel(), max_tokens=x.shape[0], BLOCK=1024)
    return out


# TRL005: a tensor's dtype and alignment are part of the key, even if the kernel never loads it.


@triton.jit
def add_residual_kernel(x_ptr, residual_ptr, bias_ptr, numel, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < numel
    residual = tl.load(residual_ptr + offsets, mask=inside)
    tl.store(x_ptr + offsets, tl.load(x_ptr + offsets, mask=inside) + residual, mask=inside)


def add_(x: torch.Tensor, residual: torch.Tensor, bias: torch.Tensor) -> None:
    grid = (triton.cdiv(x.numel(), 1024),)
    add_residual_kernel[grid](x, residual, bias, x.numel(), BLOCK=1024)


# TRL006, off by default: the kernel never reads the float, but all its values share one compile.


@triton.jit
def softmax_kernel(x_ptr, out_ptr, num_columns, dropout_p, BLOCK: tl.constexpr):
    start = tl.program_id(0) * num_columns
    columns = tl.arange(0, BLOCK)
    inside = columns < num_columns
    x = tl.load(x_ptr + start + columns, mask=inside, other=float("-inf"))
    exponentials = tl.exp(x - tl.max(x))
    tl.store(out_ptr + start + columns, exponentials / tl.sum(exponentials), mask=inside)


def softmax(x: torch.Tensor) -> torch.Tensor:
    out = torch.empty_like(x)
    num_rows, num_columns = x.shape
    block = triton.next_power_of_2(num_columns)
    softmax_kernel[(num_rows,)](x, out, num_columns, 0.0, BLOCK=block)
    return out


# TRL007: last_row is computed from num_rows, and nothing is computed from last_row.


@triton.jit
def relu_rows_kernel(x_ptr, out_ptr, num_rows, num_columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    last_row = num_rows - 1
    columns = tl.arange(0, BLOCK)
    inside = columns < num_columns
    x = tl.load(x_ptr + row * num_columns + columns, mask=inside)
    tl.store(out_ptr + row * num_columns + columns, tl.maximum(x, 0.0), mask=inside)


def relu(x: torch.Tensor) -> torch.Tensor:
    out = torch.empty_like(x)
    num_rows, num_columns = x.shape
    block = triton.next_power_of_2(num_columns)
    relu_rows_kernel[(num_rows,)](x, out, num_rows, num_columns, BLOCK=block)
    return out


# TRL008, off by default: capacity is only checked, which the host could do before the launch.


@triton.jit
def copy_kernel(x_ptr, out_ptr, numel, capacity, BLOCK: tl.constexpr):
    tl.device_assert(capacity > 0)
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = offsets < numel
    tl.store(out_ptr + offsets, tl.load(x_ptr + offsets, mask=inside), mask=inside)


def copy(x: torch.Tensor) -> torch.Tensor:
    out = torch.empty_like(x)
    copy_kernel[(triton.cdiv(x.numel(), 1024),)](x, out, x.numel(), out.numel(), BLOCK=1024)
    return out


def main() -> None:
    """Compare every kernel with torch."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    x, gate, residual = torch.randn(3, 10, 48, device=device)
    weight = torch.randn(48, device=device)
    ids = torch.tensor([3, 0, 7], device=device)
    cu_seqlens = torch.tensor([0, 4, 10], device=device)
    added = x.clone()
    add_(added, residual, weight)
    pooled = torch.stack([x[:4].mean(0), x[4:].mean(0)])
    functional = torch.nn.functional
    for name, got, expected in (
        ("rms_norm", rms_norm(x, weight), functional.rms_norm(x, (48,), weight, 1e-6)),
        ("mean_pool", mean_pool(x, cu_seqlens), pooled),
        ("embedding", embedding(ids, x), x[ids]),
        ("silu_and_mul", silu_and_mul(x, gate), functional.silu(gate) * x),
        ("add_", added, x + residual),
        ("softmax", softmax(x), torch.softmax(x, dim=1)),
        ("relu", relu(x), torch.relu(x)),
        ("copy", copy(x), x),
    ):
        torch.testing.assert_close(got, expected)
        print(f"{name}: same as torch")


if __name__ == "__main__":
    main()

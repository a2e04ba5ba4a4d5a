"""The mixer's mathematics, token by token, in float64 PyTorch: nothing chunked, nothing fused.

Shapes are those of the kernels: x, z (tokens, heads, headdim); B, C (tokens, groups, dstate); time
steps (tokens, heads); A (heads,); states (heads, headdim, dstate).
"""
# The one-letter names are those of the state space model.
# ruff: noqa: N803, N806

import torch


def time_steps(dt, dt_bias=None, dt_softplus=False, dt_limit=(0.0, float("inf"))):
    """dt' = clamp(softplus(dt + dt_bias)), float64, (tokens, heads)."""
    dt = dt.double()
    if dt_bias is not None:
        dt = dt + dt_bias.double()
    if dt_softplus:
        dt = torch.nn.functional.softplus(dt, threshold=40.0)
    return dt.clamp(*dt_limit)


def scan(x, dt, A, B, C, state, D=None, z=None):
    """One sequence, from a given state. `dt` has the final time steps.

    Returns:
        y (tokens, heads, headdim) and the last state, float64.
    """
    heads_per_group = x.shape[1] // B.shape[1]
    x, dt, A, B, C, state = (tensor.double() for tensor in (x, dt, A, B, C, state))
    outputs = []
    for t in range(x.shape[0]):
        B_t = B[t].repeat_interleave(heads_per_group, dim=0)
        C_t = C[t].repeat_interleave(heads_per_group, dim=0)
        decay = torch.exp(dt[t] * A)
        added = (dt[t][:, None] * x[t])[:, :, None] * B_t[:, None, :]
        state = decay[:, None, None] * state + added
        y = (state @ C_t[:, :, None])[:, :, 0]
        if D is not None:
            y = y + (D.double() if D.dim() == 2 else D.double()[:, None]) * x[t]
        if z is not None:
            y = y * torch.nn.functional.silu(z[t].double())
        outputs.append(y)
    return torch.stack(outputs), state


def causal_conv1d(x, weight, bias, state, silu):
    """One sequence, (tokens, dim), from the tokens before it, (width - 1, dim).

    `weight` is (width, dim).

    Returns:
        y (tokens, dim) and the last width - 1 tokens, float64.
    """
    width = weight.shape[0]
    tokens = torch.cat([state.double(), x.double()])
    outputs = []
    for t in range(x.shape[0]):
        y = (tokens[t : t + width] * weight.double()).sum(dim=0)
        if bias is not None:
            y = y + bias.double()
        outputs.append(torch.nn.functional.silu(y) if silu else y)
    return torch.stack(outputs), tokens[tokens.shape[0] - (width - 1) :]


def relative_error(actual, expected):
    """||actual - expected|| / ||expected||, infinite if anything is not a number."""
    error = (actual.double() - expected).norm() / expected.norm().clamp_min(1e-30)
    return error.item() if torch.isfinite(actual).all() else float("inf")

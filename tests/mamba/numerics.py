"""Every kernel, and the whole, against the sequential float64 recurrence.

`test_numerics.py` runs this file in a process of its own: on the CPU under TRITON_INTERPRET=1, or
on a GPU. Its inputs are drawn in each run; a failure prints the seed, and MAMBA_SEED=... draws the
same again.
"""
# The one-letter names are those of the state space model.
# ruff: noqa: N803, N806

import importlib
import itertools
import os
import secrets
from typing import NamedTuple

import numpy as np
import pytest
import ssd_reference as reference
import torch
import triton
import triton.language as tl

pytestmark = pytest.mark.filterwarnings("ignore:.*deterministic", "ignore:.*encountered in")
INTERPRETED = triton.knobs.runtime.interpret
DEVICE = "cpu" if INTERPRETED else "cuda"
# A float32 product is exact in float32; a product of 16-bit numbers rounds each operand once, and
# so do the intermediate results that feed the next product.
TOLERANCE = {torch.float32: 2e-5, torch.float16: 3e-3, torch.bfloat16: 2e-2}


class Sizes(NamedTuple):
    heads: int
    headdim: int
    groups: int
    dstate: int
    chunk: int
    conv_dim: int


SMALL = Sizes(heads=4, headdim=24, groups=2, dstate=40, chunk=16, conv_dim=160)
NEMOTRON_H_8B = Sizes(heads=128, headdim=64, groups=8, dstate=128, chunk=128, conv_dim=10240)
HEADS, HEADDIM, GROUPS, DSTATE, CHUNK, _ = SMALL
STAGES = ["causal_conv1d", "ssd_chunk_state", "ssd_state_passing", "ssd_bmm", "ssd_chunk_scan"]
LENGTHS = [
    [1],
    [15],
    [16],
    [17],
    [3 * CHUNK + 1],
    [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 2],
]
# Enough to tell the options apart: a sequence of two chunks, and one of less than one. How heads
# share groups is no option.
TWO_SEQUENCES = [CHUNK + 1, 3]
TWO_HEADS = SMALL._replace(heads=2, conv_dim=40)


if INTERPRETED:
    from triton.runtime import interpreter

    _create_dot = interpreter.InterpreterBuilder.create_dot

    def _create_dot_of_bfloat16(self, a, b, d, *precision):
        """NumPy has no bfloat16: without this, the interpreter multiplies the bit patterns."""

        def widened(operand):
            if operand.dtype.scalar != tl.bfloat16:
                return operand
            bits = operand.data.astype(np.uint32) << 16
            return interpreter.TensorHandle(bits.view(np.float32), tl.float32)

        return _create_dot(self, widened(a), widened(b), d, *precision)

    interpreter.InterpreterBuilder.create_dot = _create_dot_of_bfloat16


@pytest.fixture(autouse=True)
def _fresh_inputs():
    seed = int(os.environ.get("MAMBA_SEED") or secrets.randbits(32))
    print(f"to repeat: MAMBA_SEED={seed}")
    torch.manual_seed(seed)


@pytest.fixture(autouse=True)
def _poisoned_outputs():
    """Fills what `torch.empty` returns with NaN, so that a test notices unwritten elements."""
    # A warning is enough where PyTorch has no deterministic algorithm: the reference may use any.
    # `torch.use_deterministic_algorithms` would import PyTorch's compiler, too.
    torch.set_deterministic_debug_mode("warn")
    yield
    torch.set_deterministic_debug_mode("default")


@pytest.fixture(params=["original", "corrected"])
def autotuned_kernels(request):
    """Gives a module of one tree by its name."""

    def module(name):
        module = importlib.import_module(f"mamba_ssd.{request.param}.{name}")
        for kernel in vars(module).values():
            # The interpreter times nothing, so each kernel takes its first config.
            if INTERPRETED and isinstance(kernel, triton.runtime.Autotuner):
                kernel.configs = kernel.configs[:1]
        return module

    return module


def autotuners(kernels):
    for name in STAGES:
        for value in vars(kernels(name)).values():
            if isinstance(value, triton.runtime.Autotuner):
                yield value


@pytest.fixture
def kernels(autotuned_kernels, monkeypatch):
    """The same with the first config of each kernel, since timing them gains nothing."""
    for kernel in autotuners(autotuned_kernels):
        monkeypatch.setattr(kernel, "configs", kernel.configs[:1])
    return autotuned_kernels


def normal(*shape, dtype=torch.float32, scale=1.0):
    return (torch.randn(*shape) * scale).to(DEVICE, dtype)


def uniform(*shape, low, high):
    return (torch.rand(*shape) * (high - low) + low).to(DEVICE)


def layout(kernels, lengths, chunk_size=CHUNK):
    """cu_chunk_seqlens, seq_idx, last_chunk_indices, and the chunks as pairs of token numbers."""
    metadata = kernels("ssd_combined").chunk_metadata(lengths, chunk_size, device=DEVICE)
    bounds = metadata[0].tolist()
    return *metadata, list(itertools.pairwise(bounds))


def by_chunk(values, chunks, chunk_size=CHUNK):
    """(tokens, heads) -> (heads, chunks, chunk_size), zero after a chunk's end."""
    rows = torch.zeros(values.shape[1], len(chunks), chunk_size, dtype=values.dtype, device=DEVICE)
    for c, (start, end) in enumerate(chunks):
        rows[:, c, : end - start] = values[start:end].T
    return rows


def cumulative_decay(dt, A, chunks, chunk_size=CHUNK):
    """dA_cumsum as the kernels keep it: constant after a chunk's end."""
    return by_chunk(dt * A.double(), chunks, chunk_size).cumsum(dim=2)


def assert_close(actual, expected, dtype=torch.float32):
    assert actual.shape == expected.shape
    error = reference.relative_error(actual, expected)
    assert error < TOLERANCE[dtype], f"relative error {error:.2e}, lengths or options as above"


def inputs(tokens, dtype, sizes=SMALL):
    """x, B, C as slices of one wider tensor, as a mixer has them after its convolution."""
    shapes = [(sizes.heads, sizes.headdim), *[(sizes.groups, sizes.dstate)] * 2]
    widths = [rows * columns for rows, columns in shapes]
    slices = normal(tokens, sum(widths), dtype=dtype).split(widths, dim=1)
    return [part.unflatten(1, shape) for part, shape in zip(slices, shapes, strict=True)]


dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16], ids=str)
# The interpreter is slow, and the last batch has what the others have: one chunk and several, full
# and not.
some = LENGTHS[-1:] if INTERPRETED else LENGTHS
all_lengths = pytest.mark.parametrize("lengths", some, ids=str)


@all_lengths
@pytest.mark.parametrize("bias", [False, True], ids=["no_bias", "bias"])
@pytest.mark.parametrize("softplus", [False, True], ids=["plain", "softplus"])
@pytest.mark.parametrize("limit", [(0.0, float("inf")), (0.25, 0.75)], ids=str)
def test_chunk_cumsum(kernels, lengths, bias, softplus, limit):
    cu_chunk_seqlens, _, _, chunks = layout(kernels, lengths)
    dt = normal(sum(lengths), HEADS)
    dt_bias = normal(HEADS) if bias else None
    A = -uniform(HEADS, low=0.5, high=4.0)
    dA_cumsum, dt_out = kernels("ssd_chunk_state")._chunk_cumsum_fwd(
        dt, A, CHUNK, cu_chunk_seqlens, dt_bias=dt_bias, dt_softplus=softplus, dt_limit=limit
    )
    expected = reference.time_steps(dt, dt_bias, softplus, limit)
    assert_close(dt_out, by_chunk(expected, chunks))
    assert_close(dA_cumsum, cumulative_decay(expected, A, chunks))


def test_softplus_keeps_its_digits_at_both_ends(kernels):
    dt = torch.linspace(-30.0, 30.0, CHUNK, device=DEVICE)[:, None].repeat(1, HEADS)
    cu_chunk_seqlens, _, _, chunks = layout(kernels, [CHUNK])
    A = -uniform(HEADS, low=0.5, high=4.0)
    _, dt_out = kernels("ssd_chunk_state")._chunk_cumsum_fwd(
        dt, A, CHUNK, cu_chunk_seqlens, dt_softplus=True
    )
    expected = by_chunk(reference.time_steps(dt, dt_softplus=True), chunks)
    assert ((dt_out.double() - expected).abs() / expected).max() < 1e-5


@all_lengths
@dtypes
def test_chunk_state(kernels, lengths, dtype):
    cu_chunk_seqlens, _, _, chunks = layout(kernels, lengths)
    x, B, C = inputs(sum(lengths), dtype)
    dt = uniform(sum(lengths), HEADS, low=0.0, high=0.5).double()
    A = -uniform(HEADS, low=0.5, high=4.0)
    states = kernels("ssd_chunk_state")._chunk_state_fwd(
        B,
        x,
        by_chunk(dt, chunks).float(),
        cumulative_decay(dt, A, chunks).float(),
        cu_chunk_seqlens,
    )
    zero = torch.zeros(HEADS, HEADDIM, DSTATE, device=DEVICE)
    for c, (start, end) in enumerate(chunks):
        tokens = slice(start, end)
        _, expected = reference.scan(x[tokens], dt[tokens], A, B[tokens], C[tokens], zero)
        assert_close(states[c], expected, dtype)


@all_lengths
@pytest.mark.parametrize("initial", [False, True], ids=["from_zero", "initial_states"])
@dtypes
def test_state_passing(kernels, lengths, initial, dtype):
    _, seq_idx, last_chunk_indices, chunks = layout(kernels, lengths)
    dt = uniform(sum(lengths), HEADS, low=0.0, high=0.5).double()
    A = -uniform(HEADS, low=0.05, high=0.5)
    dA_cumsum = cumulative_decay(dt, A, chunks)
    states = normal(len(chunks), HEADS, HEADDIM, DSTATE)
    initial_states = normal(len(lengths), HEADS, HEADDIM, DSTATE) if initial else None
    entering, final = kernels("ssd_state_passing")._state_passing_fwd(
        states, dA_cumsum.float(), last_chunk_indices, initial_states, out_dtype=dtype
    )
    state, sequence_before = None, -1
    for c, sequence in enumerate(seq_idx.tolist()):
        if sequence != sequence_before:
            zero = torch.zeros_like(states[c])
            state = (initial_states[sequence] if initial else zero).double()
        assert_close(entering[c], state, dtype)
        state = torch.exp(dA_cumsum[:, c, -1])[:, None, None] * state + states[c].double()
        if c == last_chunk_indices[sequence]:
            assert_close(final[sequence], state)
        sequence_before = sequence


@all_lengths
@dtypes
def test_bmm_chunk(kernels, lengths, dtype):
    cu_chunk_seqlens, _, _, chunks = layout(kernels, lengths)
    _, B, C = inputs(sum(lengths), dtype)
    CB = kernels("ssd_bmm")._bmm_chunk_fwd(C, B, CHUNK, cu_chunk_seqlens)
    for c, (start, end) in enumerate(chunks):
        length = end - start
        products = C[start:end, None].double() * B[None, start:end].double()
        assert_close(CB[c, :, :length, :length], products.sum(dim=3).permute(2, 0, 1))
        assert not CB[c, :, length:].any()
        assert not CB[c, :, :, length:].any()


@all_lengths
def test_chunk_scan(kernels, lengths):
    check_chunk_scan(kernels, lengths, "per_channel", True, True, torch.float32, SMALL)


@pytest.mark.parametrize("skip", [None, "per_head", "per_channel"])
@pytest.mark.parametrize("gate", [False, True], ids=["no_gate", "gate"])
@pytest.mark.parametrize("initial", [False, True], ids=["from_zero", "initial_states"])
def test_chunk_scan_options(kernels, skip, gate, initial):
    check_chunk_scan(kernels, TWO_SEQUENCES, skip, gate, initial, torch.float32, TWO_HEADS)


@dtypes
def test_chunk_scan_of_each_type(kernels, dtype):
    check_chunk_scan(kernels, TWO_SEQUENCES, "per_channel", True, True, dtype, TWO_HEADS)


def check_chunk_scan(kernels, lengths, skip, gate, initial, dtype, sizes):
    cu_chunk_seqlens, seq_idx, _, chunks = layout(kernels, lengths)
    heads, headdim, _, dstate, *_ = sizes
    x, B, C = inputs(sum(lengths), dtype, sizes)
    dt = uniform(sum(lengths), heads, low=0.0, high=0.5).double()
    A = -uniform(heads, low=0.5, high=4.0)
    D = {None: None, "per_head": normal(heads), "per_channel": normal(heads, headdim)}[skip]
    z = normal(sum(lengths), heads, headdim, dtype=dtype) if gate else None
    entering = normal(len(chunks), heads, headdim, dstate, dtype=dtype)
    first_chunks = seq_idx != torch.cat([seq_idx.new_tensor([-1]), seq_idx[:-1]])
    if not initial:
        entering[first_chunks] = 0.0
    CB = kernels("ssd_bmm")._bmm_chunk_fwd(C, B, CHUNK, cu_chunk_seqlens)
    out = kernels("ssd_chunk_scan")._chunk_scan_fwd(
        CB,
        x,
        by_chunk(dt, chunks).float(),
        cumulative_decay(dt, A, chunks).float(),
        C,
        entering,
        cu_chunk_seqlens,
        seq_idx,
        D=D,
        z=z,
        has_initial_states=initial,
    )
    for c, (start, end) in enumerate(chunks):
        tokens = slice(start, end)
        gates = z[tokens] if gate else None
        expected, _ = reference.scan(
            x[tokens], dt[tokens], A, B[tokens], C[tokens], entering[c], D, gates
        )
        assert_close(out[tokens], expected, dtype)


@all_lengths
@pytest.mark.parametrize("width", [3] if INTERPRETED else [2, 3, 4])
@pytest.mark.parametrize("initial", [False, True], ids=["from_zero", "initial_states"])
def test_causal_conv1d(kernels, lengths, width, initial):
    check_causal_conv1d(kernels, lengths, width, True, True, initial, torch.float32)


@pytest.mark.parametrize("bias", [False, True], ids=["no_bias", "bias"])
@pytest.mark.parametrize("silu", [False, True], ids=["linear", "silu"])
@dtypes
def test_causal_conv1d_options(kernels, bias, silu, dtype):
    check_causal_conv1d(kernels, TWO_SEQUENCES, 4, bias, silu, True, dtype, TWO_HEADS)


def test_causal_conv1d_of_many_sequences(kernels):
    """More sequences than the kernel looks up at once."""
    lengths = torch.randint(1, 4, (130,)).tolist()
    tiny = SMALL._replace(conv_dim=16)
    check_causal_conv1d(kernels, lengths, 2, True, True, True, torch.float32, tiny)


def check_causal_conv1d(kernels, lengths, width, bias, silu, initial, dtype, sizes=SMALL):
    dim = sizes.conv_dim
    x = normal(sum(lengths), 2 * dim, dtype=dtype)[:, dim:]
    weight = normal(width, dim, dtype=dtype)
    bias = normal(dim, dtype=dtype) if bias else None
    slots = len(lengths) + 3
    conv_states = normal(slots, width - 1, dim, dtype=dtype)
    before = conv_states.clone()
    cache_indices = torch.randperm(slots)[: len(lengths)].to(DEVICE, torch.int32)
    has_initial_state = None
    if initial:
        has_initial_state = (torch.arange(len(lengths)) % 3 != 1).to(DEVICE)
    starts = np.cumsum([0, *lengths]).tolist()
    out = kernels("causal_conv1d").causal_conv1d_fn(
        x,
        weight,
        bias,
        conv_states,
        torch.tensor(starts, dtype=torch.int32, device=DEVICE),
        cache_indices,
        has_initial_state,
        activation="silu" if silu else None,
    )
    for s, slot in enumerate(cache_indices.tolist()):
        tokens = slice(starts[s], starts[s + 1])
        starts_from_cache = has_initial_state is not None and bool(has_initial_state[s])
        state = before[slot] if starts_from_cache else torch.zeros_like(before[slot])
        expected, expected_state = reference.causal_conv1d(x[tokens], weight, bias, state, silu)
        assert_close(out[tokens], expected, dtype)
        assert torch.equal(conv_states[slot].double(), expected_state)
    untouched = [slot for slot in range(slots) if slot not in cache_indices.tolist()]
    assert torch.equal(conv_states[untouched], before[untouched])


EVERYTHING = {
    "skip": "per_channel",
    "gate": True,
    "bias": True,
    "softplus": True,
    "initial": True,
}


@all_lengths
def test_the_whole(kernels, lengths):
    check_the_whole(kernels, lengths, EVERYTHING, torch.float32)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"skip": "per_head", "bias": True, "softplus": True},
        {"skip": "per_channel", "gate": True},
        {"gate": True, "limit": (0.1, 0.4)},
        {"initial": True, "softplus": True},
    ],
    ids=lambda options: "-".join(options) or "plain",
)
def test_the_whole_with_options(kernels, options):
    check_the_whole(kernels, TWO_SEQUENCES, options, torch.float32, TWO_HEADS)


@dtypes
def test_the_whole_of_each_type(kernels, dtype):
    check_the_whole(kernels, TWO_SEQUENCES, EVERYTHING, dtype, TWO_HEADS)


needs_gpu = pytest.mark.skipif(INTERPRETED, reason="needs a GPU")


@needs_gpu
@pytest.mark.parametrize("options", [{}, EVERYTHING], ids=["plain", "everything"])
@pytest.mark.parametrize("lengths", [[1000], [1, 127, 128, 129, 300, 15]], ids=str)
def test_nemotron_h_8b(autotuned_kernels, lengths, options):
    kernels = autotuned_kernels
    check_the_whole(kernels, lengths, options, torch.bfloat16, NEMOTRON_H_8B)
    everything = bool(options)
    check_causal_conv1d(
        kernels, lengths, 4, everything, True, everything, torch.bfloat16, NEMOTRON_H_8B
    )


@needs_gpu
@pytest.mark.parametrize("choice", range(5))
def test_every_config_of_every_kernel(autotuned_kernels, monkeypatch, choice):
    """Autotuning may choose any of them."""
    kernels = autotuned_kernels
    for kernel in autotuners(kernels):
        chosen = kernel.configs[min(choice, len(kernel.configs) - 1)]
        monkeypatch.setattr(kernel, "configs", [chosen])
    check_the_whole(kernels, LENGTHS[-1], EVERYTHING, torch.bfloat16)
    check_causal_conv1d(kernels, LENGTHS[-1], 4, True, True, True, torch.bfloat16)


def check_the_whole(kernels, lengths, options, dtype, sizes=SMALL):
    heads, headdim, _, dstate, chunk_size, _ = sizes
    metadata = layout(kernels, lengths, chunk_size)[:3]
    x, B, C = inputs(sum(lengths), dtype, sizes)
    dt = normal(sum(lengths), heads, dtype=dtype, scale=0.5)
    A = -uniform(heads, low=0.5, high=4.0)
    D = {None: None, "per_head": normal(heads), "per_channel": normal(heads, headdim)}[
        options.get("skip")
    ]
    z = normal(sum(lengths), heads, headdim, dtype=dtype) if options.get("gate") else None
    steps = {
        "dt_bias": normal(heads) if options.get("bias") else None,
        "dt_softplus": options.get("softplus", False),
        "dt_limit": options.get("limit", (0.0, float("inf"))),
    }
    state_shape = (len(lengths), heads, headdim, dstate)
    initial_states = normal(*state_shape) if options.get("initial") else None
    out, final_states = kernels("ssd_combined").mamba_chunk_scan_combined_varlen(
        x, dt, A, B, C, chunk_size, *metadata, D=D, z=z, initial_states=initial_states, **steps
    )
    finished = reference.time_steps(dt, **steps)
    states = torch.zeros(state_shape, device=DEVICE) if initial_states is None else initial_states
    start = 0
    for s, length in enumerate(lengths):
        tokens = slice(start, start + length)
        expected, expected_state = reference.scan(
            x[tokens],
            finished[tokens],
            A,
            B[tokens],
            C[tokens],
            states[s],
            D,
            z[tokens] if z is not None else None,
        )
        assert_close(out[tokens], expected, dtype)
        assert_close(final_states[s], expected_state, dtype)
        start += length

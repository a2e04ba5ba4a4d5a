"""How fast the reference kernels are once they are warm, and what the hardware would allow.

    python benchmarks/mamba_kernels.py [--tokens 16384]

Each kernel of both trees runs at the sizes of Nemotron-H-8B in bf16 under `triton.testing.do_bench`
(which empties the L2 cache before each run), the trees alternating; both take the config that
autotuning chose for the corrected kernel, so that the parameter is all that differs. The floor of a
kernel is the longer of two times: its bytes, each input read once and each output written once, at
the rate of a device-to-device copy, and its operations at the rate of a bf16 matrix product, both
measured first. Needs a GPU.
"""
# The one-letter names are those of the state space model.
# ruff: noqa: N806

import argparse
import json
import statistics

import mamba_layer as layer
import torch
import triton
from mamba_layer import BC, CHUNK, CONV_DIM, DSTATE, GROUPS, HEADDIM, HEADS, INNER

BF16, FP32 = 2, 4


def bench(call):
    """Milliseconds, the median of many runs from a cold L2 cache."""
    return triton.testing.do_bench(call, warmup=50, rep=200, return_mode="median")


def ceilings():
    """Bytes a second of a device-to-device copy, operations a second of a bf16 product."""
    source = torch.randn(2**29, device="cuda")
    target = torch.empty_like(source)
    copy_ms = bench(lambda: target.copy_(source))
    a, b = layer.random(8192, 8192), layer.random(8192, 8192)
    product_ms = bench(lambda: a @ b)
    return 2 * source.nbytes / copy_ms * 1e3, 2 * 8192**3 / product_ms * 1e3


def work(tokens):
    """The fewest bytes and operations of each kernel, for one prompt of this many tokens."""
    chunks = triton.cdiv(tokens, CHUNK)
    x = tokens * INNER * BF16
    b_or_c = tokens * BC * BF16
    steps = tokens * HEADS * FP32
    states = chunks * HEADS * HEADDIM * DSTATE
    products = chunks * GROUPS * CHUNK * CHUNK
    return {
        "causal_conv1d_fwd": (2 * tokens * CONV_DIM * BF16, 0),
        "chunk_cumsum_fwd": (tokens * HEADS * BF16 + 2 * steps, 0),
        "chunk_state_fwd": (
            x + b_or_c + 2 * steps + states * FP32,
            2 * tokens * INNER * DSTATE,
        ),
        "state_passing_fwd": (states * (FP32 + BF16), 0),
        "bmm_chunk_fwd": (2 * b_or_c + products * FP32, 2 * tokens * CHUNK * BC),
        "chunk_scan_fwd": (
            3 * x + b_or_c + 2 * steps + states * BF16 + products * FP32,
            2 * tokens * INNER * DSTATE + tokens * INNER * (CHUNK + 1),
        ),
    }


def calls(tree, tokens):
    """For each kernel of a tree, a call that launches it alone, and one call for all of them."""
    modules = layer.load(tree)
    mixer = layer.Mixer(modules, projections=False)
    metadata = mixer.metadata(tokens)
    cu_chunk_seqlens, seq_idx, last_chunk_indices = metadata["chunks"]
    projected = layer.random(tokens, layer.PROJECTION)
    z, xBC, dt = projected.split([INNER, CONV_DIM, HEADS], dim=1)
    x, B, C = layer.random(tokens, CONV_DIM).split([INNER, BC, BC], dim=1)
    x, z = x.unflatten(1, (HEADS, HEADDIM)), z.unflatten(1, (HEADS, HEADDIM))
    B, C = B.unflatten(1, (GROUPS, DSTATE)), C.unflatten(1, (GROUPS, DSTATE))

    chunk_state, state_passing = modules["ssd_chunk_state"], modules["ssd_state_passing"]
    bmm, chunk_scan = modules["ssd_bmm"], modules["ssd_chunk_scan"]

    def cumsum():
        return chunk_state._chunk_cumsum_fwd(
            dt, mixer.A, CHUNK, cu_chunk_seqlens, dt_bias=mixer.dt_bias, dt_softplus=True
        )

    dA_cumsum, dt_out = cumsum()
    states = chunk_state._chunk_state_fwd(B, x, dt_out, dA_cumsum, cu_chunk_seqlens)

    def passing():
        return state_passing._state_passing_fwd(
            states, dA_cumsum, last_chunk_indices, out_dtype=torch.bfloat16
        )

    entering, _ = passing()
    CB = bmm._bmm_chunk_fwd(C, B, CHUNK, cu_chunk_seqlens)
    conv = (xBC, mixer.conv_weight, mixer.conv_bias, mixer.conv_states)
    batch = (metadata["query_start_loc"], metadata["cache_indices"])
    return {
        "causal_conv1d_fwd": lambda: mixer.conv(*conv, *batch),
        "chunk_cumsum_fwd": cumsum,
        "chunk_state_fwd": lambda: chunk_state._chunk_state_fwd(
            B, x, dt_out, dA_cumsum, cu_chunk_seqlens
        ),
        "state_passing_fwd": passing,
        "bmm_chunk_fwd": lambda: bmm._bmm_chunk_fwd(C, B, CHUNK, cu_chunk_seqlens),
        "chunk_scan_fwd": lambda: chunk_scan._chunk_scan_fwd(
            CB, x, dt_out, dA_cumsum, C, entering, cu_chunk_seqlens, seq_idx, D=mixer.D, z=z
        ),
        "all": lambda: mixer.core(projected, metadata),
    }


def autotuners(tree):
    """The autotuned kernels of a tree, by name."""
    return {
        name: value
        for module in layer.load(tree).values()
        for name, value in vars(module).items()
        if isinstance(value, triton.runtime.Autotuner)
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tokens", type=int, default=16384)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", help="file for the raw figures")
    options = parser.parse_args()

    bandwidth, rate = ceilings()
    todo = {tree: calls(tree, options.tokens) for tree in ("corrected", "original")}
    for call in todo["corrected"].values():
        call()
    tuned = {tree: autotuners(tree) for tree in todo}
    for kernel, autotuner in tuned["corrected"].items():
        autotuner.configs = [autotuner.best_config]
        tuned["original"][kernel].configs = [autotuner.best_config]
    times = {}
    for kernel in todo["original"]:
        times[kernel] = {tree: [] for tree in todo}
        for _ in range(options.rounds):
            for tree in todo:
                times[kernel][tree].append(bench(todo[tree][kernel]))

    print(f"{layer.versions()}; {options.tokens} tokens, bf16")
    print(f"copy {bandwidth / 1e12:.2f} TB/s, bf16 product {rate / 1e12:.0f} TFLOP/s\n")
    print("| kernel | original ms | corrected ms | TB/s | share of copy | TFLOP/s | floor / time |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    minimum = work(options.tokens)
    minimum["all"] = tuple(map(sum, zip(*minimum.values(), strict=True)))
    for kernel, by_tree in times.items():
        original, corrected = (
            statistics.median(by_tree[tree]) for tree in ("original", "corrected")
        )
        moved, operations = minimum[kernel]
        floor = max(moved / bandwidth, operations / rate) * 1e3
        print(
            f"| `{kernel}` | {original:.4f} | {corrected:.4f} | {moved / corrected / 1e9:.2f} "
            f"| {moved / bandwidth / corrected * 1e5:.0f} % "
            f"| {operations / corrected / 1e9:.0f} | {floor / corrected * 100:.0f} % |"
        )
    print()
    for kernel, autotuner in tuned["corrected"].items():
        print(f"{kernel}: {autotuner.best_config}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"machine": layer.versions(), "tokens": options.tokens, "ms": times}, file)


if __name__ == "__main__":
    main()

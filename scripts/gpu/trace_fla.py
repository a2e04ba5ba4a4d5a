"""Serves prompts with operators of fla-core under the tracer: on a GPU, or without one (--cpu).

    tritonlint trace -o TRACE -- python scripts/gpu/trace_fla.py [--ops OP ...] [--cpu]

The prompts are those of benchmarks/mamba_cold_start.py, one prompt in each step. Each step runs
every operator once, forward. The first `--warm` prompts are warm-up. Writes the latency of each
step, and sums of what the operators return, to --out as JSON, and prints the P50, the P99 and the
longest latency after the warm-up. fla-core and einops have to be importable.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]

HEADS, WIDTH = 4, 64


def operators(device: str, names: list[str]) -> dict[str, Callable[[int], object]]:
    """What one prompt of a length runs, by name."""
    import torch
    import torch.nn.functional as functional

    def randn(*shape: int) -> Any:
        return torch.randn(*shape, device=device, dtype=torch.bfloat16)

    def rotary() -> Callable[[int], object]:
        from fla.modules.rotary import RotaryEmbedding

        module = RotaryEmbedding(dim=WIDTH).to(device)
        return lambda tokens: module(*(randn(1, tokens, HEADS, WIDTH) for _ in range(2)))

    def attention() -> Callable[[int], object]:
        from fla.ops.attn import parallel_attn

        return lambda tokens: parallel_attn(*(randn(1, tokens, HEADS, WIDTH) for _ in range(3)))

    def forgetting() -> Callable[[int], object]:
        from fla.ops.forgetting_attn import parallel_forgetting_attn

        def run(tokens: int) -> object:
            q, k, v = (randn(1, tokens, HEADS, WIDTH) for _ in range(3))
            gate = functional.logsigmoid(randn(1, tokens, HEADS).float())
            return parallel_forgetting_attn(q, k, v, gate)

        return run

    def sparse() -> Callable[[int], object]:
        from fla.ops.nsa import parallel_nsa

        def run(tokens: int) -> object:
            q = randn(1, tokens, 16, WIDTH)
            k, v = (randn(1, tokens, 1, WIDTH) for _ in range(2))
            gates = [randn(1, tokens, 16).sigmoid() for _ in range(2)]
            return parallel_nsa(q, k, v, *gates, block_counts=4, block_size=64)

        return run

    def gla() -> Callable[[int], object]:
        from fla.ops.gla import chunk_gla

        def run(tokens: int) -> object:
            q, k, v, g = (randn(1, tokens, HEADS, WIDTH) for _ in range(4))
            return chunk_gla(q, k, v, functional.logsigmoid(g.float()))

        return run

    def delta() -> Callable[[int], object]:
        from fla.ops.gated_delta_rule import chunk_gated_delta_rule

        def run(tokens: int) -> object:
            q, k, v = (randn(1, tokens, HEADS, WIDTH) for _ in range(3))
            gate = functional.logsigmoid(randn(1, tokens, HEADS).float())
            beta = randn(1, tokens, HEADS).sigmoid()
            return chunk_gated_delta_rule(q, functional.normalize(k, dim=-1), v, gate, beta)

        return run

    def convolution() -> Callable[[int], object]:
        from fla.modules import ShortConvolution

        module = ShortConvolution(256, 4, activation="silu").to(device, torch.bfloat16)
        return lambda tokens: module(randn(1, tokens, 256))

    def norm() -> Callable[[int], object]:
        from fla.modules import RMSNorm

        module = RMSNorm(256).to(device, torch.bfloat16)
        return lambda tokens: module(randn(1, tokens, 256))

    makers = {
        "rotary": rotary,
        "attention": attention,
        "forgetting": forgetting,
        "sparse": sparse,
        "gla": gla,
        "delta": delta,
        "convolution": convolution,
        "norm": norm,
    }
    return {name: makers[name]() for name in names or makers}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ops", nargs="*", default=[], metavar="OP", help="[all]")
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--warm", type=int, default=1, help="prompts of the warm-up [1]")
    parser.add_argument("--cpu", action="store_true", help="without a GPU, compile nothing")
    parser.add_argument("--target", default="cuda:90", help="with --cpu: the GPU stood in for")
    parser.add_argument("--compile", action="store_true", help="with --cpu: compile for real")
    parser.add_argument("--out", type=Path, help="the latencies, as JSON")
    options = parser.parse_args()

    import torch
    from mamba_cold_start import prompt_lengths

    from tritonlint.runtime import warm, without_gpu

    torch.manual_seed(0)
    gpu = contextlib.nullcontext()
    if options.cpu:
        gpu = without_gpu(options.target, compile=options.compile)
    sums: list[list[float]] = []
    wait = (lambda: None) if options.cpu else torch.cuda.synchronize
    seconds = []
    with gpu, torch.no_grad():
        if options.cpu:
            _answer_for_cpu_tensors()
        run = operators("cpu" if options.cpu else "cuda", options.ops)
        for number, tokens in enumerate(prompt_lengths()[: options.prompts]):
            if number == options.warm:
                warm()
            started = time.perf_counter()
            outputs = [operator(min(tokens, 2048)) for operator in run.values()]
            wait()
            seconds.append(time.perf_counter() - started)
            if options.out:
                sums.append([_sum(output) for output in outputs])
    after = sorted(seconds[options.warm :])
    figures = {
        "prompts": len(seconds),
        "p50_ms": round(after[len(after) // 2] * 1e3, 2),
        "p99_ms": round(after[int(len(after) * 0.99)] * 1e3, 2),
        "longest_ms": round(after[-1] * 1e3, 2),
        "mean_ms": round(sum(after) / len(after) * 1e3, 2),
    }
    print(json.dumps(figures))
    if options.out:
        options.out.write_text(json.dumps({**figures, "seconds": seconds, "sums": sums}))


def _sum(output: Any) -> float:
    """The result of an operator as one number, by which two versions of a kernel are compared."""
    tensor = output[0] if isinstance(output, tuple) else output
    return float(tensor.float().abs().sum())


def _answer_for_cpu_tensors() -> None:
    """fla-core looks up a tensor's GPU by its index, and a CPU tensor's index is None."""
    import fla.utils.hardware as hardware

    (memory,) = hardware.get_all_max_shared_mem()
    hardware.get_all_max_shared_mem = lambda: {0: memory, None: memory}


if __name__ == "__main__":
    main()

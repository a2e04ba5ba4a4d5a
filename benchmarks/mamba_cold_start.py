"""What the dead `seqlen` costs a server that has just started.

    python benchmarks/mamba_cold_start.py [--layer 3] [--stack 3] [--out FOLDER]

Each run is a fresh process with an empty Triton cache, as after a deployment. It prefills the same
480 prompts, one after the other, at the sizes of Nemotron-H-8B in bf16; their lengths are drawn
log-normally, like those of chat prompts, from a fixed seed. A run uses the kernels of
examples/mamba_ssd/original or of corrected, and either one layer (the kernels alone) or a stack of
24 mixers with their projections. `--layer` and `--stack` say how many rounds of each; in a round,
the two trees take turns.

The report has the compiles by kernel, the stalls (prompts after the first one that had to wait for
a compile), and the latency after the first prompt, which pays for autotuning in both trees. A
prompt that arrives during a stall waits too: the time to first token is computed from the measured
latencies, for prompts that arrive at random, ARRIVALS a second, and are served one by one.

Writes mamba_cold_start.md and .svg, and the raw figures as .json, into FOLDER. Needs a GPU.
"""

import argparse
import collections
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TREES = ("original", "corrected")
SCENARIOS = {"layer": "one layer, the kernels alone", "stack": "24 layers with projections"}
PROMPTS, SEED, LAYERS = 480, 0, 24
MEDIAN_TOKENS, SIGMA, LONGEST = 200, 1.1, 4096
ARRIVALS = 4.0


def prompt_lengths():
    import numpy as np

    lengths = np.random.default_rng(SEED).lognormal(np.log(MEDIAN_TOKENS), SIGMA, PROMPTS)
    return np.clip(lengths, 1, LONGEST).astype(int).tolist()


def serve(tree, scenario):
    """Run once, in this process, and return the figures."""
    import mamba_layer
    import torch
    import triton

    compiles, seconds = [], []

    def after_compile(*, fn, **_):
        compiles.append({"prompt": len(seconds), "kernel": fn.name.rpartition(".")[2]})

    triton.knobs.runtime.jit_post_compile_hook = after_compile

    torch.manual_seed(SEED)
    modules = mamba_layer.load(tree)
    stacked = scenario == "stack"
    layers = [
        mamba_layer.Mixer(modules, projections=stacked) for _ in range(LAYERS if stacked else 1)
    ]
    width = mamba_layer.HIDDEN if stacked else mamba_layer.PROJECTION
    activations = mamba_layer.random(LONGEST, width)

    for tokens in prompt_lengths():
        metadata = layers[0].metadata(tokens)
        hidden = activations[:tokens]
        torch.cuda.synchronize()
        start = time.perf_counter()
        if stacked:
            for layer in layers:
                hidden = layer(hidden, metadata)
        else:
            layers[0].core(hidden, metadata)
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return {
        "tree": tree,
        "scenario": scenario,
        "machine": mamba_layer.versions(),
        "date": time.strftime("%Y-%m-%d"),
        "seconds": seconds,
        "compiles": compiles,
    }


def run(tree, scenario):
    """Serve in a fresh process with an empty Triton cache."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "TRITON_CACHE_DIR": cache, "TRITON_DEFAULT_FP_FUSION": "1"}
        completed = subprocess.run(
            [sys.executable, __file__, "--serve", tree, scenario],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return json.loads(completed.stdout)


def time_to_first_token(seconds):
    """The wait plus the latency of each prompt after the first; one is served at a time."""
    import numpy as np

    gaps = np.random.default_rng(SEED).exponential(1 / ARRIVALS, len(seconds) - 1)
    arrival, free, times = 0.0, 0.0, []
    for gap, latency in zip(gaps, seconds[1:], strict=True):
        arrival += gap
        free = max(arrival, free) + latency
        times.append(free - arrival)
    return times


def percentile(values, share):
    import numpy as np

    return float(np.percentile(values, share))


def summary(runs):
    """The figures of the runs of one tree and scenario: the median over the rounds."""
    rounds = []
    for figures in runs:
        after = figures["seconds"][1:]
        stalled = sorted({c["prompt"] for c in figures["compiles"] if c["prompt"] > 0})
        waiting = time_to_first_token(figures["seconds"])
        rounds.append(
            {
                "compiles": len(figures["compiles"]),
                "first prompt s": figures["seconds"][0],
                "stalls": len(stalled),
                "stalled s": sum(figures["seconds"][prompt] for prompt in stalled),
                "mean ms": statistics.mean(after) * 1e3,
                "P50 ms": percentile(after, 50) * 1e3,
                "P95 ms": percentile(after, 95) * 1e3,
                "P99 ms": percentile(after, 99) * 1e3,
                "mean TTFT ms": statistics.mean(waiting) * 1e3,
                "P99 TTFT ms": percentile(waiting, 99) * 1e3,
            }
        )
    return {
        name: (
            statistics.median(figures[name] for figures in rounds),
            min(figures[name] for figures in rounds),
            max(figures[name] for figures in rounds),
        )
        for name in rounds[0]
    }


def shown(figures):
    """Median over the rounds, and the range where they differ."""
    median, least, most = figures
    digits = 0 if float(median).is_integer() and least == most else 2
    text = f"{median:.{digits}f}"
    return text if least == most else f"{text} ({least:.{digits}f} to {most:.{digits}f})"


def report(runs):
    """The tables, as Markdown."""
    by_kind = collections.defaultdict(list)
    for figures in runs:
        by_kind[figures["scenario"], figures["tree"]].append(figures)
    lines = [
        f"{runs[0]['machine']}; {runs[0]['date']}.",
        "The median of the rounds and, where they differ, the range.",
        f"TTFT: computed for {ARRIVALS:g} arrivals a second, served one by one.",
    ]
    for scenario, words in SCENARIOS.items():
        if (scenario, "original") not in by_kind:
            continue
        original, corrected = (summary(by_kind[scenario, tree]) for tree in TREES)
        rounds = len(by_kind[scenario, "original"])
        lines += ["", f"| {words}, {rounds} rounds | original | corrected | change |"]
        lines += ["| --- | --- | --- | --- |"]
        for name in original:
            before, after = original[name][0], corrected[name][0]
            change = f"{(after - before) / before * 100:+.0f} %" if before else ""
            lines.append(
                f"| {name} | {shown(original[name])} | {shown(corrected[name])} | {change} |"
            )

    lines += ["", "| compiles by kernel | original | corrected |", "| --- | --- | --- |"]
    scenario = runs[0]["scenario"]
    counts = [
        collections.Counter(c["kernel"] for c in by_kind[scenario, tree][0]["compiles"])
        for tree in TREES
    ]
    lines += [f"| `{kernel}` | {counts[0][kernel]} | {counts[1][kernel]} |" for kernel in counts[0]]
    return "\n".join(lines) + "\n"


def plot(runs, path):
    """Latency of every prompt after the first, of all rounds, in the order in which they came."""
    import matplotlib.pyplot as plt

    scenarios = [name for name in SCENARIOS if any(r["scenario"] == name for r in runs)]
    figure, axes = plt.subplots(
        len(scenarios), 1, figsize=(9, 3 * len(scenarios)), sharex=True, squeeze=False
    )
    colors = dict(zip(TREES, ("tab:red", "tab:blue"), strict=True))
    for axis, scenario in zip(axes[:, 0], scenarios, strict=True):
        labels = set()
        for figures in runs:
            tree = figures["tree"]
            if figures["scenario"] != scenario:
                continue
            milliseconds = [second * 1e3 for second in figures["seconds"]]
            axis.plot(
                range(1, len(milliseconds)),
                milliseconds[1:],
                ".",
                markersize=3,
                alpha=0.6,
                color=colors[tree],
                label=None if tree in labels else tree,
                # Thousands of vector points would make the file large and slow to draw.
                rasterized=True,
            )
            labels.add(tree)
        axis.set_yscale("log")
        axis.set_ylabel("latency, ms")
        axis.set_title(SCENARIOS[scenario], fontsize=10)
        axis.grid(alpha=0.3)
    axes[0, 0].legend()
    axes[-1, 0].set_xlabel("prompt, the first one left out")
    figure.suptitle(runs[0]["machine"], fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=150, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for scenario, words in SCENARIOS.items():
        parser.add_argument(f"--{scenario}", type=int, default=3, help=f"rounds of {words}")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--report", type=Path, help="raw figures to report again, without a run")
    parser.add_argument("--serve", nargs=2, metavar=("TREE", "SCENARIO"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.serve:
        json.dump(serve(*options.serve), sys.stdout)
        return

    runs = json.loads(options.report.read_text()) if options.report else []
    for scenario in SCENARIOS if not options.report else ():
        for turn in range(getattr(options, scenario)):
            # The second tree finds warmer file caches, so the trees take turns at going first.
            for tree in TREES if turn % 2 == 0 else TREES[::-1]:
                start = time.perf_counter()
                runs.append(run(tree, scenario))
                print(
                    f"round {turn + 1}: {scenario}, {tree}: {time.perf_counter() - start:.0f} s",
                    flush=True,
                )
                # Written after each run, so that no figure is lost if the time runs out.
                (options.out / "mamba_cold_start.json").write_text(json.dumps(runs))
    text = report(runs)
    (options.out / "mamba_cold_start.md").write_text(text)
    plot(runs, options.out / "mamba_cold_start.svg")
    print(text)


if __name__ == "__main__":
    main()

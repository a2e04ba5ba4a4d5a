"""`tritonlint trace --preload DIR`: compiles a trace's variants into Triton's cache, ahead.

Each worker imports the modules that define the kernels, and calls `JITFunction.preload` for each
variant. Workers only share the cache; if one dies, only one kernel is lost.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from tritonlint.options import OptionError, default_jobs
from tritonlint.report.text import counted
from tritonlint.runtime import words
from tritonlint.runtime.bootstrap import recorder
from tritonlint.runtime.events import Compile, Kernel, Trace
from tritonlint.runtime.reader import TraceError, read


class Variant(NamedTuple):
    """What a worker needs to make one variant."""

    kernel: Kernel
    target: str
    triton: str
    source: str
    data: str
    label: str
    seconds: float


class Outcome(NamedTuple):
    """The result for a variant; `problem` is None if it is in the cache now."""

    variant: Variant
    problem: str | None
    seconds: float = 0.0
    disk: bool = False


def preload(path: Path, jobs: int | None, stream: TextIO) -> int:
    """Compile all variants of a trace; 0 if each is in the cache, 1 if one was skipped.

    Raises:
        OptionError: there is no trace.
    """
    try:
        trace = read(path)
    except TraceError as error:
        raise OptionError(str(error)) from error
    chosen, skipped = variants(trace)
    batches = _batches(chosen, jobs or default_jobs())
    with ThreadPoolExecutor(len(batches) or 1) as pool:
        outcomes = [*skipped, *(o for done in pool.map(_in_worker, batches) for o in done)]
    for variant, problem, *_ in outcomes:
        if problem is not None:
            print(f"skipped {variant.kernel.name} ({variant.label}): {problem}", file=stream)
    good = [outcome for outcome in outcomes if outcome.problem is None]
    new = [outcome for outcome in good if not outcome.disk]
    print(
        f"{counted(len(new), 'variant')} compiled ({words.seconds(sum(o.seconds for o in new))} of "
        f"compile time), {len(good) - len(new):,} there already, "
        f"{len(outcomes) - len(good):,} skipped.",
        file=stream,
    )
    return 0 if len(good) == len(outcomes) else 1


def variants(trace: Trace) -> tuple[list[Variant], list[Outcome]]:
    """Return the distinct variants of a trace, and those that cannot be made again."""
    triton = {process.name: process.triton for process in trace.processes}
    # Variants that only differ in compile time are the same.
    chosen: dict[Variant, Variant] = {}
    skipped: dict[Variant, Outcome] = {}
    for compile in trace.compiles:
        variant = Variant(
            compile.kernel,
            compile.target,
            triton[compile.process],
            compile.source,
            compile.preload or "",
            _label(compile) if compile.preload is None else "",
            0.0,
        )
        named = variant._replace(label=_label(compile), seconds=compile.seconds or 0.0)
        problem = _problem(compile)
        if problem is None:
            chosen.setdefault(variant, named)
        else:
            skipped.setdefault(variant, Outcome(named, problem))
    return list(chosen.values()), list(skipped.values())


def _batches(variants: list[Variant], jobs: int) -> list[list[Variant]]:
    """Divide the work: similar times for each worker, and a kernel's variants together."""
    batches: list[list[Variant]] = [[] for _ in range(min(jobs, len(variants)))]
    loads = [0.0] * len(batches)
    for variant in sorted(variants, key=lambda variant: -variant.seconds):
        least = loads.index(min(loads))
        batches[least].append(variant)
        loads[least] += variant.seconds + 0.01
    return [sorted(b, key=lambda v: (v.kernel.module, v.kernel.name, v.target)) for b in batches]


def _label(compile: Compile) -> str:
    shown = [
        f"{argument.name}={words.value(argument)}"
        for argument in compile.arguments
        if argument.constexpr or words.is_integer(argument)
    ]
    return words.listed(shown, 6)


def _problem(compile: Compile) -> str | None:
    if compile.preload is None:
        return "Triton could not write this variant down"
    if compile.kernel.module == "__main__":
        return "the kernel is defined in a script, which would run if it were imported"
    if "<locals>" in compile.kernel.name:
        return "the kernel is made by a function, and cannot be found by its name"
    return None


def _in_worker(batch: list[Variant]) -> list[Outcome]:
    """Make variants in a separate process; if it dies, another one continues."""
    outcomes: list[Outcome] = []
    while len(outcomes) < len(batch):
        left = batch[len(outcomes) :]
        done = _worker(left)
        answers = [line for line in done.stdout.splitlines() if line.startswith('{"preloaded":')]
        for variant, line in zip(left, answers, strict=False):
            answer = json.loads(line)
            outcomes.append(Outcome(variant, answer["problem"], answer["seconds"], answer["disk"]))
        # The cause would kill the next one too, so the rest of that kernel is given up.
        last = done.stderr.strip().rpartition("\n")[2] or f"exit status {done.returncode}"
        killer = batch[len(outcomes)].kernel if len(outcomes) < len(batch) else None
        while len(outcomes) < len(batch) and batch[len(outcomes)].kernel == killer:
            outcomes.append(Outcome(batch[len(outcomes)], f"its process failed: {last}"))
    return outcomes


def _worker(batch: list[Variant]) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TRITONLINT_TRACE")}
    # The worker imports modules as the traced program would from here, and finds tritonlint.
    package = str(Path(__file__).parents[2])
    paths = [os.getcwd(), environment.get("PYTHONPATH", ""), package]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    return subprocess.run(
        [sys.executable, "-m", "tritonlint.runtime.preload"],
        input=json.dumps([{**v._asdict(), "kernel": v.kernel._asdict()} for v in batch]),
        capture_output=True,
        text=True,
        env=environment,
    )


# -- in a worker -------------------------------------------------------------------------------


def _work(queue: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    import triton

    # Watching Triton shows whether the cache had it.
    problem = recorder().install()
    for item in queue:
        item["kernel"] = Kernel(**item["kernel"])
        variant = Variant(**item)
        seconds, disk = 0.0, False
        try:
            # Some modules ask for the GPU when they are imported.
            with _device(variant.target):
                found = problem or _find(variant, triton.__version__)
                if not isinstance(found, str):
                    began = time.perf_counter()
                    made = found.preload(variant.data)
                    seconds, disk = time.perf_counter() - began, recorder().from_disk(made)
        except Exception as error:
            found = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        told = found if isinstance(found, str) else None
        yield {"preloaded": True, "problem": told, "seconds": seconds, "disk": bool(disk)}


def _find(variant: Variant, installed: str) -> Any:
    """Return the kernel, or why the variant does not fit it."""
    if variant.triton and variant.triton != installed:
        return f"it was traced with Triton {variant.triton}, and {installed} is installed"
    found: Any = importlib.import_module(variant.kernel.module)
    for part in variant.kernel.name.split("."):
        found = getattr(found, part, None)
    while found is not None and not hasattr(found, "preload"):
        # Below `@autotune`, `@heuristics` and decorators that have `fn`.
        found = getattr(found, "fn", None)
    if found is None:
        return f"{variant.kernel.module} has no such kernel any more"
    if variant.source and str(found.cache_key) != variant.source:
        return "its source, or that of a function it calls, was changed since the trace"
    return found


def _device(target: str) -> Any:
    """Return the GPU; without one, Triton compiles for the GPU of the trace."""
    from triton.runtime import driver

    from tritonlint.runtime.without_gpu import without_gpu

    try:
        driver.active.get_current_target()
    except Exception:
        return without_gpu(target, compile=True)
    return contextlib.nullcontext()


if __name__ == "__main__":
    for answer in _work(json.load(sys.stdin)):
        print("\n" + json.dumps(answer), flush=True)

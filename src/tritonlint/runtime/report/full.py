"""The report for people: the most expensive kernel first, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from rich.table import Table
from rich.text import Text

from tritonlint.diagnostics import Applicability
from tritonlint.report.context import relative_path
from tritonlint.report.terminal import console_for
from tritonlint.report.text import counted, printable
from tritonlint.runtime import words
from tritonlint.runtime.report.json import started
from tritonlint.runtime.summary import Axis, KernelSummary, Summary

_STEPS = 12
_SITES = 3
_VALUES = 12


def render(summary: Summary, base: Path, stream: TextIO) -> None:
    console = console_for(stream)
    wrap = stream.isatty()
    for kernel in summary.kernels:
        for indent, text in _kernel(kernel, summary, base):
            if wrap and indent:
                grid = Table.grid(padding=0)
                grid.add_column(width=indent)
                grid.add_column(overflow="fold")
                grid.add_row("", text)
                console.print(grid)
            else:
                console.print(Text(" " * indent) + text, soft_wrap=True)
        console.print()
    for problem in summary.trace.problems:
        console.print(Text(f"note: {printable(problem)}", "yellow"), soft_wrap=True)
    console.print(Text(total(summary), "bold"), soft_wrap=True)


def total(summary: Summary) -> str:
    """Return the totals in one line."""
    trace = summary.trace
    tunings = sum(kernel.tunings for kernel in summary.kernels)
    text = (
        f"{counted(summary.compiles, 'compile')} of {counted(len(summary.kernels), 'kernel')} in "
        f"{counted(len(trace.processes), 'process').replace('processs', 'processes')}"
    )
    if any(kernel.timed for kernel in summary.kernels):
        text += f", {words.seconds(summary.seconds)}"
    if tunings:
        text += f", of these {counted(tunings, 'tuning')}"
    if trace.has_warmup:
        stalls = sum(kernel.stalls for kernel in summary.kernels)
        text += f". After the warm-up: {counted(stalls, 'stall')}"
        if any(kernel.timed for kernel in summary.kernels):
            stalled = sum(kernel.stalled_seconds for kernel in summary.kernels)
            text += f", {words.seconds(stalled)}"
    return text + "."


def _kernel(kernel: KernelSummary, summary: Summary, base: Path) -> Iterator[tuple[int, Text]]:
    head = Text(printable(kernel.kernel.name), "bold")
    if kernel.kernel.file:
        place = relative_path(Path(kernel.kernel.file), base)
        head.append(f"  {printable(place)}:{kernel.kernel.line}", "dim")
    yield 0, head
    yield 2, Text(_cost(kernel, summary), "cyan")
    for frame, count in kernel.sites[:_SITES]:
        place = f"{relative_path(Path(frame.file), base)}:{frame.line}"
        yield 2, Text(f"launched at {printable(place)} in {frame.function} ({count} times)", "dim")
    for axis in kernel.axes:
        yield from _axis(axis, kernel)
    later = [step for step in kernel.steps if not step.first]
    shown = sorted(later, key=lambda s: -(s.seconds or 0.0))[:_STEPS]
    for step in sorted(shown, key=lambda s: s.time):
        moment = step.time - started(summary.trace)
        text = Text(f"{moment:8.1f} s  " if kernel.timed else "  ", "dim")
        text.append("stall  " if step.stall else "", "red")
        text.append(printable(step.sentence))
        if step.seconds is not None:
            disk = ", from disk" if step.compiles and step.disk == step.compiles else ""
            text.append(f"  ({words.seconds(step.seconds)}{disk})", "dim")
        yield 2, text
    if len(later) > len(shown):
        yield 2, Text(f"... and {len(later) - len(shown):,} more, each shorter", "dim")


def _cost(kernel: KernelSummary, summary: Summary) -> str:
    parts = [counted(kernel.compiles, "compile")]
    if kernel.timed:
        parts.append(words.seconds(kernel.seconds))
    if kernel.tunings:
        parts.append(counted(kernel.tunings, "tuning"))
    if kernel.disk:
        parts.append(f"{kernel.disk:,} from Triton's cache on disk")
    if summary.trace.has_warmup:
        stalled = f", {words.seconds(kernel.stalled_seconds)}" if kernel.timed else ""
        parts.append(f"{counted(kernel.stalls, 'stall')} after the warm-up{stalled}")
    return ", ".join(parts)


def _axis(axis: Axis, kernel: KernelSummary) -> Iterator[tuple[int, Text]]:
    time = f", {words.seconds(axis.seconds)}" if kernel.timed and axis.compiles else ""
    kind = {"parameter": "", "key": " (autotune key)", "dtype": " (dtype)", "option": " (option)"}
    text = Text.assemble((f"`{printable(axis.name)}`", "bold yellow"), kind[axis.what.value])
    if axis.together:
        text.append(f" with {', '.join(f'`{printable(name)}`' for name in axis.together[:4])}")
    caused = counted(axis.compiles, "compile") if axis.compiles else "no compile by itself"
    text.append(f" caused {caused}{time}: ")
    text.append("; ".join(_class(name, values) for name, values in axis.classes))
    yield 2, text
    for finding in axis.findings:
        fix = ""
        if finding.fix:
            safe = finding.fix.applicability is Applicability.SAFE
            fix = " (fix: --fix)" if safe else " (fix: --fix --unsafe-fixes)"
        yield 4, Text(f"{finding.code} {printable(finding.message)}{fix}", "red")
    yield 4, Text(printable(axis.advice))


def _class(name: str, values: tuple[str, ...]) -> str:
    shown = printable(words.listed(list(values), _VALUES))
    return shown if name == "each value" or values == (name,) else f"{name}: {shown}"

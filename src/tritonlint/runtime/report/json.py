"""The summary as JSON, for other programs (docs/tracing.md, "JSON")."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

from tritonlint.diagnostics import Diagnostic
from tritonlint.report.context import relative_path
from tritonlint.runtime.events import Frame, Process, Trace
from tritonlint.runtime.steps import Step
from tritonlint.runtime.summary import Axis, KernelSummary, Summary


def render(summary: Summary, base: Path, stream: TextIO) -> None:
    print(json.dumps(as_data(summary, base), indent=2), file=stream)


def as_data(summary: Summary, base: Path) -> dict[str, Any]:
    """Return the summary as plain data."""
    trace = summary.trace
    return {
        "compiles": summary.compiles,
        "seconds": _seconds(summary.seconds),
        "has_warmup": trace.has_warmup,
        "started": started(trace),
        "problems": list(trace.problems),
        "processes": [_process(process) for process in trace.processes],
        "kernels": [_kernel(kernel, trace, base) for kernel in summary.kernels],
    }


def started(trace: Trace) -> float:
    """Return when the first process began, or when the first event came if no start is known."""
    times = [process.started for process in trace.processes if process.started]
    events = [each.time for each in trace.compiles] + [each.time for each in trace.tunings]
    return min(times or events, default=0.0)


def _process(process: Process) -> dict[str, Any]:
    return {
        "name": process.name,
        "pid": process.pid,
        "rank": process.rank,
        "run": process.run,
        "started": process.started,
        "command": list(process.command),
        "triton": process.triton,
        "torch": process.torch,
    }


def _kernel(kernel: KernelSummary, trace: Trace, base: Path) -> dict[str, Any]:
    file = kernel.kernel.file
    return {
        "name": kernel.kernel.name,
        "module": kernel.kernel.module,
        "filename": relative_path(Path(file), base) if file else None,
        "row": kernel.kernel.line,
        "compiles": kernel.compiles,
        "seconds": _seconds(kernel.seconds) if kernel.timed else None,
        "tunings": kernel.tunings,
        "from_disk": kernel.disk,
        "stalls": kernel.stalls if trace.has_warmup else None,
        "stalled_seconds": _seconds(kernel.stalled_seconds) if trace.has_warmup else None,
        "sites": [{**_frame(frame, base), "count": count} for frame, count in kernel.sites],
        "axes": [_axis(axis) for axis in kernel.axes],
        "steps": [_step(step, base) for step in kernel.steps],
    }


def _axis(axis: Axis) -> dict[str, Any]:
    return {
        "kind": axis.what.value,
        "name": axis.name,
        "classes": [{"name": name, "values": list(values)} for name, values in axis.classes],
        "compiles": axis.compiles,
        "seconds": _seconds(axis.seconds),
        "together": list(axis.together),
        "advice": axis.advice,
        "findings": [_finding(finding) for finding in axis.findings],
    }


def _finding(finding: Diagnostic) -> dict[str, Any]:
    return {
        "code": finding.code,
        "message": finding.message,
        "help": finding.help,
        "fix": finding.fix.applicability.value if finding.fix else None,
    }


def _step(step: Step, base: Path) -> dict[str, Any]:
    return {
        "time": round(step.time, 3),
        "seconds": None if step.seconds is None else _seconds(step.seconds),
        "process": step.process,
        "compiles": step.compiles,
        "from_disk": step.disk,
        "stall": step.stall,
        "tuning": step.tuning is not None,
        "because": step.sentence,
        "changes": [
            {"kind": c.what.value, "name": c.name, "before": c.before, "after": c.after}
            for c in step.changes
        ],
        "site": [_frame(frame, base) for frame in step.site],
    }


def _frame(frame: Frame, base: Path) -> dict[str, Any]:
    return {
        "filename": relative_path(Path(frame.file), base),
        "row": frame.line,
        "function": frame.function,
    }


def _seconds(amount: float) -> float:
    return round(amount, 4)

"""GitHub Actions workflow commands: one warning for each parameter that caused compiles."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from tritonlint.report.context import relative_path
from tritonlint.report.github import escape_data, escape_property
from tritonlint.report.text import counted
from tritonlint.runtime import words
from tritonlint.runtime.summary import Axis, KernelSummary, Summary


def render(summary: Summary, base: Path, stream: TextIO) -> None:
    for kernel in summary.kernels:
        for axis in filter(_caused_compiles, kernel.axes):
            stream.write(_command(kernel, axis, base) + "\n")


def _caused_compiles(axis: Axis) -> bool:
    # What only changed beside others is no reason to warn.
    return axis.compiles > 0


def _command(kernel: KernelSummary, axis: Axis, base: Path) -> str:
    properties = {"title": f"tritonlint trace ({axis.name})"}
    if kernel.kernel.file:
        properties["file"] = relative_path(Path(kernel.kernel.file), base)
        properties["line"] = str(kernel.kernel.line)
    time = f", {words.seconds(axis.seconds)}" if kernel.timed else ""
    message = (
        f"`{axis.name}` of {kernel.kernel.name} caused {counted(axis.compiles, 'compile')}{time}: "
        f"values {words.listed(list(axis.values))}\n  help: {axis.advice}"
    )
    for finding in axis.findings:
        message += f"\n  {finding.code}: {finding.message}"
    listed = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items())
    return f"::warning {listed}::{escape_data(message)}"

"""What a trace saw of the linter's findings: static and observed evidence together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tritonlint.diagnostics import Diagnostic, Observation
from tritonlint.options import OptionError
from tritonlint.runtime import words
from tritonlint.runtime.reader import TraceError, read
from tritonlint.runtime.summary import KernelSummary, Summary, is_about, summarize


def observed(findings: Sequence[Diagnostic], path: Path) -> list[Diagnostic]:
    """Return the findings, each with what a trace saw of it.

    Raises:
        OptionError: there is no trace.
    """
    try:
        summary = summarize(read(path))
    except TraceError as error:
        raise OptionError(f"--trace: {error}") from error
    return [finding._replace(observed=_observation(finding, summary)) for finding in findings]


def _observation(finding: Diagnostic, summary: Summary) -> Observation | None:
    seen = [kernel for kernel in summary.kernels if is_about(finding, kernel.kernel)]
    # A kernel in another directory only counts if there is none in this one.
    exact = [kernel for kernel in seen if Path(kernel.kernel.file) == finding.path] or seen
    if not exact or finding.parameter is None:
        return None
    axes = [axis for kernel in exact for axis in kernel.axes if axis.name == finding.parameter]
    values = dict.fromkeys(value for axis in axes for value in axis.values)
    if not values:
        values = dict.fromkeys(_passed(exact, finding.parameter))
    compiles = sum(axis.compiles for axis in axes)
    seconds = sum(axis.seconds for axis in axes)
    return Observation(
        compiles=compiles,
        seconds=seconds,
        values=tuple(values),
        kernel_compiles=sum(kernel.compiles for kernel in exact),
        text=_text(compiles, seconds, list(values), sum(kernel.compiles for kernel in exact)),
    )


def _passed(kernels: Sequence[KernelSummary], name: str) -> list[str]:
    return [
        words.value(step.arguments[name])
        for kernel in kernels
        for step in kernel.steps
        if name in step.arguments
    ]


def _text(compiles: int, seconds: float, values: list[str], all_compiles: int) -> str:
    listed = f"value{'s' if len(values) != 1 else ''} {words.listed(values)}" if values else ""
    if compiles:
        count = f"{compiles:,} compile{'s' if compiles != 1 else ''}"
        return f"{count}, {words.seconds(seconds)}, {listed}"
    count = f"{all_compiles:,} compile{'s' if all_compiles != 1 else ''} of the kernel"
    return f"{count}, none because of it" + (f": {listed}" if listed else "")

"""The output formats: a format is one module here, named as `--output-format` names it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, TextIO

from tritonlint.config.settings import OUTPUT_FORMATS
from tritonlint.diagnostics import Diagnostic
from tritonlint.report.context import RenderContext
from tritonlint.report.summary import full_summary

__all__ = ["FORMATS", "STATISTICS_FORMATS", "RenderContext", "render"]

FORMATS = OUTPUT_FORMATS
STATISTICS_FORMATS = ("full", "concise", "json")


class _Renderer(Protocol):
    def __call__(
        self, diagnostics: Sequence[Diagnostic], context: RenderContext, stream: TextIO
    ) -> None: ...


def render(
    diagnostics: Sequence[Diagnostic], format: str, context: RenderContext, stream: TextIO
) -> None:
    """Write the diagnostics, sorted by file and place, or their statistics.

    Raises ValueError for a format that does not exist, or that has no statistics.
    """
    ordered = sorted(diagnostics, key=lambda diagnostic: diagnostic.sort_key)
    if format not in FORMATS:
        raise ValueError(f"unknown output format {format!r}: choose one of {', '.join(FORMATS)}")
    if context.statistics:
        if format not in STATISTICS_FORMATS:
            raise ValueError(
                f"--statistics has no {format} output: choose one of "
                f"{', '.join(STATISTICS_FORMATS)}"
            )
        from tritonlint.report import statistics

        statistics.render(ordered, format, context, stream)
        return
    if format == "full" and not ordered and not stream.isatty():
        # A hook says this for most commits, and rich is slow to import.
        if not context.quiet:
            print(full_summary(ordered, context), file=stream)
        return
    # Imported by name, so that a machine format does not pay for rich.
    renderer: _Renderer = import_module(f"{__name__}.{format}").render
    renderer(ordered, context, stream)

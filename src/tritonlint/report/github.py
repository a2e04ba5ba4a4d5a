"""GitHub Actions workflow commands: each finding becomes an annotation on the pull request.

The escaping is that of actions/toolkit, packages/core/src/command.ts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from tritonlint.diagnostics import Diagnostic
from tritonlint.report.context import RenderContext
from tritonlint.report.summary import blocked_in_line
from tritonlint.report.text import printable


def render(diagnostics: Sequence[Diagnostic], context: RenderContext, stream: TextIO) -> None:
    for diagnostic in diagnostics:
        stream.write(_command(diagnostic, context) + "\n")


def _command(diagnostic: Diagnostic, context: RenderContext) -> str:
    path, span = printable(context.display_path(diagnostic.path)), diagnostic.span
    code = diagnostic.code
    properties = {"title": f"tritonlint ({code})", "file": path, "line": str(span.row)}
    # The runner drops columns, with a warning, from an annotation of more than one line.
    if span.row == span.end_row:
        properties["col"] = str(span.column)
    properties["endLine"] = str(span.end_row)
    if span.row == span.end_row:
        properties["endColumn"] = str(span.end_column)
    lines = [f"{path}:{span.row}:{span.column}: {code} {diagnostic.sentence}"]
    lines.append(f"  help: {diagnostic.help}")
    if obstacle := blocked_in_line(diagnostic):
        lines.append(f"  {obstacle}")
    if diagnostic.observed:
        lines.append(f"  seen: {diagnostic.observed.text}")
    if diagnostic.verification:
        lines.append(f"  compiler: {diagnostic.verification.text}")
    listed = ",".join(f"{key}={escape_property(value)}" for key, value in properties.items())
    message = escape_data("\n".join(map(printable, lines)))
    command = "notice" if context.informational else "error"
    return f"::{command} {listed}::{message}"


def escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")

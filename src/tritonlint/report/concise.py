"""`path:row:col: CODE [*] message`, one line for each finding, as ruff prints it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from tritonlint.diagnostics import Diagnostic
from tritonlint.report.context import RenderContext
from tritonlint.report.summary import concise_summary, fix_mark
from tritonlint.report.text import printable


def render(diagnostics: Sequence[Diagnostic], context: RenderContext, stream: TextIO) -> None:
    for diagnostic in diagnostics:
        print(printable(_line(diagnostic, context)), file=stream)
    if not context.quiet:
        for line in concise_summary(diagnostics, context):
            print(line, file=stream)


def _line(diagnostic: Diagnostic, context: RenderContext) -> str:
    path, span = context.display_path(diagnostic.path), diagnostic.span
    finding = f"{diagnostic.code} {fix_mark(diagnostic)}{diagnostic.sentence}"
    blocked = diagnostic.fix_blocked_by
    reason = f" (no fix: {blocked})" if blocked else ""
    verified = f" [{diagnostic.verification.text}]" if diagnostic.verification else ""
    return f"{path}:{span.row}:{span.column}: {finding}{reason}{verified}"

"""`path:row:col: CODE [*] message`, one line for each finding, as ruff prints it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TextIO

from tritonlint.diagnostics import Diagnostic
from tritonlint.report.context import RenderContext
from tritonlint.report.summary import blocked_in_line, concise_summary, fix_mark
from tritonlint.report.text import printable

#: The aim for the length of a line.
_WIDTH = 120


def render(diagnostics: Sequence[Diagnostic], context: RenderContext, stream: TextIO) -> None:
    for diagnostic in diagnostics:
        print(printable(_line(diagnostic, context)), file=stream)
    if not context.quiet:
        for line in concise_summary(diagnostics, context):
            print(line, file=stream)


def _line(diagnostic: Diagnostic, context: RenderContext) -> str:
    path, span = context.display_path(diagnostic.path), diagnostic.span
    start = f"{path}:{span.row}:{span.column}: {diagnostic.code} {fix_mark(diagnostic)}"
    finding = f"{start}{_named(diagnostic)}"
    found = f" [{diagnostic.verification.text}]" if diagnostic.verification else ""
    obstacle = blocked_in_line(diagnostic)
    reason = f" ({obstacle})" if obstacle else ""
    costs = [""]
    if diagnostic.cost is not None:
        # The cost is shortened to fit the line, and left out if only that makes it fit.
        shortened = [
            re.split(rest, diagnostic.cost)[0]
            for rest in (":|;| if ", r":|;| if | \(|, (?:for|unless) ")
        ]
        costs = [f", and it costs {diagnostic.cost}", *(f"; costs {c}" for c in shortened), ""]
    lines = [f"{finding}{cost}{reason}{found}" for cost in costs]
    # Then the reason is left out.
    lines.append(f"{finding}{' (no fix)' if obstacle and not diagnostic.fix else ''}{found}")
    return next((line for line in lines if len(line) <= _WIDTH), lines[-1])


def _named(diagnostic: Diagnostic) -> str:
    """Return the message, with the kernel if it does not name it."""
    kernel, message = diagnostic.kernel, diagnostic.message
    if kernel is None or f"`{kernel}`" in message:
        return message
    if diagnostic.parameter is None:
        return f"{message} in `{kernel}`"
    start = f"`{diagnostic.parameter}` "
    return message.replace(start, f"{start}of `{kernel}` ", message.startswith(f"{start}is "))

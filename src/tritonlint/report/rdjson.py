"""Reviewdog's diagnostic format, as one JSON object.

https://github.com/reviewdog/reviewdog/tree/master/proto/rdf
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from tritonlint.diagnostics import Diagnostic, Edit, Fix
from tritonlint.report.context import RenderContext
from tritonlint.span import Span


def render(diagnostics: Sequence[Diagnostic], context: RenderContext, stream: TextIO) -> None:
    ranges = _Ranges(context)
    document = {
        "source": {"name": "tritonlint", "url": "https://github.com/tritonlint/tritonlint"},
        "severity": _severity(context),
        "diagnostics": [_finding(diagnostic, context, ranges) for diagnostic in diagnostics],
    }
    print(json.dumps(document, indent=2), file=stream)


def _finding(diagnostic: Diagnostic, context: RenderContext, ranges: _Ranges) -> dict[str, Any]:
    finding: dict[str, Any] = {
        "message": f"{diagnostic.sentence}. {diagnostic.help}.",
        "location": {
            "path": context.display_path(diagnostic.path),
            "range": ranges.of(diagnostic.path, diagnostic.span),
        },
        "severity": _severity(context),
        "code": {"value": diagnostic.code, "url": context.rules[diagnostic.code].url},
    }
    suggested = _suggestions(diagnostic.fix, diagnostic.path)
    if suggested:
        finding["suggestions"] = [
            {"range": ranges.of(edit.path, edit.span), "text": edit.content} for edit in suggested
        ]
    return finding


def _severity(context: RenderContext) -> str:
    return "INFO" if context.informational else "WARNING"


def _suggestions(fix: Fix | None, path: Path) -> tuple[Edit, ...]:
    """Return the edits, unless some are in other files.

    A suggestion is for one file, and half a fix breaks launches.
    """
    if fix is None or any(edit.path != path for edit in fix.edits):
        return ()
    return fix.edits


class _Ranges:
    """Places in the format's units: columns count UTF-8 bytes, from 1."""

    def __init__(self, context: RenderContext) -> None:
        self._lines = cache(context.read_lines)

    def of(self, path: Path, span: Span) -> dict[str, Any]:
        return {
            "start": {"line": span.row, "column": self._column(path, span.row, span.column)},
            "end": {
                "line": span.end_row,
                "column": self._column(path, span.end_row, span.end_column),
            },
        }

    def _column(self, path: Path, row: int, column: int) -> int:
        lines = self._lines(path)
        if row > len(lines) or lines[row - 1].isascii():
            return column
        before = lines[row - 1][: column - 1]
        return column + len(before.encode(errors="replace")) - len(before)

"""GitLab's Code Quality report: a JSON list that merge requests show.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TextIO

from tritonlint.diagnostics import Diagnostic
from tritonlint.report.context import RenderContext
from tritonlint.report.identity import fingerprints
from tritonlint.report.text import printable


def render(diagnostics: Sequence[Diagnostic], context: RenderContext, stream: TextIO) -> None:
    issues = []
    for diagnostic, fingerprint in zip(
        diagnostics, fingerprints(diagnostics, context), strict=True
    ):
        span = diagnostic.span
        issues.append(
            {
                "description": printable(f"{diagnostic.code}: {diagnostic.sentence}"),
                "check_name": diagnostic.name,
                "fingerprint": fingerprint,
                "severity": "info" if context.informational else "major",
                "location": {
                    "path": context.display_path(diagnostic.path),
                    "positions": {
                        "begin": {"line": span.row, "column": span.column},
                        "end": {"line": span.end_row, "column": span.end_column},
                    },
                },
            }
        )
    print(json.dumps(issues, indent=2), file=stream)

"""Comments that silence findings: `# tritonlint: ignore[...]`, `# noqa: ...`, `ignore-file`."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from tritonlint.facts import Span, Suppression

_OURS = re.compile(
    r"#\s*tritonlint:\s*(?P<form>ignore-file|ignore)(?![\w-])\s*(?:\[(?P<codes>[^\]]*)\])?",
    re.IGNORECASE,
)
_NOQA = re.compile(
    r"#\s*noqa(?::\s?(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?(?![\w:-])", re.IGNORECASE
)
_CODE = re.compile(r"[A-Z]+[0-9]+", re.IGNORECASE)


def find_suppressions(source: str, lines: list[str]) -> Iterator[Suppression]:
    """All suppressions in the comments of a file that Python can tokenize."""
    lowered = source.lower()
    if "tritonlint:" not in lowered and "noqa" not in lowered:
        return
    for row, column, comment in _comments(source, lines):
        for pattern in (_OURS, _NOQA):
            for match in pattern.finditer(comment):
                found = match.groupdict()
                form = (found.get("form") or "noqa").lower()
                codes = tuple(c.upper() for c in _CODE.findall(found["codes"] or ""))
                start = column + match.start()
                yield Suppression(
                    row=row,
                    span=Span(row, start + 1, row, column + match.end() + 1),
                    codes=codes,
                    text=match.group().strip(),
                    form=form,
                )


def _comments(source: str, lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Row, column (from 0) and text of every comment that could hold a suppression."""
    candidates = [
        row
        for row, line in enumerate(lines, 1)
        if "#" in line and ("noqa" in line.lower() or "tritonlint" in line.lower())
    ]
    if not candidates:
        return
    try:
        for token in tokenize.generate_tokens(io.StringIO(source, newline="").readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1], token.string
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return

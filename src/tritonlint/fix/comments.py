"""The fix of a comment that silences nothing: only the comment is removed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tritonlint.diagnostics import Applicability, Diagnostic, Edit, Fix
from tritonlint.rules.trl901_unused_suppression import RULE as UNUSED
from tritonlint.source import decode, encode, split_lines
from tritonlint.span import Span

_CODES = re.compile(r"[A-Z]+[0-9]+", re.IGNORECASE)
#: Another comment on the same line, and not the number of an issue.
_MORE = re.compile(r"#(?!\d)")
_UNDERSTOOD = re.compile(r"#\s*(?:tritonlint:\s*ignore|noqa:)", re.IGNORECASE)


def comment_fix(lines: Sequence[str], diagnostic: Diagnostic) -> Fix | None:
    """Return the fix that deletes the comment of a TRL901 finding, with the reason after it.

    `lines` are the lines of the file, without line ends.

    Codes of other linters in a `noqa` stay. None if the comment is meant to silence something, and
    is only misspelled.
    """
    row, span = diagnostic.span.row, diagnostic.span
    body = lines[row - 1]
    start, end = span.column - 1, span.end_column - 1
    comment = body[start:end]
    if not _UNDERSTOOD.match(comment):
        return None
    codes = _CODES.findall(comment.partition(":")[2])
    others = [code for code in codes if not code.upper().startswith("TRL")]
    if comment.lower().lstrip("# \t").startswith("noqa") and others:
        edit = Edit(diagnostic.path, span, f"# noqa: {', '.join(others)}")
        return Fix(Applicability.SAFE, "Remove the codes from the comment", (edit,))
    more = _MORE.search(body, end)
    if more is not None:
        place = Span(row, start + 1, row, more.start() + 1)
    elif body[:start].strip():
        place = Span(row, len(body[:start].rstrip()) + 1, row, len(body) + 1)
    else:
        place = Span(row, 1, row + 1, 1)
    return Fix(Applicability.SAFE, "Delete the comment", (Edit(diagnostic.path, place, ""),))


def _without_comments(text: str, fixes: Iterable[Fix]) -> str:
    """Return the text after fixes of comments, which are on lines of their own."""
    lines = split_lines(text)
    for fix in fixes:
        for edit in fix.edits:
            row, span = edit.span.row, edit.span
            line = lines[row - 1]
            end = len(line) if span.end_row > row else span.end_column - 1
            lines[row - 1] = line[: span.column - 1] + edit.content + line[end:]
    return "".join(lines)


def without_unused(
    found: Iterable[Diagnostic], read: Callable[[Path], bytes]
) -> tuple[dict[Path, bytes], list[Diagnostic]]:
    """Return files without the comments of TRL901 findings, and the findings that this fixes.

    One comment is removed on each line.
    """
    firsts = {(d.path, d.span.row): d for d in found if d.code == UNUSED.code and d.fix}
    by_path: defaultdict[Path, list[Fix]] = defaultdict(list)
    for diagnostic in firsts.values():
        if diagnostic.fix:
            by_path[diagnostic.path].append(diagnostic.fix)
    contents = {}
    for path, fixes in sorted(by_path.items()):
        source = decode(read(path))
        contents[path] = encode(source._replace(text=_without_comments(source.text, fixes)))
    return contents, list(firsts.values())

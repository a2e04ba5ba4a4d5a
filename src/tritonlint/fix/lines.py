"""The lines of a text that is edited: where they begin, and their content."""

from __future__ import annotations

import ast
import re

_BLANK = re.compile(r"[ \t\f]*\Z")
REST_OF_LINE = re.compile(r"[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)")
_EMPTY_LINE = re.compile(r"[ \t\f]*(?:\r\n|\r|\n)")
LINE_END = re.compile(r"\r\n|\r|\n")


def line_begin(text: str, place: int) -> int:
    """Return where the line of `place` begins."""
    return max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1


def line_start(text: str, place: int) -> int | None:
    """Return where the line of `place` begins, if only blanks are before it on the line."""
    start = line_begin(text, place)
    return start if _BLANK.match(text[start:place]) else None


def end_above(text: str, line: int) -> int:
    """Return where the line above ends, before its line break."""
    return line - 2 if text[line - 2 : line] == "\r\n" else line - 1


def previous_line(text: str, line: int) -> int:
    """Return where the line above begins."""
    return line_begin(text, end_above(text, line))


def is_empty(text: str, line: int) -> bool:
    """Whether a line is blank."""
    return _EMPTY_LINE.match(text, line) is not None


def comment_above(text: str, line: int) -> int:
    """Return where the comment lines directly above a line begin, or the line itself."""
    while line > 0:
        above = previous_line(text, line)
        if not text[above:line].lstrip().startswith("#"):
            break
        line = above
    return line


def is_code(comment: str) -> bool:
    """Whether a comment is a statement that was commented out."""
    try:
        found = ast.parse(comment.strip().lstrip("# \t")).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(
        isinstance(each, (ast.Assign, ast.AugAssign))
        or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Call))
        for each in found
    )

"""The code frame: the lines around a place in a source, with carets under it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.syntax import Syntax
from rich.text import Text

from tritonlint.report.terminal import CODE_THEME
from tritonlint.report.text import printable
from tritonlint.span import Span

_CONTEXT = 2
_TAB = 4
_NARROWEST = 20
_LONGEST_HIGHLIGHTED = 10_000


def code_frame(
    lines: Sequence[str], span: Span, note: str, width: int | None, color: bool
) -> Iterator[Text]:
    """Yield the span's first line and two on each side; `note` is next to the carets.

    Without a width, nothing is cut. If the source has no such line, there is no output.
    """
    if span.row > len(lines):
        return
    first = max(1, span.row - _CONTEXT)
    last = min(len(lines), span.row + _CONTEXT)
    shown = [_expanded(line) for line in lines[first - 1 : last]]
    start, length = _caret(lines[span.row - 1], span)
    gutter = max(4, len(str(last)))
    code = _highlighted(shown) if color else [Text(line) for line in shown]
    if width is not None:
        room = max(_NARROWEST, width - gutter - len(" | "))
        offset = 0 if start + length < room else max(0, start - room // 3)
        code = [_window(line, offset, room) for line in code]
        start -= offset
        length = min(length, room - start)
    for row, line in enumerate(code, first):
        yield Text.assemble((f"{row:>{gutter}} │ ", "blue"), line)
        if row == span.row:
            bar = (f"{'':>{gutter}} │ ", "blue")
            carets = ("^" * length + f" {note}" * bool(note), "bold red")
            yield Text.assemble(bar, " " * start, carets)


def _caret(line: str, span: Span) -> tuple[int, int]:
    """Return where the carets start on the line as it is shown, and how many cells they have."""
    end = span.end_column - 1 if span.end_row == span.row else len(line.rstrip())
    start = cell_len(_expanded(line[: span.column - 1]))
    return start, max(1, cell_len(_expanded(line[:end])) - start)


def _expanded(line: str) -> str:
    before, *after = map(printable, line.split("\t"))
    for piece in after:
        before += " " * (_TAB - cell_len(before) % _TAB) + piece
    return before


def _highlighted(lines: list[str]) -> list[Text]:
    code = "\n".join(lines)
    if len(code) > _LONGEST_HIGHLIGHTED:
        return [Text(line) for line in lines]
    highlighted = Syntax("", "python", theme=CODE_THEME).highlight(code)
    return list(highlighted.split("\n", allow_blank=True))[: len(lines)]


def _window(line: Text, offset: int, width: int) -> Text:
    """Return `width` cells of the line from `offset` on, with an ellipsis where it is cut."""
    if offset and line:
        dropped = index = 0
        while index < len(line) and dropped <= offset:
            dropped += cell_len(line.plain[index])
            index += 1
        line = Text("…" + " " * (dropped - offset - 1)) + line[index:]
    line.truncate(width, overflow="ellipsis")
    return line

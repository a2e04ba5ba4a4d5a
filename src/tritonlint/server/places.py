"""Places and edits as the protocol has them: lines from 0, columns in the client's units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path

from tritonlint.diagnostics import Edit
from tritonlint.source import SourceError, decode, split_lines
from tritonlint.span import Span

#: The number of bytes in one unit of a column, by encoding.
_UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


class Places:
    """Converts places in files between tritonlint and the editor.

    Args:
        read: returns a file's bytes, or those of the open document.
        encoding: the unit in which the client counts columns.
    """

    def __init__(self, read: Callable[[Path], bytes], encoding: str) -> None:
        self._lines = cache(lambda path: _lines(read(path)))
        self._codec, self._unit = _UNITS[encoding]

    def range(self, path: Path, span: Span) -> types.Range:
        """Convert a span."""
        return types.Range(
            self._position(path, span.row, span.column),
            self._position(path, span.end_row, span.end_column),
        )

    def column(self, path: Path, position: types.Position) -> tuple[int, int]:
        """Convert a position to the row and the column, in characters from 1."""
        lines = self._lines(path)
        line = lines[position.line] if position.line < len(lines) else ""
        data = line.encode(self._codec, "surrogatepass")[: position.character * self._unit]
        return position.line + 1, len(data.decode(self._codec, "replace")) + 1

    def edits(self, edits: Iterable[Edit]) -> dict[Path, list[types.TextEdit]]:
        """Convert edits, by file."""
        found: dict[Path, list[types.TextEdit]] = {}
        for edit in edits:
            text_edit = types.TextEdit(self.range(edit.path, edit.span), edit.content)
            found.setdefault(edit.path, []).append(text_edit)
        return found

    def replacement(self, path: Path, after: bytes) -> types.TextEdit:
        """Return one edit that gives a file its new contents.

        It replaces all lines from the first to the last that differ.
        """
        old, new = self._lines(path), _lines(after)
        shortest = min(len(old), len(new))
        head = next((i for i in range(shortest) if old[i] != new[i]), shortest)
        tail = 0
        while tail < shortest - head and old[-1 - tail] == new[-1 - tail]:
            tail += 1
        start, end = types.Position(head, 0), types.Position(len(old) - tail, 0)
        content = "".join(new[head : len(new) - tail])
        return types.TextEdit(types.Range(start, end), content)

    def _position(self, path: Path, row: int, column: int) -> types.Position:
        lines: Sequence[str] = self._lines(path)
        before = lines[row - 1][: column - 1] if row <= len(lines) else ""
        units = len(before.encode(self._codec, "surrogatepass")) // self._unit
        return types.Position(row - 1, units)


def uri_of(path: Path) -> str:
    """Return the URI of a file."""
    return from_fs_path(str(path)) or path.as_uri()


def _lines(data: bytes) -> list[str]:
    try:
        return split_lines(decode(data).text)
    except SourceError:
        return []

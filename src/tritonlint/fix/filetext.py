"""The text of a file that is edited, addressed by offsets as well as by rows and columns."""

from __future__ import annotations

import ast
import bisect
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

from tritonlint.fix.layout import Bracketed, Cut
from tritonlint.recursion import room_for_deep_trees
from tritonlint.source import Source, decode, split_lines
from tritonlint.span import Span
from tritonlint.survey.text import Text


class UneditableError(Exception):
    """The source does not have the form that an edit needs; the message says what is odd."""


class FileText:
    """A file's text, with offsets for rows and columns."""

    def __init__(self, text: str) -> None:
        self.text = text
        #: The arguments of parsed calls, by the places of the calls.
        self.arguments: dict[Span, Bracketed] = {}
        self.starts = [0]
        for line in split_lines(text):
            self.starts.append(self.starts[-1] + len(line))

    @cached_property
    def places(self) -> Text:
        """Returns the places of the tree's nodes."""
        return Text(self.text)

    @cached_property
    def tree(self) -> ast.Module:
        """Python's syntax tree of the text.

        Raises:
            UneditableError: Python cannot parse it.
        """
        try:
            with room_for_deep_trees():
                return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError) as error:
            raise UneditableError(f"Python cannot parse it: {error}") from error

    def offset(self, row: int, column: int) -> int:
        """Return the offset of a place that counts from 1."""
        return self.starts[row - 1] + column - 1

    def range(self, span: Span) -> tuple[int, int]:
        """Return the offsets of a span."""
        return self.offset(span.row, span.column), self.offset(span.end_row, span.end_column)

    def span(self, cut: Cut) -> Span:
        """Return the span of a cut."""
        return Span(*self._place(cut.start), *self._place(cut.end))

    def _place(self, offset: int) -> tuple[int, int]:
        row = min(bisect.bisect_right(self.starts, offset), max(len(self.starts) - 1, 1))
        return row, offset - self.starts[row - 1] + 1


class Sources:
    """The files of a project as they are, or as they were edited so far, each read once.

    Args:
        read: returns a file's bytes as they were surveyed.
        contents: the files that were edited.
    """

    def __init__(self, read: Callable[[Path], bytes], contents: Mapping[Path, bytes]) -> None:
        self._read = read
        self._contents = contents
        self._texts: dict[Path, FileText] = {}
        self._sources: dict[Path, Source] = {}

    def read(self, path: Path) -> bytes:
        """Return the bytes of a file."""
        return self._contents[path] if path in self._contents else self._read(path)

    def source(self, path: Path) -> Source:
        """Return a file decoded, with what is needed to encode it again."""
        if path not in self._sources:
            self._sources[path] = decode(self.read(path))
        return self._sources[path]

    def text(self, path: Path) -> FileText:
        """Return a file's text, to be edited."""
        if path not in self._texts:
            self._texts[path] = FileText(self.source(path).text)
        return self._texts[path]

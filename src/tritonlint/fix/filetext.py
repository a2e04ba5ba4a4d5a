"""The text of a file that is edited, addressed by offsets as well as by rows and columns."""

from __future__ import annotations

import ast
import bisect
from functools import cached_property

from tritonlint.fix.layout import Bracketed, Cut
from tritonlint.recursion import room_for_deep_trees
from tritonlint.source import split_lines
from tritonlint.span import Span
from tritonlint.survey.text import Text


class UneditableError(Exception):
    """The source does not have the form that an edit needs; the message says what is odd."""


class FileText:
    """A file's text, with offsets for rows and columns."""

    def __init__(self, text: str) -> None:
        self.text = text
        #: The arguments of calls that were looked at, by the places of the calls.
        self.arguments: dict[Span, Bracketed] = {}
        self.starts = [0]
        for line in split_lines(text):
            self.starts.append(self.starts[-1] + len(line))

    @cached_property
    def places(self) -> Text:
        """Tells where nodes of the tree stand."""
        return Text(self.text)

    @cached_property
    def tree(self) -> ast.Module:
        """What Python makes of the text.

        Raises:
            UneditableError: it cannot parse it.
        """
        try:
            with room_for_deep_trees():
                return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError) as error:
            raise UneditableError(f"Python cannot parse it: {error}") from error

    def offset(self, row: int, column: int) -> int:
        """The offset of a place that counts from 1."""
        return self.starts[row - 1] + column - 1

    def range(self, span: Span) -> tuple[int, int]:
        """The offsets of a span."""
        return self.offset(span.row, span.column), self.offset(span.end_row, span.end_column)

    def span(self, cut: Cut) -> Span:
        """Where a cut stands."""
        return Span(*self._place(cut.start), *self._place(cut.end))

    def _place(self, offset: int) -> tuple[int, int]:
        row = min(bisect.bisect_right(self.starts, offset), max(len(self.starts) - 1, 1))
        return row, offset - self.starts[row - 1] + 1

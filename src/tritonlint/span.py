"""Places in files."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """A place in a file: rows and columns count from 1, in characters; the end is exclusive."""

    row: int
    column: int
    end_row: int
    end_column: int


class Spans:
    """Spans of one file; two of them overlap only if one contains the other."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._outermost: list[Span] = []
        for span in sorted(spans, key=lambda s: (s[:2], (-s.end_row, -s.end_column))):
            if not self._outermost or span[:2] >= self._outermost[-1][2:]:
                self._outermost.append(span)
        self._starts = [span[:2] for span in self._outermost]

    def hold(self, span: Span) -> bool:
        """Whether one of them contains the span, or is equal to it."""
        place = bisect.bisect_right(self._starts, span[:2]) - 1
        return place >= 0 and span[2:] <= self._outermost[place][2:]

    def lie_in(self, span: Span) -> bool:
        """Whether the span contains one of them, or is equal to one."""
        place = bisect.bisect_left(self._starts, span[:2])
        return place < len(self._outermost) and self._outermost[place][2:] <= span[2:]

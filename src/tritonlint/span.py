"""Places in files."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A place in a file: rows and columns count from 1, in characters; the end is exclusive."""

    row: int
    column: int
    end_row: int
    end_column: int

"""Room for syntax trees that are deep: long sums and `elif` chains."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: At this depth, no stack of any Python overflows.
_LIMIT = 4000


@contextmanager
def room_for_deep_trees() -> Iterator[None]:
    """Let functions call themselves more often than Python lets them by default."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)

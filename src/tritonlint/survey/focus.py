"""Which code of a file a survey with a focus looks into."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Collection, Iterator

from tritonlint.survey.text import Text


def rows_of_interest(
    text: Text, jit_decorators: frozenset[str], focus: Collection[str]
) -> list[int]:
    """The rows that may define a kernel or bind a name outside their function, or mention a word.

    The code of a function without such rows says nothing of any kernel that is asked about.
    """
    parts = ("jit", "global ", "nonlocal ", *(d.rpartition(".")[2] for d in jit_decorators))
    places = [place for part in parts for place in _find_all(text.source, part)]
    places += [place for word in focus for place in _find_words(text.source, word)]
    ends = list(itertools.accumulate(map(len, text.lines)))
    rows = {bisect.bisect_right(ends, place) + 1 for place in places}
    for place in _find_all(text.source, "@"):
        row = bisect.bisect_right(ends, place) + 1
        if text.lines[row - 1].lstrip().startswith("@"):
            rows.add(row)
    return sorted(rows)


def _find_all(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


def _find_words(text: str, word: str) -> Iterator[int]:
    """Where the word stands that is no part of a longer identifier."""
    for place in _find_all(text, word):
        around = text[place - 1 : place] + text[place + len(word) : place + len(word) + 1]
        if not any(c.isalnum() or c == "_" for c in around):
            yield place

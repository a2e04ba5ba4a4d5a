"""Which code of a file a survey looks into."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence

from tritonlint.facts import Kernel
from tritonlint.survey.text import Text


class Focus:
    """The code of a file that concerns some words: all of it if they are None; with none at all,
    only what is a kernel, or binds a name of the module or of a class.
    """

    def __init__(
        self, text: Text, jit_decorators: frozenset[str], words: Collection[str] | None
    ) -> None:
        self.names_only = words is not None and not words
        self.is_partial = bool(words)
        self._words = None if words is None else frozenset(words)
        self._rows = [] if words is None else _rows(text, jit_decorators, words)

    def has(self, name: str) -> bool:
        """Whether what has this name is looked for."""
        return self._words is None or name in self._words

    def concerns(self, symbols: Iterable[str]) -> bool:
        """Whether one of the symbols may stand for what is looked for."""
        words = self._words
        return not words or any(
            not words.isdisjoint(symbol.partition(":")[2].split(".")) for symbol in symbols
        )

    def leaves_out(self, first_row: int, last_row: int) -> bool:
        """Whether the code of a function in these rows says nothing of any kernel that is asked
        about: it defines none, binds no name outside, and mentions no word.
        """
        if self._words is None:
            return False
        place = bisect.bisect_left(self._rows, first_row)
        return place == len(self._rows) or self._rows[place] > last_row

    def abridged(self, lines: Sequence[str], kernels: Iterable[Kernel]) -> str:
        """The source without the bodies of kernels that are left out: parsing takes longest."""
        kept = list(lines)
        for kernel in kernels:
            first, last = kernel.body_row, kernel.last_row
            if first <= last and self.leaves_out(kernel.def_row, last):
                line = lines[first - 1]
                indentation = line[: len(line) - len(line.lstrip())]
                kept[first - 1 : last] = [f"{indentation}pass\n", *["\n"] * (last - first)]
        return "".join(kept)


def _rows(text: Text, jit_decorators: frozenset[str], words: Collection[str]) -> list[int]:
    """The rows that may define a kernel or bind a name outside their function, or mention a word,
    sorted.
    """
    parts = ("jit", "global ", "nonlocal ", *(d.rpartition(".")[2] for d in jit_decorators))
    places = [place for part in parts for place in _find_all(text.source, part)]
    places += [place for word in words for place in _find_words(text.source, word)]
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

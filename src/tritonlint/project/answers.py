"""What files answer to questions that their facts leave open, kept from run to run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from tritonlint.store.codec import CodecError, decode

T = TypeVar("T")

#: A file for which an earlier run has kept more answers than this is asked again.
_MOST = 500


class Answers:
    """The answers of the files of one tree; each follows from the bytes of its file alone.

    Attributes:
        has_news: whether there is a new answer of a file of which an earlier run kept something.
    """

    def __init__(self) -> None:
        self._known: defaultdict[Path, dict[str, object]] = defaultdict(dict)
        #: Those of an earlier run, as JSON.
        self._kept: dict[Path, Mapping[str, Any]] = {}
        self.has_news = False

    def recall(self, file: Path, kept: Mapping[str, Any]) -> None:
        """Use the answers that an earlier run kept of a file that has not changed."""
        self._kept[file] = kept if len(kept) <= _MOST else {}

    def forget(self, files: Iterable[Path]) -> None:
        """Forget the answers of files that have changed."""
        for file in files:
            self._known.pop(file, None)
            self._kept.pop(file, None)

    def get(self, kind: type[T], file: Path, question: str) -> T | None:
        """Return a file's answer; None if it was not asked yet."""
        known = self._known[file]
        if question not in known and question in self._kept.get(file, ()):
            with suppress(CodecError):
                known[question] = decode(kind, self._kept[file][question])
        return cast("T | None", known.get(question))

    def put(self, file: Path, question: str, answer: object) -> None:
        """Note an answer, a tuple of the kind that is asked for."""
        self._known[file][question] = answer
        self.has_news = self.has_news or file in self._kept

    def of(self, file: Path) -> Mapping[str, object]:
        """Return the answers of a file that are worth keeping, by their questions."""
        return {**self._kept.get(file, {}), **self._known.get(file, {})}

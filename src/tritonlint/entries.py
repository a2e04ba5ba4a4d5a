"""What is known of each file of a tree, and how it is kept for the next run."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from tritonlint.cache import Stamp, Store
from tritonlint.codec import CodecError, decode
from tritonlint.facts import ModuleFacts
from tritonlint.reach import Interest, Outline


class LateFacts:
    """Facts that are read when they are asked for: most never are.

    Args:
        text: their JSON, as it is kept between runs.
        packed: what `pickle` made of them in another process of this run.
    """

    def __init__(self, text: bytes, packed: bytes = b"") -> None:
        self.text = text
        self._packed = packed
        self._facts: ModuleFacts | None = None

    @classmethod
    def of(cls, facts: ModuleFacts, keep: bool) -> LateFacts:
        """Facts that are there, and their JSON if they are to be kept."""
        late = cls(json.dumps(facts, separators=(",", ":")).encode() if keep else b"")
        late._facts = facts
        return late

    def __reduce__(self) -> tuple[type[LateFacts], tuple[bytes, bytes]]:
        packed = self._packed if self._facts is None else pickle.dumps(self._facts, -1)
        return LateFacts, (self.text, packed)

    def get(self) -> ModuleFacts | None:
        """The facts; None if the text is damaged."""
        if self._facts is None:
            try:
                self._facts = (
                    pickle.loads(self._packed)
                    if self._packed
                    else decode(ModuleFacts, json.loads(self.text))
                )
            except (CodecError, ValueError, RecursionError):
                return None
        return self._facts


class Entry:
    """What is known of one file."""

    def __init__(
        self,
        stamp: Stamp | None,
        outline: Outline | None = None,
        survey: LateFacts | None = None,
        tested: bool = False,
        focused: LateFacts | None = None,
        words: frozenset[str] = frozenset(),
        aliases: Outline | None = None,
    ) -> None:
        #: Of the file as it was surveyed; None for one that must be surveyed again next time.
        self.stamp = stamp
        #: None for a file that does not mention Triton.
        self.outline = outline
        #: The facts of its kernels and of the names that it binds, if they were asked for.
        self.survey = survey
        #: Whether the file was tested for the names of the interest, and its facts if it has some.
        self.tested = tested
        self.focused = focused
        #: The names of the interest that it was surveyed for.
        self.words = words
        #: What it says of names, where it hands any on.
        self.aliases = aliases
        #: The names of the interest that were found in it by this run.
        self.names: frozenset[str] | None = None

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to be said but that the file was looked at."""
        return not (self.outline or self.survey or self.focused or self.aliases)

    @property
    def facts(self) -> ModuleFacts | None:
        """What is known of its kernels and names."""
        # Where both are there, the one says all that the other does.
        late = self.focused if self.outline is not None and self.focused else self.survey
        return late.get() if late is not None else None


class _Place(NamedTuple):
    """Where the text of some facts is in the store."""

    start: int
    length: int


class _Record(NamedTuple):
    """An entry as it is kept."""

    stamp: Stamp
    outline: Outline | None
    survey: _Place | None
    tested: bool
    focused: _Place | None
    words: tuple[str, ...]
    aliases: Outline | None


class EntryStore:
    """The entries of earlier runs.

    Args:
        directory: where the cache lies; None keeps nothing.
        key: what the entries depend on beside the files that they are about.
    """

    def __init__(self, directory: Path | None, key: str) -> None:
        self._store = Store(directory, key)
        head = self._store.head
        # Of most files there is nothing to be said but that they were looked at.
        self._silent: dict[str, list[Any]] = {}
        self._records: dict[str, Any] = {}
        #: What the entries were tested for.
        self.interest = Interest()
        with suppress(AttributeError, IndexError, KeyError, TypeError, ValueError):
            silent, records, interest = head["silent"], head["records"], head["interest"]
            if all(len(entry) == 2 for entry in silent.values()) and isinstance(records, dict):
                self.interest = Interest.from_json(interest)
                self._silent, self._records = silent, records

    def get(self, file: Path, status: os.stat_result) -> Entry | None:
        """What an earlier run learnt of a file that has not changed since."""
        stamp = Stamp.of(status)
        known = self._silent.get(str(file))
        if known is not None:
            return Entry(stamp, tested=known[1] is True) if known[0] == [*stamp] else None
        known = self._records.get(str(file))
        if known is None or known[:1] != [[*stamp]]:
            return None
        try:
            record = decode(_Record, known)
        except CodecError:
            return None
        return Entry(
            stamp=stamp,
            outline=record.outline,
            survey=self._late(record.survey),
            tested=record.tested,
            focused=self._late(record.focused),
            words=frozenset(record.words),
            aliases=record.aliases,
        )

    def save(self, entries: Mapping[Path, Entry], interest: Interest, retested: bool) -> None:
        """Keep the entries, and of other files what was kept before; `retested` says that what
        was found in these for an earlier interest is not all that is looked for now.
        """
        texts: list[bytes] = []
        end = 0

        def place(late: LateFacts | None) -> _Place | None:
            nonlocal end
            if late is None:
                return None
            texts.append(late.text)
            end += len(late.text)
            return _Place(end - len(late.text), len(late.text))

        silent: dict[str, list[Any]] = {}
        records: dict[str, Any] = {}
        for path, entry in entries.items():
            if entry.stamp is None:
                continue
            if entry.is_silent:
                silent[str(path)] = [entry.stamp, entry.tested]
                continue
            records[str(path)] = _Record(
                stamp=entry.stamp,
                outline=entry.outline,
                survey=place(entry.survey),
                tested=entry.tested,
                focused=place(entry.focused),
                words=tuple(sorted(entry.words)),
                aliases=entry.aliases,
            )
        # What this run did not ask for may be asked for by the next.
        for name, (stamp, tested) in self._silent.items():
            if name not in silent and name not in records and Path(name) not in entries:
                silent[name] = [stamp, tested and not retested]
        for name, known in self._records.items():
            if name in silent or name in records or Path(name) in entries:
                continue
            try:
                record = decode(_Record, known)
            except CodecError:
                continue
            records[name] = record._replace(
                survey=place(self._late(record.survey)),
                tested=record.tested and not retested,
                focused=place(self._late(record.focused)),
            )
        head = {"silent": silent, "records": records, "interest": interest.to_json()}
        self._store.save(head, texts)

    def _late(self, place: _Place | None) -> LateFacts | None:
        return LateFacts(self._store.text(place)) if place is not None else None

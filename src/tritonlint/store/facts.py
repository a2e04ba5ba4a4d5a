"""The facts of files, kept from run to run."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from tritonlint.outline import Outline
from tritonlint.store.cache import Stamp, Store
from tritonlint.store.codec import CodecError, decode
from tritonlint.survey.facts.module import ModuleFacts


class LateFacts:
    """Facts that are decoded only when needed, which most never are.

    Args:
        text: their JSON, as kept between runs.
        packed: their pickle from another process of this run.
    """

    def __init__(self, text: bytes, packed: bytes = b"") -> None:
        self.text = text
        self._packed = packed
        self._facts: ModuleFacts | None = None

    @classmethod
    def of(cls, facts: ModuleFacts, keep: bool) -> LateFacts:
        """Wrap existing facts, with their JSON if they are to be kept."""
        late = cls(json.dumps(facts, separators=(",", ":")).encode() if keep else b"")
        late._facts = facts
        return late

    def __reduce__(self) -> tuple[type[LateFacts], tuple[bytes, bytes]]:
        packed = self._packed if self._facts is None else pickle.dumps(self._facts, -1)
        return LateFacts, (self.text, packed)

    def get(self) -> ModuleFacts:
        """The facts.

        Raises:
            CodecError: the text is not what was written.
        """
        if self._facts is None:
            if self._packed:
                self._facts = pickle.loads(self._packed)
                self._packed = b""
            else:
                try:
                    self._facts = decode(ModuleFacts, json.loads(self.text))
                except (ValueError, RecursionError) as error:
                    raise CodecError(str(error)) from error
        return self._facts


class Kept(NamedTuple):
    """What is kept about one file."""

    outline: Outline
    facts: LateFacts | None


class FactsStore:
    """The facts that earlier runs found in the files of a tree.

    Args:
        directory: the directory of the cache; None keeps nothing.
        key: what the facts depend on besides the files.
    """

    def __init__(self, directory: Path | None, key: str) -> None:
        self._store = Store(directory, key)
        #: For each file: its stamp, its outline, and the place of the text of its facts, or None.
        self._known: Mapping[str, list[Any]] = {}
        self._new: dict[str, tuple[Stamp, Kept]] = {}
        with suppress(AttributeError, KeyError, TypeError):
            known = self._store.head["files"]
            if all(len(entry) == 3 for entry in known.values()):
                self._known = known

    def get(self, file: Path, stamp: Stamp | None) -> Kept | None:
        """Return what an earlier run found in a file that is unchanged since."""
        known = self._known.get(str(file))
        if known is None or stamp is None or known[0] != [*stamp]:
            return None
        _, flags, place = known
        if [type(flag) for flag in flags] != [bool] * len(Outline._fields):
            return None
        facts = LateFacts(self._store.text(place)) if place is not None else None
        return Kept(Outline(*flags), facts)

    def put(self, file: Path, stamp: Stamp | None, kept: Kept) -> None:
        """Store what was found in a file, unless the file could change without notice."""
        if stamp is not None and stamp.is_settled:
            self._new[str(file)] = stamp, kept

    def save(self) -> None:
        """Write new facts, and those of other files from earlier runs."""
        if not self._new:
            return
        texts: list[bytes] = []
        end = 0
        head: dict[str, list[Any]] = {}
        for name, known in self._known.items():
            if name not in self._new:
                stamp, outline, place = known
                if place is not None:
                    texts.append(self._store.text(place))
                    place = [end, len(texts[-1])]
                    end += len(texts[-1])
                head[name] = [stamp, outline, place]
        for name, (new_stamp, kept) in self._new.items():
            place = None
            if kept.facts is not None:
                texts.append(kept.facts.text)
                place = [end, len(texts[-1])]
                end += len(texts[-1])
            head[name] = [new_stamp, kept.outline, place]
        self._store.save({"files": head}, texts)

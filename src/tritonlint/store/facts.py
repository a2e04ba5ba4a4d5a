"""The facts of files, kept from run to run."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from tritonlint.outline import Outline
from tritonlint.store.cache import Stamp, Store
from tritonlint.store.codec import CodecError, decode
from tritonlint.survey.facts.flows import BodyFlow
from tritonlint.survey.facts.module import ModuleFacts

_FLOWS = ModuleFacts._fields.index("flows")


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

    @property
    def flows(self) -> tuple[BodyFlow, ...]:
        """The flow analysis of the file's kernels alone; nothing if the text is damaged."""
        if self._facts is not None or self._packed:
            return self.get().flows
        with suppress(ValueError, RecursionError, CodecError, IndexError, KeyError, TypeError):
            return decode(tuple[BodyFlow, ...], json.loads(self.text)[_FLOWS])
        return ()

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


class Words(NamedTuple):
    """What searches of one file found.

    Attributes:
        searched: words that were searched for.
        found: those of them that the file contains.
        defines: sets of names, with whether the file may define one of them.
    """

    searched: frozenset[str] = frozenset()
    found: frozenset[str] = frozenset()
    defines: tuple[tuple[frozenset[str], bool], ...] = ()


NO_WORDS = Words()


class Kept(NamedTuple):
    """What is kept about one file; `answers` are JSON, by their questions."""

    outline: Outline
    facts: LateFacts | None
    words: Words
    answers: Mapping[str, Any]


class FactsStore:
    """The facts that earlier runs found in the files of a tree.

    Args:
        directory: the directory of the cache; None keeps nothing.
        key: what the facts depend on besides the files.
    """

    def __init__(self, directory: Path | None, key: str) -> None:
        self._store = Store(directory, key)
        #: By file: its stamp, its outline, where the text of its facts is, or None, its words, and
        #: its answers.
        self._known: dict[str, list[Any]] = {}
        #: Most files were searched for the same names.
        self._sets: list[frozenset[str]] = []
        self._new: dict[str, tuple[Stamp, Outline, LateFacts | None]] = {}
        #: Files that have not changed since.
        self._same: set[str] = set()
        self._needed: list[str] = []
        with suppress(AttributeError, KeyError, TypeError):
            known = self._store.head["files"]
            self._sets = [frozenset(names) for names in self._store.head["names"]]
            self._needed = self._store.head["needed"]
            if all(len(entry) == _ENTRY for entry in known.values()):
                self._known = known

    @property
    def needed(self) -> frozenset[Path]:
        """The files whose facts the last run over the whole tree needed."""
        with suppress(TypeError):
            return frozenset(map(Path, self._needed))
        return frozenset()

    def get(self, file: Path, stamp: Stamp | None) -> Kept | None:
        """Return what an earlier run found in a file that is unchanged since."""
        known = self._known.get(str(file))
        if known is None or stamp is None or known[0] != [*stamp]:
            return None
        _, flags, place, words, answers = known
        if [type(flag) for flag in flags] != [bool] * len(Outline._fields):
            return None
        facts = LateFacts(self._store.text(place)) if place is not None else None
        self._same.add(str(file))
        return Kept(
            Outline(*flags),
            facts,
            self._words(words),
            answers if isinstance(answers, dict) else {},
        )

    def outdated(self, file: Path) -> LateFacts | None:
        """Return the facts of an earlier version of a file."""
        known = self._known.get(str(file))
        if known is None or known[_PLACE] is None:
            return None
        return LateFacts(self._store.text(known[_PLACE]))

    def _words(self, kept: list[Any]) -> Words:
        with suppress(IndexError, TypeError, ValueError):
            searched, found, defines = kept
            return Words(
                self._sets[searched],
                frozenset(found),
                tuple((self._sets[names], bool(has_one)) for names, has_one in defines),
            )
        return NO_WORDS

    def put(
        self, file: Path, stamp: Stamp | None, outline: Outline, facts: LateFacts | None
    ) -> None:
        """Store what was found in a file, unless the file could change without notice."""
        if stamp is not None and stamp.is_settled:
            self._new[str(file)] = stamp, outline, facts

    def forget(self, files: Iterable[Path]) -> None:
        """Keep nothing of files whose contents are from now on others than those on the disk."""
        for file in files:
            name = str(file)
            self._known.pop(name, None)
            self._new.pop(name, None)

    def save(
        self,
        words_of: Callable[[Path], Words],
        answers_of: Callable[[Path], Mapping[str, object]],
        has_news: bool,
        needed: frozenset[Path] | None,
    ) -> None:
        """Keep what is new, and what was kept before of other files.

        Args:
            words_of: what searches found in a file.
            answers_of: what a file answers to questions.
            has_news: whether there is anything new among both.
            needed: the files whose facts a run over the whole tree needs; None for those of an
                earlier run.
        """
        is_same = needed is None or needed == self.needed
        if is_same and not self._new and not has_news:
            return
        sets: dict[frozenset[str], int] = {}
        texts: list[bytes] = []
        end = 0
        head: dict[str, list[Any]] = {}

        def keep(
            name: str,
            stamp: Sequence[int],
            outline: Sequence[bool],
            text: bytes,
            words: Words,
            answers: Mapping[str, object],
        ) -> None:
            nonlocal end
            place = None
            if text:
                texts.append(text)
                place = [end, len(text)]
                end += len(text)
            found = [
                sets.setdefault(words.searched, len(sets)),
                sorted(words.found),
                [[sets.setdefault(s, len(sets)), has_one] for s, has_one in words.defines],
            ]
            head[name] = [stamp, outline, place, found, answers]

        for name, (stamp, flags, place, kept, answers) in self._known.items():
            if name not in self._new:
                text = self._store.text(place) if place is not None else b""
                words = self._words(kept)
                if name in self._same:
                    words, answers = words_of(Path(name)), answers_of(Path(name))
                keep(name, stamp, flags, text, words, answers)
        for name, (new_stamp, outline, facts) in self._new.items():
            text = facts.text if facts is not None else b""
            path = Path(name)
            keep(name, new_stamp, outline, text, words_of(path), answers_of(path))
        whole = {
            "files": head,
            "names": [sorted(names) for names in sets],
            "needed": sorted(map(str, self.needed if needed is None else needed)),
        }
        self._store.save(whole, texts)


#: The number of values that are kept about a file, and the index of the one that says where the
#: text of its facts is.
_ENTRY = 5
_PLACE = 2

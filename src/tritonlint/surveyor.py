"""Surveys the files of a tree: asks the cache, and has the rest done by several processes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tritonlint import __version__
from tritonlint.cache import Store, is_settled
from tritonlint.codec import CodecError, decode, encode
from tritonlint.facts import ModuleFacts
from tritonlint.files import FileError, mentions_triton, read
from tritonlint.reach import Interest, Outline, Reach, quoted, star_imports
from tritonlint.survey import FACTS_VERSION, content_digest, survey

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

#: Below this many files, starting worker processes takes longer than the work.
_FEW_FILES = 24
_CHUNK = 8

Progress = Callable[[int, int], None]
R = TypeVar("R")
#: A file, and the bytes that stand in for what is on disk.
_Item = tuple[Path, bytes | None]


@dataclass(frozen=True)
class Options:
    """What the facts depend on beside the files, and how they are gathered."""

    jit_decorators: frozenset[str] = frozenset()
    jobs: int = 1
    cache_directory: Path | None = None
    #: Contents that stand in for what is on disk.
    overrides: Mapping[Path, bytes] = field(default_factory=dict)
    progress: Progress | None = None
    #: Leave nothing out, also where nothing can be found.
    whole: bool = False


@dataclass(slots=True)
class _Kept:
    """Facts, or the JSON that they are read from when they are asked for."""

    facts: ModuleFacts | None
    text: bytes | None

    def get(self) -> ModuleFacts | None:
        if self.facts is None and self.text is not None:
            try:
                self.facts = decode(ModuleFacts, json.loads(self.text))
            except (CodecError, ValueError, RecursionError):
                self.text = None
        return self.facts


@dataclass(slots=True)
class _Entry:
    """What is known of one file. `size` and `mtime` are of the file as it was surveyed."""

    size: int
    mtime: int
    #: None for a file that does not mention Triton.
    outline: Outline | None
    survey: _Kept | None
    #: Whether the file was tested for the names of the interest, and its facts if it has some.
    tested: bool = False
    focused: _Kept | None = None
    #: The names of the interest that are in it.
    words: frozenset[str] = frozenset()
    #: What it says of names, where it hands any on.
    aliases: Outline | None = None


class TreeSurveyor:
    """The facts of a tree's files, each surveyed once."""

    def __init__(self, root: Path, options: Options) -> None:
        self.options = options
        decorators = sorted(options.jit_decorators)
        version = ".".join(map(str, sys.version_info[:3]))
        key = f"{FACTS_VERSION} {__version__} {version} {decorators} {options.whole} {root}"
        self._store = Store(options.cache_directory, key)
        self._known, self._interest = _read_head(self._store.head)
        self._entries: dict[Path, _Entry] = {}
        self._dirty = False
        #: Whether what earlier runs found of the names is not all that is asked now.
        self._retested = False
        self.unreadable: set[Path] = set()
        self._pool: ProcessPoolExecutor | None = None
        # A decorator under a name of its own can only be used where its last part is mentioned.
        self._extra = tuple(d.rpartition(".")[2].encode() for d in decorators)

    # -- what a project asks ---------------------------------------------------------------

    def facts(self, path: Path) -> ModuleFacts:
        """The facts of a file, at least of its kernels and of the names that it binds."""
        found = self._surveyed(path)
        if found is None:
            found = self._survey_now(path, None if self.options.whole else ())
            if path in self._entries:
                self._entries[path].survey = _Kept(found, None)
        return found

    def _surveyed(self, path: Path) -> ModuleFacts | None:
        entry = self._entries.get(path)
        if entry is None:
            return None
        # Where both are there, the one says all that the other does.
        kept = entry.focused if entry.outline is not None and entry.focused else entry.survey
        return kept.get() if kept is not None else None

    def whole(self, path: Path) -> ModuleFacts:
        """The facts of a file, with nothing left out."""
        return self._survey_now(path, None, self._surveyed(path))

    def passes_on(self, path: Path) -> bool:
        """Whether a kernel may be found by its name in a file: its own, or by a star import."""
        entry = self._entries.get(path)
        if entry is not None and entry.outline is not None:
            return True
        return b"import *" in (_read(path, self.options.overrides.get(path)) or b"")

    def quoted(self, path: Path) -> frozenset[str]:
        """Every string in a file that may be a name, and every keyword of `dict(...)`."""
        entry = self._entries.get(path)
        if entry is not None and entry.outline is not None:
            return frozenset(entry.outline.quoted.split())
        return quoted(_read(path, self.options.overrides.get(path)) or b"")

    def _survey_now(
        self, path: Path, focus: Collection[str] | None, known: ModuleFacts | None = None
    ) -> ModuleFacts:
        data = _read(path, self.options.overrides.get(path))
        if data is None:
            return ModuleFacts()
        if known is not None and known.digest != content_digest(data):
            known = None
        return survey(data, self.options.jit_decorators, focus, known)

    # -- outlines --------------------------------------------------------------------------

    def outline(self, files: Iterable[Path]) -> dict[Path, Outline]:
        """The outlines of those files that mention Triton."""
        files = [file for file in files if file not in self._entries]
        pending = []
        for file in files:
            status = self._status(file)
            entry = self._remembered(file, status) if status is not None else None
            if entry is not None:
                self._entries[file] = entry
            else:
                pending.append((file, status))
        work = partial(
            _outline,
            extra=self._extra,
            decorators=self.options.jit_decorators,
            whole=self.options.whole,
            keep=self.options.cache_directory is not None,
        )
        # The largest first, so that no process is left alone with one at the end.
        pending.sort(key=lambda item: item[1].st_size if item[1] is not None else 0, reverse=True)
        items = [(file, self.options.overrides.get(file)) for file, _ in pending]
        for (file, status), found in zip(pending, self._map(work, items, True), strict=True):
            size, mtime = _stamp(status)
            if found is None:
                self.unreadable.add(file)
                size = -1
            outline, facts = found or (None, None)
            self._entries[file] = _Entry(size, mtime, outline, facts)
            self._dirty = self._dirty or size >= 0
        return {
            file: entry.outline
            for file, entry in self._entries.items()
            if entry.outline is not None
        }

    # -- who may mean a kernel -------------------------------------------------------------

    def reach(self, files: Iterable[Path], interest: Interest) -> dict[Path, ModuleFacts]:
        """The facts of those files that may mean one of the kernels, all of these that are said
        of them; more names are added to `interest` as files give some.
        """
        files = [file for file in files if file in self._entries]
        interest.grow(self._aliases())
        if not self._interest.covers(interest):
            self._interest = interest.joined(self._interest)
            self._retested = True
            for entry in self._entries.values():
                entry.tested = False
        new = self._interest
        while True:
            self._test([file for file in files if not self._entries[file].tested], new)
            interest.grow(self._aliases())
            new = interest.beyond(self._interest)
            if not (new.known or new.launched):
                break
            # What was reached gives a kernel another name: for that all has to be tested again.
            self._interest = interest.joined(self._interest)
            self._retested = True
            for file in files:
                self._entries[file].tested = False
        found = {}
        names = interest.names
        for file in files:
            focused = self._entries[file].focused
            if focused is not None and not names.isdisjoint(self._entries[file].words):
                facts = focused.get()
                found[file] = facts if facts is not None else self.whole(file)
        return found

    def _aliases(self) -> list[tuple[Path, Outline]]:
        return [(f, e.aliases) for f, e in self._entries.items() if e.aliases is not None]

    def _test(self, pending: list[Path], interest: Interest) -> None:
        """Find out which files may mean what the interest looks for."""
        work = partial(
            _test,
            reach=Reach(interest),
            whole_reach=Reach(self._interest),
            decorators=self.options.jit_decorators,
            keep=self.options.cache_directory is not None,
        )
        # Those that have kernels are reached most often, and take the longest.
        pending = sorted(pending, key=lambda file: self._entries[file].outline is None)
        items = [(file, self.options.overrides.get(file)) for file in pending]
        for file, found in zip(pending, self._map(work, items), strict=True):
            words, focused, aliases = found
            entry = self._entries[file]
            entry.tested = True
            self._dirty = self._dirty or entry.size >= 0
            if focused is not None:
                entry.words, entry.focused = words, focused
            entry.aliases = aliases or entry.aliases

    # -- the cache -------------------------------------------------------------------------

    def save(self) -> None:
        """Keep what is new for the next run."""
        if not self._dirty or self.options.cache_directory is None:
            return
        texts: list[bytes] = []
        end = 0

        def place(kept: _Kept | None) -> list[int]:
            nonlocal end
            if kept is None or kept.text is None:
                return []
            texts.append(kept.text)
            end += len(kept.text)
            return [end - len(kept.text), len(kept.text)]

        files = {}
        for path, entry in self._entries.items():
            if entry.size < 0:
                continue
            outline = entry.outline.to_json() if entry.outline is not None else None
            survey_at, focused_at = place(entry.survey), place(entry.focused)
            if (outline is not None and not survey_at) or (entry.focused and not focused_at):
                continue
            files[str(path)] = [
                entry.size,
                entry.mtime,
                outline,
                survey_at,
                entry.tested,
                focused_at,
                sorted(entry.words),
                entry.aliases.to_json() if entry.aliases is not None else None,
            ]
        # What this run did not ask for may be asked for by the next.
        for name, known in self._known.items():
            if name not in files and Path(name) not in self._entries:
                kept = list(known)
                kept[3] = place(self._text_of(known[3]))
                kept[5] = place(self._text_of(known[5]))
                kept[4] = known[4] and not self._retested
                files[name] = kept
        self._store.save({"files": files, "interest": self._interest.to_json()}, texts)

    def _remembered(self, file: Path, status: os.stat_result) -> _Entry | None:
        """What an earlier run learnt of a file that has not changed since."""
        known = self._known.get(str(file))
        if known is None or known[0] != status.st_size or known[1] != status.st_mtime_ns:
            return None
        size, mtime, outline, survey_at, tested, focused_at, words, aliases = known
        try:
            found, handed_on = (
                Outline.from_json(data) if data is not None else None for data in (outline, aliases)
            )
        except (TypeError, ValueError):
            return None
        survey, focused = self._text_of(survey_at), self._text_of(focused_at)
        return _Entry(size, mtime, found, survey, tested, focused, frozenset(words), handed_on)

    def _text_of(self, place: list[int]) -> _Kept | None:
        return _Kept(None, self._store.text(place)) if place else None

    def _status(self, file: Path) -> os.stat_result | None:
        if file in self.options.overrides:
            return None
        try:
            return os.stat(file)
        except OSError:
            return None

    # -- processes -------------------------------------------------------------------------

    def _map(
        self,
        work: Callable[[_Item], R],
        items: Sequence[_Item],
        shows_progress: bool = False,
    ) -> Iterator[R]:
        workers = min(self.options.jobs, len(items) // _FEW_FILES + 1)
        if workers < 2:
            yield from map(work, items)
            return
        if self._pool is None:
            # To import this takes as long as to survey a few files.
            from concurrent.futures import ProcessPoolExecutor

            self._pool = ProcessPoolExecutor(workers)
        for done, found in enumerate(self._pool.map(work, items, chunksize=_CHUNK), 1):
            if shows_progress and self.options.progress is not None:
                self.options.progress(done, len(items))
            yield found

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _read_head(head: Mapping[str, Any]) -> tuple[dict[str, list[Any]], Interest]:
    """The entries of a store and the interest they were tested for; nothing of another form."""
    known, interest = head.get("files"), head.get("interest")
    optional = (list, type(None))
    form: list[Any] = [int, int, optional, list, bool, list, list, optional]
    try:
        for entry in known.values():  # type: ignore[union-attr]
            if len(entry) != len(form):
                raise TypeError
            for value, kind in zip(entry, form, strict=True):
                if not isinstance(value, kind):
                    raise TypeError
        return known, Interest.from_json(interest)  # type: ignore[return-value]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return {}, Interest()


def _outline(
    item: _Item,
    extra: tuple[bytes, ...],
    decorators: frozenset[str],
    whole: bool,
    keep: bool,
) -> tuple[Outline | None, _Kept | None] | None:
    """What a file that mentions Triton says of kernels and of names; None if it can't be read."""
    data = _read(*item)
    if data is None:
        return None
    if not mentions_triton(data, extra):
        return None, None
    facts = survey(data, decorators, None if whole else ())
    return Outline.of(facts, data), _Kept(facts, _text(facts) if keep else None)


def _test(
    item: _Item,
    reach: Reach,
    whole_reach: Reach,
    decorators: frozenset[str],
    keep: bool,
) -> tuple[frozenset[str], _Kept | None, Outline | None]:
    """The facts of a file that may mean one of the kernels, and what it says of names.

    `reach` is what the file is tested for, `whole_reach` all that its facts have to tell of then.
    """
    path, override = item
    data = _read(path, override)
    if data is None:
        return frozenset(), None, None
    if reach.words(path, data) is None:
        return frozenset(), None, star_imports(data)
    words = whole_reach.words(path, data) or frozenset()
    facts = survey(data, decorators, words)
    return words, _Kept(facts, _text(facts) if keep else None), Outline.of(facts, b"")


def _text(facts: ModuleFacts) -> bytes:
    return json.dumps(encode(facts), separators=(",", ":")).encode(errors="surrogatepass")


def _read(path: Path, override: bytes | None = None) -> bytes | None:
    if override is not None:
        return override
    try:
        return read(path)
    except FileError:
        return None


def _stamp(status: os.stat_result | None) -> tuple[int, int]:
    """Size and mtime to know the file by; -1 for one that must be surveyed again next time."""
    if status is None or not is_settled(status):
        return -1, -1
    return status.st_size, status.st_mtime_ns

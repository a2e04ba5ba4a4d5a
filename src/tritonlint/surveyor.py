"""Surveys the files of a tree: asks the cache, and has the rest done by several processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tritonlint import __version__
from tritonlint.cache import Stamp
from tritonlint.entries import Entry, EntryStore, LateFacts
from tritonlint.facts import ModuleFacts
from tritonlint.files import FileError, mentions_triton, read
from tritonlint.reach import Interest, Outline, Reach, handed_on, quoted
from tritonlint.survey import FACTS_VERSION, has_remarks, survey
from tritonlint.workers import Progress, share


class Options(NamedTuple):
    """What the facts depend on beside the files, and how they are gathered."""

    jit_decorators: frozenset[str] = frozenset()
    jobs: int = 1
    cache_directory: Path | None = None
    #: Contents that stand in for what is on disk.
    overrides: Mapping[Path, bytes] = MappingProxyType({})
    progress: Progress | None = None
    #: Leave nothing out, also where nothing can be found.
    whole: bool = False


class TreeSurveyor:
    """The facts of a tree's files, each surveyed once."""

    def __init__(self, root: Path, options: Options) -> None:
        self.options = options
        decorators = sorted(options.jit_decorators)
        version = ".".join(map(str, sys.version_info[:3]))
        key = f"{FACTS_VERSION} {__version__} {version} {decorators} {options.whole} {root}"
        self._store = EntryStore(options.cache_directory, key)
        self._interest = self._store.interest
        self._entries: dict[Path, Entry] = {}
        self._keeps = options.cache_directory is not None
        self._dirty = False
        #: Whether what earlier runs found of the names is not all that is asked now.
        self._retested = False
        self.unreadable: set[Path] = set()
        # A decorator under a name of its own can only be used where its last part is mentioned.
        self._extra = tuple(d.rpartition(".")[2].encode() for d in decorators)

    # -- what a project asks ---------------------------------------------------------------

    def facts(self, path: Path) -> ModuleFacts:
        """The facts of a file, at least of its kernels and of the names that it binds."""
        entry = self._entries.get(path)
        found = entry.facts if entry is not None else None
        if found is None:
            is_reached = entry is not None and entry.focused is not None
            found = self._survey_now(path, None if self.options.whole or is_reached else ())
            self._learn(entry, found)
        return found

    def whole(self, path: Path) -> ModuleFacts:
        """The facts of a file, with nothing left out."""
        entry = self._entries.get(path)
        found = self._survey_now(path, None, entry.facts if entry is not None else None)
        self._learn(entry, found)
        return found

    def _learn(self, entry: Entry | None, facts: ModuleFacts) -> None:
        """Keep facts that say all that is known of a file, and more."""
        if entry is None:
            return
        late = LateFacts.of(facts, self._keeps)
        if entry.focused is not None:
            entry.focused = late
        else:
            entry.survey = late
        self._dirty = self._dirty or entry.stamp is not None

    def passes_on(self, path: Path, name: str) -> bool:
        """Whether a kernel may be found by a name in a file."""
        entry = self._entries.get(path)
        if entry is not None and entry.outline is not None and entry.outline.kernels:
            return True
        data = _read(path, self.options.overrides.get(path)) or b""
        return name.encode() in data or b"import *" in data

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
        return survey(data, self.options.jit_decorators, focus, known)

    # -- outlines --------------------------------------------------------------------------

    def outline(self, files: Iterable[Path]) -> dict[Path, Outline]:
        """The outlines of those files that mention Triton."""
        pending = []
        for file in files:
            if file in self._entries:
                continue
            status = self._status(file)
            entry = self._store.get(file, status) if status is not None else None
            if entry is not None:
                self._entries[file] = entry
            else:
                pending.append((file, status))
        work = partial(
            _outline,
            extra=self._extra,
            decorators=self.options.jit_decorators,
            whole=self.options.whole,
            keep=self._keeps,
        )
        # By size, so that all shares of the work are alike.
        pending.sort(key=lambda item: item[1].st_size if item[1] is not None else 0, reverse=True)
        items = [_Item(file, self.options.overrides.get(file)) for file, _ in pending]
        for place, outlined in share(work, items, self.options.jobs, self.options.progress):
            file, status = pending[place]
            stamp = Stamp.of(status) if self._keeps and status is not None else None
            if outlined is None:
                self.unreadable.add(file)
            if outlined is None or (stamp is not None and not stamp.is_settled):
                stamp = None
            outline, facts = outlined or (None, None)
            if outline is not None and outline.suspicious and facts is not None:
                # Read now, while the workers are at the next.
                facts.get()
            self._entries[file] = Entry(stamp, outline, facts)
            self._dirty = self._dirty or stamp is not None
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
        while True:
            interest.grow(self._aliases())
            self._look_for(interest)
            pending = [file for file in files if not self._entries[file].tested]
            if not pending:
                break
            self._test(pending)
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

    def _look_for(self, interest: Interest) -> None:
        """Have all files tested again that may mean what was not looked for until now."""
        new = interest.beyond(self._interest)
        if not new:
            return
        is_searched = new <= self._interest.names
        self._interest = interest.joined(self._interest)
        self._retested = True
        for entry in self._entries.values():
            if not is_searched or entry.names is None or not new.isdisjoint(entry.names):
                entry.tested = False

    def _test(self, pending: list[Path]) -> None:
        """Find out which files may mean what the interest looks for."""
        work = partial(
            _test,
            reach=Reach(self._interest),
            decorators=self.options.jit_decorators,
            keep=self._keeps,
        )
        # Those that have kernels are reached most often, and take the longest.
        pending = sorted(pending, key=lambda file: self._entries[file].outline is None)
        items = []
        for file in pending:
            entry = self._entries[file]
            words = entry.words if entry.focused is not None else frozenset()
            items.append(_Item(file, self.options.overrides.get(file), entry.survey, words))
        for place, found in share(work, items, self.options.jobs):
            names, meant, focused, aliases = found
            entry = self._entries[pending[place]]
            entry.tested = True
            entry.names = names
            self._dirty = self._dirty or entry.stamp is not None
            if focused is not None:
                entry.words, entry.focused = meant, focused
                focused.get()
            entry.aliases = aliases or entry.aliases

    # -- the cache -------------------------------------------------------------------------

    def save(self) -> None:
        """Keep what is new for the next run."""
        if self._dirty and self._keeps:
            self._store.save(self._entries, self._interest, self._retested)

    def _status(self, file: Path) -> os.stat_result | None:
        if file in self.options.overrides:
            return None
        try:
            return os.stat(file)
        except OSError:
            return None


class _Item(NamedTuple):
    """A file to be looked at."""

    path: Path
    #: The bytes that stand in for what is on disk.
    override: bytes | None
    #: What is known of its kernels.
    known: LateFacts | None = None
    #: The names that there are facts for.
    words: frozenset[str] = frozenset()


def _outline(
    item: _Item,
    extra: tuple[bytes, ...],
    decorators: frozenset[str],
    whole: bool,
    keep: bool,
) -> tuple[Outline | None, LateFacts | None] | None:
    """What a file that mentions Triton says of kernels and of names; None if it can't be read."""
    data = _read(item.path, item.override)
    if data is None:
        return None
    if not mentions_triton(data, extra):
        return None, None
    may_have_kernels = b"jit" in data or any(name in data for name in extra)
    if not (whole or may_have_kernels or has_remarks(data)):
        return Outline.of(ModuleFacts(), data), None
    facts = survey(data, decorators, None if whole else ())
    return Outline.of(facts, data), LateFacts.of(facts, keep)


def _test(
    item: _Item,
    reach: Reach,
    decorators: frozenset[str],
    keep: bool,
) -> tuple[frozenset[str], frozenset[str], LateFacts | None, Outline | None]:
    """The names in a file, those that may mean one of the kernels, its facts if any does that there
    are none for yet, and what it says of names.
    """
    data = _read(item.path, item.override)
    if data is None:
        return frozenset(), frozenset(), None, None
    names, meant = reach.look(item.path, data)
    if not meant:
        return names, meant, None, handed_on(data)
    if meant <= item.words:
        return names, meant, None, None
    meant |= item.words
    facts = survey(data, decorators, meant, item.known.get() if item.known is not None else None)
    return names, meant, LateFacts.of(facts, keep), Outline.of(facts, b"")


def _read(path: Path, override: bytes | None = None) -> bytes | None:
    if override is not None:
        return override
    try:
        return read(path)
    except FileError:
        return None

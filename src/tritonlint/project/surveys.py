"""The facts of a tree's files, each surveyed once: from the cache, or by several processes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from tritonlint import __version__
from tritonlint.outline import Outline, outline
from tritonlint.project.answers import Answers
from tritonlint.project.one_file import Item, Need, TextUses, is_needed, look, text_uses
from tritonlint.project.searches import Searches, bytes_of
from tritonlint.source import content_digest
from tritonlint.store.cache import Stamp
from tritonlint.store.codec import CodecError
from tritonlint.store.facts import FactsStore, LateFacts
from tritonlint.store.workers import Progress, share
from tritonlint.survey.facts.calls import FarCalls
from tritonlint.survey.facts.lookups import Ask, Seen, Tables
from tritonlint.survey.facts.module import ModuleFacts, SurveyOptions
from tritonlint.survey.surveyor import FACTS_VERSION, far_calls, seen_by, survey

T = TypeVar("T")


class LoadOptions(NamedTuple):
    """What the facts of a tree depend on, besides its files, and how they are gathered.

    Attributes:
        overrides: contents that replace those on disk.
    """

    survey: SurveyOptions = SurveyOptions()
    jobs: int = 1
    cache_directory: Path | None = None
    overrides: Mapping[Path, bytes] = MappingProxyType({})
    progress: Progress | None = None


class Surveys:
    """The facts of a tree's files; `save` keeps new ones for the next run."""

    def __init__(self, root: Path, options: LoadOptions) -> None:
        self.options = options
        version = ".".join(map(str, sys.version_info[:3]))
        own = sorted(options.survey.own_packages)
        decorators = sorted(options.survey.jit_decorators)
        transparent = sorted(options.survey.transparent_decorators)
        autotune = sorted(options.survey.autotune_decorators)
        named = f"{decorators} {transparent} {autotune}"
        key = f"{FACTS_VERSION} {__version__} {version} {named} {own} {root}"
        self._store = FactsStore(options.cache_directory, key)
        self._facts: dict[Path, LateFacts] = {}
        #: Facts that an earlier run has kept, and that are not used yet.
        self._kept: dict[Path, LateFacts] = {}
        #: Facts of earlier versions of files.
        self._earlier: dict[Path, LateFacts] = {}
        self._outlines: dict[Path, Outline] = {}
        self.searches = Searches(options.jobs, options.overrides)
        self._answers = Answers()

    # -- facts -----------------------------------------------------------------------------

    def facts(self, path: Path) -> ModuleFacts:
        """Return the facts of a surveyed file."""
        try:
            return self._facts[path].get()
        except CodecError:
            # The cache is damaged.
            data = bytes_of(path, self.options.overrides.get(path)) or b""
            self._facts[path] = LateFacts.of(survey(data, self.options.survey), self._keeps)
            return self._facts[path].get()

    @property
    def surveyed(self) -> Collection[Path]:
        """Return the files that were surveyed so far."""
        return self._facts.keys()

    def outline_of(self, path: Path) -> Outline:
        """Return the outline of a file that was read before."""
        return self._outlines[path]

    def outline(self, files: Iterable[Path], need: Need = Need.MATTERING) -> None:
        """Read files, and survey those that are needed."""
        unknown = []
        for file in files:
            known = self._outlines.get(file) or self._recall(file)
            if known is None or (is_needed(known, need) and not self._has_facts(file)):
                unknown.append(file)
        self._look(unknown, need)

    def survey(self, files: Iterable[Path]) -> None:
        """Survey files, even if they are not about Triton."""
        files = [file for file in files if file not in self._facts]
        for file in files:
            if file not in self._outlines:
                self._recall(file)
        self._look([file for file in files if not self._has_facts(file)], Need.ALL)

    def _has_facts(self, file: Path) -> bool:
        """Whether a file's facts are at hand, now that they are needed."""
        kept = self._kept.pop(file, None)
        if kept is not None:
            self._facts[file] = kept
        return file in self._facts

    def update(self, contents: Mapping[Path, bytes], facts: Mapping[Path, ModuleFacts]) -> None:
        """Use other contents for some files than those on disk, and their facts if known."""
        self.options = self.options._replace(overrides={**self.options.overrides, **contents})
        for file in contents:
            before = self._facts.pop(file, None) or self._kept.pop(file, None)
            # While it is being typed, a file often cannot be parsed, and has no such facts.
            if before is not None and before.flows:
                self._earlier[file] = before
            self._outlines.pop(file, None)
        self.searches.update(contents)
        # What follows from the new contents must not be kept for the file on the disk.
        self._store.forget(contents)
        for file, known_facts in facts.items():
            self._facts[file] = LateFacts.of(known_facts, self._keeps)
            self._outlines[file] = outline(contents[file], self.options.survey.jit_decorators)
        self._answers.forget(contents)

    def _recall(self, file: Path) -> Outline | None:
        """Return what an earlier run found in a file."""
        kept = self._store.get(file, self._stamp(file))
        if kept is None:
            outdated = self._store.outdated(file)
            if outdated is not None:
                self._earlier.setdefault(file, outdated)
            return None
        outline = self._outlines[file] = kept.outline
        self.searches.recall(file, kept.words)
        self._answers.recall(file, kept.answers)
        if kept.facts is not None:
            self._kept[file] = kept.facts
        return outline

    def _look(self, files: list[Path], need: Need) -> None:
        work = partial(look, options=self.options.survey, need=need, keep=self._keeps)
        # Sorted by size, so that all shares of the work take about the same time.
        sizes = {file: self._size(file) for file in files}
        files = sorted(files, key=lambda file: (-sizes[file], file))
        overrides = self.options.overrides
        items = [Item(file, overrides.get(file), self._earlier.get(file)) for file in files]
        for place, looked in share(work, items, self.options.jobs, self.options.progress):
            file = files[place]
            if looked is None:
                self.searches.unreadable.add(file)
                self._outlines[file] = Outline(False, False, False, False)
                continue
            outline, facts = looked
            self._outlines[file] = outline
            if facts is not None:
                self._facts[file] = facts
            self._store.put(file, self._stamp(file), outline, facts)

    # -- questions that facts leave open ---------------------------------------------------

    def seen_by(self, path: Path, name: str, ask: Ask) -> tuple[Seen, Tables]:
        """Return what a top-level name of a file does with arguments, or which configs it holds."""
        find = partial(seen_by, options=self.options.survey, name=name, ask=ask)
        return self._answer(tuple[Seen, Tables], path, ("seen", name, ask), find)

    def far_calls(self, path: Path, names: frozenset[str], own: frozenset[str]) -> FarCalls:
        """Return the calls in one file of functions with these names."""
        find = partial(far_calls, options=self.options.survey, names=names, own=own)
        return self._answer(FarCalls, path, ("far", sorted(names), sorted(own)), find)

    def text_uses(self, asked: Mapping[Path, frozenset[str]]) -> dict[Path, TextUses]:
        """Return what the strings in Python files do with names, which differ from file to file."""
        known: dict[Path, dict[str, TextUses]] = {
            file: {
                name: answer
                for name in names
                if (answer := self._answers.get(TextUses, file, f"text {name}")) is not None
            }
            for file, names in asked.items()
        }
        new = {file: names.difference(known[file]) for file, names in asked.items()}
        pending = [file for file, names in new.items() if names]
        items = [(file, self.options.overrides.get(file), new[file]) for file in pending]
        for place, found in share(text_uses, items, self.options.jobs):
            for name in items[place][2]:
                own = found._replace(uses=tuple(use for use in found.uses if use.name == name))
                known[pending[place]][name] = own
                self._answers.put(pending[place], f"text {name}", own)
        return {file: _together(answers.values()) for file, answers in known.items()}

    def _answer(
        self, kind: type[T], path: Path, asked: tuple[object, ...], find: Callable[[bytes], T]
    ) -> T:
        """Return what a file answers to a question."""
        question = content_digest(json.dumps(asked).encode())
        known = self._answers.get(kind, path, question)
        if known is None:
            data = bytes_of(path, self.options.overrides.get(path))
            # What cannot be read cannot be parsed either.
            known = find(data if data is not None else b"\0")
            self._answers.put(path, question, known)
        return known

    # -- the cache -------------------------------------------------------------------------

    @property
    def _keeps(self) -> bool:
        return self.options.cache_directory is not None

    @property
    def needed_before(self) -> frozenset[Path]:
        """The files whose facts the last run over the whole tree needed."""
        return self._store.needed

    def save(self, needed: frozenset[Path] | None) -> None:
        """Keep what is new for the next run.

        Args:
            needed: the files that the whole tree needs; None for those of an earlier run.
        """
        has_news = self.searches.has_news or self._answers.has_news
        self._store.save(self.searches.words, self._answers.of, has_news, needed)

    def _stamp(self, file: Path) -> Stamp | None:
        if file in self.options.overrides or not self._keeps:
            return None
        try:
            return Stamp.of(os.stat(file))
        except OSError:
            return None

    def _size(self, file: Path) -> int:
        try:
            return os.stat(file).st_size
        except OSError:
            return 0


def _together(answers: Collection[TextUses]) -> TextUses:
    uses = {use: None for answer in answers for use in answer.uses}
    return TextUses(tuple(uses), all(answer.is_parsed for answer in answers))

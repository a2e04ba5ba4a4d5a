"""Searches a whole tree, and directories around it, for the names of kernels."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path

from tritonlint.files.paths import FileError, words_of
from tritonlint.files.tree import is_python, other_files
from tritonlint.files.written import is_written
from tritonlint.fix.witnesses import Mention, Mentions
from tritonlint.project.one_file import TextUses
from tritonlint.project.project import Project
from tritonlint.survey.harmless_strings import ALL, EXPORTED
from tritonlint.survey.mentions import parts_of
from tritonlint.survey.other_texts import in_text

#: Larger files count as data, unless they are Python files of the project.
_LARGEST = 20_000_000
#: With up to this many words, a text is searched for each first, which is quicker than splitting.
_FEW_WORDS = 24
_NONE: frozenset[str] = frozenset()


class Search:
    """Looks for names in everything except the parsed Python files of a project.

    Args:
        root: of the tree.
        read: a file's bytes.
        mentioning: the Python files of the tree in which one of some words stands, with these.
        text_uses: what the strings in such files do with names.
        around: directories around it, besides those that are found without being named.
    """

    def __init__(
        self,
        root: Path,
        read: Callable[[Path], bytes],
        mentioning: Callable[[frozenset[str]], Mapping[Path, frozenset[str]]],
        text_uses: Callable[[Mapping[Path, frozenset[str]]], Mapping[Path, TextUses]],
        around: Collection[Path] = (),
    ) -> None:
        self.root = root
        self.read = read
        self.mentioning = mentioning
        self.text_uses = text_uses
        self.around = around
        self._unread: list[Path] = []

    def search(self, project: Project, names: frozenset[str]) -> Mentions:
        """Return all places that may use one of the names."""
        found: defaultdict[str, list[Mention]] = defaultdict(list)
        unparsed: defaultdict[str, list[Path]] = defaultdict(list)
        python: defaultdict[str, list[Path]] = defaultdict(list)
        outside: defaultdict[str, list[Mention]] = defaultdict(list)
        parts = _by_part(names)
        mentioning = sorted(self.mentioning(names | parts.keys()).items())
        asked = {
            path: words.intersection(names).union(*(parts.get(word, _NONE) for word in words))
            for path, words in mentioning
        }
        uses = self.text_uses(asked)
        for path, words in mentioning:
            for name in words.intersection(names):
                python[name].append(path)
            if not uses[path].is_parsed:
                for name in asked[path]:
                    unparsed[name].append(path)
            for use in uses[path].uses:
                if use.what != EXPORTED or self._reads_exports:
                    found[use.name].append(Mention(path, use.row, use.what))
        whole = {name.encode(): name for name in names}
        for file in other_files(self.root, project.files, self.around):
            data = self._read(file.path) if _size(file.path) <= _LARGEST else b""
            hits = _named(data, whole)
            if not hits or is_written(data):
                continue
            if is_python(file.path) and file.left_out:
                for name in hits:
                    outside[name].append(Mention(file.path, _row(data, name), file.left_out))
                continue
            mentions = outside if file.left_out else found
            for use in in_text(data, file.path, hits):
                what = file.left_out or use.what
                mentions[use.name].append(Mention(file.path, use.row, what))
        return Mentions(
            {name: tuple(mentions) for name, mentions in found.items()},
            {name: tuple(paths) for name, paths in unparsed.items()},
            {name: tuple(mentions) for name, mentions in outside.items()},
            {name: tuple(paths) for name, paths in python.items()},
            tuple(self._unread),
        )

    @cached_property
    def _reads_exports(self) -> bool:
        """Whether code of the tree gets the names in an `__all__`: it may look up each of them."""
        files = self.mentioning(frozenset({ALL}))
        uses = self.text_uses(dict.fromkeys(files, frozenset({ALL})))
        return any(each.uses for each in uses.values())

    def _read(self, path: Path) -> bytes:
        try:
            data = self.read(path)
        except (OSError, FileError):
            self._unread.append(path)
            return b""
        # A file with a NUL byte is not text.
        return b"" if b"\0" in data[:1024] else data


def _by_part(names: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """The names, by the parts that code may build them from."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        for part in parts_of(name):
            found[part].add(name)
    return {part: frozenset(of) for part, of in found.items()}


def _named(data: bytes, names: Mapping[bytes, str]) -> frozenset[str]:
    """The names that stand in a file as words."""
    if len(names) <= _FEW_WORDS and not any(name in data for name in names):
        return _NONE
    return frozenset(names[word] for word in names.keys() & set(words_of(data)))


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        # An open document may replace the file's contents.
        return 0


def _row(data: bytes, name: str) -> int:
    place = data.find(name.encode())
    return data.count(b"\n", 0, max(place, 0)) + 1

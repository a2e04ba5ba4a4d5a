"""Which files of a tree contain which words: each file is read once for each word, across runs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tritonlint.files.paths import FileError, read, words_of
from tritonlint.store.facts import NO_WORDS, Words
from tritonlint.store.workers import share
from tritonlint.survey.defined_effects import NAMED_LIKE_PURE, TENSOR_VALUES, gives_names
from tritonlint.survey.lazy_items import MAKES_WITH_EFFECT, MAY_MAKE
from tritonlint.survey.patches import REPLACED

#: Up to this many names, one substring search for each beats splitting a file into words. Measured
#: on 38 MB: 13 ms a name, 270 ms for any number of names.
FEW_NAMES = 20
#: Code that may set something by its name in a string.
_PATCHES = re.compile(rb"\b(?:setattr|patch|object|spy)\(")
#: A cache that holds the answers for more names than this starts again.
_MOST_NAMES = 20_000


class Searches:
    """Finds words in the files of one tree.

    Args:
        jobs: how many processes may read files.
        overrides: contents that replace those on disk.
    """

    def __init__(self, jobs: int, overrides: Mapping[Path, bytes]) -> None:
        self._jobs = jobs
        self._overrides = overrides
        #: For each file, the words that were searched for, and those that were found.
        self._words: dict[Path, Words] = {}
        #: The names whose definitions were searched for, as they were asked for.
        self._sought: list[frozenset[str]] = []
        self.unreadable: set[Path] = set()
        #: The files of which an earlier run has kept something.
        self._recalled: set[Path] = set()
        #: Whether anything was found out about one of them.
        self.has_news = False

    def recall(self, file: Path, words: Words) -> None:
        """Use what an earlier run found in a file that has not changed."""
        self._recalled.add(file)
        if len(words.searched) <= _MOST_NAMES:
            self._words[file] = words

    def update(self, contents: Mapping[Path, bytes]) -> None:
        """Use other contents for some files than those on disk."""
        self._overrides = {**self._overrides, **contents}
        for file in contents:
            self._words.pop(file, None)

    def words(self, file: Path) -> Words:
        """The words that were searched for in a file so far, and those that were found."""
        return self._words.get(file, NO_WORDS)

    # -- words -----------------------------------------------------------------------------

    def with_words(
        self, files: Iterable[Path], names: frozenset[str]
    ) -> dict[Path, frozenset[str]]:
        """The files that contain one of the names as a word, with these names."""
        files = list(files)
        by_searched: defaultdict[frozenset[str], list[Path]] = defaultdict(list)
        for file in files:
            by_searched[self.words(file).searched].append(file)
        for searched, pending in by_searched.items():
            new = names - searched
            if new:
                self._search(pending, searched, new)
        found = ((file, self.words(file).found & names) for file in files)
        return {file: hits for file, hits in found if hits}

    def _search(self, files: list[Path], searched: frozenset[str], new: frozenset[str]) -> None:
        """Search files for new names, after all of them were searched for the same."""
        files = [file for file in files if file not in self.unreadable]
        both = searched | new
        work = partial(_find, names=frozenset(name.encode() for name in new))
        for place, found in share(work, self._items(files), self._jobs):
            file = files[place]
            if found is None:
                self.unreadable.add(file)
            else:
                self.has_news = self.has_news or file in self._recalled
                known = self.words(file)
                self._words[file] = known._replace(searched=both, found=known.found | found)

    def _items(self, files: Iterable[Path]) -> list[tuple[Path, bytes | None]]:
        return [(file, self._overrides.get(file)) for file in files]

    # -- definitions -----------------------------------------------------------------------

    def defining(self, files: Collection[Path], names: frozenset[str]) -> Iterator[Path]:
        """The files that may define a function, a property or such an item of one of the names."""
        new = names.difference(*self._sought)
        if new:
            self._sought.append(new)
        if not self._sought:
            return
        for sought in self._sought:
            self._define(files, sought)
        for file in files:
            defines = dict(self.words(file).defines)
            if any(defines.get(sought) for sought in self._sought):
                yield file

    def _define(self, files: Iterable[Path], names: frozenset[str]) -> None:
        pending = [
            file
            for file in files
            if file not in self.unreadable and names not in dict(self.words(file).defines)
        ]
        if not pending:
            return
        work = partial(_defines, of=_Definitions.of(names))
        for place, found in share(work, self._items(pending), self._jobs):
            file = pending[place]
            self.has_news = self.has_news or file in self._recalled
            known = self.words(file)
            self._words[file] = known._replace(defines=(*known.defines, (names, found)))


def _find(item: tuple[Path, bytes | None], names: frozenset[bytes]) -> frozenset[str] | None:
    """The names that a file contains as words; None if it cannot be read."""
    data = bytes_of(*item)
    if data is None:
        return None
    if len(names) <= FEW_NAMES and not any(name in data for name in names):
        return frozenset()
    return frozenset(map(bytes.decode, names.intersection(words_of(data))))


class _Definitions(NamedTuple):
    """What the definition of a name looks like.

    `sure` is one, and where `outside` is, a module may get another value of a name; so may it, or a
    class, where a string is the name or a path to it (`ending`) and something is patched. `given`
    is `name = ...`, which need not be one; in a class, `made` is one. `set`, `setattr` and
    `patched` give a name of an object another value.
    """

    sure: re.Pattern[bytes]
    replaced: frozenset[bytes]
    outside: re.Pattern[bytes]
    ending: re.Pattern[bytes]
    given: re.Pattern[bytes] | None
    made: re.Pattern[bytes] | None
    set: re.Pattern[bytes]
    setattr: re.Pattern[bytes]
    patched: re.Pattern[bytes]
    names: frozenset[str]

    @classmethod
    def of(cls, names: frozenset[str]) -> _Definitions:
        replaced = {n.removeprefix(REPLACED) for n in names if n.startswith(REPLACED)}
        replaced = {name.rpartition(".")[2] for name in replaced}
        names = frozenset(n for n in names if not n.startswith(REPLACED))
        name = _any_of(names)
        sure = re.compile(
            rb"\b(?:def|class)(?:\s|\\\r?\n)+" + name + rb"\b"
            rb"|\b" + name + rb"\b[^\n=]*=[^\n]*\b(?:\w*property|defaultdict|Counter)\b"
        )
        if MAKES_WITH_EFFECT in names:
            sure = re.compile(sure.pattern + rb"|" + MAY_MAKE)
        given = NAMED_LIKE_PURE & names
        values = TENSOR_VALUES & names
        becomes = rb"[ \t]*(?::[^\n=]*)?=(?!=)"
        start = rb"^[ \t]*" + _any_of(given) + becomes
        attribute = _any_of(given | values)
        quoted = rb"[\"']" + attribute + rb"[\"']"
        # A pattern that starts with one character is found several times as fast.
        made = rb"\n([ \t]+)" + _any_of(values) + rb"[ \t]*(?::[^\n=]*)?=[ \t]*(?!torch\b)[\w.]+\("
        return cls(
            sure,
            frozenset(name.encode() for name in replaced),
            _outside(_any_of(replaced), becomes),
            re.compile(rb"[\"'](?:[^\"'\s]{0,200}\.)?" + _any_of(names | replaced) + rb"[\"']"),
            re.compile(start, re.MULTILINE) if given else None,
            re.compile(made) if values else None,
            re.compile(rb"\." + attribute + becomes + rb"[ \t]*(lambda\b)?"),
            re.compile(rb"setattr(?:__)?\([^\"']{0,200}" + quoted),
            re.compile(rb"\.object\([^\"']{0,200}" + quoted),
            given | values,
        )

    def may_be_replaced(self, data: bytes) -> bool:
        """Whether a file may replace what a module or a class has under such a name."""
        # Most files have none of the names, and a plain search is much faster.
        if any(name in data for name in self.replaced):
            places = (m.start() for m in self.outside.finditer(data))
            if any(not data.endswith(b"self", 0, place) for place in places):
                return True
        return _PATCHES.search(data) is not None and self.ending.search(data) is not None

    def may_be_given(self, data: bytes) -> bool:
        """Whether a file may give a class, a module or another object something of such a name."""
        if not self.names:
            return False
        return (
            (self.given is not None and self.given.search(data) is not None)
            or any(
                m[1] or not data.endswith(b"self", 0, m.start()) for m in self.set.finditer(data)
            )
            or self.setattr.search(data) is not None
            or self.patched.search(data) is not None
        )


def _outside(name: bytes, becomes: bytes) -> re.Pattern[bytes]:
    """Return a pattern of code that may give a module another value of a name."""
    # A pattern that starts with one character is found several times as fast.
    forms = (
        # `ops.rows = f`; `old, ops.rows = ops.rows, f`
        rb"\." + name + rb"(?:" + becomes + rb"|[ \t]*,[^\n=]*=(?!=))",
        # `globals()["rows"] = f`, `patch.multiple(ops, rows=f)`
        rb"\[(?<=[)_]\[)[\"']" + name + rb"[\"']\]" + becomes,
        rb"\.(?:multiple|update)\([^()]{0,400}\b" + name + rb"[ \t]*=",
    )
    return re.compile(b"|".join(forms))


def _any_of(names: Iterable[str]) -> bytes:
    if not names:
        # Nothing is found.
        return b"(?!)"
    return b"(?:" + b"|".join(re.escape(name).encode() for name in sorted(names)) + b")"


def _defines(item: tuple[Path, bytes | None], of: _Definitions) -> bool:
    data = bytes_of(*item)
    if data is None:
        return False
    if of.sure.search(data) is not None or of.may_be_replaced(data):
        return True
    if of.made is not None and any(_is_in_class(data, m) for m in of.made.finditer(data)):
        return True
    # Most lines that begin so are keyword arguments and locals; a survey would take much longer.
    return of.may_be_given(data) and gives_names(data, of.names)


def _is_in_class(data: bytes, found: re.Match[bytes]) -> bool:
    """Whether the first line above with less indentation is that of a class."""
    end, indent = found.start() + 1, len(found[1])
    while end > 0:
        start = data.rfind(b"\n", 0, end - 1) + 1
        line = data[start:end].expandtabs()
        stripped = line.lstrip()
        if stripped and len(line) - len(stripped) < indent:
            return stripped.startswith((b"class", b")"))
        end = start
    return False


def bytes_of(path: Path, override: bytes | None = None) -> bytes | None:
    """The bytes of a file, or those that replace them; None if it cannot be read."""
    if override is not None:
        return override
    try:
        return read(path)
    except FileError:
        return None

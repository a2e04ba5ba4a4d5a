"""Which files may mean a kernel, told by the names and the bytes in them before any is parsed."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tritonlint.facts import ModuleFacts, Use
from tritonlint.files import words_of
from tritonlint.modules import imported_as
from tritonlint.survey.scopes import EXTERNAL_PACKAGES, LANGUAGE_NAMES

#: What finds a thing by a string with its name.
_LOOKUPS = frozenset(
    {b"getattr", b"setattr", b"hasattr", b"delattr", b"attrgetter", b"methodcaller", b"patch"}
    | {b"globals", b"vars", b"locals", b"__dict__", b"import_module", b"__import__"}
)
_LAUNCHED = re.compile(rb"\s*(?:\[|\.(?:run|warmup|fn)\b)")
#: What follows an attribute that gets another name, or is given to something.
_HANDED_ON = re.compile(rb"[ \t\f]*(?:[,)\]}:;\r\n#\\]|(?:if|else|or|and|for|as)\b|\Z)")
#: Something is asked of a kernel, or it is compared with another.
_ASKED = re.compile(rb"[ \t]*(?:\.|[=!]=|(?:is|in|not)\b)")
#: With or without a type.
_SET = re.compile(rb"[ \t]*(?:=(?!=)|:[^\n=]+=)")
#: A class of which it does not show from which it inherits.
_UNKNOWN_BASE = re.compile(rb"^[ \t]*class\s+\w+\s*\([^)]*[(\[*]", re.MULTILINE)
_CALLED = re.compile(rb"[ \t]*\(")
#: What ends in the object of a method, and a dot.
_OWN = re.compile(rb"(?:[^\w.]|\A)(?:self|cls)\s*\.\s*\Z")
#: A decorator that is nothing but a dotted name.
_DECORATOR = re.compile(rb"@[\w.\s]*\Z")
_RECEIVER = re.compile(rb"(\w+)\s*(?:\.\s*\w+\s*)*\.\s*\Z")
#: As far from an attribute its dot is looked for.
_FAR = 100
#: What ends in a dot after one of the names that only Triton's own modules have.
_LANGUAGE = re.compile(
    rb"\b(?:%b)\.(?:\w+\.)*$" % "|".join(sorted({*LANGUAGE_NAMES, "triton", "torch"})).encode()
)
_STRING = re.compile(rb"[\"']([^\W\d]\w*)[\"']")
_KEYWORD = re.compile(rb"\b([^\W\d]\w*)\s*=(?!=)")
_BRACKET = re.compile(rb"[()]|\"[^\"\n]*\"|'[^'\n]*'")
_STAR_IMPORT = re.compile(rb"^\s*from\s+([\w.]+)\s+import\s+\*", re.MULTILINE)

_MUCH = 500
#: Up to this many names, one substring search for each beats splitting a file into words. Measured
#: on 38 MB: 13 ms a name, 270 ms for any number of names (one big regex: 9 s).
_FEW_NAMES = 20


class Alias(NamedTuple):
    """A name that a module binds, and a name in what it stands for."""

    name: str
    part: str


class Outline(NamedTuple):
    """What one file's facts say of who knows which kernel by which name."""

    kernels: tuple[str, ...] = ()
    #: Whether some parameter of a kernel may be dead.
    suspicious: bool = False
    #: Whether there is anything to say of the file itself: problems, suppressions.
    remarks: bool = False
    names: tuple[Alias, ...] = ()
    stars: tuple[str, ...] = ()
    #: Every string in it that may be a name, and every keyword of `dict(...)`, with spaces between.
    quoted: str = ""

    @classmethod
    def of(cls, facts: ModuleFacts, data: bytes) -> Outline:
        """The outline of a file, from its facts and its bytes."""
        names: dict[Alias, None] = {}
        for binding in facts.bindings:
            known_as = binding.name.partition(".")[0]
            for symbol in binding.symbols:
                module, _, attributes = symbol.rpartition(":")
                # What is imported without attributes is the module itself.
                for part in (attributes or module.rpartition(".")[2]).split("."):
                    if part and part != "?":
                        names[Alias(known_as, part)] = None
        return cls(
            kernels=tuple(kernel.qualname for kernel in facts.kernels),
            suspicious=any(p.use is not Use.READ for k in facts.kernels for p in k.parameters),
            remarks=bool(facts.problems or facts.suppressions),
            names=tuple(names),
            stars=facts.star_imports,
            quoted=" ".join(sorted(quoted(data))),
        )


def handed_on(data: bytes) -> Outline | None:
    """What a file that was not surveyed hands on: all names of another."""
    if b"import *" not in data:
        return None
    stars = tuple(m.decode(errors="replace") for m in _STAR_IMPORT.findall(data))
    return Outline(stars=stars) if stars else None


def quoted(data: bytes) -> frozenset[str]:
    """Every string in a file that may be a name, and every keyword of `dict(...)`."""
    found = set(_STRING.findall(data))
    place = data.find(b"dict(")
    while place >= 0:
        found.update(_KEYWORD.findall(data, place, _closing(data, place)))
        place = data.find(b"dict(", place + 1)
    return frozenset(name.decode(errors="replace") for name in found)


def _closing(data: bytes, start: int) -> int:
    """Where the first bracket from `start` on is closed; those in strings do not count."""
    depth = 0
    for match in _BRACKET.finditer(data, start):
        depth += {b"(": 1, b")": -1}.get(match.group(), 0)
        if depth == 0:
            return match.end()
    return len(data)


class Interest:
    """The names by which some kernels are known, and the files that know them by these.

    A name that a file binds at its top level is of use to those alone that can import it.
    """

    def __init__(self) -> None:
        self.known: defaultdict[str, set[Path]] = defaultdict(set)
        #: Last names of kernels, with whether they are attributes of a class.
        self.launched: set[tuple[str, bool]] = set()
        #: Names of classes that have a kernel, or inherit one.
        self.owners: set[str] = set()

    def add_kernel(self, path: Path, qualname: str) -> None:
        """Look for a kernel."""
        root, _, _ = qualname.partition(".")
        last = qualname.rpartition(".")[2]
        self.known[root].add(path)
        self.launched.add((last, root != last))
        if root != last:
            self.owners.add(root)
            self.launched.add((root, False))

    def grow(self, outlines: Iterable[tuple[Path, Outline]]) -> None:
        """Add the names that files give to what has one of these."""
        outlines = list(outlines)
        before = -1
        while before != (before := self._size()):
            for path, outline in outlines:
                for name, part in outline.names:
                    if part in self.known:
                        self.known[name].add(path)
                        self.launched.add((name, False))
                        if part in self.owners:
                            self.owners.add(name)
                for star in outline.stars:
                    self._pass_on(path, star)

    def _size(self) -> int:
        return len(self.owners) + sum(map(len, self.known.values()))

    def _pass_on(self, path: Path, module: str) -> None:
        """Add all that a file gets by a star import."""
        level = len(module) - len(module.lstrip("."))
        above = path.parents[min(level, len(path.parents)) - 1]
        last = module.rpartition(".")[2] or above.name
        for paths in self.known.values():
            if any(imported_as(known) == last for known in paths):
                paths.add(path)

    @property
    def names(self) -> frozenset[str]:
        """All names, whoever knows them."""
        return frozenset(self.known) | {name for name, _ in self.launched}

    def beyond(self, other: Interest) -> frozenset[str]:
        """The names of which more is looked for here than there."""
        known = {n for n, paths in self.known.items() if paths - other.known.get(n, set())}
        launched = {name for name, _ in self.launched - other.launched}
        return frozenset(known | launched | (self.owners - other.owners))

    def joined(self, earlier: Interest) -> Interest:
        """This, with what another looks for, so that both are answered by one test of a file.

        Not where that is much more: the names of all runs that ever were.
        """
        joined = Interest()
        for interest in (self, earlier):
            if interest is self or len(earlier.known) <= 2 * len(self.known) + _MUCH:
                for name, paths in interest.known.items():
                    joined.known[name] |= paths
                joined.launched |= interest.launched
                joined.owners |= interest.owners
        return joined

    def to_json(self) -> list[Any]:
        """Plain data."""
        known = {name: sorted(map(str, paths)) for name, paths in sorted(self.known.items())}
        return [known, sorted(self.launched), sorted(self.owners)]

    @classmethod
    def from_json(cls, data: list[Any] | None) -> Interest:
        """The inverse."""
        interest = cls()
        if data is not None:
            known, launched, owners = data
            for name, paths in known.items():
                interest.known[name].update(map(Path, paths))
            interest.launched = {(name, nested) for name, nested in launched}
            interest.owners = set(owners)
        return interest


class Reach:
    """The test itself, for one state of an `Interest`."""

    def __init__(self, interest: Interest) -> None:
        self._known: Mapping[bytes, list[tuple[Path, bytes, bool]]] = {
            name.encode(): [
                (path, os.fsencode(imported_as(path)), path.stem == "__init__") for path in paths
            ]
            for name, paths in interest.known.items()
        }
        self._launched = [(name.encode(), nested) for name, nested in sorted(interest.launched)]
        self._owners = frozenset(name.encode() for name in interest.owners)
        self._names = self._known.keys() | {name for name, _ in self._launched}
        # The names by which the files that know a kernel are imported.
        modules = frozenset(stem for known in self._known.values() for _, stem, _ in known)
        self._wanted = self._names | modules | _LOOKUPS

    def look(self, file: Path, data: bytes) -> tuple[frozenset[str], frozenset[str]]:
        """The names that are in a file, and those of them that may mean one of the kernels."""
        if len(self._names) <= _FEW_NAMES and not any(name in data for name in self._names):
            return frozenset(), frozenset()
        words = self._wanted.intersection(words_of(data))
        names = words & self._names
        if not names:
            return frozenset(), frozenset()
        meant = self._meant(file, data, words)
        return frozenset(map(bytes.decode, names)), frozenset(map(bytes.decode, meant))

    def _meant(self, file: Path, data: bytes, words: Collection[bytes]) -> set[bytes]:
        named = self._known.keys() & words
        may_import = any(stem in words for name in named for _, stem, _ in self._known[name])
        imported = _imported(data) if may_import else []
        meant = {name for name in named if self._may_import(file, name, imported)}
        names_owner = not self._owners.isdisjoint(words)
        looked_up = not _LOOKUPS.isdisjoint(words)
        for name, nested in self._launched:
            if name in words and (
                # What inherits from a class may have something else in its kernel's place.
                (nested and names_owner)
                or _is_used(name, nested, data, name in self._owners)
                or (looked_up and re.search(rb"[\"'.]" + name + rb"[\"']", data))
            ):
                meant.add(name)
        return meant

    def _may_import(self, file: Path, name: bytes, imported: Collection[bytes]) -> bool:
        for path, stem, is_package in self._known[name]:
            if path == file or stem in imported:
                return True
            if is_package and path.parent in file.parents:
                return True
        return False


def _imported(data: bytes) -> list[bytes]:
    """At least all words in the import statements of a file."""
    statements = []
    place = data.find(b"import")
    while place >= 0:
        start = data.rfind(b"\n", 0, place) + 1
        while data.endswith((b"\\\n", b"\\\r\n"), 0, start):
            start = data.rfind(b"\n", 0, start - 1) + 1
        end = _line_end(data, place)
        bracket = data.find(b"(", place, end)
        if bracket >= 0:
            closing = data.find(b")", bracket)
            # One in a comment closes nothing.
            while closing >= 0 and b"#" in data[data.rfind(b"\n", bracket, closing) + 1 : closing]:
                closing = data.find(b")", _line_end(data, closing))
            end = closing if closing >= 0 else len(data)
        while data.endswith((b"\\", b"\\\r"), 0, end) and end < len(data):
            end = _line_end(data, end + 1)
        statements.append(data[start:end])
        place = data.find(b"import", end)
    return words_of(b" ".join(statements))


def _line_end(data: bytes, place: int) -> int:
    end = data.find(b"\n", place)
    return end if end >= 0 else len(data)


def _is_used(name: bytes, nested: bool, data: bytes, owner: bool) -> bool:
    """Whether something of that name, or with `nested` an attribute of it, may be launched, or is
    an attribute that is handed on, assigned to, or called where a kernel may call it; of an `owner`
    of kernels, whether it is an attribute.
    """
    place = data.find(name)
    while place >= 0:
        end, before = place + len(name), data[place - 1 : place]
        is_attribute = before == b"."
        if before.isspace():
            # The dot may stand further off, also on the line above.
            is_attribute = data[max(0, place - _FAR) : place].rstrip().endswith(b".")
        is_word = is_attribute or not (nested or before.isalnum() or before == b"_")
        if is_word and (_LAUNCHED.match(data, end) or (is_attribute and owner)):
            return True
        if is_attribute and _is_handed_on(name, nested, data, place):
            return True
        place = data.find(name, end)
    return False


def _is_handed_on(name: bytes, nested: bool, data: bytes, place: int) -> bool:
    """The same of one attribute that is not launched where it stands."""
    end = place + len(name)
    line = data[data.rfind(b"\n", 0, place) + 1 : place].lstrip()
    is_own = _OWN.search(line) is not None
    if _SET.match(data, end):
        # What a method sets on its object takes the place of a kernel only where the class may
        # inherit that.
        return not is_own or (nested and _UNKNOWN_BASE.search(data) is not None)
    if _HANDED_ON.match(data, end) and not _DECORATOR.match(line):
        return not (nested and is_own and re.search(rb"def\s+" + name + rb"\s*\(\s*self\b", data))
    if nested:
        return False
    if _ASKED.match(data, end):
        return True
    if not _CALLED.match(data, end) or _LANGUAGE.search(line):
        return False
    # A decorator of another file may make a kernel without the word.
    receiver = _RECEIVER.search(line)
    return b"jit" in data or (receiver is not None and _is_imported(receiver.group(1), data))


def _is_imported(root: bytes, data: bytes) -> bool:
    """Whether a name may be a module of the project."""
    return root.decode(errors="replace") not in EXTERNAL_PACKAGES and root in _imported(data)

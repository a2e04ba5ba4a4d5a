"""Shows whether all users of a kernel are known: its calls, and other uses of its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tritonlint.fix.changes import BlockedError, Show, line
from tritonlint.project.identity import KernelId
from tritonlint.project.project import Project
from tritonlint.survey.facts.references import Escape
from tritonlint.survey.mentions import BUILT


class Mention(NamedTuple):
    """A place with a kernel's name that is not understood; `what` says what it is."""

    path: Path
    row: int
    what: str


class Mentions(NamedTuple):
    """The results of a search of the whole tree.

    Attributes:
        found: for each name, the strings and texts that may use it.
        unparsed: for each name, the Python files that cannot be parsed and contain it as a word.
        outside: for each name, files beside the tree, or left out of it, that contain it as a word.
        python: for each name, the Python files that contain it as a word.
        unread: what the search could not read.
    """

    found: Mapping[str, tuple[Mention, ...]] = {}
    unparsed: Mapping[str, tuple[Path, ...]] = {}
    outside: Mapping[str, tuple[Mention, ...]] = {}
    python: Mapping[str, tuple[Path, ...]] = {}
    unread: tuple[Path, ...] = ()


#: The result for a tree that was not searched.
NO_MENTIONS = Mentions()


class Witnesses:
    """Says whether all users of a kernel are known.

    Args:
        mentions: the results of a search for their names.
        show: a path as users know it.
    """

    def __init__(self, project: Project, mentions: Mentions, show: Show) -> None:
        self.project = project
        self.mentions = mentions
        self.show = show

    def names(self, identity: KernelId) -> frozenset[str]:
        """Return the names by which other files may use a kernel."""
        known = self.project.known_as(identity)
        return frozenset(name.rpartition(".")[2] for name in known)

    def rests_on(self, identity: KernelId) -> frozenset[str]:
        """Return all names by which other files may reach a kernel, or what launches it."""
        holders = frozenset(name for _, name in self._choices(identity))
        mangled = self._mangled(identity)
        return self.names(identity) | self.through(identity) | holders | mangled

    def _mangled(self, identity: KernelId) -> frozenset[str]:
        """Return the names by which code outside of a class sees its private attributes."""
        found = set()
        for name in self.project.known_as(identity):
            owner, _, last = name.rpartition(".")
            if owner and last.startswith("__") and not last.endswith("__"):
                found.add("_" + owner.rpartition(".")[2].lstrip("_") + last)
        return frozenset(found)

    def _choices(self, identity: KernelId) -> Iterable[tuple[Path, str]]:
        links = self.project.links.get(identity)
        return links.choices if links is not None else ()

    def through(self, identity: KernelId) -> frozenset[str]:
        """The names of functions that are given the kernel and launch it."""
        links = self.project.links.get(identity)
        launches = links.launches if links is not None else []
        return frozenset(name for linked in launches for name in linked.call.through)

    def check(self, identity: KernelId) -> None:
        """Make sure that every file that may use a kernel can be parsed, and none unseen does.

        Raises:
            BlockedError: one cannot, or may use a container that holds the kernel.
        """
        for path, name in self._choices(identity):
            for other in self.mentions.python.get(name, ()):
                if other != path:
                    raise BlockedError(
                        f"`{name}` in {self.show(path)} holds the kernel, "
                        f"and {self.show(other)} may use it"
                    )
        for name in sorted(self._mangled(identity)):
            for path in self.mentions.python.get(name, ()):
                raise BlockedError(f"`{name}`, which is the kernel, is used in {self.show(path)}")
        for name in sorted(self.names(identity)):
            for path in self.mentions.unparsed.get(name, ()):
                if path != identity.path:
                    raise BlockedError(
                        f"{self.show(path)} cannot be parsed, and mentions the kernel"
                    )

    def is_only_in(self, path: Path, name: str) -> bool:
        """Whether a file is known to be the only one that uses a name of its own."""
        mentions = self.mentions
        others = (mentions.found, mentions.unparsed, mentions.outside)
        if mentions.python.get(name) != (path,) or any(name in each for each in others):
            return False
        return not self.project.may_be_looked_up(path, name)

    def doubts(self, kernels: Iterable[KernelId]) -> Iterator[str]:
        """Why not all users of the kernels may be known, or what launches them may be another."""
        for identity in sorted(set(kernels)):
            kernel = self.project.kernels[identity]
            links = self.project.links.get(identity)
            if links is None or not links.calls:
                yield f"no call of `{kernel.name}` is seen: code elsewhere may launch it"
            for name in sorted(self.through(identity)):
                if name in self._replaced:
                    file = self.show(self._replaced[name])
                    yield f"`{name}`, which launches it, may be replaced in {file}"
            for path in self.mentions.unread[:1]:
                yield f"{self.show(path)} cannot be read, and may name the kernel"
            for name in sorted(self.rests_on(identity)):
                for mentions in (self.mentions.found, self.mentions.outside):
                    for mention in mentions.get(name, ())[:1]:
                        place = line(self.show, mention.path, mention.row)
                        how = "may be named by" if mention.what == BUILT else "is named in"
                        yield f"`{name}` {how} {mention.what} at {place}"

    @cached_property
    def _replaced(self) -> Mapping[str, Path]:
        """The names of attributes that code assigns to, and the file of that code."""
        found: dict[str, Path] = {}
        for path, facts in self.project.facts.items():
            found.update(dict.fromkeys(facts.attributes_set, path))
            for reference in facts.references:
                if reference.escape is Escape.REPLACED:
                    found.update((symbol.name, path) for symbol in reference.symbols)
        return found

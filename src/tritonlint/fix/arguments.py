"""The code in all files that sees the arguments of a kernel's launches by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeAlias

from tritonlint.project.feeding import as_called
from tritonlint.project.identity import KernelId
from tritonlint.project.links import LinkedCall
from tritonlint.project.project import Project
from tritonlint.span import Span
from tritonlint.survey.facts.kernels import Role
from tritonlint.survey.facts.lookups import (
    ANYTHING,
    Ask,
    Follow,
    Key,
    Passed,
    Seen,
    Tables,
    Unclear,
    Wanted,
)
from tritonlint.survey.facts.names import Symbol
from tritonlint.survey.strings import matches
from tritonlint.triton.names import is_of_triton

#: What a top-level name of a file does with arguments: see `Loader.seen_by`.
SeenBy: TypeAlias = Callable[[Path, str, Ask], tuple[Seen, Tables]]

_Arguments: TypeAlias = tuple[Passed, ...]


class Feed(NamedTuple):
    """A dictionary that sets parameters; `by` says whose it is."""

    path: Path
    span: Span
    items: tuple[tuple[str, Span], ...]
    by: str

    def value(self, key: str) -> Span | None:
        """Return the place of a value; None if there is no such key."""
        return dict(self.items).get(key)


class ArgumentUse(NamedTuple):
    """What code does with a kernel's arguments, each with its file.

    Attributes:
        complete: whether `feeds` has all configs and heuristics.
        names: the variables and functions that lead from configs to the kernel.
    """

    keys: tuple[tuple[Path, Key], ...]
    unclear: tuple[tuple[Path, Unclear], ...]
    feeds: tuple[Feed, ...]
    complete: bool
    names: frozenset[tuple[Path, str]]

    def looking_up(self, parameter: str) -> Iterator[tuple[Path, Key]]:
        """Yield the places that look the parameter up by its name."""
        for path, key in self.keys:
            if key.name == parameter or (key.partial and matches(key.name, parameter)):
                yield path, key


class ArgumentCode:
    """Finds that code in one project."""

    def __init__(self, project: Project, seen_by: SeenBy) -> None:
        self.project = project
        self._seen_by = seen_by
        self._of_decorators: dict[tuple[KernelId, object], ArgumentUse] = {}
        self._of_grids: dict[KernelId, ArgumentUse] = {}
        self._of_functions: dict[tuple[Path, tuple[Symbol, ...], Wanted], ArgumentUse] = {}

    def decorators(self, identity: KernelId, linked: LinkedCall | None = None) -> ArgumentUse:
        """Return what a kernel's hooks, heuristics and configs do, in one call or in any."""
        kernel = self.project.kernels[identity]
        called = kernel
        if linked is not None:
            called = as_called(identity, kernel, linked.path, linked.call)
        key = identity, None if linked is None or called is kernel else linked.call.wrapped
        found = self._of_decorators.get(key)
        if found is None:
            followed = _Followed(self.project, self._seen_by)
            for decorator in called.decorators:
                by = "a heuristic" if decorator.role is Role.HEURISTICS else "a config"
                followed.add(identity.path, decorator.seen, decorator.tables, by)
            found = self._of_decorators[key] = followed.result
        return found

    def grids(self, identity: KernelId) -> ArgumentUse:
        """Return what the grids of a kernel's launches do."""
        found = self._of_grids.get(identity)
        if found is None:
            followed = _Followed(self.project, self._seen_by)
            links = self.project.links.get(identity)
            for launch in links.launches if links is not None else ():
                followed.add(launch.path, launch.call.grid, Tables(), "")
            found = self._of_grids[identity] = followed.result
        return found

    def called(self, path: Path, functions: tuple[Symbol, ...], row: int) -> ArgumentUse:
        """The effects of calling functions of other files: unclear, or keys that it rests on."""
        return self._ask(path, functions, row, Wanted.EFFECTS)

    def takes_all_forms(self, path: Path, functions: tuple[Symbol, ...], row: int) -> bool:
        """Whether functions of other files can be called in all ways in which `triton.jit` is."""
        return bool(functions) and not self._ask(path, functions, row, Wanted.FORMS).unclear

    def _ask(
        self, path: Path, functions: tuple[Symbol, ...], row: int, wanted: Wanted
    ) -> ArgumentUse:
        found = self._of_functions.get((path, functions, wanted))
        if found is None:
            followed = _Followed(self.project, self._seen_by)
            follows = tuple(Follow(symbol, Ask(wanted), row) for symbol in functions)
            followed.add(path, Seen(follows=follows), Tables(), "")
            found = self._of_functions[path, functions, wanted] = followed.result
        return found

    @cached_property
    def _fed_kernels(self) -> dict[tuple[Path, Span], list[KernelId]]:
        fed: defaultdict[tuple[Path, Span], list[KernelId]] = defaultdict(list)
        for identity, kernel in self.project.kernels.items():
            if any(d.tables.found or d.seen.follows for d in kernel.decorators):
                for feed in self.decorators(identity).feeds:
                    fed[feed.path, feed.span].append(identity)
        return fed

    def fed_by(self, feed: Feed) -> list[KernelId]:
        """Return the kernels that a dictionary sets parameters of."""
        return self._fed_kernels[feed.path, feed.span]

    def feeds(self, identity: KernelId, parameter: str) -> list[Feed]:
        """Return the dictionaries that set a parameter."""
        return [feed for feed in self.decorators(identity).feeds if feed.value(parameter)]


class _Followed:
    """Collects what code does, and follows it into other files."""

    def __init__(self, project: Project, seen_by: SeenBy) -> None:
        self._resolver = project.resolver
        self._seen_by = seen_by
        self._keys: dict[tuple[Path, Key], None] = {}
        self._unclear: dict[tuple[Path, Unclear], None] = {}
        self._feeds: dict[Feed, None] = {}
        self._names: set[tuple[Path, str]] = set()
        self._complete = True
        self._done: set[tuple[Path, str, Ask, _Arguments]] = set()

    @property
    def result(self) -> ArgumentUse:
        return ArgumentUse(
            tuple(self._keys),
            tuple(self._unclear),
            tuple(self._feeds),
            self._complete,
            frozenset(self._names),
        )

    def add(
        self, path: Path, seen: Seen, tables: Tables, by: str, passed: _Arguments = ANYTHING
    ) -> None:
        self._keys.update(dict.fromkeys((path, key) for key in seen.keys))
        self._unclear.update(dict.fromkeys((path, unclear) for unclear in seen.unclear))
        for held in seen.held:
            names = held.among(passed)
            if names is None:
                computed = Unclear("a key of the arguments is computed", held.row)
                self._unclear[path, computed] = None
            self._keys.update({(path, Key(n, held.how, held.row)): None for n in names or ()})
        for table in tables.found:
            self._feeds[Feed(path, table.span, table.items, by)] = None
        self._names.update((path, name) for name in tables.names)
        # Other uses of configs of another file are not known.
        elsewhere = any(follow.ask.wanted is Wanted.CONFIGS for follow in seen.follows)
        self._complete = self._complete and tables.complete and not elsewhere
        for follow in seen.follows:
            given = passed if follow.passed is None else follow.passed
            self._follow(path, follow, by, given)

    def _follow(self, path: Path, follow: Follow, by: str, passed: _Arguments) -> None:
        pending = [(path, follow.symbol)] if follow.symbol.origin != "object" else []
        seen = set(pending)
        # Outside of the tree, its name is all that is known of what may be Triton's.
        wanted = follow.ask.wanted
        is_like = wanted is Wanted.FORMS and is_of_triton(follow.symbol.dotted)
        found = is_like or wanted is Wanted.OWN
        while pending:
            place, symbol = pending.pop()
            if symbol.origin == "file":
                found = True
                self._read(place, symbol.path, follow.ask, by, passed)
                continue
            for lead in self._resolver.imported(place, symbol):
                if lead not in seen and lead[1].origin != "object":
                    seen.add(lead)
                    pending.append(lead)
        if not found:
            unclear = Unclear(f"`{follow.symbol.name}` is not found in the project", follow.row)
            self._unclear[path, unclear] = None

    def _read(self, path: Path, name: str, ask: Ask, by: str, passed: _Arguments) -> None:
        if (path, name, ask, passed) in self._done:
            return
        self._done.add((path, name, ask, passed))
        seen, tables = self._seen_by(path, name, ask)
        self.add(path, seen, tables, by, passed)

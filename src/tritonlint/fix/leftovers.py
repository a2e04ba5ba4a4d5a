"""Finds what a fix leaves unused: locals and imports that only fed what it drops."""

from __future__ import annotations

import bisect
import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from tritonlint.fix.changes import (
    AnnotationGone,
    ArgumentGone,
    Change,
    HostParameterGone,
    KeyGone,
    ParameterGone,
    Rests,
    StatementGone,
)
from tritonlint.project.project import Project
from tritonlint.span import Span
from tritonlint.survey.facts.calls import Feeder


class Leftovers:
    """Finds unused code in one project.

    Args:
        is_shared: whether another file may use an import of a file as its attribute.
        is_only_in: whether a file is known to be the only one with a name.
        frames_are_read: whether code that a file names may read the locals of its caller.
    """

    def __init__(
        self,
        project: Project,
        is_shared: Callable[[Path, str], bool] = lambda path, name: False,
        is_only_in: Callable[[Path, str], bool] = lambda path, name: False,
        frames_are_read: Callable[[Path], bool] = lambda path: False,
    ) -> None:
        self._project = project
        self._is_shared = is_shared
        self._is_only_in = is_only_in
        self._frames_are_read = frames_are_read
        self._feeders: dict[Path, _Feeders] = {}

    def with_them(self, changes: frozenset[Change]) -> frozenset[Change]:
        """Return the changes, and those of the code that nothing reads after them."""
        return changes.union(
            *(
                _without(path, feeder)
                for path, feeder in self._unread(changes)
                if self._may_go(path, feeder)
            )
        )

    def _unread(self, changes: frozenset[Change]) -> Iterator[tuple[Path, Feeder]]:
        gone: defaultdict[Path, set[Span]] = defaultdict(set)
        for change in changes:
            match change:
                case ArgumentGone(path, _, argument):
                    gone[path].add(argument)
                case KeyGone(path, _, _, Span() as value):
                    gone[path].add(value)
                case StatementGone(path, span):
                    gone[path].add(span)
                case ParameterGone(identity, name):
                    gone[identity.path].add(self._project.own_parameter(identity, name).whole)
                case AnnotationGone(identity, name):
                    parameter = self._project.own_parameter(identity, name)
                    # A default stays, and may need a name.
                    if not any(map(str.isalpha, parameter.default or "")):
                        gone[identity.path].add(parameter.whole)
        for path, spans in gone.items():
            may_go = functools.partial(self._may_go, path)
            for feeder in self._of(path).unread(spans, may_go):
                yield path, feeder

    def _may_go(self, path: Path, feeder: Feeder) -> bool:
        """Whether a name may be removed if nothing reads it."""
        if feeder.stays:
            return False
        if feeder.parameter is not None and not self._is_only_in(path, feeder.parameter.function):
            return False
        if feeder.function:
            return not self._frames_are_read(path) and all(
                self._project.impure(name) is None for name in feeder.trusts
            )
        return path.name != "__init__.py" and not self._is_shared(path, feeder.name)

    def rests_on(self, path: Path, gone: Iterable[Span]) -> Rests:
        """Return what has to be searched for if other code may go with some code.

        These are names that must have no effect, and functions that no other file may name.
        """
        feeding = [*self._of(path).feeding(gone)]
        functions = (f.parameter.function for f in feeding if f.parameter is not None)
        return Rests(frozenset(functions), frozenset(n for f in feeding for n in f.trusts))

    def _of(self, path: Path) -> _Feeders:
        found = self._feeders.get(path)
        if found is None:
            found = self._feeders[path] = _Feeders(self._project.facts[path].feeders)
        return found


def _without(path: Path, feeder: Feeder) -> Iterator[Change]:
    """Yield the changes that remove a name."""
    if feeder.parameter is None:
        for statement in feeder.statements:
            yield StatementGone(path, statement)
        return
    yield HostParameterGone(path, feeder.parameter, feeder.name)
    for call, argument in feeder.parameter.arguments:
        yield ArgumentGone(path, call, argument)


class _Feeders:
    """The feeders of one file, found by the places that read them."""

    def __init__(self, feeders: Sequence[Feeder]) -> None:
        self._all = feeders
        self._number_of_reads = [len({*feeder.reads}) for feeder in feeders]
        self._reads = sorted((read, n) for n, feeder in enumerate(feeders) for read in feeder.reads)

    def _read_in(self, span: Span) -> Iterator[tuple[Span, int]]:
        """Yield the reads inside a span, each with the number of its feeder."""
        first = bisect.bisect_left(self._reads, span[:2], key=lambda read: read[0][:2])
        for place in range(first, len(self._reads)):
            read, number = self._reads[place]
            if read[:2] >= span[2:]:
                break
            if read[2:] <= span[2:]:
                yield read, number

    def unread(self, gone: Iterable[Span], may_go: Callable[[Feeder], bool]) -> Iterator[Feeder]:
        """Yield the feeders that nothing reads without some code, and without those that may go."""
        held: defaultdict[int, set[Span]] = defaultdict(set)
        pending = [*gone]
        while pending:
            for read, number in self._read_in(pending.pop()):
                feeder = self._all[number]
                if read in held[number]:
                    continue
                held[number].add(read)
                if len(held[number]) == self._number_of_reads[number]:
                    yield feeder
                    # Code that stays still reads what it needs.
                    if may_go(feeder):
                        pending += feeder.statements

    def feeding(self, gone: Iterable[Span]) -> Iterator[Feeder]:
        """Yield the feeders that some code reads, and those that feed these."""
        seen: set[int] = set()
        pending = [*gone]
        while pending:
            for _, number in self._read_in(pending.pop()):
                if number not in seen:
                    seen.add(number)
                    yield self._all[number]
                    pending += self._all[number].statements

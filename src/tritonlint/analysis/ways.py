"""The paths on which a value reaches a launch, through callers of the functions around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tritonlint.project.outside import Given
from tritonlint.project.project import Project
from tritonlint.survey.facts.values import Leaf, NumberOrigin, Provenance

#: How many calls are followed from a launch back to the source of a value.
LEVELS = 3
#: The most paths that are followed at a time.
_MOST_WAYS = 32


class Way(NamedTuple):
    """One path on which a value reaches a launch.

    Attributes:
        path: the file that it is followed to.
        calls: the calls that it is followed through.
    """

    provenance: Provenance
    path: Path
    calls: tuple[str, ...] = ()


def near(project: Project, start: Way) -> Iterator[Way]:
    """Return the paths through callers in the same file; without callers, the given one."""

    def further(way: Way, leaf: Leaf) -> Iterator[Way]:
        calls = project.facts[way.path].host_calls
        given = (call.arguments for call in calls if call.function == leaf.function)
        return _through(way, leaf, ((way.path, arguments) for arguments in given))

    return _follow(start, further)


def through_files(project: Project, start: Way, is_asked: Callable[[Way], bool]) -> Iterator[Way]:
    """Return the paths through callers in any file."""

    def further(way: Way, leaf: Leaf) -> Iterable[Way]:
        if project.outside is None or not is_asked(way):
            return ()
        return _through(way, leaf, project.outside.calls(way.path, leaf.function))

    return _follow(start, further)


def _follow(start: Way, further: Callable[[Way, Leaf], Iterable[Way]]) -> Iterator[Way]:
    pending = [start]
    for _ in range(LEVELS - len(start.calls)):
        after: list[Way] = []
        for way in pending:
            parameters = [leaf for leaf in way.provenance.leaves if leaf.function]
            more = list(further(way, parameters[0])) if len(parameters) == 1 else []
            if more:
                after += more
            else:
                yield way
        pending = after[:_MOST_WAYS]
    yield from pending


def _through(way: Way, leaf: Leaf, calls: Iterable[Given]) -> Iterator[Way]:
    """Yield the paths through calls of the function whose parameter the source is."""
    root, _, rest = leaf.of.partition(".")
    if rest and leaf.origin is NumberOrigin.PARAMETER:
        return
    for path, arguments in calls:
        for name, given in arguments:
            if name == root:
                joined = _joined(way.provenance, leaf, given)
                yield Way(joined, path, (*way.calls, leaf.function))


def _joined(inner: Provenance, leaf: Leaf, given: Provenance) -> Provenance:
    """Return the provenance of what a launch gets, from the argument that a caller passes."""
    others = tuple(other for other in inner.leaves if other is not leaf)
    if leaf.origin is not NumberOrigin.PARAMETER:
        # The source is a size of a tensor: the names of the argument are names of tensors.
        function, of = next(((g.function, g.of) for g in given.leaves if g.function), ("", leaf.of))
        return inner._replace(
            leaves=(*others, leaf._replace(function=function, of=of)),
            tensors=_union(inner.tensors, given.tensors, given.names),
        )
    if leaf in inner.by:
        # All of it is a divisor.
        own = () if leaf.of not in inner.divisors else given.names
        given = given._replace(by=given.leaves, divisors=own, quotients=())
    is_same = inner.leaves == (leaf,) and not inner.steps and given.is_quotient
    kept = {n for p in (inner, given) for n in p.names if n not in p.divisors}
    return Provenance(
        (*others, *given.leaves),
        _union(inner.names, given.names),
        _union(inner.steps, given.steps),
        min((n for n in (inner.limit, given.limit) if n), default=0),
        _union(inner.tensors, given.tensors),
        _union(inner.quotients, given.quotients, inner.names if is_same else ()),
        inner.is_quotient or is_same,
        tuple(d for d in _union(inner.by, given.by) if d != leaf),
        tuple(n for n in _union(inner.divisors, given.divisors) if n not in kept),
    )


def _union(*parts: Iterable[object]) -> tuple:  # type: ignore[type-arg]
    return tuple(dict.fromkeys(item for part in parts for item in part))

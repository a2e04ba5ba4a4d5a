"""What is of no use any more once a fix is in: locals and imports that only fed what it drops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tritonlint.fix.changes import ArgumentGone, Change, KeyGone, StatementGone
from tritonlint.project.project import Project
from tritonlint.span import Span, Spans
from tritonlint.survey.facts import Feeder


def with_leftovers(project: Project, changes: frozenset[Change]) -> frozenset[Change]:
    """The changes, and those of what nothing reads after them."""
    gone: defaultdict[Path, set[Span]] = defaultdict(set)
    for change in changes:
        match change:
            case ArgumentGone(path, _, argument):
                gone[path].add(argument)
            case KeyGone(path, _, _, Span() as value):
                gone[path].add(value)
            case StatementGone(path, span):
                gone[path].add(span)
    if not gone:
        return changes
    impure = {name for facts in project.facts.values() for name in facts.impure}
    more = {
        StatementGone(path, statement)
        for path, spans in gone.items()
        for feeder in _unread(project.facts[path].feeders, spans)
        # Whoever imports a package may ask it for what it has imported.
        if feeder.function or path.name != "__init__.py"
        if impure.isdisjoint(feeder.trusts)
        for statement in feeder.statements
    }
    return changes | more


def _unread(feeders: Iterable[Feeder], gone: set[Span]) -> Iterator[Feeder]:
    """Those that nothing reads without some code, and then without each other's statements."""
    waiting = list(feeders)
    gone = set(gone)
    while True:
        spans = Spans(gone)
        found = [f for f in waiting if all(map(spans.hold, f.reads))]
        if not found:
            return
        yield from found
        waiting = [f for f in waiting if f not in found]
        gone.update(statement for feeder in found for statement in feeder.statements)


def trusts(feeders: Iterable[Feeder], gone: Iterable[Span]) -> frozenset[str]:
    """What it rests on that the locals which may go with some code have no effect."""
    found: set[str] = set()
    waiting = list(feeders)
    spans = Spans(gone)
    while True:
        feeding = [f for f in waiting if any(map(spans.hold, f.reads))]
        if not feeding:
            return frozenset(found)
        found.update(name for feeder in feeding for name in feeder.trusts)
        waiting = [f for f in waiting if f not in feeding]
        spans = Spans(statement for feeder in feeding for statement in feeder.statements)

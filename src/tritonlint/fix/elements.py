"""Takes elements out of shapes and strides that launches unpack: `*x.stride()`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from itertools import groupby

from tritonlint.fix.changes import ArgumentGone, Change, ElementGone
from tritonlint.survey.facts.calls import Sequence


def with_whole_arguments(changes: frozenset[Change]) -> frozenset[Change]:
    """The changes; an argument that would lose all its elements is dropped instead."""
    gone: defaultdict[ArgumentGone, set[ElementGone]] = defaultdict(set)
    for change in changes:
        if isinstance(change, ElementGone):
            gone[ArgumentGone(change.path, change.call, change.argument)].add(change)
    for whole, elements in gone.items():
        if len(elements) == next(iter(elements)).length:
            changes = (changes - elements) | {whole}
    return changes


def without(elements: Iterable[ElementGone]) -> str:
    """The source of an argument without some of its elements, but not without all."""
    gone = {element.place for element in elements}
    first = next(iter(elements))
    kept = [place for place in range(first.length) if place not in gone]
    # Places that follow each other have the same distance to their number.
    runs = [
        [place for _, place in run] for _, run in groupby(enumerate(kept), lambda n: n[1] - n[0])
    ]
    return ", ".join(_part(first.sequence, run, first.length) for run in runs)


def _part(sequence: Sequence, places: Collection[int], length: int) -> str:
    """The source of some elements that follow each other."""
    first, last = min(places), max(places)
    lower = sequence.lower + first
    if first == last:
        return f"{sequence.whole}[{lower}]"
    upper = sequence.upper if last == length - 1 else sequence.lower + last + 1
    return f"*{sequence.whole}[{lower or ''}:{'' if upper is None else upper}]"

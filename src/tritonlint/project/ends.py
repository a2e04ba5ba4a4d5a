"""Where chains of names end, even if they form circles: each name is followed once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from tritonlint.project.identity import Definition
from tritonlint.survey.facts.names import Symbol

#: A symbol of a file.
Place: TypeAlias = tuple[Path, Symbol]


class Ends:
    """Remembers, for each visited place, all definitions that it leads to.

    Args:
        step: returns the definitions at a place itself, and the places that it leads to.
    """

    def __init__(
        self, step: Callable[[Place], tuple[Iterable[Definition], Sequence[Place]]]
    ) -> None:
        self._step = step
        self._known: dict[Place, tuple[Definition, ...]] = {}

    def of(self, start: Place) -> tuple[Definition, ...]:
        """Return the definitions that a place leads to, directly or through others."""
        if start not in self._known:
            self._follow(start)
        return self._known[start]

    def _follow(self, start: Place) -> None:
        # Tarjan's algorithm: places that lead to each other get their result together, after all
        # other places that they lead to. No recursion: a chain may be as long as a tree has files.
        own: dict[Place, Iterable[Definition]] = {}
        leads: dict[Place, Sequence[Place]] = {}
        #: For each place, the number of the earliest place that it is known to be in a circle with.
        earliest: dict[Place, int] = {}
        number: dict[Place, int] = {}
        passed: list[Place] = []
        pending = [start]
        while pending:
            place = pending[-1]
            if place in self._known:
                pending.pop()
            elif place not in number:
                number[place] = earliest[place] = len(number)
                passed.append(place)
                own[place], leads[place] = self._step(place)
                pending += [lead for lead in reversed(leads[place]) if lead not in number]
            else:
                pending.pop()
                open_leads = [lead for lead in leads[place] if lead not in self._known]
                earliest[place] = min(earliest[p] for p in (place, *open_leads))
                if earliest[place] == number[place]:
                    circle = [passed.pop()]
                    while circle[-1] != place:
                        circle.append(passed.pop())
                    found: dict[Definition, None] = {}
                    for member in reversed(circle):
                        found.update(dict.fromkeys(own[member]))
                        for lead in leads[member]:
                            found.update(dict.fromkeys(self._known.get(lead, ())))
                    self._known.update(dict.fromkeys(circle, tuple(found)))

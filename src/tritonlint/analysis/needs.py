"""Whether a parameter has to be a constexpr, in its kernel and in the helpers that it goes to."""

from __future__ import annotations

from typing import NamedTuple

from tritonlint.analysis.dead import Analysis
from tritonlint.project.identity import KernelId
from tritonlint.survey.facts.kernels import Mark

#: A parameter of a kernel.
Place = tuple[KernelId, str]


class Need(NamedTuple):
    """The reasons for a constexpr.

    Attributes:
        reason: the place that only takes a constexpr, in words, or None.
        marks: its uses, in any of the kernels.
        helpers: the parameters of helpers that get its value, or one computed from it.
    """

    reason: str | None
    marks: frozenset[Mark]
    helpers: frozenset[Place]


class Needs:
    """Answers for the parameters of one analyzed project."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.project = analysis.project
        self._known: dict[Place, Need] = {}

    def of(self, identity: KernelId, name: str) -> Need:
        """Return the reasons for a constexpr in this place."""
        place = (identity, name)
        if place not in self._known:
            self._known[place] = self._find(place)
        return self._known[place]

    def _find(self, start: Place) -> Need:
        reached: dict[Place, None] = {start: None}
        marks: set[Mark] = set()
        pending = [start]
        while pending:
            identity, name = pending.pop()
            kernel = self.project.kernels[identity]
            parameter = kernel.parameter(name)
            if parameter is None:
                return Need("code that is not followed", frozenset(), frozenset())
            if parameter.reads.needed:
                where = "" if identity == start[0] else f" of `{kernel.name}`"
                return Need(parameter.reads.needed + where, frozenset(), frozenset())
            marks.update(parameter.reads.marks)
            for forward in parameter.reads.passed:
                targets = self.analysis.forward_targets(identity, forward)
                if targets is None:
                    called = ", ".join(f"`{symbol.name}`" for symbol in forward.callees)
                    return Need(f"{called}, which is not known", frozenset(), frozenset())
                for target in targets - reached.keys():
                    reached[target] = None
                    pending.append(target)
        del reached[start]
        return Need(None, frozenset(marks), frozenset(reached))

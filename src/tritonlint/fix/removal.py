"""Plans the removal of a parameter: everything that must change with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tritonlint.analysis.dead import Analysis
from tritonlint.fix.arguments import ArgumentCode
from tritonlint.fix.call_obstacles import CallObstacles
from tritonlint.fix.changes import (
    ArgumentGone,
    BlockedError,
    Change,
    KeyGone,
    ParameterGone,
    Plan,
    Rests,
    Show,
    StatementGone,
    line,
)
from tritonlint.fix.leftovers import Leftovers
from tritonlint.fix.obstacles import Obstacles
from tritonlint.fix.witnesses import Witnesses
from tritonlint.project.binding import Binding
from tritonlint.remedies import Remove
from tritonlint.span import Span
from tritonlint.survey.facts.kernels import Use

#: Why a parameter goes with one that is forwarded to it.
_FORWARDED = "which gets the value"


class _Removal(NamedTuple):
    """A group of parameters that are removed, with everything else; `calls` lose an argument."""

    changes: frozenset[Change]
    calls: int
    doubts: tuple[str, ...]
    losses: tuple[str, ...]
    rests_on: Rests


class RemovalPlanner:
    """Plans removals in one analyzed project.

    Args:
        code: the code that sees arguments by name.
        show: a path as users know it.
    """

    def __init__(
        self,
        analysis: Analysis,
        code: ArgumentCode,
        obstacles: Obstacles,
        calls: CallObstacles,
        witnesses: Witnesses,
        show: Show,
    ) -> None:
        self.analysis = analysis
        self.project = analysis.project
        self.code = code
        self.obstacles = obstacles
        self.calls = calls
        self.witnesses = witnesses
        self.show = show
        self._leftovers = Leftovers(self.project)
        self._groups: dict[Remove, frozenset[Remove]] = {}
        self._removals: dict[frozenset[Remove], _Removal | BlockedError] = {}

    def plan(self, target: Remove) -> Plan:
        """Plan the removal of a dead parameter.

        Raises:
            BlockedError: something refers to the parameter or its kernel in a way that is not
                understood.
        """
        members = self._groups.get(target)
        if members is None:
            group, alike = self._group(target)
            members = frozenset(group)
            if members not in self._removals:
                try:
                    self._removals[members] = self._removal(group)
                except BlockedError as error:
                    self._removals[members] = error
            self._groups.update(dict.fromkeys(alike, members))
        known = self._removals[members]
        if isinstance(known, BlockedError):
            raise known
        calls = {0: "", 1: " and from 1 call"}.get(known.calls, f" and from {known.calls} calls")
        kernel = self.project.kernels[target.kernel]
        return Plan(
            known.changes,
            f"Remove `{target.parameter}` from `{kernel.name}`{calls}",
            known.doubts,
            known.losses,
            known.rests_on,
        )

    # -- what is removed together ----------------------------------------------------------

    def _group(self, target: Remove) -> tuple[dict[Remove, str], set[Remove]]:
        """Return what has to be removed together, and why; and which of it has the same group.

        These are the parameters that a parameter is forwarded to, and those that share an
        argument, a config or a name with them. What only gets a forwarded value can also be
        removed without the parameter that is forwarded.
        """
        group = {target: ""}
        alike = {target}
        pending = [target]
        shared: set[tuple[object, ...]] = set()
        while pending:
            member = pending.pop()
            for other, why in self._bound_to(member, shared):
                if other in group:
                    continue
                group[other] = why
                pending.append(other)
                if member in alike and why is not _FORWARDED:
                    alike.add(other)
        return group, alike

    def _bound_to(
        self, target: Remove, shared: set[tuple[object, ...]]
    ) -> Iterator[tuple[Remove, str]]:
        """Yield what has to be removed with a parameter, and why.

        If several parameters share an argument, a config or a name, it is checked once,
        with `shared`.
        """
        kernel = self.project.kernels[target.kernel]
        parameter = self.project.own_parameter(*target)
        if parameter.use is Use.FORWARDED:
            for forward in parameter.forwards:
                for identity, name in self.analysis.forward_targets(target.kernel, forward) or ():
                    yield Remove(identity, name), _FORWARDED
        definitions = self.project.resolver.definitions_of_kernel(target.kernel)
        for identity in definitions if _first((definitions, target.parameter), shared) else ():
            # Two definitions with the same name must stay alike.
            if self.project.parameter(identity, target.parameter) is not None:
                yield Remove(identity, target.parameter), "which has the same name"
        for linked in self.analysis.links(target.kernel).calls:
            if len(linked.kernels) == 1:
                for beside in self.calls.items.beside(linked, target):
                    yield beside, "which gets the same value"
                continue
            index = linked.binding(kernel).arguments.get(target.parameter)
            if index is None or not _first((linked, index), shared):
                continue
            for identity in linked.kernels:
                if identity != target.kernel:
                    other = _receives(linked.binding(self.project.kernels[identity]), index)
                    if other is not None:
                        yield Remove(identity, other), "which is called in the same place"
        for feed in self.code.feeds(target.kernel, target.parameter):
            if not _first((feed.path, feed.span, feed.by, target.parameter), shared):
                continue
            for identity in self.code.fed_by(feed):
                if self.project.parameter(identity, target.parameter) is not None:
                    kind = feed.by.split()[-1]
                    yield Remove(identity, target.parameter), f"which has the same {kind}s"

    # -- the changes -----------------------------------------------------------------------

    def _removal(self, group: Mapping[Remove, str]) -> _Removal:
        changes: set[Change] = {ParameterGone(*target) for target in group}
        unpacked: set[Change] = set()
        doubts: dict[str, None] = {}
        trusts: set[str] = set()
        calls: set[tuple[Path, Span]] = set()
        dropped: defaultdict[Path, list[Span]] = defaultdict(list)
        for target in sorted(group):
            kernel = self.project.kernels[target.kernel]
            parameter = self.project.own_parameter(*target)
            if not self.analysis.is_dead(target.kernel, parameter):
                raise BlockedError(
                    f"`{kernel.name}`, {group[target]}, reads its `{target.parameter}`"
                )
        for target in sorted(group):
            kernel = self.project.kernels[target.kernel]
            parameter = self.project.own_parameter(*target)
            doubts.update(dict.fromkeys(self.obstacles.check(target, kernel, parameter)))
            trusts |= self.obstacles.trusts(kernel)
            path = target.kernel.path
            dropped[path].append(parameter.whole)
            changes |= {StatementGone(path, span) for span in parameter.statements}
            fed_by = set(self._fed_by(target, group))
            if fed_by:
                self.obstacles.check_configs(target)
            for change in fed_by:
                dropped[change.path] += [change.value] if change.value is not None else []
            changes |= fed_by
            if not self.analysis.links(target.kernel).calls and not fed_by:
                self.obstacles.check_unseen_configs(target)
            for linked in self.analysis.links(target.kernel).calls:
                binding = self.calls.check(linked, target)
                index = binding.arguments.get(target.parameter)
                held = self.calls.items.taken_out(linked, target)
                if held is not None:
                    literal, item = held
                    calls.add((linked.path, linked.call.span))
                    dropped[linked.path].append(item.span)
                    unpacked.add(
                        KeyGone(linked.path, literal.span, item.key, item.span)
                        if item.key
                        else ArgumentGone(linked.path, literal.span, item.span)
                    )
                    doubts.update(dict.fromkeys(self.calls.effects(linked.path, item)))
                    trusts.update(self.calls.trusts(linked.path, item) or ())
                    continue
                element = self.calls.element(linked, target)
                if element is not None:
                    argument = linked.call.arguments[binding.elements[target.parameter][0]]
                    calls.add((linked.path, linked.call.span))
                    changes.add(element)
                    doubts.update(dict.fromkeys(self.calls.effects(linked.path, argument)))
                    trusts.update(self.calls.trusts(linked.path, argument) or ())
                    continue
                if index is None:
                    self.calls.check_left_out(linked, target, bool(fed_by))
                    continue
                argument = linked.call.arguments[index]
                calls.add((linked.path, linked.call.span))
                dropped[linked.path].append(argument.span)
                changes.add(ArgumentGone(linked.path, linked.call.span, argument.span))
                doubts.update(dict.fromkeys(self.calls.effects(linked.path, argument)))
                trusts.update(self.calls.trusts(linked.path, argument) or ())
        names = {name for target in group for name in self.witnesses.rests_on(target.kernel)}
        for path, spans in dropped.items():
            left = self._leftovers.rests_on(path, spans)
            names |= left.names
            trusts |= left.trusts
        keys = [change for change in changes if isinstance(change, KeyGone)]
        names |= self.obstacles.config_names(group, {key.path for key in keys})
        kernels = {target.kernel for target in group}
        for identity in sorted(kernels):
            self.witnesses.check(identity)
        doubts.update(dict.fromkeys(self.witnesses.doubts(kernels)))
        losses = (loss for target in sorted(group) for loss in self.obstacles.losses(target))
        return _Removal(
            frozenset(changes | unpacked),
            len(calls),
            tuple(doubts),
            tuple(dict.fromkeys(losses)),
            Rests(frozenset(names), frozenset(trusts)),
        )

    def _fed_by(self, target: Remove, group: Mapping[Remove, str]) -> Iterator[KeyGone]:
        for feed in self.code.feeds(target.kernel, target.parameter):
            for other in self.code.fed_by(feed):
                if Remove(other, target.parameter) not in group:
                    name = self.project.kernels[other].name
                    place = line(self.show, feed.path, feed.span.row)
                    raise BlockedError(f"{feed.by} at {place} also feeds `{name}`")
            yield KeyGone(feed.path, feed.span, target.parameter, feed.value(target.parameter))


def _first(place: tuple[object, ...], seen: set[tuple[object, ...]]) -> bool:
    """Whether a place is seen for the first time."""
    is_new = place not in seen
    seen.add(place)
    return is_new


def _receives(binding: Binding, index: int) -> str | None:
    """Return the parameter that gets the call's argument with that index."""
    return next((name for name, place in binding.arguments.items() if place == index), None)

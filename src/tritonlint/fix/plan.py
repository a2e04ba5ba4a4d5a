"""What removing a parameter takes: all that must change with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tritonlint.analysis.dead import Analysis
from tritonlint.fix.arguments import ArgumentCode, SeenBy
from tritonlint.fix.obstacles import Obstacles
from tritonlint.fix.removal import (
    BlockedError,
    DroppedArgument,
    DroppedKey,
    ParameterId,
    Removal,
    Rests,
)
from tritonlint.fix.witnesses import Witnesses
from tritonlint.project.binding import Binding, bind
from tritonlint.span import Span
from tritonlint.survey.facts import Kernel, Parameter, Use


class Planner:
    """Plans removals in one analysed project.

    Args:
        seen_by: what something at the top level of a file does with a launch's arguments.
        witnesses: what else in the tree names a kernel.
        show: a path as users know it.
    """

    def __init__(
        self,
        analysis: Analysis,
        seen_by: SeenBy,
        witnesses: Witnesses,
        show: Callable[[Path], str],
    ) -> None:
        self.analysis = analysis
        self.project = analysis.project
        self.show = show
        self.code = ArgumentCode(self.project, seen_by)
        self.obstacles = Obstacles(analysis, self.code, show)
        self.witnesses = witnesses
        self._groups: dict[ParameterId, frozenset[ParameterId]] = {}
        self._removals: dict[frozenset[ParameterId], Removal | BlockedError] = {}

    def removal(self, target: ParameterId) -> Removal:
        """What it takes to remove a dead parameter.

        Raises:
            BlockedError: something refers to the parameter or its kernel in a way that is not
                understood.
        """
        members = self._groups.get(target)
        if members is None:
            group = self._group(target)
            members = frozenset(group)
            try:
                self._removals[members] = self._plan(group)
            except BlockedError as error:
                self._removals[members] = error
            # All of a group go together: what is found for one holds for each.
            self._groups.update(dict.fromkeys(members, members))
        known = self._removals[members]
        if isinstance(known, BlockedError):
            raise known
        for parameter in sorted(known.parameters):
            self.witnesses.check(parameter.kernel)
        doubts = (*known.doubts, *self.witnesses.doubts(p.kernel for p in known.parameters))
        return known._replace(doubts=tuple(dict.fromkeys(doubts)))

    def rests_on(self, target: ParameterId) -> Rests:
        """What to look for in the rest of the tree before a removal is known to be safe."""
        try:
            removal = self.removal(target)
        except BlockedError:
            return Rests()
        names = {name for p in removal.parameters for name in self.witnesses.names(p.kernel)}
        return Rests(frozenset(names) | self.obstacles.names(removal), removal.trusts)

    # -- what goes together ----------------------------------------------------------------

    def _group(self, target: ParameterId) -> dict[ParameterId, str]:
        """What has to go together, each with why: what the parameter is forwarded to, and what
        shares an argument, a config or a name with these.
        """
        group = {target: ""}
        pending = [target]
        while pending:
            for other, why in self._bound_to(pending.pop()):
                if other not in group:
                    group[other] = why
                    pending.append(other)
        return group

    def _bound_to(self, target: ParameterId) -> Iterator[tuple[ParameterId, str]]:
        kernel = self.project.kernels[target.kernel]
        parameter = _parameter(kernel, target.name)
        if parameter.use is Use.FORWARDED:
            for forward in parameter.forwards:
                for identity, name in self.analysis.forward_targets(target.kernel, forward) or ():
                    yield ParameterId(identity, name), "which gets the value"
        for identity in self.project.resolver.definitions_of_kernel(target.kernel):
            # Two definitions behind one name must stay alike.
            if self.project.kernels[identity].parameter(target.name) is not None:
                yield ParameterId(identity, target.name), "which has the same name"
        for linked in self.analysis.links(target.kernel).calls:
            if len(linked.kernels) == 1:
                continue
            index = bind(kernel, linked.call).arguments.get(target.name)
            if index is None:
                continue
            for identity in linked.kernels:
                if identity != target.kernel:
                    shared = _receives(bind(self.project.kernels[identity], linked.call), index)
                    if shared is not None:
                        yield ParameterId(identity, shared), "which is called in the same place"
        for feed in self.code.feeds(target.kernel, target.name):
            for identity in self.code.fed_by(feed):
                if self.project.kernels[identity].parameter(target.name) is not None:
                    yield ParameterId(identity, target.name), f"which {feed.by} feeds too"

    # -- what it takes ---------------------------------------------------------------------

    def _plan(self, group: Mapping[ParameterId, str]) -> Removal:
        arguments: set[DroppedArgument] = set()
        keys: set[DroppedKey] = set()
        doubts: dict[str, None] = {}
        trusts: set[str] = set()
        calls: set[tuple[Path, Span]] = set()
        for target in sorted(group):
            kernel = self.project.kernels[target.kernel]
            parameter = _parameter(kernel, target.name)
            if not self.analysis.is_dead(target.kernel, parameter):
                raise BlockedError(f"`{kernel.name}`, {group[target]}, reads its `{target.name}`")
        for target in sorted(group):
            kernel = self.project.kernels[target.kernel]
            parameter = _parameter(kernel, target.name)
            doubts.update(dict.fromkeys(self.obstacles.check(target, kernel, parameter)))
            fed_by = set(self._fed_by(target, group))
            if fed_by:
                self.obstacles.check_configs(target)
            keys |= fed_by
            if not self.analysis.links(target.kernel).calls and not fed_by:
                self.obstacles.check_unseen_configs(target)
            for linked in self.analysis.links(target.kernel).calls:
                binding = self.obstacles.check_call(linked, target)
                index = binding.arguments.get(target.name)
                if index is None:
                    self.obstacles.check_left_out(linked, target, bool(fed_by))
                    continue
                argument = linked.call.arguments[index]
                calls.add((linked.path, linked.call.span))
                arguments.add(DroppedArgument(linked.path, linked.call.span, argument.span))
                doubts.update(dict.fromkeys(self.obstacles.effects(linked.path, argument)))
                trusts.update(argument.trusts if argument.pure else ())
        return Removal(
            parameters=frozenset(group),
            arguments=frozenset(arguments),
            keys=frozenset(keys),
            calls=len(calls),
            doubts=tuple(doubts),
            trusts=frozenset(trusts),
        )

    def _fed_by(
        self, target: ParameterId, group: Mapping[ParameterId, str]
    ) -> Iterator[DroppedKey]:
        for feed in self.code.feeds(target.kernel, target.name):
            for other in self.code.fed_by(feed):
                if ParameterId(other, target.name) not in group:
                    name = self.project.kernels[other].name
                    place = f"{self.show(feed.path)}:{feed.span.row}"
                    raise BlockedError(f"{feed.by} at {place} also feeds `{name}`")
            yield DroppedKey(feed.path, feed.span, target.name)


def _parameter(kernel: Kernel, name: str) -> Parameter:
    parameter = kernel.parameter(name)
    assert parameter is not None
    return parameter


def _receives(binding: Binding, index: int) -> str | None:
    """Which parameter gets the call's argument of that index."""
    return next((name for name, place in binding.arguments.items() if place == index), None)

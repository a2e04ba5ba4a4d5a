"""What removing a parameter takes: all that must change with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tritonlint.analysis import Analysis
from tritonlint.binding import bind
from tritonlint.facts import Call, Kernel, Parameter, Use
from tritonlint.fix.obstacles import Obstacles
from tritonlint.fix.removal import (
    BlockedError,
    DroppedArgument,
    DroppedKey,
    ParameterId,
    Removal,
)
from tritonlint.fix.seen import ArgumentCode
from tritonlint.project import LinkedCall
from tritonlint.resolver import KernelId
from tritonlint.span import Span


class Planner:
    """Plans removals in one analysed project.

    Args:
        mentions: whether a file has a name in it.
        show: a path as users know it.
    """

    def __init__(
        self,
        analysis: Analysis,
        mentions: Callable[[Path, str], bool],
        show: Callable[[Path], str],
    ) -> None:
        self.analysis = analysis
        self.project = analysis.project
        self.show = show
        self.code = ArgumentCode(analysis, mentions)
        self.obstacles = Obstacles(analysis, self.code, mentions, show)
        self._removals: dict[frozenset[ParameterId], Removal | BlockedError] = {}

    def removal(self, target: ParameterId) -> Removal:
        """What it takes to remove a dead parameter.

        Raises:
            BlockedError: something refers to the parameter or its kernel in a way that is not
                understood.
        """
        group = self._group(target)
        members = frozenset(group)
        known = self._removals.get(members)
        if known is None:
            try:
                known = self._plan(group)
            except BlockedError as error:
                known = error
            self._removals[members] = known
        if isinstance(known, BlockedError):
            raise known
        return known

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
        kernel = self.project.kernel(target.kernel)
        parameter = _parameter(kernel, target.name)
        if parameter.use is Use.FORWARDED:
            for forward in parameter.forwards:
                for identity, name in self.analysis.forward_targets(target.kernel, forward) or ():
                    yield ParameterId(identity, name), "which gets the value"
        for identity in self.project.definitions(target.kernel):
            # Two definitions behind one name must stay alike.
            if self.project.kernel(identity).parameter(target.name) is not None:
                yield ParameterId(identity, target.name), "which has the same name"
        for linked in self._calls(target.kernel):
            index = bind(kernel, linked.call).arguments.get(target.name)
            if index is None:
                continue
            for identity in linked.kernels:
                if identity != target.kernel:
                    shared = _parameter_of(self.project.kernel(identity), linked.call, index)
                    if shared is not None:
                        yield ParameterId(identity, shared), "which is called in the same place"
        for path, use in self.code.feeding(target):
            for identity in self.code.feeders[path, use.span, use.text]:
                if self.project.kernel(identity).parameter(target.name) is not None:
                    yield ParameterId(identity, target.name), f"which {use.how} feeds too"

    def _calls(self, identity: KernelId) -> list[LinkedCall]:
        links = self.analysis.links(identity)
        return [*links.launches, *links.device_calls]

    # -- what it takes ---------------------------------------------------------------------

    def _plan(self, group: Mapping[ParameterId, str]) -> Removal:
        arguments: set[DroppedArgument] = set()
        keys: set[DroppedKey] = set()
        doubts: dict[str, None] = {}
        calls: set[tuple[Path, Span]] = set()
        for target in sorted(group):
            kernel = self.project.kernel(target.kernel)
            parameter = _parameter(kernel, target.name)
            if not self.analysis.is_dead(target.kernel, parameter):
                raise BlockedError(f"`{kernel.name}`, {group[target]}, reads its `{target.name}`")
            self.obstacles.check_kernel(target.kernel, kernel, parameter)
            doubts.update(dict.fromkeys(self.obstacles.doubts(target, kernel, parameter)))
            fed_by = set(self._fed_by(target, group))
            if fed_by:
                self.obstacles.check_chosen(target)
            keys |= fed_by
            for linked in self._calls(target.kernel):
                self.obstacles.check_call(linked, kernel)
                index = self.obstacles.checked_binding(linked, kernel, parameter).arguments.get(
                    target.name
                )
                if index is None:
                    self.obstacles.check_fed(linked, target)
                    continue
                argument = linked.call.arguments[index]
                calls.add((linked.path, linked.call.span))
                arguments.add(DroppedArgument(linked.path, linked.call.span, argument.span))
                if not argument.pure:
                    place = f"{self.show(linked.path)}:{argument.span.row}"
                    doubts[f"`{argument.text}` at {place} may have an effect of its own"] = None
        return Removal(
            frozenset(group), frozenset(arguments), frozenset(keys), len(calls), tuple(doubts)
        )

    def _fed_by(
        self, target: ParameterId, group: Mapping[ParameterId, str]
    ) -> Iterator[DroppedKey]:
        for path, use in self.code.feeding(target):
            for other in self.code.feeders[path, use.span, use.text]:
                if ParameterId(other, target.name) not in group:
                    name = self.project.kernel(other).name
                    place = f"{self.show(path)}:{use.span.row}"
                    raise BlockedError(f"{use.how} at {place} also feeds `{name}`")
            yield DroppedKey(path, use.span, use.text)


def _parameter(kernel: Kernel, name: str) -> Parameter:
    parameter = kernel.parameter(name)
    assert parameter is not None
    return parameter


def _parameter_of(kernel: Kernel, call: Call, index: int) -> str | None:
    """Which parameter of the kernel gets the call's argument of that index."""
    return next((n for n, i in bind(kernel, call).arguments.items() if i == index), None)

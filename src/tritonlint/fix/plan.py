"""What removing a parameter takes: all that must change with it, and what speaks against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tritonlint.analysis import Analysis
from tritonlint.binding import Binding, bind
from tritonlint.facts import (
    FED_BY,
    OWN_PARAMETER,
    UNPACKED,
    Call,
    CallForm,
    Decorator,
    Kernel,
    Mode,
    Owner,
    Parameter,
    Role,
    StringUse,
    Use,
)
from tritonlint.kinds import infer_kind
from tritonlint.project import KernelId, LinkedCall
from tritonlint.span import Span
from tritonlint.specialization import Kind

#: Calls that bind all that the kernel is to get.
_LAUNCHES = (CallForm.LAUNCH, CallForm.RUN, CallForm.WARMUP)


class ParameterId(NamedTuple):
    """A parameter of a kernel."""

    kernel: KernelId
    name: str


class DroppedArgument(NamedTuple):
    """An argument to be taken out of a call."""

    path: Path
    call: Span
    argument: Span


class DroppedKey(NamedTuple):
    """A key, with its value, to be taken out of a dictionary."""

    path: Path
    dictionary: Span
    key: str


@dataclass(frozen=True)
class Removal:
    """Everything that goes with one parameter, and whether a person should look at it."""

    parameters: frozenset[ParameterId]
    arguments: frozenset[DroppedArgument]
    keys: frozenset[DroppedKey]
    calls: int
    #: Why the fix is not safe; empty where it is.
    doubts: tuple[str, ...]

    @property
    def paths(self) -> frozenset[Path]:
        """The files that it edits."""
        return frozenset(
            {p.kernel.path for p in self.parameters}
            | {a.path for a in self.arguments}
            | {k.path for k in self.keys}
        )


class BlockedError(Exception):
    """The parameter cannot be removed; the message says why, in words."""


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
        self.mentions = mentions
        self.show = show
        self._reached: dict[tuple[Path, str], list[tuple[Path, Owner]]] = {}
        self._removals: dict[frozenset[ParameterId], Removal | BlockedError] = {}
        self._survey_what_sees_arguments()

    def _survey_what_sees_arguments(self) -> None:
        """Survey the code that grids and decorators name, before anything is asked of it.

        All of it at once, so that no answer depends on what was asked before.
        """
        for identity in dict.fromkeys(d.identity for d in self.analysis.dead_parameters):
            name = f"@{self.project.kernel(identity).qualname}"
            for owner in self.project.modules[identity.path].owners:
                if owner.name == name:
                    for symbol in owner.mentions:
                        self.project.survey_code(identity.path, symbol)
            for launch in self.analysis.links(identity).launches:
                for symbol in launch.call.mentions:
                    self.project.survey_code(launch.path, symbol)

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
        for path, use in self._feeding(target):
            for identity in self._feeders[path, use.span, use.text]:
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
            self._check_kernel(target.kernel, kernel, parameter)
            doubts.update(dict.fromkeys(self._decorator_doubts(target, kernel, parameter)))
            for key in self._fed_by(target, group):
                keys.add(key)
            for linked in self._calls(target.kernel):
                self._check_call(linked, kernel)
                index = self._checked_binding(linked, kernel, parameter).arguments.get(target.name)
                if index is None:
                    if linked.call.form in _LAUNCHES:
                        self._check_fed(linked, kernel, target)
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

    def _check_kernel(self, identity: KernelId, kernel: Kernel, parameter: Parameter) -> None:
        if parameter.obstacle is not None:
            raise BlockedError(parameter.obstacle)
        if kernel.variadic:
            raise BlockedError(f"`{kernel.name}` takes *args or **kwargs")
        for other in self.project.definitions(identity):
            if _signature(self.project.kernel(other)) != _signature(kernel):
                raise BlockedError(f"`{kernel.qualname}` is defined twice, and differently")
        for path, reference in self.analysis.links(identity).references:
            raise BlockedError(
                f"`{kernel.name}` is {reference.how} at {self.show(path)}:{reference.row}"
            )
        for path, facts in self.project.surveyed.items():
            if facts.problems and path != identity.path and self.mentions(path, kernel.name):
                raise BlockedError(f"{self.show(path)} cannot be parsed and mentions the kernel")
        self._check_strings(identity, parameter)

    def _check_call(self, linked: LinkedCall, kernel: Kernel) -> None:
        if not linked.complete:
            place = f"{self.show(linked.path)}:{linked.call.span.row}"
            raise BlockedError(f"what is called at {place} may be more than `{kernel.name}`")

    def _checked_binding(self, linked: LinkedCall, kernel: Kernel, parameter: Parameter) -> Binding:
        binding = bind(kernel, linked.call)
        place = f"{self.show(linked.path)}:{linked.call.span.row}"
        if binding.problem is not None:
            raise BlockedError(
                f"the call at {place} does not fit `{kernel.name}`: {binding.problem}"
            )
        carrier = binding.may_carry(parameter.name)
        if carrier is not None:
            raise BlockedError(f"`{carrier}` at {place} may carry it")
        return binding

    # -- decorators and strings ------------------------------------------------------------

    def _decorator_doubts(
        self, target: ParameterId, kernel: Kernel, parameter: Parameter
    ) -> Iterator[str]:
        index = kernel.parameters.index(parameter)
        for decorator in kernel.decorators:
            if decorator.role is Role.UNKNOWN:
                yield f"`@{decorator.text}` wraps the kernel and may bind arguments itself"
            for names in decorator.lists:
                if names.names is None:
                    if names.option in ("reset_to_zero", "restore_value") and self._is_number(
                        target, kernel, parameter
                    ):
                        # These name tensors alone.
                        continue
                    raise BlockedError(
                        f"`{names.option}` of `{_short(decorator)}` is not a list of literals"
                    )
                if names.option == "key" and target.name in names.names:
                    yield "it is in an autotune key: without it the kernel is tuned less often"
            if decorator.row > kernel.def_row or decorator.row < kernel.first_row:
                named = [n for names in decorator.lists for n in names.names or ()]
                if target.name in named or any(isinstance(n, int) and n >= index for n in named):
                    raise BlockedError(f"`{_short(decorator)}` names it far from the kernel")

    def _is_number(self, target: ParameterId, kernel: Kernel, parameter: Parameter) -> bool:
        launches = self.analysis.links(target.kernel).launches
        kind, _ = infer_kind(kernel, parameter, launches)
        return kind in (Kind.INTEGER, Kind.FLOAT, Kind.CONSTEXPR)

    def _check_strings(self, identity: KernelId, parameter: Parameter) -> None:
        self._check_calls_by_name(identity, parameter)
        if parameter.name not in self._quoted:
            return
        for path, use in self._visible_strings(identity, parameter.name):
            if use.text == parameter.name and use.how not in (*FED_BY, OWN_PARAMETER):
                place = f"{self.show(path)}:{use.span.row}"
                raise BlockedError(f'"{parameter.name}" is {use.how} at {place}')
        for launch in self.analysis.links(identity).launches:
            if launch.call.strings is not None and parameter.name in launch.call.strings:
                place = f"{self.show(launch.path)}:{launch.call.span.row}"
                raise BlockedError(f'the grid of the launch at {place} uses "{parameter.name}"')

    def _check_calls_by_name(self, identity: KernelId, parameter: Parameter) -> None:
        """Triton gives the arguments by name to what `prune_configs_by` names, and grids and
        heuristics may hand them on like that.
        """
        kernel = self.project.kernel(identity)
        seeing = [] if _has_unknown_decorator(kernel) else self._decorator_code(identity)
        for path, owner in seeing:
            for use in owner.strings:
                if use.text == parameter.name and use.how == OWN_PARAMETER:
                    place = f"{self.show(path)}:{use.span.row}"
                    raise BlockedError(f"`{owner.name}` at {place} gets `{parameter.name}` by name")
        for launch in self.analysis.links(identity).launches:
            if UNPACKED in (launch.call.strings or ()):
                place = f"{self.show(launch.path)}:{launch.call.span.row}"
                raise BlockedError(f"the grid of the launch at {place} unpacks the arguments")
            for symbol in launch.call.mentions:
                seeing = [*seeing, *self._reachable(launch.path, symbol)]
        for path, owner in seeing:
            for use in owner.strings:
                if use.text == UNPACKED:
                    place = f"{self.show(path)}:{use.span.row}"
                    raise BlockedError(f"the arguments are {use.how} at {place}")

    def _check_fed(self, linked: LinkedCall, kernel: Kernel, target: ParameterId) -> None:
        """A parameter that a launch leaves out gets its value from its default or a config."""
        binding = bind(kernel, linked.call)
        parameter = _parameter(kernel, target.name)
        is_tuned = any(d.role is Role.AUTOTUNE for d in kernel.decorators)
        is_tuned = is_tuned or _has_unknown_decorator(kernel)
        if target.name in binding.earlier or not (parameter.default is None or is_tuned):
            return
        if not any(True for _ in self._feeding(target)):
            place = f"{self.show(linked.path)}:{linked.call.span.row}"
            raise BlockedError(f"what gives it a value at {place} is not seen")

    def _visible_strings(
        self, identity: KernelId, parameter: str
    ) -> Iterator[tuple[Path, StringUse]]:
        """Strings in code that Triton calls with the arguments by name: all that name this one."""
        for path, owner in self._decorator_code(identity):
            for use in owner.strings:
                yield path, use
        for launch in self.analysis.links(identity).launches:
            if launch.call.strings is None:
                # The grid comes from elsewhere, and any function may be it.
                for path in sorted(self.project.candidates):
                    if not self.mentions(path, parameter):
                        continue
                    for owner in self.project.whole(path).owners:
                        for use in owner.strings:
                            if use.how == "a subscript" or use.how.startswith("a key of"):
                                yield path, use
            for symbol in launch.call.mentions:
                for path, owner in self._reachable(launch.path, symbol):
                    for use in owner.strings:
                        yield path, use

    def _decorator_code(self, identity: KernelId) -> list[tuple[Path, Owner]]:
        kernel = self.project.kernel(identity)
        name = f"@{kernel.qualname}"
        found = []
        for owner in self.project.modules[identity.path].owners:
            if owner.name == name:
                found.append((identity.path, owner))
                for symbol in owner.mentions:
                    found += self._reachable(identity.path, symbol)
        return found

    def _reachable(self, path: Path, symbol: str) -> list[tuple[Path, Owner]]:
        """The code behind a symbol, and all that it mentions in turn in files about Triton."""
        known = self._reached.get((path, symbol))
        if known is not None:
            return known
        found: dict[tuple[Path, str], Owner] = {}
        pending = [(path, symbol)]
        seen = set(pending)
        while pending:
            for place, owner in self.project.owners(*pending.pop()):
                # A kernel's own decorators are no code that another's decorators run.
                if (place, owner.name) in found or owner.name.startswith("@"):
                    continue
                found[place, owner.name] = owner
                for mention in owner.mentions:
                    if (place, mention) not in seen:
                        seen.add((place, mention))
                        pending.append((place, mention))
        reached = [(place, owner) for (place, _), owner in found.items()]
        self._reached[path, symbol] = reached
        return reached

    @cached_property
    def _feeders(self) -> dict[tuple[Path, Span, str], list[KernelId]]:
        """For each key of a config or a heuristic, the kernels that it feeds."""
        feeders: defaultdict[tuple[Path, Span, str], list[KernelId]] = defaultdict(list)
        # A kernel that is not asked about may share its configs with one that is.
        for path, kernels in sorted(self.project.candidates.items()):
            if kernels:
                self.project.facts(path)
        for identity, _ in self.project.kernels():
            for path, owner in self._decorator_code(identity):
                for use in owner.strings:
                    if use.how in FED_BY:
                        feeders[path, use.span, use.text].append(identity)
        return feeders

    def _feeding(self, target: ParameterId) -> Iterator[tuple[Path, StringUse]]:
        """The keys of configs and heuristics that give the parameter its value."""
        if target.name not in self._quoted:
            return
        for path, owner in self._decorator_code(target.kernel):
            for use in owner.strings:
                if use.how in FED_BY and use.text == target.name:
                    yield path, use

    @cached_property
    def _quoted(self) -> frozenset[str]:
        """The names by which any code can speak of a parameter: most are no strings anywhere."""
        return self.project.quoted()

    def _fed_by(
        self, target: ParameterId, group: Mapping[ParameterId, str]
    ) -> Iterator[DroppedKey]:
        for path, use in self._feeding(target):
            for other in self._feeders[path, use.span, use.text]:
                if ParameterId(other, target.name) not in group:
                    name = self.project.kernel(other).name
                    place = f"{self.show(path)}:{use.span.row}"
                    raise BlockedError(f"{use.how} at {place} also feeds `{name}`")
            self._check_chosen(target)
            yield DroppedKey(path, use.span, use.text)

    def _check_chosen(self, target: ParameterId) -> None:
        """Code may look at the config that was chosen, by way of the kernel."""
        kernel = self.project.kernel(target.kernel)
        for path in sorted(self.project.modules):
            if not self.mentions(path, kernel.name) or not any(
                self.mentions(path, attribute) for attribute in ("best_config", "cache")
            ):
                continue
            for owner in self.project.whole(path).owners:
                for use in owner.strings:
                    if use.text == target.name and use.how not in (*FED_BY, OWN_PARAMETER):
                        place = f"{self.show(path)}:{use.span.row}"
                        raise BlockedError(f'"{target.name}" is {use.how} at {place}')


def can_stay_unspecialized(kernel: Kernel, kind: Kind) -> bool:
    """Whether `do_not_specialize` can be given for a parameter: for plain integers alone."""
    return kind is Kind.INTEGER and any(
        decorator.role is Role.JIT
        and decorator.names("do_not_specialize") is not None
        and kernel.first_row <= decorator.row <= kernel.def_row
        for decorator in kernel.decorators
    )


def _has_unknown_decorator(kernel: Kernel) -> bool:
    return any(decorator.role is Role.UNKNOWN for decorator in kernel.decorators)


def _parameter(kernel: Kernel, name: str) -> Parameter:
    parameter = kernel.parameter(name)
    assert parameter is not None
    return parameter


def _parameter_of(kernel: Kernel, call: Call, index: int) -> str | None:
    """Which parameter of the kernel gets the call's argument of that index."""
    return next((n for n, i in bind(kernel, call).arguments.items() if i == index), None)


def _signature(kernel: Kernel) -> list[tuple[str, Mode, bool]]:
    return [(p.name, p.mode, p.default is None) for p in kernel.parameters]


def _short(decorator: Decorator) -> str:
    return "@" + decorator.text.partition("(")[0]

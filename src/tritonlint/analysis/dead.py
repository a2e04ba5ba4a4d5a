"""The dead parameters of a project: no compiled kernel ever depends on their values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tritonlint.analysis.costs import cost_today, tuning, unless_listed
from tritonlint.analysis.kinds import infer_kind
from tritonlint.analysis.words import NO_WORDS, Words
from tritonlint.diagnostics import LaunchSite
from tritonlint.project.binding import positional_names
from tritonlint.project.identity import KernelId
from tritonlint.project.links import Links
from tritonlint.project.project import Project
from tritonlint.survey.facts.calls import CallForm
from tritonlint.survey.facts.kernels import Forward, Kernel, Parameter, Use
from tritonlint.triton.backends import COMPILE_OPTIONS
from tritonlint.triton.specialization import Kind, Variants, cost, variants
from tritonlint.triton.versions import NEWEST, TritonVersion

if TYPE_CHECKING:
    from tritonlint.analysis.live import Live


class Callers(str, Enum):
    """Who calls a kernel."""

    LAUNCHED = "launched"
    HELPER = "helper"
    UNKNOWN = "unknown"


class KernelParameter(NamedTuple):
    """A parameter of a kernel, with what it costs and where launches pass it."""

    identity: KernelId
    kernel: Kernel
    parameter: Parameter
    kind: Kind
    variants: Variants
    cost: str
    #: Whether it adds no compile today, since its value never varies by itself.
    costs_nothing: bool
    launches: tuple[LaunchSite, ...]
    #: The helpers that get the value and never read it, if it has no other use.
    helpers: tuple[str, ...]

    @property
    def is_unspecialized(self) -> bool:
        """Whether `do_not_specialize` already leaves a single class."""
        return (
            self.kind is not Kind.CONSTEXPR
            and self.variants.compiles == 1
            and self.kernel.lists("do_not_specialize", self.parameter.name)
        )

    @property
    def never_respecialized(self) -> bool:
        """Whether every value shares one compile anyway: floats and booleans."""
        return (self.variants.compiles == 1 and self.variants.classes != ("any value",)) or (
            self.kind is Kind.FLOAT
        )


class Analysis:
    """A project, and the answers to what rules ask.

    Args:
        words: the user's additions to the words in names of values that change.
        asked: the files whose kernels rules look at; None for all.
    """

    def __init__(
        self,
        project: Project,
        version: TritonVersion = NEWEST,
        words: Words = NO_WORDS,
        asked: Collection[Path] | None = None,
    ) -> None:
        self.project = project
        self.version = version
        self._words = words
        self._asked = asked

    def of(self, project: Project) -> Analysis:
        """The same of another project."""
        return Analysis(project, self.version, self._words, self._asked)

    @cached_property
    def kernels(self) -> Mapping[KernelId, Kernel]:
        """The kernels that rules look at."""
        kernels = self.project.kernels
        if self._asked is None:
            return kernels
        return {i: kernel for i, kernel in kernels.items() if i.path in self._asked}

    @cached_property
    def live(self) -> Live:
        """The answers about parameters that are read."""
        # It imports this module.
        from tritonlint.analysis.live import Live

        return Live(self, self._words)

    def links(self, identity: KernelId) -> Links:
        """Return the calls and references of a kernel."""
        return self.project.links.get(identity, Links())

    def callers(self, identity: KernelId) -> Callers:
        """Return whether a kernel is launched, or only called by other kernels."""
        # A launched kernel cannot return a value (code_generator.py, `visit_Return`).
        kernel = self.project.kernels[identity]
        if kernel.returns_value:
            return Callers.HELPER
        links = self.links(identity)
        if links.launches:
            return Callers.LAUNCHED
        # A method of an aggregate: its object is not an argument of a launch.
        if kernel.qualname != kernel.name and [p.name for p in kernel.parameters[:1]] == ["self"]:
            return Callers.HELPER
        mentions = [mention.reference for mention in links.references]
        in_kernels = bool(links.device_calls) or any(r.in_kernel for r in mentions)
        # `getattr(tl, "gather")` may mean another `gather`.
        on_host = any(not r.in_kernel and not r.is_guess for r in mentions)
        return Callers.HELPER if in_kernels and not on_host else Callers.UNKNOWN

    def is_dead(self, identity: KernelId, parameter: Parameter) -> bool:
        """Whether neither the kernel nor the helpers that it calls read the parameter."""
        return (identity, parameter.name) in self._dead

    @cached_property
    def _dead(self) -> frozenset[tuple[KernelId, str]]:
        """The largest set of parameters that are only forwarded to parameters in the same set.

        So recursion by itself reads nothing.
        """
        dead = set()
        #: For a helper's parameter, the parameters that are forwarded to it.
        waiting: defaultdict[tuple[KernelId, str], list[tuple[KernelId, str]]] = defaultdict(list)
        read: list[tuple[KernelId, str]] = []
        for identity, kernel in self.project.kernels.items():
            for parameter in kernel.parameters:
                key = (identity, parameter.name)
                if parameter.use is Use.READ:
                    read.append(key)
                    continue
                dead.add(key)
                for forward in parameter.forwards:
                    targets = self.forward_targets(identity, forward)
                    if targets is None:
                        read.append(key)
                    for target in targets or ():
                        waiting[target].append(key)
        while read:
            key = read.pop()
            dead.discard(key)
            read += waiting.pop(key, ())
        return frozenset(dead)

    def forward_targets(
        self, identity: KernelId, forward: Forward
    ) -> frozenset[tuple[KernelId, str]] | None:
        """Return the helper parameters that a forwarded argument reaches; None if unknown."""
        targets = set()
        for symbol in forward.callees:
            hits = self.project.resolver.resolve(identity.path, symbol)
            if not hits or any(hit.attributes or hit.guess for hit in hits):
                return None
            if self.project.resolver.may_be_other(identity.path, symbol):
                return None
            for hit in hits:
                name = _forwarded_to(self.project.kernels[hit.kernel], forward)
                if name is None:
                    return None
                targets.add((hit.kernel, name))
        return frozenset(targets)

    @cached_property
    def dead_parameters(self) -> tuple[KernelParameter, ...]:
        """All dead parameters that a launch passes, or may pass."""
        return tuple(self._launched(self.is_dead))

    @cached_property
    def checked_parameters(self) -> tuple[KernelParameter, ...]:
        """Parameters that a launch passes, and that only checks and debugging output read.

        Without these checks, they are dead.
        """
        return tuple(self._launched(lambda _, parameter: parameter.checked))

    def _launched(self, wanted: Callable[[KernelId, Parameter], bool]) -> Iterator[KernelParameter]:
        for identity, kernel in self.kernels.items():
            dead = [p for p in kernel.parameters if wanted(identity, p)]
            if not dead:
                continue
            callers = self.callers(identity)
            # A stub exists for its signature, and is never compiled.
            if callers is Callers.LAUNCHED or (callers is Callers.UNKNOWN and not kernel.stub):
                # Without the parameter, the keyword becomes a compile option again.
                for parameter in dead:
                    if parameter.name not in COMPILE_OPTIONS:
                        yield self.describe(identity, parameter)

    def describe(self, identity: KernelId, parameter: Parameter) -> KernelParameter:
        """Return what is known about any parameter of a kernel, dead or not."""
        kernel = self.project.kernels[identity]
        links = self.links(identity)
        launches = links.launches
        kind, boolean = infer_kind(kernel, parameter, launches)
        found = variants(
            kind,
            annotation=parameter.annotation,
            do_not_specialize=kernel.lists("do_not_specialize", parameter.name),
            do_not_specialize_on_alignment=kernel.lists(
                "do_not_specialize_on_alignment", parameter.name
            ),
            boolean=boolean,
            version=self.version,
        )
        today = cost_today(kernel, parameter, links, self._replaced)
        return KernelParameter(
            identity=identity,
            kernel=kernel,
            parameter=parameter,
            kind=kind,
            variants=found,
            cost=today
            or cost(kind, found, annotation=parameter.annotation, version=self.version)
            + unless_listed(kernel, kind)
            + tuning(kernel, parameter.name)
            + self._unless_helper(identity),
            costs_nothing=bool(today),
            launches=tuple(self._launch_sites(identity, kernel, parameter)),
            helpers=tuple(self._helpers(identity, parameter)),
        )

    def _unless_helper(self, identity: KernelId) -> str:
        """Say what a kernel costs that is handed to other code, which may make it a helper."""
        is_handed = self.links(identity).references and self.callers(identity) is Callers.UNKNOWN
        return "; nothing if only other kernels call it" if is_handed else ""

    @cached_property
    def _replaced(self) -> frozenset[str]:
        """The names of attributes that code assigns to: they may be variables of a module."""
        facts = self.project.facts.values()
        return frozenset(name for file in facts for name in file.attributes_set)

    def _launch_sites(
        self, identity: KernelId, kernel: Kernel, parameter: Parameter
    ) -> list[LaunchSite]:
        sites = []
        for launch in self.links(identity).launches:
            binding = launch.binding(kernel)
            index = binding.arguments.get(parameter.name)
            text = binding.may_pass(parameter.name)
            if index is not None:
                text = launch.call.arguments[index].text
            elif parameter.name in binding.earlier:
                continue  # The `partial` that passes it is a launch site too.
            elif text is None and launch.call.form is CallForm.PARTIAL:
                continue
            sites.append(LaunchSite(launch.path, launch.call.span.row, text))
        return sites

    def _helpers(self, identity: KernelId, parameter: Parameter) -> list[str]:
        """Return the helpers that a forwarded parameter goes through, nearest first."""
        names: dict[str, None] = {}
        seen: set[tuple[KernelId, str]] = set()
        pending = [(identity, parameter)]
        while pending:
            place, forwarded = pending.pop(0)
            for forward in forwarded.forwards:
                for target, name in sorted(self.forward_targets(place, forward) or ()):
                    if (target, name) in seen:
                        continue
                    seen.add((target, name))
                    helper = self.project.kernels[target]
                    names[helper.name] = None
                    inner = self.project.parameter(target, name)
                    if inner is not None:
                        pending.append((target, inner))
        return list(names)


def _forwarded_to(kernel: Kernel, forward: Forward) -> str | None:
    if forward.keyword is not None:
        return forward.keyword if kernel.parameter(forward.keyword) else None
    positional = positional_names(kernel)
    if forward.position is None or forward.position >= len(positional):
        return None
    return positional[forward.position]

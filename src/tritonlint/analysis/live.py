"""The constexprs of launched kernels that are read, and what their launches pass."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from tritonlint.analysis.dead import Analysis, Callers
from tritonlint.analysis.needs import Need, Needs
from tritonlint.analysis.origins import Origins, Rate, Rating
from tritonlint.analysis.words import Words
from tritonlint.diagnostics import LaunchSite
from tritonlint.project.binding import bind
from tritonlint.project.identity import KernelId
from tritonlint.project.links import LinkedCall
from tritonlint.specialization import COMPILE_OPTIONS, is_constexpr
from tritonlint.survey.facts import Argument, Kernel, Parameter


class Passed(NamedTuple):
    """An argument that a launch passes for a parameter."""

    launch: LinkedCall
    argument: Argument

    @property
    def site(self) -> LaunchSite:
        """The launch as a report shows it."""
        return LaunchSite(self.launch.path, self.launch.call.span.row, self.argument.text)


class LiveConstexpr(NamedTuple):
    """A constexpr that a launched kernel reads."""

    identity: KernelId
    kernel: Kernel
    parameter: Parameter
    need: Need
    passed: tuple[Passed, ...]


class Live:
    """What rules ask about parameters that are read."""

    def __init__(self, analysis: Analysis, words: Words) -> None:
        self.analysis = analysis
        self.needs = Needs(analysis)
        self.origins = Origins(analysis.project, words)

    @cached_property
    def constexprs(self) -> tuple[LiveConstexpr, ...]:
        """All that launches pass by themselves, and not a config or a heuristic."""
        return tuple(self._constexprs())

    def _constexprs(self) -> Iterator[LiveConstexpr]:
        for identity, kernel in self.analysis.project.kernels.items():
            if not any(is_constexpr(p.annotation) for p in kernel.parameters):
                continue
            if self.analysis.callers(identity) is not Callers.LAUNCHED:
                continue
            for parameter in kernel.parameters:
                if not is_constexpr(parameter.annotation) or parameter.name in COMPILE_OPTIONS:
                    continue
                if self.analysis.is_dead(identity, parameter):
                    continue
                passed = tuple(self.passed(identity, parameter.name))
                if passed:
                    need = self.needs.of(identity, parameter.name)
                    yield LiveConstexpr(identity, kernel, parameter, need, passed)

    def passed(self, identity: KernelId, name: str) -> Iterator[Passed]:
        """What launches pass for a parameter."""
        kernel = self.analysis.project.kernels[identity]
        for launch in self.analysis.links(identity).launches:
            index = bind(kernel, launch.call).arguments.get(name)
            if index is not None:
                yield Passed(launch, launch.call.arguments[index])

    def rate(self, kernel: Kernel, name: str, passed: Passed) -> Rating:
        """How often what a launch passes for a parameter changes."""
        provenance = passed.argument.provenance
        return self.origins.rate(passed.launch.path, kernel.name, name, provenance)

    def per_request(self, live: LiveConstexpr) -> Rating | None:
        """Why one of the arguments changes with every request, or None."""
        for each in live.passed:
            rating = self.rate(live.kernel, live.parameter.name, each)
            if rating.rate is Rate.PER_REQUEST:
                return rating
        return None

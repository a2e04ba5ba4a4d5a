"""The constexprs of launched kernels that are read, and what their launches pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from tritonlint.analysis.dead import Analysis, Callers
from tritonlint.analysis.entries import goes_through
from tritonlint.analysis.needs import Need, Needs
from tritonlint.analysis.origins import Origins
from tritonlint.analysis.ratings import Rate, Rating
from tritonlint.analysis.trials import Trials
from tritonlint.analysis.words import Words
from tritonlint.diagnostics import LaunchSite
from tritonlint.project.identity import KernelId
from tritonlint.project.links import LinkedCall
from tritonlint.survey.facts.calls import Argument
from tritonlint.survey.facts.kernels import Decorator, Kernel, Mark, Parameter
from tritonlint.survey.facts.values import Provenance, Step
from tritonlint.triton.annotations import is_constexpr
from tritonlint.triton.backends import COMPILE_OPTIONS


class Passed(NamedTuple):
    """An argument that a launch passes for a parameter."""

    launch: LinkedCall
    argument: Argument

    @property
    def site(self) -> LaunchSite:
        """The launch, as a report shows it."""
        return LaunchSite(self.launch.path, self.launch.call.span.row, self.argument.text)


class LiveConstexpr(NamedTuple):
    """A constexpr that a launched kernel reads."""

    identity: KernelId
    kernel: Kernel
    parameter: Parameter
    need: Need
    passed: tuple[Passed, ...]


class Live:
    """Answers what rules ask about parameters that are read."""

    def __init__(self, analysis: Analysis, words: Words) -> None:
        self.analysis = analysis
        self.needs = Needs(analysis)
        self.origins = Origins(analysis.project, words)
        self._trials = Trials(analysis.project)

    @cached_property
    def constexprs(self) -> tuple[LiveConstexpr, ...]:
        """All that launches pass by themselves, and not a config or a heuristic.

        Those in tests are left out: their values are no request's.
        """
        return tuple(self._constexprs())

    def _constexprs(self) -> Iterator[LiveConstexpr]:
        for identity, kernel in self.analysis.kernels.items():
            if not any(is_constexpr(p.annotation) for p in kernel.parameters):
                continue
            if self.analysis.callers(identity) is not Callers.LAUNCHED:
                continue
            for parameter in kernel.parameters:
                if not is_constexpr(parameter.annotation) or parameter.name in COMPILE_OPTIONS:
                    continue
                if self.analysis.is_dead(identity, parameter):
                    continue
                passed = tuple(
                    p
                    for p in self.passed(identity, parameter.name)
                    if not self.analysis.project.is_test(p.launch.path)
                )
                if passed:
                    need = self.needs.of(identity, parameter.name)
                    yield LiveConstexpr(identity, kernel, parameter, need, passed)

    def passed(
        self, identity: KernelId, name: str, through: Decorator | None = None
    ) -> Iterator[Passed]:
        """Yield what launches pass for a parameter: all, or those known to go `through` one."""
        kernel = self.analysis.project.kernels[identity]
        for launch in self.analysis.links(identity).launches:
            if through is not None and not goes_through(through, launch):
                continue
            binding = launch.binding(kernel)
            index = binding.arguments.get(name)
            # Of a launch that does not bind, it is not clear which argument is meant for which.
            if index is not None and binding.problem is None:
                yield Passed(launch, launch.call.arguments[index])

    def in_use(self, constexprs: Iterable[LiveConstexpr]) -> Iterator[LiveConstexpr]:
        """Yield those that not only trials pass, without what trials pass."""
        constexprs = list(constexprs)
        self._trials.expect(p.launch for live in constexprs for p in live.passed)
        for live in constexprs:
            passed = tuple(self.used(live.passed))
            if passed:
                yield live._replace(passed=passed)

    def used(self, passed: Iterable[Passed]) -> Iterator[Passed]:
        """Yield what is passed by launches that not only tests, benchmarks and the like reach."""
        return (p for p in passed if not self._trials.is_one(p.launch))

    # -- how often values change -----------------------------------------------------------

    def per_request(self, live: LiveConstexpr) -> Rating | None:
        """Return why one of the arguments changes with every request, or None."""
        _ = self._expected
        return self.rate_of(live.kernel, live.parameter.name, live.passed, far=True, quotients=True)

    @cached_property
    def runtime_constexprs(self) -> tuple[LiveConstexpr, ...]:
        """The constexprs that their kernels could take at run time."""
        return tuple(
            live
            for live in self.constexprs
            if live.need.reason is None and Mark.FOLDED not in live.need.marks
        )

    @cached_property
    def _expected(self) -> None:
        self.expect((c.kernel, c.parameter.name, c.passed) for c in self.runtime_constexprs)

    def expect(self, asked: Iterable[tuple[Kernel, str, tuple[Passed, ...]]]) -> None:
        """Search the tree for everything that `rate_of` will need from other files, all at once."""
        outside = self.analysis.project.outside
        if outside is not None:
            outside.expect(
                {
                    function
                    for kernel, name, passed in asked
                    for p in passed
                    for function in self.origins.expect(
                        p.launch.path, kernel.name, name, p.argument.provenance
                    )
                }
            )

    def rate_of(
        self,
        kernel: Kernel,
        name: str,
        passed: tuple[Passed, ...],
        far: bool = False,
        quotients: bool = False,
    ) -> Rating | None:
        """Return why the arguments for a parameter of that name change with every request.

        `Origins.rate` explains the options. In an autotune key, a quotient is a bucket.
        """
        rating = self.rating(kernel, name, passed, far, quotients)
        return rating if rating.rate is Rate.PER_REQUEST else None

    def rating(
        self,
        kernel: Kernel,
        name: str,
        passed: tuple[Passed, ...],
        far: bool = False,
        quotients: bool = False,
    ) -> Rating:
        """Return how often the arguments for a parameter of that name change.

        The first one that changes with every request decides. Otherwise all of them must be
        known to belong to the model.
        """
        kept = Rating(Rate.PER_MODEL)
        for p in passed:
            found = self.origins.rate(
                p.launch.path, kernel.name, name, p.argument.provenance, far, quotients
            )
            if found.rate is Rate.PER_REQUEST:
                return found
            if found.rate is Rate.UNKNOWN:
                kept = found
        return kept

    def block_per_request(self, live: LiveConstexpr) -> Rating | None:
        """Return the same for a block size: it may be a power of two, and is named like a block."""
        return self.rate_unrounded(live.kernel, live.passed)

    def rate_unrounded(self, kernel: Kernel, passed: tuple[Passed, ...]) -> Rating | None:
        """Return why a value that is rounded on the way changes with every request, or None."""
        plain = tuple(
            p._replace(argument=p.argument._replace(provenance=_unrounded(p.argument.provenance)))
            for p in passed
        )
        return self.rate_of(kernel, "", plain)

    def stride_per_request(self, live: LiveConstexpr) -> Rating | None:
        """Return why one of the arguments is a stride that changes with every request, or None."""
        for passed in live.passed:
            rating = self.origins.rate_stride(live.kernel.name, passed.argument)
            if rating is not None:
                return rating
        return None


def _unrounded(provenance: Provenance) -> Provenance:
    rounding = (Step.POWER_OF_TWO, Step.ROUNDED)
    return provenance._replace(
        steps=tuple(step for step in provenance.steps if step not in rounding),
        names=tuple(name for name in provenance.names if "block" not in name.lower()),
    )

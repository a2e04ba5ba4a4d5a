"""Plans to remove `: tl.constexpr` from a parameter, so that a launch passes a plain integer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.needs import Place
from tritonlint.fix.arguments import ArgumentCode
from tritonlint.fix.changes import AnnotationGone, BlockedError, Change, EntryAdded, Plan, Rests
from tritonlint.fix.decorators import (
    UNSPECIALIZE,
    check_choices,
    list_doubts,
    listed,
)
from tritonlint.fix.stand_ins import StandIns
from tritonlint.fix.witnesses import Witnesses
from tritonlint.project.feeding import may_feed_more
from tritonlint.project.identity import KernelId
from tritonlint.remedies import Unannotate
from tritonlint.survey.facts.kernels import Kernel, Mark, Parameter, Use
from tritonlint.survey.facts.values import Evidence
from tritonlint.triton.annotations import is_constexpr
from tritonlint.triton.backends import COMPILE_OPTIONS

#: Uses of a number on which no vector and no address depends.
_SCALAR_USES = frozenset({Mark.BOUND, Mark.COMPARED})
#: Kinds that can replace a constexpr that nothing reads.
_NUMBERS = (Evidence.INTEGER, Evidence.FLOAT, Evidence.BOOLEAN)
#: Kinds that a launch must not pass if the kernel needs an integer.
_NO_INTEGERS = {
    Evidence.FLOAT: "a float, which loses digits",
    Evidence.BOOLEAN: "a flag, and the kernel should be compiled for each of its values",
    Evidence.NONE: "None",
    Evidence.TENSOR: "a tensor",
}


class AnnotationPlanner:
    """Plans for one analyzed project; no call changes."""

    def __init__(
        self, analysis: Analysis, code: ArgumentCode, witnesses: Witnesses, stand_ins: StandIns
    ) -> None:
        self.analysis = analysis
        self.project = analysis.project
        self.code = code
        self.witnesses = witnesses
        self.stand_ins = stand_ins

    def plan(self, target: Unannotate) -> Plan:
        """Return the plan.

        Raises:
            BlockedError: it has to be a constexpr, or its argument may not be an integer.
        """
        identity, name = target
        kernel = self.project.kernels[identity]
        need = self.analysis.live.needs.of(identity, name)
        if need.reason is not None:
            raise BlockedError(f"it has to be a constexpr: {need.reason}")
        if Mark.FOLDED in need.marks:
            raise BlockedError("it decides which code is compiled")
        if Mark.DERIVED in need.marks:
            raise BlockedError("a constexpr inside the kernel is computed from it")
        if name in COMPILE_OPTIONS:
            raise BlockedError("it is an option of the compiler too")
        parameter = self.project.own_parameter(identity, name)
        if len(self.project.resolver.definitions_of_kernel(identity)) > 1:
            raise BlockedError(f"`{kernel.qualname}` is defined twice")
        dead = self.analysis.is_dead(identity, parameter)
        if not dead:
            self._check_values(identity, kernel, parameter)
        changes: set[Change] = set()
        for place in [(identity, name), *need.helpers]:
            if self._is_constexpr(place):
                changes.add(AnnotationGone(*place))
        doubts: tuple[str, ...] = ("the compiler can no longer compute with its value",)
        rests_on = Rests()
        if dead:
            check_choices(kernel)
            changes |= self._unspecialized(identity, kernel, name)
            self.witnesses.check(identity)
            for reason in self._surprises(identity, kernel, parameter):
                raise BlockedError(reason)
            doubts = tuple(self.witnesses.doubts([identity]))
            rests_on = Rests(self.witnesses.rests_on(identity))
        elif need.marks <= _SCALAR_USES and not any(self._list_doubts(identity, kernel)):
            # Compiling for its classes would gain almost nothing.
            with suppress(BlockedError):
                check_choices(kernel)
                changes |= self._unspecialized(identity, kernel, name)
        helpers = sum(isinstance(change, AnnotationGone) for change in changes) - 1
        also = {0: "", 1: ", and of the helper that gets it"}
        more = also.get(helpers, f", and of the {helpers} helpers that get it")
        if any(isinstance(change, EntryAdded) for change in changes):
            more += f", and name it in {UNSPECIALIZE}"
        return Plan(
            frozenset(changes),
            f"Drop the `tl.constexpr` of `{name}` in `{kernel.name}`{more}",
            doubts,
            rests_on=rests_on,
        )

    def _surprises(self, identity: KernelId, kernel: Kernel, parameter: Parameter) -> Iterator[str]:
        """Yield why a kernel may be unable to take the launch's value at run time."""
        if parameter.use is Use.OVERWRITTEN:
            yield "the kernel gives its name other values, which may be of another type"
        links = self.analysis.links(identity)
        for mention in links.references[:1]:
            yield f"`{kernel.name}` is {mention.reference.how} at line {mention.reference.row}"
        for feed in self.code.feeds(identity, parameter.name):
            yield f"{feed.by} gives it its value"
        if parameter.default is not None and parameter.evidence not in _NUMBERS:
            yield f"its default `{parameter.default}` may not be a number"
        for linked in links.calls:
            binding = linked.binding(kernel)
            unpacking = binding.may_pass(parameter.name)
            if unpacking is not None:
                yield f"`{unpacking}` at line {linked.call.span.row} may pass this argument"
            index = binding.arguments.get(parameter.name)
            if index is None:
                yield from self._unseen_feeds(identity, kernel, parameter)
            elif linked.call.arguments[index].evidence not in _NUMBERS:
                yield f"`{linked.call.arguments[index].text}` may not be a number"
        yield from self._list_doubts(identity, kernel)

    def _list_doubts(self, identity: KernelId, kernel: Kernel) -> Iterator[str]:
        yield from list_doubts(kernel, UNSPECIALIZE)
        yield from self.stand_ins.with_options(identity, kernel, UNSPECIALIZE)

    def _unseen_feeds(
        self, identity: KernelId, kernel: Kernel, parameter: Parameter
    ) -> Iterator[str]:
        """Yield what may give a value to a parameter that a launch does not pass."""
        is_open = not self.code.decorators(identity).complete
        if parameter.default is None or is_open or any(map(may_feed_more, kernel.decorators)):
            yield "not all configs are seen, and one may give it its value"

    def _is_constexpr(self, place: Place) -> bool:
        return is_constexpr(self.project.own_parameter(*place).annotation)

    def _check_values(self, identity: KernelId, kernel: Kernel, parameter: Parameter) -> None:
        """Make sure that it never gets a value that is not an integer."""
        name = parameter.name
        if parameter.default is not None and parameter.evidence is not Evidence.INTEGER:
            raise BlockedError(f"its default is `{parameter.default}`")
        for feed in self.code.feeds(identity, name):
            raise BlockedError(f"{feed.by} gives it its value")
        for linked in self.analysis.links(identity).launches:
            index = linked.binding(kernel).arguments.get(name)
            if index is None:
                for reason in self._unseen_feeds(identity, kernel, parameter):
                    raise BlockedError(reason)
                continue
            argument = linked.call.arguments[index]
            what = _NO_INTEGERS.get(argument.evidence)
            if what is not None:
                raise BlockedError(f"`{argument.text}` is {what}")

    def _unspecialized(self, identity: KernelId, kernel: Kernel, name: str) -> set[Change]:
        """Return the changes that name a parameter in `do_not_specialize`.

        Raises:
            BlockedError: there is no list for it.
        """
        names = listed(kernel, UNSPECIALIZE)
        if names is None:
            raise BlockedError("the kernel has no `@triton.jit` of its own with a list of literals")
        return {EntryAdded(identity, UNSPECIALIZE, name)} if name not in names else set()

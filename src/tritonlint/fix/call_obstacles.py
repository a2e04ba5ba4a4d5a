"""Obstacles to the removal of a parameter at the calls that pass it, or leave it out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tritonlint.analysis.dead import Analysis
from tritonlint.fix.arguments import ArgumentCode
from tritonlint.fix.changes import BlockedError, ElementGone, Show, line
from tritonlint.fix.items import Items
from tritonlint.project.binding import Binding, misfit
from tritonlint.project.feeding import as_called, may_feed_more
from tritonlint.project.identity import KernelId
from tritonlint.project.links import LinkedCall
from tritonlint.remedies import Remove
from tritonlint.survey.facts.calls import Argument, CallForm, Item
from tritonlint.survey.facts.kernels import Role
from tritonlint.survey.guards import GUARD
from tritonlint.survey.patches import REPLACED


class CallObstacles:
    """Looks at the calls of kernels in one analyzed project.

    What blocks a fix is raised as `BlockedError`; what a person should see is returned, in words.

    Args:
        code: the code that sees arguments by name.
        show: a path as users know it.
    """

    def __init__(self, analysis: Analysis, code: ArgumentCode, show: Show) -> None:
        self.analysis = analysis
        self.project = analysis.project
        self.code = code
        self.show = show
        self.items = Items(self.project)

    def _place(self, linked: LinkedCall) -> str:
        return line(self.show, linked.path, linked.call.span.row)

    def check_fits(self, identity: KernelId) -> None:
        """Make sure that the launches of a kernel fit it: a person has to correct others first."""
        for linked in self.analysis.links(identity).calls:
            if linked.complete and not linked.call.may_fail:
                self._check_fit(linked, identity)

    def _check_fit(self, linked: LinkedCall, identity: KernelId) -> None:
        kernel = self.project.kernels[identity]
        fed = self._fed(identity, linked)
        problem = misfit(kernel, linked.call, linked.binding(kernel), fed)
        if problem is not None:
            raise BlockedError(
                f"the call at {self._place(linked)} does not fit `{kernel.name}`: {problem}"
            )

    def check(self, linked: LinkedCall, target: Remove) -> Binding:
        """Check how a call binds, if it is clear which kernels it reaches, and with what."""
        kernel = self.project.kernels[target.kernel]
        if not linked.complete:
            raise BlockedError(f"the call at {self._place(linked)} may reach other kernels too")
        self._check_fit(linked, target.kernel)
        binding = linked.binding(kernel)
        unpacking = binding.may_pass(target.parameter)
        is_seen = self.items.taken_out(linked, target) or self.element(linked, target)
        if unpacking is not None and is_seen is None:
            if linked.call.form is CallForm.TRITON_CALL:
                unpacking = "triton_call"
            raise BlockedError(f"`{unpacking}` at {self._place(linked)} may pass this argument")
        index = binding.arguments.get(target.parameter)
        if index is not None:
            self._check_handed(linked, target, index)
        if linked.call.form is CallForm.TRITON_CALL:
            self._check_triton_call(linked, target, binding)
        return binding

    def _check_handed(self, linked: LinkedCall, target: Remove, index: int) -> None:
        """Check an argument of a call of a function that leads to launches."""
        argument = linked.call.arguments[index]
        if argument.fixed:
            called = f"`{linked.call.through[0]}`, called at {self._place(linked)},"
            raise BlockedError(f"{called} passes it itself")
        kernel = self.project.kernels[target.kernel]
        for other in linked.together:
            places = [i for i, a in enumerate(other.call.arguments) if a.span == argument.span]
            if places and other.binding(kernel).arguments.get(target.parameter) not in places:
                called = f"`{linked.call.through[0]}`, called at {self._place(linked)},"
                raise BlockedError(f"{called} passes this argument for other parameters, too")

    def _check_triton_call(self, linked: LinkedCall, target: Remove, binding: Binding) -> None:
        """Check the options of `triton_call`, which may pass arguments by place or by name."""
        place = self._place(linked)
        if "zeroed_outputs" in binding.options:
            raise BlockedError(f"`zeroed_outputs` at {place} may see the arguments")
        index = binding.arguments.get(target.parameter)
        by_place = index is not None and linked.call.arguments[index].keyword is None
        if by_place and "input_output_aliases" in binding.options:
            raise BlockedError(f"`input_output_aliases` at {place} numbers the arguments")

    def element(self, linked: LinkedCall, target: Remove) -> ElementGone | None:
        """What takes a parameter's argument out of a shape or strides that a call unpacks."""
        binding = linked.binding(self.project.kernels[target.kernel])
        name = target.parameter
        if len(linked.kernels) > 1 or name not in binding.elements or name in binding.unpacked:
            return None
        index, place = binding.elements[name]
        argument = linked.call.arguments[index]
        if argument.sequence is None:
            return None
        length = binding.lengths[index]
        call = linked.call.span
        return ElementGone(linked.path, call, argument.span, argument.sequence, length, place)

    def _fed(self, identity: KernelId, linked: LinkedCall) -> frozenset[str] | None:
        """Return what configs and heuristics set in a call; None if not all of it is known."""
        kernel = as_called(identity, self.project.kernels[identity], linked.path, linked.call)
        use = self.code.decorators(identity, linked)
        others = any(d.role is Role.UNKNOWN or may_feed_more(d) for d in kernel.decorators)
        if not use.complete or others:
            return None
        return frozenset(key for feed in use.feeds for key in dict(feed.items))

    def check_left_out(self, linked: LinkedCall, target: Remove, is_fed: bool) -> None:
        """Check a parameter that a call leaves out: its default or a config sets it."""
        kernel = self.project.kernels[target.kernel]
        parameter = self.project.parameter(*target)
        has_default = parameter is not None and parameter.default is not None
        if linked.call.form is CallForm.PARTIAL or is_fed:
            return
        is_tuned = any(d.role is Role.AUTOTUNE for d in kernel.decorators)
        if has_default and (not is_tuned or self.code.decorators(target.kernel).complete):
            return
        if target.parameter in linked.binding(kernel).earlier:
            return
        place = self._place(linked)
        if has_default or is_tuned:
            raise BlockedError(f"the code that sets it at {place} is not seen")
        raise BlockedError(f"the call at {place} does not pass it, and it has no default")

    def effects(self, path: Path, argument: Argument | Item) -> Iterator[str]:
        """Yield what else may happen because a dropped argument is evaluated."""
        place = line(self.show, path, argument.span.row)
        if argument.caught:
            yield f"`{argument.text}` at {place} may fail, where errors are caught"
        trusts = self.trusts(path, argument)
        if trusts is None:
            yield f"`{argument.text}` at {place} may have a side effect"
            return
        for name in trusts:
            if (file := self.project.impure(name)) is not None:
                what, seen = "may have an effect", f"see `{name}` in {self.show(file)}"
                if name.startswith(GUARD):
                    what = "may fail, where errors may be caught"
                    seen = f"see `{name.removeprefix(GUARD)}` in {self.show(file)}"
                elif name.startswith(REPLACED):
                    seen = f"{self.show(file)} replaces `{name.removeprefix(REPLACED)}`"
                yield f"`{argument.text}` at {place} {what}: {seen}"
                return

    def trusts(self, path: Path, argument: Argument | Item) -> tuple[str, ...] | None:
        """The names that it rests on that an argument has no effect; None where it may have one."""
        if not argument.pure:
            return None
        called = self.code.called(path, argument.asks, argument.span.row)
        if called.unclear:
            return None
        return (*argument.trusts, *(key.name for _, key in called.keys))

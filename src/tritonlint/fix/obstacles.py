"""What speaks against the removal of a parameter: what blocks it, and what a person should see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tritonlint.analysis import Analysis
from tritonlint.binding import Binding, bind
from tritonlint.facts import (
    CONFIG,
    FED_BY,
    UNPACKED,
    CallForm,
    Decorator,
    Kernel,
    Mode,
    Parameter,
    Role,
)
from tritonlint.fix.removal import BlockedError, ParameterId
from tritonlint.fix.seen import ArgumentCode
from tritonlint.kinds import infer_kind
from tritonlint.project import LinkedCall
from tritonlint.resolver import KernelId
from tritonlint.specialization import Kind

#: Calls that bind all that the kernel is to get.
_LAUNCHES = (CallForm.LAUNCH, CallForm.RUN, CallForm.WARMUP)

#: What `prune_configs_by` names, to be called with the arguments by keyword.
_PRUNING = ("perf_model", "early_config_prune")


class Obstacles:
    """Looks for them in one analysed project.

    Args:
        code: the code that sees arguments.
        mentions: whether a file has a name in it.
        show: a path as users know it.
    """

    def __init__(
        self,
        analysis: Analysis,
        code: ArgumentCode,
        mentions: Callable[[Path, str], bool],
        show: Callable[[Path], str],
    ) -> None:
        self.analysis = analysis
        self.project = analysis.project
        self.code = code
        self.mentions = mentions
        self.show = show

    # What blocks is raised, as `BlockedError`.

    def check_kernel(self, identity: KernelId, kernel: Kernel, parameter: Parameter) -> None:
        """Look at all that is said of the kernel, and of the parameter by name."""
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
        for path in self.project.with_problems:
            if path != identity.path and self.mentions(path, kernel.name):
                raise BlockedError(f"{self.show(path)} cannot be parsed and mentions the kernel")
        self._check_strings(identity, parameter)

    def check_call(self, linked: LinkedCall, kernel: Kernel) -> None:
        """Make sure that a call is of nothing but kernels that are known."""
        if not linked.complete:
            place = f"{self.show(linked.path)}:{linked.call.span.row}"
            raise BlockedError(f"what is called at {place} may be more than `{kernel.name}`")

    def checked_binding(self, linked: LinkedCall, kernel: Kernel, parameter: Parameter) -> Binding:
        """How a call binds, where it is plain what gets to the parameter."""
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

    def doubts(self, target: ParameterId, kernel: Kernel, parameter: Parameter) -> Iterator[str]:
        """What a person should see of the decorators."""
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
        if parameter.name not in self.code.quoted:
            return
        for path, use in self.code.visible_strings(identity, parameter.name):
            if use.text == parameter.name and use.how not in FED_BY:
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
        # What an unknown decorator does is for a person to look at.
        seeing = [] if _has_unknown_decorator(kernel) else self.code.decorator_code(identity, False)
        prunes = any(use.text in _PRUNING for _, owner in seeing for use in owner.strings)
        for path, owner in seeing:
            if prunes and parameter.name in owner.parameters:
                place = f"`{owner.name}` in {self.show(path)}"
                raise BlockedError(f"{place} may get `{parameter.name}` by name")
        for launch in self.analysis.links(identity).launches:
            if UNPACKED in (launch.call.strings or ()):
                place = f"{self.show(launch.path)}:{launch.call.span.row}"
                raise BlockedError(f"the grid of the launch at {place} unpacks the arguments")
        if any(launch.call.strings is None for launch in self.analysis.links(identity).launches):
            # The grid comes from elsewhere, and any function may be it.
            for path in sorted(self.project.candidates):
                if self.mentions(path, parameter.name):
                    seeing += [(path, owner) for owner in self.project.whole(path).owners]
        for path, owner in (*seeing, *self.code.grid_code(identity, through_modules=False)):
            for use in owner.strings:
                if use.text == UNPACKED:
                    place = f"{self.show(path)}:{use.span.row}"
                    raise BlockedError(f"the arguments are {use.how} at {place}")

    def check_fed(self, linked: LinkedCall, target: ParameterId) -> None:
        """A parameter that a launch leaves out gets its value from its default or a config."""
        kernel = self.project.kernel(target.kernel)
        parameter = kernel.parameter(target.name)
        has_default = parameter is not None and parameter.default is not None
        is_tuned = any(d.role is Role.AUTOTUNE for d in kernel.decorators)
        if linked.call.form not in _LAUNCHES or (has_default and not is_tuned):
            return
        if has_default and any(
            use.how == CONFIG
            for _, owner in self.code.decorator_code(target.kernel, False)
            for use in owner.strings
        ):
            # The configs are seen, and none gives it.
            return
        if target.name in bind(kernel, linked.call).earlier:
            return
        if next(self.code.feeding(target), None) is None:
            place = f"{self.show(linked.path)}:{linked.call.span.row}"
            raise BlockedError(f"what gives it a value at {place} is not seen")

    def check_chosen(self, target: ParameterId) -> None:
        """Code may look at the config that was chosen, by way of the kernel."""
        kernel = self.project.kernel(target.kernel)
        configs = {path for path, _ in self.code.feeding(target)}
        for path in sorted(self.project.modules):
            asked = any(self.mentions(path, a) for a in ("best_config", "cache"))
            if path not in configs and not (asked and self.mentions(path, kernel.name)):
                continue
            for owner in self.project.whole(path).owners:
                for use in owner.strings:
                    is_key = use.how == "a subscript" or use.how.startswith("a key of")
                    if use.text == target.name and is_key:
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


def _signature(kernel: Kernel) -> list[tuple[str, Mode, bool]]:
    return [(p.name, p.mode, p.default is None) for p in kernel.parameters]


def _short(decorator: Decorator) -> str:
    return "@" + decorator.text.partition("(")[0]

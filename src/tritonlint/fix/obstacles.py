"""What speaks against the removal of a parameter: what blocks it, and what a person should see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.kinds import infer_kind
from tritonlint.fix.arguments import ArgumentCode
from tritonlint.fix.changes import BlockedError
from tritonlint.project.binding import Binding, misfit
from tritonlint.project.identity import KernelId
from tritonlint.project.links import LinkedCall
from tritonlint.remedies import Remove
from tritonlint.specialization import Kind
from tritonlint.survey.facts import (
    Argument,
    CallForm,
    Decorator,
    Kernel,
    Mode,
    Parameter,
    Role,
)
from tritonlint.triton.names import TENSOR_LISTS

#: Calls that bind all that the kernel is to get.
_LAUNCHES = (CallForm.LAUNCH, CallForm.RUN, CallForm.WARMUP)


#: A path as users know it.
Show: TypeAlias = Callable[[Path], str]


class Obstacles:
    """Looks for them in one analysed project.

    What blocks is raised, as `BlockedError`; what a person should see is given back, in words.

    Args:
        code: the code that sees arguments by name.
        show: a path as users know it.
    """

    def __init__(self, analysis: Analysis, code: ArgumentCode, show: Show) -> None:
        self.analysis = analysis
        self.project = analysis.project
        self.code = code
        self.show = show

    def _place(self, path: Path, row: int) -> str:
        return f"{self.show(path)}:{row}"

    # -- the kernel ------------------------------------------------------------------------

    def losses(self, target: Remove) -> Iterator[str]:
        """What a kernel loses with a parameter."""
        for decorator in self.project.kernels[target.kernel].decorators:
            for names in decorator.lists:
                if names.option == "key" and target.parameter in (names.names or ()):
                    yield "it is in an autotune key: without it the kernel is tuned less often"

    def check(self, target: Remove, kernel: Kernel, parameter: Parameter) -> Iterator[str]:
        """Look at all that is said of the kernel, and of the parameter by name."""
        if parameter.obstacle is not None:
            raise BlockedError(parameter.obstacle)
        if parameter.doubt is not None:
            yield parameter.doubt
        self._check_kernel(target.kernel, kernel)
        self._check_lists(target, kernel, parameter)
        yield from self._seen(target)
        for decorator in kernel.decorators:
            if decorator.role is Role.UNKNOWN:
                yield f"`@{decorator.text}` wraps the kernel and may bind arguments itself"

    def _check_kernel(self, identity: KernelId, kernel: Kernel) -> None:
        if kernel.variadic:
            raise BlockedError(f"`{kernel.name}` takes *args or **kwargs")
        if kernel.wraps > 1:
            raise BlockedError(f"more than one call makes a kernel of `{kernel.name}`")
        for other in self.project.resolver.definitions_of_kernel(identity):
            if other != identity and _signature(self.project.kernels[other]) != _signature(kernel):
                raise BlockedError(f"`{kernel.qualname}` is defined twice, in different ways")
        for mention in self.analysis.links(identity).references:
            reference = mention.reference
            asked = [a for a in mention.attributes if a != "fn"]
            how = f"asked for its `{asked[0]}`" if asked else reference.how
            place = self._place(mention.path, reference.row)
            raise BlockedError(f"`{kernel.name}` is {how} at {place}")
        for path in self.project.unreadable:
            raise BlockedError(f"{self.show(path)} cannot be read, and may use the kernel")

    # -- decorators ------------------------------------------------------------------------

    def _check_lists(self, target: Remove, kernel: Kernel, parameter: Parameter) -> None:
        for decorator in kernel.decorators:
            for names in decorator.lists:
                if names.names is not None:
                    continue
                if names.option in TENSOR_LISTS and self._is_number(target, kernel, parameter):
                    continue
                raise BlockedError(
                    f"`{names.option}` of `{_short(decorator)}` is not a list of literals"
                )
            if decorator.row > kernel.def_row or decorator.row < kernel.first_row:
                named = [n for names in decorator.lists for n in names.names or ()]
                index = kernel.parameters.index(parameter)
                if target.parameter in named or any(
                    isinstance(n, int) and n >= index for n in named
                ):
                    raise BlockedError(f"`{_short(decorator)}` names it far from the kernel")

    def _is_number(self, target: Remove, kernel: Kernel, parameter: Parameter) -> bool:
        launches = self.analysis.links(target.kernel).launches
        kind, _ = infer_kind(kernel, parameter, launches, sure=True)
        return kind in (Kind.INTEGER, Kind.FLOAT, Kind.CONSTEXPR)

    # -- code that sees arguments by name --------------------------------------------------

    def _seen(self, target: Remove) -> Iterator[str]:
        decorators, grids = self.code.decorators(target.kernel), self.code.grids(target.kernel)
        for use in (decorators, grids):
            for path, key in use.looking_up(target.parameter):
                place = self._place(path, key.row)
                if key.partial:
                    raise BlockedError(f'a key like "{key.name}" is {key.how} at {place}')
                raise BlockedError(f'"{target.parameter}" is {key.how} at {place}')
        kernel = self.project.kernels[target.kernel]
        is_known = not any(decorator.role is Role.UNKNOWN for decorator in kernel.decorators)
        for path, unclear in decorators.unclear[:1]:
            text = f"{unclear.what} at {self._place(path, unclear.row)}"
            if is_known:
                raise BlockedError(text)
            # What an unknown decorator does is for a person to look at anyway.
            yield text
        for path, unclear in grids.unclear:
            yield f"{unclear.what} at {self._place(path, unclear.row)}"

    # -- configs ---------------------------------------------------------------------------

    def check_configs(self, target: Remove) -> None:
        """Make sure that nothing but the kernel gets at the configs that feed a parameter."""
        use = self.code.decorators(target.kernel)
        if not use.complete:
            raise BlockedError("code that is not understood uses its configs too")
        for mention in self.analysis.links(target.kernel).config_uses:
            place = self._place(mention.path, mention.reference.row)
            attribute = next(a for a in mention.attributes if a != "fn")
            raise BlockedError(f"the kernel's `{attribute}` is used at {place}")
        for path, row in self._users_of(use.names):
            raise BlockedError(f"its configs are used at {self._place(path, row)}")

    def _users_of(self, names: frozenset[tuple[Path, str]]) -> Iterator[tuple[Path, int]]:
        """Where other files mention variables or functions of a file."""
        last = {name for _, name in names}
        for path, facts in self.project.facts.items():
            symbols = [(s, r.row) for r in facts.references for s in r.symbols]
            symbols += [(s, 1) for binding in facts.bindings for s in binding.symbols]
            for symbol, row in symbols:
                if symbol.origin == "module" and symbol.name in last:
                    for definition in self.project.resolver.definitions_of(path, symbol):
                        if (definition.path, definition.name) in names:
                            yield path, row

    def config_names(self, targets: Iterable[Remove], paths: Collection[Path]) -> frozenset[str]:
        """Names of configs, in files that a fix changes, which other files may use."""
        return frozenset(
            name
            for target in targets
            for path, name in self.code.decorators(target.kernel).names
            if path in paths
        )

    def check_unseen_configs(self, target: Remove) -> None:
        """Where no call is seen, make sure that no config gives the parameter its value."""
        kernel = self.project.kernels[target.kernel]
        is_tuned = any(decorator.role is Role.AUTOTUNE for decorator in kernel.decorators)
        if is_tuned and not self.code.decorators(target.kernel).complete:
            raise BlockedError("a config that is not seen may give it its value")

    # -- calls -----------------------------------------------------------------------------

    def check_call(self, linked: LinkedCall, target: Remove) -> Binding:
        """How a call binds, where it is clear which kernels it reaches, and with what."""
        kernel = self.project.kernels[target.kernel]
        if not linked.complete:
            place = self._place(linked.path, linked.call.span.row)
            raise BlockedError(f"the call at {place} may reach other kernels too")
        binding = linked.binding(kernel)
        problem = misfit(kernel, linked.call, binding, self._fed(target.kernel))
        if problem is not None:
            place = self._place(linked.path, linked.call.span.row)
            raise BlockedError(f"the call at {place} does not fit `{kernel.name}`: {problem}")
        unpacking = binding.may_pass(target.parameter)
        if unpacking is not None:
            place = self._place(linked.path, linked.call.span.row)
            raise BlockedError(f"`{unpacking}` at {place} may pass this argument")
        return binding

    def _fed(self, identity: KernelId) -> frozenset[str] | None:
        """The parameters that configs and heuristics give values to; None if not all are known."""
        use = self.code.decorators(identity)
        kernel = self.project.kernels[identity]
        if not use.complete or any(d.role is Role.UNKNOWN for d in kernel.decorators):
            return None
        return frozenset(key for feed in use.feeds for key in feed.keys)

    def check_left_out(self, linked: LinkedCall, target: Remove, is_fed: bool) -> None:
        """A parameter that a call leaves out gets its value from its default or a config."""
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
        place = self._place(linked.path, linked.call.span.row)
        if has_default or is_tuned:
            raise BlockedError(f"what gives it a value at {place} is not seen")
        raise BlockedError(f"the call at {place} does not pass it, and it has no default")

    def effects(self, path: Path, argument: Argument) -> Iterator[str]:
        """What evaluating a dropped argument does beside giving a value."""
        impure = next((name for name in argument.trusts if name in self._impure), None)
        if argument.pure and impure is None:
            return
        place = self._place(path, argument.span.row)
        if not argument.pure:
            yield f"`{argument.text}` at {place} may have an effect of its own"
        else:
            assert impure is not None
            file = self.show(self._impure[impure])
            yield f"`{argument.text}` at {place} may have an effect: see `{impure}` in {file}"

    @cached_property
    def _impure(self) -> dict[str, Path]:
        """Names of what has an effect when it is looked up or called, with where it is defined."""
        return {name: path for path, facts in self.project.facts.items() for name in facts.impure}


def _signature(kernel: Kernel) -> list[tuple[str, Mode, bool]]:
    return [(p.name, p.mode, p.default is None) for p in kernel.parameters]


def _short(decorator: Decorator) -> str:
    return "@" + decorator.text.partition("(")[0]

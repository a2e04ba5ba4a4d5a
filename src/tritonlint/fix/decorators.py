"""Plans changes of the lists in a kernel's decorators."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.entries import beside_key
from tritonlint.analysis.kinds import infer_kind
from tritonlint.fix.changes import BlockedError, EntryAdded, EntryGone, Plan
from tritonlint.fix.stand_ins import StandIns
from tritonlint.project.identity import KernelId
from tritonlint.remedies import DropEntry, Unspecialize
from tritonlint.survey.facts.kernels import Decorator, Kernel, Role, Use
from tritonlint.triton.libraries import LIBRARY_DECORATORS
from tritonlint.triton.names import NAME_LISTS
from tritonlint.triton.specialization import Kind
from tritonlint.triton.versions import UNKNOWN_KEYS_FAIL

UNSPECIALIZE = "do_not_specialize"


class DecoratorPlanner:
    """Plans changes of decorators; no call changes with them."""

    def __init__(self, analysis: Analysis, stand_ins: StandIns) -> None:
        self.analysis = analysis
        self.project = analysis.project
        self.stand_ins = stand_ins

    def unspecialize(self, target: Unspecialize) -> Plan:
        """Plan to name a parameter in `do_not_specialize` or a similar list.

        Raises:
            BlockedError: it would have no effect, or a bad one, or there is no list for it.
        """
        kernel = self.project.kernels[target.kernel]
        option = target.option
        kind = self._kind(target.kernel, target.parameter)
        if kind is Kind.CONSTEXPR:
            raise BlockedError(f"{option} does nothing for a constexpr: it has to be removed")
        check_choices(kernel)
        names = listed(kernel, option)
        if names is None or (option == UNSPECIALIZE and kind is not Kind.INTEGER):
            raise BlockedError(f"{option} is for plain integers under a `@triton.jit` of their own")
        if target.parameter in names:
            raise BlockedError(f"{option} names it already")
        return Plan(
            frozenset([EntryAdded(target.kernel, option, target.parameter)]),
            f"Name `{target.parameter}` in {option} of `{kernel.name}`",
            tuple(self._unspecialize_doubts(target, kernel)),
        )

    def _unspecialize_doubts(self, target: Unspecialize, kernel: Kernel) -> Iterator[str]:
        """Yield why a person should look before a parameter is named in such a list."""
        parameter = self.project.parameter(target.kernel, target.parameter)
        if parameter is not None and parameter.use is Use.OVERWRITTEN:
            yield "the kernel gives its name other values, which may be of another type"
        yield from list_doubts(kernel, target.option)
        yield from self.stand_ins.with_options(target.kernel, kernel, target.option)

    def drop(self, target: DropEntry) -> Plan:
        """Plan to drop an entry of a list.

        An entry that Triton ignores can go. One that Triton refuses, or that names a parameter,
        was meant to do something.
        """
        kernel = self.project.kernels[target.kernel]
        doubts: tuple[str, ...] = ()
        for decorator in kernel.decorators:
            beside = beside_key(decorator)
            if target.option == "key" and beside is not None and decorator.names("key") != ():
                raise BlockedError(f"`{beside}` of the decorator may go with its `key`")
        if kernel.named([target.entry]):
            doubts = ("it names a parameter",)
        elif target.option not in NAME_LISTS["jit"] and self.analysis.version >= UNKNOWN_KEYS_FAIL:
            doubts = ("Triton 3.9 and newer refuse the entry, so it may be misspelled",)
        doubts += tuple(self.stand_ins.without(target.kernel, kernel, target.entry))
        return Plan(
            frozenset([EntryGone(*target)]),
            f"Remove {_shown(target.entry)} from `{target.option}` of `{kernel.name}`",
            doubts,
        )

    def _kind(self, identity: KernelId, name: str) -> Kind:
        kernel = self.project.kernels[identity]
        parameter = self.project.own_parameter(identity, name)
        launches = self.analysis.links(identity).launches
        # To be named there does no harm to a parameter that is never read, whatever it gets.
        is_guess_enough = self.analysis.is_dead(identity, parameter)
        return infer_kind(kernel, parameter, launches, sure=not is_guess_enough)[0]


def is_of_triton(decorator: Decorator) -> bool:
    """Whether it is one of Triton's own."""
    return decorator.role is not Role.UNKNOWN and not decorator.path


def check_choices(kernel: Kernel) -> None:
    """Make sure that no decorator keeps a choice for one value of an unspecialized integer.

    Raises:
        BlockedError: one does.
    """
    is_tuned = any(d.role in (Role.AUTOTUNE, Role.HEURISTICS) for d in kernel.decorators)
    for decorator in kernel.decorators:
        library = LIBRARY_DECORATORS.get(decorator.library)
        if is_tuned and library is not None and library.keeps_choices:
            raise BlockedError(
                f"`@{decorator.text}` would keep what was chosen for its first value for all others"
            )


def listed(kernel: Kernel, option: str) -> Collection[str] | None:
    """Return the parameters in such a list of the kernel; None if no more can be added."""
    decorator = kernel.own_decorator
    names = decorator.names(option) if decorator is not None else None
    return kernel.named(names) if names is not None else None


def list_doubts(kernel: Kernel, option: str) -> Iterator[str]:
    """Yield why a person should look before its decorator gets such a list."""
    decorator = kernel.own_decorator
    if decorator is None:
        return
    name, _, options = decorator.text.partition("(")
    if name.rpartition(".")[2] != "jit":
        yield f"`@{decorator.text}` may not take `{option}`"
    if re.search(r"\brepr\s*=", options):
        yield "its `repr` sees how the parameter is specialized"


def _shown(entry: str | int) -> str:
    return f'"{entry}"' if isinstance(entry, str) else str(entry)

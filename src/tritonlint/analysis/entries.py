"""The entries of decorators' lists that name parameters of the kernel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tritonlint.project.identity import KernelId
from tritonlint.project.links import LinkedCall
from tritonlint.span import Span
from tritonlint.survey.facts.kernels import Decorator, Kernel, Role
from tritonlint.triton.libraries import LIBRARY_DECORATORS
from tritonlint.triton.names import AUTOTUNE_OPTIONS, NAME_LISTS


class Entry(NamedTuple):
    """One entry of a list: a parameter's name, or its index."""

    identity: KernelId
    kernel: Kernel
    decorator: Decorator
    option: str
    value: str | int
    span: Span

    @property
    def parameter(self) -> str | None:
        """The parameter that it means, or None if there is none."""
        return next(iter(self.kernel.named([self.value])), None)

    @property
    def shown(self) -> str:
        """The entry, as a message shows it."""
        return f"`{self.value}`" if isinstance(self.value, str) else f"index {self.value}"


def entries(kernels: Mapping[KernelId, Kernel]) -> Iterator[Entry]:
    """Yield all entries of Triton's own decorators of kernels."""
    for identity, kernel in kernels.items():
        if kernel.variadic:
            continue
        for decorator in kernel.decorators:
            options = NAME_LISTS.get(decorator.role.value, {})
            if decorator.role is Role.HEURISTICS:
                continue
            for names in decorator.lists:
                if names.option in options and names.names is not None:
                    for value, span in zip(names.names, names.spans, strict=False):
                        yield Entry(identity, kernel, decorator, names.option, value, span)


def chooses(decorator: Decorator) -> bool:
    """Whether an `autotune` has more than one config: it times nothing for a key otherwise."""
    tables = decorator.tables
    if not tables.complete or len(tables.found) > 1:
        return True
    # One dictionary may be that of many configs, in a comprehension.
    return len(tables.lists) != 1 or len(tables.lists[0]) != 1


def goes_through(decorator: Decorator, launch: LinkedCall) -> bool:
    """Whether a launch is known to be one by the decorator, and not by the kernel below it."""
    return not decorator.optional or decorator.call in (launch.call.wrapped or ())


def may_go_through(decorator: Decorator, launch: LinkedCall) -> bool:
    """Whether a launch is not known to be one by the kernel below the decorator."""
    return launch.call.wrapped is None or goes_through(decorator, launch)


def beside_key(decorator: Decorator) -> str | None:
    """Return an option of a wrapped `autotune` that may have an entry for each of `key`."""
    if not decorator.path or not any(names.option == "key" for names in decorator.lists):
        return None
    library = LIBRARY_DECORATORS.get(decorator.library)
    if library is not None and not library.beside_key:
        return None
    for option in decorator.options:
        if option == "**" or (
            option in library.beside_key if library else option not in AUTOTUNE_OPTIONS
        ):
            return option
    return None

"""How the launches and the decorators of a kernel change a parameter's cost."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal, NamedTuple

from tritonlint.analysis.entries import beside_key, chooses
from tritonlint.project.feeding import may_feed_more
from tritonlint.project.links import LinkedCall, Links
from tritonlint.survey.facts.calls import CallForm
from tritonlint.survey.facts.kernels import Decorator, Kernel, Parameter, Role, Use
from tritonlint.triton.annotations import is_constexpr
from tritonlint.triton.names import SPECIALIZATION_LISTS
from tritonlint.triton.specialization import Kind

#: Values that are the same at each launch.
_LITERAL = re.compile(r"-?\d[\w.]*(?:e-?\d+)?|True|False|None|'[^']*'|\"[^\"]*\"")


class _Value(NamedTuple):
    """What a parameter always gets: a literal, or what follows from the dtype of a tensor.

    Attributes:
        source: how a launch writes it; "" if it does not pass it.
        names: the variables of the module that lead to the literal.
    """

    value: str
    of: Literal["launch", "config", "default", "dtype"]
    source: str = ""
    names: tuple[str, ...] = ()


def cost_today(kernel: Kernel, parameter: Parameter, links: Links, replaced: frozenset[str]) -> str:
    """Return the cost if the value never varies by itself, else "".

    Args:
        replaced: the names of attributes that code of the project assigns to.
    """
    if links.references or any(d.role is Role.UNKNOWN for d in kernel.decorators):
        return ""
    if any(_sets(d, parameter.name) for d in kernel.decorators if d.role is Role.HEURISTICS):
        return ""
    found = _found(kernel, parameter, links, replaced)
    if found:
        return f"nothing today: {_why(found)}"
    twin = _twin(kernel, parameter, links)
    return f"nothing today: `{twin}` gets the same value" if twin is not None else ""


def _found(
    kernel: Kernel, parameter: Parameter, links: Links, replaced: frozenset[str]
) -> set[_Value]:
    """Return what a parameter gets at all launches, if that is one value."""
    found: set[_Value] = set()
    for launch in links.launches:
        values = _values(kernel, parameter, launch, links)
        if values is None:
            return set()
        found |= values
    names = {name for each in found for name in each.names}
    is_one = len({each.value for each in found}) == 1
    return found if is_one and replaced.isdisjoint(names) else set()


def _twin(kernel: Kernel, parameter: Parameter, links: Links) -> str | None:
    """Return a parameter that is read, and gets the same value at every launch.

    Whatever compiles or tunes for the one also does for the other.
    """
    if unless_listed(kernel, Kind.INTEGER):
        return None
    twins = {
        other.name
        for other in kernel.parameters
        if other.use is Use.READ and _covers(kernel, other, parameter)
    }
    for launch in links.launches:
        binding = launch.binding(kernel)
        index = binding.arguments.get(parameter.name)
        if index is None or binding.problem is not None or launch.call.through:
            return None
        value = launch.call.arguments[index]
        if not value.pure:
            return None
        arguments = enumerate(launch.call.arguments)
        same = {i for i, other in arguments if (other.text, other.star) == (value.text, "")}
        twins = {name for name in twins if binding.arguments.get(name) in same}
    return min(twins, default=None) if links.launches else None


def _covers(kernel: Kernel, other: Parameter, parameter: Parameter) -> bool:
    """Whether Triton tells all values of a parameter apart by another that gets the same one."""
    if other.name == parameter.name or not all(
        kernel.lists(option, parameter.name) or not kernel.lists(option, other.name)
        for option in SPECIALIZATION_LISTS
    ):
        return False
    for decorator in kernel.decorators:
        keyed = kernel.named(decorator.names("key") or ())
        if parameter.name in keyed and other.name not in keyed:
            return False
    return is_constexpr(other.annotation) or other.annotation == parameter.annotation


def _why(found: Collection[_Value]) -> str:
    """Return why all these values are one."""
    value = next(iter(found)).value
    origins, sources = {each.of for each in found}, {each.source for each in found}
    if origins == {"dtype"}:
        return f"it follows from the dtype of `{value}`, for which Triton compiles anyway"
    if origins == {"config"}:
        return f"every config sets it to `{value}`"
    if origins == {"default"}:
        return f"every launch leaves it at its default `{value}`, and that is one compile"
    if len(sources) == 1 and value not in sources:
        return f"every launch passes `{sources.pop()}`, which is always `{value}`"
    return f"every launch passes `{value}`, and that is one compile"


def _values(
    kernel: Kernel, parameter: Parameter, launch: LinkedCall, links: Links
) -> set[_Value] | None:
    """Return what a parameter may get at a launch; None if it may vary."""
    binding = launch.binding(kernel)
    name = parameter.name
    if binding.problem is not None or binding.may_pass(name) is not None:
        return None
    index = binding.arguments.get(name)
    if index is not None:
        argument = launch.call.arguments[index]
        steady = argument.steady
        if steady is None:
            return None
        if steady.value:
            return {_Value(steady.value, "launch", argument.text, steady.names)}
        passed = {a.text for a in launch.call.arguments if not a.star}
        is_keyed = len(steady.dtypes) == 1 and passed.issuperset(steady.dtypes)
        # The arguments of a function that launches may be those of several calls.
        if not is_keyed or launch.call.through:
            return None
        return {_Value(steady.dtypes[0], "dtype", argument.text)}
    if name in binding.earlier:
        return set()  # The `partial` that passes it is a launch too.
    if launch.call.form is CallForm.PARTIAL or links.config_changes or not _all_seen(kernel):
        return None
    configs = [t for d in kernel.decorators if d.role is Role.AUTOTUNE for t in d.tables.found]
    setting = [table for table in configs if name in dict(table.items)]
    values = [dict(table.literals).get(name) for table in setting]
    if len(setting) < len(configs) or not configs:
        values.append(parameter.default)
    if any(value is None or not _LITERAL.fullmatch(value) for value in values):
        return None
    of: Literal["config", "default"] = "config" if setting else "default"
    return {_Value(value, of) for value in values if value is not None}


def _all_seen(kernel: Kernel) -> bool:
    """Whether all configs of a kernel are seen."""
    return all(
        decorator.tables.complete and not may_feed_more(decorator)
        for decorator in kernel.decorators
        if decorator.role is Role.AUTOTUNE
    )


def _sets(decorator: Decorator, parameter: str) -> bool:
    """Whether a heuristic may set a parameter, whatever a launch passes."""
    tables = decorator.tables
    return not tables.complete or any(parameter in dict(t.items) for t in tables.found)


def tuning(kernel: Kernel, parameter: str) -> str:
    """Return what a parameter costs because it is in the key of an autotuner, as a clause."""
    for decorator in kernel.decorators:
        named = kernel.named(decorator.names("key") or ())
        if parameter in named and decorator.role is Role.AUTOTUNE and chooses(decorator):
            # Another option may put buckets of the values into the key.
            new = "each new value" if beside_key(decorator) is None else "a new value often"
            return f"; it is in the autotune key too, so {new} tunes the kernel again"
    return ""


def unless_listed(kernel: Kernel, kind: Kind) -> str:
    """Return what the cost depends on, if a list of the decorator cannot be read."""
    unread = [
        option
        for option in SPECIALIZATION_LISTS
        for decorator in kernel.decorators
        if decorator.role is Role.JIT and decorator.names(option) is None
    ]
    return f", unless `{unread[0]}` has it" if unread and kind is not Kind.CONSTEXPR else ""

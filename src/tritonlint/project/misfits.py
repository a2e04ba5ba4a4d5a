"""Calls that cannot bind to their kernel: Triton refuses them when they run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tritonlint.project.binding import misfit
from tritonlint.project.identity import KernelId
from tritonlint.project.links import LinkedCall
from tritonlint.project.project import Project
from tritonlint.survey.facts.calls import Call, CallForm
from tritonlint.survey.facts.kernels import Decorator, Kernel, Role
from tritonlint.survey.facts.references import Escape
from tritonlint.triton.annotations import is_constexpr
from tritonlint.triton.backends import COMPILE_OPTIONS
from tritonlint.triton.libraries import LIBRARY_DECORATORS
from tritonlint.triton.names import AUTOTUNE_OPTIONS, CONFIG_OPTIONS, RUN_KEYWORDS

_KNOWN = frozenset({Role.JIT, Role.AUTOTUNE, Role.HEURISTICS, Role.TRANSPARENT})
#: Uses that replace a kernel by something else.
_REPLACING = frozenset({Escape.SET, Escape.REPLACED})


class Misfit(NamedTuple):
    """A call that cannot bind to `kernel`, and why, in words."""

    path: Path
    call: Call
    kernel: KernelId
    problem: str


def misfits(project: Project) -> Iterator[Misfit]:
    """Yield the calls that only reach kernels of the project, and fit none of them."""
    seen: set[tuple[Path, Call]] = set()
    for links in project.links.values():
        for linked in links.calls:
            place = linked.path, linked.call
            if linked.complete and not linked.call.may_fail and place not in seen:
                seen.add(place)
                yield from _misfit(project, linked)


def _misfit(project: Project, linked: LinkedCall) -> Iterator[Misfit]:
    problems = []
    for identity in linked.kernels:
        kernel = project.kernels[identity]
        references = project.links[identity].references
        if any(mention.reference.escape in _REPLACING for mention in references):
            return
        problem = _problem(project, identity, linked) if _is_plain(kernel) else None
        if problem is None:
            return
        problems.append(Misfit(linked.path, linked.call, identity, problem))
    yield from problems[:1]


def _is_plain(kernel: Kernel) -> bool:
    """Whether nothing but Triton binds the arguments."""
    roles = [decorator.role for decorator in kernel.decorators]
    alone = roles.count(Role.JIT) == 1 and kernel.wraps <= 1
    return alone and _KNOWN.issuperset(roles) and not kernel.variadic


def _problem(project: Project, identity: KernelId, linked: LinkedCall) -> str | None:
    kernel = project.kernels[identity]
    binding = linked.binding(kernel)
    problem = misfit(kernel, linked.call, binding, _fed(kernel))
    if problem is not None or linked.call.form in (CallForm.DEVICE, CallForm.TRITON_CALL):
        return problem
    unknown = set(binding.options) - COMPILE_OPTIONS - RUN_KEYWORDS
    # An option of the compiler is a constant, and not a variable of another kernel.
    for other in project.facts[identity.path].kernels if unknown else ():
        for parameter in other.parameters:
            if parameter.name in unknown and not is_constexpr(parameter.annotation):
                return f"it has no parameter `{parameter.name}`"
    return None


def may_feed_more(decorator: Decorator) -> bool:
    """Whether a decorator may set parameters that are in none of its dictionaries.

    A pruning function may return other configs, and so may an option that Triton does not have.
    """
    if decorator.role is not Role.AUTOTUNE:
        return False
    library = LIBRARY_DECORATORS.get(decorator.library)
    known = AUTOTUNE_OPTIONS | {"**"} | (library.own_options if library is not None else set())
    return "prune_configs_by" in decorator.options or not known.issuperset(decorator.options)


def _fed(kernel: Kernel) -> frozenset[str] | None:
    fed: set[str] = set()
    for decorator in kernel.decorators:
        if not decorator.tables.complete or may_feed_more(decorator):
            return None
        fed.update(key for table in decorator.tables.found for key in table.keys)
        if decorator.role is Role.AUTOTUNE:
            # A config passes its options as arguments (autotuner.py, `Config.all_kwargs`).
            fed |= CONFIG_OPTIONS
    return frozenset(fed)

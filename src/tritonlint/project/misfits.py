"""Calls that cannot bind to their kernel: Triton refuses them when they run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tritonlint.files.paths import is_of_tests
from tritonlint.project.binding import misfit
from tritonlint.project.feeding import as_called, fed_by_decorators, is_plain
from tritonlint.project.identity import KernelId
from tritonlint.project.links import LinkedCall
from tritonlint.project.project import Project
from tritonlint.survey.facts.calls import Call, CallForm
from tritonlint.survey.facts.kernels import Kernel
from tritonlint.survey.facts.references import Escape
from tritonlint.triton.annotations import is_constexpr
from tritonlint.triton.backends import COMPILE_OPTIONS
from tritonlint.triton.names import RUN_KEYWORDS

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
            if linked.complete and not _may_be_meant(project, linked) and place not in seen:
                seen.add(place)
                yield from _misfit(project, linked)


def _may_be_meant(project: Project, linked: LinkedCall) -> bool:
    """Whether a call may be there to fail: in a test, or where errors are caught.

    In a test's file, other functions than tests may be called from anywhere to fail.
    """
    call = linked.call
    name = call.function.rpartition(".")[2]
    in_helper = call.kernel is None and bool(name) and not name.lower().startswith("test")
    if call.may_fail or call.tried:
        return True
    return in_helper and is_of_tests(project.relative(linked.path))


def _misfit(project: Project, linked: LinkedCall) -> Iterator[Misfit]:
    problems = []
    for identity in linked.kernels:
        kernel = project.kernels[identity]
        links = project.links[identity]
        if any(mention.reference.escape in _REPLACING for mention in links.references):
            return
        if links.config_changes:
            return
        if not is_plain(kernel) or _has_private_names(kernel):
            return
        problem = _problem(project, identity, linked)
        if problem is None:
            return
        problems.append(Misfit(linked.path, linked.call, identity, problem))
    yield from problems[:1]


def _has_private_names(kernel: Kernel) -> bool:
    """Whether a class around it may give a parameter another name: `__n` of `Op` is `_Op__n`."""
    private = [p for p in kernel.parameters if p.name[:2] == "__" != p.name[-2:]]
    return "." in kernel.qualname and bool(private)


def _problem(project: Project, identity: KernelId, linked: LinkedCall) -> str | None:
    kernel = project.kernels[identity]
    binding = linked.binding(kernel)
    called = as_called(identity, kernel, linked.path, linked.call)
    problem = misfit(kernel, linked.call, binding, fed_by_decorators(called))
    if problem is not None or linked.call.form in (CallForm.DEVICE, CallForm.TRITON_CALL):
        return problem
    unknown = set(binding.options) - COMPILE_OPTIONS - RUN_KEYWORDS
    # An option of the compiler is a constant, and not a variable of another kernel.
    for other in project.facts[identity.path].kernels if unknown else ():
        for parameter in other.parameters:
            if parameter.name in unknown and not is_constexpr(parameter.annotation):
                return f"it has no parameter `{parameter.name}`"
    return None

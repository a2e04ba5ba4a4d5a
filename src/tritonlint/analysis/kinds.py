"""What a kernel's parameter receives: from its annotation, then its launches, then its name."""

from __future__ import annotations

from collections.abc import Iterable

from tritonlint.project.binding import bind
from tritonlint.project.links import LinkedCall
from tritonlint.specialization import Kind, annotation_type, is_constexpr
from tritonlint.survey.evidence import agreed
from tritonlint.survey.facts import Evidence, Kernel, Parameter

_POINTER_NAMES = ("_ptr", "_ptrs", "_pointer")

_KINDS = {
    Evidence.INTEGER: Kind.INTEGER,
    Evidence.BOOLEAN: Kind.INTEGER,
    Evidence.FLOAT: Kind.FLOAT,
    Evidence.TENSOR: Kind.POINTER,
}


def infer_kind(
    kernel: Kernel, parameter: Parameter, launches: Iterable[LinkedCall]
) -> tuple[Kind, bool]:
    """The parameter's kind, and whether it is an integer that is only ever a boolean."""
    if is_constexpr(parameter.annotation):
        return Kind.CONSTEXPR, False
    fixed = annotation_type(parameter.annotation)
    if fixed:
        return _kind_of_type(fixed), fixed == "u1"
    if "pointer" in parameter.annotation:
        return Kind.POINTER, False
    found = _launch_evidence(kernel, parameter, launches)
    if found in _KINDS:
        return _KINDS[found], found is Evidence.BOOLEAN
    if parameter.name.lower().endswith(_POINTER_NAMES):
        return Kind.POINTER, False
    return Kind.UNKNOWN, False


def _kind_of_type(fixed: str) -> Kind:
    if fixed.startswith("*"):
        return Kind.POINTER
    return Kind.FLOAT if fixed.startswith(("fp", "bf")) else Kind.INTEGER


def _launch_evidence(
    kernel: Kernel, parameter: Parameter, launches: Iterable[LinkedCall]
) -> Evidence:
    found = []
    for launch in launches:
        index = bind(kernel, launch.call).arguments.get(parameter.name)
        if index is not None:
            found.append(launch.call.arguments[index].evidence)
    if parameter.default is not None:
        found.append(parameter.evidence)
    return agreed(found)

"""What a kernel's parameter receives: by its annotation, then its launches, then its name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tritonlint.project.links import LinkedCall
from tritonlint.survey.evidence import agreed
from tritonlint.survey.facts.kernels import Kernel, Parameter
from tritonlint.survey.facts.values import Evidence
from tritonlint.survey.hints import named
from tritonlint.triton.annotations import annotation_type, is_constexpr
from tritonlint.triton.specialization import Kind

#: `x_ptr`, `XPtr`, `ptr_x`, `desc_q`, `q_desc`: a tensor descriptor is keyed like a pointer.
_POINTER_NAME = re.compile(
    r"\w*(?:_ptrs?|_pointer|Ptrs?|_desc)|(?:ptr|desc|pointer)_\w+|ptr\d*", re.ASCII
)

_KINDS = {
    Evidence.INTEGER: Kind.INTEGER,
    Evidence.BOOLEAN: Kind.INTEGER,
    Evidence.FLOAT: Kind.FLOAT,
    Evidence.TENSOR: Kind.POINTER,
}


def infer_kind(
    kernel: Kernel, parameter: Parameter, launches: Iterable[LinkedCall], sure: bool = False
) -> tuple[Kind, bool]:
    """Return the parameter's kind, and whether it is an integer that is always a boolean.

    With `sure`, defaults and names on the host are ignored.
    """
    if is_constexpr(parameter.annotation):
        return Kind.CONSTEXPR, False
    fixed = annotation_type(parameter.annotation)
    if fixed:
        return _kind_of_type(fixed), fixed == "u1"
    if "pointer" in parameter.annotation:
        return Kind.POINTER, False
    launches = tuple(launches)
    if sure and any(launch.binding(kernel).may_pass(parameter.name) for launch in launches):
        return Kind.UNKNOWN, False
    found = _launch_evidence(kernel, parameter, launches)
    if found in _KINDS:
        return _KINDS[found], found is Evidence.BOOLEAN
    if _POINTER_NAME.fullmatch(parameter.name) or _POINTER_NAME.fullmatch(parameter.name.lower()):
        return Kind.POINTER, False
    if sure:
        return Kind.UNKNOWN, False
    hint = _launch_evidence(kernel, parameter, launches, with_hints=True)
    if hint not in _KINDS:
        hint = named(parameter.name)
    return _KINDS.get(hint, Kind.UNKNOWN), hint is Evidence.BOOLEAN


def _kind_of_type(fixed: str) -> Kind:
    if fixed.startswith("*"):
        return Kind.POINTER
    return Kind.FLOAT if fixed.startswith(("fp", "bf")) else Kind.INTEGER


def _launch_evidence(
    kernel: Kernel,
    parameter: Parameter,
    launches: Iterable[LinkedCall],
    with_hints: bool = False,
) -> Evidence:
    found = []
    for launch in launches:
        index = launch.binding(kernel).arguments.get(parameter.name)
        if index is not None:
            argument = launch.call.arguments[index]
            known = argument.evidence
            is_hinted = with_hints and known is Evidence.UNKNOWN
            found.append(argument.hint if is_hinted else known)
    if parameter.default is not None:
        found.append(parameter.evidence)
    return agreed(found)

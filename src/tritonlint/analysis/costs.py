"""How the launches and the decorators of a kernel change a parameter's cost."""

from __future__ import annotations

import re

from tritonlint.project.links import Links
from tritonlint.survey.facts.calls import CallForm
from tritonlint.survey.facts.kernels import Kernel, Parameter, Role
from tritonlint.triton.names import SPECIALIZATION_LISTS
from tritonlint.triton.specialization import Kind

#: Values that are the same at each launch.
_LITERAL = re.compile(r"-?\d[\w.]*(?:e-?\d+)?|True|False|None|'[^']*'|\"[^\"]*\"")


def cost_today(kernel: Kernel, parameter: Parameter, links: Links) -> str:
    """Return the cost if every launch passes the same literal, else ""."""
    values: set[str | None] = set()
    for launch in links.launches:
        binding = launch.binding(kernel)
        index = binding.arguments.get(parameter.name)
        if binding.problem is not None or binding.may_pass(parameter.name) is not None:
            return ""
        if index is None and launch.call.form is CallForm.PARTIAL:
            return ""
        text = launch.call.arguments[index].text if index is not None else parameter.default
        values.add(text)
    tuned = any(d.role not in (Role.JIT, Role.TRANSPARENT) for d in kernel.decorators)
    value = values.pop() if len(values) == 1 else None
    if value is None or links.references or tuned or not _LITERAL.fullmatch(value):
        return ""
    return f"nothing today: every launch passes `{value}`, and that is one compile"


def unless_listed(kernel: Kernel, kind: Kind) -> str:
    """Return what the cost depends on, if a list of the decorator cannot be read."""
    unread = [
        option
        for option in SPECIALIZATION_LISTS
        for decorator in kernel.decorators
        if decorator.role is Role.JIT and decorator.names(option) is None
    ]
    return f", unless `{unread[0]}` has it" if unread and kind is not Kind.CONSTEXPR else ""

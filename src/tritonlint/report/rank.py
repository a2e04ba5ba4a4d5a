"""The order of findings for people: the highest cost comes first."""

from __future__ import annotations

import re

from tritonlint.diagnostics import Diagnostic, LaunchSite
from tritonlint.triton.specialization import Variants

_NUMBER = re.compile(r"[-+\d.xXeE_a-fA-F]+|True|False|None|'[^']*'|\"[^\"]*\"")
_STRIDE = re.compile(r"\bstrides?\b|_stride\b|\bstride_")
#: One compile for each value.
_MANY = 1_000


def rank(diagnostic: Diagnostic) -> tuple[float, bool, int, int, int]:
    """Sorts findings by cost, the highest first; those of equal cost keep their order.

    First come findings that a trace saw, by their seconds. Then come arguments that a launch
    varies, then strides, which follow from a tensor's layout, then values that are the same at each
    launch. Among these, more compiles come before fewer. Last come parameters that add no compile
    today.
    """
    launches = diagnostic.launches
    varies = min(map(_steadiness, launches), default=1)
    if launches and len({launch.argument for launch in launches}) > 1:
        # Two different constants are two values.
        varies = min(varies, 1)
    seconds = diagnostic.observed.seconds if diagnostic.observed else 0.0
    compiles = _compiles(diagnostic.variants)
    return -seconds, diagnostic.costs_nothing, varies, -compiles, -len(launches)


def _steadiness(launch: LaunchSite) -> int:
    """0 for an argument that may vary, 1 for a stride, 2 for a constant."""
    argument = launch.argument
    if argument is None or _NUMBER.fullmatch(argument):
        return 2
    return 1 if _STRIDE.search(argument) else 0


def _compiles(variants: Variants | None) -> int:
    if variants is None:
        return 0
    return _MANY if variants.compiles is None else variants.compiles

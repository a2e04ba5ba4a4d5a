"""TRL201: name in a decorator's list that is not a parameter of the kernel."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.entries import Entry, entries
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.remedies import DropEntry
from tritonlint.triton.names import SPECIALIZATION_LISTS
from tritonlint.triton.versions import UNKNOWN_KEYS_FAIL

RULE = Rule(
    code="TRL201",
    name="unknown-name",
    summary="name in a decorator's list that is no parameter of the kernel",
    fixable=True,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for entry in entries(analysis.kernels):
        if entry.parameter is not None:
            continue
        of_autotune = entry.option not in SPECIALIZATION_LISTS
        fails = of_autotune and analysis.version >= UNKNOWN_KEYS_FAIL
        effect = "Triton 3.9 and newer refuse that" if fails else "Triton ignores it"
        meant = _meant(entry)
        guess = f"; did you mean `{meant}`?" if meant is not None else ""
        name = entry.kernel.name
        yield Diagnostic(
            code=RULE.code,
            name=RULE.name,
            message=f"`{entry.option}` names {entry.shown}, which is no parameter of `{name}`: "
            f"{effect}{guess}",
            path=entry.identity.path,
            span=entry.span,
            help=f"Name a parameter of `{name}`, or take the entry out of `{entry.option}`",
            kernel=name,
            remedies=(DropEntry(entry.identity, entry.option, entry.value),),
        )


def _meant(entry: Entry) -> str | None:
    """Return the parameter that a misspelled entry may mean: similar, or with reordered words."""
    if isinstance(entry.value, int):
        return None
    names = [parameter.name for parameter in entry.kernel.parameters]
    words = sorted(entry.value.lower().split("_"))
    turned = [name for name in names if sorted(name.lower().split("_")) == words]
    near = turned or difflib.get_close_matches(entry.value, names, n=1, cutoff=0.8)
    return near[0] if near else None

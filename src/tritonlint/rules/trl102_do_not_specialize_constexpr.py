"""TRL102: constexpr in a list of what not to specialize."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.entries import entries
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.remedies import DropEntry, Unannotate
from tritonlint.triton.annotations import is_constexpr
from tritonlint.triton.names import SPECIALIZATION_LISTS
from tritonlint.triton.specialization import Kind, variants
from tritonlint.triton.versions import CONSTEXPR_IN_LISTS_FAILS

RULE = Rule(
    code="TRL102",
    name="do-not-specialize-constexpr",
    summary="constexpr in a list of what not to specialize",
    fixable=True,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    fails = analysis.version >= CONSTEXPR_IN_LISTS_FAILS
    for entry in entries(analysis.kernels):
        parameter = entry.kernel.parameter(entry.parameter or "")
        if entry.option not in SPECIALIZATION_LISTS or parameter is None:
            continue
        if not is_constexpr(parameter.annotation):
            continue
        effect = "which Triton 3.6 and newer refuse" if fails else "which has no effect"
        yield Diagnostic(
            code=RULE.code,
            name=RULE.name,
            message=f"`{parameter.name}` is a constexpr, and `{entry.option}` names it, {effect}",
            path=entry.identity.path,
            span=entry.span,
            help=f"Drop `: tl.constexpr` from `{parameter.name}`, or take it out of "
            f"`{entry.option}`",
            cost="one compile for every distinct value",
            kernel=entry.kernel.name,
            parameter=parameter.name,
            kind=Kind.CONSTEXPR,
            variants=variants(Kind.CONSTEXPR),
            remedies=(
                Unannotate(entry.identity, parameter.name),
                DropEntry(entry.identity, entry.option, entry.value),
            ),
        )

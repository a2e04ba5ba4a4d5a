"""TRL501: parameter that is only used as a scalar, and keyed by divisibility by 16."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.inert import scalar_parameters
from tritonlint.diagnostics import Diagnostic, Question, Rule
from tritonlint.rules.inert import diagnose_inert
from tritonlint.triton.specialization import Kind

RULE = Rule(
    code="TRL501",
    name="inert-alignment",
    summary="parameter whose divisibility by 16 changes no code",
    fixable=True,
    default=False,
    needs_proof=True,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for scalar in scalar_parameters(analysis):
        is_number = scalar.kind is Kind.INTEGER
        yield diagnose_inert(
            RULE,
            scalar,
            "is only compared with scalars or bounds a loop"
            if is_number
            else "is only read one element at a time",
            "one more compile, for values divisible by 16, which may gain nothing"
            if is_number
            else "one more compile, for addresses divisible by 16, which may gain nothing",
            "do_not_specialize_on_alignment",
            Question.ALIGNMENT,
        )

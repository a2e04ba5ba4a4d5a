"""TRL502: integer that only checks read, but that Triton specializes."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Question, Rule
from tritonlint.rules.inert import diagnose_inert
from tritonlint.triton.specialization import Kind

RULE = Rule(
    code="TRL502",
    name="inert-specialization",
    summary="integer whose value and divisibility change no code",
    fixable=True,
    default=False,
    needs_proof=True,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for checked in analysis.checked_parameters:
        if checked.kind is Kind.INTEGER and (checked.variants.compiles or 0) > 1:
            yield diagnose_inert(
                RULE,
                checked,
                "is only read by assertions, assumptions or debugging output",
                f"up to {checked.variants.compiles} compiles, which may gain nothing",
                "do_not_specialize",
                Question.VALUE,
            )

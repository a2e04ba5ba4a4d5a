"""TRL903: a launch whose arguments do not fit the kernel's signature."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.project.misfits import misfits
from tritonlint.survey.facts.calls import CallForm

RULE = Rule(
    code="TRL903",
    name="launch-does-not-bind",
    summary="launch whose arguments do not fit the kernel's signature",
    fixable=False,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for path, call, identity, problem in misfits(analysis.project):
        kernel = analysis.project.kernels[identity]
        what = "call" if call.form is CallForm.DEVICE else "launch"
        yield Diagnostic(
            code=RULE.code,
            name=RULE.name,
            message=f"this {what} does not fit `{kernel.name}`: {problem}",
            path=path,
            span=call.span,
            help=f"Make the {what} and the signature of `{kernel.name}` agree",
            kernel=kernel.name,
        )

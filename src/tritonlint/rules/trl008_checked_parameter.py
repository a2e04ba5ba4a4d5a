"""TRL008: parameter that only assertions, assumptions and debugging output read."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.rules.dead import diagnose

RULE = Rule(
    code="TRL008",
    name="checked-parameter",
    summary="parameter that only assertions, assumptions and debugging output read",
    fixable=False,
    default=False,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for checked in analysis.checked_parameters:
        if not checked.never_respecialized and not checked.is_unspecialized:
            found = diagnose(RULE, checked, "is read only by assertions or debugging output")
            name, kernel = checked.parameter.name, checked.kernel.name
            help = (
                f"Check `{name}` before `{kernel}` is launched, if the check is worth a parameter"
            )
            yield found._replace(help=help, remedies=(), needs_fix=False, question=None)

"""The common part of rules about specialization that gains nothing."""

from __future__ import annotations

from tritonlint.analysis.dead import KernelParameter
from tritonlint.diagnostics import Diagnostic, Question, Rule
from tritonlint.remedies import Unspecialize


def diagnose_inert(
    rule: Rule, about: KernelParameter, what: str, cost: str, option: str, question: Question
) -> Diagnostic:
    """Return the finding: `what` is how the parameter is used, and `option` the list to name it in.

    It is a guess until the compiler has answered `question`.
    """
    name = about.parameter.name
    return Diagnostic(
        code=rule.code,
        name=rule.name,
        message=f"`{name}` {what}",
        path=about.identity.path,
        span=about.parameter.span,
        help=f"Name `{name}` in {option} of `{about.kernel.name}` if `tritonlint verify` proves "
        "that its code is the same",
        cost=cost,
        kernel=about.kernel.name,
        parameter=name,
        kind=about.kind,
        variants=about.variants,
        launches=about.launches,
        remedies=(Unspecialize(about.identity, name, option),),
        question=question,
    )

"""The common part of rules about dead parameters: one finding for each, in the same words."""

from __future__ import annotations

from tritonlint.analysis.dead import KernelParameter
from tritonlint.diagnostics import Diagnostic, Question, Rule
from tritonlint.remedies import Remedy, Remove, Unannotate, Unspecialize
from tritonlint.triton.specialization import Kind


def diagnose(rule: Rule, dead: KernelParameter, what: str) -> Diagnostic:
    """Return the finding: `what` says what is wrong with the parameter, and its cost follows."""
    name = dead.parameter.name
    remedies: list[Remedy] = [Remove(dead.identity, name), Unspecialize(dead.identity, name)]
    if dead.kind is Kind.CONSTEXPR:
        remedies.insert(1, Unannotate(dead.identity, name))
    launches = len(dead.launches)
    places = {0: "", 1: " and from its launch"}.get(launches, f" and from its {launches} launches")
    return Diagnostic(
        code=rule.code,
        name=rule.name,
        message=f"`{name}` {what}",
        path=dead.identity.path,
        span=dead.parameter.span,
        help=f"Remove `{name}` from the signature of `{dead.kernel.name}`{places}",
        cost=dead.cost,
        kernel=dead.kernel.name,
        parameter=name,
        kind=dead.kind,
        variants=dead.variants,
        launches=dead.launches,
        remedies=tuple(remedies),
        # If it costs a single compile, removing it only makes the code tidier.
        needs_fix=dead.is_unspecialized,
        question=Question.UNUSED,
    )

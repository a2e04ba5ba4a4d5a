"""The common part of rules about dead parameters: one finding for each, in the same words."""

from __future__ import annotations

from tritonlint.analysis.dead import KernelParameter
from tritonlint.diagnostics import Diagnostic, Question, Rule
from tritonlint.remedies import Remedy, Remove, Unannotate, Unspecialize
from tritonlint.triton.specialization import Kind


def diagnose(rule: Rule, dead: KernelParameter, what: str) -> Diagnostic:
    """Return the finding: `what` says what is wrong with the parameter, and its cost follows."""
    name = dead.parameter.name
    remedies: list[Remedy] = [Remove(dead.identity, name)]
    if not dead.costs_nothing:
        if dead.kind is Kind.CONSTEXPR:
            remedies.append(Unannotate(dead.identity, name))
        remedies.append(Unspecialize(dead.identity, name))
    useless = ""
    if dead.costs_nothing:
        is_constexpr = dead.kind is Kind.CONSTEXPR
        other = "drop its `tl.constexpr`" if is_constexpr else "name it in do_not_specialize"
        useless = f"; to {other} would gain nothing"
    launches = len(dead.launches)
    places = {0: "", 1: " and from its launch"}.get(launches, f" and from its {launches} launches")
    return Diagnostic(
        code=rule.code,
        name=rule.name,
        message=f"`{name}` {what}",
        path=dead.identity.path,
        span=dead.parameter.span,
        help=f"Remove `{name}` from the signature of `{dead.kernel.name}`{places}{useless}",
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
        costs_nothing=dead.costs_nothing,
    )

"""The common part of rules about constexprs that are read."""

from __future__ import annotations

from tritonlint.analysis.live import LiveConstexpr
from tritonlint.analysis.ratings import Rating
from tritonlint.diagnostics import Diagnostic, Question, Rule
from tritonlint.remedies import Unannotate
from tritonlint.triton.specialization import Kind, variants


def diagnose_constexpr(
    rule: Rule, live: LiveConstexpr, rating: Rating, what: str, help: str
) -> Diagnostic:
    """Return the finding: `what` says what is wrong, and the origin of the value follows."""
    name = live.parameter.name
    return Diagnostic(
        code=rule.code,
        name=rule.name,
        message=f"`{name}` is a constexpr {what}: it {rating.reason}",
        path=live.identity.path,
        span=live.parameter.span,
        help=help,
        cost=f"one compile for every distinct value of `{rating.value}`",
        kernel=live.kernel.name,
        parameter=name,
        kind=Kind.CONSTEXPR,
        variants=variants(Kind.CONSTEXPR),
        launches=tuple(passed.site for passed in live.passed),
        remedies=(Unannotate(live.identity, name),) if rule.fixable else (),
        question=Question.RUNTIME if rule.fixable else None,
    )

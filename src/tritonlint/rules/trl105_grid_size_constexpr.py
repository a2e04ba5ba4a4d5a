"""TRL105: constexpr that is the number of programs of its own grid."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.live import LiveConstexpr
from tritonlint.analysis.ratings import Rate, Rating
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.rules.live import diagnose_constexpr
from tritonlint.survey.facts.kernels import Mark
from tritonlint.survey.facts.values import NumberOrigin

RULE = Rule(
    code="TRL105",
    name="grid-size-constexpr",
    summary="constexpr that is the number of programs of its own grid",
    fixable=False,
    default=False,
)

_KNOWN = frozenset({NumberOrigin.LITERAL, NumberOrigin.CONSTANT, NumberOrigin.FLAG})


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for live in analysis.live.constexprs:
        if live.need.reason is not None or Mark.FOLDED in live.need.marks:
            continue
        axis = _axis(live)
        if axis is not None:
            text = live.passed[0].argument.text
            rating = Rating(Rate.UNKNOWN, text, f"is `{text}`, as is the grid")
            yield diagnose_constexpr(
                RULE,
                live,
                rating,
                "with the number of programs",
                f"Use `tl.num_programs({axis})` in `{live.kernel.name}`",
            )


def _axis(live: LiveConstexpr) -> int | None:
    """Return the direction of the grid whose size the parameter is, at every launch."""
    axes = set()
    for passed in live.passed:
        programs, text = passed.launch.call.programs, passed.argument.text
        leaves = passed.argument.provenance.leaves
        if programs.count(text) != 1 or all(leaf.origin in _KNOWN for leaf in leaves):
            return None
        axes.add(programs.index(text))
    return axes.pop() if len(axes) == 1 else None

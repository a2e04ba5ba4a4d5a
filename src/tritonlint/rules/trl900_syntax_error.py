"""TRL900: a file that mentions Triton and cannot be parsed."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule

RULE = Rule(
    code="TRL900",
    name="syntax-error",
    summary="file that mentions Triton and cannot be parsed",
    fixable=False,
)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    for path in sorted(analysis.project.subjects):
        for problem in analysis.project.facts[path].problems:
            yield Diagnostic(
                code=RULE.code,
                name=RULE.name,
                message=f"cannot be checked: {problem.message}",
                path=path,
                span=problem.span,
                help="Correct the file, or run tritonlint under the Python that it is written for",
            )

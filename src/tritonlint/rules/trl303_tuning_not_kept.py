"""TRL303: tuning of many configs that each process repeats."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis, Callers
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.survey.facts.kernels import Role
from tritonlint.triton.versions import TritonVersion

RULE = Rule(
    code="TRL303",
    name="tuning-not-kept",
    summary="tuning of many configs that each process repeats",
    fixable=False,
    default=False,
)

#: With this many configs, keeping the results on disk is worth it.
_MANY = 8
#: The first release whose `autotune` has `cache_results` (triton/runtime/autotuner.py).
_SINCE = TritonVersion(3, 4)


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    if analysis.version < _SINCE:
        return
    for identity, kernel in analysis.kernels.items():
        for decorator in kernel.decorators:
            count = len(decorator.tables.found)
            kept = {"cache_results", "**"} & {*decorator.options}
            if decorator.role is not Role.AUTOTUNE or count < _MANY or kept:
                continue
            # Another library's `autotune` may keep its results in its own way.
            if decorator.path:
                continue
            if analysis.callers(identity) is not Callers.LAUNCHED:
                continue
            yield Diagnostic(
                code=RULE.code,
                name=RULE.name,
                message=f"`{kernel.name}` is tuned again by every process",
                path=identity.path,
                span=kernel.span,
                help="Give `cache_results=True` to `triton.autotune`, and keep the cache directory",
                cost=f"compiling and timing {count} configs for every key and process",
                kernel=kernel.name,
            )

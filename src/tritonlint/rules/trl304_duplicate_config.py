"""TRL304: config of an autotuned kernel that is in its list twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tritonlint.analysis.dead import Analysis, Callers
from tritonlint.diagnostics import Diagnostic, Rule
from tritonlint.span import Span
from tritonlint.survey.facts.kernels import Decorator, Role
from tritonlint.survey.facts.lookups import Config
from tritonlint.triton.configs import config_defaults
from tritonlint.triton.libraries import LIBRARY_DECORATORS

RULE = Rule(
    code="TRL304",
    name="duplicate-config",
    summary="config of an autotuned kernel that is in its list twice",
    fixable=False,
    default=False,
)

#: Functions that get the list before it is timed may remove duplicates.
_PRUNING = {"prune_configs_by", "**"}


def check(analysis: Analysis) -> Iterator[Diagnostic]:
    """Find them."""
    defaults = config_defaults(analysis.version)
    #: Kernels may share a list.
    told: set[tuple[Path, Span]] = set()
    for identity, kernel in analysis.kernels.items():
        if analysis.callers(identity) is Callers.HELPER:
            continue
        # `kernel.configs = unique(kernel.configs)`
        if analysis.links(identity).config_changes:
            continue
        for decorator in filter(_times_all, kernel.decorators):
            for configs in decorator.tables.lists:
                first: dict[tuple[object, object], Config] = {}
                for config in configs:
                    options = {**defaults, **dict(config.options)}
                    same = first.setdefault((config.values, frozenset(options.items())), config)
                    if same is config or (identity.path, config.span) in told:
                        continue
                    told.add((identity.path, config.span))
                    yield Diagnostic(
                        code=RULE.code,
                        name=RULE.name,
                        message=f"this config of `{kernel.name}` is the same as an earlier one, in "
                        f"line {same.span.row}",
                        path=identity.path,
                        span=config.span,
                        help="Remove one of the two, or change what was meant to be different",
                        cost="timing the same config once more for every key",
                        kernel=kernel.name,
                    )


def _times_all(decorator: Decorator) -> bool:
    """Whether it times each given config, even if it is equal to another."""
    if decorator.role is not Role.AUTOTUNE or _PRUNING & {*decorator.options}:
        return False
    library = LIBRARY_DECORATORS.get(decorator.library)
    if library is None:
        return not decorator.path
    return not library.keeps_timings

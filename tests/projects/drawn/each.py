"""Projects that are plain except for one decision: each option of each table alone."""

from __future__ import annotations

from collections.abc import Iterator

from drawn import effects, extras, grids, kernels, launches, layouts, overwritten, tuning

_TUNED = {"project.kernel0.tuning": "autotune"}
_GIVEN = {"project.kernel0.use0.arguments": "constexpr by keyword"}
#: A decision, its options, and what else has to be decided for it to matter.
_TABLES: tuple[tuple[str, tuple[str, ...], dict[str, str]], ...] = (
    ("layout", tuple(layouts.LAYOUTS), {}),
    ("kernel0.dead", kernels.DEAD, {}),
    ("kernel0.form", kernels.FORMS, {}),
    ("kernel0.shape", tuple(overwritten.SHAPES), {"project.kernel0.dead": "overwritten"}),
    ("kernel0.extra", tuple(extras.EXTRAS), {}),
    ("kernel0.use0.import", tuple(layouts.IMPORTS), {"project.kernel0.use0.where": "ops"}),
    ("kernel0.use0.launch", tuple(launches.WAYS), {}),
    ("kernel0.use0.grid", tuple(grids.GRIDS), {}),
    (
        "kernel0.use0.value",
        tuple(effects.INTEGERS),
        {"project.kernel0.dead": "int", "project.kernel0.use0.launch": "direct", **_GIVEN},
    ),
    (
        "kernel0.use0.tensor",
        tuple(effects.POINTERS),
        {"project.kernel0.dead": "pointer", "project.kernel0.use0.launch": "direct", **_GIVEN},
    ),
    ("kernel0.autotune.configs", tuning.CONFIGS, _TUNED),
    ("kernel0.autotune.key", tuning.KEYS, _TUNED),
    ("kernel0.autotune.prune", tuning.PRUNES, _TUNED),
    ("kernel0.autotune.hook", tuning.HOOKS, _TUNED),
    (
        "kernel0.autotune.follow",
        tuning.FOLLOWS,
        {**_TUNED, "project.kernel0.dead": "constexpr"},
    ),
    ("kernel0.heuristics.how", tuning.HEURISTICS, {"project.kernel0.tuning": "heuristics"}),
)


def each() -> Iterator[dict[str, str]]:
    """The decisions of each project; the rest is plain."""
    for name, options, others in _TABLES:
        for option in options:
            yield {"level": "plain", **others, f"project.{name}": option}

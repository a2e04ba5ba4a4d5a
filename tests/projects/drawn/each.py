"""Projects that are plain except for one decision: each option of each table alone."""

from __future__ import annotations

from collections.abc import Iterator

from drawn import (
    chosen,
    effects,
    extras,
    grids,
    kernels,
    launches,
    layouts,
    overwritten,
    relays,
    tuning,
)

_TUNED = {"project.kernel0.tuning": "autotune"}
_GIVEN = {"project.kernel0.use0.arguments": "constexpr by keyword"}
_CHOSEN = {"project.kernel0.use0.launch": "chosen"}
_RELAY = {"project.kernel0.use0.launch": "relay"}
#: A decision, its options, and what else has to be decided for it to matter.
_TABLES: tuple[tuple[str, tuple[str, ...], dict[str, str]], ...] = (
    ("layout", tuple(layouts.LAYOUTS), {}),
    ("kernel0.dead", kernels.DEAD, {}),
    ("kernel0.form", kernels.FORMS, {}),
    ("kernel0.shape", tuple(overwritten.SHAPES), {"project.kernel0.dead": "overwritten"}),
    ("kernel0.extra", tuple(extras.EXTRAS), {"project.kernel0.form": "decorated"}),
    ("kernel0.use0.import", tuple(layouts.IMPORTS), {"project.kernel0.use0.where": "ops"}),
    ("kernel0.use0.launch", tuple(launches.WAYS), {}),
    ("kernel0.use0.chosen", tuple(chosen.CHOSEN), _CHOSEN),
    ("kernel0.use0.twin", chosen.TWINS, _CHOSEN),
    (
        "kernel0.use0.spoiler",
        tuple(chosen.SPOILERS),
        {**_CHOSEN, "project.kernel0.use0.chosen": "table"},
    ),
    (
        "kernel0.use0.alias",
        tuple(chosen.ALIASES),
        {"project.kernel0.use0.launch": "alias, one after another"},
    ),
    ("kernel0.use0.relay", tuple(relays.RELAYS), _RELAY),
    ("kernel0.use0.does", tuple(relays.DOES), {**_RELAY, "project.kernel0.use0.relay": "once"}),
    ("kernel0.use0.behind", tuple(relays.BEHIND), _RELAY),
    ("kernel0.use0.called", relays.CALLS, _RELAY),
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

"""What sets parameters of a kernel besides its calls: configs and heuristics."""

from __future__ import annotations

from tritonlint.survey.facts.kernels import Decorator, Kernel, Role
from tritonlint.triton.libraries import LIBRARY_DECORATORS
from tritonlint.triton.names import AUTOTUNE_OPTIONS, CONFIG_OPTIONS

_KNOWN = frozenset({Role.JIT, Role.AUTOTUNE, Role.HEURISTICS, Role.TRANSPARENT})


def is_plain(kernel: Kernel) -> bool:
    """Whether nothing but Triton binds the arguments."""
    roles = [decorator.role for decorator in kernel.decorators]
    alone = roles.count(Role.JIT) == 1 and kernel.wraps <= 1
    return alone and _KNOWN.issuperset(roles) and not kernel.variadic


def may_feed_more(decorator: Decorator) -> bool:
    """Whether it may set parameters to values that are in none of its dictionaries.

    What prunes configs may return others, and so may an option that Triton does not have.
    """
    if decorator.role is not Role.AUTOTUNE:
        return False
    library = LIBRARY_DECORATORS.get(decorator.library)
    known = AUTOTUNE_OPTIONS | {"**"} | (library.own_options if library is not None else set())
    return "prune_configs_by" in decorator.options or not known.issuperset(decorator.options)


def fed_by_decorators(kernel: Kernel) -> frozenset[str] | None:
    """The parameters that configs and heuristics give values to; None if not all are known."""
    fed: set[str] = set()
    for decorator in kernel.decorators:
        if not decorator.tables.complete or may_feed_more(decorator):
            return None
        fed.update(key for table in decorator.tables.found for key, _ in table.items)
        if decorator.role is Role.AUTOTUNE:
            # A config passes its options as arguments (autotuner.py, `Config.all_kwargs`).
            fed |= CONFIG_OPTIONS
    return frozenset(fed)

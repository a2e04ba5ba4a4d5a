"""What sets parameters of a kernel besides its calls: configs and heuristics."""

from __future__ import annotations

from pathlib import Path

from tritonlint.project.identity import KernelId
from tritonlint.survey.facts.calls import Call
from tritonlint.survey.facts.kernels import Decorator, Kernel, Role
from tritonlint.survey.facts.names import in_file
from tritonlint.triton.libraries import LIBRARY_DECORATORS
from tritonlint.triton.names import AUTOTUNE_OPTIONS, CONFIG_OPTIONS, INNER

_KNOWN = frozenset({Role.JIT, Role.AUTOTUNE, Role.HEURISTICS, Role.TRANSPARENT})


def is_plain(kernel: Kernel) -> bool:
    """Whether nothing but Triton binds the arguments."""
    roles = [decorator.role for decorator in kernel.decorators]
    alone = roles.count(Role.JIT) == 1 and kernel.wraps <= 1
    return alone and _KNOWN.issuperset(roles) and not kernel.variadic


def as_called(identity: KernelId, kernel: Kernel, path: Path, call: Call) -> Kernel:
    """Return a kernel with the decorators that a call in a file goes through, where that shows."""
    own = in_file(kernel.qualname)
    if call.wrapped is None or path != identity.path or call.callees != (own,):
        return kernel
    through = call.wrapped
    applied = tuple(d for d in kernel.decorators if not d.optional or d.call in through)
    return kernel if applied == kernel.decorators else kernel._replace(decorators=applied)


def may_feed_more(decorator: Decorator) -> bool:
    """Whether it may set parameters to values that are in none of its dictionaries.

    What prunes configs may return others, and so may an option that Triton does not have.
    """
    if decorator.role is not Role.AUTOTUNE:
        return False
    library = LIBRARY_DECORATORS.get(decorator.library)
    known = AUTOTUNE_OPTIONS | {"**"} | (library.own_options if library is not None else set())
    return "prune_configs_by" in decorator.options or not known.issuperset(decorator.options)


def surely_fed(kernel: Kernel, call: Call) -> frozenset[str]:
    """The parameters that get their values below a call, so that it cannot pass them by position.

    Triton passes what configs and heuristics set by keyword, and a parameter that gets two values
    is an error.
    """
    if any(symbol.name in INNER for symbol in call.callees):
        return frozenset()
    fed: set[str] = set()
    for decorator in kernel.decorators:
        keys = [{key for key, _ in table.items} for table in decorator.tables.found]
        is_known = decorator.tables.complete and not may_feed_more(decorator)
        if decorator.role in (Role.AUTOTUNE, Role.HEURISTICS) and is_known and keys:
            fed |= frozenset() if decorator.optional else set.intersection(*keys)
    return frozenset(fed)


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

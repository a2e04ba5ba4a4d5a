"""The rules. A module of this package named `trl*` is one: it has a `RULE` and a `check`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Rule

Check = Callable[[Analysis], Iterator[Diagnostic]]


@lru_cache(maxsize=1)
def all_rules() -> Mapping[str, tuple[Rule, Check]]:
    """Every rule with its check, by code."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("trl"):
            loaded = importlib.import_module(f"{__name__}.{module.name}")
            found[loaded.RULE.code] = (loaded.RULE, loaded.check)
    return dict(sorted(found.items()))

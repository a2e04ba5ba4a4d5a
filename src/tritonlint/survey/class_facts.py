"""The classes of a file: what they inherit from, and which names they bind."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.survey.facts.names import ClassFacts, Symbol
from tritonlint.survey.resolved import Resolved
from tritonlint.survey.scopes import BUILTINS, KernelName
from tritonlint.survey.symbols import NOTHING, resolve
from tritonlint.survey.walk import Walker


def class_facts(walker: Walker) -> Iterator[ClassFacts]:
    """Yield the facts of the classes of a file."""
    for node, scope in walker.classes:
        bases = [resolve(base, scope.parent or walker.module) for base in node.bases]
        symbols = dict.fromkeys(s for base in bases for s in base.symbols)
        known = all(map(_is_known_base, bases)) and not any(
            keyword.arg in (None, "metaclass") for keyword in node.keywords
        )
        others = (
            name
            for name, bounds in scope.bindings.items()
            if not all(isinstance(bound, KernelName) for bound in bounds)
        )
        bases_here = tuple(s for s in symbols if s.origin != "object" and not _is_builtin(s))
        yield ClassFacts(scope.qualname, bases_here, known, tuple(others))


def _is_known_base(base: Resolved) -> bool:
    return base is NOTHING or (bool(base.symbols) and base.complete)


def _is_builtin(symbol: Symbol) -> bool:
    return symbol.origin == "file" and symbol.path in BUILTINS

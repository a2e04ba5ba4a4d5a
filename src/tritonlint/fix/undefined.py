"""Finds names that an edit leaves without a definition."""

from __future__ import annotations

import symtable


def undefined_by(before: str, after: str) -> str | None:
    """Return a name that something reads after an edit, but that nothing binds any more.

    Args:
        before: the source of a file.
        after: the same after the edit.

    Raises:
        SyntaxError: Python does not compile it after the edit, as it did before.
    """
    try:
        known = _undefined(before)
    except SyntaxError:
        # Python parses it, but does not compile it.
        return None
    return min((name for _, name in _undefined(after) - known), default=None)


def _undefined(source: str) -> set[tuple[str, str]]:
    """Return the names that neither a scope nor the module binds, each with its scope."""
    module = symtable.symtable(source, "", "exec")
    tables = [("", module)]
    for scope, table in tables:
        tables += [(f"{scope}.{child.get_name()}", child) for child in table.get_children()]
    bound = {
        symbol.get_name()
        for _, table in tables
        for symbol in table.get_symbols()
        if (table is module or symbol.is_declared_global())
        and (symbol.is_assigned() or symbol.is_imported())
    }
    return {
        (scope, symbol.get_name())
        for scope, table in tables
        for symbol in table.get_symbols()
        if (table is module or symbol.is_global())
        and symbol.is_referenced()
        and symbol.get_name() not in bound
    }

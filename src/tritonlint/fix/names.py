"""Compares the names of a file before and after an edit."""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Collection, Iterator
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from tritonlint.fix.changes import Show

_WORD = re.compile(r"\w+")
#: Scopes that have no name of their own.
_NAMELESS = re.compile(r"lambda|genexpr|\w+comp")


#: The usual names of a method's first parameter, which nobody passes.
_FIRST = frozenset({"self", "cls"})


class Kind(Enum):
    """What binds a name that nothing reads, and what to check before it goes."""

    LOCAL = (
        "nothing reads `{name}` of `{function}` any more: remove it, unless its value has an effect"
    )
    PARAMETER = (
        "nothing reads the parameter `{name}` of `{function}` any more: remove it, unless its "
        "callers still have to pass it"
    )
    IMPORT = (
        "nothing uses its import `{name}` any more: remove it, unless other files import the name "
        "from there"
    )
    GLOBAL = "nothing uses its `{name}` any more: remove it, unless other files use it"


class Unread(NamedTuple):
    """A name that something read before an edit, and nothing after it; `function` may be ""."""

    path: Path
    function: str
    name: str
    kind: Kind

    def message(self, show: Show) -> str:
        """Say what is unread, and what to check."""
        text = self.kind.value.format(name=self.name, function=self.function)
        return f"{show(self.path)}: {text}"


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


def unread_by(path: Path, before: str, after: str, kernels: Collection[str]) -> Iterator[Unread]:
    """Yield the names of a file that nothing reads any more after an edit.

    Args:
        before: the source of the file.
        after: the same after the edit.
        kernels: the qualified names of its kernels; their parameters are left to the rules.
    """
    try:
        known = {*_unread(before)}
    except SyntaxError:
        return
    for function, name, kind in dict.fromkeys(_unread(after)):
        if (function, name, kind) in known or (kind is Kind.PARAMETER and function in kernels):
            continue
        if kind is Kind.PARAMETER and name in _FIRST:
            continue
        if kind is Kind.IMPORT and path.name == "__init__.py":
            # It is there for other files.
            continue
        yield Unread(path, function, name, kind)


def _tables(source: str) -> Iterator[tuple[str, symtable.SymbolTable]]:
    """Yield the scopes of a file, each with the qualified name of the function around it."""
    pending = [("", symtable.symtable(source, "", "exec"))]
    for function, table in pending:
        yield function, table
        for child in table.get_children():
            name = child.get_name()
            inner = function if _NAMELESS.fullmatch(name) else f"{function}.{name}".lstrip(".")
            pending.append((inner, child))


def _undefined(source: str) -> set[tuple[str, str]]:
    """Return the names that neither a scope nor the module binds, each with its scope."""
    tables = [*_tables(source)]
    module = tables[0][1]
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


def _unread(source: str) -> Iterator[tuple[str, str, Kind]]:
    """Yield the names that a function or the module binds, and nothing reads."""
    tables = [*_tables(source)]
    used = _names_used(source)
    for symbol in tables[0][1].get_symbols():
        if symbol.get_name() not in used and (symbol.is_assigned() or symbol.is_imported()):
            yield "", symbol.get_name(), Kind.IMPORT if symbol.is_imported() else Kind.GLOBAL
    for function, table in tables[1:]:
        if table.get_type() != "function":
            continue
        for symbol in table.get_symbols():
            name = symbol.get_name()
            if not symbol.is_local() or symbol.is_referenced() or name == "_":
                continue
            if _is_read_in(table, name):
                continue
            if not function:
                # It is of a lambda or a comprehension outside of all functions.
                yield "", name, Kind.GLOBAL
            elif symbol.is_parameter() and not symbol.is_assigned():
                yield function, name, Kind.PARAMETER
            else:
                yield function, name, Kind.LOCAL


def _names_used(source: str) -> set[str]:
    """Return all names that a file reads, the words of its strings, and imports to be kept."""
    lines = source.splitlines()
    used: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(ctx=ast.Load()):
                used.add(node.id)
            case ast.Constant(value=str() as text):
                used.update(_WORD.findall(text))
            case ast.Import() | ast.ImportFrom():
                is_kept = "noqa" in lines[(node.end_lineno or node.lineno) - 1]
                used.update(
                    alias.asname or alias.name
                    for alias in node.names
                    if is_kept or alias.asname == alias.name or "noqa" in lines[alias.lineno - 1]
                )
    return used


def _is_read_in(table: symtable.SymbolTable, name: str) -> bool:
    """Whether a scope inside a function reads one of the function's locals."""
    for child in table.get_children():
        if name not in child.get_identifiers():
            is_read = _is_read_in(child, name)
        else:
            symbol = child.lookup(name)
            is_read = symbol.is_free() and (symbol.is_referenced() or _is_read_in(child, name))
        if is_read:
            return True
    return False

"""Code that finds objects by names in strings: `getattr(m, "k")`, `globals()["k"]`, `vars(m)`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tritonlint.survey.facts.names import Symbol, in_file
from tritonlint.survey.facts.references import Enumeration, Escape
from tritonlint.survey.nodes import chain
from tritonlint.survey.scopes import Argument, Scope
from tritonlint.survey.strings import Spelling, spellings
from tritonlint.survey.symbols import resolve
from tritonlint.survey.uses import INDEXED, How

#: Functions that find or replace something by its name in a string.
_LOOKUPS = frozenset(
    {"getattr", "setattr", "delattr", "attrgetter", "methodcaller", "patch", "object"}
)
_BY_NAME = frozenset({"getattr", "setattr"})
#: `mock.patch("ops.kernel")`, `mock.patch.object(ops, "kernel")`
_PATCHES = frozenset({"patch", "object"})
#: Methods that do the same: `x.__setattr__(name, value)`, `object.__setattr__(x, name, value)`.
_SPECIAL = {"__getattribute__": 1, "__getattr__": 1, "__setattr__": 2, "__delattr__": 1}
#: Calls whose keywords may name attributes that are replaced: `type("B", (A,), dict(k=other))`.
_REPLACING = frozenset({"multiple", "update", "dict"})
#: Functions that give names of the file, or set them; `exec` does that if it is given no names.
_NAMESPACES = frozenset({"globals", "vars", "locals", "exec"})
#: Functions that list the names of a module or an object.
_LISTING = frozenset({"vars", "dir", "getmembers"})
#: Words of code that may find or replace everything in a module without naming any of it.
LISTING = _LISTING | {"__dict__", "setattr", "getattr"}
#: The functions that `NameLookups.call` handles.
FINDING = _LOOKUPS | _SPECIAL.keys() | _LISTING | _NAMESPACES | _REPLACING


class Listing(NamedTuple):
    """Code that reaches names of `owner` (None: the file): all, or those that match `key`."""

    owner: ast.expr | None
    scope: Scope
    key: ast.expr | None
    what: str
    node: ast.AST


class NameLookups:
    """Collects code that finds objects by name, and code that lists names."""

    def __init__(self) -> None:
        #: Strings by which code finds something.
        self.lookups: list[tuple[str, How, ast.AST]] = []
        self.listings: list[Listing] = []

    def subscript(self, namespace: ast.expr, key: ast.expr, scope: Scope, node: ast.expr) -> None:
        """Note `globals()["kernel"]` and the like; `node` is the whole expression."""
        place = namespace_of(namespace)
        if not place:
            return
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            stored = isinstance(getattr(node, "ctx", None), ast.Store)
            escape = Escape.REPLACED if stored else Escape.LOOKED_UP
            self.lookups.append((key.value, (escape, f"in `{place}`"), node))
        else:
            self.listing(_owner(namespace), scope, key, f"`{place}`", node)

    def of_dictionary(self, namespace: ast.expr, scope: Scope, node: ast.AST) -> None:
        """Note a call of a method of `x.__dict__`, which may read or replace all of it."""
        if isinstance(namespace, ast.Attribute) and namespace.attr == "__dict__":
            self.listing(namespace.value, scope, None, "`__dict__`", node)

    def listing(
        self,
        owner: ast.expr | None,
        scope: Scope,
        key: ast.expr | None,
        what: str,
        node: ast.AST,
    ) -> None:
        """Note code that reaches names of `owner`, or of the file: all, or those matching a key."""
        self.listings.append(Listing(owner, scope, key, what, node))

    def call(self, node: ast.Call, scope: Scope, last: str, how: How) -> None:
        """Note a call that finds or replaces something by its name, or lists names.

        Args:
            last: the last part of the called name.
            how: what is done with the result.
        """
        if last in _LOOKUPS or last in _SPECIAL:
            replaces = "setattr" in last or last in _PATCHES
            escape = Escape.REPLACED if replaces else Escape.LOOKED_UP
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    name = argument.value.rpartition(".")[2]
                    self.lookups.append((name, (escape, f"with `{last}`"), node))
            owner, key = _asked(node, last)
            if key is not None and not isinstance(key, ast.Constant):
                self.listing(owner, scope, key, f"`{last}`", node)
        elif last in _REPLACING:
            for keyword in node.keywords:
                if keyword.arg is not None:
                    replaced = (Escape.REPLACED, f"with `{last}`")
                    self.lookups.append((keyword.arg, replaced, node))
        elif last in _LISTING and node.args:
            self.listing(node.args[0], scope, None, f"`{last}`", node)
        elif last == "exec" and not _may_bind_unseen(node.args):
            return
        elif how[0] not in INDEXED and (last == "globals" or scope.kind == "module"):
            self.listing(None, scope, None, f"`{last}()`", node)


def enumerations(listings: Iterable[Listing]) -> Iterator[Enumeration]:
    """Yield the modules whose names a file lists."""
    is_open = False
    for listing in listings:
        modules = [*_listed(listing)]
        for spelling in _keys(listing) if modules else ():
            for module in modules:
                row = listing.node.lineno  # type: ignore[attr-defined]
                found = Enumeration(module, spelling.text, listing.what, row)
                # One of these says as much as all of them.
                if not (is_open and found.is_of_any_module):
                    yield found
                is_open = is_open or found.is_of_any_module


def _keys(listing: Listing) -> Iterator[Spelling]:
    if listing.key is None:
        yield Spelling("*", partial=True)
        return
    for spelling in spellings(listing.key, listing.scope):
        yield spelling or Spelling("*", partial=True)


def _listed(listing: Listing) -> Iterator[Symbol | None]:
    """Yield the modules whose names are listed; none if it may not be a module."""
    if listing.owner is None:
        yield in_file("")
        return
    method = listing.scope.parent
    if isinstance(listing.owner, ast.Name) and listing.owner.id in ("self", "cls"):
        if method is not None and method.kind == "class":
            yield in_file(method.qualname)
        return
    resolved = resolve(listing.owner, listing.scope)
    symbols = [s for s in resolved.symbols if s.origin in ("module", "file")]
    yield from symbols
    if not resolved.complete and not _are_passed(listing.owner, listing.key, listing.scope):
        yield None


def _are_passed(owner: ast.expr, key: ast.expr | None, scope: Scope) -> bool:
    """Whether callers pass both the object and the name: then the name is a string there."""
    return all(
        isinstance(node, ast.Name)
        and all(isinstance(bound, Argument) for bound in scope.bindings.get(node.id, (None,)))
        for node in (owner, key)
    )


def _asked(node: ast.Call, last: str) -> tuple[ast.expr | None, ast.expr | None]:
    """Return the object and the name that `getattr` or a method like it is given.

    The object is None for the file itself; the name is None if the function takes none.
    """
    arguments = node.args
    if len(arguments) == _SPECIAL.get(last) and isinstance(node.func, ast.Attribute):
        # `x.__setattr__(name, value)`
        arguments = [node.func.value, *arguments]
    if last not in _BY_NAME | _SPECIAL.keys() or len(arguments) < 2:
        return None, None
    owner, key = arguments[:2]
    return (None if is_this_module(owner) else owner), key


def namespace_of(node: ast.expr) -> str:
    """Return the name of a dictionary of names: `globals()`, `x.__dict__`."""
    dotted = chain(node.func) if isinstance(node, ast.Call) else None
    if dotted and dotted[0] in _NAMESPACES:
        return f"{dotted[0]}()"
    return "__dict__" if isinstance(node, ast.Attribute) and node.attr == "__dict__" else ""


def _may_bind_unseen(arguments: list[ast.expr]) -> bool:
    """Whether `exec` may bind a name of the file that no text of the project shows."""
    match arguments:
        case [ast.Constant(str() as code)]:
            return "import *" in code
    return len(arguments) == 1


def is_this_module(node: ast.expr) -> bool:
    """`sys.modules[__name__]`"""
    match node:
        case ast.Subscript(ast.Attribute(_, "modules") | ast.Name("modules"), ast.Name("__name__")):
            return True
    return False


def _owner(namespace: ast.expr) -> ast.expr | None:
    """Return the owner of a dictionary of names; None for the file itself."""
    if isinstance(namespace, ast.Attribute):
        return namespace.value
    if isinstance(namespace, ast.Call) and namespace.args:
        return namespace.args[0]
    return None

"""Functions that code may call to see them fail."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tritonlint.survey.facts.references import Escape
from tritonlint.survey.guarded import Guarded
from tritonlint.survey.nodes import Chain, chain, decorator_name, last_name, nodes_in
from tritonlint.survey.scopes import FunctionName, Scope

if TYPE_CHECKING:
    from tritonlint.survey.walk import Walker

_MAY_CATCH = re.compile(r"raises|suppress|expect|fail|catch|retr(?:y|ies)|safe", re.IGNORECASE)


class Tried:
    """The functions of a file that may be called where an error is caught or expected.

    They are known by their names, whatever object they are looked up on, or by that of their class.
    A function that is not only called, but passed on, put into a list or returned, may be called
    anywhere.
    """

    def __init__(self, walker: Walker, guarded: Guarded) -> None:
        self._guarded = guarded
        known = {function.name for function, _ in walker.functions}
        passed = {(given.dotted, given.scope) for given in walker.handed}
        passed |= {(d, scope) for d, scope, (how, _) in walker.loads if how is not Escape.CALLED}
        passed = {(d, scope) for d, scope in passed if last_name(d) in known}
        methods = {f.name for f, inner in walker.functions if _is_method(inner)}
        found = {last_name(d) for d, s in passed if _is_function(d, s) or last_name(d) in methods}
        for part in (p for block in guarded.blocks for each in block for p in nodes_in(each)):
            if isinstance(part, (ast.Name, ast.Attribute)):
                found.add(part.id if isinstance(part, ast.Name) else part.attr)
        calls: defaultdict[str, set[str]] = defaultdict(set)
        for call, scope in walker.host_calls:
            called, attributes = chain(call.func) or ("", ())
            for around in _around(scope):
                calls[_name(around)] |= {called, *attributes}
        pending = [*found]
        while pending:
            new = calls.pop(pending.pop(), set()) - found
            found |= new
            pending += new
        self._names = found

    def hold(self, scope: Scope) -> bool:
        """Whether code is in such a function, or in a lambda."""
        return any(
            isinstance(around.node, ast.Lambda)
            or _name(around) in self._names
            or any(self._may_catch(d, scope) for d in getattr(around.node, "decorator_list", ()))
            for around in _around(scope)
        )

    def _may_catch(self, decorator: ast.expr, scope: Scope) -> bool:
        """Whether a decorator may catch the errors of its function."""
        name = decorator_name(decorator)
        if _MAY_CATCH.search(name) is not None:
            return True
        found = scope.lookup(name)
        return found is not None and any(
            isinstance(bound, FunctionName) and self._guarded.lie_in(bound.node)
            for bound in found[1]
        )


def _is_method(inner: Scope) -> bool:
    return inner.parent is not None and inner.parent.kind == "class"


def _is_function(dotted: Chain, scope: Scope) -> bool:
    """Whether a name stands for a function of the file."""
    found = scope.lookup(dotted[0]) if not dotted[1] else None
    return found is not None and any(isinstance(bound, FunctionName) for bound in found[1])


def _around(scope: Scope) -> Iterator[Scope]:
    """The scopes of the functions, lambdas and classes around code, from the inside."""
    around: Scope | None = scope
    while around is not None:
        if around.kind in ("function", "class"):
            yield around
        around = around.parent


def _name(scope: Scope) -> str:
    return scope.qualname.rpartition(".")[2]

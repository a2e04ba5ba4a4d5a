"""Functions that code may call to see them fail."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from tritonlint.survey.facts.references import Escape
from tritonlint.survey.guarded import Guarded
from tritonlint.survey.nodes import Chain, chain, decorator_name, last_name
from tritonlint.survey.scopes import FunctionName, Scope

if TYPE_CHECKING:
    from tritonlint.survey.walk import Walker

_MAY_CATCH = re.compile(r"raises|suppress|expect|fail|catch|retr(?:y|ies)|safe", re.IGNORECASE)


class Tried:
    """The functions of a file that may be called where an error is caught or expected.

    They are known by their names, whatever object they are looked up on. A function that is not
    only called, but passed on, put into a list or returned, may be called anywhere.
    """

    def __init__(self, walker: Walker, guarded: Guarded) -> None:
        self._guarded = guarded
        passed = {(given.dotted, given.scope) for given in walker.handed}
        passed |= {(d, scope) for d, scope, (how, _) in walker.loads if how is not Escape.CALLED}
        methods = {f.name for f, inner in walker.functions if _is_method(inner)}
        found = {last_name(d) for d, s in passed if _is_function(d, s) or last_name(d) in methods}
        calls: defaultdict[str, set[str]] = defaultdict(set)
        for call, scope in walker.host_calls:
            called = chain(call.func)
            if called is None:
                continue
            if guarded.hold(call):
                found.add(last_name(called))
            for function in _functions_around(scope):
                calls[getattr(function, "name", "")].add(last_name(called))
        pending = [*found]
        while pending:
            new = calls.pop(pending.pop(), set()) - found
            found |= new
            pending += new
        self._names = found

    def hold(self, scope: Scope) -> bool:
        """Whether code is in such a function, or in a lambda."""
        return any(
            isinstance(function, ast.Lambda)
            or function.name in self._names
            or any(self._may_catch(decorator, scope) for decorator in function.decorator_list)
            for function in _functions_around(scope)
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


def _functions_around(scope: Scope) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]:
    """The functions and lambdas around code."""
    around: Scope | None = scope
    found = []
    while around is not None:
        if isinstance(around.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            found.append(around.node)
        around = around.parent
    return found

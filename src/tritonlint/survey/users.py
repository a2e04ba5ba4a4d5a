"""Which functions and classes of a file use which others of it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from tritonlint.survey.bodies import DEFINITIONS
from tritonlint.survey.facts.module import MAIN, OUTSIDE, Users
from tritonlint.survey.nodes import chain, decorator_name
from tritonlint.survey.scopes import ClassName, FunctionName, Scope
from tritonlint.survey.walk import Walker

#: A decorator with such a name lets something unseen call what it decorates.
_PUBLISHES = re.compile(r"regist|(?:^|_)op$|impl|export|hook|plugin|library|command|fixture")


def users(tree: ast.Module, walker: Walker) -> Iterator[Users]:
    """Yield the functions and classes at the top of a file, each with those that it mentions."""
    bindings = walker.module.bindings
    known = {
        name
        for name, bounds in bindings.items()
        if any(isinstance(bound, (FunctionName, ClassName)) for bound in bounds)
    }
    main = [statement for statement in tree.body if _is_main(statement)]
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, scope, row in _mentions(walker):
        if name in known:
            owner = scope.qualname.partition(".")[0]
            if not owner:
                is_main = any(s.lineno <= row <= (s.end_lineno or 0) for s in main)
                owner = MAIN if is_main else OUTSIDE
            found[owner].add(name)
    for statement in tree.body:
        if isinstance(statement, DEFINITIONS) and any(
            _PUBLISHES.search(decorator_name(d)) for d in statement.decorator_list
        ):
            found[OUTSIDE].add(statement.name)
    for owner, names in found.items():
        yield Users(owner, tuple(sorted(names)))


def _mentions(walker: Walker) -> Iterator[tuple[str, Scope, int]]:
    for (dotted, scope, _), node in walker.loads.items():
        yield dotted[0], scope, getattr(node, "lineno", 0)
    for handed in walker.handed:
        yield handed.dotted[0], handed.scope, handed.name.lineno
    for call, scope in walker.host_calls:
        function = chain(call.func)
        if function is not None:
            yield function[0], scope, call.lineno


def _is_main(statement: ast.stmt) -> bool:
    """`if __name__ == "__main__":`"""
    if not isinstance(statement, ast.If) or not isinstance(statement.test, ast.Compare):
        return False
    sides = [statement.test.left, *statement.test.comparators]
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)

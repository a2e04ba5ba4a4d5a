"""Keys of the arguments that a parameter holds: of the function that makes a hook.

`def make_repr(name, keys)` returns a function that looks up each of `keys`. Which these are depends
on the call of `make_repr`.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

from tritonlint.survey.facts.lookups import ANYTHING, HeldKeys, Passed
from tritonlint.survey.nodes import FunctionNode, nodes_in, passes_star
from tritonlint.survey.scopes import Argument, Item, Scope
from tritonlint.survey.strings import strings_of


class Holder(NamedTuple):
    """A parameter that is a key or, if `each`, a list of keys; `default` may be None."""

    argument: ast.arg
    default: ast.expr | None
    function: FunctionNode
    each: bool

    @property
    def place(self) -> int:
        """Return the index among the positional parameters; -1 for one that is only named."""
        every = [*self.function.args.posonlyargs, *self.function.args.args]
        return every.index(self.argument) if self.argument in every else -1

    def keys(self, how: str, node: ast.AST) -> HeldKeys:
        """Return the keys as a fact, for callers in other files."""
        default = strings_of(self.default, self.each)
        row = getattr(node, "lineno", 0)
        return HeldKeys(self.argument.arg, self.place, self.each, default, how, row)


class PassedValues:
    """The arguments that the followed calls of a file pass.

    Attributes:
        values: the argument and its scope by parameter; None where a call leaves the default.
    """

    def __init__(self) -> None:
        self.values: dict[ast.arg, tuple[ast.expr, Scope] | None] = {}

    def note(self, function: FunctionNode, call: ast.Call, scope: Scope) -> bool:
        """Note the arguments of a call; False if another call passes others."""
        positional = [*function.args.posonlyargs, *function.args.args]
        if passes_star(call):
            return self.values.keys().isdisjoint(positional)
        values = dict(zip(positional, call.args, strict=False))
        by_name = {keyword.arg: keyword.value for keyword in call.keywords}
        is_same = True
        for argument in (*positional, *function.args.kwonlyargs):
            value = values.get(argument, by_name.get(argument.arg))
            passed = (value, scope) if value is not None else None
            is_same = _are_same(self.values.setdefault(argument, passed), passed) and is_same
        return is_same

    def keys(self, holder: Holder) -> tuple[str, ...] | None:
        """Return the keys that a parameter holds; None if these are not seen."""
        passed = self.values.get(holder.argument)
        return strings_of(passed[0] if passed is not None else holder.default, holder.each)


def _are_same(one: tuple[ast.expr, Scope] | None, other: tuple[ast.expr, Scope] | None) -> bool:
    """Whether two calls pass the same, as far as names are looked up in the same scope."""
    if one is None or other is None:
        return one is other
    (left, here), (right, there) = one, other
    if left is right:
        return here is there
    has_names = any(isinstance(part, ast.Name) for part in nodes_in(left))
    return (here is there or not has_names) and ast.dump(left) == ast.dump(right)


def holder_of(key: ast.AST, scope: Scope) -> Holder | None:
    """Return the parameter that holds a key, if there is only one and nothing changes it."""
    found = scope.lookup(key.id) if isinstance(key, ast.Name) else None
    if found is None:
        return None
    holders = {
        _parameter(bound.node, bound.scope, each=True) if isinstance(bound, Item) else None
        for bound in found[1]
    }
    if holders == {None}:
        return _parameter(key, scope, each=False)
    return holders.pop() if len(holders) == 1 else None


def _parameter(node: ast.AST, scope: Scope, each: bool) -> Holder | None:
    found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    if not isinstance(node, ast.Name) or found is None:
        return None
    home, bounds = found
    match bounds:
        case [Argument(argument, "", default)]:
            function = home.node
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and (
                not each or _is_only_looped_over(node.id, function)
            ):
                return Holder(argument, default, function, each)
    return None


def _is_only_looped_over(name: str, function: FunctionNode) -> bool:
    """Whether nothing can change the list that a parameter is."""
    nodes = nodes_in(function)
    loops = [n.iter for n in nodes if isinstance(n, (ast.For, ast.AsyncFor, ast.comprehension))]
    return all(n in loops for n in nodes if isinstance(n, ast.Name) and n.id == name)


def passed_by(call: ast.Call) -> tuple[Passed, ...]:
    """Return what a call passes, as far as it may hold keys."""
    if passes_star(call):
        return ANYTHING
    values = [("", place, value) for place, value in enumerate(call.args)]
    values += [(keyword.arg or "", -1, keyword.value) for keyword in call.keywords]
    return tuple(
        Passed(name, place, strings_of(value, each=False), strings_of(value, each=True))
        for name, place, value in values
    )

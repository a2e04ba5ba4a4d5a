"""Whether the body of a function has an effect."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tritonlint.survey.imports import is_well_known
from tritonlint.survey.iterators import takes_items_apart
from tritonlint.survey.nodes import FunctionNode, annotations_of, defaults_of, nodes_in
from tritonlint.survey.own_values import own_lists, own_values

if TYPE_CHECKING:
    from tritonlint.survey.effects import Effects


class PureBody:
    """Tells whether a function's body affects only its own names and lists."""

    def __init__(self, function: FunctionNode, effects: Effects) -> None:
        self.effects = effects
        self._body = function.body
        self._own = own_values(function)
        self._lists = own_lists(function)

    @property
    def holds(self) -> bool:
        return self._are_pure(self._body)

    def _are_pure(self, statements: Iterable[ast.stmt]) -> bool:
        return all(map(self._is_pure, statements))

    def _is_pure(self, statement: ast.stmt) -> bool:
        is_pure = self.effects.is_pure
        match statement:
            case ast.Pass() | ast.Raise() | ast.Assert():
                return True
            case ast.Import(names):
                return all(is_well_known(alias.name) for alias in names)
            case ast.ImportFrom(module, _, level):
                # The first import of a module of the project runs it.
                return level == 0 and is_well_known(module or "")
            case ast.FunctionDef(decorator_list=[]):
                # Its body runs when it is called.
                if _annotations_call(statement):
                    return False
                return all(map(is_pure, defaults_of(statement)))
            case ast.Break() | ast.Continue() | ast.Expr(ast.Constant()) | ast.Return(None):
                return True
            case ast.Return(ast.expr() as value):
                return is_pure(value)
            case ast.Assign(targets, value):
                if any(isinstance(t, ast.Tuple) for t in targets) and self.effects.uses_up(value):
                    return False
                return is_pure(value) and all(map(_is_local, targets))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return is_pure(value) and _is_local(target)
            case ast.AugAssign(target=ast.Name(name), value=value):
                takes = name in self._lists and self.effects.uses_up(value)
                return name in self._own and is_pure(value) and not takes
            case ast.Expr(
                ast.Call(ast.Attribute(ast.Name(name), "append" | "extend" as method), args, [])
            ):
                takes = method == "extend" and any(map(self.effects.uses_up, args))
                return name in self._own and all(map(is_pure, args)) and not takes
            case ast.If(test, body, orelse) | ast.While(test, body, orelse):
                return is_pure(test) and self._are_pure([*body, *orelse])
            case ast.For(target, over, body, orelse):
                if self.effects.uses_up(over) or takes_items_apart(target, over):
                    return False
                return is_pure(over) and _is_local(target) and self._are_pure([*body, *orelse])
        return False


def _is_local(target: ast.expr) -> bool:
    names = target.elts if isinstance(target, ast.Tuple) else [target]
    return all(isinstance(name, ast.Name) for name in names)


def _annotations_call(function: ast.FunctionDef) -> bool:
    """Whether an annotation of a nested function calls something."""
    return any(
        isinstance(part, (ast.Call, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr))
        for annotation in annotations_of(function)
        for part in nodes_in(annotation)
    )

"""What options of a launch are computed from: `num_warps = 8 if tiles == 1 else 32`."""

from __future__ import annotations

import ast
import copy

from tritonlint.survey.facts.calls import Derived
from tritonlint.survey.nodes import chain, nodes_in
from tritonlint.survey.scopes import Argument, Assigned, Scope, Unpacked

#: They give the same for the same numbers.
_FUNCTIONS = frozenset({("min", ()), ("max", ()), ("int", ()), ("abs", ())})
_OF_TRITON = frozenset({"cdiv", "next_power_of_2"})
_PARTS = (
    *(ast.IfExp, ast.Compare, ast.BoolOp, ast.BinOp, ast.UnaryOp, ast.Constant),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context),
)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_MAX_DEPTH = 4


class Derivations:
    """Reads how a function computes options from what it also passes as arguments."""

    def __init__(self) -> None:
        self._repeated: dict[int, frozenset[ast.AST]] = {}

    def of(self, value: ast.expr, call: ast.Call, scope: Scope) -> Derived | None:
        """The formula of an option whose variables are all arguments of the call by themselves."""
        if scope.kind != "function":
            return None
        given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg)]
        passed = {argument.id for argument in given if isinstance(argument, ast.Name)}
        names: dict[str, None] = {}
        formula = self._formula(value, scope, passed - {_name(value)}, names, 0)
        return Derived(ast.unparse(formula), tuple(names)) if formula is not None else None

    def _formula(
        self, node: ast.expr, scope: Scope, passed: set[str], names: dict[str, None], depth: int
    ) -> ast.expr | None:
        """An expression, with the values of variables in their place; None if it may change."""
        if isinstance(node, ast.Name):
            return self._variable(node, scope, passed, names, depth)
        formula = copy.copy(node)
        for field, child in ast.iter_fields(node):
            if isinstance(node, ast.Call) and field in ("func", "keywords"):
                continue
            if isinstance(child, ast.expr):
                found = self._formula(child, scope, passed, names, depth)
                if found is None:
                    return None
                setattr(formula, field, found)
            elif isinstance(child, list) and child and isinstance(child[0], ast.expr):
                each = [self._formula(part, scope, passed, names, depth) for part in child]
                if None in each:
                    return None
                setattr(formula, field, each)
        return formula if isinstance(node, _PARTS) or _is_known_call(node, scope) else None

    def _variable(
        self, node: ast.Name, scope: Scope, passed: set[str], names: dict[str, None], depth: int
    ) -> ast.expr | None:
        match scope.bindings.get(node.id):
            case [Argument(_, "", _) | Assigned() | Unpacked()] if node.id in passed:
                names[node.id] = None
                return node
            case [Assigned(value, place)] if place is scope and depth < _MAX_DEPTH:
                if value not in self._in_loops(scope):
                    return self._formula(value, scope, passed, names, depth + 1)
        return None

    def _in_loops(self, home: Scope) -> frozenset[ast.AST]:
        """What a function may evaluate again, after its variables have changed."""
        known = self._repeated.get(id(home))
        if known is None:
            loops = [node for node in home.nodes if isinstance(node, _LOOPS)]
            known = frozenset(node for loop in loops for node in nodes_in(loop))
            self._repeated[id(home)] = known
        return known


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _is_known_call(node: ast.expr, scope: Scope) -> bool:
    if not isinstance(node, ast.Call) or node.keywords:
        return False
    dotted = chain(node.func)
    if dotted in _FUNCTIONS:
        return dotted is not None and scope.lookup(dotted[0]) is None
    return dotted is not None and dotted[0] == "triton" and dotted[1] in {(n,) for n in _OF_TRITON}

"""What a call gives to the function that it gives a kernel."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from tritonlint.survey.idle import REFLECTION
from tritonlint.survey.scopes import Argument, Scope


def arguments_of(node: ast.Call) -> Iterator[tuple[str | None, str, ast.expr, ast.AST]]:
    """The arguments of a call: keyword, star, value, and what the call would lose."""
    for value in node.args:
        if isinstance(value, ast.Starred):
            yield None, "*", value.value, value
        else:
            yield None, "", value, value
    for keyword in node.keywords:
        yield keyword.arg, "**" if keyword.arg is None else "", keyword.value, keyword


def place_of(node: ast.Call, name: ast.expr | None) -> int:
    return next(i for i, (_, _, value, _) in enumerate(arguments_of(node)) if value is name)


def is_parameter(name: str, scope: Scope) -> bool:
    """Whether a name is a parameter of a plain function, and never bound to anything else."""
    match scope.bindings.get(name):
        case [Argument(_, "", _)]:
            return is_plain_function(scope)
    return False


def is_plain_function(scope: Scope) -> bool:
    """Whether it is a function, and the only thing that its name stands for."""
    node, owner = scope.node, scope.parent
    if not isinstance(node, ast.FunctionDef) or owner is None or owner.kind == "class":
        return False
    bound = owner.bindings.get(node.name, ())
    return not node.decorator_list and scope.kernel is None and len(bound) == 1


def parameter_in(value: ast.expr, star: str, scope: Scope) -> str:
    """The parameter of the function whose value is passed or unpacked as it is, or ""."""
    if isinstance(value, ast.Name):
        match scope.bindings.get(value.id):
            case [Argument(_, own, _)] if own in ("", star):
                return value.id
    return ""


def mentions_in(scope: Scope) -> Counter[str] | None:
    """How often a function names each variable; None if it does not just run and launch."""
    nodes = scope.nodes
    mentions = Counter(node.id for node in nodes if isinstance(node, ast.Name))
    is_generator = any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in nodes)
    return mentions if not is_generator and REFLECTION.isdisjoint(mentions) else None

"""The function that makes a kernel, or wraps one, with each of its calls."""

from __future__ import annotations

import ast

from tritonlint.survey.facts.kernels import Maker
from tritonlint.survey.nodes import decorator_name
from tritonlint.survey.scopes import Scope


def maker_of(scope: Scope) -> Maker | None:
    """Return the function on the host that a scope is in, if there is one."""
    home = scope.nearest
    node = home.node if home is not None else None
    if home is None or home.kernel is not None:
        return None
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return None
    return Maker(node.name, home.qualname, tuple(map(decorator_name, node.decorator_list)))

"""Calls that turn a function, defined elsewhere in the file, into a kernel."""

from __future__ import annotations

import ast
from typing import NamedTuple

from tritonlint.survey.facts.kernels import Role
from tritonlint.survey.facts.module import SurveyOptions
from tritonlint.survey.recognition import Recognized, recognize
from tritonlint.survey.scopes import Scope


class Wrapping(NamedTuple):
    """Calls that make a function a kernel: `triton.autotune(...)(triton.jit(function))`."""

    parts: tuple[tuple[ast.expr, Recognized], ...]
    function: str


def wrapping_of(node: ast.AST, scope: Scope, options: SurveyOptions) -> Wrapping | None:
    """Return the calls that an expression consists of, if they make a function a kernel."""
    parts: list[tuple[ast.expr, Recognized]] = []
    expression = node
    is_kernel = False
    while isinstance(expression, ast.Call) and expression.args:
        function = expression.func
        found = recognize(function, scope, options)
        if found.role is Role.UNKNOWN:
            break
        is_kernel = is_kernel or found.role is Role.JIT
        parts.append((function if isinstance(function, ast.Call) else expression, found))
        expression = expression.args[0]
    if is_kernel and isinstance(expression, ast.Name):
        return Wrapping(tuple(parts), expression.id)
    return None

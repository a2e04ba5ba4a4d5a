"""Calls that wrap a kernel, or turn a function into one: `triton.autotune(...)(kernel)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from tritonlint.survey.facts.kernels import Role
from tritonlint.survey.facts.module import SurveyOptions
from tritonlint.survey.nodes import Chain, chain
from tritonlint.survey.recognition import Recognized, recognize
from tritonlint.survey.scopes import Scope


class Part(NamedTuple):
    """One of the calls: `triton.autotune(...)(kernel)` or `triton.jit(function)`.

    Attributes:
        decorator: what stands for the decorator, with its arguments.
        call: all of it.
    """

    decorator: ast.expr
    maker: Recognized
    call: ast.Call


class Wrapping(NamedTuple):
    """Calls around a name, from the outermost: `triton.autotune(...)(triton.jit(function))`."""

    parts: tuple[Part, ...]
    inner: ast.expr
    name: Chain

    @property
    def makes_kernel(self) -> bool:
        """Whether it turns a function into a kernel."""
        return any(part.maker.role is Role.JIT for part in self.parts)

    @property
    def others(self) -> Iterator[ast.expr]:
        """The expressions in it but for the name: the decorators, or their other arguments."""
        for decorator, _, call in self.parts:
            if decorator is not call:
                yield decorator
            else:
                yield from call.args[1:]
                yield from (keyword.value for keyword in call.keywords)


def wrapping_of(node: ast.AST, scope: Scope, options: SurveyOptions) -> Wrapping | None:
    """Return the calls that an expression consists of, if all that they do is known."""
    parts: list[Part] = []
    expression = node
    while isinstance(expression, ast.Call) and expression.args:
        part = _part(expression, scope, options)
        if part is None:
            break
        parts.append(part)
        expression = expression.args[0]
    name = chain(expression) if parts else None
    if name is None or not isinstance(expression, ast.expr):
        return None
    # `staticmethod(kernel)` is only another name.
    is_more = any(p.maker.role is not Role.TRANSPARENT or p.maker.path for p in parts)
    return Wrapping(tuple(parts), expression, name) if is_more else None


def _part(node: ast.Call, scope: Scope, options: SurveyOptions) -> Part | None:
    function = node.func
    maker = recognize(function, scope, options)
    if maker.role is Role.UNKNOWN:
        return None
    if isinstance(function, ast.Call):
        is_alone = len(node.args) == 1 and not node.keywords
        return Part(function, maker, node) if is_alone else None
    # `triton.autotune(configs)` is a decorator that is not applied yet.
    is_applied = maker.role in (Role.JIT, Role.TRANSPARENT)
    return Part(node, maker, node) if is_applied else None

"""Which code lies where its errors may be caught or expected."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from tritonlint.span import Span, Spans
from tritonlint.survey.failing import may_fail
from tritonlint.survey.scopes import Scope
from tritonlint.survey.text import Text

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
Block: TypeAlias = Sequence[ast.stmt | ast.expr]


class Guarded:
    """The blocks of a file whose errors may be noticed by code that goes on.

    Args:
        caught: the blocks whose errors are caught or expected, as far as this file shows.
        scopes: the scopes of the file's functions and lambdas.
        trusting: blocks in a `with`, and the names that it rests on that their errors are not
            caught: see `tritonlint.survey.guards.rests_on`.
    """

    def __init__(
        self,
        text: Text,
        caught: Iterable[Block],
        scopes: Mapping[ast.AST, Scope],
        trusting: Iterable[tuple[Block, Iterable[str]]],
    ) -> None:
        self._text = text
        #: The blocks whose errors are caught or expected.
        self.blocks = [*caught]
        spans = [*map(text.block, self.blocks)]
        if spans:
            self.blocks += _run_later(spans, scopes, text)
        self._caught = Spans(map(text.block, self.blocks))
        known = [(text.block(block), tuple(names)) for block, names in trusting]
        self._trusting = [(Spans([span]), names) for span, names in known if names]
        self._trusts = Spans(span for span, names in known if names)

    def hold(self, node: ast.AST) -> bool:
        """Whether an error in some code may be caught or expected."""
        return self._caught.hold(self._text.span(node))

    def lie_in(self, node: ast.AST) -> bool:
        """Whether some code has a block whose errors are caught or expected."""
        return self._caught.lie_in(self._text.span(node))

    def catch(self, value: ast.expr, scope: Scope) -> bool:
        """Whether evaluating a value may fail where errors are caught or expected."""
        return self.hold(value) and may_fail(value, scope)

    def trusts(self, value: ast.expr, scope: Scope) -> dict[str, None]:
        """The names that it rests on that nothing catches an error of a value."""
        span = self._text.span(value)
        if not self._trusts.hold(span) or not may_fail(value, scope):
            return {}
        return {n: None for block, names in self._trusting if block.hold(span) for n in names}


def _run_later(
    caught: Sequence[Span], scopes: Mapping[ast.AST, Scope], text: Text
) -> Iterator[Block]:
    """Yield the bodies of functions and lambdas in a function that catches errors anywhere.

    It may call them where it does: `run = lambda: ...`, then `try: do_bench(run)`. The same holds
    for a lambda of a module.
    """
    outermost = {node: text.span(node) for node, scope in scopes.items() if _around(scope) is node}
    functions, blocks = Spans(outermost.values()), Spans(caught)
    catching = {node for node, span in outermost.items() if blocks.lie_in(span)}
    by_module = not all(map(functions.hold, caught))
    for node, scope in scopes.items():
        top = _around(scope)
        is_lambda = isinstance(node, ast.Lambda)
        runs_later = top in catching if node is not top else by_module and is_lambda
        if runs_later and scope.kernel is None:
            body = [node.body] if isinstance(node, ast.Lambda) else scope.body
            yield from [body] if body else []


def _around(scope: Scope) -> ast.AST | None:
    """The outermost function or lambda around a scope, or its own."""
    found = None
    above: Scope | None = scope
    while above is not None:
        found = above.node if isinstance(above.node, _FUNCTIONS) else found
        above = above.parent
    return found

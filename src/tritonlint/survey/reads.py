"""What a kernel does with the parameters that it reads, and whether one has to be a constexpr.

Order and branches are ignored: a name has all the values that the body ever gives it. So a place
that might need a constexpr counts as one that does.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable
from typing import Any

from tritonlint.survey.computation import Computation
from tritonlint.survey.facts.kernels import Mark, Reads
from tritonlint.survey.marks import NEGATIVE, OPEN, RUNTIME, VECTOR
from tritonlint.survey.nodes import FunctionNode, final_name
from tritonlint.survey.scopes import Scope

#: After this many passes over a loop, values that still change are ignored.
_TURNS = 4


def reads_of(node: FunctionNode, scope: Scope, constexprs: Collection[str]) -> dict[str, Reads]:
    """Return what the body does with each parameter; `scope` is the scope of the body."""
    found = _Body(node, scope, constexprs)
    try:
        for _ in range(_TURNS):
            found.stale = False
            found.run(node.body)
            if not found.stale:
                break
    except RecursionError:
        return dict.fromkeys(found.marks.bits, Reads("code that is nested too deeply"))
    return {name: found.marks.reads(name) for name in found.marks.bits}


class _Body(Computation):
    """The statements of a kernel."""

    def run(self, statements: Iterable[ast.stmt]) -> None:
        """Go through statements."""
        for statement in statements:
            handler = _STATEMENTS.get(statement.__class__)
            if handler is not None:
                handler(self, statement)
            else:
                self._opaque(statement, "code that is not followed")

    def _assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._bind(target, node.value)

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        if (
            isinstance(target, (ast.Tuple, ast.List))
            and isinstance(value, (ast.Tuple, ast.List))
            and len(target.elts) == len(value.elts)
        ):
            for part, element in zip(target.elts, value.elts, strict=True):
                self._bind(part, element)
            return
        self._store(target, self._value(value))

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is None:
            return
        value = self._value(node.value)
        if not value & (RUNTIME | OPEN):
            self.marks.mark(Mark.DERIVED, value)
        self._store(node.target, value)

    def _augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._loaded.add(node.target.id)
            left = self.env.get(node.target.id, 0)
            self._set(node.target.id, self._combine(node.op, left, node.value, node))
        else:
            self.marks.need(self._value(node.value), "an object's attribute or item", node)

    def _if(self, node: ast.If) -> None:
        self._test(node.test)
        self.run(node.body)
        self.run(node.orelse)

    def _while(self, node: ast.While) -> None:
        self._test(node.test)
        self.run(node.body)
        self.run(node.orelse)

    def _for(self, node: ast.For) -> None:
        turn = RUNTIME
        call = node.iter
        name = final_name(call.func) if isinstance(call, ast.Call) else ""
        if isinstance(call, ast.Call) and name == "range":
            bounds = [self._value(a) for a in call.args]
            for keyword in call.keywords:
                value = self._value(keyword.value)
                if keyword.arg in ("arg1", "arg2", "step"):
                    bounds.append(value)
                else:
                    self.marks.need(value, f"`{keyword.arg}` of a range", call)
            for place, value in enumerate(bounds):
                if place == 2 and value & NEGATIVE:
                    self.marks.need(value, "a negative step of a range", call)
                self.marks.mark(Mark.BOUND, value)
                if value & VECTOR:
                    self.marks.mark(Mark.VECTOR, value)
            # The start and the step decide which divisibility the loop variable has.
            if len(bounds) > 1:
                turn |= bounds[0] | (bounds[2] if len(bounds) > 2 else 0)
        else:
            turn = self._value(call)
        self._store(node.target, turn)
        self.run(node.body)
        self.run(node.orelse)

    def _expression(self, node: ast.Expr) -> None:
        self._value(node.value)

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.marks.mark(Mark.RETURNED, self._value(node.value))

    def _assert(self, node: ast.Assert) -> None:
        self._test(node.test)
        if node.msg is not None:
            self._value(node.msg)

    def _with(self, node: ast.With) -> None:
        for item in node.items:
            self._opaque(item, "a `with`")
        self.run(node.body)

    def _nothing(self, node: ast.AST) -> None:
        pass


_STATEMENTS: dict[type, Callable[[Any, Any], None]] = {
    ast.Assign: _Body._assign,
    ast.AnnAssign: _Body._annotated,
    ast.AugAssign: _Body._augmented,
    ast.If: _Body._if,
    ast.While: _Body._while,
    ast.For: _Body._for,
    ast.Expr: _Body._expression,
    ast.Return: _Body._return,
    ast.Assert: _Body._assert,
    ast.With: _Body._with,
    ast.Pass: _Body._nothing,
    ast.Break: _Body._nothing,
    ast.Continue: _Body._nothing,
    ast.Import: _Body._nothing,
    ast.ImportFrom: _Body._nothing,
    ast.Raise: _Body._nothing,
}

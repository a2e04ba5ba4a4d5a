"""What a kernel computes: which parameters the values of its names come from."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from tritonlint.survey.facts.kernels import Forward, Mark
from tritonlint.survey.marks import ALL_FLAGS, NEGATIVE, OPEN, POINTER, RUNTIME, VECTOR, Marks
from tritonlint.survey.nodes import (
    FunctionNode,
    all_arguments,
    chain,
    children,
    last_name,
    nodes_in,
)
from tritonlint.survey.scopes import Scope
from tritonlint.survey.symbols import device_callees
from tritonlint.triton.names import RUNTIME_ARGUMENTS

#: Operators of numbers that Triton does not have for tensors.
_OF_NUMBERS = (ast.Pow, ast.MatMult)
_BUILTINS = frozenset({"range", "min", "max"})


class Computation:
    """Computes the values of a kernel's names and expressions, and marks the parameters.

    Args:
        scope: the scope of the body.
        constexprs: the parameters under `tl.constexpr`.
    """

    def __init__(self, node: FunctionNode, scope: Scope, constexprs: Collection[str]) -> None:
        self.scope = scope
        self.marks = Marks([a.arg for a in all_arguments(node.args)], constexprs)
        bits = self.marks.bits
        #: The values that each name may hold.
        self.env = {n: bit | (n not in constexprs) * OPEN for n, bit in bits.items()}
        self._loaded: set[str] = set()
        #: Whether a name got another value after it was read, which a loop makes possible.
        self.stale = False

    # -- names -----------------------------------------------------------------------------

    def _set(self, name: str, value: int) -> None:
        known = self.env.get(name, 0)
        if known | value != known:
            self.env[name] = known | value
            self.stale = self.stale or name in self._loaded

    def _store(self, target: ast.expr, value: int) -> None:
        if isinstance(target, ast.Name):
            self._set(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self._store(element, value)
        elif isinstance(target, ast.Starred):
            self._store(target.value, value)
        else:
            self.marks.need(value, "an object's attribute or item", target)

    def _opaque(self, node: ast.AST, what: str) -> int:
        """Mark every name in the code as one that may have to be a constexpr."""
        value = 0
        for part in nodes_in(node):
            if isinstance(part, ast.Name):
                value |= self.env.get(part.id, 0)
        self.marks.need(value & ~RUNTIME, what, node)
        self.marks.mark(Mark.VECTOR, value)
        return value

    # -- expressions -----------------------------------------------------------------------

    def _value(self, node: ast.AST) -> int:
        handler = _EXPRESSIONS.get(node.__class__)
        if handler is not None:
            return handler(self, node)
        return self._opaque(node, "code that is not followed")

    def _all(self, nodes: Iterable[ast.AST]) -> int:
        value = 0
        for node in nodes:
            value |= self._value(node)
        return value

    def _name(self, node: ast.Name) -> int:
        self._loaded.add(node.id)
        return self.env.get(node.id, 0)

    def _constant(self, node: ast.Constant) -> int:
        return 0

    def _children(self, node: ast.AST) -> int:
        return self._all(children(node))

    def _binary(self, node: ast.BinOp) -> int:
        return self._combine(node.op, self._value(node.left), node.right, node)

    def _combine(self, op: ast.operator, left: int, right_node: ast.expr, node: ast.AST) -> int:
        right = self._value(right_node)
        value = left | right
        if isinstance(op, _OF_NUMBERS):
            self.marks.need(value, "an operator that tensors lack", node)
        elif isinstance(op, (ast.FloorDiv, ast.Mod)) and value & NEGATIVE:
            self.marks.need(value, "a floor division of a negative number", node)
        if value & POINTER:
            self.marks.mark(Mark.ADDRESS, value)
        if value & VECTOR:
            self.marks.mark(Mark.VECTOR, value)
        return value

    def _unary(self, node: ast.UnaryOp) -> int:
        if isinstance(node.op, ast.Not):
            return self._test(node.operand)
        value = self._value(node.operand)
        is_negative = isinstance(node.op, ast.USub) and value & ~ALL_FLAGS
        return value | NEGATIVE if is_negative else value

    def _logical(self, node: ast.BoolOp) -> int:
        value = 0
        for part in node.values:
            if isinstance(part, (ast.Compare, ast.BoolOp, ast.UnaryOp)):
                value |= self._test(part)
            else:
                operand = self._value(part)
                self.marks.need(operand, "`and` or `or`", node)
                value |= operand
        return value

    def _compare(self, node: ast.Compare) -> int:
        value = self._all((node.left, *node.comparators))
        if any(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops):
            self.marks.need(value & ~RUNTIME, "`is` or `in`", node)
            return 0
        self.marks.mark(Mark.COMPARED, value)
        if value & VECTOR:
            self.marks.mark(Mark.VECTOR, value)
        # Only its truth value is left, unless the value is known before the launch.
        return value & ALL_FLAGS if value & RUNTIME else value & ~POINTER

    def _test(self, node: ast.expr) -> int:
        """Evaluate a condition; its constexpr parts decide which code is compiled."""
        if isinstance(node, ast.BoolOp):
            value = 0
            for part in node.values:
                value |= self._test(part)
            return value
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self._test(node.operand)
        value = self._value(node)
        if not value & RUNTIME:
            # Where a launch argument is part of the condition, a constexpr alone decides nothing.
            self.marks.mark(Mark.FOLDED, value & self.marks.open if value & OPEN else value)
        if value & (RUNTIME | OPEN) and not isinstance(node, ast.Compare):
            self.marks.mark(Mark.COMPARED, value)
        return value

    def _choice(self, node: ast.IfExp) -> int:
        test = self._test(node.test)
        return (test & ALL_FLAGS) | self._value(node.body) | self._value(node.orelse)

    def _attribute(self, node: ast.Attribute) -> int:
        value = self._value(node.value)
        if value & ~ALL_FLAGS:
            self.marks.need(value, f"its `{node.attr}`", node)
        return value & RUNTIME

    def _subscript(self, node: ast.Subscript) -> int:
        self.marks.need(self._value(node.slice), "an index", node)
        value = self._value(node.value)
        return value | VECTOR if value & (RUNTIME | OPEN) else value

    def _walrus(self, node: ast.NamedExpr) -> int:
        value = self._value(node.value)
        self._store(node.target, value)
        return value

    def _hidden(self, node: ast.AST) -> int:
        return self._opaque(node, "code inside the kernel")

    # -- calls -----------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> int:
        dotted = chain(node.func)
        if isinstance(node.func, ast.Attribute) and (dotted is None or dotted[0] in self.env):
            return self._method(node, node.func)
        name = last_name(dotted) if dotted is not None else ""
        values: list[tuple[int | None, str | None, int]] = []
        for place, argument in enumerate(node.args):
            if isinstance(argument, ast.Starred):
                self._opaque(argument, "an unpacking")
                continue
            values.append((place, None, self._value(argument)))
        values += [(None, k.arg, self._value(k.value)) for k in node.keywords]
        value = 0
        for _, _, argument_value in values:
            value |= argument_value
        if dotted is None:
            self.marks.need(value & ~RUNTIME, "a call", node)
            return value | RUNTIME | VECTOR
        if value & ~ALL_FLAGS:
            self._arguments(node, dotted, name, values)
        return _result(name, value)

    def _arguments(
        self,
        node: ast.Call,
        dotted: tuple[str, tuple[str, ...]],
        name: str,
        values: Sequence[tuple[int | None, str | None, int]],
    ) -> None:
        """Mark the parameters in the arguments of a call."""
        is_builtin = not dotted[1] and dotted[0] in _BUILTINS
        callees = () if is_builtin else device_callees(dotted, self.scope)
        if callees:
            for place, keyword, value in values:
                self.marks.mark(Mark.VECTOR, value)
                self.marks.forward(value, Forward(callees, place, keyword))
            return
        # `triton.cdiv`, unlike `tl.cdiv`, computes with numbers.
        runtime = RUNTIME_ARGUMENTS.get(name) if dotted != ("triton", ("cdiv",)) else None
        vector = any(value & VECTOR for _, _, value in values)
        for place, keyword, value in values:
            is_free = runtime is not None and (place in runtime or keyword in runtime)
            if not is_free:
                self.marks.need(value, f"`{'.'.join((dotted[0], *dotted[1]))}`", node)
            if name in ("load", "store") and (place == 0 or keyword == "pointer"):
                self.marks.mark(Mark.ADDRESS, value)
                if value & VECTOR:
                    self.marks.mark(Mark.VECTOR, value)
            elif not is_free or vector or name not in _SCALAR_FUNCTIONS:
                self.marks.mark(Mark.VECTOR, value)

    def _method(self, node: ast.Call, function: ast.Attribute) -> int:
        """`x.to(tl.int64)`"""
        value = self._value(function.value)
        arguments = [*node.args, *(k.value for k in node.keywords)]
        given = self._all(arguments)
        self.marks.need(given, f"`.{function.attr}`", node)
        self.marks.mark(Mark.VECTOR, given)
        if function.attr != "to":
            self.marks.need(value, f"`.{function.attr}`", node)
            self.marks.mark(Mark.VECTOR, value)
            return value | RUNTIME | VECTOR
        return value | RUNTIME


#: Functions of scalars that only do arithmetic.
_SCALAR_FUNCTIONS = frozenset({"min", "max", "minimum", "maximum", "cdiv", "assume", "to_tensor"})


def _result(name: str, value: int) -> int:
    """Return the value that a function of the language, or a helper, returns."""
    if name in ("program_id", "num_programs"):
        return RUNTIME
    if name in ("arange", "zeros", "full", "rand", "randn", "randint", "zeros_like"):
        return (value & ~POINTER) | RUNTIME | VECTOR
    if name == "load":
        # Values from memory do not come from the parameters.
        return RUNTIME | (value & VECTOR)
    if name in _SCALAR_FUNCTIONS:
        return value
    if name in ("make_block_ptr", "advance", "make_tensor_descriptor"):
        return RUNTIME | VECTOR | POINTER
    return value | VECTOR if value & (RUNTIME | OPEN) else value


_EXPRESSIONS: dict[type, Callable[[Any, Any], int]] = {
    ast.Name: Computation._name,
    ast.Constant: Computation._constant,
    ast.BinOp: Computation._binary,
    ast.UnaryOp: Computation._unary,
    ast.BoolOp: Computation._logical,
    ast.Compare: Computation._compare,
    ast.IfExp: Computation._choice,
    ast.Attribute: Computation._attribute,
    ast.Subscript: Computation._subscript,
    ast.Tuple: Computation._children,
    ast.List: Computation._children,
    ast.Slice: Computation._children,
    ast.NamedExpr: Computation._walrus,
    ast.Call: Computation._call,
    ast.Lambda: Computation._hidden,
    ast.JoinedStr: Computation._hidden,
}

"""What a kernel computes: the values of its names, as the parameters that they come from."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from tritonlint.survey.facts.kernels import Forward, Mark, Reads
from tritonlint.survey.scopes import FunctionNode, Scope, all_arguments, chain, children, last_name
from tritonlint.survey.symbols import device_callees
from tritonlint.triton.names import RUNTIME_ARGUMENTS

#: A value is a number: two flags, then a bit for each parameter that it was computed from.
RUNTIME = 1
#: Comes from a parameter without `tl.constexpr`, which a helper may get as a constexpr all the same
#: (triton/compiler/code_generator.py, `call_JitFunction`).
OPEN = 2
_FLAGS = 2
_ALL_FLAGS = (1 << _FLAGS) - 1

#: Operators of numbers that Triton has for no tensor.
_OF_NUMBERS = (ast.Pow, ast.MatMult)
_BUILTINS = frozenset({"range", "min", "max"})


class Computation:
    """The values of a kernel's names and expressions, and what is noted of them.

    Args:
        scope: that of the body.
        constexprs: the parameters under `tl.constexpr`.
    """

    def __init__(self, node: FunctionNode, scope: Scope, constexprs: Collection[str]) -> None:
        self.names = [a.arg for a in all_arguments(node.args)]
        self.scope = scope
        self.bits = {name: 1 << (_FLAGS + place) for place, name in enumerate(self.names)}
        #: What each name may hold.
        self.env = {n: bit | (n not in constexprs) * OPEN for n, bit in self.bits.items()}
        self.open = sum(bit for n, bit in self.bits.items() if n not in constexprs)
        self.marks: dict[Mark, int] = dict.fromkeys(Mark, 0)
        self.needed: dict[str, str] = {}
        self.passed: dict[str, dict[Forward, None]] = {}
        self.known = 0
        self._loaded: set[str] = set()
        #: Whether a name has got more values after it was read: in the turn of a loop.
        self.stale = False

    def reads(self, name: str) -> Reads:
        """What was found of a parameter."""
        bit = self.bits[name]
        marks = tuple(mark for mark, names in self.marks.items() if names & bit)
        return Reads(self.needed.get(name, ""), marks, tuple(self.passed.get(name, ())))

    # -- notes -----------------------------------------------------------------------------

    def _need(self, value: int, what: str, node: ast.AST) -> None:
        """Something takes constexprs alone."""
        if value & RUNTIME:
            return
        new = value & ~self.known & ~_ALL_FLAGS
        self.known |= new
        while new:
            bit = new & -new
            name = self.names[bit.bit_length() - 1 - _FLAGS]
            self.needed[name] = f"{what} in line {getattr(node, 'lineno', 0)}"
            new ^= bit

    def _mark(self, mark: Mark, value: int) -> None:
        self.marks[mark] |= value & ~_ALL_FLAGS

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
            self._need(value, "an object's attribute or item", target)

    def _opaque(self, node: ast.AST, what: str) -> int:
        """Code in which every mentioned name may have to be a constexpr."""
        value = 0
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                value |= self.env.get(part.id, 0)
        self._need(value & ~RUNTIME, what, node)
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
            self._need(value, "an operator that tensors lack", node)
        elif isinstance(op, ast.FloorDiv) and _is_negative(node):
            self._need(value, "a floor division of a negative number", node)
        return value

    def _unary(self, node: ast.UnaryOp) -> int:
        if isinstance(node.op, ast.Not):
            return self._test(node.operand)
        return self._value(node.operand)

    def _logical(self, node: ast.BoolOp) -> int:
        value = 0
        for part in node.values:
            if isinstance(part, (ast.Compare, ast.BoolOp, ast.UnaryOp)):
                value |= self._test(part)
            else:
                operand = self._value(part)
                self._need(operand, "`and` or `or`", node)
                value |= operand
        return value

    def _compare(self, node: ast.Compare) -> int:
        value = self._all((node.left, *node.comparators))
        if any(isinstance(op, (ast.Is, ast.IsNot, ast.In, ast.NotIn)) for op in node.ops):
            self._need(value & ~RUNTIME, "`is` or `in`", node)
            return 0
        # That it is true or false is all that is left of it, unless it is known beforehand.
        return value & _ALL_FLAGS if value & RUNTIME else value

    def _test(self, node: ast.expr) -> int:
        """A condition; the parts of it that are known beforehand decide what is compiled."""
        if isinstance(node, ast.BoolOp):
            value = 0
            for part in node.values:
                value |= self._test(part)
            return value
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self._test(node.operand)
        value = self._value(node)
        if not value & RUNTIME:
            # Beside an argument of a launch a constexpr decides nothing alone.
            self._mark(Mark.FOLDED, value & self.open if value & OPEN else value)
        return value

    def _choice(self, node: ast.IfExp) -> int:
        test = self._test(node.test)
        return (test & _ALL_FLAGS) | self._value(node.body) | self._value(node.orelse)

    def _attribute(self, node: ast.Attribute) -> int:
        value = self._value(node.value)
        if value & ~_ALL_FLAGS:
            self._need(value, f"its `{node.attr}`", node)
        return value & RUNTIME

    def _subscript(self, node: ast.Subscript) -> int:
        self._need(self._value(node.slice), "an index", node)
        return self._value(node.value)

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
            self._need(value & ~RUNTIME, "a call", node)
            return value | RUNTIME
        if value & ~_ALL_FLAGS:
            self._arguments(node, dotted, name, values)
        return _result(name, value)

    def _arguments(
        self,
        node: ast.Call,
        dotted: tuple[str, tuple[str, ...]],
        name: str,
        values: Sequence[tuple[int | None, str | None, int]],
    ) -> None:
        """Note what becomes of parameters as the arguments of a call."""
        is_builtin = not dotted[1] and dotted[0] in _BUILTINS
        callees = () if is_builtin else device_callees(dotted, self.scope)
        if callees:
            for place, keyword, value in values:
                if value & ~_ALL_FLAGS and not value & RUNTIME:
                    forward = Forward(callees, place, keyword)
                    for parameter, bit in self.bits.items():
                        if value & bit:
                            self.passed.setdefault(parameter, {})[forward] = None
            return
        runtime = RUNTIME_ARGUMENTS.get(name)
        for place, keyword, value in values:
            if runtime is None or not (place in runtime or keyword in runtime):
                self._need(value, f"`{'.'.join((dotted[0], *dotted[1]))}`", node)

    def _method(self, node: ast.Call, function: ast.Attribute) -> int:
        """`x.to(tl.int64)`"""
        value = self._value(function.value)
        arguments = [*node.args, *(k.value for k in node.keywords)]
        self._need(self._all(arguments), f"`.{function.attr}`", node)
        if function.attr != "to":
            self._need(value, f"`.{function.attr}`", node)
        return value | RUNTIME


def _result(name: str, value: int) -> int:
    """What a function of the language, or a helper, gives back."""
    if name in ("program_id", "num_programs"):
        return RUNTIME
    if name in ("arange", "zeros", "full", "rand", "randn", "randint", "zeros_like"):
        return value | RUNTIME
    if name in ("load", "make_block_ptr", "advance", "make_tensor_descriptor"):
        # What memory holds does not come from the parameters.
        return RUNTIME
    return value


def _is_negative(node: ast.AST) -> bool:
    """`-n // block`"""
    left = node.left if isinstance(node, ast.BinOp) else None
    return isinstance(left, ast.UnaryOp) and isinstance(left.op, ast.USub)


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

"""What a kernel does with the parameters that it reads: does one have to be a constexpr?

Order and branches are left aside: a name has all the values that the body ever gives it. So a place
that might need a constexpr counts as one that does.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from tritonlint.survey.facts.kernels import Forward, Mark, Reads
from tritonlint.survey.scopes import FunctionNode, Scope, all_arguments, chain, children, last_name
from tritonlint.survey.symbols import device_callees
from tritonlint.triton.names import RUNTIME_ARGUMENTS

# A value is a number: four flags, then a bit for each parameter that it was computed from.
_RUNTIME, _VECTOR, _POINTER = 1, 2, 4
#: Comes from a parameter without `tl.constexpr`, which a helper may get as a constexpr all the same
#: (triton/compiler/code_generator.py, `call_JitFunction`).
_OPEN = 8
_FLAGS = 4
_ALL_FLAGS = (1 << _FLAGS) - 1

#: A value that so many turns of loops hand on is known; what comes later is left aside.
_TURNS = 4
#: Operators of numbers that Triton has for no tensor.
_OF_NUMBERS = (ast.Pow, ast.MatMult)
_BUILTINS = frozenset({"range", "min", "max"})


def reads_of(node: FunctionNode, scope: Scope, constexprs: Collection[str]) -> dict[str, Reads]:
    """For each parameter of a kernel, what its body does with it; `scope` is that of the body."""
    found = _Body(node, scope, constexprs)
    try:
        for _ in range(_TURNS):
            found.stale = False
            found.run(node.body)
            if not found.stale:
                break
    except RecursionError:
        return dict.fromkeys(found.bits, Reads("code that is nested too deeply"))
    return {name: found.reads(name) for name in found.bits}


class _Body:
    def __init__(self, node: FunctionNode, scope: Scope, constexprs: Collection[str]) -> None:
        self.names = [a.arg for a in all_arguments(node.args)]
        self.scope = scope
        self.bits = {name: 1 << (_FLAGS + place) for place, name in enumerate(self.names)}
        #: What each name may hold.
        self.env = {n: bit | (n not in constexprs) * _OPEN for n, bit in self.bits.items()}
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
        if value & _RUNTIME:
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

    # -- statements ------------------------------------------------------------------------

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

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is None:
            return
        value = self._value(node.value)
        if not value & (_RUNTIME | _OPEN):
            self._mark(Mark.DERIVED, value)
        self._store(node.target, value)

    def _augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._loaded.add(node.target.id)
            left = self.env.get(node.target.id, 0)
            self._set(node.target.id, self._combine(node.op, left, node.value, node))
        else:
            self._need(self._value(node.value), "an object's attribute or item", node)

    def _if(self, node: ast.If) -> None:
        self._test(node.test)
        self.run(node.body)
        self.run(node.orelse)

    def _while(self, node: ast.While) -> None:
        self._test(node.test)
        self.run(node.body)
        self.run(node.orelse)

    def _for(self, node: ast.For) -> None:
        turn = _RUNTIME
        call = node.iter
        name = _called(call) if isinstance(call, ast.Call) else ""
        if isinstance(call, ast.Call) and name == "range":
            bounds = [self._value(a) for a in call.args]
            for keyword in call.keywords:
                value = self._value(keyword.value)
                if keyword.arg in ("arg1", "arg2", "step"):
                    bounds.append(value)
                else:
                    self._need(value, f"`{keyword.arg}` of a range", call)
            for value in bounds:
                self._mark(Mark.BOUND, value)
                if value & _VECTOR:
                    self._mark(Mark.VECTOR, value)
            # The first value and the step say what the turns are divisible by.
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
            self._mark(Mark.RETURNED, self._value(node.value))

    def _assert(self, node: ast.Assert) -> None:
        self._test(node.test)

    def _with(self, node: ast.With) -> None:
        for item in node.items:
            self._opaque(item, "a `with`")
        self.run(node.body)

    def _nothing(self, node: ast.AST) -> None:
        pass

    def _opaque(self, node: ast.AST, what: str) -> int:
        """Code in which every mentioned name may have to be a constexpr."""
        value = 0
        for part in ast.walk(node):
            if isinstance(part, ast.Name):
                value |= self.env.get(part.id, 0)
        self._need(value & ~_RUNTIME, what, node)
        self._mark(Mark.VECTOR, value)
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
        if value & _POINTER:
            self._mark(Mark.ADDRESS, value)
        if value & _VECTOR:
            self._mark(Mark.VECTOR, value)
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
            self._need(value & ~_RUNTIME, "`is` or `in`", node)
            return 0
        self._mark(Mark.COMPARED, value)
        if value & _VECTOR:
            self._mark(Mark.VECTOR, value)
        # That it is true or false is all that is left of it, unless it is known beforehand.
        return value & _ALL_FLAGS if value & _RUNTIME else value & ~_POINTER

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
        if not value & _RUNTIME:
            # Beside an argument of a launch a constexpr decides nothing alone.
            self._mark(Mark.FOLDED, value & self.open if value & _OPEN else value)
        if value & (_RUNTIME | _OPEN) and not isinstance(node, ast.Compare):
            self._mark(Mark.COMPARED, value)
        return value

    def _choice(self, node: ast.IfExp) -> int:
        test = self._test(node.test)
        return (test & _ALL_FLAGS) | self._value(node.body) | self._value(node.orelse)

    def _attribute(self, node: ast.Attribute) -> int:
        value = self._value(node.value)
        if value & ~_ALL_FLAGS:
            self._need(value, f"its `{node.attr}`", node)
        return value & _RUNTIME

    def _subscript(self, node: ast.Subscript) -> int:
        self._need(self._value(node.slice), "an index", node)
        value = self._value(node.value)
        return value | _VECTOR if value & (_RUNTIME | _OPEN) else value

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
            self._need(value & ~_RUNTIME, "a call", node)
            return value | _RUNTIME | _VECTOR
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
                self._mark(Mark.VECTOR, value)
                if value & ~_ALL_FLAGS and not value & _RUNTIME:
                    forward = Forward(callees, place, keyword)
                    for parameter, bit in self.bits.items():
                        if value & bit:
                            self.passed.setdefault(parameter, {})[forward] = None
            return
        runtime = RUNTIME_ARGUMENTS.get(name)
        vector = any(value & _VECTOR for _, _, value in values)
        for place, keyword, value in values:
            is_free = runtime is not None and (place in runtime or keyword in runtime)
            if not is_free:
                self._need(value, f"`{'.'.join((dotted[0], *dotted[1]))}`", node)
            if name in ("load", "store") and (place == 0 or keyword == "pointer"):
                self._mark(Mark.ADDRESS, value)
                if value & _VECTOR:
                    self._mark(Mark.VECTOR, value)
            elif not is_free or vector or name not in _SCALAR_FUNCTIONS:
                self._mark(Mark.VECTOR, value)

    def _method(self, node: ast.Call, function: ast.Attribute) -> int:
        """`x.to(tl.int64)`"""
        value = self._value(function.value)
        arguments = [*node.args, *(k.value for k in node.keywords)]
        given = self._all(arguments)
        self._need(given, f"`.{function.attr}`", node)
        self._mark(Mark.VECTOR, given)
        if function.attr != "to":
            self._need(value, f"`.{function.attr}`", node)
            self._mark(Mark.VECTOR, value)
            return value | _RUNTIME | _VECTOR
        return value | _RUNTIME


#: Functions of scalars that are nothing but arithmetic.
_SCALAR_FUNCTIONS = frozenset({"min", "max", "minimum", "maximum", "cdiv", "assume", "to_tensor"})


def _called(node: ast.Call) -> str:
    dotted = chain(node.func)
    return last_name(dotted) if dotted is not None else ""


def _result(name: str, value: int) -> int:
    """What a function of the language, or a helper, gives back."""
    if name in ("program_id", "num_programs"):
        return _RUNTIME
    if name in ("arange", "zeros", "full", "rand", "randn", "randint", "zeros_like"):
        return (value & ~_POINTER) | _RUNTIME | _VECTOR
    if name == "load":
        # What memory holds does not come from the parameters.
        return _RUNTIME | (value & _VECTOR)
    if name in _SCALAR_FUNCTIONS:
        return value
    if name in ("make_block_ptr", "advance", "make_tensor_descriptor"):
        return _RUNTIME | _VECTOR | _POINTER
    return value | _VECTOR if value & (_RUNTIME | _OPEN) else value


def _is_negative(node: ast.AST) -> bool:
    """`-n // block`"""
    left = node.left if isinstance(node, ast.BinOp) else None
    return isinstance(left, ast.UnaryOp) and isinstance(left.op, ast.USub)


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
_EXPRESSIONS: dict[type, Callable[[Any, Any], int]] = {
    ast.Name: _Body._name,
    ast.Constant: _Body._constant,
    ast.BinOp: _Body._binary,
    ast.UnaryOp: _Body._unary,
    ast.BoolOp: _Body._logical,
    ast.Compare: _Body._compare,
    ast.IfExp: _Body._choice,
    ast.Attribute: _Body._attribute,
    ast.Subscript: _Body._subscript,
    ast.Tuple: _Body._children,
    ast.List: _Body._children,
    ast.Slice: _Body._children,
    ast.NamedExpr: _Body._walrus,
    ast.Call: _Body._call,
    ast.Lambda: _Body._hidden,
    ast.JoinedStr: _Body._hidden,
}

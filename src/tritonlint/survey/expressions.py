"""The expressions of a file: every mention of what may be a kernel, and every call of one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, NamedTuple, TypeAlias

from tritonlint.survey.facts.calls import CallForm
from tritonlint.survey.facts.module import SurveyOptions
from tritonlint.survey.facts.references import Escape
from tritonlint.survey.namespaces import FINDING, NameLookups
from tritonlint.survey.scopes import (
    Assigned,
    Chain,
    Imported,
    Scope,
    chain,
    children,
    final_name,
    last_name,
)
from tritonlint.survey.symbols import returns_its_kernel, telling_attribute
from tritonlint.survey.text import Text
from tritonlint.survey.uses import (
    COMPILED_KEPT,
    DROPPED,
    HOW_OF,
    INDEXED,
    KEPT,
    KEY,
    KEYED,
    LAUNCH,
    LOOKED_AT,
    NAMED,
    TESTED,
    VALUE,
    How,
    passed,
)
from tritonlint.survey.wrappings import Wrapping, wrapping_of
from tritonlint.triton.names import (
    COMPILED_ATTRIBUTES,
    INNER_KERNEL,
    LAUNCHING_METHODS,
    TELLING_ATTRIBUTES,
)

#: Functions of Python that look at a value, keep nothing of it and call nothing on it.
_LOOK = frozenset(
    {"print", "isinstance", "hasattr", "callable", "len", "str", "repr", "id", "type"}
)
#: Packages whose functions compute with what they are given, and call nothing on it.
_COMPUTING = ("math", "numpy", "torch.nn.functional")
#: Functions that tell the parameters of a function that they are given.
_INSPECTING = frozenset({"signature", "getfullargspec", "getsource", "getsourcelines"})
_KEYED_METHODS = frozenset({"get", "pop", "setdefault", "__getitem__"})


class RawCall(NamedTuple):
    """A call that may be a launch or a device call; `callee` is what would be the kernel."""

    form: CallForm
    callee: ast.expr
    node: ast.Call
    scope: Scope
    grid: ast.expr | None = None
    may_fail: bool = False


#: A mention of a dotted name, and what is done with its value.
Load: TypeAlias = tuple[Chain, Scope, How]


class ExpressionWalker:
    """Collects what the expressions say; what binds names is left to a subclass."""

    #: By the type of a node. Not kept by each object, which would then be part of a cycle, and its
    #: tree with it: such memory comes back late.
    handlers: ClassVar[Mapping[type, Callable[[Any, Any, Scope, How], None]]]

    def __init__(self, text: Text, options: SurveyOptions) -> None:
        self.text = text
        self.options = options
        self.calls: list[RawCall] = []
        #: All other calls on the host, by a dotted name.
        self.host_calls: list[tuple[ast.Call, Scope]] = []
        #: How many blocks that expect or catch errors lie around what is visited.
        self._guards = 0
        #: Each way to use a name in a scope, with the first place of it.
        self.loads: dict[Load, ast.AST] = {}
        #: The same of an attribute of the value of any other expression; whether in a kernel.
        self.attribute_loads: dict[tuple[str, How, bool], ast.AST] = {}
        self.names = NameLookups()
        #: By the name of a function of the file, the calls that make a kernel of it.
        self._wrapped: dict[str, list[Wrapping]] = {}

    # -- plumbing --------------------------------------------------------------------------

    def _visit(self, node: ast.AST, scope: Scope, how: How) -> None:
        handler = self.handlers.get(node.__class__)
        if handler is not None:
            handler(self, node, scope, how)
        else:
            self._children(node, scope, HOW_OF.get(node.__class__, VALUE))

    def _children(self, node: ast.AST, scope: Scope, how: How) -> None:
        for child in children(node):
            self._visit(child, scope, how)

    def _visit_all(self, nodes: Iterable[ast.AST | None], scope: Scope, how: How) -> None:
        for node in nodes:
            if node is not None:
                self._visit(node, scope, how)

    def _nothing(self, node: ast.AST, scope: Scope, how: How) -> None:
        pass

    # -- expressions -----------------------------------------------------------------------

    def _name(self, node: ast.Name, scope: Scope, how: How) -> None:
        if node.ctx.__class__ is ast.Load:
            self._load(node, (node.id, ()), scope, how)
        else:
            # Targets inside a kernel or of forms that need no more than to shadow outer names.
            self._bind_opaque(node, scope)

    def _bind_opaque(self, target: ast.AST, scope: Scope) -> None:
        raise NotImplementedError

    def _attribute(self, node: ast.Attribute, scope: Scope, how: How) -> None:
        dotted = chain(node)
        if node.ctx.__class__ is not ast.Load:
            if dotted is not None and dotted[0] in ("self", "cls") and len(dotted[1]) == 1:
                # What a method sets on its own object replaces no kernel of a module.
                return
            how = (Escape.SET, "")
        elif node.attr == "__dict__" and how[0] not in INDEXED:
            self.names.listing(node.value, scope, None, "`__dict__`", node)
        if node.attr == "__call__":
            # `kernel[grid].__call__` is `kernel[grid]`.
            self._visit(node.value, scope, how)
        elif dotted:
            self._load(node, dotted, scope, how)
        elif node.attr in COMPILED_ATTRIBUTES:
            # `kernel.warmup(...).asm`
            self._visit(node.value, scope, DROPPED)
        else:
            self._of_object(node, scope, how)

    def _of_object(self, node: ast.Attribute, scope: Scope, how: How) -> None:
        """`f().kernel`, `table["a"].kernel`: an attribute of whatever that is."""
        load = (telling_attribute(node), how, scope.kernel is not None)
        self.attribute_loads.setdefault(load, node)
        inner = VALUE
        if node.attr in _KEYED_METHODS:
            inner = KEYED
        elif node.attr in TELLING_ATTRIBUTES:
            inner = Escape.INSPECTED, node.attr
        self._visit(node.value, scope, inner)

    def _load(self, node: ast.expr, dotted: Chain, scope: Scope, how: How) -> None:
        # The first of many like it will do.
        self.loads.setdefault((dotted, scope, how), node)

    def _key(self, node: ast.AST, scope: Scope) -> None:
        """An expression that is used as a key."""
        if node.__class__ is not ast.Constant:
            self._visit(node, scope, KEY)

    def _either(self, node: ast.IfExp, scope: Scope, how: How) -> None:
        self._visit(node.test, scope, TESTED)
        self._visit(node.body, scope, how)
        self._visit(node.orelse, scope, how)

    def _any_of(self, node: ast.BoolOp, scope: Scope, how: How) -> None:
        self._visit_all(node.values, scope, how)

    def _not(self, node: ast.UnaryOp, scope: Scope, how: How) -> None:
        self._visit(node.operand, scope, TESTED if isinstance(node.op, ast.Not) else VALUE)

    def _subscript(self, node: ast.Subscript, scope: Scope, how: How) -> None:
        self.names.subscript(node.value, node.slice, scope, node)
        # No grid is a constant.
        is_launcher = how[0] in KEPT and not isinstance(node.slice, ast.Constant)
        escape = Escape.WITH_GRID if is_launcher else Escape.INDEXED
        self._visit(node.value, scope, (escape, ""))
        self._key(node.slice, scope)

    def _dict(self, node: ast.Dict, scope: Scope, how: How) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                self._key(key, scope)
            self._visit(value, scope, (Escape.STORED, "a dictionary"))

    def _compare(self, node: ast.Compare, scope: Scope, how: How) -> None:
        if all(isinstance(n, ast.Constant) and n.value is None for n in node.comparators):
            # Whether there is a kernel says nothing of its parameters.
            self._alias(node.left, scope)
        elif isinstance(node.ops[0], (ast.In, ast.NotIn)):
            self._key(node.left, scope)
            self._visit_all(node.comparators, scope, (Escape.SEARCHED, ""))
        else:
            self._children(node, scope, (Escape.COMPARED, ""))

    def _expression_statement(self, node: ast.Expr, scope: Scope, how: How) -> None:
        value = node.value
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and not value.args:
            # `kernel.warmup(...).result()`
            inner = value.func.value
            value = inner if isinstance(inner, ast.Call) and not value.keywords else value
        if not isinstance(value, ast.Constant):
            self._visit(value, scope, DROPPED)

    # -- calls -----------------------------------------------------------------------------

    def _call(self, node: ast.Call, scope: Scope, how: How) -> None:
        function = node.func
        dotted = chain(function)
        if scope.kernel is not None and dotted is not None:
            self._note_call(CallForm.DEVICE, function, node, scope)
            self._arguments(node, scope, passed(".".join((dotted[0], *dotted[1]))))
        elif isinstance(function, ast.Subscript):
            self._note_call(CallForm.LAUNCH, function.value, node, scope, function.slice)
            self._launched(function.value, scope, form=CallForm.LAUNCH, how=how)
            self.names.subscript(function.value, function.slice, scope, node)
            self._visit(function.slice, scope, (Escape.PASSED, "a grid"))
            self._arguments(node, scope, LAUNCH)
        elif isinstance(function, ast.Attribute) and function.attr in LAUNCHING_METHODS:
            form = CallForm.RUN if function.attr == "run" else CallForm.WARMUP
            grid = next((k.value for k in node.keywords if k.arg == "grid"), None)
            self._note_call(form, function.value, node, scope, grid)
            self._launched(function.value, scope, form=form, how=how)
            self._arguments(node, scope, passed(function.attr))
        elif _is_partial_launch(node):
            # Whoever gets it may call it with more arguments.
            self._partial(node, scope)
            launcher = node.args[0]
            assert isinstance(launcher, ast.Subscript)
            self._visit(launcher.value, scope, how)
        elif isinstance(function, ast.Call) and _is_partial_launch(function):
            # `partial(kernel[grid], x)(y)`
            self._note_call(CallForm.LAUNCH, function, node, scope)
            self._partial(function, scope)
            self._arguments(node, scope, LAUNCH)
        elif isinstance(function, ast.NamedExpr):
            # `(fn := kernel[grid])(...)`
            self._visit(function, scope, NAMED)
            self._note_call(CallForm.LAUNCH, function, node, scope)
            self._arguments(node, scope, passed(function.target.id))
        elif dotted is not None and not dotted[1] and self._is_local_value(dotted[0], scope):
            # `fn = kernel[grid]; fn(...)`
            self._note_call(CallForm.LAUNCH, function, node, scope)
            self._arguments(node, scope, passed(dotted[0]))
        else:
            self._other_call(node, scope, dotted, how)

    def _note_call(
        self,
        form: CallForm,
        callee: ast.expr,
        node: ast.Call,
        scope: Scope,
        grid: ast.expr | None = None,
    ) -> None:
        self.calls.append(RawCall(form, callee, node, scope, grid, self._guards > 0))

    def _launched(self, kernel: ast.expr, scope: Scope, form: CallForm, how: How) -> None:
        """The kernel of a launch, from which a compiled kernel comes that can be launched again."""
        kept = how[0] in COMPILED_KEPT and how != LAUNCH
        if form is CallForm.WARMUP:
            # Nothing but what it returns is wanted of it; by a name it is followed.
            kept = how[0] not in (Escape.DROPPED, Escape.NAMED)
        dotted = chain(kernel)
        if kept and dotted:
            self._load(kernel, dotted, scope, (Escape.COMPILED, ""))
        else:
            self._alias(kernel, scope)

    def _partial(self, node: ast.Call, scope: Scope) -> None:
        launcher = node.args[0]
        assert isinstance(launcher, ast.Subscript)
        self._note_call(CallForm.PARTIAL, launcher.value, node, scope, launcher.slice)
        self._alias(launcher, scope)
        self._visit_all(node.args[1:], scope, LAUNCH)
        self._visit_all([k.value for k in node.keywords], scope, LAUNCH)

    def _other_call(self, node: ast.Call, scope: Scope, dotted: Chain | None, how: How) -> None:
        function = node.func
        last = last_name(dotted) if dotted else getattr(function, "attr", "")
        # Of an unknown object, what has a function under it is a kernel.
        called = Escape.UNWRAPPED if last == INNER_KERNEL else Escape.CALLED
        if last == "__getitem__":
            called = Escape.WITH_GRID
        if dotted:
            self.host_calls.append((node, scope))
            self._load(function, dotted, scope, (called, ""))
        elif isinstance(function, ast.Attribute):
            self._of_object(function, scope, (called, ""))
        else:
            self._visit(function, scope, VALUE)
        if last in FINDING:
            self.names.call(node, scope, last, how)
        given = passed(last or self.text.one_line(function, 40))
        if dotted and not dotted[1] and last in _LOOK and scope.lookup(last) is None:
            given = LOOKED_AT
        elif last in _INSPECTING:
            given = Escape.INSPECTED, last
        elif dotted and _computes(dotted, scope):
            given = LOOKED_AT
        arguments = node.args
        if last in _KEYED_METHODS and arguments:
            if isinstance(function, ast.Attribute):
                self.names.subscript(function.value, arguments[0], scope, node)
            self._key(arguments[0], scope)
            arguments = arguments[1:]
        self._visit_all(arguments, scope, given)
        for keyword in node.keywords:
            self._visit(keyword.value, scope, given)

    def _arguments(self, node: ast.Call, scope: Scope, how: How) -> None:
        self._visit_all(node.args, scope, how)
        self._visit_all([k.value for k in node.keywords], scope, how)

    def _alias(self, node: ast.expr, scope: Scope) -> None:
        """Visit an expression whose value gets another name, or is launched: itself no escape."""
        if isinstance(node, ast.IfExp):
            self._visit(node.test, scope, TESTED)
            self._alias(node.body, scope)
            self._alias(node.orelse, scope)
        elif isinstance(node, ast.BoolOp):
            for value in node.values:
                self._alias(value, scope)
        elif isinstance(node, ast.Subscript):
            self.names.subscript(node.value, node.slice, scope, node)
            self._alias(node.value, scope)
            self._key(node.slice, scope)
        elif chain(node):
            pass
        elif isinstance(node, ast.Attribute):
            self._alias(node.value, scope)
        elif isinstance(node, ast.Call) and _is_partial_launch(node):
            self._partial(node, scope)
        elif isinstance(node, ast.Call) and self._is_understood_call(node, scope):
            for argument in node.args:
                self._alias(argument, scope)
        else:
            self._visit(node, scope, NAMED)

    def _is_understood_call(self, node: ast.Call, scope: Scope) -> bool:
        """`wrap_triton(kernel)` and `triton.jit(function)` only give the kernel back."""
        if len(node.args) == 1 and returns_its_kernel(node, scope):
            return True
        # A function of another file may be made a kernel there too.
        wrapping = wrapping_of(node, scope, self.options) if self._wrapped else None
        return wrapping is not None and wrapping.function in self._wrapped

    def _is_local_value(self, name: str, scope: Scope) -> bool:
        found = scope.lookup(name)
        return found is not None and any(isinstance(b, Assigned) for b in found[1])


#: The handlers of what is found here.
EXPRESSIONS: dict[type, Callable[[Any, Any, Scope, How], None]] = {
    ast.Name: ExpressionWalker._name,
    ast.Attribute: ExpressionWalker._attribute,
    ast.Constant: ExpressionWalker._nothing,
    ast.Pass: ExpressionWalker._nothing,
    ast.Call: ExpressionWalker._call,
    ast.Subscript: ExpressionWalker._subscript,
    ast.Dict: ExpressionWalker._dict,
    ast.Compare: ExpressionWalker._compare,
    ast.IfExp: ExpressionWalker._either,
    ast.BoolOp: ExpressionWalker._any_of,
    ast.UnaryOp: ExpressionWalker._not,
    ast.Expr: ExpressionWalker._expression_statement,
}


def _computes(dotted: Chain, scope: Scope) -> bool:
    """Whether a function only computes with what it is given: `F.conv2d`, `math.ceil`."""
    found = scope.lookup(dotted[0])
    if found is None:
        return False
    for bound in found[1]:
        if not isinstance(bound, Imported) or not bound.external:
            return False
        symbol = bound.symbol.attribute(*dotted[1])
        if not any(symbol.dotted.startswith(f"{package}.") for package in _COMPUTING):
            return False
    return True


def _is_partial_launch(node: ast.Call) -> bool:
    """`partial(kernel[grid], ...)`"""
    is_partial = final_name(node.func) == "partial" and bool(node.args)
    return is_partial and isinstance(node.args[0], ast.Subscript)

"""The expressions of a file: every mention of what may be a kernel, and every call of one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, NamedTuple, TypeAlias

from tritonlint.survey.decorators import Recognized, recognize
from tritonlint.survey.facts.calls import CallForm
from tritonlint.survey.facts.kernels import Role
from tritonlint.survey.facts.module import SurveyOptions
from tritonlint.survey.facts.references import Escape
from tritonlint.survey.scopes import Assigned, Chain, Imported, Scope, chain, children, last_name
from tritonlint.survey.symbols import returns_its_kernel, telling_attribute
from tritonlint.survey.text import Text
from tritonlint.triton.names import (
    COMPILED_ATTRIBUTES,
    INNER_KERNEL,
    LAUNCHING_METHODS,
    TELLING_ATTRIBUTES,
)

#: What is done with the value of an expression, with a detail that `Escape.value` has room for.
How: TypeAlias = tuple[Escape, str]

VALUE: How = (Escape.VALUE, "")
_NAMED: How = (Escape.NAMED, "")
_DROPPED: How = (Escape.DROPPED, "")
_TESTED: How = (Escape.TESTED, "")
_LOOKED_AT: How = (Escape.LOOKED_AT, "")
_KEY: How = (Escape.KEY, "")
_KEYED: How = (Escape.INDEXED, "")
_LAUNCH: How = (Escape.PASSED, "a launch")

#: Functions that find something, or put something in its place, by a string with its name.
_LOOKUPS = frozenset(
    {"getattr", "setattr", "delattr", "attrgetter", "methodcaller", "patch", "object"}
)
#: Methods that put something in the place of attributes that keywords name.
_REPLACING = frozenset({"multiple", "update"})
_NAMESPACES = frozenset({"globals", "vars", "locals"})
#: Functions of Python that look at a value, keep nothing of it and call nothing on it.
_LOOK = frozenset(
    {"print", "isinstance", "hasattr", "callable", "len", "str", "repr", "id", "type"}
)
#: Packages whose functions compute with what they are given, and call nothing on it.
_COMPUTING = ("math", "numpy", "torch.nn.functional")
#: Functions that tell the parameters of a function that they are given.
_INSPECTING = frozenset({"signature", "getfullargspec", "getsource", "getsourcelines"})
_KEYED_METHODS = frozenset({"get", "pop", "setdefault", "__getitem__"})
#: Functions that list the names of a module or an object.
_LISTING = frozenset({"vars", "dir", "getmembers"})


class RawCall(NamedTuple):
    """A call that may be a launch or a device call; `callee` is what would be the kernel."""

    form: CallForm
    callee: ast.expr
    node: ast.Call
    scope: Scope
    grid: ast.expr | None = None
    may_fail: bool = False


class Wrapping(NamedTuple):
    """Calls that make a kernel of a function: `triton.autotune(...)(triton.jit(function))`."""

    parts: tuple[tuple[ast.expr, Recognized], ...]
    function: str


class Listing(NamedTuple):
    """Code that gets at names of `owner`, None for the file's own: all, or those that fit `key`."""

    owner: ast.expr | None
    scope: Scope
    key: ast.expr | None
    what: str
    node: ast.AST


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
        #: Names in strings that something is found by.
        self.lookups: list[tuple[str, How, ast.AST]] = []
        self.listings: list[Listing] = []
        #: By the name of a function of the file, the calls that make a kernel of it.
        self._wrapped: dict[str, list[Wrapping]] = {}

    # -- plumbing --------------------------------------------------------------------------

    def _visit(self, node: ast.AST, scope: Scope, how: How) -> None:
        handler = self.handlers.get(node.__class__)
        if handler is not None:
            handler(self, node, scope, how)
        else:
            self._children(node, scope, _HOW.get(node.__class__, VALUE))

    def _children(self, node: ast.AST, scope: Scope, how: How) -> None:
        for child in children(node):
            self._visit(child, scope, how)

    def _visit_all(self, nodes: Iterable[ast.AST | None], scope: Scope, how: How) -> None:
        for node in nodes:
            if node is not None:
                self._visit(node, scope, how)

    def _nothing(self, node: ast.AST, scope: Scope, how: How) -> None:
        pass

    # -- wrapping --------------------------------------------------------------------------

    def _wrapping(self, node: ast.AST, scope: Scope) -> Wrapping | None:
        parts: list[tuple[ast.expr, Recognized]] = []
        expression = node
        is_kernel = False
        while isinstance(expression, ast.Call) and expression.args:
            function = expression.func
            found = recognize(function, scope, self.options)
            if found.role is Role.UNKNOWN:
                break
            is_kernel = is_kernel or found.role is Role.JIT
            parts.append((function if isinstance(function, ast.Call) else expression, found))
            expression = expression.args[0]
        if is_kernel and isinstance(expression, ast.Name):
            return Wrapping(tuple(parts), expression.id)
        return None

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
        elif node.attr == "__dict__" and how[0] not in _INDEXED:
            self._list(node.value, scope, None, "`__dict__`", node)
        if node.attr == "__call__":
            # `kernel[grid].__call__` is `kernel[grid]`.
            self._visit(node.value, scope, how)
        elif dotted:
            self._load(node, dotted, scope, how)
        elif node.attr in COMPILED_ATTRIBUTES:
            # `kernel.warmup(...).asm`
            self._visit(node.value, scope, _DROPPED)
        else:
            self._of_object(node, scope, how)

    def _of_object(self, node: ast.Attribute, scope: Scope, how: How) -> None:
        """`f().kernel`, `table["a"].kernel`: an attribute of whatever that is."""
        load = (telling_attribute(node), how, scope.kernel is not None)
        self.attribute_loads.setdefault(load, node)
        inner = VALUE
        if node.attr in _KEYED_METHODS:
            inner = _KEYED
        elif node.attr in TELLING_ATTRIBUTES:
            inner = Escape.INSPECTED, node.attr
        self._visit(node.value, scope, inner)

    def _load(self, node: ast.expr, dotted: Chain, scope: Scope, how: How) -> None:
        # The first of many like it will do.
        self.loads.setdefault((dotted, scope, how), node)

    def _key(self, node: ast.AST, scope: Scope) -> None:
        """An expression that is used as a key."""
        if node.__class__ is not ast.Constant:
            self._visit(node, scope, _KEY)

    def _either(self, node: ast.IfExp, scope: Scope, how: How) -> None:
        self._visit(node.test, scope, _TESTED)
        self._visit(node.body, scope, how)
        self._visit(node.orelse, scope, how)

    def _any_of(self, node: ast.BoolOp, scope: Scope, how: How) -> None:
        self._visit_all(node.values, scope, how)

    def _not(self, node: ast.UnaryOp, scope: Scope, how: How) -> None:
        self._visit(node.operand, scope, _TESTED if isinstance(node.op, ast.Not) else VALUE)

    def _subscript(self, node: ast.Subscript, scope: Scope, how: How) -> None:
        self._note_lookup(node.value, node.slice, scope, node)
        # No grid is a constant.
        is_launcher = how[0] in _KEPT and not isinstance(node.slice, ast.Constant)
        escape = Escape.WITH_GRID if is_launcher else Escape.INDEXED
        self._visit(node.value, scope, (escape, ""))
        self._key(node.slice, scope)

    def _note_lookup(
        self, namespace: ast.expr, key: ast.expr, scope: Scope, node: ast.expr
    ) -> None:
        """`globals()["kernel"]` and its like."""
        place = _namespace(namespace)
        if not place or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
            return
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            self.lookups.append((key.value, (Escape.LOOKED_UP, f"in `{place}`"), node))
        else:
            self._list(_owner(namespace), scope, key, f"`{place}`", node)

    def _list(
        self,
        owner: ast.expr | None,
        scope: Scope,
        key: ast.expr | None,
        what: str,
        node: ast.AST,
    ) -> None:
        """Note code that gets at names of `owner`, or of the file: all, or those that fit a key."""
        self.listings.append(Listing(owner, scope, key, what, node))

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
            self._visit(value, scope, _DROPPED)

    # -- calls -----------------------------------------------------------------------------

    def _call(self, node: ast.Call, scope: Scope, how: How) -> None:
        function = node.func
        dotted = chain(function)
        if scope.kernel is not None and dotted is not None:
            self._note_call(CallForm.DEVICE, function, node, scope)
            self._arguments(node, scope, _passed(".".join((dotted[0], *dotted[1]))))
        elif isinstance(function, ast.Subscript):
            self._note_call(CallForm.LAUNCH, function.value, node, scope, function.slice)
            self._launched(function.value, scope, form=CallForm.LAUNCH, how=how)
            self._note_lookup(function.value, function.slice, scope, node)
            self._visit(function.slice, scope, (Escape.PASSED, "a grid"))
            self._arguments(node, scope, _LAUNCH)
        elif isinstance(function, ast.Attribute) and function.attr in LAUNCHING_METHODS:
            form = CallForm.RUN if function.attr == "run" else CallForm.WARMUP
            grid = next((k.value for k in node.keywords if k.arg == "grid"), None)
            self._note_call(form, function.value, node, scope, grid)
            self._launched(function.value, scope, form=form, how=how)
            self._arguments(node, scope, _passed(function.attr))
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
            self._arguments(node, scope, _LAUNCH)
        elif isinstance(function, ast.NamedExpr):
            # `(fn := kernel[grid])(...)`
            self._visit(function, scope, _NAMED)
            self._note_call(CallForm.LAUNCH, function, node, scope)
            self._arguments(node, scope, _passed(function.target.id))
        elif dotted is not None and not dotted[1] and self._is_local_value(dotted[0], scope):
            # `fn = kernel[grid]; fn(...)`
            self._note_call(CallForm.LAUNCH, function, node, scope)
            self._arguments(node, scope, _passed(dotted[0]))
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
        kept = how[0] in _COMPILED_KEPT and how != _LAUNCH
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
        self._visit_all(node.args[1:], scope, _LAUNCH)
        self._visit_all([k.value for k in node.keywords], scope, _LAUNCH)

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
        if last in _LOOKUPS or last in _LISTING or last in _NAMESPACES or last in _REPLACING:
            self._note_names(node, scope, last, how)
        given = _passed(last or self.text.one_line(function, 40))
        if dotted and not dotted[1] and last in _LOOK and scope.lookup(last) is None:
            given = _LOOKED_AT
        elif last in _INSPECTING:
            given = Escape.INSPECTED, last
        elif dotted and _computes(dotted, scope):
            given = _LOOKED_AT
        arguments = node.args
        if last in _KEYED_METHODS and arguments:
            if isinstance(function, ast.Attribute):
                self._note_lookup(function.value, arguments[0], scope, node)
            self._key(arguments[0], scope)
            arguments = arguments[1:]
        self._visit_all(arguments, scope, given)
        for keyword in node.keywords:
            self._visit(keyword.value, scope, given)

    def _note_names(self, node: ast.Call, scope: Scope, last: str, how: How) -> None:
        """Calls that find something by its name, or list names, or replace what has a name."""
        if last in _LOOKUPS:
            escape = Escape.REPLACED if last == "setattr" else Escape.LOOKED_UP
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    name = argument.value.rpartition(".")[2]
                    self.lookups.append((name, (escape, f"with `{last}`"), node))
            key = node.args[1] if last == "getattr" and len(node.args) > 1 else None
            if key is not None and not isinstance(key, ast.Constant):
                self._list(node.args[0], scope, key, "`getattr`", node)
        elif last in _REPLACING:
            for keyword in node.keywords:
                if keyword.arg is not None:
                    replaced = (Escape.REPLACED, f"with `{last}`")
                    self.lookups.append((keyword.arg, replaced, node))
        elif last in _LISTING and node.args:
            self._list(node.args[0], scope, None, f"`{last}`", node)
        elif how[0] not in _INDEXED and (last == "globals" or scope.kind == "module"):
            self._list(None, scope, None, f"`{last}()`", node)

    def _arguments(self, node: ast.Call, scope: Scope, how: How) -> None:
        self._visit_all(node.args, scope, how)
        self._visit_all([k.value for k in node.keywords], scope, how)

    def _alias(self, node: ast.expr, scope: Scope) -> None:
        """Visit an expression whose value gets another name, or is launched: itself no escape."""
        if isinstance(node, ast.IfExp):
            self._visit(node.test, scope, _TESTED)
            self._alias(node.body, scope)
            self._alias(node.orelse, scope)
        elif isinstance(node, ast.BoolOp):
            for value in node.values:
                self._alias(value, scope)
        elif isinstance(node, ast.Subscript):
            self._note_lookup(node.value, node.slice, scope, node)
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
            self._visit(node, scope, _NAMED)

    def _is_understood_call(self, node: ast.Call, scope: Scope) -> bool:
        """`wrap_triton(kernel)` and `triton.jit(function)` only give the kernel back."""
        if len(node.args) == 1 and returns_its_kernel(node, scope):
            return True
        # A function of another file may be made a kernel there too.
        wrapping = self._wrapping(node, scope) if self._wrapped else None
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

_HOW: dict[type, How] = {
    ast.List: (Escape.STORED, "a list"),
    ast.Tuple: (Escape.STORED, "a tuple"),
    ast.Set: (Escape.STORED, "a set"),
    ast.Starred: (Escape.UNPACKED, ""),
    ast.JoinedStr: (Escape.FORMATTED, ""),
    ast.FormattedValue: (Escape.FORMATTED, ""),
    ast.Return: (Escape.RETURNED, ""),
    ast.Yield: (Escape.RETURNED, ""),
    ast.YieldFrom: (Escape.RETURNED, ""),
    ast.Delete: _DROPPED,
}

#: What gets a launcher, `kernel[grid]`, out of sight.
_KEPT = frozenset(
    {Escape.PASSED, Escape.STORED, Escape.RETURNED, Escape.RETURNED_BY_LAMBDA, Escape.ASSIGNED}
    | {Escape.CLASS_BODY, Escape.DEFAULT, Escape.DECORATED, Escape.DECORATES, Escape.KEY}
    | {Escape.SEARCHED, Escape.ITERATED, Escape.UNPACKED}
)
#: What gets a compiled kernel, which a launch returns, out of sight.
_COMPILED_KEPT = frozenset({Escape.PASSED, Escape.STORED, Escape.RETURNED, Escape.ASSIGNED})


_INDEXED = frozenset({Escape.INDEXED, Escape.WITH_GRID})


def _passed(function: str) -> How:
    return Escape.PASSED, f"`{function}`"


def _namespace(node: ast.expr) -> str:
    """The name of a dictionary of names: `globals()`, `x.__dict__`."""
    dotted = chain(node.func) if isinstance(node, ast.Call) else None
    if dotted and dotted[0] in _NAMESPACES:
        return f"{dotted[0]}()"
    return "__dict__" if isinstance(node, ast.Attribute) and node.attr == "__dict__" else ""


def _owner(namespace: ast.expr) -> ast.expr | None:
    """Whose names a dictionary of names has; None for the file's own."""
    if isinstance(namespace, ast.Attribute):
        return namespace.value
    if isinstance(namespace, ast.Call) and namespace.args:
        return namespace.args[0]
    return None


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
    dotted = chain(node.func)
    name = last_name(dotted) if dotted else ""
    return name == "partial" and bool(node.args) and isinstance(node.args[0], ast.Subscript)

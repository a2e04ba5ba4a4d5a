"""The expressions of a file: every mention of what may be a kernel, and every call of one."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from tritonlint.facts import (
    CONFIG,
    FED_BY,
    HANDED_ON,
    HEURISTIC,
    UNPACKED,
    CallForm,
    Decorator,
    Role,
)
from tritonlint.survey.decorators import is_like_autotune, name_lists, role_of
from tritonlint.survey.raw import OwnerCode, RawCall, RawLoad, RawString
from tritonlint.survey.scopes import (
    Bound,
    BoundTo,
    Chain,
    Scope,
    chain,
    is_external,
    join,
    last_name,
)
from tritonlint.survey.text import Text

#: A call of `jit` with a function, and not as the decorator that most lines like it are.
_WRAPPED = re.compile(r"jit\s*\(\s*[A-Za-z_]")
_LOOKUPS = frozenset(
    {"getattr", "setattr", "hasattr", "delattr", "attrgetter", "methodcaller", "patch", "object"}
)
_NAMESPACES = frozenset({"globals", "vars", "locals"})
#: What is done with the value of a statement that is an expression.
_DROPPED = "dropped"
#: What is asked of a compiled kernel, and launches nothing.
_LOOKED_AT = frozenset({"asm", "hash", "metadata", "n_regs", "n_spills", "name", "shared", "src"})
#: How what a launch returns may come to be launched itself.
_KEPT = "assigned to"
#: Python's own functions that look at a value and keep nothing of it.
_LOOK = frozenset({"print", "isinstance", "hasattr", "callable", "len", "str", "repr", "id"})
#: Functions of other packages that give back something to be called.
_GIVE_BACK = frozenset({"compile", "partial", "partialmethod", "wraps", "cache", "lru_cache"})
_KEYED_METHODS = frozenset({"get", "pop", "setdefault", "__getitem__"})


class ExpressionWalker:
    """Collects what the expressions say; what binds names is left to a subclass."""

    #: By the type of a node. Not kept by each object, which would then be part of a cycle, and its
    #: tree with it: such memory comes back late.
    handlers: ClassVar[Mapping[type, Callable[[Any, Any, Scope, str], None]]]

    def __init__(self, text: Text, jit_decorators: frozenset[str], names_only: bool) -> None:
        self.text = text
        self.jit_decorators = jit_decorators
        # Where nothing is asked but what names are bound to; an expression may do that too.
        self._skips = names_only and ":=" not in text.source
        self.calls: list[RawCall] = []
        self.loads: list[RawLoad] = []
        self.lookups: list[tuple[str, str, ast.AST]] = []
        self.owners: dict[str, OwnerCode] = {}
        self._loaded: set[tuple[Chain, Scope, str, str]] = set()
        self._owner = ""
        self._may_wrap = _may_wrap(text.source)

    # -- plumbing --------------------------------------------------------------------------

    def _visit(self, node: ast.AST, scope: Scope, how: str) -> None:
        if self._skips and isinstance(node, ast.expr) and not _is_target(node):
            return
        handler = self.handlers.get(type(node))
        if handler is not None:
            handler(self, node, scope, how)
        else:
            self._children(node, scope, _HOW.get(type(node), "used as a value"))

    def _children(self, node: ast.AST, scope: Scope, how: str) -> None:
        for name in node._fields:
            child = getattr(node, name)
            if isinstance(child, ast.AST):
                self._visit(child, scope, how)
            elif isinstance(child, list):
                for item in child:
                    if isinstance(item, ast.AST):
                        self._visit(item, scope, how)

    def _visit_all(self, nodes: Iterable[ast.AST | None], scope: Scope, how: str) -> None:
        for node in nodes:
            if node is not None:
                self._visit(node, scope, how)

    def _code(self) -> OwnerCode:
        code = self.owners.get(self._owner)
        if code is None:
            code = self.owners[self._owner] = OwnerCode()
        return code

    # -- wrapping --------------------------------------------------------------------------

    def _wrapping(self, node: ast.AST, scope: Scope) -> tuple[tuple[Decorator, ...], str] | None:
        decorators: list[Decorator] = []
        expression = node
        is_kernel = False
        while isinstance(expression, ast.Call) and expression.args:
            inner = expression.func
            bare = not isinstance(inner, ast.Call)
            role = role_of(inner, scope, self.jit_decorators)
            if role is Role.UNKNOWN:
                break
            is_kernel = is_kernel or role is Role.JIT
            decorators.append(self._decorator(expression if bare else inner, role))
            expression = expression.args[0]
        if is_kernel and isinstance(expression, ast.Name):
            return tuple(decorators), expression.id
        return None

    def _decorator(self, node: ast.expr, role: Role) -> Decorator:
        return Decorator(
            role=role,
            text=self.text.one_line(node),
            row=node.lineno,
            lists=name_lists(node, role),
        )

    # -- expressions -----------------------------------------------------------------------

    def _name(self, node: ast.Name, scope: Scope, how: str) -> None:
        if isinstance(node.ctx, ast.Load):
            self._load(node, (node.id, ()), scope, how)
        else:
            # Targets inside a kernel or of forms that need no more than to shadow outer names.
            scope.bind(node.id, Bound(BoundTo.OTHER))

    def _attribute(self, node: ast.Attribute, scope: Scope, how: str) -> None:
        dotted = chain(node)
        if dotted:
            self._load(node, dotted, scope, how)
        else:
            # `kernel.warmup(...).asm`
            how = _DROPPED if node.attr in _LOOKED_AT else "used as a value"
            self._visit(node.value, scope, how)

    def _load(self, node: ast.expr, dotted: Chain, scope: Scope, how: str) -> None:
        # The first of many like it in the same function, class or variable will do.
        key = (dotted, scope, how, self._owner)
        if key in self._loaded:
            return
        self._loaded.add(key)
        self.loads.append(RawLoad(node, dotted, scope, how))
        if scope.kernel is None:
            self._code().mentions[dotted, scope] = None

    def _constant(self, node: ast.Constant, scope: Scope, how: str) -> None:
        if isinstance(node.value, str) and node.value.isidentifier() and scope.kernel is None:
            self._string(node, "a string")

    def _string(self, node: ast.Constant, how: str) -> None:
        assert isinstance(node.value, str)
        self._code().strings.append(RawString(node.value, how, node))

    def _key(self, node: ast.AST | None, scope: Scope, how: str) -> None:
        """An expression that may be the name of a parameter, used as a key."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and scope.kernel is None:
            if node.value.isidentifier():
                self._string(node, how)
        elif node is not None:
            self._visit(node, scope, "used as a key")

    def _either(self, node: ast.IfExp, scope: Scope, how: str) -> None:
        self._visit(node.test, scope, "used as a value")
        self._visit(node.body, scope, how)
        self._visit(node.orelse, scope, how)

    def _any_of(self, node: ast.BoolOp, scope: Scope, how: str) -> None:
        self._visit_all(node.values, scope, how)

    def _subscript(self, node: ast.Subscript, scope: Scope, how: str) -> None:
        self._note_lookup(node.value, node.slice, node)
        is_launcher = how.startswith(HANDED_ON) and not isinstance(node.slice, ast.Constant)
        indexed = "kept with its grid" if is_launcher else "indexed, and not called at once"
        self._visit(node.value, scope, indexed)
        self._key(node.slice, scope, "a subscript")

    def _note_lookup(self, namespace: ast.expr, key: ast.expr, node: ast.expr) -> None:
        """`globals()["kernel"]` and its like."""
        dotted = chain(namespace.func) if isinstance(namespace, ast.Call) else None
        if dotted and dotted[0] in _NAMESPACES:
            place = f"{dotted[0]}()"
        elif isinstance(namespace, ast.Attribute) and namespace.attr == "__dict__":
            place = "__dict__"
        else:
            return
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            self.lookups.append((key.value, f"looked up in `{place}`", node))

    def _dict(self, node: ast.Dict, scope: Scope, how: str) -> None:
        self._dict_keys(node, scope, "a dictionary key")

    def _dict_keys(self, node: ast.Dict, scope: Scope, how: str) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if how in FED_BY and isinstance(key, ast.Constant) and isinstance(key.value, str):
                self._code().strings.append(RawString(key.value, how, node))
            else:
                self._key(key, scope, how)
            self._visit(value, scope, "stored in a dictionary")

    def _compare(self, node: ast.Compare, scope: Scope, how: str) -> None:
        if all(isinstance(n, ast.Constant) and n.value is None for n in node.comparators):
            # Whether there is a kernel says nothing of its parameters.
            self._alias(node.left, scope)
        elif isinstance(node.ops[0], (ast.In, ast.NotIn)):
            self._key(node.left, scope, "a membership test")
            self._visit_all(node.comparators, scope, "searched")
        else:
            self._children(node, scope, "compared")

    def _expression_statement(self, node: ast.Expr, scope: Scope, how: str) -> None:
        value = node.value
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and not value.args:
            # `kernel.warmup(...).result()`
            inner = value.func.value
            value = inner if isinstance(inner, ast.Call) and not value.keywords else value
        if not isinstance(value, ast.Constant):
            self._visit(value, scope, _DROPPED)

    # -- calls -----------------------------------------------------------------------------

    def _call(self, node: ast.Call, scope: Scope, how: str) -> None:
        function = node.func
        dotted = chain(function)
        last = last_name(dotted) if dotted else getattr(function, "attr", "")
        last = last or self.text.one_line(function, 40)
        if scope.kernel is not None and dotted is not None:
            self.calls.append(RawCall(CallForm.DEVICE, function, node, scope, self._owner))
            self._arguments(node, scope, f"passed to `{'.'.join((dotted[0], *dotted[1]))}`")
        elif isinstance(function, ast.Subscript):
            self.calls.append(
                RawCall(CallForm.LAUNCH, function.value, node, scope, self._owner, function.slice)
            )
            self._launched(function.value, scope, form=CallForm.LAUNCH, how=how)
            self._visit(function.slice, scope, "used in a grid")
            self._arguments(node, scope, "passed to a launch")
        elif isinstance(function, ast.Attribute) and function.attr in ("run", "warmup"):
            form = CallForm.RUN if function.attr == "run" else CallForm.WARMUP
            grid = next((k.value for k in node.keywords if k.arg == "grid"), None)
            self.calls.append(RawCall(form, function.value, node, scope, self._owner, grid))
            self._launched(function.value, scope, form=form, how=how)
            self._arguments(node, scope, f"passed to `{last}`")
        elif _is_partial_launch(node):
            # Whoever gets it may call it with more arguments.
            self._partial(node, scope)
            self._load_kernel_of(node, scope, how)
        elif isinstance(function, ast.Call) and _is_partial_launch(function):
            # `partial(kernel[grid], x)(y)`
            self.calls.append(RawCall(CallForm.LAUNCH, function, node, scope, self._owner))
            self._partial(function, scope)
            self._arguments(node, scope, "passed to a launch")
        elif dotted is not None and not dotted[1] and self._is_local_value(dotted[0], scope):
            # `fn = kernel[grid]; fn(...)`
            self.calls.append(RawCall(CallForm.LAUNCH, function, node, scope, self._owner))
            self._arguments(node, scope, f"passed to `{dotted[0]}`")
        else:
            self._other_call(node, scope, last, dotted)

    def _launched(self, kernel: ast.expr, scope: Scope, form: CallForm, how: str) -> None:
        """The kernel of a launch, from which a compiled kernel comes that can be launched again."""
        kept = how.startswith(_KEPT) if form is not CallForm.WARMUP else how != _DROPPED
        dotted = chain(kernel)
        if kept and dotted:
            self._load(kernel, dotted, scope, "launched, and what comes of it is kept")
        else:
            self._alias(kernel, scope)

    def _load_kernel_of(self, node: ast.Call, scope: Scope, how: str) -> None:
        launcher = node.args[0]
        assert isinstance(launcher, ast.Subscript)
        self._visit(launcher.value, scope, how)

    def _partial(self, node: ast.Call, scope: Scope) -> None:
        launcher = node.args[0]
        assert isinstance(launcher, ast.Subscript)
        self.calls.append(
            RawCall(CallForm.PARTIAL, launcher.value, node, scope, self._owner, launcher.slice)
        )
        self._alias(launcher, scope)
        self._visit_all(node.args[1:], scope, "passed to a launch")
        self._visit_all([k.value for k in node.keywords], scope, "passed to a launch")

    def _other_call(self, node: ast.Call, scope: Scope, last: str, dotted: Chain | None) -> None:
        # What is of other packages launches no kernel that it is given as some attribute.
        given = f"passed to `{last}`"
        if dotted and last not in _GIVE_BACK and self._is_of_others(dotted, scope):
            given = f"given to `{last}`"
        if last in _LOOKUPS:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    name = argument.value.rpartition(".")[2]
                    self.lookups.append((name, f"looked up with `{last}`", node))
        if dotted:
            self._load(node.func, dotted, scope, "called like a plain function")
        else:
            self._visit(node.func, scope, "used as a value")
        if last == "Config" and node.args and isinstance(node.args[0], ast.Dict):
            self._dict_keys(node.args[0], scope, CONFIG)
            rest: list[ast.AST] = [*node.args[1:], *node.keywords]
            self._visit_all(rest, scope, "passed to `Config`")
            return
        if last == "heuristics" and node.args and isinstance(node.args[0], ast.Dict):
            self._dict_keys(node.args[0], scope, HEURISTIC)
            return
        if last in _KEYED_METHODS and node.args:
            if isinstance(node.func, ast.Attribute):
                self._note_lookup(node.func.value, node.args[0], node)
            self._key(node.args[0], scope, f"a key of `.{last}()`")
            self._visit_all(node.args[1:], scope, given)
        elif last == "autotune" and len(node.args) > 1:
            # The second is the key, which the decorator's own lists hold.
            self._visit_all([node.args[0], *node.args[2:]], scope, given)
        else:
            self._visit_all(node.args, scope, given)
        for keyword in node.keywords:
            if is_like_autotune(node) and keyword.arg in ("key", "reset_to_zero", "restore_value"):
                continue
            if last == "jit" and keyword.arg and keyword.arg.startswith("do_not_specialize"):
                continue
            if keyword.arg is None and scope.kernel is None and _is_given(keyword.value, scope):
                self._code().strings.append(RawString(UNPACKED, "unpacked into a call", keyword))
            if last == "dict" and keyword.arg and scope.kernel is None:
                self._code().strings.append(RawString(keyword.arg, "a dictionary key", keyword))
            self._visit(keyword.value, scope, given)

    def _is_of_others(self, dotted: Chain, scope: Scope) -> bool:
        found = scope.lookup(dotted[0])
        if found is None:
            return not dotted[1] and dotted[0] in _LOOK
        return all(
            b.to is BoundTo.IMPORT and is_external(join(b.symbol, dotted[1])) for b in found[1]
        )

    def _arguments(self, node: ast.Call, scope: Scope, how: str) -> None:
        self._visit_all(node.args, scope, how)
        self._visit_all([k.value for k in node.keywords], scope, how)

    def _alias(self, node: ast.expr, scope: Scope) -> None:
        """Visit an expression whose value gets another name, or is launched: itself no escape."""
        if isinstance(node, ast.IfExp):
            self._visit(node.test, scope, "used as a value")
            self._alias(node.body, scope)
            self._alias(node.orelse, scope)
        elif isinstance(node, ast.BoolOp):
            for value in node.values:
                self._alias(value, scope)
        elif isinstance(node, ast.Subscript):
            self._note_lookup(node.value, node.slice, node)
            self._alias(node.value, scope)
            self._key(node.slice, scope, "a subscript")
        elif dotted := chain(node):
            if scope.kernel is None:
                self._code().mentions[dotted, scope] = None
        elif isinstance(node, ast.Attribute):
            self._alias(node.value, scope)
        elif isinstance(node, ast.Call) and _is_partial_launch(node):
            self._partial(node, scope)
        elif isinstance(node, ast.Call) and self._is_understood_call(node, scope):
            for argument in node.args:
                self._alias(argument, scope)
        else:
            self._visit(node, scope, "used as a value")

    def _is_understood_call(self, node: ast.Call, scope: Scope) -> bool:
        """`wrap_triton(kernel)` and `triton.jit(function)` only give the kernel back."""
        dotted = chain(node.func)
        last = last_name(dotted) if dotted else ""
        if last in ("wrap_triton", "capture_triton"):
            return len(node.args) == 1
        return self._may_wrap and self._wrapping(node, scope) is not None

    def _is_local_value(self, name: str, scope: Scope) -> bool:
        found = scope.lookup(name)
        return found is not None and any(b.to is BoundTo.VALUE for b in found[1])


#: The handlers of what is found here.
EXPRESSIONS: dict[type, Callable[[Any, Any, Scope, str], None]] = {
    ast.Name: ExpressionWalker._name,
    ast.Attribute: ExpressionWalker._attribute,
    ast.Constant: ExpressionWalker._constant,
    ast.Call: ExpressionWalker._call,
    ast.Subscript: ExpressionWalker._subscript,
    ast.Dict: ExpressionWalker._dict,
    ast.Compare: ExpressionWalker._compare,
    ast.IfExp: ExpressionWalker._either,
    ast.BoolOp: ExpressionWalker._any_of,
    ast.Expr: ExpressionWalker._expression_statement,
}

_HOW: dict[type, str] = {
    ast.List: "stored in a list",
    ast.Tuple: "stored in a tuple",
    ast.Set: "stored in a set",
    ast.Starred: "unpacked",
    ast.JoinedStr: "formatted into a string",
    ast.Return: "returned",
    ast.Yield: "returned",
    ast.YieldFrom: "returned",
}


def _is_target(node: ast.expr) -> bool:
    return not isinstance(getattr(node, "ctx", None), (ast.Load, type(None)))


def _is_partial_launch(node: ast.Call) -> bool:
    """`partial(kernel[grid], ...)`"""
    dotted = chain(node.func)
    name = last_name(dotted) if dotted else ""
    return name == "partial" and bool(node.args) and isinstance(node.args[0], ast.Subscript)


def _is_given(node: ast.expr, scope: Scope) -> bool:
    """Whether an expression has a dictionary that a function is given: no `**kwargs` of its own."""
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    found = [home for home in map(scope.lookup, names) if home is not None]
    return any(
        bound.to is BoundTo.PARAMETER and not bound.symbol
        for _, bounds in found
        for bound in bounds
    )


def _may_wrap(source: str) -> bool:
    """Whether a kernel may be made by `triton.jit(function)`."""
    for match in _WRAPPED.finditer(source):
        line = source[source.rfind("\n", 0, match.start()) + 1 : match.start()]
        if not line.lstrip().startswith("@"):
            return True
    return False

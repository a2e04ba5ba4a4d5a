"""One walk over a file's syntax tree: scopes, kernels, and every mention of what may be a kernel.

Names are resolved after the walk, when all bindings of the file are known.
"""

from __future__ import annotations

import ast
import bisect
import itertools
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from tritonlint.facts import (
    CONFIG,
    FED_BY,
    HEURISTIC,
    OWN_PARAMETER,
    UNPACKED,
    CallForm,
    Decorator,
    Role,
)
from tritonlint.survey.decorators import is_like_autotune, name_lists, role_of
from tritonlint.survey.kernels import Definition, FunctionNode
from tritonlint.survey.scopes import Bound, BoundTo, Scope, assigned_names, chain
from tritonlint.survey.text import Text

#: A call of `jit` with a function, and not as the decorator that most lines like it are.
_WRAPPED = re.compile(r"jit\s*\(\s*[A-Za-z_]")
_LOOKUPS = frozenset(
    {"getattr", "setattr", "hasattr", "delattr", "attrgetter", "methodcaller", "patch", "object"}
)
_NAMESPACES = frozenset({"globals", "vars", "locals"})
#: What is done with the value of a statement that is an expression.
_DROPPED = "dropped"
#: How what a launch returns may come to be launched itself.
_KEPT = "assigned to"
_KEYED_METHODS = frozenset({"get", "pop", "setdefault", "__getitem__"})


class RawCall(NamedTuple):
    """A call that may be a launch or a device call; `callee` is what would be the kernel."""

    form: CallForm
    callee: ast.expr
    node: ast.Call
    scope: Scope
    owner: str
    grid: ast.expr | None = None


class RawLoad(NamedTuple):
    """A mention of a name or of a dotted name, and what is done with its value."""

    node: ast.expr
    scope: Scope
    how: str


class RawString(NamedTuple):
    """A string that could name a parameter."""

    text: str
    how: str
    node: ast.AST


class OwnerCode:
    """What the code of one top-level function, class or variable says and mentions."""

    def __init__(self) -> None:
        self.strings: list[RawString] = []
        self.mentions: list[tuple[ast.expr, Scope]] = []


class Walker:
    """Collects raw material; see `tritonlint.survey.module` for what becomes of it."""

    def __init__(
        self,
        tree: ast.Module,
        text: Text,
        jit_decorators: frozenset[str],
        focus: Collection[str] | None = None,
    ) -> None:
        self.text = text
        self.jit_decorators = jit_decorators
        self.module = Scope("module", "", None)
        self.definitions: list[Definition] = []
        self.calls: list[RawCall] = []
        self.loads: list[RawLoad] = []
        self.lookups: list[tuple[str, str, ast.AST]] = []
        self.owners: dict[str, OwnerCode] = {}
        self.star_imports: list[str] = []
        #: Classes of the module that inherit, and with that may have another's kernels.
        self.heirs: dict[str, ast.ClassDef] = {}
        self.heir_scopes: list[Scope] = []
        self.left_out: list[str] = []
        self._rows = None if focus is None else _rows_of_interest(text, jit_decorators, focus)
        self._visited: set[Scope] = set()
        self._loaded: set[tuple[object, int, str, str]] = set()
        self._owner = ""
        self._may_wrap = _may_wrap(text.source)
        self._wrapped: dict[str, tuple[Decorator, ...]] = {}
        self._block(tree.body, self.module)

    # -- plumbing --------------------------------------------------------------------------

    def _visit(self, node: ast.AST, scope: Scope, how: str) -> None:
        handler = _HANDLERS.get(type(node))
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

    def _block(self, statements: list[ast.stmt], scope: Scope) -> None:
        if self._may_wrap:
            self._find_wrapped(statements, scope)
        for statement in statements:
            self._visit(statement, scope, "used as a value")

    def _code(self) -> OwnerCode:
        return self.owners.setdefault(self._owner, OwnerCode())

    # -- kernels ---------------------------------------------------------------------------

    def _find_wrapped(self, statements: list[ast.stmt], scope: Scope) -> None:
        """`name = triton.jit(function)`: noted before the function's own definition is met."""
        defined = {s.name for s in statements if isinstance(s, ast.FunctionDef)}
        # The imports of this block decide what `jit` is.
        for statement in statements:
            if isinstance(statement, ast.Import):
                self._import(statement, scope, "")
            elif isinstance(statement, ast.ImportFrom):
                self._import_from(statement, scope, "")
        for statement in statements:
            if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                continue
            for node in ast.walk(statement):
                wrapping = self._wrapping(node, scope)
                # An outer `autotune(...)(jit(f))` is met before its inner `jit(f)`.
                if wrapping and wrapping[1] in defined:
                    self._wrapped.setdefault(wrapping[1], wrapping[0])

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

    def _kernel(self, node: FunctionNode, scope: Scope, decorators: tuple[Decorator, ...]) -> None:
        qualname = scope.qualified(node.name)
        inner = Scope("function", qualname, scope, kernel=qualname)
        for arg in _all_arguments(node.args):
            inner.bind(arg.arg, Bound(BoundTo.PARAMETER, node=arg))
        outer, self._owner = self._owner, f"@{qualname}"
        self._code()
        for decorator in node.decorator_list:
            self._visit(decorator, scope, "used in a decorator")
        self._owner = outer
        self._visit_all(
            [*node.args.defaults, *node.args.kw_defaults], scope, "used as a default value"
        )
        self._visit_all(
            [a.annotation for a in _all_arguments(node.args)], scope, "used in an annotation"
        )
        if self._is_of_no_interest(node):
            self.left_out.append(f"@{qualname}")
        else:
            self._visited.add(inner)
            self._kernel_body(node, inner)
        self.definitions.append(
            Definition(
                node,
                qualname,
                decorators,
                inner,
                returns_value=_returns_value(node.body),
                stub=all(map(_does_nothing, node.body)),
            )
        )

    def _kernel_body(self, node: FunctionNode, scope: Scope) -> None:
        for statement in node.body:
            self._visit(statement, scope, "used as a value in a kernel")

    def bind_locals(self, definition: Definition) -> None:
        """Make sure that the scope of a kernel knows what its body binds."""
        if definition.scope not in self._visited:
            self._visited.add(definition.scope)
            self._kernel_body(definition.node, definition.scope)

    def _function(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        qualname = scope.qualified(node.name)
        roles = [role_of(d, scope, self.jit_decorators) for d in node.decorator_list]
        decorators = tuple(
            self._decorator(d, role) for d, role in zip(node.decorator_list, roles, strict=True)
        )
        if Role.JIT in roles:
            scope.bind(node.name, Bound(BoundTo.KERNEL, qualname))
            self._kernel(node, scope, decorators)
            return
        wrapped = self._wrapped.get(node.name) if scope.kernel is None else None
        if wrapped is not None:
            scope.bind(node.name, Bound(BoundTo.KERNEL, qualname))
            self._kernel(node, scope, wrapped + decorators)
            return
        scope.bind(node.name, Bound(BoundTo.DEFINITION, qualname, node))
        outer = self._owner
        if scope is self.module or scope.kind == "class":
            self._owner = qualname
            self._code()
        self._visit_all(node.decorator_list, scope, "used as a decorator")
        self._visit_all(
            [*node.args.defaults, *node.args.kw_defaults], scope, "used as a default value"
        )
        if self._owner == qualname and self._is_of_no_interest(node):
            self.left_out.append(qualname)
        else:
            inner = Scope("function", qualname, scope, kernel=scope.kernel)
            self._bind_arguments(node.args, inner)
            self._block(node.body, inner)
        self._owner = outer

    def _bind_arguments(self, args: ast.arguments, scope: Scope) -> None:
        for arg in _all_arguments(args):
            stars = "**" if arg is args.kwarg else ""
            scope.bind(arg.arg, Bound(BoundTo.PARAMETER, stars, arg))
            if scope.kernel is None:
                self._code().strings.append(RawString(arg.arg, OWN_PARAMETER, arg))

    def _is_of_no_interest(self, node: FunctionNode) -> bool:
        if self._rows is None:
            return False
        place = bisect.bisect_left(self._rows, node.lineno)
        return place == len(self._rows) or self._rows[place] > (node.end_lineno or node.lineno)

    def _lambda(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.Lambda)
        self._visit_all([*node.args.defaults, *node.args.kw_defaults], scope, how)
        inner = Scope("function", f"{scope.qualname}.<lambda>", scope, kernel=scope.kernel)
        self._bind_arguments(node.args, inner)
        self._visit(node.body, inner, "returned by a lambda")

    def _class(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.ClassDef)
        qualname = scope.qualified(node.name)
        scope.bind(node.name, Bound(BoundTo.CLASS, qualname, node))
        if scope is self.module and node.bases:
            self.heirs[qualname] = node
        self._visit_all(node.decorator_list, scope, "used as a decorator")
        self._visit_all([*node.bases, *node.keywords], scope, "used as a base class")
        outer = self._owner
        if scope is self.module:
            self._owner = qualname
        inner = Scope("class", qualname, scope, kernel=scope.kernel)
        self._block(node.body, inner)
        if node.bases:
            self.heir_scopes.append(inner)
        self._owner = outer

    # -- bindings --------------------------------------------------------------------------

    def _import(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.Import)
        for alias in node.names:
            if alias.asname:
                scope.bind(alias.asname, Bound(BoundTo.IMPORT, f"{alias.name}:"))
            else:
                root = alias.name.partition(".")[0]
                scope.bind(root, Bound(BoundTo.IMPORT, f"{root}:"))

    def _import_from(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.ImportFrom)
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.star_imports.append(module)
            else:
                name = alias.asname or alias.name
                scope.bind(name, Bound(BoundTo.IMPORT, f"{module}:{alias.name}"))
                if scope.kind == "class":
                    read = ast.copy_location(ast.Name(name, ast.Load()), node)
                    self._load(read, scope, f"bound to `{scope.qualified(name)}`")

    def _assign(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.Assign)
        outer, target = self._owner, node.targets[0]
        if isinstance(target, ast.Name) and scope.kind in ("module", "class"):
            self._owner = scope.qualified(target.id)
        self._bind_targets(node.targets, node.value, scope)
        self._owner = outer

    def _annotated_assign(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.AnnAssign)
        self._visit(node.annotation, scope, "used in an annotation")
        if node.value is not None:
            self._bind_targets([node.target], node.value, scope)
        else:
            self._bind_opaque(node.target, scope)

    def _augmented_assign(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.AugAssign)
        self._visit(node.value, scope, "used as a value")
        if isinstance(node.target, ast.Name):
            scope.bind(node.target.id, Bound(BoundTo.OTHER))
        else:
            self._visit(node.target, scope, "used as a value")

    def _walrus(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.NamedExpr)
        home = scope
        while home.kind == "comprehension" and home.parent is not None:
            home = home.parent
        home.bind(node.target.id, Bound(BoundTo.VALUE, node=node.value))
        self._visit(node.value, scope, how)

    def _bind_targets(self, targets: list[ast.expr], value: ast.expr, scope: Scope) -> None:
        aliased = False
        how = "used as a value"
        for target in targets:
            if isinstance(target, ast.Name):
                scope.bind(target.id, self._bound_value(value, scope))
                if scope.kind == "class":
                    # Whoever has the class, or an object of it, may launch it by that name.
                    how = f"bound to `{scope.qualified(target.id)}`"
                aliased = True
            elif (
                isinstance(target, (ast.Tuple, ast.List))
                and isinstance(value, (ast.Tuple, ast.List))
                and len(target.elts) == len(value.elts)
                and not any(isinstance(e, ast.Starred) for e in (*target.elts, *value.elts))
            ):
                for element, part in zip(target.elts, value.elts, strict=True):
                    self._bind_targets([element], part, scope)
                return
            else:
                for name, index in assigned_names(target):
                    scope.bind(name, Bound(BoundTo.UNPACKED, node=value, place=index))
                self._visit_places(target, scope)
                how = f"assigned to `{self.text.one_line(target)}`"
        if aliased and how == "used as a value":
            self._alias(value, scope)
            return
        self._visit(value, scope, how)
        if scope.kind == "class" and scope.parent is not None:
            # In `kernel = kernel` the second is not yet the first.
            self._visit(value, scope.parent, how)

    def _bound_value(self, value: ast.expr, scope: Scope) -> Bound:
        if self._may_wrap:
            wrapping = self._wrapping(value, scope)
            found = scope.lookup(wrapping[1]) if wrapping else None
            if found is not None and found[1][0].to is BoundTo.KERNEL:
                return found[1][0]
        return Bound(BoundTo.VALUE, node=value)

    def _visit_places(self, target: ast.expr, scope: Scope) -> None:
        """The parts of a target that are evaluated: `x.y`, `x[i]`."""
        if isinstance(target, (ast.Attribute, ast.Subscript)):
            self._visit(target, scope, "used as a value")
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self._visit_places(element, scope)
        elif isinstance(target, ast.Starred):
            self._visit_places(target.value, scope)

    def _bind_opaque(self, target: ast.AST, scope: Scope) -> None:
        for name, _ in assigned_names(target):
            scope.bind(name, Bound(BoundTo.OTHER))
        if isinstance(target, ast.expr):
            self._visit_places(target, scope)

    def _for(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, (ast.For, ast.AsyncFor))
        self._visit(node.iter, scope, "iterated over")
        for name, index in assigned_names(node.target):
            plain = isinstance(node.target, ast.Name)
            scope.bind(
                name, Bound(BoundTo.ITEM if plain else BoundTo.OTHER, node=node.iter, place=index)
            )
        self._visit_places(node.target, scope)
        self._block(node.body, scope)
        self._block(node.orelse, scope)

    def _comprehension(self, node: ast.AST, scope: Scope, how: str) -> None:
        inner = Scope("comprehension", scope.qualname, scope, kernel=scope.kernel)
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        for position, generator in enumerate(generators):
            self._visit(generator.iter, inner if position else scope, "iterated over")
            for name, index in assigned_names(generator.target):
                plain = isinstance(generator.target, ast.Name)
                inner.bind(
                    name,
                    Bound(
                        BoundTo.ITEM if plain else BoundTo.OTHER, node=generator.iter, place=index
                    ),
                )
            self._visit_all(generator.ifs, inner, "used as a value")
        parts = [getattr(node, name, None) for name in ("key", "value", "elt")]
        self._visit_all(parts, inner, "stored in a container")

    def _with(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, (ast.With, ast.AsyncWith))
        for item in node.items:
            self._visit(item.context_expr, scope, "used as a value")
            if item.optional_vars is not None:
                self._bind_opaque(item.optional_vars, scope)
        self._block(node.body, scope)

    def _except(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.ExceptHandler)
        if node.type is not None:
            self._visit(node.type, scope, "used as a value")
        if node.name:
            scope.bind(node.name, Bound(BoundTo.OTHER))
        self._block(node.body, scope)

    def _capture(self, node: ast.AST, scope: Scope, how: str) -> None:
        name = getattr(node, "name", None)
        if name:
            scope.bind(name, Bound(BoundTo.OTHER))
        self._children(node, scope, how)

    def _outer_names(self, node: ast.AST, scope: Scope, how: str) -> None:
        for name in node.names:  # type: ignore[attr-defined]
            home: Scope | None = self.module
            if isinstance(node, ast.Nonlocal):
                home = scope.parent
                while home is not None and (home.kind == "class" or name not in home.bindings):
                    home = home.parent
            scope.outer_names[name] = home or self.module

    # -- expressions -----------------------------------------------------------------------

    def _name(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.Name)
        if isinstance(node.ctx, ast.Load):
            self._load(node, scope, how)
        else:
            # Targets inside a kernel or of forms that need no more than to shadow outer names.
            scope.bind(node.id, Bound(BoundTo.OTHER))

    def _attribute(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.Attribute)
        if chain(node):
            self._load(node, scope, how)
        else:
            self._visit(node.value, scope, "used as a value")

    def _load(self, node: ast.expr, scope: Scope, how: str) -> None:
        # The first of many like it in the same function, class or variable will do.
        key = (chain(node), id(scope), how, self._owner)
        if key in self._loaded:
            return
        self._loaded.add(key)
        self.loads.append(RawLoad(node, scope, how))
        if scope.kernel is None:
            self._code().mentions.append((node, scope))

    def _constant(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.Constant)
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

    def _subscript(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.Subscript)
        self._note_lookup(node.value, node.slice, node)
        self._visit(node.value, scope, "indexed, and not called at once")
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

    def _dict(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.Dict)
        self._dict_keys(node, scope, "a dictionary key")

    def _dict_keys(self, node: ast.Dict, scope: Scope, how: str) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            if how in FED_BY and isinstance(key, ast.Constant) and isinstance(key.value, str):
                self._code().strings.append(RawString(key.value, how, node))
            else:
                self._key(key, scope, how)
            self._visit(value, scope, "stored in a dictionary")

    def _compare(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.Compare)
        if isinstance(node.ops[0], (ast.In, ast.NotIn)):
            self._key(node.left, scope, "a membership test")
            self._visit_all(node.comparators, scope, "searched")
        else:
            self._children(node, scope, "compared")

    def _expression_statement(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.Expr)
        value = node.value
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and not value.args:
            # `kernel.warmup(...).result()`
            inner = value.func.value
            value = inner if isinstance(inner, ast.Call) and not value.keywords else value
        if not isinstance(value, ast.Constant):
            self._visit(value, scope, _DROPPED)

    # -- calls -----------------------------------------------------------------------------

    def _call(self, node: ast.AST, scope: Scope, how: str) -> None:
        assert isinstance(node, ast.Call)
        function = node.func
        dotted = chain(function)
        last = (dotted[1] or (dotted[0],))[-1] if dotted else getattr(function, "attr", "")
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
            self._other_call(node, scope, last, dotted is not None)

    def _launched(self, kernel: ast.expr, scope: Scope, form: CallForm, how: str) -> None:
        """The kernel of a launch, from which a compiled kernel comes that can be launched again."""
        kept = how.startswith(_KEPT) if form is not CallForm.WARMUP else how != _DROPPED
        if kept and chain(kernel):
            self._load(kernel, scope, "launched, and what comes of it is kept")
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

    def _other_call(self, node: ast.Call, scope: Scope, last: str, is_chain: bool) -> None:
        if last in _LOOKUPS:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    name = argument.value.rpartition(".")[2]
                    self.lookups.append((name, f"looked up with `{last}`", node))
        if is_chain:
            self._load(node.func, scope, "called like a plain function")
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
            self._visit_all(node.args[1:], scope, f"passed to `{last}`")
        elif last == "autotune" and len(node.args) > 1:
            # The second is the key, which the decorator's own lists hold.
            self._visit_all([node.args[0], *node.args[2:]], scope, f"passed to `{last}`")
        else:
            self._visit_all(node.args, scope, f"passed to `{last}`")
        for keyword in node.keywords:
            if is_like_autotune(node) and keyword.arg in ("key", "reset_to_zero", "restore_value"):
                continue
            if last == "jit" and keyword.arg and keyword.arg.startswith("do_not_specialize"):
                continue
            if keyword.arg is None and scope.kernel is None and _is_given(keyword.value, scope):
                self._code().strings.append(RawString(UNPACKED, "unpacked into a call", keyword))
            if last == "dict" and keyword.arg and scope.kernel is None:
                self._code().strings.append(RawString(keyword.arg, "a dictionary key", keyword))
            self._visit(keyword.value, scope, f"passed to `{last}`")

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
        elif chain(node):
            if scope.kernel is None:
                self._code().mentions.append((node, scope))
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
        last = (dotted[1] or (dotted[0],))[-1] if dotted else ""
        if last in ("wrap_triton", "capture_triton"):
            return len(node.args) == 1
        return self._may_wrap and self._wrapping(node, scope) is not None

    def _is_local_value(self, name: str, scope: Scope) -> bool:
        found = scope.lookup(name)
        return found is not None and any(b.to is BoundTo.VALUE for b in found[1])


#: Not kept by each object, which would then be part of a cycle, and its tree with it: such
#: memory comes back late.
_HANDLERS: dict[type, Callable[[Walker, ast.AST, Scope, str], None]] = {
    ast.Name: Walker._name,
    ast.Attribute: Walker._attribute,
    ast.Constant: Walker._constant,
    ast.Call: Walker._call,
    ast.Subscript: Walker._subscript,
    ast.Dict: Walker._dict,
    ast.Compare: Walker._compare,
    ast.Lambda: Walker._lambda,
    ast.FunctionDef: Walker._function,
    ast.AsyncFunctionDef: Walker._function,
    ast.ClassDef: Walker._class,
    ast.Import: Walker._import,
    ast.ImportFrom: Walker._import_from,
    ast.Assign: Walker._assign,
    ast.AnnAssign: Walker._annotated_assign,
    ast.AugAssign: Walker._augmented_assign,
    ast.NamedExpr: Walker._walrus,
    ast.For: Walker._for,
    ast.AsyncFor: Walker._for,
    ast.With: Walker._with,
    ast.AsyncWith: Walker._with,
    ast.ExceptHandler: Walker._except,
    ast.Global: Walker._outer_names,
    ast.Nonlocal: Walker._outer_names,
    ast.ListComp: Walker._comprehension,
    ast.SetComp: Walker._comprehension,
    ast.GeneratorExp: Walker._comprehension,
    ast.DictComp: Walker._comprehension,
    ast.Expr: Walker._expression_statement,
    ast.MatchAs: Walker._capture,
    ast.MatchStar: Walker._capture,
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


def _is_partial_launch(node: ast.Call) -> bool:
    """`partial(kernel[grid], ...)`"""
    dotted = chain(node.func)
    name = (dotted[1] or (dotted[0],))[-1] if dotted else ""
    return name == "partial" and bool(node.args) and isinstance(node.args[0], ast.Subscript)


def _returns_value(statements: Iterable[ast.stmt]) -> bool:
    """Whether one of the statements returns anything but None."""
    for statement in statements:
        if isinstance(statement, ast.Return):
            value = statement.value
            if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
                return True
        elif not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for block in ("body", "orelse", "finalbody"):
                if _returns_value(getattr(statement, block, ())):
                    return True
            for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                if _returns_value(part.body):
                    return True
    return False


def _is_given(node: ast.expr, scope: Scope) -> bool:
    """Whether an expression is a dictionary that a function is given: no `**kwargs` of its own."""
    found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    return found is not None and any(
        bound.to is BoundTo.PARAMETER and not bound.symbol for bound in found[1]
    )


def _does_nothing(statement: ast.stmt) -> bool:
    """`pass`, `...`, a docstring, `raise`, `tl.static_assert(False)`."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        dotted = chain(call.func)
        return (
            dotted is not None
            and (dotted[1] or (dotted[0],))[-1] == "static_assert"
            and bool(call.args)
            and isinstance(call.args[0], ast.Constant)
            and not call.args[0].value
        )
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, (ast.Pass, ast.Raise))


def _may_wrap(source: str) -> bool:
    """Whether a kernel may be made by `triton.jit(function)`."""
    for match in _WRAPPED.finditer(source):
        line = source[source.rfind("\n", 0, match.start()) + 1 : match.start()]
        if not line.lstrip().startswith("@"):
            return True
    return False


def _rows_of_interest(
    text: Text, jit_decorators: frozenset[str], focus: Collection[str]
) -> list[int]:
    """The rows that may define a kernel or bind a name outside their function, or mention a word.

    The code of a function without such rows says nothing of any kernel that is asked about.
    """
    parts = ("jit", "global ", "nonlocal ", *(d.rpartition(".")[2] for d in jit_decorators))
    places = [place for part in parts for place in _find_all(text.source, part)]
    places += [place for word in focus for place in _find_words(text.source, word)]
    ends = list(itertools.accumulate(map(len, text.lines)))
    rows = {bisect.bisect_right(ends, place) + 1 for place in places}
    for place in _find_all(text.source, "@"):
        row = bisect.bisect_right(ends, place) + 1
        if text.lines[row - 1].lstrip().startswith("@"):
            rows.add(row)
    return sorted(rows)


def _find_all(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


def _find_words(text: str, word: str) -> Iterator[int]:
    """Where the word stands that is no part of a longer identifier."""
    for place in _find_all(text, word):
        around = text[place - 1 : place] + text[place + len(word) : place + len(word) + 1]
        if not any(c.isalnum() or c == "_" for c in around):
            yield place


def _all_arguments(args: ast.arguments) -> list[ast.arg]:
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    return every + [a for a in (args.vararg, args.kwarg) if a is not None]

"""One walk over a file's syntax tree: scopes, kernels, and every mention of what may be a kernel.

Names are resolved after the walk, when all bindings of the file are known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

from tritonlint.survey.effects import impure_function, items_with_effects
from tritonlint.survey.expressions import EXPRESSIONS, ExpressionWalker
from tritonlint.survey.facts.kernels import Role
from tritonlint.survey.facts.module import SurveyOptions
from tritonlint.survey.facts.references import Escape
from tritonlint.survey.imports import imported
from tritonlint.survey.kernels import Definition
from tritonlint.survey.recognition import recognize
from tritonlint.survey.scopes import (
    Argument,
    Assigned,
    Bound,
    ClassName,
    FunctionName,
    FunctionNode,
    Item,
    KernelName,
    Opaque,
    Scope,
    Unpacked,
    all_arguments,
    assigned_names,
    final_name,
    nodes_in,
)
from tritonlint.survey.text import Text
from tritonlint.survey.uses import VALUE, How
from tritonlint.survey.wrappings import Wrapping, wrapping_of

_DEFAULT = (Escape.DEFAULT, "")
_ANNOTATION = (Escape.ANNOTATION, "")
_DECORATES = (Escape.DECORATES, "")
_ITERATED = (Escape.ITERATED, "")


class Walker(ExpressionWalker):
    """Collects raw material; see `tritonlint.survey.module` for what becomes of it."""

    def __init__(self, tree: ast.Module, text: Text, options: SurveyOptions) -> None:
        super().__init__(text, options)
        self.module = Scope("module", "", None)
        self.definitions: list[Definition] = []
        self.star_imports: list[str] = []
        #: The classes of the file, with the scopes of their bodies.
        self.classes: list[tuple[ast.ClassDef, Scope]] = []
        #: Names of attributes that code outside class bodies assigns to.
        self.attributes_set: dict[str, None] = {}
        #: Names of what has an effect when it is looked up or called.
        self.impure: dict[str, None] = {}
        #: For each function and lambda, the scope of its body.
        self.scopes: dict[ast.AST, Scope] = {}
        self.functions: list[tuple[FunctionNode, Scope]] = []
        self._block(tree.body, self.module)
        for function, scope in self.functions:
            if impure_function(function, scope):
                self.impure[function.name] = None

    def _block(self, statements: list[ast.stmt], scope: Scope) -> None:
        if any(isinstance(s, ast.FunctionDef) for s in statements):
            self._find_wrapped(statements, scope)
        for statement in statements:
            self._visit(statement, scope, VALUE)

    # -- kernels ---------------------------------------------------------------------------

    def _find_wrapped(self, statements: list[ast.stmt], scope: Scope) -> None:
        """`name = triton.jit(function)`: noted before the function's own definition is met."""
        defined = {s.name for s in statements if isinstance(s, ast.FunctionDef)}
        # The imports of this block decide what `jit` is.
        for statement in statements:
            if isinstance(statement, ast.Import):
                self._import(statement, scope, VALUE)
            elif isinstance(statement, ast.ImportFrom):
                self._import_from(statement, scope, VALUE)
        for statement in statements:
            if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                continue
            inner: set[ast.AST] = set()
            for node in nodes_in(statement):
                if node in inner:
                    continue
                wrapping = wrapping_of(node, scope, self.options)
                if wrapping is not None and wrapping.function in defined:
                    # Of `autotune(...)(jit(f))` the whole is one wrapping.
                    inner.update(nodes_in(node))
                    self._wrapped.setdefault(wrapping.function, []).append(wrapping)

    def _kernel(self, node: FunctionNode, scope: Scope, wrappings: list[Wrapping]) -> None:
        qualname = scope.qualified(node.name)
        inner = Scope("function", qualname, scope, kernel=qualname)
        self.scopes[node] = inner
        for arg in all_arguments(node.args):
            inner.bind(arg.arg, Argument(arg, "", None))
        self._visit_all(node.decorator_list, scope, (Escape.DECORATED, ""))
        self._visit_all([*node.args.defaults, *node.args.kw_defaults], scope, _DEFAULT)
        self._visit_all([a.annotation for a in all_arguments(node.args)], scope, _ANNOTATION)
        for statement in node.body:
            self._visit(statement, inner, VALUE)
        self.definitions.append(Definition(node, qualname, scope, inner, tuple(wrappings)))

    def _function(self, node: FunctionNode, scope: Scope, how: How) -> None:
        roles = [recognize(d, scope, self.options).role for d in node.decorator_list]
        wrappings = self._wrapped.get(node.name, []) if scope.kernel is None else []
        qualname = scope.qualified(node.name)
        if Role.JIT in roles or wrappings:
            scope.bind(node.name, KernelName(qualname))
            self._kernel(node, scope, wrappings)
            return
        scope.bind(node.name, FunctionName(qualname, node))
        self._visit_all(node.decorator_list, scope, _DECORATES)
        self._visit_all([*node.args.defaults, *node.args.kw_defaults], scope, _DEFAULT)
        inner = Scope("function", qualname, scope, kernel=scope.kernel)
        self.scopes[node] = inner
        self.functions.append((node, inner))
        self._bind_arguments(node.args, inner)
        with self._guarded(any(map(_may_fail, node.decorator_list))):
            self._block(node.body, inner)

    def _bind_arguments(self, args: ast.arguments, scope: Scope) -> None:
        positional = [*args.posonlyargs, *args.args]
        defaults = dict(zip(reversed(positional), reversed(args.defaults), strict=False))
        keyword_only = zip(args.kwonlyargs, args.kw_defaults, strict=True)
        defaults.update((arg, default) for arg, default in keyword_only if default is not None)
        for arg in all_arguments(args):
            star = "**" if arg is args.kwarg else "*" if arg is args.vararg else ""
            scope.bind(arg.arg, Argument(arg, star, defaults.get(arg)))

    def _lambda(self, node: ast.Lambda, scope: Scope, how: How) -> None:
        self._visit_all([*node.args.defaults, *node.args.kw_defaults], scope, _DEFAULT)
        inner = Scope("function", f"{scope.qualname}.<lambda>", scope, kernel=scope.kernel)
        self.scopes[node] = inner
        self._bind_arguments(node.args, inner)
        self._visit(node.body, inner, (Escape.RETURNED_BY_LAMBDA, ""))

    def _class(self, node: ast.ClassDef, scope: Scope, how: How) -> None:
        qualname = scope.qualified(node.name)
        scope.bind(node.name, ClassName(qualname, node))
        self._visit_all(node.decorator_list, scope, _DECORATES)
        self._visit_all([*node.bases, *node.keywords], scope, (Escape.BASE, ""))
        inner = Scope("class", qualname, scope, kernel=scope.kernel)
        self.classes.append((node, inner))
        self._block(node.body, inner)

    # -- bindings --------------------------------------------------------------------------

    def _import(self, node: ast.Import, scope: Scope, how: How) -> None:
        own = self.options.own_packages
        for alias in node.names:
            if alias.asname:
                scope.bind(alias.asname, imported(alias.name, "", own))
            else:
                root = alias.name.partition(".")[0]
                scope.bind(root, imported(root, "", own))

    def _import_from(self, node: ast.ImportFrom, scope: Scope, how: How) -> None:
        module = "." * node.level + (node.module or "")
        own = self.options.own_packages
        for alias in node.names:
            if alias.name == "*":
                self.star_imports.append(module)
                continue
            name = alias.asname or alias.name
            scope.bind(name, imported(module, alias.name, own))
            if scope.kind == "class":
                read = ast.copy_location(ast.Name(name, ast.Load()), node)
                self._load(read, (name, ()), scope, _class_body(name, scope))

    def _assign(self, node: ast.Assign, scope: Scope, how: How) -> None:
        self.impure.update(dict.fromkeys(items_with_effects(node)))
        self._bind_targets(node.targets, node.value, scope)

    def _annotated_assign(self, node: ast.AnnAssign, scope: Scope, how: How) -> None:
        self._visit(node.annotation, scope, _ANNOTATION)
        if node.value is not None:
            self.impure.update(dict.fromkeys(items_with_effects(node)))
            self._bind_targets([node.target], node.value, scope)
        else:
            self._bind_opaque(node.target, scope)

    def _augmented_assign(self, node: ast.AugAssign, scope: Scope, how: How) -> None:
        self._visit(node.value, scope, VALUE)
        if isinstance(node.target, ast.Name):
            scope.bind(node.target.id, Opaque())
        else:
            self._visit(node.target, scope, VALUE)

    def _walrus(self, node: ast.NamedExpr, scope: Scope, how: How) -> None:
        home = scope
        while home.kind == "comprehension" and home.parent is not None:
            home = home.parent
        home.bind(node.target.id, Assigned(node.value, scope))
        self._visit(node.value, scope, how)

    def _bind_targets(self, targets: list[ast.expr], value: ast.expr, scope: Scope) -> None:
        aliased = False
        how: How | None = None
        for target in targets:
            if isinstance(target, ast.Name):
                scope.bind(target.id, self._bound_value(value, scope))
                if scope.kind == "class":
                    # Whoever has the class, or an object of it, may launch it by that name.
                    how = _class_body(target.id, scope)
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
                    scope.bind(name, Unpacked(value, scope, index))
                self._visit_places(target, scope)
                how = Escape.ASSIGNED, f"`{self.text.one_line(target)}`"
        if aliased and how is None:
            self._alias(value, scope)
            return
        self._visit(value, scope, how or VALUE)
        if scope.kind == "class" and scope.parent is not None:
            # In `kernel = kernel` the second is not yet the first.
            self._visit(value, scope.parent, how or VALUE)

    def _bound_value(self, value: ast.expr, scope: Scope) -> Bound:
        if self._wrapped:
            wrapping = wrapping_of(value, scope, self.options)
            found = scope.lookup(wrapping.function) if wrapping else None
            if found is not None and isinstance(found[1][0], KernelName):
                return found[1][0]
        return Assigned(value, scope)

    def _visit_places(self, target: ast.expr, scope: Scope) -> None:
        """The parts of a target that are evaluated: `x.y`, `x[i]`."""
        if isinstance(target, ast.Attribute):
            self.attributes_set[target.attr] = None
        if isinstance(target, (ast.Attribute, ast.Subscript)):
            self._visit(target, scope, VALUE)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self._visit_places(element, scope)
        elif isinstance(target, ast.Starred):
            self._visit_places(target.value, scope)

    def _bind_opaque(self, target: ast.AST, scope: Scope) -> None:
        for name, _ in assigned_names(target):
            scope.bind(name, Opaque())
        if isinstance(target, ast.expr):
            self._visit_places(target, scope)

    def _bind_items(self, target: ast.expr, iterable: ast.expr, scope: Scope, read: Scope) -> None:
        """The target of a loop; the iterable is evaluated in the scope `read`."""
        plain = isinstance(target, ast.Name)
        for name, _ in assigned_names(target):
            scope.bind(name, Item(iterable, read) if plain else Opaque())

    def _for(self, node: ast.For | ast.AsyncFor, scope: Scope, how: How) -> None:
        self._visit(node.iter, scope, _ITERATED)
        self._bind_items(node.target, node.iter, scope, scope)
        self._visit_places(node.target, scope)
        self._block(node.body, scope)
        self._block(node.orelse, scope)

    def _comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
        scope: Scope,
        how: How,
    ) -> None:
        inner = Scope("comprehension", scope.qualname, scope, kernel=scope.kernel)
        self.scopes[node] = inner
        for position, generator in enumerate(node.generators):
            outer = inner if position else scope
            self._visit(generator.iter, outer, _ITERATED)
            self._bind_items(generator.target, generator.iter, inner, outer)
            self._visit_all(generator.ifs, inner, (Escape.TESTED, ""))
        parts = [getattr(node, name, None) for name in ("key", "value", "elt")]
        self._visit_all(parts, inner, (Escape.STORED, "a container"))

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope, how: How) -> None:
        for item in node.items:
            self._visit(item.context_expr, scope, VALUE)
            if item.optional_vars is not None:
                self._bind_opaque(item.optional_vars, scope)
        with self._guarded(any(_expects_error(item.context_expr) for item in node.items)):
            self._block(node.body, scope)

    def _except(self, node: ast.ExceptHandler, scope: Scope, how: How) -> None:
        if node.type is not None:
            self._visit(node.type, scope, VALUE)
        if node.name:
            scope.bind(node.name, Opaque())
        self._block(node.body, scope)

    def _capture(self, node: ast.AST, scope: Scope, how: How) -> None:
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if name:
            scope.bind(name, Opaque())
        self._children(node, scope, how)

    def _outer_names(self, node: ast.Global | ast.Nonlocal, scope: Scope, how: How) -> None:
        for name in node.names:
            home: Scope | None = self.module
            if isinstance(node, ast.Nonlocal):
                home = scope.parent
                while home is not None and (home.kind == "class" or name not in home.bindings):
                    home = home.parent
            scope.outer_names[name] = home or self.module

    def _body(self, node: ast.If | ast.While, scope: Scope, how: How) -> None:
        self._visit(node.test, scope, (Escape.TESTED, ""))
        self._block(node.body, scope)
        self._block(node.orelse, scope)

    def _try(self, node: ast.Try, scope: Scope, how: How) -> None:
        with self._guarded(bool(node.handlers)):
            self._block(node.body, scope)
        self._block(node.orelse, scope)
        self._block(node.finalbody, scope)
        for handler in node.handlers:
            self._except(handler, scope, how)

    @contextmanager
    def _guarded(self, by: bool) -> Iterator[None]:
        self._guards += by
        yield
        self._guards -= by


def _expects_error(node: ast.expr) -> bool:
    """`pytest.raises(...)`, `self.assertRaises(...)`, `contextlib.suppress(...)`, or a like."""
    name = final_name(node.func).lower() if isinstance(node, ast.Call) else ""
    return "raises" in name or name == "suppress"


def _may_fail(node: ast.expr) -> bool:
    """`@pytest.mark.xfail`, `@unittest.expectedFailure`."""
    name = final_name(node.func if isinstance(node, ast.Call) else node).lower()
    return "xfail" in name or "expectedfailure" in name


Walker.handlers = {
    **EXPRESSIONS,
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
    ast.If: Walker._body,
    ast.While: Walker._body,
    ast.Try: Walker._try,
    ast.With: Walker._with,
    ast.AsyncWith: Walker._with,
    ast.ExceptHandler: Walker._except,
    ast.Global: Walker._outer_names,
    ast.Nonlocal: Walker._outer_names,
    ast.ListComp: Walker._comprehension,
    ast.SetComp: Walker._comprehension,
    ast.GeneratorExp: Walker._comprehension,
    ast.DictComp: Walker._comprehension,
    ast.MatchAs: Walker._capture,
    ast.MatchStar: Walker._capture,
    ast.MatchMapping: Walker._capture,
    # Python 3.10 has no `except*`.
    getattr(ast, "TryStar", ast.Try): Walker._try,
}


def _class_body(name: str, scope: Scope) -> How:
    return Escape.CLASS_BODY, f"`{scope.qualified(name)}`"

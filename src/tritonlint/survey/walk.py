"""One walk over a file's syntax tree: scopes, kernels, and every mention of what may be a kernel.

Names are resolved after the walk, when all bindings of the file are known.
"""

from __future__ import annotations

import ast

from tritonlint.facts import Decorator, Role
from tritonlint.survey.decorators import role_of
from tritonlint.survey.expressions import EXPRESSIONS, ExpressionWalker
from tritonlint.survey.focus import Focus
from tritonlint.survey.kernels import Definition, FunctionNode
from tritonlint.survey.scopes import Bound, BoundTo, Scope, assigned_names
from tritonlint.survey.text import Text


class Walker(ExpressionWalker):
    """Collects raw material; see `tritonlint.survey.module` for what becomes of it."""

    def __init__(
        self,
        tree: ast.Module,
        text: Text,
        jit_decorators: frozenset[str],
        focus: Focus,
    ) -> None:
        super().__init__(text, jit_decorators, focus.names_only)
        self.module = Scope("module", "", None)
        self.definitions: list[Definition] = []
        self.star_imports: list[str] = []
        #: Classes of the module that inherit, and with that may have another's kernels.
        self.heirs: dict[str, ast.ClassDef] = {}
        #: The bodies of these, and of classes that are not the module's.
        self.class_scopes: list[Scope] = []
        #: Names of attributes of objects that are assigned to.
        self.attributes_set: set[str] = set()
        self.left_out: list[str] = []
        self._focus = focus
        self._visited: set[Scope] = set()
        self._wrapped: dict[str, tuple[Decorator, ...]] = {}
        self._block(tree.body, self.module)

    def _block(self, statements: list[ast.stmt], scope: Scope) -> None:
        if self._may_wrap:
            self._find_wrapped(statements, scope)
        for statement in statements:
            self._visit(statement, scope, "used as a value")

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

    def _kernel(self, node: FunctionNode, scope: Scope, decorators: tuple[Decorator, ...]) -> None:
        qualname = scope.qualified(node.name)
        inner = Scope("function", qualname, scope, kernel=qualname)
        for arg in _all_arguments(node.args):
            inner.bind(arg.arg, Bound(BoundTo.PARAMETER, node=arg))
        outer, self._owner = self._owner, f"@{qualname}"
        skips, self._skips = self._skips, False
        self._code()
        self._visit_all(node.decorator_list, scope, "used in a decorator")
        self._owner, self._skips = outer, skips
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
        self.definitions.append(Definition(node, qualname, decorators, inner))

    def _kernel_body(self, node: FunctionNode, scope: Scope) -> None:
        for statement in node.body:
            self._visit(statement, scope, "used as a value in a kernel")

    def bind_locals(self, definition: Definition) -> None:
        """Make sure that the scope of a kernel knows what its body binds."""
        if definition.scope not in self._visited:
            self._visited.add(definition.scope)
            self._kernel_body(definition.node, definition.scope)

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, how: str
    ) -> None:
        qualname = scope.qualified(node.name)
        roles = [role_of(d, scope, self.jit_decorators) for d in node.decorator_list]
        wrapped = self._wrapped.get(node.name) if scope.kernel is None else None
        if Role.JIT in roles or wrapped is not None:
            around = () if Role.JIT in roles else wrapped or ()
            decorators = (*around, *map(self._decorator, node.decorator_list, roles))
            scope.bind(node.name, Bound(BoundTo.KERNEL, qualname))
            self._kernel(node, scope, decorators)
            return
        scope.bind(node.name, Bound(BoundTo.DEFINITION, qualname, node))
        if self._skips and self._is_of_no_interest(node):
            return
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
                self._code().parameters[arg.arg] = None

    def _is_of_no_interest(self, node: FunctionNode) -> bool:
        return self._focus.leaves_out(node.lineno, node.end_lineno or node.lineno)

    def _lambda(self, node: ast.Lambda, scope: Scope, how: str) -> None:
        self._visit_all([*node.args.defaults, *node.args.kw_defaults], scope, how)
        inner = Scope("function", f"{scope.qualname}.<lambda>", scope, kernel=scope.kernel)
        self._bind_arguments(node.args, inner)
        self._visit(node.body, inner, "returned by a lambda")

    def _class(self, node: ast.ClassDef, scope: Scope, how: str) -> None:
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
        if node.bases or scope is not self.module:
            self.class_scopes.append(inner)
        self._owner = outer

    # -- bindings --------------------------------------------------------------------------

    def _import(self, node: ast.Import, scope: Scope, how: str) -> None:
        for alias in node.names:
            if alias.asname:
                scope.bind(alias.asname, Bound(BoundTo.IMPORT, f"{alias.name}:"))
            else:
                root = alias.name.partition(".")[0]
                scope.bind(root, Bound(BoundTo.IMPORT, f"{root}:"))

    def _import_from(self, node: ast.ImportFrom, scope: Scope, how: str) -> None:
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                self.star_imports.append(module)
            else:
                name = alias.asname or alias.name
                scope.bind(name, Bound(BoundTo.IMPORT, f"{module}:{alias.name}"))
                if scope.kind == "class":
                    read = ast.copy_location(ast.Name(name, ast.Load()), node)
                    self._load(read, (name, ()), scope, f"bound to `{scope.qualified(name)}`")

    def _assign(self, node: ast.Assign, scope: Scope, how: str) -> None:
        outer, target = self._owner, node.targets[0]
        if isinstance(target, ast.Name) and scope.kind in ("module", "class"):
            self._owner = scope.qualified(target.id)
        self._bind_targets(node.targets, node.value, scope)
        self._owner = outer

    def _annotated_assign(self, node: ast.AnnAssign, scope: Scope, how: str) -> None:
        self._visit(node.annotation, scope, "used in an annotation")
        if node.value is not None:
            self._bind_targets([node.target], node.value, scope)
        else:
            self._bind_opaque(node.target, scope)

    def _augmented_assign(self, node: ast.AugAssign, scope: Scope, how: str) -> None:
        self._visit(node.value, scope, "used as a value")
        if isinstance(node.target, ast.Name):
            scope.bind(node.target.id, Bound(BoundTo.OTHER))
        else:
            self._visit(node.target, scope, "used as a value")

    def _walrus(self, node: ast.NamedExpr, scope: Scope, how: str) -> None:
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
        if isinstance(target, ast.Attribute):
            self.attributes_set.add(target.attr)
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

    def _for(self, node: ast.For | ast.AsyncFor, scope: Scope, how: str) -> None:
        self._visit(node.iter, scope, "iterated over")
        for name, index in assigned_names(node.target):
            plain = isinstance(node.target, ast.Name)
            scope.bind(
                name, Bound(BoundTo.ITEM if plain else BoundTo.OTHER, node=node.iter, place=index)
            )
        self._visit_places(node.target, scope)
        self._block(node.body, scope)
        self._block(node.orelse, scope)

    def _comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
        scope: Scope,
        how: str,
    ) -> None:
        inner = Scope("comprehension", scope.qualname, scope, kernel=scope.kernel)
        for position, generator in enumerate(node.generators):
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

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope, how: str) -> None:
        for item in node.items:
            self._visit(item.context_expr, scope, "used as a value")
            if item.optional_vars is not None:
                self._bind_opaque(item.optional_vars, scope)
        self._block(node.body, scope)

    def _except(self, node: ast.ExceptHandler, scope: Scope, how: str) -> None:
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

    def _outer_names(self, node: ast.Global | ast.Nonlocal, scope: Scope, how: str) -> None:
        for name in node.names:
            home: Scope | None = self.module
            if isinstance(node, ast.Nonlocal):
                home = scope.parent
                while home is not None and (home.kind == "class" or name not in home.bindings):
                    home = home.parent
            scope.outer_names[name] = home or self.module


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
}


def _all_arguments(args: ast.arguments) -> list[ast.arg]:
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    return every + [a for a in (args.vararg, args.kwarg) if a is not None]

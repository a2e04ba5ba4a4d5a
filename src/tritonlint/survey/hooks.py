"""What the body of a hook does with the arguments of a launch."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from tritonlint.survey.facts.lookups import Given
from tritonlint.survey.held_keys import holder_of
from tritonlint.survey.nodes import evaluated_at, nodes_in
from tritonlint.survey.scopes import AnyFunction, Scope
from tritonlint.survey.strings import spellings

if TYPE_CHECKING:
    from tritonlint.survey.arguments import ArgumentReader

_KEYED = frozenset({"get", "pop", "setdefault", "__getitem__", "__contains__"})


class BodyReader:
    """Reads the body of one function, in which some names hold the arguments.

    Args:
        mappings: the names that hold them.
        holders: names whose attributes `members` hold them.
        kwargs: whether the attribute `kwargs` of anything holds them too.
    """

    def __init__(
        self,
        reader: ArgumentReader,
        scope: Scope,
        mappings: frozenset[str],
        holders: frozenset[str] = frozenset(),
        members: Collection[str] = (),
        kwargs: bool = False,
    ) -> None:
        self.reader = reader
        self.scope = scope
        self.mappings = mappings
        self.holders = holders
        self.members = members
        self._has_kwargs = kwargs
        self._aliases: set[ast.AST] = set()
        #: Names of other functions or of the module that the body assigns to.
        self._outer: frozenset[str] = frozenset()

    def read(self, body: Iterable[ast.AST]) -> None:
        """Read the body."""
        body = list(body)
        self._name_aliases(body)
        for node in body:
            self._visit(node, self.mappings, self.scope)

    def _name_aliases(self, body: list[ast.AST]) -> None:
        """Add the names that the body gives to the arguments or to a copy of them."""
        parts = [part for node in body for part in nodes_in(node)]
        declared = [part for part in parts if isinstance(part, (ast.Global, ast.Nonlocal))]
        self._outer = frozenset(name for part in declared for name in part.names)
        before = -1
        while before != (before := len(self.mappings)):
            for part in parts:
                if isinstance(part, (ast.Assign, ast.NamedExpr, ast.AnnAssign)):
                    targets = part.targets if isinstance(part, ast.Assign) else [part.target]
                    if part.value is None or not self._is_copy(part.value):
                        continue
                    names = {t.id for t in targets if isinstance(t, ast.Name)}
                    if len(names) == len(targets) and names.isdisjoint(self._outer):
                        self.mappings |= names
                        self._aliases.add(part.value)

    def _is_mapping(self, node: ast.AST, mappings: frozenset[str]) -> bool:
        if isinstance(node, ast.NamedExpr):
            return node.target.id not in self._outer and self._is_copy(node.value)
        if self._has_kwargs and _is_kwargs(node):
            return True
        if isinstance(node, ast.Attribute):
            return node.attr in self.members and self._is_holder(node.value)
        return isinstance(node, ast.Name) and node.id in mappings

    def _is_holder(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id in self.holders

    def _is_copy(self, node: ast.AST) -> bool:
        """Whether it is the arguments, or a dictionary with all of them."""
        if self._is_mapping(node, self.mappings):
            return True
        match node:
            case ast.Call(func=ast.Name(id="dict"), args=[argument]):
                return self._is_copy(argument)
            case ast.Call(func=ast.Attribute(value=value, attr="copy"), args=[]):
                return self._is_copy(value)
            case ast.BoolOp(_, values):
                return any(map(self._is_copy, values))
            case ast.IfExp(_, body, orelse):
                return self._is_copy(body) or self._is_copy(orelse)
            case ast.Dict():
                return any(
                    key is None and self._is_copy(value)
                    for key, value in zip(node.keys, node.values, strict=True)
                )
        return False

    def _visit(self, node: ast.AST, mappings: frozenset[str], scope: Scope) -> None:
        if node in self._aliases:
            if self._is_mapping(node, mappings):
                return
            # The copy is followed under its name; its other items are read as usual.
            self._visit_beside(node, mappings, scope)
            return
        match node:
            case ast.Subscript() if self._is_mapping(node.value, mappings):
                self._key(node.slice, "a subscript", scope)
                self._visit(node.slice, mappings, scope)
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[container]) if (
                self._is_mapping(container, mappings)
            ):
                self._key(node.left, "a membership test", scope)
                self._visit(node.left, mappings, scope)
            case ast.Name() | ast.Attribute() | ast.Call() if self._is_mapping(node, mappings):
                if isinstance(node, ast.Call) or isinstance(node.ctx, ast.Load):
                    self.reader.unclear("the arguments are used as a whole", node)
            case ast.Call():
                self._call(node, mappings, scope)
            case ast.Lambda() | ast.FunctionDef() | ast.AsyncFunctionDef():
                self._nested(node, mappings, scope)
            case ast.ClassDef() if self._has_arguments(node):
                self.reader.unclear("a class in a function that gets the arguments has them", node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                self._comprehension(node, mappings, scope)
            case ast.Attribute(value, attribute) if self._is_holder(value):
                if attribute != "name":
                    self.reader.unclear(f"`.{attribute}` tells of the arguments", node)
            case ast.Name() if self._is_holder(node):
                self.reader.unclear("the arguments are used as a whole", node)
            case _:
                for child in ast.iter_child_nodes(node):
                    self._visit(child, mappings, scope)

    def _visit_beside(self, node: ast.AST, mappings: frozenset[str], scope: Scope) -> None:
        """Read the other items in a copy of the arguments."""
        for child in ast.iter_child_nodes(node):
            if self._is_copy(child):
                self._visit_beside(child, mappings, scope)
            else:
                self._visit(child, mappings, scope)

    def _has_arguments(self, node: ast.AST) -> bool:
        """Whether code names the arguments; the names of a class are not those of its function."""
        parts = nodes_in(node)
        return any(self._is_mapping(p, self.mappings) or self._is_holder(p) for p in parts)

    def _nested(self, node: AnyFunction, mappings: frozenset[str], scope: Scope) -> None:
        inner = self.reader.scopes.get(node, scope)
        own = {a.arg for a in nodes_in(node.args) if isinstance(a, ast.arg)}
        for value in evaluated_at(node):
            self._visit(value, mappings, scope)
        for part in node.body if isinstance(node.body, list) else [node.body]:
            self._visit(part, mappings - own, inner)

    def _comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
        mappings: frozenset[str],
        scope: Scope,
    ) -> None:
        """Read a comprehension, whose names are its own; it first loops in the outer scope."""
        inner = self.reader.scopes.get(node, scope)
        first, *others = node.generators
        self._visit(first.iter, mappings, scope)
        values = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for part in (*first.ifs, *others, *values):
            self._visit(part, mappings, inner)

    def _call(self, node: ast.Call, mappings: frozenset[str], scope: Scope) -> None:
        function = node.func
        if isinstance(function, ast.Attribute) and self._is_mapping(function.value, mappings):
            self._method(node, function, mappings, scope)
            return
        self._visit(function, mappings, scope)
        star = any(isinstance(argument, ast.Starred) for argument in node.args)
        for position, argument in enumerate(node.args):
            if self._is_copied(argument, mappings):
                self._visit_beside(argument, mappings, scope)
                if star:
                    self.reader.unclear("the arguments are passed on next to a `*`", node)
                else:
                    self.reader.handed(function, scope, Given(position=position))
            else:
                self._visit(argument, mappings, scope)
        for keyword in node.keywords:
            if not self._is_copied(keyword.value, mappings):
                self._visit(keyword.value, mappings, scope)
                continue
            self._visit_beside(keyword.value, mappings, scope)
            if keyword.arg is None:
                self.reader.handed(function, scope, Given(unpacked=True))
            else:
                self.reader.handed(function, scope, Given(keyword=keyword.arg))

    def _is_copied(self, node: ast.AST, mappings: frozenset[str]) -> bool:
        if self._is_mapping(node, mappings):
            return True
        return node not in self._aliases and self._is_copy(node)

    def _method(
        self, node: ast.Call, function: ast.Attribute, mappings: frozenset[str], scope: Scope
    ) -> None:
        """Read a method call on the mapping itself."""
        rest: list[ast.AST] = [*node.args, *(k.value for k in node.keywords)]
        if function.attr in _KEYED and node.args:
            self._key(node.args[0], f"a key of `.{function.attr}()`", scope)
        elif function.attr == "update":
            for argument in node.args:
                if isinstance(argument, ast.Dict):
                    for key in argument.keys:
                        self._key(key or argument, "a key of `.update()`", scope)
                else:
                    self.reader.unclear("the arguments are updated", node)
            for keyword in node.keywords:
                if keyword.arg is None:
                    self.reader.unclear("the arguments are updated", node)
                else:
                    self.reader.key(keyword.arg, "a key of `.update()`", node)
        else:
            self.reader.unclear(f"`.{function.attr}()` gives all arguments", node)
        for part in rest:
            self._visit(part, mappings, scope)

    def _key(self, node: ast.AST, how: str, scope: Scope) -> None:
        for spelling in spellings(node, scope):
            if spelling is None:
                self._computed(node, how, scope)
            else:
                self.reader.key(spelling.text, how, node, spelling.partial)

    def _computed(self, node: ast.AST, how: str, scope: Scope) -> None:
        """Read a key that is in a parameter of the function that makes this one."""
        holder = holder_of(node, scope)
        if holder is None:
            self.reader.unclear("a key of the arguments is computed", node)
        elif holder.argument not in self.reader.passed.values:
            self.reader.held(holder.keys(how, node))
        else:
            names = self.reader.passed.keys(holder)
            if names is None:
                self.reader.unclear("a key of the arguments is computed", node)
            for name in names or ():
                self.reader.key(name, how, node)


def _is_kwargs(node: ast.AST | None) -> bool:
    """`config.kwargs`, `config.all_kwargs()`"""
    match node:
        case ast.Attribute(_, "kwargs"):
            return True
        case ast.Call(ast.Attribute(_, "all_kwargs"), [], []):
            return True
    return False

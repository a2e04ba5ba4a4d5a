"""Literals that hold kernels and are only there to choose one: `KERNELS = {"a": k1, "b": k2}`.

What takes an item out of one, such as `KERNELS[mode]` or a loop over it, stands for any of them.
All uses of such a container are seen: its items are taken out, or it is looked at.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from tritonlint.survey.facts.references import Escape
from tritonlint.survey.idle import REFLECTION
from tritonlint.survey.nodes import chain, nodes_in
from tritonlint.survey.scopes import Assigned, Imported, KernelName, Scope

if TYPE_CHECKING:
    from tritonlint.survey.walk import Walker

#: By type of literal, what a kernel in it is stored in.
_LITERALS: dict[type[ast.expr], str] = {
    ast.List: "a list",
    ast.Tuple: "a tuple",
    ast.Set: "a set",
    ast.Dict: "a dictionary",
}
#: Python's functions that only look at a container.
_LOOKING = frozenset({"len", "print", "repr", "str", "bool"})
#: Those that only look at the keys of a dictionary.
_ONLY_KEYS = frozenset({"list", "tuple", "set", "sorted", "iter", "join"})
#: Functions by which code may reach a variable unseen.
_UNSEEN = REFLECTION | {"globals"}


class Loop(NamedTuple):
    """A loop over the items of an expression.

    Attributes:
        target: the variable that gets the items.
        values: whether they are the values of a dictionary.
    """

    node: ast.expr
    target: str
    values: bool


class Container(NamedTuple):
    """A literal of names and constants; `name` is the variable that it is assigned to, or ""."""

    node: ast.expr
    scope: Scope
    name: str


class Containers:
    """Collects such literals during the walk over a file, and what takes items out of them."""

    def __init__(self) -> None:
        self._found: list[Container] = []
        #: The expressions that an item is taken out of, with the scope of each.
        self._taken: dict[ast.expr, Scope] = {}

    def assigned(self, walker: Walker, name: str, node: ast.expr, scope: Scope) -> bool:
        """Note a literal that a variable gets; return whether it may be a choice."""
        if node.__class__ not in _LITERALS:
            return False
        may_be = scope.kind in ("function", "module") and scope.kernel is None
        if not may_be or name in scope.outer_names or not elements_of(node):
            return False
        self._note(walker, Container(node, scope, name))
        return True

    def taken_from(self, walker: Walker, node: ast.expr, scope: Scope) -> bool:
        """Note that an item of an expression is launched, or gets another name.

        Return whether it is a literal which needs no other visit.
        """
        if scope.kernel is None:
            self._taken[node] = scope
            if node.__class__ in _LITERALS and elements_of(node):
                self._note(walker, Container(node, scope, ""))
                return True
        return False

    def looped(self, walker: Walker, loop: Loop | None, read: Scope, inner: Scope) -> bool:
        """Note a loop whose target is bound in `inner`; return whether it is over a literal."""
        is_local = inner.kind in ("function", "comprehension")
        if loop is None or not is_local or loop.target in inner.outer_names:
            return False
        return self.taken_from(walker, loop.node, read)

    def _note(self, walker: Walker, container: Container) -> None:
        self._found.append(container)
        if isinstance(container.node, ast.Dict):
            for key in container.node.keys:
                if key is not None:
                    walker.visit_key(key, container.scope)

    def settle(self, walker: Walker, tree: ast.Module) -> list[Container]:
        """Decide which are choices, and return those of the module; the others store their items.

        Names can be resolved after this.
        """
        choices = []
        for container in self._found:
            node, scope, name = container
            if name and not self._is_choice(container, tree):
                stored = Escape.STORED, _LITERALS[type(node)]
                for element in elements_of(node):
                    dotted = chain(element)
                    if dotted is not None:
                        walker.load(element, dotted, scope, stored)
            elif name:
                scope.choices = {**scope.choices, name: node}
                choices.append(container)
        return [container for container in choices if container.scope.kind == "module"]

    def _is_choice(self, container: Container, tree: ast.Module) -> bool:
        node, home, name = container
        match home.bindings.get(name):
            case [Assigned(value, scope)] if value is node and scope is home:
                pass
            case _:
                return False
        if not any(_may_be_kernel(element, home) for element in elements_of(node)):
            return False
        nodes = nodes_in(home.node) if home.node is not None else nodes_in(tree)
        mentions = [n for n in nodes if isinstance(n, ast.Name) and n.id == name]
        loaded = [mention for mention in mentions if isinstance(mention.ctx, ast.Load)]
        is_unseen = any(_may_reach(n, name, is_global=home.node is None) for n in nodes)
        if len(mentions) != len(loaded) + 1 or is_unseen:
            return False
        taken = {mention for mention in loaded if self._is_taken(mention, home)}
        harmless = set(_harmless(nodes, isinstance(node, ast.Dict)))
        return bool(taken) and all(m in taken or m in harmless for m in loaded)

    def _is_taken(self, mention: ast.Name, home: Scope) -> bool:
        """Whether an item is taken there; a container of a function only counts in it itself."""
        scope = self._taken.get(mention)
        while scope is not None and scope is not home and scope.kind == "comprehension":
            scope = scope.parent
        return scope is not None and (scope is home or home.kind == "module")


def elements_of(node: ast.expr) -> list[ast.expr]:
    """Return the items of a literal that may be a choice; [] for any other expression."""
    if isinstance(node, ast.Dict):
        found = node.values if None not in node.keys else []
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        found = node.elts
    else:
        return []
    dotted = [chain(element) is not None for element in found]
    is_plain = all(d or isinstance(e, ast.Constant) for d, e in zip(dotted, found, strict=True))
    return found if is_plain and any(dotted) else []


def _may_reach(node: ast.AST, name: str, is_global: bool) -> bool:
    """Whether code may reach a variable without naming it as one."""
    match node:
        case ast.Name(other):
            return other in _UNSEEN
        case ast.Constant(value):
            # `__all__ = ["KERNELS"]`
            return bool(value == name)
        case ast.Attribute(_, other) | ast.keyword(other) | ast.alias(other):
            # `import ops` in `ops.py`; `patch.multiple(ops, KERNELS=fake)`
            return is_global and other == name
        case ast.MatchClass():
            return is_global and name in node.kwd_attrs
    return False


def is_lookup(node: ast.Call) -> bool:
    """Whether it is `ks.get(key)`, or with a constant where the key is not found."""
    is_get = isinstance(node.func, ast.Attribute) and node.func.attr == "get"
    more = node.args[1:]
    return (
        is_get
        and bool(node.args)
        and not node.keywords
        and all(isinstance(default, ast.Constant) for default in more)
    )


def loop_over(target: ast.expr, iterable: ast.expr) -> Loop | None:
    """Read `for k in ks`, `in ks.values()`, `for name, k in ks.items()`, `in enumerate(ks)`."""
    item: ast.expr | None
    second: ast.expr | None = None
    if isinstance(target, ast.Tuple) and len(target.elts) == 2:
        second = target.elts[1]
    match iterable:
        case ast.Call(ast.Attribute(ast.Name() as node, "values"), [], []):
            item, values = target, True
        case ast.Call(ast.Attribute(ast.Name() as node, "items"), [], []):
            item, values = second, True
        case ast.Call(ast.Name("enumerate"), [ast.Name() as node], []):
            item, values = second, False
        case node:
            item, values = target, False
    return Loop(node, item.id, values) if isinstance(item, ast.Name) else None


def _may_be_kernel(node: ast.expr, scope: Scope) -> bool:
    """Whether an item is a kernel of the file, one that a call wraps, or imported."""
    for bound in scope.bound_to(node):
        match bound:
            case KernelName() | Imported(external=False):
                return True
            case Assigned(value) if value in scope.root.wrappings:
                return True
    return False


def _harmless(nodes: list[ast.AST], is_dictionary: bool) -> Iterator[ast.AST]:
    """The expressions that are only looked at, or of which only the keys are."""
    functions = _LOOKING | _ONLY_KEYS if is_dictionary else _LOOKING
    for node in nodes:
        match node:
            case ast.Call(ast.Name(name), arguments) if name in functions:
                yield from arguments
            case ast.Call(ast.Attribute(ast.Constant(), "join"), arguments) if is_dictionary:
                yield from arguments
            case ast.Call(ast.Attribute(value, "keys"), []) if is_dictionary:
                yield value
            case ast.Compare(_, [ast.In() | ast.NotIn()], [value]):
                yield value
            case ast.FormattedValue(value):
                yield value

"""One walk over a file's syntax tree: scopes, kernels, and every mention of a possible kernel.

Names are resolved after the walk, when all bindings of the file are known.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from tritonlint.survey.bindings import BINDINGS
from tritonlint.survey.bodies import always_leaves
from tritonlint.survey.catching import may_catch
from tritonlint.survey.containers import Containers
from tritonlint.survey.defined_effects import (
    impure_function,
    may_be_impure,
    named_like_pure,
    replaces,
)
from tritonlint.survey.definitions import DEFINITIONS, find_wrapped
from tritonlint.survey.expressions import EXPRESSIONS
from tritonlint.survey.facts.calls import CallForm
from tritonlint.survey.facts.module import SurveyOptions
from tritonlint.survey.facts.references import Escape
from tritonlint.survey.guards import (
    SKIP,
    XFAIL,
    called_where_expected,
    guard_name,
    leaves,
    makes_catcher,
    marked,
    marks_of,
)
from tritonlint.survey.kernels import Definition
from tritonlint.survey.launches import KEYED_METHODS, Handed, RawCall
from tritonlint.survey.lazy_items import MAKES_ITEMS, MAKES_WITH_EFFECT, makes_with_effect
from tritonlint.survey.loading import LOADS_TENSORS, loads_tensors
from tritonlint.survey.namespaces import NameLookups
from tritonlint.survey.never import unsure_arms
from tritonlint.survey.nodes import Chain, FunctionNode, children
from tritonlint.survey.patches import NewValue, given_names, replaced
from tritonlint.survey.pure_names import PURE_FUNCTIONS
from tritonlint.survey.resolved import telling_attribute
from tritonlint.survey.scopes import Assigned, Opaque, Scope
from tritonlint.survey.text import Text
from tritonlint.survey.uses import HOW_OF, KEY, KEYED, ODD_CALL, VALUE, How
from tritonlint.survey.wrapped import Wrapped
from tritonlint.survey.wrappings import Wrapping
from tritonlint.triton.names import TELLING_ATTRIBUTES

#: A mention of a dotted name, and what is done with its value.
Load: TypeAlias = tuple[Chain, Scope, How]


class Walker:
    """Collects the raw material that `tritonlint.survey.module` turns into facts."""

    def __init__(self, tree: ast.Module, text: Text, options: SurveyOptions) -> None:
        self.text = text
        self.options = options
        self.module = Scope("module", "", None)
        self.module.body = tree.body
        self.definitions: list[Definition] = []
        self.star_imports: list[str] = []
        #: The classes of the file, with the scopes of their bodies.
        self.classes: list[tuple[ast.ClassDef, Scope]] = []
        #: Names of attributes that code outside class bodies assigns to.
        self.attributes_set: dict[str, None] = {}
        #: Names of properties and functions that have an effect.
        self.impure: dict[str, None] = {}
        #: Values of names that count as pure.
        self._named: list[tuple[str, ast.expr, Scope]] = []
        self._makes_items = MAKES_ITEMS in text.source
        #: Attributes that other code than their class sets: of what, the name and the value.
        self._replaced: list[tuple[ast.expr, str, ast.expr, Scope]] = []
        #: Names of modules that get other values.
        self._given: list[tuple[NewValue, Scope]] = []
        #: For each function and lambda, the scope of its body.
        self.scopes: dict[ast.AST, Scope] = {}
        self.functions: list[tuple[FunctionNode, Scope]] = []
        self.calls: list[RawCall] = []
        #: All other calls on the host that use a dotted name.
        self.host_calls: list[tuple[ast.Call, Scope]] = []
        #: The names that calls of functions are given, and how.
        self.handed: list[Handed] = []
        #: Each kind of use of a name in a scope, with the first place.
        self.loads: dict[Load, ast.AST] = {}
        #: The same for an attribute of any other expression; also whether it is in a kernel.
        self.attribute_loads: dict[tuple[str, How, bool], ast.AST] = {}
        #: Dotted names that get another name, which may be something that a `partial` holds.
        self.partial_loads: list[tuple[ast.expr, Chain, Scope]] = []
        self.names = NameLookups()
        self.containers = Containers()
        #: The calls that make a function of the file a kernel, by its name.
        self.wrapped: dict[str, list[Wrapping]] = {}
        #: The same calls, by expression.
        self.made: dict[ast.AST, Wrapping] = {}
        #: The expressions that wrap a name.
        self.wraps: list[Wrapped] = []
        #: Names of functions that are expected to fail.
        self.failing = set(called_where_expected(tree, text.source))
        #: How many blocks around the current node expect or catch errors.
        self._guards = 0
        #: These blocks.
        self.guarded_blocks: list[Sequence[ast.stmt | ast.expr]] = []
        #: The blocks of each `with` that lets errors through, and what that rests on.
        self.trusting: list[tuple[list[ast.stmt], tuple[str, ...]]] = []
        marks = marks_of(tree.body)
        with self.guarded(tree.body, marked(marks, XFAIL)), self.skipped(marked(marks, SKIP)):
            self.block(tree.body, self.module)
        for function, scope in self.functions:
            if impure_function(function, scope):
                self.impure[function.name] = None
            if makes_catcher(function, scope):
                self.impure[guard_name(function.name)] = None
        for name, value, scope in self._named:
            if may_be_impure(value, scope):
                self.impure[name] = None
        for of, name, value, scope in self._replaced:
            if replaces(of, name, value, scope):
                self.impure[name] = None
        for new, scope in self._given:
            if new.value is None or may_be_impure(new.value, scope):
                self.impure |= dict.fromkeys(new.marks)
        for defined, inner in self.classes:
            if makes_catcher(defined, inner):
                self.impure[guard_name(defined.name)] = None
            if loads_tensors(defined):
                self.impure[LOADS_TENSORS] = None
            if defined.name in PURE_FUNCTIONS:
                self.impure[defined.name] = None
        if self._makes_items:
            self.impure[MAKES_ITEMS] = None

    # -- going through the tree ------------------------------------------------------------

    def visit(self, node: ast.AST, scope: Scope, how: How) -> None:
        """Go through a node; `how` says how its value is used."""
        handler = _HANDLERS.get(node.__class__)
        if handler is not None:
            handler(self, node, scope, how)
        else:
            self.visit_children(node, scope, HOW_OF.get(node.__class__, VALUE))

    def visit_children(self, node: ast.AST, scope: Scope, how: How) -> None:
        """Go through the children of a node."""
        for child in children(node):
            self.visit(child, scope, how)

    def visit_all(self, nodes: Iterable[ast.AST | None], scope: Scope, how: How) -> None:
        """Go through several nodes whose values are used in the same way."""
        for node in nodes:
            if node is not None:
                self.visit(node, scope, how)

    def visit_key(self, node: ast.AST, scope: Scope) -> None:
        """Go through an expression that is used as a key."""
        if node.__class__ is not ast.Constant:
            self.visit(node, scope, KEY)

    def block(self, statements: list[ast.stmt], scope: Scope) -> None:
        """Go through the statements of a block."""
        if any(isinstance(s, ast.FunctionDef) for s in statements):
            find_wrapped(self, statements, scope)
        for place, statement in enumerate(statements, 1):
            self.visit(statement, scope, VALUE)
            if always_leaves(statement) and place < len(statements):
                with self.skipped(by=True):
                    self.block(statements[place:], scope)
                return

    def note_named(self, targets: list[ast.expr], value: ast.expr, scope: Scope) -> None:
        """Note what a class or a module gives names to that count as pure."""
        names = named_like_pure(targets, value, scope)
        self._named += ((name, value, scope) for name in names)

    def note_replaced(self, node: ast.AST, scope: Scope) -> None:
        """Note the attributes that an assignment or a call sets from outside their class or module.

        Also note a call that makes a dictionary whose items are made when they are asked for.
        """
        if self._makes_items and isinstance(node, ast.Call) and makes_with_effect(node):
            self.impure[MAKES_WITH_EFFECT] = None
        if not isinstance(node, ast.Call) or len(node.args) > 2:
            self._replaced += ((of, name, value, scope) for of, name, value in replaced(node))
        for new in given_names(node, scope):
            self._given.append((new, scope))
            if new.module == "":
                bound = Opaque() if new.value is None else Assigned(new.value, scope)
                self.module.bind(new.name, bound)

    @contextmanager
    def guarded(self, block: Sequence[ast.stmt | ast.expr], by: bool) -> Iterator[None]:
        """Go through a block whose errors are expected or caught, if `by` says so."""
        if by:
            self.guarded_blocks.append(block)
        self._guards += by
        yield
        self._guards -= by

    @contextmanager
    def skipped(self, by: bool) -> Iterator[None]:
        """Go through a block that never runs, if `by` says so: an error there is none."""
        self._guards += by
        yield
        self._guards -= by

    # -- notes -----------------------------------------------------------------------------

    def load(self, node: ast.expr, dotted: Chain, scope: Scope, how: How) -> None:
        """Note a mention of a dotted name."""
        # The first of many equal uses is enough.
        self.loads.setdefault((dotted, scope, how), node)

    def load_handed(self, followed: Container[ast.expr]) -> None:
        """Note the names that calls are given, but for those that are followed."""
        for name, dotted, _, scope, how in self.handed:
            if name not in followed:
                self.load(name, dotted, scope, how)

    def load_attribute(self, node: ast.Attribute, scope: Scope, how: How) -> None:
        """Note `f().kernel` or `table["a"].kernel`: an attribute of an unknown object."""
        load = (telling_attribute(node), how, scope.kernel is not None)
        self.attribute_loads.setdefault(load, node)
        inner = ODD_CALL if how == ODD_CALL else VALUE
        if node.attr in KEYED_METHODS:
            inner = KEYED
        elif node.attr in TELLING_ATTRIBUTES:
            inner = Escape.INSPECTED, node.attr
        self.visit(node.value, scope, inner)

    def note_call(
        self,
        form: CallForm,
        callee: ast.expr,
        node: ast.Call,
        scope: Scope,
        grid: ast.expr | None = None,
    ) -> None:
        """Note a call that may be a launch or a device call."""
        self.calls.append(RawCall(form, callee, node, scope, grid, self._guards > 0))


@contextmanager
def walked(tree: ast.Module, text: Text, options: SurveyOptions) -> Iterator[Walker]:
    """A walker that has been through a file; its scopes are emptied in the end.

    A scope and what is bound in it refer to each other. Without these cycles the syntax tree is
    freed at once, and Python's garbage collector, which took a fifth of a run, finds nothing to do.
    """
    walker = Walker(tree, text, options)
    try:
        yield walker
    finally:
        for scope in (walker.module, *walker.scopes.values(), *(s for _, s in walker.classes)):
            scope.bindings.clear()
            scope.outer_names.clear()


# -- definitions ---------------------------------------------------------------------------


def _body(walker: Walker, node: ast.If | ast.While, scope: Scope, how: How) -> None:
    walker.visit(node.test, scope, (Escape.TESTED, ""))
    never, always = unsure_arms(node.test, scope)
    with walker.skipped(never):
        walker.block(node.body, scope)
    with walker.skipped(always and isinstance(node, ast.If)):
        walker.block(node.orelse, scope)


def _try(walker: Walker, node: ast.Try, scope: Scope, how: How) -> None:
    # A `return` in `finally` drops each error of the blocks before.
    with walker.guarded([node], leaves(node.finalbody)):
        with walker.guarded(node.body, may_catch(node, scope)):
            walker.block(node.body, scope)
        walker.block(node.orelse, scope)
        walker.block(node.finalbody, scope)
        for handler in node.handlers:
            walker.visit(handler, scope, how)


_HANDLERS: dict[type, Callable[[Any, Any, Scope, How], None]] = {
    **EXPRESSIONS,
    **BINDINGS,
    **DEFINITIONS,
    ast.If: _body,
    ast.While: _body,
    ast.Try: _try,
    # Python 3.10 has no `except*`.
    getattr(ast, "TryStar", ast.Try): _try,
}

"""Code that Triton calls with the named arguments of a launch: grids, hooks, heuristics.

Nothing is guessed about such code. Each use of the arguments is one of these: a key that is looked
up, a function that the arguments are passed on to, or code that is not understood and may look up
any key.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TypeAlias

from tritonlint.survey.by_name import may_show_locals
from tritonlint.survey.callees import Callee, reader_of
from tritonlint.survey.facts.lookups import (
    ANYTHING,
    Ask,
    Follow,
    Given,
    HeldKeys,
    Key,
    Passed,
    Seen,
    Unclear,
    Wanted,
)
from tritonlint.survey.facts.names import Symbol, in_file
from tritonlint.survey.grids import is_numeric, is_tuple
from tritonlint.survey.held_keys import PassedValues, passed_by
from tritonlint.survey.hooks import BodyReader
from tritonlint.survey.nodes import Chain, FunctionNode, chain, last_name, passes_star, returned
from tritonlint.survey.plain_decorators import runs_its_body
from tritonlint.survey.pruning import ConfigsReader
from tritonlint.survey.scopes import (
    BUILTINS,
    AnyFunction,
    Argument,
    Assigned,
    Bound,
    FunctionName,
    Imported,
    Scope,
)
from tritonlint.survey.symbols import NOTHING, resolve_chain

#: Python's functions that only show or compare a whole value.
_LOOK = frozenset({"print", "isinstance", "type", "id", "callable"})
_MAX_DEPTH = 8

#: For each function and lambda of the file, the scope of its body.
Scopes: TypeAlias = Mapping[ast.AST, Scope]


class ArgumentReader:
    """Collects what the code of a file does with a launch's arguments."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        self._keys: dict[Key, None] = {}
        self._follows: dict[Follow, None] = {}
        self._unclear: dict[Unclear, None] = {}
        self._held: dict[HeldKeys, None] = {}
        self._read: set[tuple[ast.AST, Given]] = set()
        self.passed = PassedValues()
        #: The function that is being read, in words.
        self._reading = ""

    @property
    def seen(self) -> Seen:
        """Return everything that was found."""
        return Seen(
            tuple(self._keys), tuple(self._follows), tuple(self._unclear), tuple(self._held)
        )

    def unclear(self, what: str, node: ast.AST) -> None:
        """Note code that may look up any key."""
        self._unclear[Unclear(what, getattr(node, "lineno", 0))] = None

    def key(self, name: str, how: str, node: ast.AST, partial: bool = False) -> None:
        """Note a key that is looked up."""
        self._keys[Key(name, how, getattr(node, "lineno", 0), partial, self._reading)] = None

    def held(self, keys: HeldKeys) -> None:
        """Note keys that are arguments of a call in another file."""
        self._held[keys] = None

    def follow(
        self,
        symbol: Symbol,
        ask: Ask,
        node: ast.AST,
        passed: tuple[Passed, ...] | None = ANYTHING,
    ) -> None:
        """Note a name of another file that has to be read there; `passed` as in `Follow`."""
        self._follows[Follow(symbol, ask, getattr(node, "lineno", 0), passed)] = None

    # -- what is called --------------------------------------------------------------------

    def grid(self, node: ast.expr, scope: Scope) -> None:
        """Read a grid: numbers, or a function that gets the arguments."""
        self._called(node, scope, Callee("the grid", Given(position=0), may_be_numbers=True), 0)

    def hook(self, node: ast.expr, scope: Scope, given: Given, what: str) -> None:
        """Read a function that a decorator takes, and that gets the arguments as `given` says.

        `what` is its name in a report: "the pre_hook".
        """
        self._called(node, scope, Callee(what, given), 0)

    def _called(self, node: ast.expr, scope: Scope, callee: Callee, depth: int) -> None:
        """Read an expression whose value is called with the arguments."""
        if isinstance(node, ast.Constant) and node.value is None:
            return
        if callee.may_be_numbers and is_numeric(node, scope):
            return
        if depth > _MAX_DEPTH:
            self.unclear(f"{callee.what} is not understood", node)
            return
        match node:
            case ast.Lambda():
                self.function(node, callee.given, callee.role)
            case ast.IfExp(_, body, orelse):
                for part in (body, orelse):
                    self._called(part, scope, callee, depth + 1)
            case ast.BoolOp(_, values):
                for part in values:
                    self._called(part, scope, callee, depth + 1)
            case ast.NamedExpr(_, value):
                self._called(value, scope, callee, depth + 1)
            case ast.Call():
                self._made(node, scope, callee, depth)
            case ast.Name() | ast.Attribute():
                self._named(node, scope, callee, depth)
            case _:
                self.unclear(f"{callee.what} is not understood", node)

    def _named(
        self, node: ast.Name | ast.Attribute, scope: Scope, callee: Callee, depth: int
    ) -> None:
        dotted = chain(node)
        if dotted is None:
            self.unclear(f"{callee.what} is not understood", node)
            return
        found = scope.lookup(dotted[0])
        if found is None:
            if dotted[1] or dotted[0] not in BUILTINS:
                symbol = in_file(".".join((dotted[0], *dotted[1])))
                self.follow(symbol, callee.ask, node)
            elif dotted[0] not in _LOOK:
                self.unclear(f"`{dotted[0]}` gets the arguments", node)
        elif dotted[1]:
            self._attribute(dotted, scope, callee, node)
        else:
            for bound in found[1]:
                self._bound(bound, found[0], callee, node, depth)

    def _bound(self, bound: Bound, home: Scope, callee: Callee, node: ast.expr, depth: int) -> None:
        match bound:
            case FunctionName(_, function, _):
                self.function(function, callee.given, callee.role)
            case Assigned(value, place):
                self._called(value, place, callee, depth + 1)
            case Imported(symbol, True):
                self.unclear(f"`{symbol.name}`, of another package, gets the arguments", node)
            case Imported(symbol):
                self.follow(symbol, callee.ask, node)
            case Argument(argument, _, default):
                passed = self.passed.values.get(argument)
                if passed is not None:
                    self._called(*passed, callee, depth + 1)
                    return
                if default is not None and home.parent is not None:
                    self._called(default, home.parent, callee, depth + 1)
                    if argument in self.passed.values:
                        return
                if not (callee.may_be_numbers and is_tuple(argument.annotation)):
                    self.unclear(f"{callee.what} comes from the caller", node)
            case _:
                self.unclear(f"{callee.what} is not understood", node)

    def _attribute(self, dotted: Chain, scope: Scope, callee: Callee, node: ast.expr) -> None:
        resolved = resolve_chain(dotted, scope)
        symbols = resolved.symbols
        if resolved.complete and symbols and all(s.origin == "module" for s in symbols):
            for symbol in symbols:
                self.follow(symbol, callee.ask, node)
        elif dotted[0] in ("self", "cls") and len(dotted[1]) == 1:
            self._method(dotted[1][0], scope, callee.given, node)
        else:
            self.unclear(f"{callee.what} is `{'.'.join((dotted[0], *dotted[1]))}`", node)

    def _made(self, node: ast.Call, scope: Scope, callee: Callee, depth: int) -> None:
        """Read a call that returns the function that gets the arguments."""
        dotted = chain(node.func)
        if dotted and last_name(dotted) == "partial" and node.args and not passes_star(node):
            given = callee.given.shifted(len(node.args) - 1)
            self._called(node.args[0], scope, callee._replace(given=given), depth + 1)
            return
        resolved = resolve_chain(dotted, scope) if dotted else NOTHING
        if not (resolved.complete and resolved.symbols):
            self.unclear(f"{callee.what} is the result of a call that is not followed", node)
            return
        found = scope.lookup(dotted[0]) if dotted and not dotted[1] else None
        here = [b.node for b in found[1] if isinstance(b, FunctionName)] if found else []
        for function in here:
            self.note_call(function, node, scope)
            self._returned(function, callee, depth)
        for symbol in resolved.symbols if not here else ():
            self.follow(symbol, Ask(Wanted.RETURNED, callee.given), node, passed_by(node))

    def note_call(self, function: FunctionNode, node: ast.Call, scope: Scope) -> None:
        """Note the arguments of a call that is followed."""
        if not self.passed.note(function, node, scope):
            self.unclear(f"`{function.name}` is called in several ways", node)

    def returned_by(self, function: FunctionNode, given: Given, what: str) -> None:
        """Read the returned functions, which get the arguments as `given` says."""
        self._returned(function, Callee(what, given), 0)

    def _returned(self, function: FunctionNode, callee: Callee, depth: int) -> None:
        inner = self.scopes.get(function)
        values = list(returned(function))
        if inner is None or not values or not runs_its_body(function, inner.parent):
            self.unclear(f"what `{function.name}` returns is not understood", function)
            return
        for value in values:
            self._called(value, inner, callee, depth + 1)

    # -- what a function does --------------------------------------------------------------

    def function(self, node: AnyFunction, given: Given, role: str = "") -> None:
        """Read a function that gets the arguments as `given` says; `role` says what it is."""
        if (node, given) in self._read:
            return
        self._read.add((node, given))
        around, self._reading = self._reading, reader_of(node, role)
        self._function(node, given)
        self._reading = around

    def _function(self, node: AnyFunction, given: Given) -> None:
        scope = self.scopes.get(node)
        if scope is None:
            self.unclear("a function is not understood", node)
            return
        name = getattr(node, "name", "a lambda")
        if not runs_its_body(node, scope.parent):
            self.unclear(f"`{name}` has a decorator that may read the arguments", node)
        if may_show_locals(node, scope):
            self.unclear(f"`{name}` may read the arguments among the locals", node)
        mappings: set[str] = set()
        arguments = node.args
        positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        rest = [*positional, *(a.arg for a in arguments.kwonlyargs)]
        if given.position is not None:
            if given.position < len(positional):
                mappings.add(positional[given.position])
            elif arguments.vararg is not None:
                self.unclear(f"`{name}` gets the arguments in `*{arguments.vararg.arg}`", node)
            rest = rest[given.position + 1 :]
        elif given.configs is not None:
            rest = rest[given.configs + 1 :]
        if given.keyword is not None:
            if given.keyword in rest:
                mappings.add(given.keyword)
            elif arguments.kwarg is not None:
                self.unclear(f"`{name}` gets the arguments in `**{arguments.kwarg.arg}`", node)
        if given.unpacked:
            for parameter in rest:
                self.key(parameter, f"a parameter of `{name}`", node)
            if arguments.kwarg is not None:
                mappings.add(arguments.kwarg.arg)
        body = node.body if isinstance(node.body, list) else [node.body]
        if given.configs is not None:
            if given.configs < len(positional):
                configs = frozenset([positional[given.configs]])
                ConfigsReader(self, scope, configs).read(body)
            else:
                self.unclear(f"`{name}` gets the configs in `*`", node)
        if given.members:
            BodyReader(self, scope, frozenset(), frozenset(mappings), given.members).read(body)
        elif mappings:
            BodyReader(self, scope, frozenset(mappings)).read(body)

    # -- functions that the arguments are passed on to -------------------------------------

    def handed(self, function: ast.expr, scope: Scope, given: Given) -> None:
        """Read a function that another function passes the arguments on to."""
        name = ast.unparse(function)
        self._called(function, scope, Callee(f"`{name}`, which gets the arguments,", given), 1)

    def _method(self, name: str, scope: Scope, given: Given, node: ast.expr) -> None:
        self.unclear(f"the method `{name}`, which gets the arguments, may be another class's", node)
        owner: Scope | None = scope
        while owner is not None and owner.kind != "class":
            owner = owner.parent
        for bound in owner.bindings.get(name, ()) if owner else ():
            if isinstance(bound, FunctionName):
                self.function(bound.node, given.shifted(1))

"""Code that Triton calls with the arguments of a launch by name: grids, hooks, heuristics.

What such code does with them is shown, not guessed: a key that is looked up, a function that gets
them in turn, or something that is not understood and may look up anything.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from tritonlint.survey.facts import Ask, Follow, Given, Key, Seen, Symbol, Unclear, Wanted, in_file
from tritonlint.survey.scopes import (
    BUILTINS,
    Argument,
    Assigned,
    Bound,
    Chain,
    FunctionName,
    FunctionNode,
    Imported,
    Scope,
    chain,
    last_name,
    passes_star,
)
from tritonlint.survey.strings import spellings
from tritonlint.survey.symbols import NOTHING, resolve_chain

AnyFunction: TypeAlias = FunctionNode | ast.Lambda

#: Grids of these forms are numbers, or tuples of them, and no functions.
_PLAIN = (
    *(ast.Tuple, ast.List, ast.ListComp, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Compare),
    *(ast.JoinedStr, ast.Set, ast.Dict),
)
#: Functions that return numbers or containers of them, and with that no function.
_NUMERIC = frozenset(
    {"cdiv", "int", "len", "list", "max", "min", "next_power_of_2", "sum", "tuple"}
)
#: Functions of Python that look at a value as a whole and show or compare it.
_LOOK = frozenset({"print", "isinstance", "type", "id", "callable"})
_KEYED = frozenset({"get", "pop", "setdefault", "__getitem__", "__contains__"})
_MAX_DEPTH = 8

#: For each function and lambda of the file, the scope of its body.
Scopes: TypeAlias = Mapping[ast.AST, Scope]


class _Callee(NamedTuple):
    """What is called with the arguments: its name in a report, and whether it may be numbers."""

    what: str
    given: Given
    may_be_numbers: bool = False

    @property
    def ask(self) -> Ask:
        return Ask(Wanted.ARGUMENTS, self.given)


class ArgumentReader:
    """Collects what the code of one file does with a launch's arguments."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes = scopes
        self._keys: dict[Key, None] = {}
        self._follows: dict[Follow, None] = {}
        self._unclear: dict[Unclear, None] = {}
        self._read: set[tuple[ast.AST, Given]] = set()
        #: What calls that are followed pass for the parameters of functions; None: the default.
        self._passed: dict[ast.arg, tuple[ast.expr, Scope] | None] = {}

    @property
    def seen(self) -> Seen:
        """All that was found."""
        return Seen(tuple(self._keys), tuple(self._follows), tuple(self._unclear))

    def unclear(self, what: str, node: ast.AST) -> None:
        """Note code that may look up anything."""
        self._unclear[Unclear(what, getattr(node, "lineno", 0))] = None

    def key(self, name: str, how: str, node: ast.AST, partial: bool = False) -> None:
        """Note a key that is looked up."""
        self._keys[Key(name, how, getattr(node, "lineno", 0), partial)] = None

    def follow(self, symbol: Symbol, ask: Ask, node: ast.AST) -> None:
        """Note something of another file that has to be read there."""
        self._follows[Follow(symbol, ask, getattr(node, "lineno", 0))] = None

    # -- what is called --------------------------------------------------------------------

    def grid(self, node: ast.expr, scope: Scope) -> None:
        """Read a grid: numbers, or a function that gets the arguments."""
        self._called(node, scope, _Callee("the grid", Given(position=0), may_be_numbers=True), 0)

    def hook(self, node: ast.expr, scope: Scope, given: Given, what: str) -> None:
        """Read a function that a decorator is given, and that gets the arguments as `given` says.

        `what` names it in a report: "the pre_hook".
        """
        self._called(node, scope, _Callee(what, given), 0)

    def _called(self, node: ast.expr, scope: Scope, callee: _Callee, depth: int) -> None:
        """Read an expression whose value is called with the arguments."""
        if isinstance(node, ast.Constant) and node.value is None:
            return
        if callee.may_be_numbers and _is_numeric(node, scope):
            return
        if depth > _MAX_DEPTH:
            self.unclear(f"{callee.what} is not understood", node)
            return
        match node:
            case ast.Lambda():
                self.function(node, callee.given)
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
        self, node: ast.Name | ast.Attribute, scope: Scope, callee: _Callee, depth: int
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

    def _bound(
        self, bound: Bound, home: Scope, callee: _Callee, node: ast.expr, depth: int
    ) -> None:
        match bound:
            case FunctionName(_, function):
                self.function(function, callee.given)
            case Assigned(value, place):
                self._called(value, place, callee, depth + 1)
            case Imported(symbol, True):
                self.unclear(f"`{symbol.name}`, of another package, gets the arguments", node)
            case Imported(symbol):
                self.follow(symbol, callee.ask, node)
            case Argument(argument, _, default):
                passed = self._passed.get(argument)
                if passed is not None:
                    self._called(*passed, callee, depth + 1)
                    return
                if default is not None and home.parent is not None:
                    self._called(default, home.parent, callee, depth + 1)
                    if argument in self._passed:
                        return
                if not (callee.may_be_numbers and _is_tuple(argument.annotation)):
                    self.unclear(f"{callee.what} comes from the caller", node)
            case _:
                self.unclear(f"{callee.what} is not understood", node)

    def _attribute(self, dotted: Chain, scope: Scope, callee: _Callee, node: ast.expr) -> None:
        resolved = resolve_chain(dotted, scope)
        symbols = resolved.symbols
        if resolved.complete and symbols and all(s.origin == "module" for s in symbols):
            for symbol in symbols:
                self.follow(symbol, callee.ask, node)
        elif dotted[0] in ("self", "cls") and len(dotted[1]) == 1:
            self._method(dotted[1][0], scope, callee.given, node)
        else:
            self.unclear(f"{callee.what} is `{'.'.join((dotted[0], *dotted[1]))}`", node)

    def _made(self, node: ast.Call, scope: Scope, callee: _Callee, depth: int) -> None:
        """A call whose result is called with the arguments: what the function returns."""
        dotted = chain(node.func)
        if dotted and last_name(dotted) == "partial" and node.args and not passes_star(node):
            position = callee.given.position
            shifted = position + len(node.args) - 1 if position is not None else None
            given = callee.given._replace(position=shifted)
            self._called(node.args[0], scope, callee._replace(given=given), depth + 1)
            return
        resolved = resolve_chain(dotted, scope) if dotted else NOTHING
        if not (resolved.complete and resolved.symbols):
            self.unclear(f"{callee.what} is what a call returns that is not followed", node)
            return
        found = scope.lookup(dotted[0]) if dotted and not dotted[1] else None
        here = [b.node for b in found[1] if isinstance(b, FunctionName)] if found else []
        for function in here:
            self.note_call(function, node, scope)
            self._returned(function, callee, depth)
        for symbol in resolved.symbols if not here else ():
            self.follow(symbol, Ask(Wanted.RETURNED, callee.given), node)

    def note_call(self, function: FunctionNode, node: ast.Call, scope: Scope) -> None:
        """Note what a call that is followed passes to a function."""
        if passes_star(node):
            return
        positional = [*function.args.posonlyargs, *function.args.args]
        values = dict(zip(positional, node.args, strict=False))
        by_name = {keyword.arg: keyword.value for keyword in node.keywords}
        for argument in (*positional, *function.args.kwonlyargs):
            value = values.get(argument, by_name.get(argument.arg))
            passed = (value, scope) if value is not None else None
            if self._passed.setdefault(argument, passed) != passed:
                self.unclear(f"`{function.name}` is called in several ways", node)

    def returned_by(self, function: FunctionNode, given: Given, what: str) -> None:
        """Read what a function returns: functions that get the arguments as `given` says."""
        self._returned(function, _Callee(what, given), 0)

    def _returned(self, function: FunctionNode, callee: _Callee, depth: int) -> None:
        inner = self.scopes.get(function)
        values = list(returned(function))
        if inner is None or not values:
            self.unclear(f"what `{function.name}` returns is not understood", function)
            return
        for value in values:
            self._called(value, inner, callee, depth + 1)

    # -- what a function does --------------------------------------------------------------

    def function(self, node: AnyFunction, given: Given) -> None:
        """Read a function that gets the arguments as `given` says."""
        if (node, given) in self._read:
            return
        self._read.add((node, given))
        scope = self.scopes.get(node)
        if scope is None:
            self.unclear("a function is not understood", node)
            return
        name = getattr(node, "name", "a lambda")
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
        if given.members:
            _BodyReader(self, scope, frozenset(), frozenset(mappings), given.members).read(body)
        elif mappings:
            _BodyReader(self, scope, frozenset(mappings)).read(body)

    # -- what gets the arguments in turn ---------------------------------------------------

    def handed(self, function: ast.expr, scope: Scope, given: Given) -> None:
        """Read a function to which a function hands on the arguments."""
        name = ast.unparse(function)
        self._called(function, scope, _Callee(f"`{name}`, which gets the arguments,", given), 1)

    def _method(self, name: str, scope: Scope, given: Given, node: ast.expr) -> None:
        self.unclear(f"the method `{name}`, which gets the arguments, may be another's", node)
        owner: Scope | None = scope
        while owner is not None and owner.kind != "class":
            owner = owner.parent
        for bound in owner.bindings.get(name, ()) if owner else ():
            if isinstance(bound, FunctionName):
                shifted = given.position + 1 if given.position is not None else None
                self.function(bound.node, given._replace(position=shifted))


class _BodyReader:
    """Reads the body of one function, in which some names hold the arguments.

    Args:
        mappings: the names that hold them.
        holders: names whose attributes `members` hold them.
    """

    def __init__(
        self,
        reader: ArgumentReader,
        scope: Scope,
        mappings: frozenset[str],
        holders: frozenset[str] = frozenset(),
        members: Collection[str] = (),
    ) -> None:
        self.reader = reader
        self.scope = scope
        self.mappings = mappings
        self.holders = holders
        self.members = members
        self._aliases: set[ast.AST] = set()

    def read(self, body: Iterable[ast.AST]) -> None:
        """Read what is done with the arguments."""
        body = list(body)
        self._name_aliases(body)
        for node in body:
            self._visit(node, self.mappings, self.scope)

    def _name_aliases(self, body: list[ast.AST]) -> None:
        """Other names that the body gives to the arguments, or to a copy of them."""
        parts = [part for node in body for part in ast.walk(node)]
        before = -1
        while before != (before := len(self.mappings)):
            for part in parts:
                if isinstance(part, (ast.Assign, ast.NamedExpr, ast.AnnAssign)):
                    targets = part.targets if isinstance(part, ast.Assign) else [part.target]
                    if part.value is None or not self._is_copy(part.value):
                        continue
                    if all(isinstance(target, ast.Name) for target in targets):
                        names = {t.id for t in targets if isinstance(t, ast.Name)}
                        self.mappings |= names
                        self._aliases.add(part.value)

    def _is_mapping(self, node: ast.AST, mappings: frozenset[str]) -> bool:
        if isinstance(node, ast.Attribute):
            return node.attr in self.members and self._is_holder(node.value)
        return isinstance(node, ast.Name) and node.id in mappings

    def _is_holder(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id in self.holders

    def _is_copy(self, node: ast.AST) -> bool:
        """The arguments, or a dictionary that has them all."""
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
            # The copy is followed by its name; what else is in it is read as usual.
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
            case ast.Call():
                self._call(node, mappings, scope)
            case ast.Lambda() | ast.FunctionDef() | ast.AsyncFunctionDef():
                self._nested(node, mappings, scope)
            case ast.Name() | ast.Attribute() if self._is_mapping(node, mappings):
                if isinstance(node.ctx, ast.Load):
                    self.reader.unclear("the arguments are used as a whole", node)
            case ast.Attribute(value, attribute) if self._is_holder(value):
                if attribute != "name":
                    self.reader.unclear(f"`.{attribute}` tells of the arguments", node)
            case ast.Name() if self._is_holder(node):
                self.reader.unclear("the arguments are used as a whole", node)
            case _:
                for child in ast.iter_child_nodes(node):
                    self._visit(child, mappings, scope)

    def _visit_beside(self, node: ast.AST, mappings: frozenset[str], scope: Scope) -> None:
        """Read what stands in a copy of the arguments beside them."""
        for child in ast.iter_child_nodes(node):
            if self._is_copy(child):
                self._visit_beside(child, mappings, scope)
            else:
                self._visit(child, mappings, scope)

    def _nested(self, node: AnyFunction, mappings: frozenset[str], scope: Scope) -> None:
        inner = self.reader.scopes.get(node, scope)
        own = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self._visit(default, mappings, scope)
        for part in node.body if isinstance(node.body, list) else [node.body]:
            self._visit(part, mappings - own, inner)

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
                    self.reader.unclear("the arguments are handed on beside a `*`", node)
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
        """A method of the mapping itself."""
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
                self.reader.unclear("a key of the arguments is computed", node)
            else:
                self.reader.key(spelling.text, how, node, spelling.partial)


def returned(function: FunctionNode) -> Iterator[ast.expr]:
    """The values that a function returns, not those of functions in it."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            pending += ast.iter_child_nodes(node)


def _is_numeric(node: ast.AST, scope: Scope) -> bool:
    """Whether an expression is a number, or a container of numbers, whatever is in it."""
    if isinstance(node, _PLAIN):
        return True
    if isinstance(node, ast.Subscript):
        # A part of a tuple.
        return isinstance(node.slice, ast.Slice)
    dotted = chain(node.func) if isinstance(node, ast.Call) else None
    if dotted is None or last_name(dotted) not in _NUMERIC:
        return False
    found = scope.lookup(dotted[0])
    return found is None or all(isinstance(bound, Imported) for bound in found[1])


def _is_tuple(annotation: ast.AST | None) -> bool:
    """Whether an annotation says that a parameter is a tuple."""
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    return isinstance(annotation, ast.Name) and annotation.id in ("tuple", "Tuple", "int")

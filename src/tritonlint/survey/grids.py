"""What the code of a launch grid says: Triton calls it with the arguments by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tritonlint.facts import UNPACKED
from tritonlint.survey.scopes import (
    VARIABLES,
    BoundTo,
    Scope,
    chain,
    is_external,
    join,
    last_name,
    resolve,
    variable_symbols,
)

_FUNCTIONS = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef)
#: Grids of these forms are numbers, or tuples of them, and no functions.
#: What gives a number for numbers.
_NUMERIC = frozenset({"cdiv", "int", "len", "max", "min", "next_power_of_2", "sum"})
_PLAIN = (ast.Tuple, ast.List, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Compare, ast.JoinedStr)


class GridCode:
    """The strings in a grid, what it mentions, and whether that is all there is to it.

    `known` is False where the grid comes from the caller, or hands the arguments to something
    that is not understood.
    """

    def __init__(self, grid: ast.expr, scope: Scope) -> None:
        self.strings: dict[str, None] = {}
        self.mentions: dict[str, None] = {}
        self.known = True
        self._seen: set[int] = set()
        if _is_plain(grid, scope):
            return
        self._pending: list[tuple[ast.AST, Scope]] = [(grid, scope)]
        self._called(grid, scope)
        while self._pending:
            self._read(*self._pending.pop())

    def _read(self, node: ast.AST, scope: Scope) -> None:
        if id(node) in self._seen:
            return
        self._seen.add(id(node))
        parts = list(ast.walk(node))
        arguments = {name for part in parts for name in _first_argument(part)}
        # `triton.cdiv` mentions that, and not all of `triton` too.
        left_out = {id(part.value) for part in parts if isinstance(part, ast.Attribute)}
        left_out.update(id(size) for part in parts for size in _sizes_of(part))
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                self.strings[part.value] = None
            elif isinstance(part, (ast.Name, ast.Attribute)) and isinstance(part.ctx, ast.Load):
                if id(part) not in left_out:
                    self._follow(part, scope)
            elif isinstance(part, ast.Call) and _passes_any(part, arguments):
                self._called(part.func, scope)
            if isinstance(part, ast.Call) and any(
                isinstance(name, ast.Name) and name.id in arguments
                for keyword in part.keywords
                if keyword.arg is None
                for name in ast.walk(keyword.value)
            ):
                self.strings[UNPACKED] = None

    def _follow(self, node: ast.expr, scope: Scope) -> None:
        dotted = chain(node)
        found = scope.lookup(dotted[0]) if dotted else None
        if dotted is None or found is None:
            return
        home, bounds = found
        for bound in bounds:
            if bound.to is BoundTo.IMPORT and not is_external(join(bound.symbol, dotted[1])):
                self.mentions[join(bound.symbol, dotted[1])] = None
            elif bound.to is BoundTo.DEFINITION and home.kind == "function" and bound.node:
                self._pending.append((bound.node, bound.scope or home))
            elif bound.to in (BoundTo.DEFINITION, BoundTo.CLASS):
                self.mentions[join(f":{bound.symbol}", dotted[1])] = None
            elif bound.to in VARIABLES and bound.node is not None:
                self._pending.append((bound.node, bound.scope or home))
        self.mentions.update(dict.fromkeys(variable_symbols(dotted, scope)))

    def _called(self, function: ast.expr, scope: Scope, depth: int = 0) -> None:
        """Something that Triton calls with the arguments, or that the grid hands them to."""
        if isinstance(function, (*_PLAIN, ast.Lambda)):
            return
        if isinstance(function, ast.IfExp) and depth < 8:
            self._called(function.body, scope, depth + 1)
            self._called(function.orelse, scope, depth + 1)
            return
        if isinstance(function, ast.Call):
            # Of what makes the grid the code is read.
            self._called(function.func, scope, depth + 1)
            return
        dotted = chain(function)
        found = scope.lookup(dotted[0]) if dotted else None
        if dotted is None:
            self.known = False
            return
        if found is None:
            return
        if not dotted[1] and all(bound.to in VARIABLES for bound in found[1]) and depth < 8:
            for bound in found[1]:
                if bound.to is BoundTo.VALUE and isinstance(bound.node, ast.expr):
                    self._called(bound.node, found[0], depth + 1)
                elif not isinstance(bound.node, _PLAIN):
                    self.known = self.known and bound.to is not BoundTo.OTHER
            return
        resolved = resolve(function, scope)
        for symbol in resolved.symbols:
            self.mentions[symbol] = None
        if not resolved.complete or any(s.startswith("?:") for s in resolved.symbols):
            self.known = False


def _is_plain(grid: ast.expr, scope: Scope, depth: int = 0) -> bool:
    """Whether a grid is no function in any case: then nothing in it sees the arguments."""
    if isinstance(grid, _PLAIN):
        return True
    if isinstance(grid, ast.IfExp):
        return _is_plain(grid.body, scope, depth) and _is_plain(grid.orelse, scope, depth)
    found = scope.lookup(grid.id) if isinstance(grid, ast.Name) else None
    return (
        found is not None
        and depth < 8
        and all(
            bound.to is BoundTo.VALUE
            and isinstance(bound.node, ast.expr)
            and _is_plain(bound.node, found[0], depth + 1)
            for bound in found[1]
        )
    )


def _sizes_of(node: ast.AST) -> Iterator[ast.AST]:
    """The names and attributes in the tuples that a grid returns which are numbers, or are asked
    for one without the arguments of the launch: nothing behind them sees these, or names one.
    """
    arguments = set(_first_argument(node))
    value = node.body if isinstance(node, ast.Lambda) else None
    if isinstance(node, ast.FunctionDef) and len(node.body) == 1:
        # Other statements might give the arguments another name.
        value = node.body[0].value if isinstance(node.body[0], ast.Return) else None
    if not (arguments and isinstance(value, ast.Tuple)):
        return
    if any(isinstance(part, (ast.NamedExpr, ast.Lambda)) for part in ast.walk(value)):
        return
    for element in value.elts:
        yield from _sizes(element, arguments)


def _sizes(node: ast.expr, arguments: set[str]) -> Iterator[ast.AST]:
    mentioned = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    if arguments.isdisjoint(mentioned):
        yield from ast.walk(node)
    elif isinstance(node, ast.BinOp):
        yield from _sizes(node.left, arguments)
        yield from _sizes(node.right, arguments)
    elif isinstance(node, ast.Call):
        dotted = chain(node.func)
        if dotted is not None and last_name(dotted) in _NUMERIC:
            for argument in node.args:
                yield from _sizes(argument, arguments)


def _first_argument(node: ast.AST) -> Iterator[str]:
    """By which name a function knows the arguments of the launch."""
    if isinstance(node, _FUNCTIONS):
        for arg in (*node.args.posonlyargs, *node.args.args, node.args.vararg, node.args.kwarg):
            if arg is not None:
                yield arg.arg


def _passes_any(call: ast.Call, names: set[str]) -> bool:
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    plain = (v.value if isinstance(v, ast.Starred) else v for v in values)
    return any(isinstance(value, ast.Name) and value.id in names for value in plain)

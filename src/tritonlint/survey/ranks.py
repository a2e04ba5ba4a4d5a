"""How many dimensions the tensors have whose shape or strides a launch unpacks: `*x.stride()`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from tritonlint.survey.constants import bounds, integer
from tritonlint.survey.facts.calls import Sequence
from tritonlint.survey.nodes import chain, nodes_in
from tritonlint.survey.scopes import Argument, Imported, Scope

#: By the name of a tensor, how many dimensions it has.
_Ranks: TypeAlias = Mapping[str, int]

_WHOLE_METHODS = frozenset({"size", "stride"})
_RANK_METHODS = frozenset({"dim", "ndimension"})
#: Methods that give a tensor another number of dimensions in place.
_RESHAPING = frozenset(
    {"as_strided_", "resize_", "resize_as_", "set_", "squeeze_", "swap_tensors", "unsqueeze_"}
)
_FACTORIES = frozenset({"empty", "zeros", "ones", "full", "rand", "randn"})
_LIKE = frozenset({f"{name}_like" for name in _FACTORIES})
_LEAVING = (ast.Raise, ast.Return, ast.Continue, ast.Break)


class Ranks:
    """Reads what a function shows of its tensors before a launch: `M, N = x.shape`, `assert`."""

    def __init__(self) -> None:
        #: By function, and by call in it, the ranks that show there.
        self._known: dict[int, dict[ast.Call, _Ranks]] = {}
        self._reshaped: dict[int, frozenset[str]] = {}

    def sequence(self, node: ast.expr, call: ast.Call, scope: Scope) -> Sequence | None:
        """The shape or the strides of a variable that a call unpacks."""
        part = bounds(node.slice) if isinstance(node, ast.Subscript) else (0, None)
        whole = node.value if isinstance(node, ast.Subscript) else node
        name = _owner(whole)
        if name is None or part is None or part[0] < 0:
            return None
        rank = self._rank(name, call, scope)
        length = len(range(rank)[slice(*part)]) if rank is not None else None
        return Sequence(ast.unparse(whole), *part, length)

    def _rank(self, name: str, call: ast.Call, scope: Scope) -> int | None:
        """How many dimensions a variable has at a call in the function that binds it once."""
        found = scope.lookup(name)
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        if found is None or found[0] is not scope or scope.kind != "function":
            return None
        home, bindings = found
        if len(bindings) > 1 or (isinstance(bindings[0], Argument) and bindings[0].star):
            return None
        if id(home) not in self._known:
            self._read(home)
        if name in self._reshaped[id(home)]:
            return None
        return self._known[id(home)].get(call, {}).get(name)

    def _read(self, home: Scope) -> None:
        function = home.node
        known = self._known[id(home)] = {}
        self._reshaped[id(home)] = frozenset(_reshaped(function) if function is not None else ())
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            _read_block(function.body, {}, home, known)


def _reshaped(function: ast.AST) -> Iterator[str]:
    for node in nodes_in(function):
        match node:
            case ast.Attribute(ast.Name(name), attribute, context):
                if attribute in _RESHAPING or not isinstance(context, ast.Load):
                    yield name


def _read_block(
    block: Iterable[ast.stmt], ranks: _Ranks, home: Scope, known: dict[ast.Call, _Ranks]
) -> None:
    """Note what shows at each call of a block: what every way to it has passed."""
    for statement in block:
        inner = [child for child in ast.iter_child_nodes(statement) if _is_part(child)]
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for part in inner:
            known.update((n, ranks) for n in nodes_in(part) if isinstance(n, ast.Call))
        match statement:
            case ast.If(test, body, orelse):
                _read_block(body, {**ranks, **_where(test, ranks, holds=True)}, home, known)
                otherwise = {**ranks, **_where(test, ranks, holds=False)}
                _read_block(orelse, otherwise, home, known)
                if isinstance(body[-1], _LEAVING) and not orelse:
                    ranks = otherwise
            case ast.Match(_, cases):
                for case in cases:
                    _read_block(case.body, ranks, home, known)
            case ast.Assert(test):
                ranks = {**ranks, **_where(test, ranks, holds=True)}
            case ast.Assign([ast.Tuple(targets) | ast.List(targets)], value):
                name = _owner(value)
                if name is not None and not any(isinstance(t, ast.Starred) for t in targets):
                    ranks = {**ranks, name: len(targets)}
            case ast.Assign([ast.Name(name)], value):
                rank = _made(value, ranks, home)
                if rank is not None:
                    ranks = {**ranks, name: rank}
            case _:
                for blocks in (getattr(statement, f, []) for f in ("body", "orelse", "finalbody")):
                    _read_block(blocks, ranks, home, known)
                for handler in getattr(statement, "handlers", ()):
                    _read_block(handler.body, ranks, home, known)


def _is_part(node: ast.AST) -> bool:
    """Whether a node is of the statement itself, and not of a block in it."""
    return isinstance(node, (ast.expr, ast.keyword, ast.withitem))


def _where(test: ast.expr, ranks: _Ranks, holds: bool) -> dict[str, int]:
    """The ranks that a condition shows where it holds, or where it does not."""
    match test:
        case ast.UnaryOp(ast.Not(), operand):
            return _where(operand, ranks, not holds)
        case ast.BoolOp(operator, values):
            if isinstance(operator, ast.And) is not holds:
                return {}
            found: dict[str, int] = {}
            for value in values:
                found |= _where(value, {**ranks, **found}, holds)
            return found
        case ast.Compare(left, operators, comparators):
            equal = ast.Eq if holds else ast.NotEq
            if not holds and len(operators) > 1:
                return {}
            if all(isinstance(operator, equal) for operator in operators):
                return _where_equal([left, *comparators], ranks)
    return {}


def _where_equal(sides: Iterable[ast.expr], ranks: _Ranks) -> dict[str, int]:
    """The ranks that follow where all of the expressions are equal."""
    names: list[str] = []
    lengths: set[int] = set()
    for side in sides:
        name = _ranked(side)
        number = integer(side)
        if name is None and number is None:
            break
        if number is not None:
            lengths.add(number)
        elif name is not None:
            names.append(name)
    else:
        lengths.update(ranks[name] for name in names if name in ranks)
        return dict.fromkeys(names, lengths.pop()) if len(lengths) == 1 else {}
    return _where_same_sizes(sides, ranks)


def _where_same_sizes(sides: Iterable[ast.expr], ranks: _Ranks) -> dict[str, int]:
    """The ranks that follow where shapes are equal: `x.shape == (M, N)`, `x.shape == y.shape`."""
    names: list[str] = []
    lengths: set[int] = set()
    for side in sides:
        match side:
            case ast.Call(ast.Name("tuple" | "list"), [inner], []):
                side = inner
        name = _owner(side)
        if name is not None:
            names.append(name)
        elif isinstance(side, (ast.Tuple, ast.List)):
            if any(isinstance(element, ast.Starred) for element in side.elts):
                return {}
            lengths.add(len(side.elts))
        else:
            return {}
    lengths.update(ranks[name] for name in names if name in ranks)
    return dict.fromkeys(names, lengths.pop()) if len(lengths) == 1 else {}


def _owner(node: ast.expr) -> str | None:
    """The variable whose shape or strides an expression is: `x.shape`, `x.size()`."""
    match node:
        case ast.Attribute(ast.Name(name), "shape"):
            return name
        case ast.Call(ast.Attribute(ast.Name(name), method), [], []) if method in _WHOLE_METHODS:
            return name
    return None


def _ranked(node: ast.expr) -> str | None:
    """The variable whose number of dimensions an expression is: `x.ndim`, `len(x.shape)`."""
    match node:
        case ast.Attribute(ast.Name(name), "ndim"):
            return name
        case ast.Call(ast.Attribute(ast.Name(name), method), [], []) if method in _RANK_METHODS:
            return name
        case ast.Call(ast.Name("len"), [inner], []):
            return _owner(inner)
    return None


def _made(node: ast.expr, ranks: _Ranks, home: Scope) -> int | None:
    """How many dimensions a tensor is made with: `torch.empty((M, N))`, `torch.empty_like(x)`."""
    dotted = chain(node.func) if isinstance(node, ast.Call) else None
    if dotted is None or not _is_torch(dotted[0], home) or len(dotted[1]) != 1:
        return None
    assert isinstance(node, ast.Call)
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Name) and dotted[1][0] in _LIKE:
        return ranks.get(first.id)
    if not isinstance(first, (ast.Tuple, ast.List)) or dotted[1][0] not in _FACTORIES:
        return None
    return None if any(isinstance(e, ast.Starred) for e in first.elts) else len(first.elts)


def _is_torch(name: str, home: Scope) -> bool:
    found = home.lookup(name)
    return found is not None and all(
        isinstance(bound, Imported) and bound.external and bound.symbol.dotted == "torch"
        for bound in found[1]
    )

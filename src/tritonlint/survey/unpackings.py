"""The values that an unpacked variable may hold: `kernel[grid](*args, **common)`."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from tritonlint.survey.constants import bounds
from tritonlint.survey.idle import REFLECTION
from tritonlint.survey.nodes import chain, nodes_in
from tritonlint.survey.scopes import Assigned, Scope

#: Methods of a dictionary that do not change it, and return nothing that could.
_HARMLESS_METHODS = frozenset({"get", "keys", "values", "items", "copy"})
#: Functions that do not change their argument, and keep no part of it.
_HARMLESS_FUNCTIONS = frozenset({"len", "print", "repr", "str", "bool"})
_MAX_DEPTH = 4
#: With each call that unpacks a literal, its items are stored: so there is a limit.
_MOST_USES = 64
_SEQUENCES = (ast.Tuple, ast.List)


class Made(NamedTuple):
    """A literal that calls unpack.

    Attributes:
        items: its elements, or its values with their keys, except keys that also come from a
            dictionary in it, or that are set, read or deleted elsewhere. Each comes with how many
            calls unpack it, or 0 if slices would hold others without it.
    """

    node: ast.expr
    items: tuple[tuple[str, ast.expr, int], ...]
    scope: Scope


class _Literal(NamedTuple):
    """The contents of a dictionary literal: values with their keys, and dictionaries."""

    items: list[tuple[str, ast.expr]]
    merged: list[ast.expr]


class _Used(NamedTuple):
    """What a function, including nested ones, does with its variables.

    Attributes:
        unpacked: by "*" or "**" and a name, how many calls unpack it.
        slices: by name, which parts of it calls unpack.
        items: by name, the keys of the items that it reads, sets or deletes, once for each time.
        shared: the names whose values may be had by another way too.
        reflection: the functions it names that see all its variables.
    """

    mentions: Counter[str]
    unpacked: Counter[tuple[str, str]]
    slices: defaultdict[str, list[slice]]
    items: defaultdict[str, list[str]]
    shared: set[str]
    reflection: set[str]

    def may_share(self, name: str) -> bool:
        """Whether other code may reach the value of a variable in another way."""
        return name in self.shared or bool(self.reflection)


class Unpackings:
    """Reads dictionaries, tuples and lists that a function makes and unpacks."""

    def __init__(self) -> None:
        self._added: dict[tuple[int, str], frozenset[str] | None] = {}
        self._used: dict[int, _Used] = {}
        #: How often functions that may unpack it are given a variable, by its scope and name.
        self.handed: Counter[tuple[str, int, str]] = Counter()

    def stars(self, node: ast.expr, scope: Scope) -> list[str]:
        """Return how an expression can be unpacked, if it shows what is in it."""
        if isinstance(node, (ast.Constant, ast.Attribute, ast.Subscript)):
            return []
        is_known = self.sequence(node, scope) is not None, self.keys(node, scope) is not None
        return [star for star, known in zip(("*", "**"), is_known, strict=True) if known]

    def keys(self, node: ast.expr, scope: Scope, depth: int = 0) -> frozenset[str] | None:
        """Return the keywords that a mapping may hold; None if there may be others."""
        parts: list[tuple[ast.expr, Scope]] = []
        found: frozenset[str] = frozenset()
        literal = _literal(node, scope)
        match node:
            case _ if literal is not None:
                found = frozenset(key for key, _ in literal.items)
                parts = [(part, scope) for part in literal.merged]
            case ast.IfExp(_, body, orelse):
                parts = [(body, scope), (orelse, scope)]
            case ast.BinOp(left, ast.BitOr(), right):
                parts = [(left, scope), (right, scope)]
            case ast.Name(name):
                known = self._of_variable(name, scope)
                if known is None:
                    return None
                found, parts = known
            case _:
                return None
        for part, place in parts:
            inner = self.keys(part, place, depth + 1) if depth < _MAX_DEPTH else None
            if inner is None:
                return None
            found |= inner
        return found

    def dictionary(self, node: ast.expr, scope: Scope) -> Made | None:
        """Return the dictionary literal that is unpacked, directly or through a variable."""
        uses: int | None = 1
        touched: list[str] = []
        if isinstance(node, ast.Name):
            found = self._only_value(node, scope)
            if found is None or self.keys(node, scope) is None:
                return None
            name, home, node, scope = found
            uses = self._uses(name, home, "**")
            touched = self._used_in(home).items[name]
        literal = _literal(node, scope)
        if literal is None or uses is None:
            return None
        others = [self.keys(part, scope) for part in literal.merged]
        if None in others:
            return None
        twice = {*touched, *(key for keys_of_part in others for key in keys_of_part or ())}
        items = tuple((key, value, uses) for key, value in literal.items if key not in twice)
        return Made(node, items, scope)

    def sequence(self, node: ast.expr, scope: Scope) -> Made | None:
        """The tuple or list that a variable stands for, or a slice of it, if it is only unpacked.

        It counts only in the function that makes it, not in nested ones.
        """
        if isinstance(node, _SEQUENCES) and not any(isinstance(e, ast.Starred) for e in node.elts):
            return Made(node, tuple(("", element, 1) for element in node.elts), scope)
        part = bounds(node.slice) if isinstance(node, ast.Subscript) else (0, None)
        found = self._only_value(node.value if isinstance(node, ast.Subscript) else node, scope)
        if found is None or part is None:
            return None
        name, home, value, place = found
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        if home.kind != "function" or scope is not home or not isinstance(value, _SEQUENCES):
            return None
        if any(isinstance(element, ast.Starred) for element in value.elts):
            return None
        uses = self._uses(name, home, "*")
        if uses is None or (isinstance(value, ast.List) and self.handed["*", id(home), name]):
            # A function may change a list that it is given.
            return None
        slices = [slice(None)] * uses + self._used_in(home).slices[name]
        every = range(len(value.elts))
        each = [("", element, _uses_of(n, every, slices)) for n, element in enumerate(value.elts)]
        return Made(value, tuple(each[slice(*part)]), place)

    def _only_value(
        self, node: ast.expr, scope: Scope
    ) -> tuple[str, Scope, ast.expr, Scope] | None:
        """Return a variable's name, its scope, and the only value that it gets, with its place."""
        looked_up = scope.lookup(node.id) if isinstance(node, ast.Name) else None
        if looked_up is None or not isinstance(node, ast.Name):
            return None
        match looked_up:
            case home, [Assigned(value, place)]:
                return node.id, home, value, place
        return None

    def _uses(self, name: str, home: Scope, star: str) -> int | None:
        """Return how many calls unpack a variable; None if it is used in any other way."""
        used = self._used_in(home)
        unpacked = used.unpacked[star, name] + self.handed[star, id(home), name]
        parts = len(used.items[name]) if star == "**" else len(used.slices[name])
        is_alone = used.mentions[name] == unpacked + parts + 1 and not used.may_share(name)
        return unpacked if is_alone and unpacked + parts <= _MOST_USES else None

    def _used_in(self, home: Scope) -> _Used:
        """Return what a function does with its variables, read once for all of them."""
        found = self._used.get(id(home))
        if found is None:
            found = self._used[id(home)] = _used_in(home.nodes)
        return found

    def _of_variable(
        self, name: str, scope: Scope
    ) -> tuple[frozenset[str], list[tuple[ast.expr, Scope]]] | None:
        """Read what subscripts assign to a variable, and which values it has."""
        looked_up = scope.lookup(name)
        if looked_up is None or looked_up[0].kind != "function":
            return None
        home, bound = looked_up
        values = [(b.node, b.scope) for b in bound if isinstance(b, Assigned)]
        key = id(home), name
        if key not in self._added:
            self._added[key] = self._added_to(name, home)
        added = self._added[key]
        return (added, values) if added is not None and len(values) == len(bound) else None

    def _added_to(self, name: str, home: Scope) -> frozenset[str] | None:
        """Return the keys that a function adds to a variable; None if its use is not understood."""
        nodes = home.nodes
        if not nodes or self._used_in(home).may_share(name):
            return None
        added: set[str] = set()
        accounted: set[ast.AST] = set()
        mentions: list[ast.Name] = []
        for node in nodes:
            match node:
                case ast.Name() if node.id == name:
                    mentions.append(node)
                case ast.Call():
                    accounted.update(k.value for k in node.keywords if k.arg is None)
                    accounted.update(node.args if _is_harmless(node.func, home) else ())
                case ast.Dict():
                    pairs = zip(node.keys, node.values, strict=True)
                    accounted.update(value for key, value in pairs if key is None)
                case ast.Subscript(ast.Name(variable) as value, ast.Constant(str() as key)):
                    accounted.add(value)
                    if variable == name and isinstance(node.ctx, ast.Store):
                        added.add(key)
                case ast.Attribute(ast.Name() as value, attribute, ast.Load()):
                    if attribute in _HARMLESS_METHODS:
                        accounted.add(value)
                case ast.Compare(_, [ast.In() | ast.NotIn()], [ast.Name() as value]):
                    accounted.add(value)
        for mention in mentions:
            if isinstance(mention.ctx, ast.Load) and mention not in accounted:
                return None
        return frozenset(added)


def _uses_of(number: int, every: range, parts: Iterable[slice]) -> int:
    """How many parts of a sequence hold an element; 0 if one would hold others without it."""
    left = [place for place in every if place != number]
    uses = 0
    for part in parts:
        if left[part] != [place for place in every[part] if place != number]:
            return 0
        uses += number in every[part]
    return uses


def _literal(node: ast.expr, scope: Scope) -> _Literal | None:
    """Read a dictionary literal or `dict(key=value)`; None for others, or with a computed key."""
    pairs: list[tuple[object, ast.expr]]
    match node:
        case ast.Dict(keys, values):
            if any(key is not None and not isinstance(key, ast.Constant) for key in keys):
                return None
            names = [key.value if isinstance(key, ast.Constant) else None for key in keys]
            pairs = [*zip(names, values, strict=True)]
            merged = [value for key, value in zip(keys, values, strict=True) if key is None]
        case ast.Call(ast.Name("dict"), [], keywords) if scope.lookup("dict") is None:
            pairs = [(keyword.arg, keyword.value) for keyword in keywords]
            merged = [keyword.value for keyword in keywords if keyword.arg is None]
        case _:
            return None
    return _Literal([(key, value) for key, value in pairs if isinstance(key, str)], merged)


def _used_in(nodes: Iterable[ast.AST]) -> _Used:
    used = _Used(Counter(), Counter(), defaultdict(list), defaultdict(list), set(), set())
    for node in nodes:
        match node:
            case ast.Name(name):
                used.mentions[name] += 1
                if name in REFLECTION:
                    used.reflection.add(name)
            case ast.Call(_, arguments, keywords):
                values = [("*", a.value) for a in arguments if isinstance(a, ast.Starred)]
                values += [("**", keyword.value) for keyword in keywords if keyword.arg is None]
                used.unpacked.update((s, v.id) for s, v in values if isinstance(v, ast.Name))
            case ast.Starred(ast.Subscript(ast.Name(name), index)):
                part = bounds(index)
                used.slices[name] += [slice(*part)] if part is not None else []
            case ast.Subscript(ast.Name(name), ast.Constant(str() as key)):
                used.items[name].append(key)
            case ast.Assign(targets) if len(targets) > 1:
                # `a = b = {...}` is one dictionary with two names.
                parts = [part for target in targets for part in nodes_in(target)]
                used.shared.update(part.id for part in parts if isinstance(part, ast.Name))
            case ast.NamedExpr(ast.Name(name)):
                used.shared.add(name)
            case ast.Global(names) | ast.Nonlocal(names):
                used.shared.update(names)
    return used


def _is_harmless(function: ast.expr, scope: Scope) -> bool:
    dotted = chain(function)
    return (
        dotted is not None
        and not dotted[1]
        and dotted[0] in _HARMLESS_FUNCTIONS
        and scope.lookup(dotted[0]) is None
    )

"""Which keywords an unpacked mapping may hold: `kernel[grid](x, **common)`."""

from __future__ import annotations

import ast

from tritonlint.survey.arguments import Scopes
from tritonlint.survey.scopes import Assigned, Scope, chain, nodes_in

#: Methods of a dictionary that leave it as it is, and give out no way to change it.
_HARMLESS_METHODS = frozenset({"get", "keys", "values", "items", "copy"})
#: Functions that do not change what they are given, and keep nothing of it.
_HARMLESS_FUNCTIONS = frozenset({"len", "print", "repr", "str", "bool"})
_MAX_DEPTH = 4


class Unpackings:
    """Reads dictionaries that a function makes and unpacks."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes
        self._nodes: dict[int, ast.AST] | None = None
        self._added: dict[tuple[int, str], frozenset[str] | None] = {}

    def keys(self, node: ast.expr, scope: Scope, depth: int = 0) -> frozenset[str] | None:
        """The keywords that a mapping may hold; None where there may be others."""
        parts: list[tuple[ast.expr, Scope]] = []
        found: frozenset[str] = frozenset()
        match node:
            case ast.Dict(keys, values):
                names = [key.value for key in keys if isinstance(key, ast.Constant)]
                parts = [(v, scope) for k, v in zip(keys, values, strict=True) if k is None]
                if len(names) + len(parts) < len(keys):
                    return None
                found = frozenset(name for name in names if isinstance(name, str))
            case ast.Call(ast.Name("dict"), [], keywords) if scope.lookup("dict") is None:
                found = frozenset(keyword.arg for keyword in keywords if keyword.arg)
                parts = [(keyword.value, scope) for keyword in keywords if keyword.arg is None]
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

    def literal(self, node: ast.expr, scope: Scope) -> tuple[ast.Dict | ast.Call, Scope] | None:
        """The literal that a variable stands for which is unpacked here, and used nowhere else."""
        looked_up = scope.lookup(node.id) if isinstance(node, ast.Name) else None
        if looked_up is None or not isinstance(node, ast.Name):
            return None
        home, bounds = looked_up
        if len(bounds) != 1 or self.keys(node, scope) is None:
            return None
        match bounds[0]:
            case Assigned(ast.Dict(keys) as value, place) if None not in keys:
                found: ast.Dict | ast.Call = value
            case Assigned(ast.Call(_, _, keywords) as value, place) if all(
                keyword.arg for keyword in keywords
            ):
                found = value
            case _:
                return None
        function = self._nodes.get(id(home)) if self._nodes is not None else None
        mentions = [
            part
            for part in (nodes_in(function) if function is not None else ())
            if isinstance(part, ast.Name) and part.id == node.id
        ]
        # Where it is bound, and where it is unpacked.
        return (found, place) if len(mentions) == 2 else None

    def _of_variable(
        self, name: str, scope: Scope
    ) -> tuple[frozenset[str], list[tuple[ast.expr, Scope]]] | None:
        """What a variable of a function gets by its subscripts, and the values that it has."""
        looked_up = scope.lookup(name)
        if looked_up is None or looked_up[0].kind != "function":
            return None
        home, bounds = looked_up
        values = [(b.node, b.scope) for b in bounds if isinstance(b, Assigned)]
        key = id(home), name
        if key not in self._added:
            self._added[key] = self._added_to(name, home)
        added = self._added[key]
        return (added, values) if added is not None and len(values) == len(bounds) else None

    def _added_to(self, name: str, home: Scope) -> frozenset[str] | None:
        """The keys that a function adds to a variable; None where its use is not understood."""
        if self._nodes is None:
            self._nodes = {id(scope): node for node, scope in self._scopes.items()}
        function = self._nodes.get(id(home))
        if function is None:
            return None
        added: set[str] = set()
        accounted: set[ast.AST] = set()
        mentions: list[ast.Name] = []
        for node in nodes_in(function):
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
                case ast.Assign(targets) if len(targets) > 1:
                    # `a = b = {...}` is one dictionary under two names.
                    if any(isinstance(t, ast.Name) and t.id == name for t in targets):
                        return None
                case ast.NamedExpr(ast.Name(variable)) if variable == name:
                    return None
                case ast.Global(names) | ast.Nonlocal(names) if name in names:
                    return None
        for mention in mentions:
            if isinstance(mention.ctx, ast.Load) and mention not in accounted:
                return None
        return frozenset(added)


def _is_harmless(function: ast.expr, scope: Scope) -> bool:
    dotted = chain(function)
    return (
        dotted is not None
        and not dotted[1]
        and dotted[0] in _HARMLESS_FUNCTIONS
        and scope.lookup(dotted[0]) is None
    )

"""The configs that are written in lists of literals, each with all that it sets."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from tritonlint.survey.facts.lookups import Config
from tritonlint.survey.facts.names import Symbol, in_file
from tritonlint.survey.nodes import Chain, chain, returned
from tritonlint.survey.scopes import Assigned, FunctionName, Imported, Scope
from tritonlint.survey.text import Text
from tritonlint.triton.names import CONFIG_ORDER

_MAX_DEPTH = 40


class ConfigLists:
    """Reads the lists of one file.

    Args:
        scopes: for each function and lambda, the scope of its body.
    """

    def __init__(self, text: Text, scopes: Mapping[ast.AST, Scope]) -> None:
        self._text = text
        self._scopes = scopes

    def read(self, node: ast.expr, scope: Scope, depth: int = 0) -> Iterator[tuple[Config, ...]]:
        """Yield the configs of each list literal that an expression may give."""
        match node:
            case _ if depth > _MAX_DEPTH:
                return
            case ast.List(elts) | ast.Tuple(elts):
                found = (self._config(element, scope) for element in elts)
                yield tuple(config for config in found if config is not None)
            case ast.IfExp(_, left, right) | ast.BinOp(left, ast.Add(), right):
                yield from self.read(left, scope, depth + 1)
                yield from self.read(right, scope, depth + 1)
            case ast.Name(name):
                home, bounds = scope.lookup(name) or (scope, [])
                # A name with several values may be a filtered copy of itself: it is left out.
                if home.kind == "module" and len(bounds) == 1 and isinstance(bounds[0], Assigned):
                    yield from self.read(bounds[0].node, bounds[0].scope, depth + 1)
            case ast.Call(ast.Name(name), [], []):
                _, bounds = scope.lookup(name) or (scope, [])
                if len(bounds) != 1 or not isinstance(bounds[0], FunctionName):
                    return
                function = bounds[0].node
                inner = self._scopes.get(function)
                if inner is None or function.decorator_list:
                    return
                for value in returned(function):
                    yield from self.read(value, inner, depth + 1)

    def _config(self, node: ast.expr, scope: Scope) -> Config | None:
        if not isinstance(node, ast.Call) or not _is_triton_config(node.func, scope):
            return None
        # Beyond these, releases differ in the order of the parameters.
        if len(node.args) > len(CONFIG_ORDER):
            return None
        given = dict(zip(CONFIG_ORDER, node.args, strict=False))
        given.update((keyword.arg or "**", keyword.value) for keyword in node.keywords)
        values = _literals_in(given.pop("kwargs", None), scope)
        options = {option: _literal(value) for option, value in given.items()}
        known = {option: text for option, text in options.items() if text is not None}
        if values is None or len(known) < len(options):
            return None
        return Config(
            self._text.span(node), tuple(sorted(values.items())), tuple(sorted(known.items()))
        )


def imported_from(dotted: Chain, scope: Scope) -> Iterator[Symbol]:
    """Yield what a name may be in other files, if imports alone bind it."""
    root, attributes = dotted
    found = scope.lookup(root)
    if found is None and scope.root.has_stars:
        yield in_file(".".join((root, *attributes)))
    for bound in found[1] if found is not None else ():
        if isinstance(bound, Imported) and not bound.external:
            yield bound.symbol.attribute(*attributes)


def _is_triton_config(node: ast.expr, scope: Scope) -> bool:
    """Whether it is `triton.Config`, under any import of `triton`."""
    dotted = chain(node)
    found = scope.lookup(dotted[0]) if dotted is not None else None
    if dotted is None or found is None:
        return False
    for bound in found[1]:
        if not isinstance(bound, Imported):
            return False
        path = bound.symbol.attribute(*dotted[1]).dotted.lstrip(".").split(".")
        if path[-1] != "Config" or not (path[0] == "triton" or path[-2:-1] == ["triton"]):
            return False
    return True


def _literals_in(node: ast.expr | None, scope: Scope) -> dict[str, str] | None:
    """Return the items of a dictionary literal or `dict(a=1)`, as source; None for others."""
    entries: Iterable[tuple[ast.expr | str | None, ast.expr]]
    match node:
        case ast.Dict(keys, values):
            entries = zip(keys, values, strict=True)
        case ast.Call(ast.Name("dict"), [], keywords) if scope.lookup("dict") is None:
            entries = ((keyword.arg, keyword.value) for keyword in keywords)
        case _:
            return None
    literals = {}
    for key, value in entries:
        name = key.value if isinstance(key, ast.Constant) else key
        text = _literal(value)
        if not isinstance(name, str) or text is None:
            return None
        literals[name] = text
    return literals


def _literal(node: ast.expr) -> str | None:
    """Return the source of a constant or a negative number; None for any other expression."""
    match node:
        case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as number)):
            value: object = -number
        case ast.Constant(value):
            pass
        case _:
            return None
    try:
        return repr(value)
    except ValueError:
        # Python refuses to print an integer of thousands of digits.
        return None

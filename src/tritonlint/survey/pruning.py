"""What a function does with the configs that it gets, such as one in `prune_configs_by`."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tritonlint.survey.facts.lookups import Given
from tritonlint.survey.hooks import BodyReader
from tritonlint.survey.nodes import final_name, nodes_in, passes_star
from tritonlint.survey.scopes import Scope
from tritonlint.triton.names import CONFIG_OPTIONS

if TYPE_CHECKING:
    from tritonlint.survey.arguments import ArgumentReader

#: Python's functions whose result is not a config, or holds only configs that they were given.
_PASS_ON = frozenset(
    {"all", "any", "bool", "copy", "deepcopy", "enumerate", "filter", "id", "isinstance", "iter"}
    | {"len", "list", "map", "max", "min", "next", "print", "reversed", "set", "sorted", "sum"}
    | {"tuple", "type", "zip", "nlargest", "nsmallest", "chain", "islice"}
)
#: Methods of lists and sets.
_CONTAINER_METHODS = frozenset(
    {"add", "append", "clear", "copy", "count", "discard", "extend", "index", "insert", "pop"}
    | {"remove", "reverse", "sort"}
)
#: Attributes of a config that say nothing about the parameters, or are handled elsewhere.
_OF_A_CONFIG = CONFIG_OPTIONS | {"kwargs", "all_kwargs", "pre_hook"}


class ConfigsReader:
    """Reads the body of a function that gets configs: what it looks up in their `kwargs`.

    It does not follow which values are configs: any value that may be one counts as one, and
    each attribute `kwargs` counts as that of a config.
    """

    def __init__(self, reader: ArgumentReader, scope: Scope, names: frozenset[str]) -> None:
        self.reader = reader
        self.scope = scope
        self.names = names

    def read(self, body: Iterable[ast.AST]) -> None:
        """Read the body."""
        body = list(body)
        parts = [part for node in body for part in nodes_in(node)]
        before = -1
        while before != (before := len(self.names)):
            for part in parts:
                self.names |= self._names_in(part)
        BodyReader(self.reader, self.scope, frozenset(), kwargs=True).read(body)
        for part in parts:
            self._part(part)

    def _names_in(self, part: ast.AST) -> frozenset[str]:
        """Return the names to which a statement or an expression may assign configs."""
        match part:
            case ast.Assign(targets, value):
                pass
            case ast.NamedExpr(target, value) | ast.AnnAssign(target, _, ast.expr() as value):
                targets = [target]
            case ast.For(target, value) | ast.comprehension(target, value):
                targets = [target]
            case ast.Call(_, arguments, keywords):
                given = [*arguments, *(keyword.value for keyword in keywords)]
                if not any(map(self._holds, given)):
                    return frozenset()
                functions = [argument for argument in given if isinstance(argument, ast.Lambda)]
                return frozenset(a.arg for f in functions for a in f.args.args)
            case _:
                return frozenset()
        if not self._holds(value):
            return frozenset()
        names = (n for target in targets for n in nodes_in(target))
        return frozenset(n.id for n in names if isinstance(n, ast.Name))

    def _holds(self, node: ast.AST) -> bool:
        """Whether a value may be a config, or contain one."""
        match node:
            case ast.Name(name):
                return name in self.names
            case ast.Attribute() | ast.Compare() | ast.Constant() | ast.Lambda():
                return False
            case ast.Subscript(value, _):
                return self._holds(value)
            case ast.Call(ast.Name(name) | ast.Attribute(_, name), arguments, _):
                return name not in ("len", "id", "isinstance") and any(map(self._holds, arguments))
        return any(map(self._holds, ast.iter_child_nodes(node)))

    def _part(self, part: ast.AST) -> None:
        match part:
            case ast.Call(function, arguments, keywords):
                self._call(part, function, [*arguments, *(k.value for k in keywords)])
            case ast.Attribute(ast.Name(name), attribute) if name in self.names:
                if attribute not in _OF_A_CONFIG and attribute not in _CONTAINER_METHODS:
                    self.reader.unclear(f"`.{attribute}` of a config", part)
            case ast.Global(names) | ast.Nonlocal(names) if not self.names.isdisjoint(names):
                self.reader.unclear("other functions get configs", part)
            case ast.FormattedValue(value) if self._holds(value):
                self.reader.unclear("a config is turned into a string", part)

    def _call(self, node: ast.Call, function: ast.expr, given: list[ast.expr]) -> None:
        name = final_name(function)
        if name in _PASS_ON or (isinstance(function, ast.Attribute) and name in _CONTAINER_METHODS):
            return
        for place, value in enumerate(given):
            if self._holds(value):
                if isinstance(value, ast.Name) and place < len(node.args) and not passes_star(node):
                    self.reader.handed(function, self.scope, Given(configs=place))
                else:
                    called = f"`{name}`" if name else "a function"
                    self.reader.unclear(f"{called} gets configs, and may read them,", node)

"""The configs of an autotuned kernel: which dictionaries set its parameters."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property

from tritonlint.survey.arguments import ArgumentReader, returned
from tritonlint.survey.facts.lookups import Ask, Config, Given, Table, Tables, Wanted
from tritonlint.survey.facts.names import Symbol, in_file
from tritonlint.survey.scopes import (
    BUILTINS,
    Assigned,
    FunctionName,
    FunctionNode,
    Imported,
    Scope,
    chain,
    last_name,
    nodes_in,
)
from tritonlint.survey.text import Text
from tritonlint.triton.names import CONFIG_ORDER, HOOKS

_CONFIGS = Ask(Wanted.CONFIGS)
_MAX_DEPTH = 40
#: Functions that return the same configs in another container.
NOT_ALL_CONFIGS = "not all configs are seen, and one may have a pre_hook"
_CONTAINERS = frozenset({"list", "tuple", "sorted", "reversed"})


class FileNames:
    """Tracks which loads of a file's names are understood."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._accounted: dict[str, set[ast.AST]] = {}

    @cached_property
    def _loads(self) -> Counter[str]:
        return Counter(
            part.id
            for part in nodes_in(self._tree)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
        )

    @cached_property
    def _unpacked(self) -> Counter[str]:
        return Counter(
            keyword.value.id
            for call in nodes_in(self._tree)
            if isinstance(call, ast.Call)
            for keyword in call.keywords
            if keyword.arg is None and isinstance(keyword.value, ast.Name)
        )

    def is_only_unpacked(self, name: str) -> bool:
        """Whether the file does nothing with a dictionary but pass it as `**name`."""
        return self._loads[name] == self._unpacked[name]

    @cached_property
    def may_set_hooks(self) -> bool:
        """Whether anything in the file may give a config a `pre_hook`."""
        keywords = {
            keyword.arg
            for call in nodes_in(self._tree)
            if isinstance(call, ast.Call)
            for keyword in call.keywords
        }
        return "pre_hook" in keywords or bool(self._unpacked)

    def account(self, name: str, node: ast.AST) -> None:
        """Note a load that is understood."""
        self._accounted.setdefault(name, set()).add(node)

    def are_all_accounted(self, name: str) -> bool:
        """Whether every load of a name is understood."""
        return self._loads[name] == len(self._accounted.get(name, ()))


class ConfigReader:
    """Collects the configs in an expression, and reads their hooks.

    Args:
        names: is told the names that lead to configs.
        reader: is told what the hooks do with the arguments.
    """

    def __init__(self, text: Text, names: FileNames, reader: ArgumentReader) -> None:
        self._text = text
        self._file_names = names
        self._reader = reader
        self._found: dict[Table, None] = {}
        self._read: set[ast.AST] = set()
        self._names: dict[str, None] = {}
        self._complete = True
        self._lists: tuple[tuple[Config, ...], ...] = ()

    @property
    def tables(self) -> Tables:
        """Return everything that was found."""
        return Tables(tuple(self._found), self._complete, tuple(self._names), self._lists)

    def read(self, node: ast.expr, scope: Scope, depth: int = 0) -> None:
        """Read an expression whose value is a list of configs, or one config."""
        if node in self._read:
            # `configs = [c for c in configs if ...]`
            return
        self._read.add(node)
        match node:
            case _ if depth > _MAX_DEPTH:
                self._unknown(node)
            case ast.List(elts) | ast.Tuple(elts) | ast.Set(elts):
                self._read_all(elts, scope, depth)
            case ast.Starred(value):
                self.read(value, scope, depth + 1)
            case ast.ListComp(elt) | ast.GeneratorExp(elt) | ast.SetComp(elt):
                self.read(elt, self._reader.scopes.get(node, scope), depth + 1)
            case ast.IfExp(_, body, orelse):
                self._read_all((body, orelse), scope, depth)
            case ast.BoolOp(_, values):
                self._read_all(values, scope, depth)
            case ast.BinOp(left, ast.Add(), right):
                self._read_all((left, right), scope, depth)
            case ast.Subscript(value):
                self.read(value, scope, depth + 1)
            case ast.Constant(None):
                pass
            case ast.Lambda(body=body):
                # A variable that is called to get the configs.
                self.read(body, self._reader.scopes.get(node, scope), depth + 1)
            case ast.Name(name):
                self._variable(node, name, scope, depth)
            case ast.Call():
                self._call(node, scope, depth)
            case _:
                self._unknown(node)

    def note_lists(self, node: ast.expr, scope: Scope) -> None:
        """Note the list literals that the expression may give, on every path."""
        self._lists = tuple(filter(None, self._lists_in(node, scope, 0)))

    def _lists_in(self, node: ast.expr, scope: Scope, depth: int) -> Iterator[tuple[Config, ...]]:
        match node:
            case _ if depth > _MAX_DEPTH:
                return
            case ast.List(elts) | ast.Tuple(elts):
                found = (self._literal_config(element, scope) for element in elts)
                yield tuple(config for config in found if config is not None)
            case ast.IfExp(_, left, right) | ast.BinOp(left, ast.Add(), right):
                yield from self._lists_in(left, scope, depth + 1)
                yield from self._lists_in(right, scope, depth + 1)
            case ast.Name(name):
                home, bounds = scope.lookup(name) or (scope, [])
                # A name with several values may be a filtered copy of itself: it is left out.
                if home.kind == "module" and len(bounds) == 1 and isinstance(bounds[0], Assigned):
                    yield from self._lists_in(bounds[0].node, bounds[0].scope, depth + 1)
            case ast.Call(ast.Name(name), [], []):
                _, bounds = scope.lookup(name) or (scope, [])
                if len(bounds) != 1 or not isinstance(bounds[0], FunctionName):
                    return
                function = bounds[0].node
                inner = self._reader.scopes.get(function)
                if inner is None or function.decorator_list:
                    return
                for value in returned(function):
                    yield from self._lists_in(value, inner, depth + 1)

    def _literal_config(self, node: ast.expr, scope: Scope) -> Config | None:
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

    def _read_all(self, nodes: Iterable[ast.expr], scope: Scope, depth: int) -> None:
        for node in nodes:
            self.read(node, scope, depth + 1)

    def _unknown(self, node: ast.AST) -> None:
        self._complete = False
        self._reader.unclear(NOT_ALL_CONFIGS, node)

    # -- names -----------------------------------------------------------------------------

    def _variable(self, node: ast.Name, name: str, scope: Scope, depth: int) -> None:
        found = scope.lookup(name)
        if found is None:
            self._elsewhere(in_file(name), node)
            return
        home, bounds = found
        if home.kind == "module":
            self._names[name] = None
            self._file_names.account(name, node)
        for bound in bounds:
            match bound:
                case Assigned(value, place):
                    self.read(value, place, depth + 1)
                case Imported(symbol, False):
                    self._elsewhere(symbol, node)
                case _:
                    self._unknown(node)

    def _elsewhere(self, symbol: Symbol, node: ast.AST) -> None:
        """Note configs of another file; a star import may bring a name that nothing else binds."""
        self._complete = False
        self._reader.follow(symbol, _CONFIGS, node)

    def function(self, function: FunctionNode, depth: int = 0) -> None:
        """Read the configs that a function returns."""
        inner = self._reader.scopes.get(function)
        if inner is None:
            self._unknown(function)
            return
        values = list(returned(function))
        values += [n.value for n in nodes_in(function) if isinstance(n, ast.Yield) and n.value]
        for value in values:
            if isinstance(value, ast.Name):
                self._local(value, function, inner, depth)
            else:
                self.read(value, inner, depth + 1)

    def _local(self, node: ast.Name, function: FunctionNode, scope: Scope, depth: int) -> None:
        """Read a list that a function fills and returns."""
        name = node.id
        found = scope.lookup(name)
        if found is None or found[0] is not scope:
            self._variable(node, name, scope, depth)
            return
        uses = 0
        for part in nodes_in(function):
            match part:
                case ast.Call(
                    func=ast.Attribute(ast.Name(owner), "append" | "extend"), args=[value]
                ) if owner == name:
                    uses += 1
                    self.read(value, scope, depth + 1)
                case ast.Return(ast.Name(returned_name)) if returned_name == name:
                    uses += 1
                case ast.Name(loaded, ast.Load()) if loaded == name:
                    uses -= 1
                case ast.AugAssign(target=ast.Name(target), value=value) if target == name:
                    self.read(value, scope, depth + 1)
        if uses < 0:
            # It is also used in another way.
            self._unknown(function)
        for bound in found[1]:
            if isinstance(bound, Assigned):
                self.read(bound.node, scope, depth + 1)

    # -- calls -----------------------------------------------------------------------------

    def _call(self, node: ast.Call, scope: Scope, depth: int) -> None:
        dotted = chain(node.func)
        if dotted is None:
            self._unknown(node)
            return
        found = scope.lookup(dotted[0])
        if last_name(dotted) == "Config" and (
            found is None or all(isinstance(bound, Imported) for bound in found[1])
        ):
            self._config(node, scope)
            return
        if found is None:
            if dotted[0] in _CONTAINERS and node.args:
                self.read(node.args[0], scope, depth + 1)
            elif dotted[0] == "filter" and len(node.args) > 1:
                self.read(node.args[1], scope, depth + 1)
            elif dotted[0] in BUILTINS:
                self._unknown(node)
            else:
                self._elsewhere(in_file(".".join((dotted[0], *dotted[1]))), node)
            return
        for bound in found[1]:
            match bound:
                case FunctionName(_, function, _) if not dotted[1]:
                    self._names[dotted[0]] = None
                    self._file_names.account(dotted[0], node.func)
                    self._reader.note_call(function, node, scope)
                    self.function(function, depth)
                case Assigned(ast.Lambda() as value, place) if not dotted[1]:
                    self._names[dotted[0]] = None
                    self._file_names.account(dotted[0], node.func)
                    self.read(value, place, depth + 1)
                case Imported(symbol, False):
                    self._elsewhere(symbol.attribute(*dotted[1]), node)
                case _:
                    self._unknown(node)

    def _config(self, node: ast.Call, scope: Scope) -> None:
        """Read `triton.Config({"BLOCK": 32}, pre_hook=hook)`."""
        values: ast.expr | None = node.args[0] if node.args else None
        for keyword in node.keywords:
            if keyword.arg == "kwargs":
                values = keyword.value
            elif keyword.arg == "pre_hook":
                hook = HOOKS["pre_hook"]
                given = Given(hook.position, None, hook.unpacked, hook.members)
                self._reader.hook(keyword.value, scope, given, "the pre_hook")
            elif keyword.arg is None:
                self._unknown(node)
        if len(node.args) > 1 and any(isinstance(a, ast.Starred) for a in node.args):
            self._unknown(node)
        keys = dictionary_keys(values) if values is not None else ()
        if keys is None or values is None:
            self._complete = self._complete and values is None
            return
        self._found[Table(self._text.span(values), keys)] = None


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


def dictionary_keys(node: ast.expr) -> tuple[str, ...] | None:
    """Return the keys of a dictionary literal or `dict(a=1)`; None if some are not seen."""
    if isinstance(node, ast.Dict):
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
        if len(keys) < len(node.keys):
            return None
        return tuple(key for key in keys if isinstance(key, str))
    if isinstance(node, ast.Call) and chain(node.func) == ("dict", ()) and not node.args:
        if any(keyword.arg is None for keyword in node.keywords):
            return None
        return tuple(keyword.arg for keyword in node.keywords if keyword.arg)
    return None

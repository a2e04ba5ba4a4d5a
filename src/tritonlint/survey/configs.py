"""The configs of an autotuned kernel: which dictionaries set its parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tritonlint.survey.arguments import ArgumentReader
from tritonlint.survey.choosing import CONTAINERS, chooses, functions_of
from tritonlint.survey.config_lists import ConfigLists, imported_from
from tritonlint.survey.dictionaries import dictionary_items, table
from tritonlint.survey.facts.lookups import Ask, Config, Given, Table, Tables, Wanted
from tritonlint.survey.facts.names import Symbol, in_file
from tritonlint.survey.file_names import FileNames
from tritonlint.survey.nodes import (
    FunctionNode,
    chain,
    final_name,
    last_name,
    nodes_in,
    passes_star,
    returned,
)
from tritonlint.survey.plain_decorators import runs_its_body
from tritonlint.survey.pruning import ConfigsReader
from tritonlint.survey.scopes import BUILTINS, Assigned, FunctionName, Imported, Scope
from tritonlint.survey.text import Text
from tritonlint.triton.names import CONFIG_ORDER, HOOKS

_CONFIGS = Ask(Wanted.CONFIGS)
_CHOICE = Ask(Wanted.CHOICE)
_OWN = Ask(Wanted.OWN)
#: A function that gets one config, to choose it or not.
_CHOOSER = Given(configs=0)
_MAX_DEPTH = 40
NOT_ALL_CONFIGS = "not all configs are seen, and one may have a pre_hook"


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
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
                self._comprehension(node, scope, depth)
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
        lists = ConfigLists(self._text, self._reader.scopes)
        self._lists = tuple(filter(None, lists.read(node, scope)))

    def _read_all(self, nodes: Iterable[ast.expr], scope: Scope, depth: int) -> None:
        for node in nodes:
            self.read(node, scope, depth + 1)

    def _unknown(self, node: ast.AST) -> None:
        self._complete = False
        self._reader.unclear(NOT_ALL_CONFIGS, node)

    def _comprehension(
        self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope, depth: int
    ) -> None:
        """Read configs that are made in a loop, or chosen: `[c for c in configs if keep(c)]`."""
        inner = self._reader.scopes.get(node, scope)
        for place, loop in enumerate(node.generators):
            match loop.target, node.elt:
                case ast.Name(config), ast.Name(name) if config == name:
                    self.read(loop.iter, inner if place else scope, depth + 1)
                    conditions = [test for each in node.generators for test in each.ifs]
                    ConfigsReader(self._reader, inner, frozenset([name])).read(conditions)
                    return
        self.read(node.elt, inner, depth + 1)

    # -- names -----------------------------------------------------------------------------

    def _variable(self, node: ast.Name, name: str, scope: Scope, depth: int) -> None:
        found = scope.lookup(name)
        if found is None:
            self._elsewhere(in_file(name), node)
            return
        home, bounds = found
        if home.kind == "module":
            self._names[name] = None
            living = self._file_names.living
            life = living.of(name, node) if scope is home else None
            self._file_names.account(name, node, life)
            if life is not None:
                # What the module gives it later is another list.
                bounds = [bound for bound in bounds if living.may_give(bound, home, life)]
                if not bounds:
                    self._unknown(node)
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
        if inner is None or not runs_its_body(function, inner.parent):
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
        if last_name(dotted) == "Config" and scope.only_imports(dotted[0]):
            self._config(node, scope)
            for symbol in imported_from(dotted, scope):
                # It has no row, so that it is noted once for all configs.
                self._reader.follow(symbol, _OWN, ast.Load())
            return
        found = scope.lookup(dotted[0])
        if found is None:
            if dotted[0] in CONTAINERS and node.args:
                for key in (k.value for k in node.keywords if k.arg != "reverse"):
                    self._reader.hook(key, scope, _CHOOSER, "what sorts the configs")
                self.read(node.args[0], scope, depth + 1)
            elif dotted[0] == "filter" and len(node.args) > 1:
                self._reader.hook(node.args[0], scope, _CHOOSER, "the filter of the configs")
                self.read(node.args[1], scope, depth + 1)
            elif dotted[0] in BUILTINS:
                self._unknown(node)
            else:
                self._elsewhere(in_file(".".join((dotted[0], *dotted[1]))), node)
            return
        listed = _listed(node)
        for bound in found[1]:
            match bound:
                case FunctionName(_, function, _) if (
                    _only_argument(node) is not None
                    and not dotted[1]
                    and chooses(function, functions_of(found[0]))
                ):
                    self._chosen(node.args[0], scope, depth)
                case FunctionName() if listed is not None and not dotted[1]:
                    self._unknown(node)
                    self._chosen(listed, scope, depth)
                case Imported(symbol, False) if listed is not None:
                    self._reader.follow(symbol.attribute(*dotted[1]), _CHOICE, node)
                    self._chosen(listed, scope, depth)
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

    def _chosen(self, node: ast.expr, scope: Scope, depth: int) -> None:
        """Read the configs that a function chooses from; it may look at their keys, too."""
        self._complete = False
        self.read(node, scope, depth + 1)

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
        if len(node.args) > len(CONFIG_ORDER) or any(isinstance(a, ast.Starred) for a in node.args):
            # One of them may be a hook: its place differs between releases.
            self._unknown(node)
        if values is None:
            return
        items = dictionary_items(values)
        if items is None:
            self._complete = False
            return
        self._found[table(self._text, values, items)] = None


def _only_argument(node: ast.Call) -> ast.expr | None:
    """Return the argument of a call with one."""
    is_alone = len(node.args) == 1 and not node.keywords and not passes_star(node)
    return node.args[0] if is_alone else None


def _listed(node: ast.Call) -> ast.expr | None:
    """Return the list of configs that a call gets, if it shows that it is one."""
    first = _only_argument(node)
    match first:
        case ast.List([_, *_] as elements):
            pass
        case ast.ListComp(element):
            elements = [element]
        case _:
            return None
    is_config = [isinstance(e, ast.Call) and final_name(e.func) == "Config" for e in elements]
    return first if all(is_config) else None

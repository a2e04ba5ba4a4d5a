"""The arguments of the decorators and calls that make a function a kernel."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tritonlint.survey.arguments import ArgumentReader, Scopes
from tritonlint.survey.configs import NOT_ALL_CONFIGS, ConfigReader
from tritonlint.survey.dictionaries import dictionary_items, table
from tritonlint.survey.facts.kernels import Decorator, NameList, Role
from tritonlint.survey.facts.lookups import Ask, Given, Tables, Unclear, Wanted
from tritonlint.survey.facts.module import SurveyOptions
from tritonlint.survey.file_names import FileNames
from tritonlint.survey.jit_names import others_than_tritons
from tritonlint.survey.name_lists import name_lists
from tritonlint.survey.nodes import FunctionNode, chain, nodes_in
from tritonlint.survey.recognition import (
    MAX_DEPTH,
    Recognized,
    is_like_autotune,
    partial_call,
    recognize,
)
from tritonlint.survey.scopes import Assigned, Imported, Scope
from tritonlint.survey.text import Text
from tritonlint.triton.libraries import LIBRARY_DECORATORS
from tritonlint.triton.names import (
    AUTOTUNE_ORDER,
    HEURISTIC,
    HOOKS,
    NAME_LISTS,
    TENSOR_LISTS,
    HookArguments,
)

#: Options that take functions, in addition to those in `prune_configs_by`.
_HOOK_OPTIONS = frozenset({"pre_hook", "post_hook", "launch_metadata", "repr"})
_PRUNING = frozenset({"early_config_prune", "perf_model"})
_OPTIONS = Ask(Wanted.OPTIONS)


class DecoratorReader:
    """Makes the facts of a file's decorators."""

    def __init__(
        self, text: Text, names: FileNames, scopes: Scopes, options: SurveyOptions
    ) -> None:
        self.text = text
        self.names = names
        self.scopes = scopes
        self.options = options

    def recognize(self, node: ast.expr, scope: Scope, below: FunctionNode) -> Recognized:
        """Return what the decorator of a function is."""
        return recognize(node, scope, self.options, below)

    def read(self, node: ast.expr, maker: Recognized, scope: Scope) -> Decorator:
        """Read one decorator, or one call that wraps a kernel."""
        role = maker.role
        reader = ArgumentReader(self.scopes)
        tables = Tables()
        lists: tuple[NameList, ...] = ()
        if isinstance(node, ast.Call):
            effective = role
            if role is Role.UNKNOWN and is_like_autotune(node):
                effective = Role.AUTOTUNE
            lists = tuple(name_lists(node, effective, self.text, scope, self.names))
            given = {names.option for names in lists}
            unpacked = self._unpacked_lists(node, effective, scope, reader)
            # In Python, no option can be given twice.
            lists += tuple(names for names in unpacked if names.option not in given)
            if effective in (Role.UNKNOWN, Role.TRANSPARENT):
                _read_strings(node, reader)
            elif effective is Role.HEURISTICS:
                tables = self._heuristics(node, scope, reader)
            else:
                tables = self._options(node, effective, scope, reader)
                if maker.path and effective is Role.AUTOTUNE:
                    _read_others(node, maker.library, reader)
        lists += tuple(self._hidden_lists(node, role, scope))
        keywords = node.keywords if isinstance(node, ast.Call) else ()
        options = tuple(keyword.arg or "**" for keyword in keywords)
        if role is Role.AUTOTUNE and isinstance(node, ast.Call):
            options = (*AUTOTUNE_ORDER[: len(node.args)], *options)
        text = self.text.one_line(node)
        dotted = chain(node.func if isinstance(node, ast.Call) else node)
        others = others_than_tritons(dotted, scope) if dotted and role is Role.JIT else ()
        return Decorator(
            role,
            text,
            node.lineno,
            lists,
            reader.seen,
            tables,
            options,
            maker.path,
            maker.library,
            maker.symbol,
            others=tuple(dict.fromkeys(others)),
        )

    def _hidden_lists(self, node: ast.expr, role: Role, scope: Scope) -> Iterator[NameList]:
        """Yield the lists that a `partial` in a variable passes to the decorator."""
        dotted = chain(node.func if isinstance(node, ast.Call) else node)
        found = scope.lookup(dotted[0]) if dotted and not dotted[1] else None
        for bound in found[1] if found else ():
            partial = partial_call(bound.node) if isinstance(bound, Assigned) else None
            for keyword in partial.keywords if partial is not None else ():
                if keyword.arg is None or keyword.arg in NAME_LISTS.get(role.value, {}):
                    options = [keyword.arg] if keyword.arg else NAME_LISTS.get(role.value, {})
                    for option in options:
                        yield NameList(option, None)

    # -- functions -------------------------------------------------------------------------

    def _options(self, node: ast.Call, role: Role, scope: Scope, reader: ArgumentReader) -> Tables:
        """Read the hooks and the configs of `jit` and `autotune`."""
        given: dict[str, ast.expr] = {k.arg: k.value for k in node.keywords if k.arg}
        if role is Role.AUTOTUNE:
            for option, argument in zip(AUTOTUNE_ORDER, node.args, strict=False):
                given.setdefault(option, argument)
        for option, value in given.items():
            self._option(option, value, scope, reader)
        if role is not Role.AUTOTUNE:
            return Tables()
        if "configs" not in given:
            # They are somewhere else: in an unpacked dictionary, or in a `partial`.
            return Tables(complete=False)
        configs = ConfigReader(self.text, self.names, reader)
        configs.read(given["configs"], scope)
        configs.note_lists(given["configs"], scope)
        return configs.tables

    def _option(self, option: str, value: ast.expr, scope: Scope, reader: ArgumentReader) -> None:
        if option in _HOOK_OPTIONS:
            reader.hook(value, scope, _given(HOOKS[option]), f"the {option}")
        elif option == "prune_configs_by":
            self._pruning(value, scope, reader)

    def _unpacked_lists(
        self, node: ast.Call, role: Role, scope: Scope, reader: ArgumentReader
    ) -> Iterator[NameList]:
        """Yield the lists in the options given by `**`, and read the hooks in them.

        Lists of tensors are left out: where tensors are seen, they are named.
        """
        if role in (Role.UNKNOWN, Role.HEURISTICS):
            return
        for keyword in node.keywords:
            if keyword.arg is None:
                known = self.options_in(keyword.value, scope, reader)
                for option in NAME_LISTS.get(role.value, {}):
                    if option not in TENSOR_LISTS and (known is None or option in known):
                        yield NameList(option, None)

    def options_in(
        self, node: ast.expr, scope: Scope, reader: ArgumentReader, depth: int = 0
    ) -> frozenset[str] | None:
        """Return the options in a dictionary, or None if some are not seen."""
        entries = _entries(node)
        if entries is not None:
            for option, value in entries.items():
                self._option(option, value, scope, reader)
                if option == "configs" or option in NAME_LISTS["jit"]:
                    reader.unclear(f"`{option}` of the decorator is not followed", node)
            return frozenset(entries)
        parts: list[tuple[ast.expr, Scope]] = []
        match node:
            case ast.IfExp(_, body, orelse):
                parts = [(body, scope), (orelse, scope)]
            case ast.BinOp(left, ast.BitOr(), right):
                parts = [(left, scope), (right, scope)]
            case ast.Name(name) if found := scope.lookup(name):
                home, bounds = found
                if home.kind == "module" and self.names.is_only_unpacked(name):
                    parts = [(b.node, b.scope) for b in bounds if isinstance(b, Assigned)]
                    symbols = [b.symbol for b in bounds if isinstance(b, Imported)]
                    if len(symbols) == len(bounds):
                        for symbol in symbols:
                            reader.follow(symbol, _OPTIONS, node)
                        return None
                    parts = parts if len(parts) == len(bounds) else []
        if not parts or depth > MAX_DEPTH:
            reader.unclear("an option of the decorator is not seen", node)
            return None
        known = [self.options_in(part, home, reader, depth + 1) for part, home in parts]
        return None if None in known else frozenset().union(*filter(None, known))

    def closed(self, decorator: Decorator) -> Decorator:
        """Return the decorator after all of the file is read: whether its tables are complete.

        Other code of the file that reaches the configs may look up one of their keys, or
        add a config, with a hook.
        """
        tables = decorator.tables
        if all(map(self.names.are_all_accounted, tables.names)):
            return decorator
        seen = decorator.seen
        if self.names.may_set_hooks:
            unclear = Unclear(NOT_ALL_CONFIGS, decorator.row)
            seen = seen._replace(unclear=(*seen.unclear, unclear))
        return decorator._replace(tables=tables._replace(complete=False, lists=()), seen=seen)

    def _pruning(self, node: ast.expr, scope: Scope, reader: ArgumentReader) -> None:
        entries = _entries(self._held(node, scope, reader))
        if entries is None:
            reader.unclear("what chooses among the configs is not understood", node)
            return
        for name, function in entries.items():
            if name in _PRUNING:
                reader.hook(function, scope, _given(HOOKS[name]), f"the {name}")

    def _heuristics(self, node: ast.Call, scope: Scope, reader: ArgumentReader) -> Tables:
        value = next((k.value for k in node.keywords if k.arg == "values"), None)
        if value is None and node.args:
            value = node.args[0]
        names = (value.id,) if isinstance(value, ast.Name) else ()
        value = self._held(value, scope, reader)
        items = dictionary_items(value) if isinstance(value, ast.Dict) else None
        if items is None or value is None:
            reader.unclear("the heuristics are not understood", node)
            return Tables(complete=False)
        for name, function in items:
            reader.hook(function, scope, _given(HEURISTIC), f"the heuristic of `{name}`")
        return Tables((table(self.text, value, items),), True, names)

    def _held(self, node: ast.expr | None, scope: Scope, reader: ArgumentReader) -> ast.expr | None:
        """Return the value of a variable that holds functions; any other expression as it is."""
        if not isinstance(node, ast.Name):
            return node
        found = scope.lookup(node.id)
        match found[1] if found else []:
            case [Assigned(value)]:
                self.names.account(node.id, node)
                if not self.names.is_only_in_decorators(node.id):
                    reader.unclear(f"`{node.id}` may be changed after it is made", node)
                return value
        return None


def _entries(node: ast.AST | None) -> dict[str, ast.expr] | None:
    """Return the entries of a dictionary literal or `dict(a=1)`; None if some are not seen."""
    if not isinstance(node, (ast.Dict, ast.Call)) or dictionary_items(node) is None:
        return None
    if isinstance(node, ast.Call):
        return {k.arg: k.value for k in node.keywords if k.arg}
    return {
        key.value: value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def _given(hook: HookArguments) -> Given:
    return Given(hook.position, None, hook.unpacked, hook.members, hook.configs)


def _read_strings(node: ast.Call, reader: ArgumentReader) -> None:
    """Note the strings among the arguments of an unknown decorator."""
    for part in nodes_in(node):
        text = part.value if isinstance(part, ast.Constant) else None
        if isinstance(text, str) and text.isidentifier():
            reader.key(text, "a string", part)


def _read_others(node: ast.Call, library: str, reader: ArgumentReader) -> None:
    """Read the other arguments of a decorator that is like Triton's `autotune`."""
    if len(node.args) > len(AUTOTUNE_ORDER):
        reader.unclear("an option of the decorator is not followed", node)
    unread = dict(LIBRARY_DECORATORS[library].unread) if library else {}
    for keyword in node.keywords:
        value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if keyword.arg in unread and value != unread[keyword.arg]:
            reader.unclear(f"`{keyword.arg}` of the decorator is not followed", keyword.value)

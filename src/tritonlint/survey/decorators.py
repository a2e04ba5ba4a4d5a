"""Which decorators and wrapping calls make a function a kernel, and what they are told."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from tritonlint.survey.arguments import ArgumentReader, Scopes
from tritonlint.survey.configs import ConfigReader, FileNames, dictionary_keys
from tritonlint.survey.facts.kernels import Decorator, NameList, Role
from tritonlint.survey.facts.lookups import Ask, Given, Table, Tables, Wanted
from tritonlint.survey.facts.module import SurveyOptions
from tritonlint.survey.facts.names import Symbol
from tritonlint.survey.scopes import Assigned, Imported, Scope, chain, last_name
from tritonlint.survey.text import Text
from tritonlint.triton.libraries import LIBRARY_DECORATORS, known_as, may_be
from tritonlint.triton.names import (
    AUTOTUNE_ORDER,
    HEURISTIC,
    HOOKS,
    NAME_LISTS,
    TENSOR_LISTS,
    TRITON_MODULES,
    HookArguments,
)

_ROLES = {"jit": Role.JIT, "autotune": Role.AUTOTUNE, "heuristics": Role.HEURISTICS}

#: Decorators that leave the arguments of a launch alone.
_TRANSPARENT = frozenset({"staticmethod"})

#: Options that take functions, beside those in `prune_configs_by`.
_HOOK_OPTIONS = frozenset({"pre_hook", "post_hook", "launch_metadata", "repr"})
_PRUNING = frozenset({"early_config_prune", "perf_model"})
_MAX_DEPTH = 4
_OPTIONS = Ask(Wanted.OPTIONS)


class Recognized(NamedTuple):
    """What a decorator is, as far as its file tells; see `Decorator` for the fields."""

    role: Role
    path: str = ""
    library: str = ""
    symbol: Symbol | None = None


_UNKNOWN = Recognized(Role.UNKNOWN)


def recognize(node: ast.expr, scope: Scope, options: SurveyOptions) -> Recognized:
    """What a decorator expression, called or not, does to the function below it."""
    function = node.func if isinstance(node, ast.Call) else node
    if isinstance(node, ast.Call):
        dotted = chain(node.func)
        if dotted and last_name(dotted) == "partial" and node.args:
            function = node.args[0]
    return _recognize(function, scope, options)


def _recognize(node: ast.AST, scope: Scope, options: SurveyOptions, depth: int = 0) -> Recognized:
    dotted = chain(node)
    if dotted is None:
        return _UNKNOWN
    root, attributes = dotted
    text = ".".join((root, *attributes))
    named = _named(text, options)
    if named is not None:
        return named
    if text in _TRANSPARENT:
        return Recognized(Role.TRANSPARENT)
    found = scope.lookup(root)
    if found is None:
        # A star import may have brought `triton`.
        return _of_path(text, options) or Recognized(Role.UNKNOWN, text)
    _, bindings = found
    # An import at the top of a file is bound twice.
    is_alone = all(bound == bindings[0] for bound in bindings)
    imported: list[Symbol] = []
    for bound in bindings:
        named = None
        match bound:
            case Imported(symbol):
                imported.append(symbol.attribute(*attributes))
                named = _of_path(imported[-1].dotted.lstrip("."), options)
            case Assigned(value, place) if depth < _MAX_DEPTH and not attributes:
                # `my_jit = functools.partial(triton.jit, ...)`
                partial = _partial(value)
                inner = partial.args[0] if partial is not None else value
                if chain(inner):
                    named = _recognize(inner, place, options, depth + 1)
        if named is None or named.role is Role.UNKNOWN:
            continue
        # Of several definitions another may be no decorator of the library.
        if not named.library or is_alone:
            return named
    # `triton = pytest.importorskip("triton")`
    if root in TRITON_MODULES and all(isinstance(b, Assigned) for b in bindings):
        return _of_path(text, options) or _UNKNOWN
    if imported and is_alone:
        return _of_library(imported[0])
    return Recognized(Role.UNKNOWN, text)


def _of_library(symbol: Symbol) -> Recognized:
    """What is imported by the name of a library's decorator; the project says where it leads."""
    path = symbol.dotted
    library = known_as(path) or (may_be(path.lstrip(".")) if path.startswith(".") else "")
    role = Role(LIBRARY_DECORATORS[library].role) if library else Role.UNKNOWN
    return Recognized(role, path.lstrip("."), library, symbol)


def _partial(node: ast.AST) -> ast.Call | None:
    """`functools.partial(function, ...)`"""
    if isinstance(node, ast.Call) and node.args:
        dotted = chain(node.func)
        if dotted and last_name(dotted) == "partial":
            return node
    return None


def _named(path: str, options: SurveyOptions) -> Recognized | None:
    """What settings say of a dotted name."""
    if path in options.jit_decorators:
        return Recognized(Role.JIT)
    if path in options.transparent_decorators:
        return Recognized(Role.TRANSPARENT, path)
    if path in options.autotune_decorators:
        return Recognized(Role.AUTOTUNE, path)
    return None


def _of_path(path: str, options: SurveyOptions) -> Recognized | None:
    """`vllm.triton_utils.triton.jit`: the last name, if Triton stands before it or first."""
    named = _named(path, options)
    if named is not None:
        return named
    parts = path.split(".")
    if len(parts) < 2 or not (parts[0] == "triton" or parts[-2] in TRITON_MODULES):
        return None
    return Recognized(_ROLES[parts[-1]]) if parts[-1] in _ROLES else None


def is_like_autotune(node: ast.Call) -> bool:
    """Whether a decorator has the options of Triton's `autotune`, as wrappers of it do."""
    dotted = chain(node.func)
    name = last_name(dotted) if dotted else ""
    return "autotune" in name or any(k.arg == "configs" for k in node.keywords)


class DecoratorReader:
    """Makes the facts of a file's decorators."""

    def __init__(
        self, text: Text, names: FileNames, scopes: Scopes, options: SurveyOptions
    ) -> None:
        self.text = text
        self.names = names
        self.scopes = scopes
        self.options = options

    def recognize(self, node: ast.expr, scope: Scope) -> Recognized:
        """What a decorator is."""
        return recognize(node, scope, self.options)

    def read(self, node: ast.expr, maker: Recognized, scope: Scope) -> Decorator:
        """One decorator, or one call that wraps a kernel."""
        role = maker.role
        reader = ArgumentReader(self.scopes)
        tables = Tables()
        lists: tuple[NameList, ...] = ()
        if isinstance(node, ast.Call):
            effective = role
            if role is Role.UNKNOWN and is_like_autotune(node):
                effective = Role.AUTOTUNE
            lists = tuple(_name_lists(node, effective, self.text))
            given = {names.option for names in lists}
            unpacked = self._unpacked_lists(node, effective, scope, reader)
            # Python lets no option be given twice.
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
        text = self.text.one_line(node)
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
        )

    def _hidden_lists(self, node: ast.expr, role: Role, scope: Scope) -> Iterator[NameList]:
        """Lists that a `partial` in a variable gives to the decorator."""
        dotted = chain(node.func if isinstance(node, ast.Call) else node)
        found = scope.lookup(dotted[0]) if dotted and not dotted[1] else None
        for bound in found[1] if found else ():
            partial = _partial(bound.node) if isinstance(bound, Assigned) else None
            for keyword in partial.keywords if partial is not None else ():
                if keyword.arg is None or keyword.arg in NAME_LISTS.get(role.value, {}):
                    options = [keyword.arg] if keyword.arg else NAME_LISTS.get(role.value, {})
                    for option in options:
                        yield NameList(option, None)

    # -- functions -------------------------------------------------------------------------

    def _options(self, node: ast.Call, role: Role, scope: Scope, reader: ArgumentReader) -> Tables:
        """The hooks and the configs of `jit` and `autotune`."""
        given: dict[str, ast.expr] = {k.arg: k.value for k in node.keywords if k.arg}
        if role is Role.AUTOTUNE:
            for option, argument in zip(AUTOTUNE_ORDER, node.args, strict=False):
                given.setdefault(option, argument)
        for option, value in given.items():
            self._option(option, value, scope, reader)
        if role is not Role.AUTOTUNE or "configs" not in given:
            return Tables()
        configs = ConfigReader(self.text, self.names, reader)
        configs.read(given["configs"], scope)
        return configs.tables

    def _option(self, option: str, value: ast.expr, scope: Scope, reader: ArgumentReader) -> None:
        if option in _HOOK_OPTIONS:
            reader.hook(value, scope, _given(HOOKS[option]), f"the {option}")
        elif option == "prune_configs_by":
            self._pruning(value, scope, reader)

    def _unpacked_lists(
        self, node: ast.Call, role: Role, scope: Scope, reader: ArgumentReader
    ) -> Iterator[NameList]:
        """The lists that may be among the options given by `**`, whose hooks are read.

        Lists of tensors are left out: tensors are named where they are seen.
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
        """Read the options in a dictionary; which ones there are, or None if not all are seen."""
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
        if not parts or depth > _MAX_DEPTH:
            reader.unclear("an option of the decorator is not seen", node)
            return None
        known = [self.options_in(part, home, reader, depth + 1) for part, home in parts]
        return None if None in known else frozenset().union(*filter(None, known))

    def closed(self, decorator: Decorator) -> Decorator:
        """The decorator, once all of the file's are read: whether its tables are all there are.

        What else in the file gets at the configs may look up a key of theirs, or add one.
        """
        tables = decorator.tables
        alone = all(map(self.names.are_all_accounted, tables.names))
        return decorator._replace(tables=tables._replace(complete=tables.complete and alone))

    def _pruning(self, node: ast.expr, scope: Scope, reader: ArgumentReader) -> None:
        value: ast.expr | None = node
        if isinstance(node, ast.Name):
            found = scope.lookup(node.id)
            bounds = found[1] if found else []
            value = bounds[0].node if len(bounds) == 1 and isinstance(bounds[0], Assigned) else None
        entries = _entries(value)
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
        names: tuple[str, ...] = ()
        if isinstance(value, ast.Name):
            found = scope.lookup(value.id)
            bounds = found[1] if found else []
            if len(bounds) == 1 and isinstance(bounds[0], Assigned):
                self.names.account(value.id, value)
                names, value = (value.id,), bounds[0].node
        keys = dictionary_keys(value) if value is not None else None
        if keys is None or not isinstance(value, ast.Dict):
            reader.unclear("the heuristics are not understood", node)
            return Tables(complete=False)
        for function in value.values:
            reader.hook(function, scope, _given(HEURISTIC), "the heuristic")
        return Tables((Table(self.text.span(value), keys),), True, names)


def _entries(node: ast.AST | None) -> dict[str, ast.expr] | None:
    """The entries of a dictionary literal, or of `dict(a=1)`; None where not all are seen."""
    if not isinstance(node, (ast.Dict, ast.Call)) or dictionary_keys(node) is None:
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
    """Whatever an unknown decorator is told by name."""
    for part in ast.walk(node):
        text = part.value if isinstance(part, ast.Constant) else None
        if isinstance(text, str) and text.isidentifier():
            reader.key(text, "a string", part)


def _read_others(node: ast.Call, library: str, reader: ArgumentReader) -> None:
    """Whatever else a decorator that is like Triton's `autotune` is given."""
    if len(node.args) > len(AUTOTUNE_ORDER):
        reader.unclear("an option of the decorator is not followed", node)
    unread = dict(LIBRARY_DECORATORS[library].unread) if library else {}
    for keyword in node.keywords:
        value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if keyword.arg in unread and value != unread[keyword.arg]:
            reader.unclear(f"`{keyword.arg}` of the decorator is not followed", keyword.value)


def _name_lists(node: ast.Call, role: Role, text: Text) -> Iterator[NameList]:
    """The lists of parameter names that a decorator of that role is given."""
    for option, position in NAME_LISTS.get(role.value, {}).items():
        value = next((k.value for k in node.keywords if k.arg == option), None)
        if value is None and position is not None and len(node.args) > position:
            value = node.args[position]
        if value is not None:
            entries = _entries_of(value)
            names = _literal_names(entries) if entries is not None else None
            spans = tuple(map(text.span, entries)) if entries and names is not None else ()
            yield NameList(option, names, spans)


def _entries_of(node: ast.expr) -> list[ast.expr] | None:
    """The elements of a list of names, or one that stands alone; None: not a literal list."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, (str, int)) and not isinstance(node.value, bool):
            return [node]
        return [] if node.value is None else None
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return list(node.elts)
    if isinstance(node, ast.Dict) and all(key is not None for key in node.keys):
        return [key for key in node.keys if key is not None]
    return None


def _literal_names(elements: list[ast.expr]) -> tuple[str | int, ...] | None:
    names: list[str | int] = []
    for element in elements:
        # True is an index to Triton, which counts it as the int that it is.
        if not isinstance(element, ast.Constant) or not isinstance(element.value, (str, int)):
            return None
        names.append(element.value if isinstance(element.value, str) else int(element.value))
    return tuple(names)

"""The lists of parameters' names in a decorator."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tritonlint.survey.facts.kernels import NameList, Role
from tritonlint.survey.file_names import FileNames
from tritonlint.survey.scopes import Assigned, Scope
from tritonlint.survey.strings import strings_of
from tritonlint.survey.text import Text
from tritonlint.triton.names import NAME_LISTS


def name_lists(
    node: ast.Call, role: Role, text: Text, scope: Scope, file: FileNames
) -> Iterator[NameList]:
    """Yield the lists of parameter names that a decorator of that role takes."""
    for option, position in NAME_LISTS.get(role.value, {}).items():
        value = next((k.value for k in node.keywords if k.arg == option), None)
        if value is None and position is not None and len(node.args) > position:
            value = node.args[position]
        if value is not None:
            # A dictionary as `key` is Ascend's: the parameters are its values.
            is_foreign = option == "key" and isinstance(value, ast.Dict)
            entries = None if is_foreign else _entries_of(value)
            names = _literal_names(entries) if entries is not None else None
            spans = tuple(map(text.span, entries)) if entries and names is not None else ()
            yield NameList(option, names, spans, _held(value, scope, file))


def _held(node: ast.expr, scope: Scope, file: FileNames) -> tuple[str, ...] | None:
    """Return the names in a list of the module, if nothing but decorators reads it."""
    found = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    if not isinstance(node, ast.Name) or found is None or found[0].kind != "module":
        return None
    match found[1]:
        case [Assigned(ast.List() | ast.Tuple() as names)] if file.is_only_in_decorators(node.id):
            return strings_of(names, each=True)
        case _:
            return None


def _entries_of(node: ast.expr) -> list[ast.expr] | None:
    """Return the elements of a list of names, or a single name; None if it is no literal."""
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
        # Triton takes True as an index, because it is an int.
        if not isinstance(element, ast.Constant) or not isinstance(element.value, (str, int)):
            return None
        names.append(element.value if isinstance(element.value, str) else int(element.value))
    return tuple(names)

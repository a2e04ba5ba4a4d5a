"""The modules whose functions without an effect are known by name: `math`, `torch`, `numpy`."""

from __future__ import annotations

import ast

from tritonlint.survey.nodes import final_name
from tritonlint.survey.patches import replaced_name
from tritonlint.survey.pure_names import KNOWN_IMPORTS, KNOWN_MODULES
from tritonlint.survey.scopes import Bound, Imported, Scope


def is_known_module(node: ast.expr, scope: Scope) -> bool:
    """Whether an expression is such a module."""
    if not isinstance(node, ast.Name):
        return False
    bounds = _bounds(node, scope)
    imports = [bound for bound in bounds if isinstance(bound, Imported)]
    if node.id in KNOWN_MODULES:
        # `triton = None` after an import that failed changes nothing.
        return bool(imports) or not bounds
    found = [bound.symbol.dotted in KNOWN_IMPORTS for bound in imports]
    return bool(found) and all(found) and len(found) == len(bounds)


def replaced_in(node: ast.expr, function: str, scope: Scope) -> dict[str, None]:
    """Return what is noted where such a module may get another value of a function."""
    bounds = _bounds(node, scope) if isinstance(node, ast.Name) else []
    paths = [b.symbol.dotted for b in bounds if isinstance(b, Imported)] or [final_name(node)]
    modules = (path.rpartition(".")[2] for path in (*paths, "?"))
    return dict.fromkeys(replaced_name(f"{module}.{function}") for module in modules)


def may_be_of_project(node: ast.expr, scope: Scope) -> bool:
    """Whether the project may have something else in the place of such a module."""
    bounds = _bounds(node, scope) if isinstance(node, ast.Name) else []
    return not all(
        isinstance(bound, Imported) and (bound.external or bound.hands_on_triton)
        for bound in bounds
    )


def _bounds(node: ast.Name, scope: Scope) -> list[Bound]:
    found = scope.lookup(node.id)
    return found[1] if found is not None else []

"""Names from other modules: from an import statement, or from a call that imports."""

from __future__ import annotations

import ast
import sys

from tritonlint.survey.facts.names import Symbol, in_file, in_module
from tritonlint.survey.nodes import chain, last_name
from tritonlint.survey.scopes import Imported, Scope
from tritonlint.triton.names import TRITON_MODULES, is_language

#: Packages that are installed wherever a Triton kernel runs.
INSTALLED_PACKAGES = frozenset({"torch", "triton"})
#: Packages whose attributes are never kernels of a project, unless it has a package of that name.
WELL_KNOWN_PACKAGES = (
    frozenset(sys.stdlib_module_names)
    | INSTALLED_PACKAGES
    | {"einops", "jax", "numpy", "packaging", "pytest"}
)
#: Functions that import the module that they are told to.
_IMPORTERS = frozenset({"import_module", "importorskip", "__import__"})


def _is_external(symbol: Symbol, own: frozenset[str]) -> bool:
    """Whether a symbol of a module must come from a well-known package.

    `own` are names of packages in the project itself.
    """
    package = symbol.module.partition(".")[0]
    if package in WELL_KNOWN_PACKAGES and package not in own:
        return True
    return is_language(symbol.path, own)


def is_well_known(module: str) -> bool:
    """Whether a module has the name of a package that projects do not have themselves."""
    return module.partition(".")[0] in WELL_KNOWN_PACKAGES


def imported_module(node: ast.AST, scope: Scope) -> Symbol | None:
    """Return the module that an expression finds by name.

    Examples: `importlib.import_module("package.module")`, `sys.modules[__name__]`.
    """
    match node:
        case ast.Subscript(ast.Attribute(ast.Name("sys"), "modules"), key):
            finder = "modules"
        case ast.Call(ast.Attribute(ast.Attribute(ast.Name("sys"), "modules"), "get"), [key, *_]):
            finder = "modules"
        case ast.Call(function, [key, *_]):
            dotted = chain(function)
            finder = last_name(dotted) if dotted is not None else ""
            if dotted is None or finder not in _IMPORTERS:
                return None
            if not scope.only_imports(dotted[0]):
                return None
        case _:
            return None
    match key:
        case ast.Constant(str() as name) if finder != "__import__" or "." not in name:
            return in_module(name)
        case ast.Name("__name__"):
            return in_file("")
    return None


def imported(module: str, path: str, own: frozenset[str]) -> Imported:
    """Return what `import module` or `from module import path` binds a name to."""
    symbol = in_module(module, path)
    hands_on = symbol.name in TRITON_MODULES and symbol.name not in own
    return Imported(symbol, _is_external(symbol, own), hands_on)

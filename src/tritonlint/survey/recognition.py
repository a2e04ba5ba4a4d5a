"""What a decorator is: one of Triton's, one that settings name, or one of a library."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import NamedTuple

from tritonlint.survey.facts.kernels import Role
from tritonlint.survey.facts.module import JitMaker, SurveyOptions
from tritonlint.survey.facts.names import Symbol, in_file
from tritonlint.survey.nodes import (
    FunctionNode,
    all_arguments,
    chain,
    final_name,
    last_name,
    nodes_in,
)
from tritonlint.survey.scopes import Assigned, FunctionName, Imported, Scope
from tritonlint.triton.libraries import LIBRARY_DECORATORS, known_as, may_be
from tritonlint.triton.names import TRITON_MODULES, is_language, is_of_triton

_ROLES = {"jit": Role.JIT, "autotune": Role.AUTOTUNE, "heuristics": Role.HEURISTICS}

#: Decorators that do not touch the arguments of a launch.
_TRANSPARENT = frozenset({"staticmethod"})
#: The name of every such decorator contains this.
_JIT = "jit"
#: How far names that stand for decorators, or for their arguments, are followed.
MAX_DEPTH = 4


class Recognized(NamedTuple):
    """What a decorator is, as far as its file shows; `Decorator` explains the fields."""

    role: Role
    path: str = ""
    library: str = ""
    symbol: Symbol | None = None


_UNKNOWN = Recognized(Role.UNKNOWN)


def recognize(
    node: ast.expr, scope: Scope, options: SurveyOptions, below: FunctionNode | None = None
) -> Recognized:
    """Return what a decorator expression, called or not, does to the function below it.

    A decorator with "jit" in its name, above a function that looks like a kernel, counts as a
    jit at first: only the project can say whether it leads to Triton's.
    """
    function = node.func if isinstance(node, ast.Call) else node
    if isinstance(node, ast.Call) and node.args and final_name(node.func) == "partial":
        function = node.args[0]
    found = _recognize(function, scope, options)
    if found.role is Role.UNKNOWN and not found.library and below is not None:
        name = final_name(function)
        if _JIT in name.lower() and _looks_like_kernel(below, scope, options.own_packages):
            symbol = found.symbol or in_file(name)
            return Recognized(Role.JIT, found.path or name, symbol=symbol)
    return found


def _looks_like_kernel(function: FunctionNode, scope: Scope, own: frozenset[str]) -> bool:
    """Whether a function uses Triton's language."""
    for part in nodes_in(function):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            found = scope.lookup(part.value.id)
            for bound in found[1] if found is not None else ():
                if isinstance(bound, Imported) and is_language(bound.symbol.dotted, own):
                    return True
    return False


def jit_makers(module: Scope, options: SurveyOptions) -> Iterator[JitMaker]:
    """Yield the names of a file that make kernels, among those with "jit" in their name."""
    for name, bindings in module.bindings.items():
        if _JIT not in name.lower():
            continue
        match bindings:
            case [FunctionName(_, ast.FunctionDef(decorator_list=[]) as function, inner)]:
                is_plain = _makes_kernels(function, inner, options)
                if is_plain is not None:
                    yield JitMaker(name, is_plain)
            case _:
                found = _recognize(ast.Name(name, ast.Load()), module, options)
                if found == Recognized(Role.JIT):
                    yield JitMaker(name, True)


def _makes_kernels(function: FunctionNode, scope: Scope, options: SurveyOptions) -> bool | None:
    """Whether a function makes a kernel of its argument, as `triton.jit` does.

    Returns:
        None if it does not, and False if it may return something other than the kernel.
    """
    functions = [n for n in nodes_in(function) if isinstance(n, ast.FunctionDef)]
    given = {arg.arg for each in functions for arg in all_arguments(each.args)}
    made = {
        node
        for node in nodes_in(function)
        if isinstance(node, ast.Call)
        and node.args
        and isinstance(node.args[0], ast.Name)
        and node.args[0].id in given
        and _recognize(node.func, scope, options) == Recognized(Role.JIT)
    }
    if not made:
        return None
    inner = {each.name for each in functions if each is not function}
    returned = [n.value for n in nodes_in(function) if isinstance(n, ast.Return)]
    return all(_is_plain(value, made, given, inner) for value in returned)


def _is_plain(
    value: ast.expr | None,
    made: Collection[ast.AST],
    given: Collection[str],
    inner: Collection[str],
) -> bool:
    """Whether a value is the kernel, its function, or a function that makes the kernel from it."""
    match value:
        case ast.IfExp(_, body, orelse):
            return all(_is_plain(part, made, given, inner) for part in (body, orelse))
        case ast.Name(name):
            return name in given or name in inner
        case ast.Call(ast.Name(name), [ast.Name(argument)], []):
            return value in made or (name in inner and argument in given)
    return value in made


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
            case Assigned(value, place) if depth < MAX_DEPTH and not attributes:
                # `my_jit = functools.partial(triton.jit, ...)`
                partial = partial_call(value)
                inner = partial.args[0] if partial is not None else value
                if chain(inner):
                    named = _recognize(inner, place, options, depth + 1)
        if named is None or named.role is Role.UNKNOWN:
            continue
        # If there are several definitions, another one may not be the library's decorator.
        if not named.library or is_alone:
            return named
    # `triton = pytest.importorskip("triton")`
    if root in TRITON_MODULES and all(isinstance(b, Assigned) for b in bindings):
        return _of_path(text, options) or _UNKNOWN
    if imported and is_alone:
        return _of_library(imported[0])
    return Recognized(Role.UNKNOWN, text)


def _of_library(symbol: Symbol) -> Recognized:
    """Return what a name like a library's decorator is imported from; the project resolves it."""
    path = symbol.dotted
    library = known_as(path) or (may_be(path.lstrip(".")) if path.startswith(".") else "")
    role = Role(LIBRARY_DECORATORS[library].role) if library else Role.UNKNOWN
    return Recognized(role, path.lstrip("."), library, symbol)


def partial_call(node: ast.AST) -> ast.Call | None:
    """`functools.partial(function, ...)`"""
    if isinstance(node, ast.Call) and node.args:
        dotted = chain(node.func)
        if dotted and last_name(dotted) == "partial":
            return node
    return None


def _named(path: str, options: SurveyOptions) -> Recognized | None:
    """Return what settings say about a dotted name."""
    if path in options.jit_decorators:
        return Recognized(Role.JIT)
    if path in options.transparent_decorators:
        return Recognized(Role.TRANSPARENT, path)
    if path in options.autotune_decorators:
        return Recognized(Role.AUTOTUNE, path)
    return None


def _of_path(path: str, options: SurveyOptions) -> Recognized | None:
    """Return the last name of `vllm.triton_utils.triton.jit`, if `triton` is before it or first."""
    named = _named(path, options)
    if named is not None:
        return named
    role = _ROLES.get(path.rpartition(".")[2])
    return Recognized(role) if role is not None and is_of_triton(path) else None


def is_like_autotune(node: ast.Call) -> bool:
    """Whether a decorator has the options of Triton's `autotune`, as its wrappers do."""
    return "autotune" in final_name(node.func) or any(k.arg == "configs" for k in node.keywords)

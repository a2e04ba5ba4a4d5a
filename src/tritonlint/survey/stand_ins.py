"""Functions that take the place of `triton.jit` where Triton is missing, or in tests."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from tritonlint.survey.facts.module import StandIn
from tritonlint.survey.nodes import chain, decorator_name, final_name, nodes_in, returned
from tritonlint.survey.patches import MOCK_CALLS, REPLACING, new_values
from tritonlint.survey.scopes import AnyFunction, Scope
from tritonlint.survey.symbols import NOTHING, resolve_chain
from tritonlint.triton.names import JIT_REPLACED

_JIT, _TRITON = "jit", "triton"
_REPLACED = re.compile(JIT_REPLACED)
_OPTION = "do_not_specialize"
#: Calls that give an object several attributes: `patch.multiple(triton, jit=f)`.
_FILLING = frozenset({"multiple", "update", "configure_mock"})
#: Methods and functions that get nothing before their first argument.
_BOUND = frozenset({"self", "cls"})
#: Modules with a `jit` of their own.
_OTHERS = frozenset({"jax", "nb", "numba", "tilelang", "torch"})

#: Keys of dictionaries that give an object such an attribute.
_KEYS = frozenset({_JIT, f"{_JIT}.side_effect"})

#: A name of a file, and what it may stand for.
_Functions: TypeAlias = dict[str, list[AnyFunction]]


class _Place(NamedTuple):
    """Where something gets the name `jit`.

    Attributes:
        is_clear: whether it takes the place of Triton's, whatever it is.
    """

    row: int
    value: ast.AST
    is_clear: bool


def stand_ins(tree: ast.Module, module: Scope, source: str) -> Iterator[StandIn]:
    """Yield those in a file that do not take every form of `@triton.jit`, or may not."""
    if not _REPLACED.search(source):
        return
    names_triton = _TRITON in source.lower()
    nodes = nodes_in(tree)
    functions: _Functions = defaultdict(list)
    for node in nodes:
        match node:
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name):
                functions[name].append(node)
            case ast.Assign([ast.Name(name)], ast.Lambda() as value):
                functions[name].append(value)
    for place in _places(nodes):
        found = _functions_of(place.value, functions, set())
        if found is None and place.is_clear:
            dotted = chain(place.value)
            resolved = resolve_chain(dotted, module) if dotted is not None else NOTHING
            symbols = resolved.symbols if resolved.complete else ()
            yield StandIn(place.row, False, False, symbols, names_triton)
        for function in found or ():
            if not place.is_clear and not _returns_what_it_gets(function):
                continue
            forms = forms_of(function)
            if not all(forms):
                yield StandIn(function.lineno, *forms, (), names_triton)


def _places(nodes: list[ast.AST]) -> Iterator[_Place]:
    is_imported = any(
        (alias.asname or alias.name) == _JIT
        for node in nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] not in _OTHERS
        for alias in node.names
    )
    triton = _parts_of_triton(nodes)
    inside = set(triton)
    words = {node.value for node in nodes if isinstance(node, ast.Constant)}
    for node in nodes:
        match node:
            case ast.ClassDef(name, body=body) if _TRITON in name.lower():
                for part in body:
                    inside.update(nodes_in(part))
    assigned: set[ast.AST] = set()
    for node in nodes:
        is_inside = node in inside
        match node:
            case ast.FunctionDef(name="jit") | ast.AsyncFunctionDef(name="jit"):
                if not any(final_name(d) == "overload" for d in node.decorator_list):
                    yield _Place(node.lineno, node, is_inside or is_imported)
            case ast.FunctionDef(name="__getattr__"):
                for made in returned(node):
                    yield _Place(node.lineno, made, node in triton)
            case ast.Assign(targets, value):
                assigned.update(targets)
                for target in targets:
                    yield from _assigned(target, value, is_inside)
                    yield from _effect(target, value, "triton.jit" in words)
            case ast.AnnAssign(target, _, ast.expr() as value):
                assigned.add(target)
                yield from _assigned(target, value, is_inside)
            case ast.Attribute(_, "jit", ast.Store() as unknown) if node not in assigned:
                # A loop, a `with` or an unpacking: the value is not followed.
                yield from _assigned(node, unknown, is_inside)
            case ast.keyword("jit", value):
                yield _Place(value.lineno, value, node in triton)
            case ast.Dict():
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value in _KEYS:
                        yield _Place(value.lineno, value, node in triton)
            case ast.Call(func, [owner, ast.Constant("jit"), *given], keywords):
                if final_name(func) in REPLACING and final_name(owner) not in _OTHERS:
                    for value in new_values(given, keywords):
                        yield _Place(node.lineno, value, _is_triton(owner))
            case ast.Call(func, [owner, ast.Name(), value, *_]) if _JIT in words:
                # `for name in ["jit", "autotune"]: setattr(module, name, f)`
                if final_name(func) in REPLACING:
                    yield _Place(node.lineno, value, False)
            case ast.Call(func, [ast.Constant("triton.jit"), *given], keywords):
                if final_name(func) in REPLACING:
                    for value in new_values(given, keywords):
                        yield _Place(node.lineno, value, True)


def _parts_of_triton(nodes: list[ast.AST]) -> set[ast.AST]:
    """Return the nodes of what is called `triton`, of its class, and of what it is given."""
    found: list[ast.AST] = []
    classes: set[str] = set()
    for node in nodes:
        match node:
            case ast.Assign([target], value) if _names_triton(target):
                found.append(value)
                classes.add(decorator_name(value))
            case ast.Call(ast.Attribute(owner, name), arguments):
                if name in _FILLING and any(map(_names_triton, (owner, *arguments[:1]))):
                    found.append(node)
    for node in nodes:
        match node:
            case ast.ClassDef(name, body=body) if name in classes:
                found += body
    return {part for node in found for part in nodes_in(node)}


def _names_triton(node: ast.AST) -> bool:
    """Whether an expression is Triton, or its namespace (`sys.modules["triton"]`)."""
    match node:
        case ast.Constant(value):
            return value == _TRITON
        case ast.Subscript(owner, key):
            return final_name(owner) == "modules" and _names_triton(key)
        case ast.Attribute(owner, "__dict__") | ast.Call(ast.Name("vars"), [owner]):
            return _names_triton(owner)
    return final_name(node) == _TRITON


def _assigned(target: ast.AST, value: ast.AST, is_inside: bool) -> Iterator[_Place]:
    match target:
        case ast.Name("jit"):
            yield _Place(target.lineno, value, is_inside)
        case ast.Attribute(owner, "jit") if final_name(owner) not in _OTHERS:
            is_clear = _is_triton(owner) or (is_inside and final_name(owner) in _BOUND)
            yield _Place(target.lineno, value, is_clear)
        case ast.Subscript(owner, ast.Constant("jit")) if _names_triton(owner):
            yield _Place(target.lineno, value, True)


def _effect(target: ast.AST, value: ast.AST, is_patched: bool) -> Iterator[_Place]:
    """Yield what a mock of `jit` calls: `triton.jit.side_effect = f`."""
    match target:
        case ast.Attribute(ast.Attribute(owner, "jit"), "side_effect"):
            yield _Place(target.lineno, value, _is_triton(owner))
        case ast.Attribute(_, "side_effect") if is_patched:
            yield _Place(target.lineno, value, False)


def _is_triton(node: ast.AST) -> bool:
    return _names_triton(node) or _TRITON in final_name(node).lower()


def _functions_of(
    value: ast.AST, functions: _Functions, followed: set[AnyFunction]
) -> list[AnyFunction] | None:
    """Return the functions that a value may be, [] for a mock; None if that is not known.

    Each function is `followed` once: they may return calls of each other, or of themselves.
    """
    match value:
        case ast.Lambda() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return [value]
        case ast.Call(ast.Name("staticmethod"), [inner]):
            return _functions_of(inner, functions, followed)
        case ast.Call(func):
            if "mock" in final_name(func).lower():
                effects = [k.value for k in value.keywords if k.arg in MOCK_CALLS]
                return _functions_of(effects[0], functions, followed) if effects else []
            found = []
            makers = functions.get(final_name(func), ())
            for maker in [maker for maker in makers if maker not in followed]:
                followed.add(maker)
                for made in _results(maker):
                    found += _functions_of(made, functions, followed) or []
            return found or None
        case ast.Name() | ast.Attribute():
            return functions.get(final_name(value)) or None
        case ast.Constant():
            return []
    return None


def forms_of(function: AnyFunction) -> tuple[bool, bool]:
    """Whether a function can be called with a function alone, and with options alone."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args]
    own = every[1:] if every and every[0].arg in _BOUND else every
    needed = len(own) - len(arguments.defaults)
    named = {a.arg for a in (*arguments.args, *arguments.kwonlyargs)}
    takes_function = (bool(own) or arguments.vararg is not None) and needed <= 1
    takes_options = needed <= 0 and (arguments.kwarg is not None or _OPTION in named)
    return takes_function, takes_options


def _returns_what_it_gets(function: AnyFunction) -> bool:
    """Whether it returns one of its arguments, other than the object of a method."""
    arguments = function.args
    given = {a.arg for a in (*arguments.posonlyargs, *arguments.args)} - _BOUND
    return any(isinstance(made, ast.Name) and made.id in given for made in _results(function))


def _results(function: AnyFunction) -> list[ast.expr]:
    return [function.body] if isinstance(function, ast.Lambda) else [*returned(function)]

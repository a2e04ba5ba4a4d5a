"""Functions that only choose among the configs that they get: `autotune(configs=keep([...]))`."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping

from tritonlint.survey.nodes import FunctionNode, all_arguments, nodes_in, returned
from tritonlint.survey.scopes import BUILTINS, FunctionName, Scope

#: Functions that return the same elements in another container.
CONTAINERS = frozenset({"list", "tuple", "sorted", "reversed"})
#: Methods that change nothing, of dictionaries, texts and `triton.Config`.
_READING = frozenset(
    {"get", "items", "keys", "values", "copy", "index", "count", "all_kwargs"}
    | {"startswith", "endswith", "split", "join", "format", "lower", "upper"}
)
#: Python's own functions that may change what they get.
_CHANGING = frozenset({"setattr", "delattr", "exec", "eval", "vars", "globals", "locals", "next"})
_MAX_DEPTH = 5

#: The functions of a file, by name.
Functions = Mapping[str, ast.FunctionDef]


def functions_of(module: Scope) -> Functions:
    """Return the functions at the top of a file that have one definition."""
    return {
        name: bounds[0].node
        for name, bounds in module.bindings.items()
        if len(bounds) == 1
        and isinstance(bounds[0], FunctionName)
        and isinstance(bounds[0].node, ast.FunctionDef)
    }


def chooses(function: FunctionNode, functions: Functions, depth: int = 0) -> bool:
    """Whether a function returns elements of its first argument, and changes none of them."""
    if not isinstance(function, ast.FunctionDef) or depth > _MAX_DEPTH:
        return False
    arguments = [*function.args.posonlyargs, *function.args.args]
    if not arguments or not _is_harmless(function, functions, depth):
        return False
    choice = _Choice(function, arguments[0].arg, functions, depth)
    values = list(returned(function))
    return bool(values) and all(map(choice.is_chosen, values))


class _Choice:
    """Which local names of a function hold only elements of its first argument."""

    def __init__(
        self, function: ast.FunctionDef, first: str, functions: Functions, depth: int
    ) -> None:
        self._functions = functions
        self._depth = depth
        values = _assigned(function)
        values[first] = [*values.get(first, []), None]
        self._known = set(values)
        while True:
            # A name may be a filtered copy of itself, so all are thought to be until one is not.
            others = {
                name
                for name in self._known
                if not all(v is None or self.is_chosen(v) for v in values[name])
            }
            if not others:
                break
            self._known -= others

    def is_chosen(self, node: ast.expr) -> bool:
        """Whether an expression is None, or holds nothing but elements of the argument."""
        match node:
            case ast.Constant(None):
                return True
            case ast.Name(name):
                return name in self._known
            case ast.Subscript(value, ast.Slice()):
                return self.is_chosen(value)
            case ast.ListComp(ast.Name(element), [ast.comprehension(ast.Name(target), values)]):
                return element == target and self.is_chosen(values)
            case ast.List(elements) | ast.Tuple(elements):
                return all(map(self._is_element, elements))
            case ast.IfExp(_, body, orelse):
                return self.is_chosen(body) and self.is_chosen(orelse)
            case ast.BoolOp(_, values):
                return all(map(self.is_chosen, values))
            case ast.Call(ast.Name(name), [first, *_]) if name in CONTAINERS:
                return self.is_chosen(first)
            case ast.Call(ast.Name("filter"), [_, second]):
                return self.is_chosen(second)
            case ast.Call(ast.Name(name), [first, *_]) if name in self._functions:
                other = self._functions[name]
                return self.is_chosen(first) and chooses(other, self._functions, self._depth + 1)
            case _:
                return False

    def _is_element(self, node: ast.expr) -> bool:
        match node:
            case ast.Starred(value):
                return self.is_chosen(value)
            case ast.Subscript(value, place):
                return not isinstance(place, ast.Slice) and self.is_chosen(value)
            case ast.Call(ast.Name("min" | "max"), [value]):
                return self.is_chosen(value)
            case _:
                return False


def _assigned(function: ast.FunctionDef) -> dict[str, list[ast.expr | None]]:
    """Return all values of the names that plain assignments bind, and nothing else changes."""
    values: defaultdict[str, list[ast.expr | None]] = defaultdict(list)
    plain: set[ast.expr] = set()
    for node in nodes_in(function):
        match node:
            case ast.Assign([ast.Name(name) as target], value):
                values[name].append(value)
                plain.add(target)
    for node in nodes_in(function):
        match node:
            case ast.Name(name) if not _is_loaded(node) and node not in plain:
                values.pop(name, None)
            case ast.Subscript(ast.Name(name)) if not _is_loaded(node):
                values.pop(name, None)
    return dict(values)


def _is_loaded(node: ast.Name | ast.Attribute | ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Load)


# -- what a function does with what it gets ------------------------------------------------


def _is_harmless(function: ast.FunctionDef, functions: Functions, depth: int = 0) -> bool:
    """Whether a function changes nothing that it gets, and gives it to nobody who might."""
    if depth > _MAX_DEPTH or function.decorator_list:
        return False
    held = _holding(function)
    for statement in function.body:
        for node in nodes_in(statement):
            if not _is_reading(node, held, functions):
                return False
    mentioned = {n.id for n in nodes_in(function) if isinstance(n, ast.Name)}
    others = [functions[name] for name in sorted(mentioned & functions.keys())]
    return all(o is function or _is_harmless(o, functions, depth + 1) for o in others)


def _holding(function: ast.FunctionDef) -> set[str]:
    """Return the names that may hold, or be part of, what a function gets."""
    held = {argument.arg for argument in all_arguments(function.args)}
    pairs: list[tuple[ast.expr, ast.expr]] = []
    for node in nodes_in(function):
        match node:
            case ast.Assign(targets, value):
                pairs += [(target, value) for target in targets]
            case ast.For(target, values) | ast.comprehension(target, values):
                pairs.append((target, values))
            case ast.AugAssign(target, value=value) | ast.NamedExpr(target, value):
                pairs.append((target, value))
    while True:
        more = {n for t, value in pairs if held & _names(value) for n in _names(t)} - held
        if not more:
            return held
        held |= more


def _is_reading(node: ast.AST, held: set[str], functions: Functions) -> bool:
    """Whether a node of a function leaves what the names hold as it is."""
    match node:
        case ast.Attribute(owner) | ast.Subscript(owner) if not _is_loaded(node):
            return held.isdisjoint(_names(owner))
        case ast.AugAssign(ast.Name(name), operator):
            # A list may grow by `+=`.
            return name not in held or isinstance(operator, (ast.Mult, ast.Sub))
        case ast.Call(function, arguments, keywords):
            given = [*arguments, *(keyword.value for keyword in keywords)]
            callbacks = [keyword.value for keyword in keywords if keyword.arg == "key"]
            if isinstance(function, ast.Name) and function.id in ("filter", "map"):
                callbacks += arguments[:1]
            if not all(_is_seen(callback, functions) for callback in callbacks):
                return False
            touched = any(held & _names(argument) for argument in given)
            if isinstance(function, ast.Attribute):
                return function.attr in _READING or not (touched or held & _names(function.value))
            if not isinstance(function, ast.Name):
                return not touched
            name = function.id
            known = name in functions or (name in BUILTINS and name not in _CHANGING)
            return name not in held and (known or not touched)
        case ast.Lambda() | ast.FunctionDef() | ast.ClassDef() | ast.Yield() | ast.Await():
            return False
        case _:
            return True


def _is_seen(callback: ast.expr, functions: Functions) -> bool:
    """Whether it is a function of the file, or one of Python's own."""
    if not isinstance(callback, ast.Name):
        return False
    return callback.id in functions or callback.id in BUILTINS - _CHANGING


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in nodes_in(node) if isinstance(part, ast.Name)}

"""The strings of a Python file by which nobody looks up a kernel."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from tritonlint.survey.nodes import final_name, nodes_in

#: The names that a star import brings.
ALL = "__all__"
#: What is said of a name in it.
EXPORTED = "an `__all__` that code reads"


def harmless_strings(nodes: Collection[ast.AST]) -> set[ast.AST]:
    """Return them, and other nodes beside them."""
    return _exports(nodes) | _compared(nodes) | _in_makers_of_repr(nodes)


def docstrings_in(nodes: Iterable[ast.AST]) -> set[ast.AST]:
    """Return the strings that are statements of their own."""
    return {
        node.value
        for node in nodes
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def _exports(nodes: Iterable[ast.AST]) -> set[ast.AST]:
    """Return what is put into `__all__`, which only says what a star import brings.

    This is so unless code reads it, see `_place_of_read`.
    """
    found: set[ast.AST] = set()
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name("__all__")], value=value):
                found.update(nodes_in(value))
            case ast.AugAssign(target=ast.Name("__all__"), value=value):
                found.update(nodes_in(value))
            case ast.AnnAssign(target=ast.Name("__all__"), value=ast.expr() as value):
                found.update(nodes_in(value))
            case ast.Call(func=ast.Attribute(ast.Name("__all__"))):
                found.update(nodes_in(node))
    return found


def exported(nodes: Collection[ast.AST], names: frozenset[str]) -> Iterator[tuple[str, int, str]]:
    """Yield those of some names that are put into `__all__`, with the row, and what to say of it.

    If `__all__` is one of them, it is yielded if code reads one.
    """
    for node in _exports(nodes):
        if isinstance(node, ast.Constant) and node.value in names:
            yield str(node.value), node.lineno, EXPORTED
    place = _place_of_read(nodes) if ALL in names else None
    if place is not None:
        yield ALL, getattr(place, "lineno", 1), "code"


def _place_of_read(nodes: Collection[ast.AST]) -> ast.AST | None:
    """Return the first place where code may get the names in an `__all__`: `module.__all__`.

    It may be put into another `__all__`, compared, returned by `__dir__`, and hand names on.
    """
    passed_over = _exports(nodes) | _compared(nodes)
    for node in nodes:
        if isinstance(node, ast.Assert) or (
            isinstance(node, ast.FunctionDef) and node.name == "__dir__"
        ):
            parts = nodes_in(node)
            passed_over.update(() if any(map(_is_lookup, parts)) else parts)
        elif isinstance(node, ast.For) and _only_hands_on(node):
            passed_over.update(nodes_in(node.iter))
    for node in nodes:
        match node:
            case ast.Name("__all__", ast.Load()) | ast.Attribute(_, "__all__", ast.Load()):
                found: ast.AST = node
            case ast.alias("__all__") | ast.Subscript(_, ast.Constant("__all__")):
                found = node
            case ast.Call(args=args) if _gets(node) and _has_all(args):
                found = node
            case _:
                continue
        if found not in passed_over:
            return found
    return None


def _only_hands_on(loop: ast.For) -> bool:
    """Whether what a loop looks up gets the same name elsewhere: `globals()[n] = getattr(m, n)`."""
    if not isinstance(loop.target, ast.Name):
        return False
    looked_up: set[ast.AST] = set()
    handed_on: set[ast.AST] = set()
    for node in (part for statement in loop.body for part in nodes_in(statement)):
        match node:
            case ast.Call() if _is_lookup(node):
                looked_up.add(node)
            case ast.Assign([ast.Subscript(names, ast.Name(name))], value) | ast.Call(
                ast.Attribute(names, "setdefault"), [ast.Name(name), value]
            ) if name == loop.target.id and _are_of_module(names):
                handed_on.add(value)
            case ast.Call(ast.Name("setattr"), [_, ast.Name(name), value]) if (
                name == loop.target.id
            ):
                handed_on.add(value)
            case ast.Call(ast.Subscript()):
                return False
    return bool(looked_up) and looked_up <= handed_on


def _is_lookup(node: ast.AST) -> bool:
    match node:
        case ast.Call(ast.Name("getattr")):
            return True
    return False


def _are_of_module(names: ast.expr) -> bool:
    """Whether they are the names of a module: from others, kernels are launched without a name."""
    match names:
        case ast.Call(ast.Name("globals" | "vars" | "locals")) | ast.Attribute(_, "__dict__"):
            return True
    return False


def _gets(node: ast.Call) -> bool:
    return final_name(node.func) != "hasattr"


def _has_all(arguments: Iterable[ast.expr]) -> bool:
    return any(isinstance(a, ast.Constant) and a.value == ALL for a in arguments)


def _compared(nodes: Iterable[ast.AST]) -> set[ast.AST]:
    """Return the strings that are only compared: `activation == "silu"`, `x in ("a", "b")`."""
    found: set[ast.AST] = set()
    for node in nodes:
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                if isinstance(side, (ast.List, ast.Tuple, ast.Set)):
                    found.update(side.elts)
                found.add(side)
    return found


def _in_makers_of_repr(nodes: Iterable[ast.AST]) -> set[ast.AST]:
    """Return the arguments of calls that make a kernel's `repr`, its name in what is compiled.

    `@triton.jit(repr=make("kernel", keys))`, also through a variable that nothing else reads.
    """
    calls = [n for n in nodes if isinstance(n, ast.Call)]
    given = [k.value for call in calls for k in call.keywords if k.arg == "repr"]
    loads = Counter(n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    named = Counter(value.id for value in given if isinstance(value, ast.Name))
    made = [value for value in given if isinstance(value, ast.Call)]
    for node in nodes:
        match node:
            case ast.Assign([ast.Name(name)], ast.Call() as call) if loads[name] == named[name]:
                made += [call] if named[name] else []
    return {value for call in made for value in (*call.args, *(k.value for k in call.keywords))}

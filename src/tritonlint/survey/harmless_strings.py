"""The strings of a Python file by which nobody looks up a kernel."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable

from tritonlint.survey.nodes import nodes_in


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
    """Return the strings of `__all__`, which only say what a star import brings."""
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

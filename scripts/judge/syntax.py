"""Small helpers that answer questions about syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef


def callee(node: ast.expr) -> ast.expr:
    """The called expression of a call; for anything else, the node itself."""
    return node.func if isinstance(node, ast.Call) else node


def callee_name(node: ast.Call) -> str:
    """The last part of the called name."""
    return getattr(node.func, "attr", None) or getattr(node.func, "id", "")


def is_demoted(before: ast.arg, after: ast.arg) -> bool:
    """Whether a parameter was a constexpr and has lost its annotation."""
    return after.annotation is None and text(before.annotation).endswith("constexpr")


def parameters(arguments: ast.arguments) -> dict[str, tuple[ast.arg, ast.expr | None]]:
    """The parameters by name, with their defaults, in the order of the signature."""
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    every: list[tuple[ast.arg, ast.expr | None]] = list(zip(plain, defaults, strict=True))
    if arguments.vararg:
        every.append((arguments.vararg, None))
    every += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    if arguments.kwarg:
        every.append((arguments.kwarg, None))
    return {argument.arg: (argument, default) for argument, default in every}


def is_kernel(node: ast.AST) -> bool:
    """Whether a node is a function under a jit decorator."""
    decorators = getattr(node, "decorator_list", ())
    return any("jit" in text(callee(decorator)) for decorator in decorators)


def text(node: Any) -> str:
    """A node as source text, shortened if it is long."""
    if not isinstance(node, ast.AST):
        return repr(node)
    try:
        source = ast.unparse(ast.fix_missing_locations(node))
    except (AttributeError, RecursionError):
        return type(node).__name__
    line = " ".join(source.split())
    return line if len(line) <= 120 else f"{line[:117]}..."


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement gives a value to."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                yield alias.asname or alias.name.partition(".")[0]

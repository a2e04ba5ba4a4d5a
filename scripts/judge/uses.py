"""What a kernel does with its parameters, as far as guessing their types needs it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

_LOADS = {"load", "store", "make_block_ptr", "make_tensor_descriptor", "atomic_add", "atomic_max",
          "atomic_min", "atomic_cas", "atomic_xchg", "atomic_or", "atomic_and"}  # fmt: skip


def pointers(function: ast.FunctionDef) -> set[str]:
    """The parameters at the start of addresses."""
    begins: dict[str, set[str]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            begins.setdefault(node.targets[0].id, set()).add(_base(node.value))
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            begins.setdefault(node.target.id, set()).add(node.target.id)
    found: set[str] = set()
    todo = [_base(address) for address in _addresses(function)]
    while todo:
        name = todo.pop()
        if name and name not in found:
            found.add(name)
            todo += begins.get(name, ())
    return found


def _addresses(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """What is loaded from and stored to."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in _LOADS:
            yield from [*node.args[:1], *(k.value for k in node.keywords[:1] if not node.args)]


def _counted(function: ast.FunctionDef) -> Iterator[str]:
    """The names that are bounds of loops."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range":
            yield from (a.id for a in node.args if isinstance(a, ast.Name))


def indices(function: ast.FunctionDef) -> set[str]:
    """The names that addresses and bounds are computed from, besides bases: these are integers."""
    sources = made_from(function)
    todo = [
        n.id
        for address in _addresses(function)
        for n in ast.walk(address)
        if isinstance(n, ast.Name) and n.id != _base(address)
    ]
    todo += _counted(function)
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += sources.get(name, ())
    return found


def scalars(function: ast.FunctionDef) -> set[str]:
    """Names that are multiplied, divided or bounds of loops, and so are not addresses."""
    found = set(_counted(function))
    for node in ast.walk(function):
        if isinstance(node, ast.BinOp) and not isinstance(node.op, (ast.Add, ast.Sub)):
            found |= {side.id for side in (node.left, node.right) if isinstance(side, ast.Name)}
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if not any(isinstance(s, ast.Constant) and s.value is None for s in sides):
                found |= {side.id for side in sides if isinstance(side, ast.Name)}
    return found


def made_from(function: ast.FunctionDef) -> dict[str, set[str]]:
    """For each variable, the names in the values that it is assigned."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(function):
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            for target in targets:
                for inner in ast.walk(target):
                    if isinstance(inner, ast.Name):
                        found.setdefault(inner.id, set()).update(names)
    return found


def _base(node: ast.expr) -> str:
    """The name at the start of an address."""
    while True:
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.BinOp):
            node = node.left
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            inside = node.func.attr in ("advance", "cast", "multiple_of", "max_contiguous")
            if node.func.attr == "make_block_ptr" and node.keywords and not node.args:
                node = node.keywords[0].value
            elif node.args and (inside or node.func.attr == "make_block_ptr"):
                node = node.args[0]
            else:
                node = node.func.value
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        elif isinstance(node, ast.IfExp):
            node = node.body
        else:
            return ""


def compared(function: ast.FunctionDef) -> dict[str, list[Any]]:
    """The texts that names are compared with."""
    found: dict[str, list[Any]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name):
            for other in node.comparators:
                values = other.elts if isinstance(other, (ast.Tuple, ast.List)) else [other]
                for value in values:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        found.setdefault(node.left.id, []).append(value.value)
    return found

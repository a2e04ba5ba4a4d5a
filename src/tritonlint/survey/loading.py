"""Classes whose objects pass for tensors, and load one when an attribute is asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tritonlint.survey.evidence import TENSOR_ATTRIBUTES
from tritonlint.survey.nodes import chain, children, final_name
from tritonlint.survey.pure_names import LOOK_UP

#: What runs where any attribute is looked up.
LOOK_UP_METHODS = frozenset({"__getattr__", "__getattribute__"})
#: Stands for such a method of an object that may pass for a tensor.
LOADS_TENSORS = "__getattr__ of a tensor"
_STORE = frozenset({"setattr", "__setattr__", "setdefault", "append", "update", "add"})
_REPORT = frozenset({"logger", "logging", "log", "warnings"})


def loads_tensors(node: ast.ClassDef) -> bool:
    """Whether looking up an attribute of a tensor in such an object changes something.

    What only gives an attribute of another object has no effect of its own. A module is no
    tensor, and neither is what can be called.
    """
    methods = {m.name: m for m in node.body if isinstance(m, ast.FunctionDef)}
    if "__call__" in methods or any(final_name(b) == "ModuleType" for b in node.bases):
        return False
    for name in LOOK_UP_METHODS & methods.keys():
        looks_up = methods[name]
        parts = [*_reached(looks_up.body)]
        called = {
            part.func.attr
            for part in parts
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute)
        }
        for method in called & (methods.keys() - {name}):
            parts += _reached(methods[method].body)
        if not any(map(_imports, parts)) and any(map(_changes, parts)):
            return True
    return False


def _reached(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes of a body that run, without what is only done for other attributes."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        if isinstance(node, ast.If) and _is_for_others(node.test):
            yield from _reached(node.orelse)
        else:
            yield node
            yield from _reached(children(node))


def _is_for_others(test: ast.expr) -> bool:
    """`name == "tensors"`, also with other conditions."""
    match test:
        case ast.BoolOp(ast.And(), values):
            return any(map(_is_for_others, values))
        case ast.Compare(ast.Name(), [ast.Eq()], [ast.Constant(str() as name)]):
            return name not in TENSOR_ATTRIBUTES
    return False


def _imports(node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.Call(function):
            return final_name(function) == "import_module"
    return False


def _changes(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()) | ast.Global():
            return True
        case ast.Expr(ast.Call(function)):
            dotted = chain(function)
            return dotted is None or dotted[0] not in _REPORT | LOOK_UP
        case ast.Call(function):
            return final_name(function) in _STORE
    return False

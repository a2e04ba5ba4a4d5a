"""Code that reads locals of its function by their names, although it does not name them as such."""

from __future__ import annotations

import ast
import re

from tritonlint.survey.idle import REFLECTION
from tritonlint.survey.nodes import FunctionNode, final_name, nodes_in
from tritonlint.survey.scopes import AnyFunction, Assigned, FunctionName, Imported, Scope
from tritonlint.survey.text import Text

#: Functions that give the locals of the function that calls them without any argument.
_OWN_LOCALS = frozenset({"vars", "dir"})
_GET_FRAME = frozenset({"_getframe", "currentframe", "_current_frames"})
#: Attributes that have the locals of a function, or its frame.
_FRAMES = _GET_FRAME | {"f_locals", "tb_frame", "gi_frame", "cr_frame", "ag_frame"}
_ALL_LOCALS = (REFLECTION - _OWN_LOCALS) | _GET_FRAME
#: Functions of libraries that read the locals which the expression in a string names.
_EVALUATING = frozenset({"eval", "evaluate", "query", "sql"})
#: `inspect.stack()`; others of that name need something to stack.
_STACK = "stack"
_NAMES = [*_ALL_LOCALS, *_OWN_LOCALS, *_FRAMES, *_EVALUATING, _STACK, "inspect"]
#: A quick look for these names; an identifier that is not ASCII may be another spelling of one.
_MAY_READ = re.compile("|".join([*_NAMES, "[^\x00-\x7f]"]))
#: What is never a string.
_NO_STRINGS = (ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Compare, ast.UnaryOp, ast.Lambda)


def reads_locals_by_name(function: FunctionNode, text: Text, scope: Scope) -> bool:
    """Whether a function may read locals that it does not name as such; `scope` is its own."""
    has_names = _MAY_READ.search(text.of(function)) is not None
    return any(_are_read_in(statement, scope, has_names) for statement in function.body)


def may_show_locals(function: AnyFunction, scope: Scope) -> bool:
    """Whether a function, or one of its file that it calls, may read locals by their names.

    A function that is called may read those of its caller in a frame. `scope` is the function's.
    """
    pending, seen = [(function, scope)], {function}
    while pending:
        function, scope = pending.pop()
        if _are_read_in(function, scope, has_names=True):
            return True
        for node in nodes_in(function):
            found = scope.bound_to(node.func) if isinstance(node, ast.Call) else []
            called = [(b.node, b.inner) for b in found if isinstance(b, FunctionName)]
            pending += [(other, inner) for other, inner in called if other not in seen]
            seen.update(other for other, _ in called)
    return False


def _are_read_in(code: ast.AST, scope: Scope, has_names: bool) -> bool:
    for node in nodes_in(code):
        if isinstance(node, ast.Call):
            if _call_reads(node, scope):
                return True
        elif has_names and _reads(node):
            return True
    return False


def _reads(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _ALL_LOCALS
    return isinstance(node, ast.Attribute) and node.attr in _FRAMES


def _call_reads(node: ast.Call, scope: Scope) -> bool:
    function = node.func
    if isinstance(function, ast.Name):
        names = _names_of(function.id, scope)
    elif isinstance(function, ast.Attribute):
        names = {function.attr}
    else:
        return False
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    is_built_in = isinstance(function, ast.Name) or final_name(function.value) == "builtins"
    if not given and is_built_in and not names.isdisjoint(_OWN_LOCALS):
        return True
    if is_built_in and not names.isdisjoint(_ALL_LOCALS):
        return True
    if any(keyword.arg == "capture_locals" for keyword in node.keywords):
        return True
    if _STACK in names and all(isinstance(value, ast.Constant) for value in given):
        return True
    if isinstance(function, ast.Attribute) and final_name(function.value) == "inspect":
        return function.attr == "trace"
    return not names.isdisjoint(_EVALUATING) and any(map(_may_be_string, given))


def _names_of(name: str, scope: Scope) -> set[str]:
    """The names of a function, which an import or an assignment may give another one."""
    found = scope.lookup(name)
    names = {name}
    for bound in found[1] if found is not None else ():
        if isinstance(bound, Imported):
            names.add(bound.symbol.name)
        elif isinstance(bound, Assigned):
            names.add(final_name(bound.node))
    return names


def _may_be_string(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, (ast.Add, ast.Mod, ast.Mult))
    return not isinstance(node, _NO_STRINGS)

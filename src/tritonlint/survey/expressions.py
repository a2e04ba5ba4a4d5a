"""The expressions of a file: every mention of a possible kernel, and its use."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tritonlint.survey.bindings import bind_opaque
from tritonlint.survey.facts.references import Escape
from tritonlint.survey.launches import call, visit_alias
from tritonlint.survey.never import never_runs, runs_always
from tritonlint.survey.nodes import chain, without_call
from tritonlint.survey.scopes import Scope
from tritonlint.survey.uses import DROPPED, INDEXED, KEPT, ODD_CALL, TESTED, VALUE, How
from tritonlint.triton.names import COMPILED_ATTRIBUTES

if TYPE_CHECKING:
    from tritonlint.survey.walk import Walker


def _nothing(walker: Walker, node: ast.AST, scope: Scope, how: How) -> None:
    pass


def _name(walker: Walker, node: ast.Name, scope: Scope, how: How) -> None:
    if node.ctx.__class__ is ast.Load:
        walker.load(node, (node.id, ()), scope, how)
    else:
        # Targets inside a kernel, or of other forms: they only have to hide outer names.
        bind_opaque(walker, node, scope)


def _attribute(walker: Walker, node: ast.Attribute, scope: Scope, how: How) -> None:
    dotted = chain(node)
    if node.ctx.__class__ is not ast.Load:
        if dotted is not None and dotted[0] in ("self", "cls") and len(dotted[1]) == 1:
            # An attribute that a method sets on its own object replaces no kernel of a module.
            return
        how = (Escape.SET, "")
    elif node.attr == "__dict__" and how[0] not in INDEXED:
        walker.names.listing(node.value, scope, None, "`__dict__`", node)
    launcher = without_call(node)
    if launcher is not node:
        walker.visit(launcher, scope, how)
    elif dotted:
        walker.load(node, dotted, scope, how)
    elif node.attr in COMPILED_ATTRIBUTES:
        # `kernel.warmup(...).asm`
        walker.visit(node.value, scope, DROPPED)
    else:
        walker.load_attribute(node, scope, how)


def _either(walker: Walker, node: ast.IfExp, scope: Scope, how: How) -> None:
    walker.visit(node.test, scope, TESTED)
    may_launch = isinstance(node.body, ast.Call) or isinstance(node.orelse, ast.Call)
    with walker.skipped(may_launch and never_runs(node.test, scope)):
        walker.visit(node.body, scope, how)
    with walker.skipped(may_launch and runs_always(node.test, scope)):
        walker.visit(node.orelse, scope, how)


def _any_of(walker: Walker, node: ast.BoolOp, scope: Scope, how: How) -> None:
    *tests, last = node.values
    walker.visit_all(tests, scope, how)
    ends = never_runs if isinstance(node.op, ast.And) else runs_always
    with walker.skipped(isinstance(last, ast.Call) and any(ends(test, scope) for test in tests)):
        walker.visit(last, scope, how)


def _not(walker: Walker, node: ast.UnaryOp, scope: Scope, how: How) -> None:
    walker.visit(node.operand, scope, TESTED if isinstance(node.op, ast.Not) else VALUE)


def _subscript(walker: Walker, node: ast.Subscript, scope: Scope, how: How) -> None:
    walker.names.subscript(node.value, node.slice, scope, node)
    # A constant is never a grid.
    is_launcher = how[0] in KEPT and not isinstance(node.slice, ast.Constant)
    escape = Escape.WITH_GRID if is_launcher else Escape.INDEXED
    walker.visit(node.value, scope, ODD_CALL if how == ODD_CALL else (escape, ""))
    walker.visit_key(node.slice, scope)


def _dict(walker: Walker, node: ast.Dict, scope: Scope, how: How) -> None:
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None:
            walker.visit_key(key, scope)
        walker.visit(value, scope, (Escape.STORED, "a dictionary"))


def _compare(walker: Walker, node: ast.Compare, scope: Scope, how: How) -> None:
    if all(isinstance(n, ast.Constant) and n.value is None for n in node.comparators):
        # `kernel is None` says nothing about its parameters.
        visit_alias(walker, node.left, scope)
    elif isinstance(node.ops[0], (ast.In, ast.NotIn)):
        walker.visit_key(node.left, scope)
        walker.visit_all(node.comparators, scope, (Escape.SEARCHED, ""))
    else:
        walker.visit_children(node, scope, (Escape.COMPARED, ""))


def _expression_statement(walker: Walker, node: ast.Expr, scope: Scope, how: How) -> None:
    value = node.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and not value.args:
        # `kernel.warmup(...).result()`
        inner = value.func.value
        value = inner if isinstance(inner, ast.Call) and not value.keywords else value
    if not isinstance(value, ast.Constant):
        walker.visit(value, scope, DROPPED)


#: The handlers of these nodes.
EXPRESSIONS: dict[type, Callable[[Any, Any, Scope, How], None]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Constant: _nothing,
    ast.Pass: _nothing,
    ast.Call: call,
    ast.Subscript: _subscript,
    ast.Dict: _dict,
    ast.Compare: _compare,
    ast.IfExp: _either,
    ast.BoolOp: _any_of,
    ast.UnaryOp: _not,
    ast.Expr: _expression_statement,
}

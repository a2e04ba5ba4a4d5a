"""What a survey notes at the definitions of functions, kernels and classes."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tritonlint.survey.bindings import from_import, import_statement
from tritonlint.survey.facts.kernels import Role
from tritonlint.survey.facts.references import Escape
from tritonlint.survey.guards import SKIP, XFAIL, expects_error, guard_name, marked, marks_of
from tritonlint.survey.kernels import Definition
from tritonlint.survey.nodes import (
    FunctionNode,
    all_arguments,
    annotations_of,
    decorator_name,
    nodes_in,
)
from tritonlint.survey.plain_decorators import is_plain
from tritonlint.survey.recognition import recognize
from tritonlint.survey.scopes import Argument, ClassName, FunctionName, KernelName, Scope
from tritonlint.survey.uses import DECORATED, VALUE, How
from tritonlint.survey.wrappings import Wrapping, wrapping_of

if TYPE_CHECKING:
    from tritonlint.survey.walk import Walker

_DEFAULT = (Escape.DEFAULT, "")
_ANNOTATION = (Escape.ANNOTATION, "")
_DECORATES = (Escape.DECORATES, "")


def find_wrapped(walker: Walker, statements: list[ast.stmt], scope: Scope) -> None:
    """Note what is done with functions of a block before their definitions are visited.

    That is `name = triton.jit(function)`, and `pytest.raises(TypeError, function)`.
    """
    defined = {s.name for s in statements if isinstance(s, ast.FunctionDef)}
    # The imports of this block decide what `jit` is.
    for statement in statements:
        if isinstance(statement, ast.Import):
            import_statement(walker, statement, scope, VALUE)
        elif isinstance(statement, ast.ImportFrom):
            from_import(walker, statement, scope, VALUE)
    for statement in statements:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            continue
        inner: set[ast.AST] = set()
        for node in nodes_in(statement):
            if node in inner:
                continue
            if isinstance(node, ast.Call) and expects_error(node):
                walker.failing.update(n.id for n in node.args if isinstance(n, ast.Name))
            wrapping = wrapping_of(node, scope, walker.options)
            if wrapping is None or not wrapping.makes_kernel:
                continue
            name, attributes = wrapping.name
            if name in defined and not attributes:
                # `autotune(...)(jit(f))` is one wrapping as a whole.
                inner.update(nodes_in(node))
                walker.wrapped.setdefault(name, []).append(wrapping)
                walker.made[node] = wrapping


def _kernel(walker: Walker, node: FunctionNode, scope: Scope, wrappings: list[Wrapping]) -> None:
    qualname = scope.qualified(node.name)
    walker.module.kernels[qualname] += 1
    inner = Scope("function", qualname, scope, kernel=qualname, node=node)
    walker.scopes[node] = inner
    for arg in all_arguments(node.args):
        inner.bind(arg.arg, Argument(arg, "", None))
    walker.visit_all(node.decorator_list, scope, DECORATED)
    walker.visit_all([*node.args.defaults, *node.args.kw_defaults], scope, _DEFAULT)
    _annotations(walker, node, scope)
    for statement in node.body:
        walker.visit(statement, inner, VALUE)
    walker.definitions.append(Definition(node, qualname, scope, inner, tuple(wrappings)))


def _function(walker: Walker, node: FunctionNode, scope: Scope, how: How) -> None:
    roles = [recognize(d, scope, walker.options, node).role for d in node.decorator_list]
    wrappings = walker.wrapped.get(node.name, []) if scope.kernel is None else []
    qualname = scope.qualified(node.name)
    if Role.JIT in roles or wrappings:
        scope.bind(node.name, KernelName(qualname))
        _kernel(walker, node, scope, wrappings)
        return
    inner = Scope("function", qualname, scope, kernel=scope.kernel, node=node)
    scope.bind(node.name, FunctionName(qualname, node, inner))
    walker.visit_all(node.decorator_list, scope, _DECORATES)
    walker.visit_all([*node.args.defaults, *node.args.kw_defaults], scope, _DEFAULT)
    _annotations(walker, node, scope)
    walker.scopes[node] = inner
    walker.functions.append((node, inner))
    _bind_arguments(walker, node.args, inner)
    # A parametrized test may expect that some of its cases fail.
    marks = [part for decorator in node.decorator_list for part in nodes_in(decorator)]
    is_guarded = node.name in walker.failing or marked(marks, XFAIL)
    catching = [
        guard_name(decorator_name(d)) for d in node.decorator_list if not is_plain(d, scope)
    ]
    walker.trusting += [(node.body, tuple(catching))] if catching else []
    with walker.guarded(node.body, is_guarded), walker.skipped(marked(node.decorator_list, SKIP)):
        walker.block(node.body, inner)


def _annotations(walker: Walker, node: FunctionNode, scope: Scope) -> None:
    """Go through the annotations of a function: Python evaluates them, so they may launch."""
    for annotation in annotations_of(node):
        # Few annotations call anything.
        if any(isinstance(n, ast.Call) for n in nodes_in(annotation)):
            walker.visit(annotation, scope, _ANNOTATION)


def _bind_arguments(walker: Walker, args: ast.arguments, scope: Scope) -> None:
    positional = [*args.posonlyargs, *args.args]
    defaults = dict(zip(reversed(positional), reversed(args.defaults), strict=False))
    keyword_only = zip(args.kwonlyargs, args.kw_defaults, strict=True)
    defaults.update((arg, default) for arg, default in keyword_only if default is not None)
    for arg in all_arguments(args):
        star = "**" if arg is args.kwarg else "*" if arg is args.vararg else ""
        scope.bind(arg.arg, Argument(arg, star, defaults.get(arg)))


def _lambda(walker: Walker, node: ast.Lambda, scope: Scope, how: How) -> None:
    walker.visit_all([*node.args.defaults, *node.args.kw_defaults], scope, _DEFAULT)
    qualname = f"{scope.qualname}.<lambda>"
    inner = Scope("function", qualname, scope, kernel=scope.kernel, node=node)
    walker.scopes[node] = inner
    _bind_arguments(walker, node.args, inner)
    walker.visit(node.body, inner, (Escape.RETURNED_BY_LAMBDA, ""))


def _class(walker: Walker, node: ast.ClassDef, scope: Scope, how: How) -> None:
    qualname = scope.qualified(node.name)
    scope.bind(node.name, ClassName(qualname, node))
    walker.visit_all(node.decorator_list, scope, _DECORATES)
    walker.visit_all([*node.bases, *node.keywords], scope, (Escape.BASE, ""))
    inner = Scope("class", qualname, scope, kernel=scope.kernel)
    walker.classes.append((node, inner))
    marks = [*node.decorator_list, *marks_of(node.body)]
    with walker.guarded(node.body, marked(marks, XFAIL)), walker.skipped(marked(marks, SKIP)):
        walker.block(node.body, inner)


DEFINITIONS: dict[type, Callable[[Any, Any, Scope, How], None]] = {
    ast.Lambda: _lambda,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
}

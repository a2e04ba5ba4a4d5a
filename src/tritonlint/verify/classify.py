"""Why the compiler finds a parameter unused that tritonlint calls read: a class for each case."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tritonlint.analysis import Analysis
from tritonlint.facts import Parameter
from tritonlint.project import KernelId
from tritonlint.specialization import is_constexpr

COMPUTED = "computed and never used"
BRANCH = "in a constexpr branch that was not taken"
CHECK = "in a compile-time check or print only"
CONSTEXPR = "a constexpr whose values tried make the same kernel"
HELPER = "passed to a helper that does not use it there"
OTHER = "not explained"
CLASSES = (COMPUTED, BRANCH, CHECK, CONSTEXPR, HELPER, OTHER)

_CHECKS = frozenset({"static_assert", "static_print", "device_assert", "device_print", "print"})


def explain(
    analysis: Analysis, identity: KernelId, parameter: Parameter, *, in_raw: bool
) -> str:
    """The class of one such parameter; `in_raw` says that unoptimised TTIR mentions it."""
    if in_raw:
        return COMPUTED
    if is_constexpr(parameter.annotation):
        return CONSTEXPR
    from tritonlint.verify.sources import Sources

    definition = Sources(analysis.project).kernel(identity)
    if definition is None:
        return OTHER
    static = {p.name for p in analysis.project.kernel(identity).parameters}
    places = set(_places(definition.node.body, parameter.name, static, ()))
    if places <= {CHECK}:
        return CHECK
    if places <= {CHECK, BRANCH}:
        return BRANCH
    if places <= {CHECK, BRANCH, HELPER}:
        return HELPER
    return OTHER


def _places(
    nodes: list[ast.stmt], name: str, static: set[str], around: tuple[str, ...]
) -> Iterator[str]:
    for node in nodes:
        yield from _place(node, name, static, around)


def _place(node: ast.AST, name: str, static: set[str], around: tuple[str, ...]) -> Iterator[str]:
    if isinstance(node, ast.Name):
        if node.id == name and isinstance(node.ctx, ast.Load):
            yield next((p for p in (CHECK, BRANCH, HELPER) if p in around), OTHER)
        return
    if isinstance(node, (ast.If, ast.IfExp)):
        yield from _place(node.test, name, static, around)
        inner = (*around, BRANCH)
        body = node.body if isinstance(node.body, list) else [node.body]
        orelse = node.orelse if isinstance(node.orelse, list) else [node.orelse]
        for part in (*body, *orelse):
            yield from _place(part, name, static, inner)
        return
    if isinstance(node, (ast.For, ast.BoolOp)):
        # The body of an unrolled loop, and what stands behind `CONSTEXPR and`, may be left out.
        for index, child in enumerate(ast.iter_child_nodes(node)):
            inner = (*around, BRANCH) if index else around
            yield from _place(child, name, static, inner)
        return
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func).rpartition(".")
        if called[2] in _CHECKS:
            around = (*around, CHECK)
        elif not called[0]:
            around = (*around, HELPER)
    for child in ast.iter_child_nodes(node):
        yield from _place(child, name, static, around)

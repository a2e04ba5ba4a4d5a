"""Statements of a kernel without an effect: discards, and computations that nobody uses.

The order of statements is ignored: a name counts as used if any of its values is. A computed value
is used in a branch, in a loop's bound, in a call with an effect, in a return, and in all code that
is not followed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import NamedTuple

from tritonlint.survey.nodes import (
    FunctionNode,
    all_arguments,
    assigned_names,
    chain,
    last_name,
    nodes_in,
)
from tritonlint.survey.scopes import Imported, Scope
from tritonlint.triton.names import (
    CHECKS,
    LANGUAGE_MODULES,
    PURE_FUNCTIONS,
    PURE_METHODS,
    TRITON_MODULES,
)

#: With these functions, a body can read any local by name.
REFLECTION = frozenset({"locals", "vars", "eval", "exec", "dir"})

#: Expressions that have no effect of their own.
_PURE = (
    *(ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp),
    *(ast.Tuple, ast.List, ast.Subscript, ast.Slice, ast.Attribute, ast.keyword),
)
_PURE_BUILTINS = frozenset({"min", "max", "abs", "float", "int", "bool", "len", "tuple"})
_OF_TRITON = LANGUAGE_MODULES | TRITON_MODULES
_COMPOUND = (ast.If, ast.While, ast.For, ast.With)


class Idle(NamedTuple):
    """What a kernel contains without effect.

    Attributes:
        statements: the kernel does the same without them.
        needing: for each parameter, the ones of these statements that depend on it.
        computing: the parameters that these statements compute with, rather than only discard.
        checked: parameters that only checks and debugging output read.
    """

    statements: frozenset[ast.stmt] = frozenset()
    needing: Mapping[str, tuple[ast.stmt, ...]] = {}
    computing: frozenset[str] = frozenset()
    checked: frozenset[str] = frozenset()


NOTHING_IDLE = Idle()


class Step(NamedTuple):
    """A statement that only binds names."""

    node: ast.stmt
    targets: frozenset[str]
    loads: frozenset[str]

    @property
    def is_discard(self) -> bool:
        """`_ = n`, `_unused = n, m`, `del n`, `n`."""
        node = self.node
        if isinstance(node, ast.Delete):
            return True
        if not isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)):
            return False
        value = node.value
        parts = value.elts if isinstance(value, ast.Tuple) else [value]
        throws_away = all(name.startswith("_") for name in self.targets)
        return throws_away and all(isinstance(part, ast.Name) for part in parts)


def idle_of(node: FunctionNode, scope: Scope) -> Idle:
    """Return the idle parts of a kernel; `scope` is the scope of its body."""
    body = _Body(scope)
    body.run(node.body)
    parameters = [a.arg for a in all_arguments(node.args)]
    without_checks = body.used(body.roots)
    used = body.used(body.roots | body.in_checks)
    if used & REFLECTION:
        return NOTHING_IDLE
    checked = frozenset(p for p in parameters if p in used and p not in without_checks)
    needing: dict[str, tuple[ast.stmt, ...]] = {}
    statements: set[ast.stmt] = set()
    computing: set[str] = set()
    for name in parameters:
        steps = body.needing(name, used)
        if not steps:
            continue
        needing[name] = tuple(sorted((s.node for s in steps), key=_place))
        if any(name in step.loads for step in steps):
            statements.update(needing[name])
            if not all(step.is_discard for step in steps):
                computing.add(name)
    loaded = {name for step in body.steps if step.node in statements for name in step.loads}
    # The flow analysis judges the statements that give a parameter another value.
    overwriting = set(parameters) - loaded
    statements -= {s.node for s in body.steps if not overwriting.isdisjoint(s.targets)}
    return Idle(frozenset(statements), needing, frozenset(computing), checked)


def _place(node: ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


def step_of(node: ast.stmt, scope: Scope) -> Step | None:
    """Return the statement of a kernel as a step, if it is one."""
    targets: list[ast.expr] = []
    match node:
        case ast.Assign():
            targets = node.targets
        case ast.AnnAssign(value=ast.expr()) | ast.AugAssign():
            targets = [node.target]
        case ast.Delete():
            targets = node.targets
        case ast.Expr():
            pass
        case _:
            return None
    if not all(map(_is_plain_target, targets)):
        return None
    value = getattr(node, "value", None)
    if value is not None and not is_pure_in_kernel(value, scope):
        return None
    bound = frozenset(name for target in targets for name in assigned_names(target))
    loads = frozenset(_loads(node))
    if isinstance(node, (ast.Delete, ast.AugAssign)):
        loads |= bound
    return Step(node, bound, loads)


def _is_plain_target(target: ast.expr) -> bool:
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    return all(isinstance(part, ast.Name) for part in parts)


def _loads(node: ast.AST) -> Iterator[str]:
    for part in nodes_in(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            yield part.id


class _Body:
    """Collects what the statements of a body bind and load.

    Attributes:
        roots: names that statements with an effect mention.
        in_checks: names that checks mention.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.steps: list[Step] = []
        self.roots: set[str] = set()
        self.in_checks: set[str] = set()

    def run(self, statements: Iterable[ast.stmt]) -> None:
        """Go through statements, also nested ones."""
        for statement in statements:
            step = step_of(statement, self.scope)
            if step is not None:
                self.steps.append(step)
            elif _is_check(statement, self.scope):
                self.in_checks.update(names_in(statement))
            elif isinstance(statement, _COMPOUND):
                self.roots.update(_of_head(statement))
                self.run(statement.body)
                self.run(getattr(statement, "orelse", ()))
            else:
                self.roots.update(names_in(statement))

    def used(self, roots: Iterable[str]) -> set[str]:
        """Return the names whose values have an effect."""
        used = set(roots)
        by_target: dict[str, list[Step]] = {}
        for step in self.steps:
            for target in step.targets if not isinstance(step.node, ast.Delete) else ():
                by_target.setdefault(target, []).append(step)
        pending = list(used)
        while pending:
            for step in by_target.pop(pending.pop(), ()):
                new = step.loads - used
                used |= new
                pending += new
        return used

    def needing(self, name: str, used: Set[str]) -> list[Step]:
        """Return the idle steps that depend on a name, and the steps that only feed these."""
        idle = [step for step in self.steps if used.isdisjoint(step.targets)]
        gone = {name}
        found: dict[ast.stmt, Step] = {}
        grows = True
        while grows:
            grows = False
            for step in idle:
                needs = step.loads & gone or (step.targets and step.targets <= gone)
                if needs and step.node not in found:
                    found[step.node] = step
                    gone |= step.targets
                    grows = True
        return list(found.values())


def _of_head(statement: ast.If | ast.While | ast.For | ast.With) -> Iterator[str]:
    """Yield the names that the head of a statement mentions, except those that it binds."""
    if isinstance(statement, ast.With):
        for item in statement.items:
            yield from names_in(item.context_expr)
            if item.optional_vars is not None:
                yield from _loads(item.optional_vars)
    elif isinstance(statement, ast.For):
        yield from names_in(statement.iter)
        yield from _loads(statement.target)
    else:
        yield from names_in(statement.test)


def names_in(node: ast.AST) -> Iterator[str]:
    """Yield every name in a node, in any role."""
    for part in nodes_in(node):
        for field in ("id", "name", "asname", "arg", "rest"):
            text = getattr(part, field, None)
            if isinstance(text, str):
                yield text.partition(".")[0]
        if isinstance(part, (ast.Global, ast.Nonlocal)):
            yield from part.names


def _is_check(statement: ast.stmt, scope: Scope) -> bool:
    """`tl.static_assert(n > 0)`"""
    if isinstance(statement, ast.Assert):
        return True
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and _of_triton(call.func, scope) in CHECKS


def is_pure_in_kernel(node: ast.AST, scope: Scope) -> bool:
    """Whether evaluating an expression inside a kernel only gives a value."""
    for part in nodes_in(node):
        if isinstance(part, ast.Call):
            if not _is_pure_call(part, scope):
                return False
        elif not isinstance(part, _PURE):
            return False
    return True


def _is_pure_call(node: ast.Call, scope: Scope) -> bool:
    if any(keyword.arg in (None, "volatile") for keyword in node.keywords):
        return False
    function = node.func
    if isinstance(function, ast.Name) and scope.lookup(function.id) is None:
        return function.id in _PURE_BUILTINS
    name = _of_triton(function, scope)
    if name:
        return name in PURE_FUNCTIONS and len(node.args) < 7
    dotted = chain(function)
    root = scope.lookup(dotted[0]) if dotted is not None else None
    if dotted is not None and (root is None or root[0] is not scope):
        # The function is one of a module or of a constant.
        return False
    return isinstance(function, ast.Attribute) and function.attr in PURE_METHODS


def _of_triton(function: ast.AST, scope: Scope) -> str:
    """Return the name of the called function of Triton's language, or ""."""
    dotted = chain(function)
    found = scope.lookup(dotted[0]) if dotted is not None else None
    if dotted is None or found is None:
        return ""
    for bound in found[1]:
        if not isinstance(bound, Imported):
            return ""
        module, name = bound.symbol.module.partition(".")[0], bound.symbol.name
        if module not in TRITON_MODULES and name not in _OF_TRITON:
            return ""
        if not dotted[1]:
            return bound.symbol.name
    return last_name(dotted)

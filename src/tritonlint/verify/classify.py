"""Why the compiler finds a parameter unused that tritonlint says is read: a class for each case."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.project.identity import KernelId
from tritonlint.survey.facts.kernels import Parameter
from tritonlint.triton.annotations import is_constexpr
from tritonlint.verify.sources import Sources

COMPUTED = "computed or copied, and the result is never used"
BRANCH = "in a constexpr branch that was not taken"
CHECK = "only in a compile-time check, for its type, or in a print"
CONSTEXPR = "a constexpr: the values tried make the same kernel"
HELPER = "passed to a helper that does not use it there"
ALWAYS = "overwritten in a branch or a loop that these values always take"
OTHER = "not explained"
CLASSES = (COMPUTED, BRANCH, CHECK, CONSTEXPR, HELPER, ALWAYS, OTHER)

_CHECKS = frozenset({"static_assert", "static_print", "device_assert", "device_print", "print"})
_TYPES = frozenset({"dtype", "type", "shape"})


def explain(analysis: Analysis, identity: KernelId, parameter: Parameter, *, in_raw: bool) -> str:
    """Return the class of one such parameter; `in_raw` says that unoptimized TTIR mentions it."""
    if in_raw:
        return COMPUTED
    definition = Sources(analysis.project).kernel(identity)
    if definition is None:
        return OTHER
    places: set[str] = set()
    around: tuple[str, ...] = ()
    for statement in definition.node.body:
        places |= set(_places(statement, parameter.name, around))
        if _overwrites(statement, parameter.name):
            break
        if isinstance(statement, ast.If) and any(
            isinstance(part, ast.Return) for part in ast.walk(statement)
        ):
            # The compiler may leave out what follows.
            around = (BRANCH,)
    for known in ({CHECK}, {CHECK, BRANCH}, {CHECK, BRANCH, COMPUTED}):
        if places <= known:
            return next(c for c in (COMPUTED, BRANCH, CHECK) if c in places or c is CHECK)
    if is_constexpr(parameter.annotation):
        return CONSTEXPR
    if OTHER not in places:
        return HELPER
    return ALWAYS if _may_be_overwritten(definition.node, parameter.name) else OTHER


def _overwrites(statement: ast.stmt, name: str) -> bool:
    """Whether code after an assignment sees another value: not after `n = n`."""
    if not isinstance(statement, ast.Assign):
        return False
    copies = isinstance(statement.value, ast.Name) and statement.value.id == name
    return not copies and any(_stores(target, name) for target in statement.targets)


def _may_be_overwritten(function: ast.FunctionDef, name: str) -> bool:
    """Whether some path overwrites the parameter before its last mention."""
    return any(
        _stores(block, name)
        for block in ast.walk(function)
        if isinstance(block, (ast.If, ast.For, ast.While))
    )


def _stores(node: ast.AST, name: str) -> bool:
    return any(
        isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Store)
        for part in ast.walk(node)
    )


def _places(node: ast.AST, name: str, around: tuple[str, ...]) -> Iterator[str]:
    """Yield what is around each mention of a name, the strongest reason first."""
    if isinstance(node, ast.Name):
        if node.id == name:
            yield next((p for p in (CHECK, BRANCH, HELPER, COMPUTED) if p in around), OTHER)
        return
    for child in ast.iter_child_nodes(node):
        yield from _places(child, name, (*around, *_reasons(node, child)))


def _reasons(node: ast.AST, child: ast.AST) -> Iterator[str]:
    """Yield the reasons why a child may be missing in TTIR."""
    match node:
        # The body of an unrolled loop, and the right side of `CONSTEXPR and`, may be
        # left out, as the arms of an `if` may be.
        case ast.If() | ast.IfExp() if child is not node.test:
            yield BRANCH
        case ast.For() if child is not node.iter:
            yield BRANCH
        case ast.BoolOp() if child is not node.values[0]:
            yield BRANCH
        case ast.Compare(ops=[ast.Is() | ast.IsNot()]):
            yield CHECK
        case ast.Attribute() if node.attr in _TYPES:
            yield CHECK
        case ast.Call():
            called = ast.unparse(node.func).rpartition(".")
            if called[2] in _CHECKS:
                yield CHECK
            elif not called[0]:
                yield HELPER
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Expr():
            yield COMPUTED

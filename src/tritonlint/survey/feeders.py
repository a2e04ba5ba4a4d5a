"""Locals and imports that are read only in code that a fix may drop, so they may go too."""

from __future__ import annotations

import ast
import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tritonlint.span import Span, Spans
from tritonlint.survey.effects import Effects
from tritonlint.survey.facts.calls import Feeder
from tritonlint.survey.idle import step_of
from tritonlint.survey.scopes import FunctionNode, Imported, Scope, nodes_in
from tritonlint.survey.text import Text

#: An import with more mentions than this counts as used elsewhere.
_MOST_MENTIONS = 9


def feeders(
    tree: ast.Module,
    module: Scope,
    functions: Iterable[tuple[FunctionNode, Scope]],
    droppable: Sequence[Span],
    text: Text,
) -> Iterator[Feeder]:
    """Yield the feeders of a file; `droppable` are the arguments and statements a fix may drop."""
    places = sorted(span[:2] for span in droppable)
    found: list[_Name] = []
    for node, scope in functions:
        first, last = (node.lineno, 0), ((node.end_lineno or node.lineno) + 1, 0)
        if bisect.bisect(places, first) < bisect.bisect(places, last):
            found += _locals(node, scope, text)
    found += _imports(tree, module, text)
    for name in _read_only_in(found, Spans(droppable)):
        yield Feeder(
            name.name,
            name.function,
            tuple(name.statements),
            tuple(name.reads),
            tuple(name.trusts),
        )


@dataclass
class _Name:
    name: str
    function: str
    statements: list[Span] = field(default_factory=list)
    reads: list[Span] = field(default_factory=list)
    trusts: dict[str, None] = field(default_factory=dict)


def _read_only_in(names: list[_Name], spans: Spans) -> list[_Name]:
    """Return those that are read only in the spans, or in statements of each other."""
    kept = [name for name in names if name.reads]
    outside = {id(n): [r for r in n.reads if not spans.hold(r)] for n in kept}
    while True:
        own = Spans(s for name in kept for s in name.statements)
        still = [n for n in kept if all(map(own.hold, outside[id(n)]))]
        if len(still) == len(kept):
            return kept
        kept = still


# -- locals --------------------------------------------------------------------------------


def _locals(function: FunctionNode, scope: Scope, text: Text) -> Iterator[_Name]:
    """Yield the names that a function binds only by assigning values without an effect."""
    names: defaultdict[str, _Name] = defaultdict(lambda: _Name("", scope.qualname))
    bound: set[ast.Name] = set()
    for statement in _statements(function.body):
        match statement:
            case ast.Assign([ast.Name() as target]) | ast.AnnAssign(ast.Name() as target, value=_):
                trusts = _trusts(statement, scope)
                if trusts is None:
                    continue
                bound.add(target)
                known = names[target.id]
                known.statements.append(text.span(statement))
                known.trusts.update(dict.fromkeys(trusts))
            case ast.Assign([ast.Tuple(elts)], ast.Tuple() | ast.List()):
                # Linters do not report unused names from unpacking other values.
                for element in elts:
                    if isinstance(element, ast.Name):
                        bound.add(element)
                        names[element.id].statements.append(text.span(element))
    others: set[str] = set()
    for statement in function.body:
        for part in nodes_in(statement):
            match part:
                case ast.Name("_", ast.Load()):
                    # `_` may be the function that translates texts.
                    return
                case ast.Name(name, ast.Load()) if name in names:
                    names[name].reads.append(text.span(part))
                case ast.Name(name) if part not in bound:
                    others.add(name)
                case ast.Global(declared) | ast.Nonlocal(declared):
                    others.update(declared)
                case ast.ExceptHandler(name=str() as name) | ast.arg(arg=name):
                    others.add(name)
                case ast.FunctionDef(name) | ast.ClassDef(name) | ast.AsyncFunctionDef(name):
                    others.add(name)
                case ast.alias(name, asname):
                    others.add(asname or name)
                case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
                    others.add(name)
                case ast.AugAssign(ast.Name(name)):
                    others.add(name)
    for name, known in names.items():
        if name not in others:
            known.name = name
            yield known


def _trusts(statement: ast.Assign | ast.AnnAssign, scope: Scope) -> Iterable[str] | None:
    """Return the names that a pure assigned value rests on; None if it may have an effect."""
    if statement.value is None:
        return None
    if scope.kernel is not None:
        return () if step_of(statement, scope) is not None else None
    effects = Effects(scope)
    return effects.trusts if effects.is_pure(statement.value) else None


def _statements(block: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a function, also nested ones, but not those of inner functions."""
    for statement in block:
        yield statement
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for part in (statement, *getattr(statement, "handlers", ()), *_cases(statement)):
            for name in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(part, name, None) or ())


def _cases(statement: ast.stmt) -> Sequence[ast.match_case]:
    return statement.cases if isinstance(statement, ast.Match) else ()


# -- imports -------------------------------------------------------------------------------


def _imports(tree: ast.Module, module: Scope, text: Text) -> Iterator[_Name]:
    """Yield the imports from well-known packages; every mention of the name counts as a read."""
    for statement in tree.body:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            continue
        if "noqa" in text.lines[(statement.end_lineno or statement.lineno) - 1]:
            continue
        for alias in statement.names:
            name = alias.asname or alias.name
            bounds = module.bindings.get(name, [])
            if bounds and all(isinstance(b, Imported) and b.external for b in bounds):
                at = text.span(alias)
                mentions = text.mentions(name, _MOST_MENTIONS)
                reads = [span for span in mentions or () if not Spans([at]).hold(span)]
                yield _Name(name, "", [at], reads)

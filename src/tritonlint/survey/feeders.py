"""Locals and imports that are read only in code that a fix may drop, so they may go too."""

from __future__ import annotations

import ast
import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tritonlint.span import Span, Spans
from tritonlint.survey.bodies import statements_in
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
    spans = Spans(droppable)
    # Most names are read elsewhere too: to ask what their values do would take long.
    likely = [name for name in _read_only_in(found, spans) if name.is_without_effect()]
    for name in _read_only_in(likely, spans):
        yield Feeder(
            name.name,
            name.function,
            tuple(name.statements),
            tuple(name.reads),
            tuple(name.trusts),
        )


@dataclass
class _Name:
    """A name; `values` are the assignments whose values must have no effect."""

    name: str
    function: str
    scope: Scope | None = None
    statements: list[Span] = field(default_factory=list)
    values: list[ast.Assign | ast.AnnAssign] = field(default_factory=list)
    reads: list[Span] = field(default_factory=list)
    trusts: dict[str, None] = field(default_factory=dict)

    def is_without_effect(self) -> bool:
        """Whether no value has an effect; notes what that rests on."""
        for statement in self.values:
            trusts = _trusts(statement, self.scope) if self.scope is not None else None
            if trusts is None:
                return False
            self.trusts.update(dict.fromkeys(trusts))
        return True


def _read_only_in(names: Iterable[_Name], spans: Spans) -> list[_Name]:
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
    """The names that a function binds by nothing but assignments."""
    names: defaultdict[str, _Name] = defaultdict(lambda: _Name("", scope.qualname, scope))
    bound: set[ast.AST] = set()
    for statement in statements_in(function.body, with_definitions=False):
        match statement:
            case ast.Assign([ast.Name() as target]) | ast.AnnAssign(ast.Name() as target):
                bound.add(target)
                names[target.id].statements.append(text.span(statement))
                names[target.id].values.append(statement)
            case ast.Assign([ast.Tuple(elts)], ast.Tuple() | ast.List()):
                # Linters do not report unused names from unpacking other values.
                for element in elts:
                    if isinstance(element, ast.Name):
                        bound.add(element)
                        names[element.id].statements.append(text.span(element))
    reads: defaultdict[str, list[ast.AST]] = defaultdict(list)
    others: set[str] = set()
    for statement in function.body:
        for part in nodes_in(statement):
            if part.__class__ is ast.Name:
                if part.ctx.__class__ is ast.Load:
                    reads[part.id].append(part)
                elif part not in bound:
                    others.add(part.id)
            elif part.__class__ in _BINDING:
                others.update(_bound_otherwise(part))
    # It may be the function that translates texts.
    if "_" in reads:
        return
    for name, known in names.items():
        if name not in others:
            known.name = name
            known.reads += map(text.span, reads[name])
            yield known


#: What binds names, beside plain assignments.
_BINDING = frozenset(
    {ast.Global, ast.Nonlocal, ast.ExceptHandler, ast.arg, ast.FunctionDef, ast.ClassDef}
    | {ast.AsyncFunctionDef, ast.alias, ast.MatchAs, ast.MatchStar, ast.MatchMapping}
    | {ast.AugAssign}
)


def _bound_otherwise(node: ast.AST) -> Iterable[str]:
    """The names that something else than a plain assignment binds."""
    match node:
        case ast.Global(declared) | ast.Nonlocal(declared):
            return declared
        case ast.alias(name, asname):
            return (asname or name,)
        case ast.AugAssign(ast.Name(name)) | ast.arg(name):
            return (name,)
        case ast.MatchMapping(rest=rest):
            return (rest,) if rest else ()
        case _:
            named = getattr(node, "name", None)
            return (named,) if named else ()


def _trusts(statement: ast.Assign | ast.AnnAssign, scope: Scope) -> Iterable[str] | None:
    """Return the names that a pure assigned value rests on; None if it may have an effect."""
    if statement.value is None:
        return None
    if scope.kernel is not None:
        return () if step_of(statement, scope) is not None else None
    effects = Effects(scope)
    return effects.trusts if effects.is_pure(statement.value) else None


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
                yield _Name(name, "", None, [at], [], reads)

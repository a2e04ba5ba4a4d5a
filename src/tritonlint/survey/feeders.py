"""Locals and imports that are read only in code that a fix may drop, so they may go too."""

from __future__ import annotations

import ast
import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

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
    found += _imports(tree, module, text, Spans(droppable))
    # Most names are read elsewhere too: to ask what their values do would take long.
    likely = _read_only_in(found, droppable)
    going = _read_only_in([name for name in likely if name.may_go()], droppable)
    gone = {id(name) for name in going}
    code = Spans([*droppable, *(span for name in going for span in name.statements)])
    for name in likely:
        if id(name) in gone or all(map(code.hold, name.reads)):
            yield name.feeder(stays=id(name) not in gone)


@dataclass
class _Name:
    """A name.

    Attributes:
        values: the assignments whose values must have no effect.
        stays: whether it has to stay, whatever its values.
    """

    name: str
    function: str
    scope: Scope | None = None
    statements: list[Span] = field(default_factory=list)
    values: list[ast.Assign | ast.AnnAssign] = field(default_factory=list)
    reads: list[Span] = field(default_factory=list)
    trusts: dict[str, None] = field(default_factory=dict)
    stays: bool = False

    def may_go(self) -> bool:
        """Whether it may be removed if nothing reads it; notes what that rests on."""
        for statement in self.values:
            trusts = _trusts(statement, self.scope) if self.scope is not None else None
            if trusts is None:
                return False
            self.trusts.update(dict.fromkeys(trusts))
        return not self.stays

    def feeder(self, stays: bool) -> Feeder:
        """Return it as a fact."""
        statements, reads = tuple(self.statements), tuple(self.reads)
        return Feeder(self.name, self.function, statements, reads, tuple(self.trusts), stays)


def _read_only_in(names: Iterable[_Name], droppable: Sequence[Span]) -> list[_Name]:
    """Return those that are read only in the spans, or in statements of each other."""
    spans = Spans(droppable)
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
    replaced: set[str] = set()
    for statement in statements_in(function.body, with_definitions=False):
        for target in _targets(statement, scope):
            bound.add(target.name)
            known = names[target.name.id]
            known.statements += map(text.span, target.code)
            known.trusts.update(dict.fromkeys(target.trusts))
            if target.value is not None:
                known.values.append(target.value)
            elif target.code == (target.name,):
                replaced.add(target.name.id)
    reads: defaultdict[str, list[ast.AST]] = defaultdict(list)
    others: set[str] = set()
    for statement in function.body:
        for part in nodes_in(statement):
            if part.__class__ in _LOOKING and _may_read_all(part):
                return
            if part.__class__ is ast.Name:
                if part.ctx.__class__ is ast.Load:
                    reads[part.id].append(part)
                elif part not in bound:
                    others.add(part.id)
            elif part.__class__ in _BINDING:
                others.update(_bound_otherwise(part))
    for name, known in names.items():
        if name not in others:
            known.name = name
            known.reads += map(text.span, reads[name])
            # `_` may be the function that translates texts.
            known.stays = name in replaced and "_" in reads
            yield known


#: What may read every local of its function: names and attributes, and calls without arguments.
_ALL_LOCALS = frozenset({"locals", "eval", "exec", "_getframe", "currentframe"})
_OWN_LOCALS = frozenset({"vars", "dir"})
#: Functions of libraries that read the locals which the expression in a string names.
_EVALUATING = frozenset({"eval", "evaluate", "query"})
_LOOKING = frozenset({ast.Name, ast.Attribute, ast.Call})


def _may_read_all(node: ast.AST) -> bool:
    """Whether code may read locals that it does not name as such."""
    match node:
        case ast.Name(name) | ast.Attribute(_, "_getframe" | "currentframe" as name):
            return name in _ALL_LOCALS
        case ast.Call(ast.Name(name), [], []):
            return name in _OWN_LOCALS
        case ast.Call(ast.Name(name) | ast.Attribute(_, name), [ast.Constant(str()), *_]):
            return name in _EVALUATING
        case _:
            return False


class _Target(NamedTuple):
    """A name that an assignment binds.

    Attributes:
        code: what is removed with it.
        value: the assignment, if its value must have no effect.
        trusts: what a value in `code` rests on, see `Argument`.
    """

    name: ast.Name
    code: tuple[ast.AST, ...]
    value: ast.Assign | ast.AnnAssign | None = None
    trusts: Iterable[str] = ()


def _targets(statement: ast.stmt, scope: Scope) -> Iterator[_Target]:
    match statement:
        case ast.Assign([ast.Name() as target]) | ast.AnnAssign(ast.Name() as target):
            yield _Target(target, (statement,), statement)
        case ast.Assign([_, _, *_] as targets):
            for each in targets:
                if isinstance(each, ast.Name):
                    yield _Target(each, (each,), statement)
        case ast.Assign([ast.Tuple() as unpacking], ast.Tuple() | ast.List() as values):
            for name, part in _unpacked(unpacking, values):
                effects = Effects(scope)
                if part is None or scope.kernel is not None or not effects.is_pure(part):
                    # `_` takes its place, and the value stays.
                    yield _Target(name, (name,))
                else:
                    yield _Target(name, (name, part), None, effects.trusts)


def _unpacked(
    target: ast.Tuple, value: ast.Tuple | ast.List
) -> Iterator[tuple[ast.Name, ast.expr | None]]:
    """Yield the names in an unpacking of a tuple or a list that is written out.

    Linters do not report unused names from unpacking other values. A name comes with its value if
    it is not in a tuple inside the tuple, and if the value's place shows.
    """
    parts: Sequence[ast.expr | None] = value.elts
    is_open = any(isinstance(e, ast.Starred) for e in (*target.elts, *value.elts))
    if is_open or len(target.elts) != len(value.elts):
        parts = [None] * len(target.elts)
    for element, part in zip(target.elts, parts, strict=True):
        if isinstance(element, ast.Name):
            yield element, part
        elif isinstance(element, ast.Tuple) and isinstance(part, (ast.Tuple, ast.List)):
            for name, _ in _unpacked(element, part):
                yield name, None


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


def _imports(tree: ast.Module, module: Scope, text: Text, droppable: Spans) -> Iterator[_Name]:
    """Yield the imports at the top of a module.

    Every mention of the name counts as a read, also in a string, but not in a comment. An import
    from the project stays, because another file may import the name from here.
    """
    for statement in tree.body:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            continue
        if "noqa" in text.lines[(statement.end_lineno or statement.lineno) - 1]:
            continue
        for alias in statement.names:
            name = alias.asname or alias.name
            bounds = [b for b in module.bindings.get(name, []) if isinstance(b, Imported)]
            if bounds and len(bounds) == len(module.bindings[name]):
                at = text.span(alias)
                mentions = text.mentions(name, _MOST_MENTIONS)
                reads = [span for span in mentions or () if not Spans([at]).hold(span)]
                others = [span for span in reads if not droppable.hold(span)]
                # To tell comments from strings takes long.
                if len(others) < len(reads) and all(map(text.may_be_in_comment, others)):
                    reads = [span for span in reads if not text.is_in_comment(span)]
                stays = not all(bound.external for bound in bounds)
                yield _Name(name, "", None, [at], [], reads, stays=stays)

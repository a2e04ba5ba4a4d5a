"""Locals and imports that are read only in code that a fix may drop, so they may go too."""

from __future__ import annotations

import ast
import bisect
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tritonlint.span import Span, Spans
from tritonlint.survey.bodies import statements_in
from tritonlint.survey.effects import Effects, may_fail
from tritonlint.survey.facts.calls import Feeder
from tritonlint.survey.idle import REFLECTION, step_of
from tritonlint.survey.scopes import FunctionNode, Imported, Scope, nodes_in
from tritonlint.survey.text import Text

#: An import with more mentions than this counts as used elsewhere.
_MOST_MENTIONS = 9
#: A call by which a file may look up any of its names: `globals()`, but not `model.eval()`.
_SEES_ALL = re.compile(rf"(?<![\w.])(?:globals|{'|'.join(sorted(REFLECTION))})[ \t]*\(")


def feeders(
    tree: ast.Module,
    module: Scope,
    functions: Iterable[tuple[FunctionNode, Scope]],
    droppable: Sequence[Span],
    text: Text,
    guarded: Spans,
) -> Iterator[Feeder]:
    """Yield the feeders of a file.

    Args:
        droppable: the arguments and statements that a fix may drop.
        guarded: the blocks whose errors are expected or caught.
    """
    places = sorted(span[:2] for span in droppable)
    found: list[_Name] = []
    for node, scope in functions:
        first, last = (node.lineno, 0), ((node.end_lineno or node.lineno) + 1, 0)
        if bisect.bisect(places, first) < bisect.bisect(places, last):
            found += _locals(node, scope, text, guarded)
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
        tests: the conditions around these, which go if everything below them does.
        stays: whether it has to stay, whatever its values.
    """

    name: str
    function: str
    scope: Scope | None = None
    statements: list[Span] = field(default_factory=list)
    values: list[ast.Assign | ast.AnnAssign] = field(default_factory=list)
    tests: list[ast.expr] = field(default_factory=list)
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
        if self.scope is not None and self.scope.kernel is None:
            effects = Effects(self.scope)
            for test in self.tests:
                effects.is_pure(ast.UnaryOp(ast.Not(), test))
            self.trusts.update(effects.trusts)
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


def _locals(function: FunctionNode, scope: Scope, text: Text, guarded: Spans) -> Iterator[_Name]:
    """The names that a function binds by nothing but assignments."""
    names: defaultdict[str, _Name] = defaultdict(lambda: _Name("", scope.qualname, scope))
    bound: set[ast.AST] = set()
    replaced: set[str] = set()
    failing: set[str] = set()
    for statement in statements_in(function.body, with_definitions=False):
        if isinstance(statement, ast.If):
            for name in _assigned_in(statement):
                names[name].tests.append(statement.test)
        for target, code, value in _targets(statement):
            bound.add(target)
            names[target.id].statements.append(text.span(code))
            if value is not None:
                names[target.id].values.append(value)
                if scope.kernel is None and _is_caught(value, scope, text, guarded):
                    failing.add(target.id)
            else:
                replaced.add(target.id)
    reads: defaultdict[str, list[ast.AST]] = defaultdict(list)
    others: set[str] = set()
    declared: set[str] = set()
    for statement in function.body:
        for part in nodes_in(statement):
            if part.__class__ is ast.Name:
                if part.ctx.__class__ is ast.Load:
                    reads[part.id].append(part)
                elif part not in bound:
                    others.add(part.id)
            elif part.__class__ in _BINDING:
                others.update(_bound_otherwise(part))
                if isinstance(part, (ast.Global, ast.Nonlocal)):
                    declared.update(part.names)
    # `_` would take the place of a name, but that may be the function that translates texts. In a
    # kernel, a name may not change its type between the arms of an `if`, or in a loop.
    underscore = "_" in reads or "_" in declared or scope.kernel is not None
    sees_all = not REFLECTION.isdisjoint(reads)
    for name, known in names.items():
        if name not in others:
            known.name = name
            known.reads += map(text.span, reads[name])
            known.stays = (
                sees_all
                or name in failing
                or (name in replaced and underscore)
                # In a class, this is another spelling of a longer name.
                or name.startswith("__")
            )
            yield known


def _assigned_in(statement: ast.If) -> Iterator[str]:
    for inner in statements_in([*statement.body, *statement.orelse], with_definitions=False):
        for target, _, _ in _targets(inner):
            yield target.id


def _is_caught(
    statement: ast.Assign | ast.AnnAssign, scope: Scope, text: Text, guarded: Spans
) -> bool:
    """Whether an assigned value may fail where errors are caught."""
    value = statement.value
    is_guarded = value is not None and guarded.hold(text.span(statement))
    return is_guarded and value is not None and may_fail(value, scope)


def _targets(
    statement: ast.stmt,
) -> Iterator[tuple[ast.Name, ast.AST, ast.Assign | ast.AnnAssign | None]]:
    """Yield each name that an assignment binds, and what is removed with it: code and a value.

    A name in an unpacking is replaced, and its value stays.
    """
    match statement:
        case ast.Assign([ast.Name() as target]) | ast.AnnAssign(ast.Name() as target):
            yield target, statement, statement
        case ast.Assign([_, _, *_] as targets):
            for each in targets:
                if isinstance(each, ast.Name):
                    yield each, each, statement
        case ast.Assign([ast.Tuple() as unpacking], ast.Tuple() | ast.List() as values):
            for name in _unpacked(unpacking, values):
                yield name, name, None


def _unpacked(target: ast.Tuple, value: ast.Tuple | ast.List) -> Iterator[ast.Name]:
    """Yield the names in an unpacking of a tuple or a list that is written out.

    Linters do not report unused names from unpacking other values.
    """
    parts: Sequence[ast.expr | None] = value.elts
    if any(isinstance(e, ast.Starred) for e in (*target.elts, *value.elts)):
        parts = [None] * len(target.elts)
    for element, part in zip(target.elts, parts, strict=False):
        if isinstance(element, ast.Name):
            yield element
        elif isinstance(element, ast.Tuple) and isinstance(part, (ast.Tuple, ast.List)):
            yield from _unpacked(element, part)


#: What binds names, beside plain assignments. A parameter of a nested function has its own reads,
#: but they count as reads of a local with its name.
_BINDING = frozenset(
    {ast.Global, ast.Nonlocal, ast.ExceptHandler, ast.FunctionDef, ast.ClassDef}
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
        case ast.AugAssign(ast.Name(name)):
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
    from the project stays, because another file may import the name from here. All stay where code
    may look up any name.
    """
    sees_all = _SEES_ALL.search(text.source) is not None
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
                stays = sees_all or not all(bound.external for bound in bounds)
                yield _Name(name, "", statements=[at], reads=reads, stays=stays)

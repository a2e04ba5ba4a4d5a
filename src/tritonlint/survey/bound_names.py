"""The names that a function binds, and what has to hold before a fix may remove one."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tritonlint.span import Span
from tritonlint.survey.bodies import statements_in
from tritonlint.survey.by_name import reads_locals_by_name
from tritonlint.survey.effects import Effects
from tritonlint.survey.facts.calls import Feeder, HostParameter
from tritonlint.survey.guarded import Guarded
from tritonlint.survey.idle import step_of
from tritonlint.survey.nodes import FunctionNode, nodes_in
from tritonlint.survey.scopes import Scope
from tritonlint.survey.text import Text


@dataclass
class Name:
    """A name.

    Attributes:
        values: the assignments whose values must have no effect.
        tests: the conditions around these, which go if everything below them does.
        stays: whether it has to stay, whatever its values.
        parameter: if it is a parameter, its function and the calls.
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
    parameter: HostParameter | None = None

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
        return Feeder(
            self.name,
            self.function,
            tuple(self.statements),
            tuple(self.reads),
            tuple(self.trusts),
            stays,
            self.parameter,
        )


def locals_of(function: FunctionNode, scope: Scope, text: Text, guarded: Guarded) -> Iterator[Name]:
    """The names that a function binds by nothing but assignments."""
    names: defaultdict[str, Name] = defaultdict(lambda: Name("", scope.qualname, scope))
    bound: set[ast.AST] = set()
    replaced: set[str] = set()
    failing: set[str] = set()
    statements = [*statements_in(function.body, with_definitions=False)]
    assigned = _assigned_in([s for s in statements if isinstance(s, ast.If)])
    on_host = scope.kernel is None
    for statement in statements:
        if isinstance(statement, ast.If):
            fails = on_host and guarded.catch(statement.test, scope)
            trusts = guarded.trusts(statement.test, scope) if on_host else {}
            for name in assigned[statement]:
                names[name].tests.append(statement.test)
                names[name].trusts.update(trusts)
                failing.update([name] if fails else [])
        for target in _targets(statement, scope):
            bound.add(target.name)
            known = names[target.name.id]
            known.statements += map(text.span, target.code)
            known.trusts.update(dict.fromkeys(target.trusts))
            if target.whole is not None:
                known.values.append(target.whole)
            elif target.dropped is None:
                replaced.add(target.name.id)
            value = target.dropped
            if value is not None and on_host:
                known.trusts.update(guarded.trusts(value, scope))
                failing.update([target.name.id] if guarded.catch(value, scope) else [])
    uses = uses_of(function, text, scope, bound)
    # `_` would take the place of a name, but that may be the function that translates texts. In a
    # kernel, a name may not change its type between the arms of an `if`, or in a loop.
    underscore = "_" in uses.reads or "_" in uses.declared or scope.kernel is not None
    for name, known in names.items():
        if name not in uses.others:
            known.name = name
            known.reads += map(text.span, uses.reads[name])
            known.stays = (
                uses.sees_all
                or name in failing
                or (name in replaced and underscore)
                # In a class, this is another spelling of a longer name.
                or name.startswith("__")
            )
            yield known


class Uses(NamedTuple):
    """What the body of a function does with names.

    Attributes:
        reads: where each name is read, also in functions inside.
        others: the names that are bound by nothing that the caller knows.
        declared: the names that are declared to be of another scope.
        sees_all: whether it may look up any of its names.
    """

    reads: defaultdict[str, list[ast.AST]]
    others: set[str]
    declared: set[str]
    sees_all: bool


def uses_of(
    function: FunctionNode, text: Text, scope: Scope, bound: Collection[ast.AST] = ()
) -> Uses:
    """Return what a function does with names.

    Args:
        scope: that of its body.
        bound: the places that are known to bind names.
    """
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
    return Uses(reads, others, declared, reads_locals_by_name(function, text, scope))


def _assigned_in(choices: Sequence[ast.If]) -> Mapping[ast.AST, Collection[str]]:
    """Return the names that are assigned in each `if`; each comes after those that it is in."""
    found: dict[ast.AST, dict[str, None]] = {}
    for choice in reversed(choices):
        names: dict[str, None] = {}
        # A chain of `elif` is looked through once.
        parts = [*ast.iter_child_nodes(choice)]
        for part in parts:
            if part in found:
                names.update(found[part])
            elif isinstance(part, ast.Name):
                names.update({part.id: None} if isinstance(part.ctx, ast.Store) else {})
            else:
                parts += ast.iter_child_nodes(part)
        found[choice] = names
    return found


class _Target(NamedTuple):
    """A name that an assignment binds.

    Attributes:
        code: what is removed with it.
        dropped: the value in it, if there is one; otherwise `_` takes the place of the name.
        whole: the assignment, if it is not known yet whether its value has an effect.
        trusts: what the value rests on if it is known, see `Argument`.
    """

    name: ast.Name
    code: tuple[ast.AST, ...]
    dropped: ast.expr | None = None
    whole: ast.Assign | ast.AnnAssign | None = None
    trusts: Iterable[str] = ()


def _targets(statement: ast.stmt, scope: Scope) -> Iterator[_Target]:
    match statement:
        case ast.Assign([ast.Name() as target]) | ast.AnnAssign(ast.Name() as target):
            yield _Target(target, (statement,), statement.value, statement)
        case ast.Assign([_, _, *_] as targets):
            for each in targets:
                if isinstance(each, ast.Name):
                    yield _Target(each, (each,), statement.value, statement)
        case ast.Assign([ast.Tuple() as unpacking], ast.Tuple() | ast.List() as values):
            for name, part in _unpacked(unpacking, values):
                effects = Effects(scope)
                if part is None or scope.kernel is not None or not effects.is_pure(part):
                    yield _Target(name, (name,))
                else:
                    yield _Target(name, (name, part), part, None, effects.trusts)


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

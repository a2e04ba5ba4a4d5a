"""Flow analysis of one kernel: what its body does with the value of each parameter.

The state is the set of parameters that may still hold the value they had on entry. Statements only
ever take names out of it, and paths that meet unite. So a loop needs one pass: whatever its body
leaves is part of what entered it. The empty state is also that of code no path reaches.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cache
from typing import NamedTuple, TypeAlias

import libcst as cst

from tritonlint.survey.facts.kernels import Use
from tritonlint.survey.idle import REFLECTION

State: TypeAlias = frozenset[str]

UNREACHED: State = frozenset()

_LAYOUT = frozenset(
    {"lpar", "rpar", "lbracket", "rbracket", "lbrace", "rbrace", "comma", "equal", "semicolon"}
    | {"dot", "colon", "operator", "leading_lines", "lines_after_decorators", "metadata"}
)

#: Arithmetic on a value is not yet a read of it when the result only goes to a helper.
_ARITHMETIC = (
    cst.Name,
    cst.Integer,
    cst.Float,
    cst.BinaryOperation,
    cst.UnaryOperation,
    cst.Comparison,
    cst.ComparisonTarget,
)


class ForwardedTo(NamedTuple):
    """An argument of a call to `callee` (dotted source) that is nothing but parameters."""

    callee: str
    position: int | None
    keyword: str | None


@dataclass
class Flow:
    """What became of one parameter."""

    read: bool = False
    overwritten: bool = False
    deleted: bool = False
    #: Mentioned by code that no path reaches, or after every path has overwritten it.
    mentioned: bool = False
    forwards: list[ForwardedTo] = field(default_factory=list)

    @property
    def use(self) -> Use:
        """The verdict."""
        if self.read:
            return Use.READ
        if self.forwards:
            return Use.FORWARDED
        return Use.OVERWRITTEN if self.overwritten else Use.UNUSED


def analyse(function: cst.FunctionDef) -> dict[str, Flow]:
    """Follow every path through `function` and say what happens to each of its parameters."""
    names = parameter_names(function.params)
    analysis = _Analysis({name: Flow() for name in names})
    analysis.body(function.body, frozenset(names))
    return analysis.flows


def all_parameters(parameters: cst.Parameters) -> list[cst.Param]:
    """All parameters, `*args` and `**kwargs` too."""
    every = [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]
    variadic = (parameters.star_arg, parameters.star_kwarg)
    return every + [p for p in variadic if isinstance(p, cst.Param)]


def parameter_names(parameters: cst.Parameters) -> list[str]:
    """The names of all parameters, `*args` and `**kwargs` too."""
    return [p.name.value for p in all_parameters(parameters)]


class _Normalizer(cst.CSTTransformer):
    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:  # noqa: N802
        if updated_node.value.isascii():
            return updated_node
        return updated_node.with_changes(value=unicodedata.normalize("NFKC", updated_node.value))


def normalized(function: cst.FunctionDef) -> cst.FunctionDef:
    """The function with its names as Python takes them (PEP 3131), and as `ast` gives them."""
    return cst.ensure_type(function.visit(_Normalizer()), cst.FunctionDef)


def _dotted(node: cst.BaseExpression) -> str | None:
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        base = _dotted(node.value)
        return base and f"{base}.{node.attr.value}"
    return None


def _is_arithmetic(node: cst.CSTNode) -> bool:
    if not isinstance(node, _ARITHMETIC):
        return False
    return all(
        _is_arithmetic(child)
        for child in _children(node)
        if isinstance(child, (cst.BaseExpression, cst.ComparisonTarget))
    )


class _Analysis:
    """Walks statements and expressions in the order of execution, passing the state along."""

    def __init__(self, flows: dict[str, Flow]) -> None:
        self.flows = flows
        self._breaks: list[State] = []
        self._bound: set[str] | None = None
        self._hidden: set[str] = set()

    # -- what happens to a name ------------------------------------------------------------

    def _load(self, name: str, state: State) -> None:
        if name in state:
            self.flows[name].read = True
        elif name in self.flows and name not in self._hidden:
            self.flows[name].mentioned = True
        if name in REFLECTION:
            self._read_all(state)

    def _read_all(self, names: Iterable[str]) -> None:
        for name in names:
            self.flows[name].read = True

    def _store(self, name: str, state: State) -> State:
        if self._bound is not None:
            self._bound.add(name)
        if name not in state:
            return state
        self.flows[name].overwritten = True
        return state - {name}

    def _bind(self, target: cst.CSTNode, state: State) -> State:
        """Assign to a target; the parts of it that are evaluated are read."""
        if isinstance(target, cst.Name):
            return self._store(target.value, state)
        if isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                state = self._bind(element.value, state)
            return state
        if isinstance(target, cst.StarredElement):
            return self._bind(target.value, state)
        return self.expression(target, state)

    # -- expressions -----------------------------------------------------------------------

    def expression(self, node: cst.CSTNode | None, state: State) -> State:
        """Evaluate an expression (or a part of one) and return the state after it."""
        if node is None:
            return state
        match node:
            case cst.Name():
                self._load(node.value, state)
                return state
            case cst.Attribute():
                return self.expression(node.value, state)
            case cst.Call():
                return self._call(node, state)
            case cst.NamedExpr():
                return self._bind(node.target, self.expression(node.value, state))
            case cst.BooleanOperation():
                state = self.expression(node.left, state)
                self.expression(node.right, state)
                return state
            case cst.IfExp():
                state = self.expression(node.test, state)
                return self.expression(node.body, state) | self.expression(node.orelse, state)
            case cst.Comparison():
                return self._comparison(node, state)
            case cst.Lambda():
                # Defaults are evaluated here and now, before the body ever is.
                state = self._defaults(node.params, state)
                own = set(parameter_names(node.params))
                with self._nested_scope(own):
                    self.expression(node.body, state - own)
                return state
            case cst.BaseComp():
                return self._comprehension(node, state)
            case cst.Arg():
                return self.expression(node.value, state)
            case cst.SimpleString() | cst.Integer() | cst.Float():
                return state
        for child in _children(node):
            state = self.expression(child, state)
        return state

    def _call(self, node: cst.Call, state: State) -> State:
        state = self.expression(node.func, state)
        callee = _dotted(node.func)
        exact = callee is not None and not any(arg.star for arg in node.args)
        for position, arg in enumerate(node.args):
            if exact and callee is not None and _is_arithmetic(arg.value):
                keyword = arg.keyword.value if arg.keyword else None
                to = ForwardedTo(callee, None if keyword else position, keyword)
                for name in _names(arg.value):
                    if name in state:
                        self.flows[name].forwards.append(to)
                    else:
                        self._load(name, state)
            else:
                state = self.expression(arg.value, state)
        return state

    def _comparison(self, node: cst.Comparison, state: State) -> State:
        # `a < b < c` evaluates `c` only where `a < b` holds.
        state = self.expression(node.left, state)
        first, *rest = node.comparisons
        state = self.expression(first.comparator, state)
        maybe = state
        for target in rest:
            maybe = self.expression(target.comparator, maybe)
        return state

    def _comprehension(self, node: cst.BaseComp, state: State) -> State:
        # The first iterable is evaluated outside; everything else in a scope of its own.
        outermost = node.for_in
        state = self.expression(outermost.iter, state)
        clauses = []
        clause: cst.CompFor | None = outermost
        while clause is not None:
            clauses.append(clause)
            clause = clause.inner_for_in
        hidden = {name for c in clauses for name in _target_names(c.target)}
        inner = state - hidden
        with self._hiding(hidden):
            for clause in clauses:
                if clause is not outermost:
                    inner = self.expression(clause.iter, inner)
                self._comprehension_target(clause.target, inner)
                for condition in clause.ifs:
                    inner = self.expression(condition.test, inner)
            for part in ("key", "value", "elt"):
                inner = self.expression(getattr(node, part, None), inner)
        return state

    def _comprehension_target(self, target: cst.CSTNode, state: State) -> None:
        if isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self._comprehension_target(element.value, state)
        elif not isinstance(target, cst.Name):
            self.expression(target, state)

    def _defaults(self, parameters: cst.Parameters, state: State) -> State:
        for parameter in all_parameters(parameters):
            state = self.expression(parameter.default, state)
        for parameter in all_parameters(parameters):
            if parameter.annotation:
                state = self.expression(parameter.annotation.annotation, state)
        return state

    # -- statements ------------------------------------------------------------------------

    def body(self, node: cst.BaseSuite, state: State) -> State:
        """Run a block."""
        for statement in node.body:
            state = self._statement(statement, state)
        return state

    def _statement(self, node: cst.CSTNode, state: State) -> State:
        match node:
            case cst.SimpleStatementLine():
                for small in node.body:
                    state = self._statement(small, state)
                return state
            case cst.Assign():
                state = self.expression(node.value, state)
                for target in node.targets:
                    state = self._bind(target.target, state)
                return state
            case cst.AnnAssign():
                # Triton evaluates the annotation of a local; Python does not.
                self.expression(node.annotation.annotation, state)
                if node.value is None:
                    return state
                return self._bind(node.target, self.expression(node.value, state))
            case cst.AugAssign():
                state = self.expression(node.target, state)
                return self._bind(node.target, self.expression(node.value, state))
            case cst.Return() | cst.Raise():
                for child in _children(node):
                    state = self.expression(child, state)
                return UNREACHED
            case cst.Break():
                self._breaks.append(state)
                return UNREACHED
            case cst.Continue():
                return UNREACHED
            case cst.Assert():
                state = self.expression(node.test, state)
                self.expression(node.msg, state)
                return state
            case cst.Del():
                return self._delete(node.target, state)
            case cst.Import() | cst.ImportFrom():
                return self._import(node, state)
            case cst.Nonlocal() | cst.Global():
                self._read_all(n.name.value for n in node.names if n.name.value in self.flows)
                return state
            case cst.TypeAlias():
                self.expression(node.value, state)
                return self._store(node.name.value, state)
            case cst.If():
                state = self.expression(node.test, state)
                taken = self.body(node.body, state)
                if node.orelse is None:
                    return taken | state
                return taken | self._statement(node.orelse, state)
            case cst.Else() | cst.Finally():
                return self.body(node.body, state)
            case cst.For():
                return self._for(node, state)
            case cst.While():
                return self._while(node, state)
            case cst.Try() | cst.TryStar():
                return self._try(node, state)
            case cst.With():
                for item in node.items:
                    state = self.expression(item.item, state)
                    if item.asname:
                        state = self._bind(item.asname.name, state)
                return self.body(node.body, state)
            case cst.Match():
                return self._match(node, state)
            case cst.FunctionDef():
                return self._function(node, state)
            case cst.ClassDef():
                return self._class(node, state)
            case cst.BaseSuite():
                return self.body(node, state)
        for child in _children(node):
            state = self.expression(child, state)
        return state

    def _delete(self, target: cst.BaseDelTargetExpression, state: State) -> State:
        # `del n` takes the name away without a look at its value.
        if isinstance(target, cst.Name):
            if target.value in self.flows:
                self.flows[target.value].deleted = True
            return state - {target.value}
        if isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                if isinstance(element.value, cst.BaseDelTargetExpression):
                    state = self._delete(element.value, state)
            return state
        return self.expression(target, state)

    def _import(self, node: cst.Import | cst.ImportFrom, state: State) -> State:
        if isinstance(node.names, cst.ImportStar):
            return state
        for alias in node.names:
            name: cst.BaseExpression = alias.asname.name if alias.asname else alias.name
            while isinstance(name, cst.Attribute):
                name = name.value
            state = self._bind(name, state)
        return state

    def _for(self, node: cst.For, state: State) -> State:
        state = self.expression(node.iter, state)
        with self._loop() as breaks:
            self.body(node.body, self._bind(node.target, state))
        after = self._statement(node.orelse, state) if node.orelse else state
        return after.union(*breaks)

    def _while(self, node: cst.While, state: State) -> State:
        state = self.expression(node.test, state)
        with self._loop() as breaks:
            self.body(node.body, state)
        after = UNREACHED if _is_always_true(node.test) else state
        if node.orelse:
            after = self._statement(node.orelse, after)
        return after.union(*breaks)

    def _try(self, node: cst.Try | cst.TryStar, state: State) -> State:
        # An exception can come before the body's first assignment: handlers see the state of entry.
        after = self.body(node.body, state)
        if node.orelse:
            after = self.body(node.orelse.body, after)
        for handler in node.handlers:
            caught = self.expression(handler.type, state)
            if handler.name:
                caught = self._bind(handler.name.name, caught)
            after |= self.body(handler.body, caught)
        if node.finalbody is None:
            return after
        self.body(node.finalbody.body, state)
        return self.body(node.finalbody.body, after)

    def _match(self, node: cst.Match, state: State) -> State:
        state = self.expression(node.subject, state)
        after = UNREACHED
        for case in node.cases:
            matched = self._pattern(case.pattern, state)
            matched = self.expression(case.guard, matched)
            after |= self.body(case.body, matched)
            if case.guard is None and _matches_all(case.pattern):
                return after
        return after | state

    def _pattern(self, node: cst.CSTNode, state: State) -> State:
        match node:
            case cst.MatchValue():
                return self.expression(node.value, state)
            case cst.MatchAs() | cst.MatchStar():
                if isinstance(node, cst.MatchAs) and node.pattern:
                    state = self._pattern(node.pattern, state)
                return self._bind(node.name, state) if node.name else state
            case cst.MatchClass():
                state = self.expression(node.cls, state)
                parts: Sequence[cst.CSTNode] = [*node.patterns]
                parts = [*parts, *(k.pattern for k in node.kwds)]
            case cst.MatchMapping():
                parts = [e.pattern for e in node.elements]
                for element in node.elements:
                    state = self.expression(element.key, state)
                state = self._bind(node.rest, state) if node.rest else state
            case _:
                parts = list(_children(node))
        for part in parts:
            state = self._pattern(part, state)
        return state

    def _function(self, node: cst.FunctionDef, state: State) -> State:
        for decorator in node.decorators:
            state = self.expression(decorator.decorator, state)
        state = self._defaults(node.params, state)
        if node.returns:
            self.expression(node.returns.annotation, state)
        # The body runs later, when fewer names may hold their entry value, never more.
        own = set(parameter_names(node.params))
        with self._nested_scope(set(self.flows)) as bound:
            self.body(node.body, UNREACHED)
        with self._nested_scope(own | bound):
            self.body(node.body, state - own - bound)
        return self._store(node.name.value, state)

    def _class(self, node: cst.ClassDef, state: State) -> State:
        for part in (*node.decorators, *node.bases, *node.keywords):
            state = self.expression(part, state)
        # Its methods see the kernel's names whatever the class assigns to: not followed.
        self._read_all(state.intersection(_names(node.body)))
        return self._store(node.name.value, state)

    # -- scopes ----------------------------------------------------------------------------

    @contextmanager
    def _loop(self) -> Iterator[list[State]]:
        outer, self._breaks = self._breaks, []
        try:
            yield self._breaks
        finally:
            self._breaks = outer

    @contextmanager
    def _hiding(self, names: set[str]) -> Iterator[None]:
        """Within, `names` are not the parameters of those names."""
        outer, self._hidden = self._hidden, self._hidden | names
        try:
            yield
        finally:
            self._hidden = outer

    @contextmanager
    def _nested_scope(self, hidden: set[str]) -> Iterator[set[str]]:
        """A scope whose assignments are its own: collects them, and no verdict comes of them."""
        outer_bound, self._bound = self._bound, set()
        outer_breaks, self._breaks = self._breaks, []
        before = {name: (f.overwritten, f.deleted) for name, f in self.flows.items()}
        try:
            with self._hiding(hidden):
                yield self._bound
        finally:
            self._bound, self._breaks = outer_bound, outer_breaks
            for name, (overwritten, deleted) in before.items():
                self.flows[name].overwritten = overwritten
                self.flows[name].deleted = deleted


def _children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What a node is made of, in order; `CSTNode.children` visits a copy and takes ten times."""
    for name in _child_fields(type(node)):
        child = getattr(node, name)
        if isinstance(child, cst.CSTNode):
            yield child
        elif type(child) is tuple or type(child) is list:
            for item in child:
                if isinstance(item, cst.CSTNode):
                    yield item


@cache
def _child_fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields that hold parts with a meaning, not white space and punctuation."""
    return tuple(
        f.name for f in fields(kind) if "whitespace" not in f.name and f.name not in _LAYOUT
    )


def _names(node: cst.CSTNode) -> Iterator[str]:
    if isinstance(node, cst.Name):
        yield node.value
    else:
        for child in _children(node):
            yield from _names(child)


def _target_names(target: cst.CSTNode) -> Iterator[str]:
    if isinstance(target, cst.Name):
        yield target.value
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from _target_names(element.value)


def _matches_all(pattern: cst.MatchPattern) -> bool:
    """`case _` and `case name`."""
    return isinstance(pattern, cst.MatchAs) and pattern.pattern is None


def _is_always_true(test: cst.BaseExpression) -> bool:
    if isinstance(test, cst.Name):
        return test.value == "True"
    return isinstance(test, cst.Integer) and test.evaluated_value != 0

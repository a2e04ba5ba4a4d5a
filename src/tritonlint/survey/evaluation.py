"""Flow analysis of expressions: which parameters they read, pass on or overwrite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import libcst as cst

from tritonlint.survey.concrete import (
    all_parameters,
    child_nodes,
    dotted_name,
    names_in,
    parameter_names,
    target_names,
)
from tritonlint.survey.facts.flows import Flow, ForwardedTo
from tritonlint.survey.facts.kernels import Use
from tritonlint.survey.idle import REFLECTION

#: The parameters that may still hold the value they had on entry; see `flow.py`.
State: TypeAlias = frozenset[str]

#: Arithmetic does not count as a read if its result only goes to a helper.
_ARITHMETIC = (
    cst.Name,
    cst.Integer,
    cst.Float,
    cst.BinaryOperation,
    cst.UnaryOperation,
    cst.Comparison,
    cst.ComparisonTarget,
)


@dataclass
class Noted:
    """What was noted about one parameter; `Flow` explains the fields."""

    read: bool = False
    overwritten: bool = False
    deleted: bool = False
    mentioned: bool = False
    forwards: list[ForwardedTo] = field(default_factory=list)

    def flow(self, name: str) -> Flow:
        """Return the verdict."""
        use = Use.OVERWRITTEN if self.overwritten else Use.UNUSED
        if self.forwards:
            use = Use.FORWARDED
        if self.read:
            use = Use.READ
        return Flow(name, use, self.overwritten, self.deleted, self.mentioned, tuple(self.forwards))


def _is_arithmetic(node: cst.CSTNode) -> bool:
    if not isinstance(node, _ARITHMETIC):
        return False
    return all(
        _is_arithmetic(child)
        for child in child_nodes(node)
        if isinstance(child, (cst.BaseExpression, cst.ComparisonTarget))
    )


class Evaluation:
    """Walks expressions in the order of execution, passing the state along.

    Args:
        noted: what happens to each parameter; filled on the way.
    """

    def __init__(self, noted: dict[str, Noted]) -> None:
        self.noted = noted
        self._breaks: list[State] = []
        self._bound: set[str] | None = None
        self._hidden: set[str] = set()

    # -- what happens to a name ------------------------------------------------------------

    def _load(self, name: str, state: State) -> None:
        if name in state:
            self.noted[name].read = True
        elif name in self.noted and name not in self._hidden:
            self.noted[name].mentioned = True
        if name in REFLECTION:
            self._read_all(state)

    def _read_all(self, names: Iterable[str]) -> None:
        for name in names:
            self.noted[name].read = True

    def _store(self, name: str, state: State) -> State:
        if self._bound is not None:
            self._bound.add(name)
        if name not in state:
            return state
        self.noted[name].overwritten = True
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
                # Defaults are evaluated now, before the body.
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
        for child in child_nodes(node):
            state = self.expression(child, state)
        return state

    def _call(self, node: cst.Call, state: State) -> State:
        state = self.expression(node.func, state)
        callee = dotted_name(node.func)
        exact = callee is not None and not any(arg.star for arg in node.args)
        for position, arg in enumerate(node.args):
            if exact and callee is not None and _is_arithmetic(arg.value):
                keyword = arg.keyword.value if arg.keyword else None
                to = ForwardedTo(callee, None if keyword else position, keyword)
                for name in names_in(arg.value):
                    if name in state:
                        self.noted[name].forwards.append(to)
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
        # The first iterable is evaluated outside; everything else in its own scope.
        outermost = node.for_in
        state = self.expression(outermost.iter, state)
        clauses = []
        clause: cst.CompFor | None = outermost
        while clause is not None:
            clauses.append(clause)
            clause = clause.inner_for_in
        hidden = {name for c in clauses for name in target_names(c.target)}
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

    # -- scopes ----------------------------------------------------------------------------

    @contextmanager
    def _hiding(self, names: set[str]) -> Iterator[None]:
        """Inside, `names` hide the parameters of the same names."""
        outer, self._hidden = self._hidden, self._hidden | names
        try:
            yield
        finally:
            self._hidden = outer

    @contextmanager
    def _nested_scope(self, hidden: set[str]) -> Iterator[set[str]]:
        """Enter a nested scope: collect what it assigns, and ignore these assignments outside."""
        outer_bound, self._bound = self._bound, set()
        outer_breaks, self._breaks = self._breaks, []
        before = {name: (f.overwritten, f.deleted) for name, f in self.noted.items()}
        try:
            with self._hiding(hidden):
                yield self._bound
        finally:
            self._bound, self._breaks = outer_bound, outer_breaks
            for name, (overwritten, deleted) in before.items():
                self.noted[name].overwritten = overwritten
                self.noted[name].deleted = deleted

"""Flow analysis of one kernel: what its body does with the value of each parameter.

The state is the set of parameters that may still hold the value they had on entry. Statements only
take names out of it, and where paths meet, the states are united. So a loop needs one pass: the
state after its body is part of the state before it. Code that no path reaches has the empty state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import libcst as cst

from tritonlint.survey.concrete import child_nodes, names_in, parameter_names
from tritonlint.survey.evaluation import Evaluation, Noted, State
from tritonlint.survey.facts.flows import Flow

UNREACHED: State = frozenset()


def analyze(function: cst.FunctionDef) -> list[Flow]:
    """Follow every path through `function`, and return what happens to each parameter."""
    names = parameter_names(function.params)
    analysis = _Analysis({name: Noted() for name in names})
    analysis.body(function.body, frozenset(names))
    return [noted.flow(name) for name, noted in analysis.noted.items()]


class _Analysis(Evaluation):
    """Walks statements, and the expressions in them."""

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
                for child in child_nodes(node):
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
                self._read_all(n.name.value for n in node.names if n.name.value in self.noted)
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
        for child in child_nodes(node):
            state = self.expression(child, state)
        return state

    def _delete(self, target: cst.BaseDelTargetExpression, state: State) -> State:
        # `del n` removes the name without reading its value.
        if isinstance(target, cst.Name):
            if target.value in self.noted:
                self.noted[target.value].deleted = True
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
        # An exception can come before the body's first assignment: handlers get the entry state.
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
                parts = list(child_nodes(node))
        for part in parts:
            state = self._pattern(part, state)
        return state

    def _function(self, node: cst.FunctionDef, state: State) -> State:
        for decorator in node.decorators:
            state = self.expression(decorator.decorator, state)
        state = self._defaults(node.params, state)
        if node.returns:
            self.expression(node.returns.annotation, state)
        # The body runs later, when the same or fewer names hold their entry value.
        own = set(parameter_names(node.params))
        with self._nested_scope(set(self.noted)) as bound:
            self.body(node.body, UNREACHED)
        with self._nested_scope(own | bound):
            self.body(node.body, state - own - bound)
        return self._store(node.name.value, state)

    def _class(self, node: cst.ClassDef, state: State) -> State:
        for part in (*node.decorators, *node.bases, *node.keywords):
            state = self.expression(part, state)
        # Its methods see the kernel's names, not those of the class: it is not followed.
        self._read_all(state.intersection(names_in(node.body)))
        return self._store(node.name.value, state)

    @contextmanager
    def _loop(self) -> Iterator[list[State]]:
        outer, self._breaks = self._breaks, []
        try:
            yield self._breaks
        finally:
            self._breaks = outer


def _matches_all(pattern: cst.MatchPattern) -> bool:
    """`case _` and `case name`."""
    return isinstance(pattern, cst.MatchAs) and pattern.pattern is None


def _is_always_true(test: cst.BaseExpression) -> bool:
    if isinstance(test, cst.Name):
        return test.value == "True"
    return isinstance(test, cst.Integer) and test.evaluated_value != 0

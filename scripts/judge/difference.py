"""How one module differs from another: what is gone, and which changes are not allowed.

A fix removes things: parameters, arguments, entries of lists and dictionaries, whole decorators,
and statements that only fed them. Every other change is a problem.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from judge.syntax import Function, callee, is_demoted, parameters, text

#: Lists of a decorator whose numbers and names are compared by the parameters that they mean.
INDEX_LISTS = ("do_not_specialize", "do_not_specialize_on_alignment")


@dataclass
class Difference:
    """What differs between two modules; nodes are from before the fix, unless said otherwise."""

    problems: list[tuple[int, str]] = field(default_factory=list)
    #: Functions that lost parameters or have other decorators, with what they have become.
    functions: list[tuple[Function, Function]] = field(default_factory=list)
    #: Calls that lost arguments, with what they have become.
    calls: list[tuple[ast.Call, ast.Call]] = field(default_factory=list)
    #: By identity, what each call that is left has become.
    twins: dict[int, ast.Call] = field(default_factory=dict)
    #: Entries that are gone from a list, a set, a tuple or a dictionary: the element or the key.
    entries: list[ast.expr] = field(default_factory=list)
    decorators: list[ast.expr] = field(default_factory=list)
    #: Statements that are gone, with the function or module after the fix that they are gone from.
    statements: list[tuple[ast.stmt, ast.AST]] = field(default_factory=list)
    #: Targets that have become `_`, with the function or module after the fix.
    unnamed: list[tuple[ast.Name, ast.AST]] = field(default_factory=list)


class Comparer:
    """Walks both modules at once."""

    def __init__(self) -> None:
        self.found = Difference()
        #: The function or module after the fix that is being compared now.
        self.scope: ast.AST = ast.Module([], [])
        self.hashes: dict[int, int] = {}
        # Nodes stay alive, so that no identity is used twice.
        self.kept: list[ast.AST] = []

    def compare(self, before: ast.Module, after: ast.Module) -> Difference:
        """All differences."""
        self.kept += [before, after]
        self.scope = after
        self._nodes(before, after)
        return self.found

    def _problem(self, node: ast.AST, text: str) -> None:
        self.found.problems.append((getattr(node, "lineno", 0), text))

    def _hash(self, node: Any) -> int:
        """A value that is equal for equal trees, wherever they are."""
        if isinstance(node, list):
            return hash(tuple(map(self._hash, node)))
        if not isinstance(node, ast.AST):
            return hash((type(node).__name__, node))
        known = self.hashes.get(id(node))
        if known is None:
            values = [self._hash(getattr(node, name, None)) for name in node._fields]
            known = self.hashes[id(node)] = hash((type(node).__name__, *values))
        return known

    def _same(self, before: Any, after: Any) -> bool:
        return self._hash(before) == self._hash(after)

    def _pair(self, before: ast.AST, after: ast.AST) -> None:
        """Note what the calls in an unchanged part have become."""
        for one, other in zip(ast.walk(before), ast.walk(after), strict=True):
            if isinstance(one, ast.Call) and isinstance(other, ast.Call):
                self.found.twins[id(one)] = other

    def _nodes(self, before: ast.AST, after: ast.AST) -> None:
        if self._same(before, after):
            self._pair(before, after)
            return
        if type(before) is not type(after):
            self._problem(before, f"`{text(before)}` has become `{text(after)}`")
        elif isinstance(before, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._functions(before, after)  # type: ignore[arg-type]
        elif isinstance(before, ast.Call):
            self._calls(before, after)  # type: ignore[arg-type]
        elif isinstance(before, (ast.List, ast.Tuple, ast.Set)):
            self._entries(before.elts, after.elts)  # type: ignore[attr-defined]
        elif isinstance(before, ast.Dict):
            self._dictionaries(before, after)  # type: ignore[arg-type]
        elif isinstance(before, ast.Import | ast.ImportFrom):
            self._imports(before, after)  # type: ignore[arg-type]
        elif _is_unnamed(before, after):
            self.found.unnamed.append((before, self.scope))  # type: ignore[arg-type]
        else:
            self._fields(before, after, before._fields)

    def _fields(self, before: ast.AST, after: ast.AST, names: Sequence[str]) -> None:
        for name in names:
            old, new = getattr(before, name, None), getattr(after, name, None)
            if isinstance(old, ast.AST) and isinstance(new, ast.AST):
                self._nodes(old, new)
            elif isinstance(old, list) and isinstance(new, list):
                if old and isinstance(old[0], ast.stmt):
                    self._statements(old, new, before)
                elif len(old) == len(new) and all(isinstance(o, ast.AST) for o in [*old, *new]):
                    for one, other in zip(old, new, strict=True):
                        self._nodes(one, other)
                elif not self._same(old, new):
                    self._problem(before, f"`{text(before)}` has become `{text(after)}`")
            elif not self._same(old, new):
                self._problem(before, f"`{text(before)}` has become `{text(after)}`")

    def _functions(self, before: Function, after: Function) -> None:
        was, now = parameters(before.args), parameters(after.args)
        if before.name != after.name:
            self._problem(before, f"{before.name} is called {after.name}")
        if [name for name in was if name in now] != list(now):
            self._problem(before, f"{before.name}({', '.join(was)}) takes ({', '.join(now)})")
        for name in was.keys() & now.keys():
            annotation = self._same(was[name][0], now[name][0]) or is_demoted(
                was[name][0], now[name][0]
            )
            if not annotation or not self._same(was[name][1], now[name][1]):
                self._problem(was[name][0], f"parameter {name} of {before.name} is another")
            for one, other in zip(was[name], now[name], strict=True):
                if one is not None and other is not None and not isinstance(one, ast.arg):
                    self._nodes(one, other)
        demoted = any(is_demoted(was[name][0], now[name][0]) for name in was.keys() & now.keys())
        listed = not self._same(before.decorator_list, after.decorator_list)
        if demoted or listed or was.keys() != now.keys():
            self.found.functions.append((before, after))
        place = 0
        for decorator in before.decorator_list:
            left = after.decorator_list[place:]
            if left and self._alike(decorator, left[0]):
                self._nodes(_without_lists(decorator), _without_lists(left[0]))
                place += 1
            else:
                self.found.decorators.append(decorator)
        for extra in after.decorator_list[place:]:
            self._problem(before, f"the decorator `{text(extra)}` is new")
        if not self._same(before.returns, after.returns):
            self._problem(before, f"{before.name} returns another type")
        outer, self.scope = self.scope, after
        self._statements(before.body, after.body, before)
        self.scope = outer

    def _alike(self, before: ast.expr, after: ast.expr) -> bool:
        """Whether a decorator has become another one, and was not removed."""
        return self._same(callee(before), callee(after))

    def _calls(self, before: ast.Call, after: ast.Call) -> None:
        self.found.twins[id(before)] = after
        self._nodes(before.func, after.func)
        arguments = _joined(before.args, after.args)
        lost = len(arguments) < len(before.args) or len(after.keywords) < len(before.keywords)
        if len(arguments) > len(before.args) or len(after.keywords) > len(before.keywords):
            self._problem(before, f"`{text(before)}` has become `{text(after)}`")
            return
        if lost or arguments != after.args:
            self.found.calls.append((before, after))
        self._subsequence(before.args, arguments, before)
        place = 0
        for keyword in before.keywords:
            if place < len(after.keywords) and after.keywords[place].arg == keyword.arg:
                self._nodes(keyword.value, after.keywords[place].value)
                place += 1
        if place < len(after.keywords):
            self._problem(before, f"`{text(before)}` has become `{text(after)}`")

    def _entries(self, before: list[ast.expr], after: list[ast.expr]) -> None:
        if len(after) < len(before):
            self.found.entries += self._subsequence(before, after, before[0])
        elif before:
            self._subsequence(before, after, before[0])
        else:
            self._problem(after[0], f"`{text(after[0])}` is new")

    def _dictionaries(self, before: ast.Dict, after: ast.Dict) -> None:
        place = 0
        for key, value in zip(before.keys, before.values, strict=True):
            if place < len(after.keys) and self._same(key, after.keys[place]):
                self._nodes(value, after.values[place])
                place += 1
            else:
                self.found.entries.append(key if key is not None else value)
        if place < len(after.keys):
            self._problem(before, f"`{text(before)}` has become `{text(after)}`")

    def _imports(self, before: ast.Import, after: ast.Import) -> None:
        """An import may lose names; uses of these are checked as for a removed statement."""
        old = [(alias.name, alias.asname) for alias in before.names]
        new = [(alias.name, alias.asname) for alias in after.names]
        rest = [name for name in ("module", "level") if hasattr(before, name)]
        if [name for name in old if name in new] != new or any(
            getattr(before, name) != getattr(after, name) for name in rest
        ):
            self._problem(before, f"`{text(before)}` has become `{text(after)}`")
            return
        gone = [alias for alias, key in zip(before.names, old, strict=True) if key not in new]
        self.found.statements.append((ast.copy_location(ast.Import(gone), before), self.scope))

    def _subsequence(
        self, before: list[ast.expr], after: list[ast.expr], where: ast.AST
    ) -> list[ast.expr]:
        """Match what is left with what was there; return what has no match, which is gone."""
        if len(before) == len(after):
            for one, other in zip(before, after, strict=True):
                self._nodes(one, other)
            return []
        gone, place = [], 0
        for number, one in enumerate(before):
            left_before, left_after = len(before) - number, len(after) - place
            if place < len(after) and (left_before == left_after or self._same(one, after[place])):
                self._nodes(one, after[place])
                place += 1
            else:
                gone.append(one)
        if place < len(after):
            self._problem(where, f"`{text(after[place])}` is new")
        return gone

    def _statements(self, before: list[ast.stmt], after: list[ast.stmt], where: ast.AST) -> None:
        old, new = list(map(self._hash, before)), list(map(self._hash, after))
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        for kind, i, j, k, m in matcher.get_opcodes():
            if kind == "equal":
                for one, other in zip(before[i:j], after[k:m], strict=True):
                    self._pair(one, other)
                continue
            place = k
            for number in range(i, j):
                statement = before[number]
                left = j - number == m - place
                if place < m and (left or _label(statement) == _label(after[place])):
                    if not _docstrings(statement, after[place]):
                        self._nodes(statement, after[place])
                    place += 1
                else:
                    self.found.statements.append((statement, self.scope))
            for extra in after[place:m]:
                # What is left of a body that was removed as a whole.
                if not isinstance(extra, ast.Pass):
                    self._problem(extra, f"`{text(extra)}` is new")
        if not after and before:
            self._problem(where, "a body is empty")


def _joined(before: list[ast.expr], after: list[ast.expr]) -> list[ast.expr]:
    """The arguments of a call, with the whole of what is unpacked in place of its parts.

    Binding the call shows whether they are the right parts.
    """
    wholes = {_whole(node): node for node in before if isinstance(node, ast.Starred)}
    joined: list[ast.expr] = []
    for node in after:
        whole = wholes.get(_whole(node)) if isinstance(node, (ast.Starred, ast.Subscript)) else None
        if whole is None:
            joined.append(node)
        elif not joined or joined[-1] is not whole:
            joined.append(whole)
    return after if list(map(text, joined)) == list(map(text, after)) else joined


def _whole(node: ast.expr) -> str:
    """`x.shape` of `*x.shape[1:]` and of `x.shape[0]`."""
    inner = node.value if isinstance(node, ast.Starred) else node
    return text(inner.value if isinstance(inner, ast.Subscript) else inner)


def _without_lists(decorator: ast.expr) -> ast.expr:
    """A decorator without the lists that are compared elsewhere, by what they mean."""
    if not isinstance(decorator, ast.Call):
        return decorator
    kept = [keyword for keyword in decorator.keywords if keyword.arg not in INDEX_LISTS]
    if not kept and not decorator.args:
        return decorator.func
    return ast.copy_location(ast.Call(decorator.func, decorator.args, kept), decorator)


def _is_unnamed(before: ast.AST, after: ast.AST) -> bool:
    """Whether a target of an assignment has become `_`."""
    names = isinstance(before, ast.Name) and isinstance(after, ast.Name) and after.id == "_"
    return names and isinstance(before.ctx, ast.Store)  # type: ignore[attr-defined]


def _label(statement: ast.stmt) -> object:
    """What a statement keeps when a part of it is removed."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return type(statement), statement.name
    if isinstance(statement, ast.Assign):
        return type(statement), tuple(map(text, statement.targets))
    if isinstance(statement, (ast.AugAssign, ast.AnnAssign)):
        return type(statement), text(statement.target)
    if isinstance(statement, ast.Expr):
        return type(statement), text(callee(statement.value))
    if isinstance(statement, ast.ImportFrom):
        return type(statement), statement.module
    return type(statement)


def _docstrings(before: ast.stmt, after: ast.stmt) -> bool:
    """Whether both are texts, and the second is the first with some lines removed."""
    values = [s.value.value for s in (before, after) if isinstance(s, ast.Expr)
              and isinstance(s.value, ast.Constant) and isinstance(s.value.value, str)]  # fmt: skip
    if len(values) != 2:
        return False
    lines = iter([line.strip() for line in values[0].splitlines()])
    return all(line.strip() in lines for line in values[1].splitlines())

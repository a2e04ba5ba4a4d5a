"""Whether a name surely has a value where it is read."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from tritonlint.survey.bodies import DEFINITIONS, TRY, always_leaves, blocks_of, statements_in
from tritonlint.survey.guards import lets_errors_through
from tritonlint.survey.nodes import assigned_names
from tritonlint.survey.scopes import Argument, Scope

_Place = tuple[int, int]


def is_surely_bound(node: ast.Name, scope: Scope) -> bool:
    """Whether reading a name never raises a `NameError`.

    It is a parameter, or a statement before binds it whatever happens. Where a function reads a
    name of the module, all of the module counts as before.
    """
    found = scope.lookup(node.id)
    if found is None:
        return False
    home, bounds = found
    if home.kind in ("class", "comprehension"):
        return home.kind == "comprehension"
    is_parameter = any(isinstance(bound, Argument) for bound in bounds)
    body = home.body
    if _is_deleted(node.id, body):
        return False
    if is_parameter:
        return True
    binding = _Binding(node.id, home)
    if home.parent is None and scope.nearest is not None:
        return binding.in_one_of(body)
    return binding.before((node.lineno, node.col_offset), body)


def _is_deleted(name: str, body: Iterable[ast.stmt]) -> bool:
    """Whether code deletes a name, as `except E as name` does in the end."""
    for statement in statements_in(body, with_definitions=False):
        if isinstance(statement, ast.Delete):
            if any(isinstance(t, ast.Name) and t.id == name for t in statement.targets):
                return True
        elif isinstance(statement, TRY) and any(h.name == name for h in statement.handlers):
            return True
    return False


class _Binding:
    """Looks for statements that bind a name whenever the next statement is reached."""

    def __init__(self, name: str, scope: Scope) -> None:
        self.name = name
        self.scope = scope

    def in_one_of(self, block: Iterable[ast.stmt]) -> bool:
        """Whether one of some statements binds the name."""
        return any(map(self._binds, block))

    def before(self, place: _Place, block: Iterable[ast.stmt]) -> bool:
        """Whether a statement before a place in the block binds the name."""
        for statement in block:
            if _end(statement) > place:
                return self._inside(statement, place)
            if self._binds(statement):
                return True
        return False

    def _inside(self, statement: ast.stmt, place: _Place) -> bool:
        for block in blocks_of(statement):
            if not _start(block) <= place < _end(block[-1]):
                continue
            match statement:
                case ast.FunctionDef(name) if name == self.name:
                    return True
                case ast.For(target, body=body) | ast.AsyncFor(target, body=body) if (
                    block is body and self._is_in(target)
                ):
                    return True
                case ast.With(items) | ast.AsyncWith(items) if self._is_given(items):
                    return True
                case ast.Try(body, orelse=orelse) if block is orelse and self.in_one_of(body):
                    return True
            return self.before(place, block)
        return False

    def _binds(self, statement: ast.stmt) -> bool:
        match statement:
            case ast.Assign(targets):
                return any(map(self._is_in, targets))
            case ast.AnnAssign(target, value=ast.expr()) | ast.AugAssign(target):
                return self._is_in(target)
            case ast.Import(names) | ast.ImportFrom(names=names):
                bound = (alias.asname or alias.name.partition(".")[0] for alias in names)
                return self.name in bound
            case ast.With(items, body) | ast.AsyncWith(items, body):
                if self._is_given(items):
                    return True
                passes = all(lets_errors_through(i.context_expr, self.scope) for i in items)
                return passes and self.in_one_of(body)
            case ast.If(_, body, orelse):
                return self._leaves_or_binds(body) and self._leaves_or_binds(orelse)
            case ast.Try(body, handlers, orelse, final):
                arms = [handler.body for handler in handlers]
                tried = self.in_one_of([*body, *orelse]) and all(map(self._leaves_or_binds, arms))
                return tried or self.in_one_of(final)
        return isinstance(statement, DEFINITIONS) and statement.name == self.name

    def _leaves_or_binds(self, block: Sequence[ast.stmt]) -> bool:
        return self.in_one_of(block) or any(map(always_leaves, block))

    def _is_given(self, items: Iterable[ast.withitem]) -> bool:
        return any(i.optional_vars is not None and self._is_in(i.optional_vars) for i in items)

    def _is_in(self, target: ast.expr) -> bool:
        return any(name == self.name for name in assigned_names(target))


def _start(block: Sequence[ast.stmt]) -> _Place:
    return block[0].lineno, block[0].col_offset


def _end(statement: ast.stmt) -> _Place:
    return statement.end_lineno or statement.lineno, statement.end_col_offset or 0

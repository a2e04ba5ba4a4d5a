"""A cheap test over `ast` that clears most parameters, so that few kernels need libcst."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from tritonlint.survey.scopes import Scope, chain, device_callees

#: Python 3.10 has no `except*`.
_TRY = (ast.Try, getattr(ast, "TryStar", ast.Try))
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
#: What these read is left to the full analysis.
_NOT_PLAIN = (*_TRY, *_COMPREHENSIONS, *_DEFINITIONS, ast.Match, ast.Import, ast.ImportFrom)
#: Where nodes keep names that are not nodes of their own, and `ast.Name` its name.
_NAME_FIELDS = frozenset({"id", "name", "asname", "arg", "rest"})
_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def plainly_read(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> set[str]:
    """Names that are read for certain while they hold what they had on entry: never wrong.

    The body must have no code that an earlier statement could cut off. Then a load before which
    some path has no store of the name is a read, unless it stands in the arguments of what may be
    a helper.
    """
    if _may_have_unreached_code(node.body):
        return set()
    reads = _Reads(scope)
    reads.visit_all(node.body, False)
    return reads.read


class _Reads:
    """Walks a body in the order of evaluation.

    `stored` are at least the names that every path has stored by then; too many are no harm.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.read: set[str] = set()
        self.stored: set[str] = set()
        self._handlers: dict[type, Callable[[ast.AST, bool], None]] = {
            ast.Name: self._name,
            ast.Constant: self._nothing,
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated_assign,
            ast.AugAssign: self._augmented_assign,
            ast.NamedExpr: self._walrus,
            ast.If: self._if,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.While: self._while,
            **dict.fromkeys(_NOT_PLAIN, self._store_all),
        }

    def visit(self, node: ast.AST, forwarding: bool) -> None:
        """Evaluate a node; `forwarding` inside the arguments of what may be a helper."""
        handler = self._handlers.get(type(node))
        if handler is not None:
            handler(node, forwarding)
            return
        for name in node._fields:
            child = getattr(node, name)
            if isinstance(child, list):
                self.visit_all((item for item in child if isinstance(item, ast.AST)), forwarding)
            elif isinstance(child, ast.AST):
                self.visit(child, forwarding)

    def visit_all(self, nodes: Iterable[ast.AST], forwarding: bool) -> None:
        """Evaluate nodes one after the other."""
        for node in nodes:
            self.visit(node, forwarding)

    def _nothing(self, node: ast.AST, forwarding: bool) -> None:
        pass

    def _name(self, node: ast.AST, forwarding: bool) -> None:
        assert isinstance(node, ast.Name)
        if not isinstance(node.ctx, ast.Load):
            self.stored.add(node.id)
        elif not forwarding and node.id not in self.stored:
            self.read.add(node.id)

    def _attribute(self, node: ast.AST, forwarding: bool) -> None:
        assert isinstance(node, ast.Attribute)
        self.visit(node.value, forwarding)

    def _call(self, node: ast.AST, forwarding: bool) -> None:
        assert isinstance(node, ast.Call)
        self.visit(node.func, forwarding)
        inside = forwarding or not _is_intrinsic(node.func, self.scope)
        self.visit_all(node.args, inside)
        self.visit_all([keyword.value for keyword in node.keywords], inside)

    def _assign(self, node: ast.AST, forwarding: bool) -> None:
        assert isinstance(node, ast.Assign)
        self.visit(node.value, False)
        self.visit_all(node.targets, False)

    def _annotated_assign(self, node: ast.AST, forwarding: bool) -> None:
        assert isinstance(node, ast.AnnAssign)
        self.visit(node.annotation, False)
        if node.value is not None:
            self.visit(node.value, False)
            self.visit(node.target, False)

    def _augmented_assign(self, node: ast.AST, forwarding: bool) -> None:
        assert isinstance(node, ast.AugAssign)
        if isinstance(node.target, ast.Name):
            self.visit(ast.Name(node.target.id, ast.Load()), False)
        self.visit(node.value, False)
        self.visit(node.target, False)

    def _walrus(self, node: ast.AST, forwarding: bool) -> None:
        assert isinstance(node, ast.NamedExpr)
        self.visit(node.value, forwarding)
        self.visit(node.target, forwarding)

    def _if(self, node: ast.AST, forwarding: bool) -> None:
        assert isinstance(node, ast.If)
        self.visit(node.test, False)
        before = set(self.stored)
        self.visit_all(node.body, False)
        taken, self.stored = self.stored, before
        self.visit_all(node.orelse, False)
        if any(_has_jump(statement) for statement in (*node.body, *node.orelse)):
            # Paths end here or there, and the names stored on those that go on are among these.
            self.stored |= taken
        else:
            self.stored &= taken

    def _for(self, node: ast.AST, forwarding: bool) -> None:
        assert isinstance(node, (ast.For, ast.AsyncFor))
        self.visit(node.iter, False)
        self._loop(node.body, node.orelse, node.target)

    def _while(self, node: ast.AST, forwarding: bool) -> None:
        assert isinstance(node, ast.While)
        self.visit(node.test, False)
        self._loop(node.body, node.orelse)

    def _loop(
        self, body: list[ast.stmt], orelse: list[ast.stmt], target: ast.expr | None = None
    ) -> None:
        # A body may run zero times.
        before = set(self.stored)
        if target is not None:
            self.visit(target, False)
        self.visit_all(body, False)
        self.stored = before
        self.visit_all(orelse, False)

    def _store_all(self, node: ast.AST, forwarding: bool) -> None:
        """Take every name in `node` for overwritten."""
        for part in ast.walk(node):
            for name in _NAME_FIELDS.intersection(part._fields):
                text = getattr(part, name)
                if isinstance(text, str):
                    self.stored.add(text.partition(".")[0])


def _is_intrinsic(function: ast.expr, scope: Scope) -> bool:
    """Whether a call is surely of Triton or of Python itself, and so reads its arguments."""
    dotted = chain(function)
    if dotted is None:
        # A method of some value: `tensor.to(...)`.
        return isinstance(function, ast.Attribute)
    return not device_callees(".".join((dotted[0], *dotted[1])), scope)


def _has_jump(statement: ast.stmt) -> bool:
    if isinstance(statement, _JUMPS):
        return True
    blocks = ("body", "orelse", "finalbody")
    return any(_has_jump(s) for name in blocks for s in getattr(statement, name, None) or ())


def _may_have_unreached_code(body: list[ast.stmt]) -> bool:
    for index, statement in enumerate(body):
        if index < len(body) - 1 and _may_end_path(statement):
            return True
        if isinstance(statement, ast.While) and isinstance(statement.test, ast.Constant):
            return True
        for block in ("body", "orelse"):
            if _may_have_unreached_code(getattr(statement, block, None) or []):
                return True
    return False


def _may_end_path(statement: ast.stmt) -> bool:
    """Whether possibly nothing goes on past the statement: every arm of it ends in a jump."""
    if isinstance(statement, ast.If):
        arms = (statement.body, statement.orelse)
        return all(arm and _may_end_path(arm[-1]) for arm in arms)
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        return _may_end_path(statement.body[-1])
    if isinstance(statement, (*_TRY, ast.Match)):
        return any(isinstance(part, _JUMPS) for part in ast.walk(statement))
    if isinstance(statement, (ast.For, ast.AsyncFor, ast.While)):
        return any(map(_may_end_path, statement.orelse[-1:]))
    return isinstance(statement, _JUMPS)

"""A cheap test over `ast` that settles most parameters, so that few kernels need libcst."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tritonlint.facts import Forward
from tritonlint.survey.bodies import SIMPLE
from tritonlint.survey.scopes import Chain, Scope, chain, device_callees

#: Python 3.10 has no `except*`.
_TRY = (ast.Try, getattr(ast, "TryStar", ast.Try))
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
#: What these read is left to the full analysis.
_NOT_PLAIN = (*_TRY, *_COMPREHENSIONS, *_DEFINITIONS, ast.Match, ast.Import, ast.ImportFrom)
#: Where nodes keep names that are not nodes of their own, and `ast.Name` its name.
_NAME_FIELDS = frozenset({"id", "name", "asname", "arg", "rest"})
#: With these a body can read any local by name.
REFLECTION = frozenset({"locals", "vars", "eval", "exec", "dir"})
_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


class Plain:
    """What can be told of the parameters of one kernel at a glance: never wrong."""

    def __init__(self) -> None:
        #: Names that are read for certain while they hold what they had on entry.
        self.read: set[str] = set()
        #: Names that go to another function in the same state, and as which argument of it.
        self.passed: dict[str, list[Forward]] = {}
        #: How often the body mentions each name; None if it was not looked at.
        self.mentions: Mapping[str, int] | None = None
        #: How many of these are plain stores.
        self.stores: defaultdict[str, int] = defaultdict(int)


def plain_uses(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> Plain:
    """What a kernel does with its parameters, as far as that is plain.

    The body must have no code that an earlier statement could cut off. Then a load before which
    some path has no store of the name is a read, unless the name stands alone, or in arithmetic,
    as the argument of what may be a helper.
    """
    if _may_have_unreached_code(node.body):
        return Plain()
    reads = _Reads(scope)
    reads.visit_all(node.body)
    return reads.plain


def read_by_helpers(plain: Mapping[str, Sequence[Plain]], kernels: Mapping[str, list[str]]) -> None:
    """Add what is read by a helper of the same file that gets it, through any depth.

    Both are by qualified name: what is plain of each definition, and positional parameters.
    """
    changed = True
    while changed:
        changed = False
        for uses in (uses for definitions in plain.values() for uses in definitions):
            for name, forwards in uses.passed.items():
                if name not in uses.read and any(
                    _reads(plain, kernels, forward) for forward in forwards
                ):
                    uses.read.add(name)
                    changed = True


def _reads(
    plain: Mapping[str, Sequence[Plain]], kernels: Mapping[str, list[str]], forward: Forward
) -> bool:
    for symbol in forward.callees:
        name = symbol.removeprefix(":")
        parameter = forward.keyword
        if forward.position is not None and forward.position < len(kernels.get(name, ())):
            parameter = kernels[name][forward.position]
        if any(parameter in uses.read for uses in plain.get(name, ())):
            return True
    return False


class _Reads:
    """Walks a body in the order of evaluation.

    `stored` are at least the names that every path has stored by then; too many are no harm. The
    scope need not know what the body binds: `bound` are the names that some path has stored, and
    `computed` those that hold a result then, and with that no helper's module or class.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.plain = Plain()
        self.mentions = self.plain.mentions = defaultdict[str, int](int)
        self.stored: set[str] = set()
        self.bound: set[str] = set()
        self.computed: set[str] = set()
        self._callees: dict[Chain, tuple[str, ...]] = {}

    def visit(self, node: ast.AST) -> None:
        """Evaluate a node."""
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            handler(self, node)
            return
        for name in node._fields:
            child = getattr(node, name)
            if isinstance(child, list):
                self.visit_all(item for item in child if isinstance(item, ast.AST))
            elif isinstance(child, ast.AST):
                self.visit(child)

    def visit_all(self, nodes: Iterable[ast.AST]) -> None:
        """Evaluate nodes one after the other."""
        for node in nodes:
            handler = _HANDLERS.get(type(node))
            if handler is not None:
                handler(self, node)
            else:
                self.visit(node)

    def _nothing(self, node: ast.AST) -> None:
        pass

    def _name(self, node: ast.Name) -> None:
        name = node.id
        self.mentions[name] += 1
        if not isinstance(node.ctx, ast.Load):
            self.plain.stores[name] += isinstance(node.ctx, ast.Store)
            self.stored.add(name)
            self.bound.add(name)
        elif name not in self.stored:
            self.plain.read.add(name)

    def _value(self, node: ast.Attribute | ast.Expr) -> None:
        self.visit(node.value)

    def _binary(self, node: ast.BinOp) -> None:
        self.visit(node.left)
        self.visit(node.right)

    def _comparison(self, node: ast.Compare) -> None:
        self.visit(node.left)
        self.visit_all(node.comparators)

    def _subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        self.visit(node.slice)

    def _call(self, node: ast.Call) -> None:
        self.visit(node.func)
        dotted = chain(node.func)
        callees = self._device_callees(dotted) if dotted else ()
        starred = any(isinstance(a, ast.Starred) for a in node.args)
        # Of what is of Triton or of Python itself every argument is read.
        exact = bool(callees) and not starred and all(k.arg for k in node.keywords)
        if dotted and dotted[0] in self.bound:
            # It may be anything, also a helper under another name; a result's method is none.
            exact, callees = not (dotted[1] and dotted[0] in self.computed), ()
        if not exact:
            self.visit_all(node.args)
            self.visit_all(keyword.value for keyword in node.keywords)
            return
        for position, argument in enumerate(node.args):
            self._argument(argument, Forward(callees, position, None))
        for keyword in node.keywords:
            self._argument(keyword.value, Forward(callees, None, keyword.arg))

    def _device_callees(self, dotted: Chain) -> tuple[str, ...]:
        """The same for each of the many calls of `tl.load`."""
        if dotted not in self._callees:
            self._callees[dotted] = device_callees(dotted, self.scope)
        return self._callees[dotted]

    def _argument(self, node: ast.expr, forward: Forward) -> None:
        if not _is_arithmetic(node):
            self.visit(node)
            return
        for part in (node,) if isinstance(node, ast.Name) else ast.walk(node):
            if isinstance(part, ast.Name):
                self.mentions[part.id] += 1
                if forward.callees and part.id not in self.stored:
                    self.plain.passed.setdefault(part.id, []).append(forward)

    def _assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        self.visit_all(node.targets)
        if self._is_computed(node.value):
            self.computed.update(t.id for t in node.targets if isinstance(t, ast.Name))

    def _is_computed(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Attribute):
            dotted = chain(node)
            if dotted is None:
                return True
            return dotted[0] not in self.bound and not self._device_callees(dotted)
        return isinstance(node, (ast.Call, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript))

    def _annotated_assign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)
        elif isinstance(node.target, ast.Name):
            self.mentions[node.target.id] += 1

    def _augmented_assign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._name(ast.Name(node.target.id, ast.Load()))
        self.visit(node.value)
        self.visit(node.target)

    def _walrus(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.visit(node.target)

    def _if(self, node: ast.If) -> None:
        self.visit(node.test)
        before = set(self.stored)
        self.visit_all(node.body)
        taken, self.stored = self.stored, before
        self.visit_all(node.orelse)
        if any(_has_jump(statement) for statement in (*node.body, *node.orelse)):
            # Paths end here or there, and the names stored on those that go on are among these.
            self.stored |= taken
        else:
            self.stored &= taken

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._loop(node.body, node.orelse, node.target)

    def _while(self, node: ast.While) -> None:
        self.visit(node.test)
        self._loop(node.body, node.orelse)

    def _loop(
        self, body: list[ast.stmt], orelse: list[ast.stmt], target: ast.expr | None = None
    ) -> None:
        # A body may run zero times.
        before = set(self.stored)
        if target is not None:
            self.visit(target)
        self.visit_all(body)
        self.stored = before
        self.visit_all(orelse)

    def _outer_names(self, node: ast.Global | ast.Nonlocal) -> None:
        for name in node.names:
            self.mentions[name] += 1
        self.stored.update(node.names)
        self.bound.update(node.names)

    def _store_all(self, node: ast.AST) -> None:
        """Take every name in `node` for overwritten."""
        for part in ast.walk(node):
            for name in _NAME_FIELDS.intersection(part._fields):
                text = getattr(part, name)
                if isinstance(text, str):
                    name_of = text.partition(".")[0]
                    self.mentions[name_of] += 1
                    self.stored.add(name_of)
                    self.bound.add(name_of)


#: Not kept by each object, which would then be part of a cycle, and its tree with it: such
#: memory comes back late.
_HANDLERS: dict[type, Callable[[_Reads, Any], None]] = {
    ast.Name: _Reads._name,
    ast.Constant: _Reads._nothing,
    ast.Attribute: _Reads._value,
    ast.Expr: _Reads._value,
    ast.BinOp: _Reads._binary,
    ast.Compare: _Reads._comparison,
    ast.Subscript: _Reads._subscript,
    ast.Call: _Reads._call,
    ast.Assign: _Reads._assign,
    ast.AnnAssign: _Reads._annotated_assign,
    ast.AugAssign: _Reads._augmented_assign,
    ast.NamedExpr: _Reads._walrus,
    ast.If: _Reads._if,
    ast.For: _Reads._for,
    ast.AsyncFor: _Reads._for,
    ast.While: _Reads._while,
    ast.Global: _Reads._outer_names,
    ast.Nonlocal: _Reads._outer_names,
    **dict.fromkeys(_NOT_PLAIN, _Reads._store_all),
    **dict.fromkeys((ast.Load, ast.Store, ast.Del), _Reads._nothing),
}


def _is_arithmetic(node: ast.AST) -> bool:
    """Whether the node is nothing but names, numbers and operators."""
    if isinstance(node, ast.Name):
        return True
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float, bool)
    if isinstance(node, ast.BinOp):
        return _is_arithmetic(node.left) and _is_arithmetic(node.right)
    if isinstance(node, ast.UnaryOp):
        return _is_arithmetic(node.operand)
    return isinstance(node, ast.Compare) and all(
        map(_is_arithmetic, (node.left, *node.comparators))
    )


def _has_jump(statement: ast.stmt) -> bool:
    if type(statement) in SIMPLE:
        return False
    if isinstance(statement, _JUMPS):
        return True
    blocks = ("body", "orelse", "finalbody")
    return any(_has_jump(s) for name in blocks for s in getattr(statement, name, None) or ())


def _may_have_unreached_code(body: list[ast.stmt]) -> bool:
    for index, statement in enumerate(body):
        if type(statement) in SIMPLE:
            continue
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

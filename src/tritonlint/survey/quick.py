"""A quick look at a kernel, which proves that most parameters are read.

It says nothing about the others: only the flow analysis (`flow.py`) says whether one is dead. Most
kernels read all parameters, and need nothing more than this.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tritonlint.survey.bodies import may_have_unreached_code
from tritonlint.survey.facts.kernels import Forward
from tritonlint.survey.facts.names import in_file
from tritonlint.survey.idle import NOTHING_IDLE, Idle, names_in
from tritonlint.survey.nodes import FunctionNode, chain, children, nodes_in
from tritonlint.survey.scopes import Scope
from tritonlint.survey.symbols import device_callees

#: Nodes that bind names in a way that only the flow analysis handles, and that hide names.
_SCOPES = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp),
    *(ast.Match, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal),
)


class SurelyRead:
    """What is certain about the parameters of one kernel.

    Attributes:
        read: names that some path loads while they hold their entry value.
        passed: names that go to other functions in that state, and as which argument.
        idle: statements without effect; `read` and `passed` ignore them.
    """

    def __init__(self, idle: Idle = NOTHING_IDLE) -> None:
        self.idle = idle
        self.read: set[str] = set()
        self.passed: dict[str, list[Forward]] = {}


def surely_read(node: FunctionNode, scope: Scope, idle: Idle = NOTHING_IDLE) -> SurelyRead:
    """Return what a kernel surely reads; `scope` is the scope of its body."""
    found = SurelyRead(idle)
    if not may_have_unreached_code(node.body):
        _Reads(scope, found).visit_all(node.body)
    return found


def read_by_helpers(kernels: Mapping[str, tuple[SurelyRead, Sequence[str]]]) -> None:
    """Add what the helpers of the same file surely read, through any depth.

    `kernels` has, by qualified name, what is certain about each, and its positional parameters.
    """
    waiting: dict[tuple[str, str], list[tuple[str, str]]] = {}
    pending: list[tuple[str, str]] = []
    for kernel, (found, _) in kernels.items():
        pending += [(kernel, name) for name in found.read]
        for name, forwards in found.passed.items():
            for target in _targets(forwards, kernels):
                waiting.setdefault(target, []).append((kernel, name))
    while pending:
        for kernel, name in waiting.pop(pending.pop(), ()):
            found, _ = kernels[kernel]
            if name not in found.read:
                found.read.add(name)
                pending.append((kernel, name))


def _targets(
    forwards: Iterable[Forward], kernels: Mapping[str, tuple[SurelyRead, Sequence[str]]]
) -> Iterator[tuple[str, str]]:
    for forward in forwards:
        for symbol in forward.callees:
            if symbol != in_file(symbol.path) or symbol.path not in kernels:
                continue
            _, positional = kernels[symbol.path]
            if forward.keyword is not None:
                yield symbol.path, forward.keyword
            elif forward.position is not None and forward.position < len(positional):
                yield symbol.path, positional[forward.position]


class _Reads:
    """Walks a body in the order of evaluation.

    `stored` are all names that earlier code has stored, except in other arms of branches. When
    a path comes to a load for the first time, it has passed no other code. So a name that is
    not in `stored` still holds its entry value.
    """

    def __init__(self, scope: Scope, found: SurelyRead) -> None:
        self.scope = scope
        self.found = found
        self.stored: set[str] = set()

    def visit_all(self, nodes: Iterable[ast.AST]) -> None:
        """Evaluate nodes one after the other."""
        for node in nodes:
            self.visit(node)

    def visit(self, node: ast.AST) -> None:
        """Evaluate a node."""
        kind = node.__class__
        if node in self.found.idle.statements:
            return
        if kind is ast.Name:
            if node.ctx.__class__ is not ast.Load:  # type: ignore[attr-defined]
                self.stored.add(node.id)  # type: ignore[attr-defined]
            elif node.id not in self.stored:  # type: ignore[attr-defined]
                self.found.read.add(node.id)  # type: ignore[attr-defined]
        elif kind is ast.Constant:
            return
        elif kind is ast.Call:
            self._call(node)  # type: ignore[arg-type]
        elif isinstance(node, (ast.If, ast.IfExp)):
            self._branch(node)
        elif isinstance(node, (ast.Assign, ast.For, ast.AsyncFor, ast.NamedExpr)):
            self._value_first(node)
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name) and node.target.id not in self.stored:
                self.found.read.add(node.target.id)
            self.visit(node.value)
            self.visit(node.target)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.visit(node.value)
                self.visit(node.target)
        elif isinstance(node, _SCOPES):
            self.stored.update(names_in(node))
        elif isinstance(node, ast.ExceptHandler) and node.name:
            self.stored.add(node.name)
            self.visit_all(node.body)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                self.visit_all(part for part in (key, value) if part is not None)
        else:
            self.visit_all(children(node))

    def _branch(self, node: ast.If | ast.IfExp) -> None:
        self.visit(node.test)
        before = set(self.stored)
        self.visit_all(node.body if isinstance(node.body, list) else [node.body])
        taken, self.stored = self.stored, before
        self.visit_all(node.orelse if isinstance(node.orelse, list) else [node.orelse])
        self.stored |= taken

    def _value_first(self, node: ast.Assign | ast.For | ast.AsyncFor | ast.NamedExpr) -> None:
        if isinstance(node, ast.Assign):
            self.visit(node.value)
            self.visit_all(node.targets)
        elif isinstance(node, ast.NamedExpr):
            self.visit(node.value)
            self.visit(node.target)
        else:
            self.visit(node.iter)
            self.visit(node.target)
            self.visit_all(node.body)
            self.visit_all(node.orelse)

    def _call(self, node: ast.Call) -> None:
        self.visit(node.func)
        dotted = chain(node.func)
        if dotted is None or any(isinstance(a, ast.Starred) for a in node.args):
            self.visit_all(node.args)
            self.visit_all(keyword.value for keyword in node.keywords)
            return
        callees = device_callees(dotted, self.scope)
        # A local may be another name of a helper; any other function reads its arguments.
        is_local = dotted[0] in self.scope.bindings
        for position, argument in enumerate(node.args):
            self._argument(argument, Forward(callees, position, None), is_local)
        for keyword in node.keywords:
            self._argument(keyword.value, Forward(callees, None, keyword.arg), is_local)

    def _argument(self, node: ast.expr, forward: Forward, is_local: bool) -> None:
        if not (forward.callees or is_local) or not _is_arithmetic(node):
            self.visit(node)
            return
        for part in nodes_in(node):
            if isinstance(part, ast.Name) and part.id not in self.stored and forward.callees:
                self.found.passed.setdefault(part.id, []).append(forward)


def _is_arithmetic(node: ast.AST) -> bool:
    """Whether the node consists of names, numbers and operators only."""
    match node:
        case ast.Name():
            return True
        case ast.Constant(value):
            return type(value) in (int, float, bool)
        case ast.BinOp(left, _, right):
            return _is_arithmetic(left) and _is_arithmetic(right)
        case ast.UnaryOp(_, operand):
            return _is_arithmetic(operand)
        case ast.Compare(left, _, comparators):
            return all(map(_is_arithmetic, (left, *comparators)))
    return False

"""Small faults that can be put into a source file, one at a time.

Text for people (docstrings, messages), type hints and the names in `__all__` are left alone: no
test has to check these letter by letter.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

_NEIGHBORS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}

#: What a function that found nothing returns, by the start of its type hint.
_NEUTRAL = {
    "bool": ("True", "False"),
    "tuple": ("()",),
    "list": ("[]",),
    "frozenset": ("frozenset()",),
    "set": ("set()",),
    "dict": ("{}",),
    "str": ("''",),
    "int": ("0",),
    "Iterator": ("iter(())",),
    "Iterable": ("()",),
    "Mapping": ("{}",),
}


@dataclass(frozen=True)
class Mutant:
    """One fault in one file.

    Attributes:
        path: the file, from the root of the checkout.
        lines: from the start of the statement to the end of what is changed.
        start, end: what is changed, as offsets into the file's bytes.
        number: its number among equal changes.
    """

    path: str
    lines: tuple[int, int]
    start: int
    end: int
    before: str
    after: str
    function: str
    number: int = 0

    @property
    def key(self) -> str:
        """A name that stays the same after lines were added above the fault."""
        parts = (self.path, self.function, self.before, self.after, str(self.number))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def apply(self, source: bytes) -> bytes:
        """The file with the fault in it."""
        return source[: self.start] + self.after.encode() + source[self.end :]


def mutants(path: str, source: bytes) -> list[Mutant]:
    """All faults of a file, in order; only those that result in another program."""
    found: list[Mutant] = []
    counts: dict[str, int] = {}
    tree = ast.parse(source)
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for function, statement, node, after in _Faults().of_module(tree):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        before = source[start:end].decode()
        lines = (min(statement.lineno, node.lineno), node.end_lineno)
        if isinstance(node, ast.expr) and ast.unparse(node) == _plain(after):
            continue
        mutant = Mutant(path, lines, start, end, before, after, function)
        number = counts[mutant.key] = counts.get(mutant.key, -1) + 1
        found.append(Mutant(path, lines, start, end, before, after, function, number))
    return found


#: The enclosing function, the statement, what is changed, and into what.
_Fault = tuple[str, ast.stmt, ast.AST, str]


class _Faults:
    """Goes through one file."""

    def of_module(self, tree: ast.Module) -> Iterator[_Fault]:
        yield from self._body(tree.body, "", "")

    def _body(self, body: list[ast.stmt], scope: str, hint: str) -> Iterator[_Fault]:
        for statement in body:
            for node, after in self._of_statement(statement, hint):
                yield scope, statement, node, after
            if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                returns = getattr(statement, "returns", None)
                inner = ast.unparse(returns) if returns is not None else ""
                yield from self._body(statement.body, f"{scope}.{statement.name}", inner)
                continue
            if _is_for_types(statement):
                continue
            for field in ("body", "orelse", "finalbody"):
                yield from self._body(getattr(statement, field, []), scope, hint)
            for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                yield from self._body(part.body, scope, hint)

    def _of_statement(self, statement: ast.stmt, hint: str) -> Iterator[tuple[ast.AST, str]]:
        """The faults of a statement itself, without those of the statements inside it."""
        match statement:
            case ast.FunctionDef():
                for default in (*statement.args.defaults, *statement.args.kw_defaults):
                    if default is not None:
                        yield from self._of_expression(default)
            case ast.Import() | ast.ImportFrom() | ast.ClassDef():
                return
            case ast.If() if _is_for_types(statement):
                return
            case ast.If() | ast.While():
                yield from _of_test(statement.test)
                yield from self._of_expression(statement.test)
            case ast.For():
                yield from self._of_expression(statement.iter)
            case ast.With():
                for item in statement.items:
                    yield from self._of_expression(item.context_expr)
            case ast.Match():
                for case in statement.cases:
                    if case.guard is not None:
                        yield from _of_test(case.guard)
                        yield from self._of_expression(case.guard)
            case ast.Raise() | ast.Continue() | ast.Break():
                yield statement, "pass"
            case ast.Return(value=value) if value is not None and not _is_text(value):
                for neutral in _neutral(hint):
                    yield value, neutral
                yield from self._of_expression(value)
            case ast.Expr(value=ast.Yield() | ast.YieldFrom() as value):
                yield statement, "yield from ()"
                if value.value is not None:
                    yield from self._of_expression(value.value)
            case ast.Expr(value=ast.Constant()):
                return
            case ast.Expr(value=ast.Call()):
                yield statement, "pass"
                yield from self._of_expression(statement.value)
            case ast.AugAssign():
                yield statement, "pass"
                yield from self._of_expression(statement.value)
            case ast.Assign() | ast.AnnAssign():
                targets = getattr(statement, "targets", None) or [statement.target]
                names = {t.id for t in targets if isinstance(t, ast.Name)}
                hint = ast.unparse(getattr(statement, "annotation", ast.Constant("")))
                if statement.value is not None and "__all__" not in names and hint != "TypeAlias":
                    yield from self._of_expression(statement.value)

    def _of_expression(self, node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
        match node:
            # Positions in it are wrong before Python 3.12, and it is text for people.
            case ast.JoinedStr():
                return
            case ast.Compare(ops=[op]) if type(op) in _NEIGHBORS:
                other = ast.Compare(node.left, [_NEIGHBORS[type(op)]()], node.comparators)
                yield node, f"({ast.unparse(other)})"
                for part in (node.left, *node.comparators):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part, repr(f"{part.value}-not")
            case ast.BoolOp():
                op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
                yield node, f"({ast.unparse(ast.BoolOp(op, node.values))})"
                for value in node.values:
                    rest = [v for v in node.values if v is not value]
                    left = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
                    yield node, f"({ast.unparse(left)})"
            case ast.UnaryOp(op=ast.Not()):
                yield node, f"({ast.unparse(node.operand)})"
            case ast.IfExp():
                yield from _of_test(node.test)
            case ast.comprehension():
                for test in node.ifs:
                    yield from _of_test(test)
            case ast.Constant(value=bool()):
                yield node, repr(not node.value)
            case ast.Constant(value=int()):
                yield node, f"({node.value + 1})"
        for child in ast.iter_child_nodes(node):
            yield from self._of_expression(child)


def _of_test(test: ast.expr) -> Iterator[tuple[ast.AST, str]]:
    """A negated condition, and one that is always or never true."""
    if not isinstance(test, (ast.Compare, ast.UnaryOp)):
        yield test, f"(not ({ast.unparse(test)}))"
    for always in ("True", "False"):
        yield test, always


def _neutral(hint: str) -> tuple[str, ...]:
    if "None" in hint.split(" | "):
        return ("None",)
    return _NEUTRAL.get(hint.partition("[")[0], ("None",))


def _plain(expression: str) -> str:
    return ast.unparse(ast.parse(expression, mode="eval"))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _is_for_types(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test)

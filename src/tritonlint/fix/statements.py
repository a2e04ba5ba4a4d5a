"""Removes statements, and names of imports, from a file as a careful person would."""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from tritonlint.fix.filetext import FileText, UneditableError
from tritonlint.fix.layout import Bracketed, Cut, Item, cuts, merged
from tritonlint.fix.lines import comment_above, is_code
from tritonlint.span import Span

_LINE_REST = re.compile(r"[ \t\f]*(?:#[^\r\n]*)?(\r\n|\r|\n|\Z)")
_EMPTY_LINE = re.compile(r"[ \t\f]*(?:\r\n|\r|\n)")
#: How the other arm of an `if` begins.
_ARM = re.compile(r"(?<![^\r\n])[ \t\f]*(?:else[ \t\f]*:|elif\b)")
_EQUALS = re.compile(r"[ \t\f]*=(?![ \t\f]*\\)[ \t\f]*")
_SEPARATOR = re.compile(r"[ \t\f]*;[ \t\f]*")

#: The parts of a condition that can be removed with the code that it guards.
_PLAIN = (
    *(ast.Name, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Attribute),
    *(ast.cmpop, ast.boolop, ast.unaryop, ast.expr_context),
)
_Import: TypeAlias = ast.Import | ast.ImportFrom


def statement_cuts(text: FileText, spans: set[Span], line_length: int) -> list[Cut]:
    """Return the cuts that remove the statements at those spans, and names of imports.

    Raises:
        UneditableError: they are not there.
    """
    return _Statements(text, spans, line_length).cuts()


class _Statements:
    def __init__(self, text: FileText, spans: set[Span], line_length: int) -> None:
        self.text = text
        self.line_length = line_length
        self.rows = sorted({span.row for span in spans})
        self.spans = spans
        self.place = text.places
        self.gone: set[ast.AST] = set()
        self.found: list[Cut] = []
        self._seen = 0

    def cuts(self) -> list[Cut]:
        """Return all cuts."""
        self._mark(self.text.tree)
        if self._seen < len(self.spans):
            raise UneditableError("a statement is not where it was seen")
        self._cut(self.text.tree)
        return merged(self.found)

    # -- what is removed -------------------------------------------------------------------

    def _mark(self, node: ast.AST) -> None:
        """Mark what is removed inside a node, and each `if` that becomes empty."""
        for block in _blocks(node):
            for statement in self._touched(block):
                if isinstance(statement, (ast.Import, ast.ImportFrom)):
                    gone = [alias for alias in statement.names if self._is_named(alias)]
                    self.gone.update(gone)
                    if len(gone) == len(statement.names):
                        self.gone.add(statement)
                elif isinstance(statement, ast.Assign):
                    self._targets(statement)
                if self._is_named(statement):
                    self.gone.add(statement)
                else:
                    self._mark(statement)
        if (
            isinstance(node, ast.If)
            and self.gone
            and all(statement in self.gone for statement in (*node.body, *node.orelse))
            and all(isinstance(part, _PLAIN) for part in ast.walk(node.test))
        ):
            self.gone.add(node)

    def _targets(self, statement: ast.Assign) -> None:
        """Remove names among several targets."""
        first, *others = statement.targets
        if others:
            named = [target for target in statement.targets if self._is_named(target)]
            if len(named) == len(statement.targets):
                self.gone.add(statement)
            else:
                self.found += map(self._target, named)
        elif isinstance(first, ast.Tuple):
            self._unpacking(statement, first, statement.value)

    def _unpacking(self, statement: ast.Assign, target: ast.Tuple, value: ast.expr) -> None:
        """Remove names from an unpacking, with their values or, if these stay, for a `_`."""
        parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
        gone: list[int] = []
        for place, element in enumerate(target.elts):
            if isinstance(element, ast.Tuple) and place < len(parts):
                self._unpacking(statement, element, parts[place])
            elif isinstance(element, ast.Name) and self._is_named(element):
                if place < len(parts) and self._is_named(parts[place]):
                    gone.append(place)
                else:
                    self.found.append(Cut(*self._range(element), "_"))
        if not gone:
            return
        kept = [place for place in range(len(parts)) if place not in gone]
        if not kept:
            self.gone.add(statement)
        elif len(kept) == 1:
            self.found += self._only(target, target.elts[kept[0]])
            self.found += self._only(value, parts[kept[0]])
        else:
            self.found += self._without(target, target.elts, gone)
            self.found += self._without(value, parts, gone)

    def _only(self, whole: ast.expr, part: ast.expr) -> Iterator[Cut]:
        """Replace a tuple by one of its elements."""
        (start, end), (first, last) = self._range(whole), self._range(part)
        needs_brackets = part.lineno != part.end_lineno or isinstance(part, ast.NamedExpr)
        yield Cut(start, first, "(" if needs_brackets else "")
        yield Cut(last, end, ")" if needs_brackets else "")

    def _without(
        self, whole: ast.expr, parts: Sequence[ast.expr], gone: Sequence[int]
    ) -> list[Cut]:
        """Cut elements out of a tuple or a list that keeps others."""
        begin, stop = self._range(whole)
        if begin < self._range(parts[0])[0] and stop > self._range(parts[-1])[1]:
            begin, stop = begin + 1, stop - 1
        # Some of its lines may change otherwise, so they are not joined.
        return cuts(self.text.text, self._bracketed(parts, begin, stop), gone, line_length=0)

    def _target(self, target: ast.expr) -> Cut:
        """Cut one of several targets: `a = ` in `a = b = 1`."""
        start, end = self._range(target)
        sign = _EQUALS.match(self.text.text, end)
        if sign is None:
            raise UneditableError("a target of an assignment is in brackets")
        return Cut(start, sign.end())

    def _is_named(self, node: ast.stmt | ast.alias | ast.expr) -> bool:
        named = self._is_touched(node) and self.place.span(node) in self.spans
        self._seen += named
        return named

    def _touched(self, block: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Return the statements of a block with a removal on one of their rows."""
        return [block[i] for i in self._reach(block) if self._is_touched(block[i])]

    def _reach(self, block: Sequence[ast.stmt]) -> range:
        """Return the places of the statements from the first to the last of these."""
        first = bisect.bisect_left(block, self.rows[0], key=lambda s: s.end_lineno or s.lineno)
        return range(
            first, bisect.bisect_right(block, self.rows[-1], first, key=lambda s: s.lineno)
        )

    def _is_touched(self, node: ast.stmt | ast.alias | ast.expr) -> bool:
        """Whether something is removed on one of the rows of a node."""
        place = bisect.bisect_left(self.rows, node.lineno)
        return place < len(self.rows) and self.rows[place] <= (node.end_lineno or node.lineno)

    # -- cuts ------------------------------------------------------------------------------

    def _cut(self, node: ast.AST) -> None:
        for block in _blocks(node):
            if all(statement in self.gone for statement in block):
                self._emptied(node, block)
                continue
            for first, last in self._runs(block):
                self._lines(block, first, last)
            for statement in self._touched(block):
                if statement in self.gone:
                    continue
                if isinstance(statement, (ast.Import, ast.ImportFrom)):
                    self._names(statement)
                self._cut(statement)

    def _emptied(self, owner: ast.AST, block: Sequence[ast.stmt]) -> None:
        """Empty a block whose owner stays."""
        start, end = self._range(block[0])[0], self._range(block[-1])[1]
        if isinstance(owner, ast.If) and block is owner.orelse:
            above = self._range(owner.body[-1])[1]
            # The statement itself begins with `elif`.
            arm = _ARM.search(self.text.text, above, start + len("elif "))
            rest = _LINE_REST.match(self.text.text, end)
            if arm is not None and rest is not None:
                self.found.append(Cut(arm.start(), rest.end()))
                return
        self.found.append(Cut(start, end, "pass"))

    def _runs(self, block: Sequence[ast.stmt]) -> Iterator[tuple[int, int]]:
        """Yield the first and the last of removed statements on neighboring lines."""
        first: int | None = None
        for index in self._reach(block):
            statement = block[index]
            if statement not in self.gone:
                first = None
                continue
            first = index if first is None else first
            following = block[index + 1] if index + 1 < len(block) else None
            if (
                following is None
                or following not in self.gone
                or following.lineno > (statement.end_lineno or 0) + 1
            ):
                yield first, index
                first = None

    def _lines(self, block: Sequence[ast.stmt], first: int, last: int) -> None:
        """Cut statements that follow each other, with the lines that only they use."""
        text = self.text.text
        start, end = self._range(block[first])[0], self._range(block[last])[1]
        line = self.text.starts[block[first].lineno - 1]
        rest = _LINE_REST.match(text, end)
        if text[line:start].strip() or rest is None:
            self.found.append(self._beside(start, end))
            return
        start, end = line, rest.end()
        # A comment above is only about these if no other statement follows on the next line.
        is_last = last + 1 == len(block)
        if is_last or block[last + 1].lineno > (block[last].end_lineno or 0) + 1:
            above = comment_above(text, start)
            # Code that is commented out may go on below.
            start = start if any(map(is_code, text[above:start].splitlines())) else above
        above, below = self._empty_above(start), self._empty_below(end)
        if is_last:
            start = above
        elif above < start or first == 0:
            end = below
        self.found.append(Cut(start, end))

    def _beside(self, start: int, end: int) -> Cut:
        """Cut a statement that shares its line with others: `a = 1; b = 2`."""
        after = _SEPARATOR.match(self.text.text, end)
        if after is not None and _LINE_REST.match(self.text.text, after.end()) is None:
            return Cut(start, after.end())
        before = self.text.text[:start].rstrip(" \t\f")
        if before.endswith(";"):
            return Cut(len(before[:-1].rstrip(" \t\f")), end if after is None else after.end())
        raise UneditableError("a statement shares its line with something else")

    def _empty_above(self, start: int) -> int:
        row = bisect.bisect_left(self.text.starts, start)
        while row > 0 and _EMPTY_LINE.match(self.text.text, self.text.starts[row - 1]):
            row -= 1
        return self.text.starts[row]

    def _empty_below(self, end: int) -> int:
        while (empty := _EMPTY_LINE.match(self.text.text, end)) is not None:
            end = empty.end()
        return end

    def _names(self, statement: _Import) -> None:
        """Cut names out of an import that keeps others."""
        dropped = [index for index, alias in enumerate(statement.names) if alias in self.gone]
        if not dropped:
            return
        start, end = self._range(statement)
        first = self._range(statement.names[0])[0]
        opening = self.text.text.rfind("(", start, first)
        begin, stop = (opening + 1, end - 1) if opening >= 0 else (first, end)
        sequence = self._bracketed(statement.names, begin, stop)
        self.found += cuts(self.text.text, sequence, dropped, self.line_length)

    def _bracketed(
        self, nodes: Sequence[ast.expr] | Sequence[ast.alias], begin: int, stop: int
    ) -> Bracketed:
        """Return the nodes between two places, each with its comma."""
        places = [self._range(node) for node in nodes]
        items = []
        for (start, end), limit in zip(places, [p[0] for p in places[1:]] + [stop], strict=True):
            comma = self.text.text.find(",", end, limit)
            items.append(Item(start, end, comma if comma >= 0 else None))
        return Bracketed(begin, stop, tuple(items))

    def _range(self, node: ast.stmt | ast.alias | ast.expr) -> tuple[int, int]:
        return self.text.range(self.place.span(node))


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of statements of a node."""
    parts: Iterable[ast.AST] = (node, *getattr(node, "handlers", ()), *getattr(node, "cases", ()))
    for part in parts:
        for field in ("body", "orelse", "finalbody"):
            block = getattr(part, field, None)
            if isinstance(block, list) and block:
                yield block

"""The text of a file, addressed as `ast` does it, in rows and UTF-8 columns."""

from __future__ import annotations

import ast
import bisect
import io
import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property

from tritonlint.source import split_lines
from tritonlint.span import Span
from tritonlint.survey.nodes import chain, nodes_in

_NAME = re.compile(r"(?:async\s+)?def\s+")
_IDENTIFIER = re.compile(r"\w+")
_TYPE_COMMENT = re.compile(r"#\s*type:")
_SPACE = re.compile(r"\s+")


class Text:
    """Lines of a file, with the spans and the source of `ast` nodes."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = split_lines(source)
        self._ascii = source.isascii()
        self._comments: dict[int, tuple[int, str]] | None = None

    @cached_property
    def _starts(self) -> list[int]:
        """The places in the source where its lines start."""
        return list(itertools.accumulate(map(len, self.lines), initial=0))

    def _column(self, row: int, utf8_column: int) -> int:
        if self._ascii:
            return utf8_column
        line = self.lines[row - 1]
        return len(line.encode()[:utf8_column].decode(errors="ignore"))

    def span(self, node: ast.AST) -> Span:
        """Return the span of the node."""
        row: int = node.lineno  # type: ignore[attr-defined]
        end_row: int = node.end_lineno  # type: ignore[attr-defined]
        if self._ascii:
            return Span(row, node.col_offset + 1, end_row, node.end_col_offset + 1)  # type: ignore[attr-defined]
        start = self._column(row, node.col_offset)  # type: ignore[attr-defined]
        end = self._column(end_row, node.end_col_offset)  # type: ignore[attr-defined]
        return Span(row, start + 1, end_row, end + 1)

    def block(self, statements: Sequence[ast.stmt | ast.expr]) -> Span:
        """Return the span of statements that follow each other, or of an expression."""
        return Span(*self.span(statements[0])[:2], *self.span(statements[-1])[2:])

    def parameter(self, arg: ast.arg, default: ast.expr | None) -> Span:
        """Return the span of a parameter with its annotation and default."""
        at = self.span(arg)
        return Span(*at[:2], *(self.span(default) if default is not None else at)[2:])

    def body_row(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        """The first line of a function's body; beyond its last if it begins beside the `def`."""
        first = node.body[0]
        row = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", ()))])
        line = self.lines[row - 1]
        beside = row == first.lineno and len(line) - len(line.lstrip()) < first.col_offset
        return (node.end_lineno or node.lineno) + 1 if beside else row

    def name_span(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Span:
        """Return the span of a function's name in its `def` line."""
        start = self._column(node.lineno, node.col_offset)
        match = _NAME.match(self.lines[node.lineno - 1], start)
        column = match.end() if match else start
        return Span(node.lineno, column + 1, node.lineno, column + len(node.name) + 1)

    def of(self, node: ast.AST) -> str:
        """Return the node's source."""
        return self.within(self.span(node))

    def within(self, span: Span) -> str:
        """Return the source of a span."""
        if span.row == span.end_row:
            return self.lines[span.row - 1][span.column - 1 : span.end_column - 1]
        first = self.lines[span.row - 1][span.column - 1 :]
        last = self.lines[span.end_row - 1][: span.end_column - 1]
        return "".join([first, *self.lines[span.row : span.end_row - 1], last])

    def identifier(self, span: Span) -> str:
        """Return the identifier at the start of a span, as it is spelled."""
        match = _IDENTIFIER.match(self.lines[span.row - 1], span.column - 1)
        return match.group() if match else ""

    def mentions(self, word: str, most: int) -> list[Span] | None:
        """Return every place of a word, in code or elsewhere; None if there are too many."""
        if self.source.count(word) > 4 * most:
            return None
        found = []
        end = 0
        while (start := self.source.find(word, end)) >= 0:
            end = start + len(word)
            around = self.source[max(start - 1, 0) : start] + self.source[end : end + 1]
            if not _IDENTIFIER.search(around):
                row = bisect.bisect_right(self._starts, start)
                column = start - self._starts[row - 1] + 1
                found.append(Span(row, column, row, column + len(word)))
        return found if len(found) <= most else None

    def may_be_in_comment(self, span: Span) -> bool:
        """Whether a `#` stands before a place on its line."""
        return "#" in self.lines[span.row - 1][: span.column - 1]

    def is_in_comment(self, span: Span) -> bool:
        """Whether a place is in a comment that is not about types."""
        if self._comments is None:
            self._comments = {row: (at, comment) for row, at, comment in comments(self.source)}
        at, comment = self._comments.get(span.row, (span.column, ""))
        return at < span.column and not _TYPE_COMMENT.match(comment)

    def function(self, node: ast.expr) -> str:
        """Return a function as a message shows it, also one without a name: `f(...)`."""
        if isinstance(node, ast.Call) and (dotted := chain(node.func)) is not None:
            return f"{'.'.join((dotted[0], *dotted[1]))}(...)"
        return self.one_line(node, 40)

    def one_line(self, node: ast.AST, limit: int = 80) -> str:
        """Return the node's source as one line, shortened."""
        text = _SPACE.sub(" ", self.of(node)).strip()
        return text if len(text) <= limit else text[: limit - 3] + "..."

    def definition(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        without: Collection[ast.stmt] = (),
    ) -> str:
        """Return a function without decorators as a module; an indented one is in `if 1:`.

        The statements `without` are replaced by `pass`. Brackets around the target of an
        annotation, which libcst does not know, are left out.
        """
        lines = self.lines[node.lineno - 1 : node.end_lineno]
        annotated = [
            part
            for part in nodes_in(node)
            if isinstance(part, ast.AnnAssign) and not part.simple and part not in without
        ]
        # Going from the last to the first keeps the columns valid.
        for part in sorted(annotated, key=lambda p: p.col_offset, reverse=True):
            row = part.lineno - node.lineno
            lines[row] = self._without_brackets(part, lines[row])
        for span in sorted(map(self.span, without), reverse=True):
            first, last = span.row - node.lineno, span.end_row - node.lineno
            tail = lines[last][span.end_column - 1 :]
            lines[first : last + 1] = [lines[first][: span.column - 1] + "pass" + tail]
        source = "".join(lines)
        return source if node.col_offset == 0 else f"if 1:\n{source}"

    def _without_brackets(self, node: ast.AnnAssign, line: str) -> str:
        start, target = self.span(node), self.span(node.target)
        if start.row != target.end_row:
            return line
        name = line[target.column - 1 : target.end_column - 1]
        _, colon, rest = line[target.end_column - 1 :].partition(":")
        return line[: start.column - 1] + name + colon + rest


def comments(source: str) -> Iterator[tuple[int, int, str]]:
    """Yield the row, the column (from 0) and the text of every comment."""
    # Few files need it, and this import is slow.
    import tokenize

    try:
        for token in tokenize.generate_tokens(io.StringIO(source, newline="").readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.start[1], token.string
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return

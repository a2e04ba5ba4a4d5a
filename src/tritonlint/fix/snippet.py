"""A piece of a file, parsed by libcst, whose nodes know their offsets in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Protocol, cast

import libcst as cst
from libcst.metadata import CodeRange, WhitespaceInclusivePositionProvider

from tritonlint.fix.filetext import FileText, UneditableError
from tritonlint.fix.layout import Bracketed, Item
from tritonlint.recursion import room_for_deep_trees
from tritonlint.span import Span

_SPACE = re.compile(r"\s*")


class FunctionRows(Protocol):
    """The lines of a function: its first, with decorators, the first of its body, and its last."""

    @property
    def first_row(self) -> int: ...
    @property
    def body_row(self) -> int: ...
    @property
    def last_row(self) -> int: ...


class _Positions(WhitespaceInclusivePositionProvider):
    """Where the nodes of a module are.

    The provider for syntax leaves out brackets around an expression. A `MetadataWrapper` would
    walk the module once more, for providers of another kind.
    """

    def of(self, module: cst.Module) -> Mapping[cst.CSTNode, CodeRange]:
        """Return the positions of all nodes."""
        self._gen_impl(module)
        return cast("Mapping[cst.CSTNode, CodeRange]", self._computed)


class Snippet:
    """Parsed source that begins at `offset` of a file, after a `prefix` that makes it valid."""

    def __init__(self, source: str, offset: int, prefix: str = "", suffix: str = "") -> None:
        try:
            with room_for_deep_trees():
                self.module = cst.parse_module(prefix + source + suffix)
                self._positions = _Positions().of(self.module)
        except (cst.ParserSyntaxError, RecursionError) as error:
            raise UneditableError(f"libcst cannot parse it: {error}".partition("\n")[0]) from error
        self._text = FileText(prefix + source + suffix)
        self._shift = offset - len(prefix)
        self._parameters: tuple[Bracketed, Mapping[str, int]] | None = None

    @classmethod
    def of_expression(cls, text: FileText, span: Span) -> tuple[Snippet, cst.BaseExpression]:
        """Parse the expression at a span."""
        start, end = text.range(span)
        # Between brackets, it may have several lines.
        snippet = cls._parsed(text, start, end, "(", ")")
        statement = snippet.module.body[0]
        if isinstance(statement, cst.SimpleStatementLine):
            expression = statement.body[0]
            if isinstance(expression, cst.Expr):
                return snippet, expression.value
        raise UneditableError(f"no expression at line {span.row}")

    @classmethod
    def of_function(cls, text: FileText, rows: FunctionRows) -> tuple[Snippet, cst.FunctionDef]:
        """Parse a function's decorators and signature, without a body that begins below them."""
        start, end = text.starts[rows.first_row - 1], text.starts[rows.body_row - 1]
        indentation = _SPACE.match(text.text, end)
        body = (
            f"{indentation[0] if indentation else ''}pass" if rows.body_row <= rows.last_row else ""
        )
        prefix = "if 1:\n" if text.text[start : start + 1] in (" ", "\t", "\f") else ""
        snippet = cls._parsed(text, start, end, prefix, body)
        statement: cst.CSTNode = snippet.module.body[0]
        if isinstance(statement, cst.If):
            statement = statement.body.body[0]
        if not isinstance(statement, cst.FunctionDef):
            raise UneditableError(f"no function at line {rows.first_row}")
        return snippet, statement

    @classmethod
    @lru_cache(maxsize=256)
    def _parsed(cls, text: FileText, start: int, end: int, prefix: str, suffix: str) -> Snippet:
        """Return a parsed part of a text, parsed once for all findings."""
        return cls(text.text[start:end], start, prefix, suffix)

    def start(self, node: cst.CSTNode) -> int:
        """The offset in the file at which the node begins."""
        place = self._positions[node].start
        return self._text.offset(place.line, place.column + 1) + self._shift

    def end(self, node: cst.CSTNode) -> int:
        """The offset in the file after the node, with the white space that belongs to it."""
        place = self._positions[node].end
        return self._text.offset(place.line, place.column + 1) + self._shift

    # -- sequences -------------------------------------------------------------------------

    def arguments(self, call: cst.Call) -> Bracketed:
        """Return a call's arguments."""
        opening = self.end(call.func) + len(_code(call.whitespace_after_func))
        items = [self._item(a, a.value, a.comma) for a in call.args]
        end = self.end(call) - sum(len(_code(r)) for r in call.rpar) - 1
        return Bracketed(opening + 1, end, tuple(items))

    def elements(self, node: cst.List | cst.Tuple | cst.Set | cst.Dict) -> Bracketed:
        """Return the elements of a literal."""
        opening, closing = _brackets(node)
        items = [self._item(e, e.value, e.comma) for e in node.elements]
        return Bracketed(
            self.start(opening) + 1,
            self.end(closing) - 1,
            tuple(items),
            keeps_comma=isinstance(node, cst.Tuple),
        )

    def parameters(self, function: cst.FunctionDef) -> tuple[Bracketed, Mapping[str, int]]:
        """Return a signature with `/` and `*` among its items, and the item of each name."""
        if self._parameters is None:
            self._parameters = self._items_of(function)
        return self._parameters

    def _items_of(self, function: cst.FunctionDef) -> tuple[Bracketed, Mapping[str, int]]:
        parameters = function.params
        nodes: list[cst.CSTNode] = [*parameters.posonly_params]
        if isinstance(parameters.posonly_ind, cst.ParamSlash):
            nodes.append(parameters.posonly_ind)
        nodes += parameters.params
        if isinstance(parameters.star_arg, (cst.ParamStar, cst.Param)):
            nodes.append(parameters.star_arg)
        nodes += parameters.kwonly_params
        if parameters.star_kwarg is not None:
            nodes.append(parameters.star_kwarg)
        items: list[Item] = []
        names: dict[str, int] = {}
        for node in nodes:
            if isinstance(node, cst.Param):
                names[node.name.value] = len(items)
                annotation = node.annotation.annotation if node.annotation else None
                items.append(self._item(node, node.default or annotation or node.name, node.comma))
            else:
                names["/" if isinstance(node, cst.ParamSlash) else "*"] = len(items)
                comma = node.comma  # type: ignore[attr-defined]
                start = self.start(node)
                items.append(Item(start, start + 1, self._comma(comma)))
        opening = self.end(function.name) + len(_code(function.whitespace_after_name))
        end = self.end(parameters)
        return Bracketed(opening + 1, end, tuple(items)), names

    def _item(
        self,
        node: cst.CSTNode,
        last: cst.CSTNode,
        comma: cst.Comma | cst.MaybeSentinel,
    ) -> Item:
        return Item(self.start(node), self.end(last), self._comma(comma))

    def _comma(self, comma: cst.Comma | cst.MaybeSentinel) -> int | None:
        if not isinstance(comma, cst.Comma):
            return None
        before = comma.whitespace_before
        return self.start(comma) + (0 if before.empty else len(_code(before)))


def _brackets(node: cst.List | cst.Tuple | cst.Set | cst.Dict) -> tuple[cst.CSTNode, cst.CSTNode]:
    if isinstance(node, cst.List):
        return node.lbracket, node.rbracket
    if isinstance(node, cst.Tuple):
        if not node.lpar:
            raise UneditableError("a tuple has no brackets")
        return node.lpar[-1], node.rpar[0]
    return node.lbrace, node.rbrace


def _code(node: cst.CSTNode | Sequence[cst.CSTNode]) -> str:
    return cst.Module([]).code_for_node(node)  # type: ignore[arg-type]


def string(node: cst.BaseExpression) -> str | None:
    """Return the value of a string literal; None for anything else."""
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None

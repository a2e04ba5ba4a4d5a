"""Breaks a call that has become too long for its line, as formatters do."""

from __future__ import annotations

import ast

from tritonlint.fix.layout import Cut
from tritonlint.fix.lines import LINE_END, line_begin

_STEP = "    "


def wrapped(text: str, start: int, end: int, found: list[Cut], line_length: int) -> list[Cut]:
    """Return the cuts that change a call, so that no line gets too long.

    A call that is already on several lines keeps its form.

    Args:
        start: where the call starts in the text, and `end` where it ends.
        found: the cuts inside it.
    """
    begin = line_begin(text, start)
    before, content = text[begin:start], text[start:end]
    if LINE_END.search(content) or not found:
        return found
    for cut in sorted(found, reverse=True):
        content = content[: cut.start - start] + cut.content + content[cut.end - start :]
    call = ast.parse(content, mode="eval").body
    if len(before) + len(content) <= line_length or not isinstance(call, ast.Call):
        return found
    indent = before[: len(before) - len(before.lstrip())]
    newline = LINE_END.search(text)
    lines = newline.group() if newline is not None else "\n"
    return [Cut(start, end, lines.join(_broken(content, call, indent, line_length)))]


def _broken(content: str, call: ast.Call, indent: str, line_length: int) -> list[str]:
    """Return the lines of a call whose arguments are below its name."""
    inner = indent + _STEP
    arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    sources = [_source(content, argument) for argument in arguments]
    together = inner + ", ".join(sources)
    if len(together) <= line_length:
        body = [together]
    else:
        body = []
        comma = "," if len(arguments) > 1 else ""
        for argument, source in zip(arguments, sources, strict=True):
            value = argument.value if isinstance(argument, ast.keyword) else argument
            if len(inner + source + comma) > line_length and isinstance(value, ast.List):
                entries = [f"{inner}{_STEP}{_source(content, entry)}," for entry in value.elts]
                name = f"{argument.arg}=" if isinstance(argument, ast.keyword) else ""
                body += [f"{inner}{name}[", *entries, f"{inner}]{comma}"]
            else:
                body.append(f"{inner}{source}{comma}")
    return [f"{_source(content, call.func)}(", *body, f"{indent})"]


def _source(content: str, node: ast.expr | ast.keyword) -> str:
    return ast.get_source_segment(content, node) or ""

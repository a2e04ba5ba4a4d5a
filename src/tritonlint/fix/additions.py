"""Adds items to a sequence between brackets, in the style of the others."""

from __future__ import annotations

from collections.abc import Sequence

from tritonlint.fix.layout import Bracketed, Cut
from tritonlint.fix.lines import LINE_END, REST_OF_LINE, line_start


def appended(text: str, sequence: Bracketed, new: Sequence[str]) -> Cut:
    """Return what to insert so that new items become the last ones, in the style of the others."""
    content = ", ".join(new)
    if not sequence.items:
        comma = "," if sequence.keeps_comma and "," not in content else ""
        return Cut(sequence.start, sequence.start, content + comma)
    last = sequence.items[-1]
    line = line_start(text, last.start)
    rest = REST_OF_LINE.match(text, last.whole_end)
    if line is not None and line >= sequence.start and rest is not None:
        newline = LINE_END.search(text[sequence.start : sequence.end])
        indent = text[line : last.start]
        # One item on each line, like the others.
        content = f",{newline.group() if newline else ''}{indent}".join(new)
        if "#" in rest.group() and newline is not None:
            # The comment is about the last item, and stays beside it.
            comma = "," if last.comma is not None else ""
            added = f",{rest.group()}{indent}{content}{comma}{newline.group()}"
            return Cut(last.end, rest.end(), added)
        separator = f",{newline.group() if newline else ''}{indent}"
        if last.comma is not None:
            return Cut(last.comma, last.comma, f"{separator}{content}")
        return Cut(last.end, last.end, f"{separator}{content}")
    return Cut(last.end, last.end, f", {content}")

"""Takes items out of a bracketed, comma separated sequence as a careful person would do it.

libcst says where each item begins and ends; here only text is cut, so that nothing else changes.
Offsets count characters of the text that holds the sequence.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from typing import NamedTuple

_BLANK = re.compile(r"[ \t\f]*\Z")
_REST_OF_LINE = re.compile(r"[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n)")
_EMPTY_LINE = re.compile(r"[ \t\f]*(?:\r\n|\r|\n)")
_LINE_END = re.compile(r"\r\n|\r|\n")
_SPACE = re.compile(r"[ \t\f]*")
_WORD = re.compile(r"\w+")
#: What a comment tells a checker of the line below it.
_DIRECTIVE = re.compile(r"#\s*(?:pyre|type:|noqa|pylint|mypy|pyright|ruff)")


class Item(NamedTuple):
    """One item: its content, and where its comma stands, if it has one."""

    start: int
    end: int
    comma: int | None


class Bracketed(NamedTuple):
    """The items between two brackets: `start` is just behind the first, `end` just before the last.

    `keeps_comma` is true of a tuple, whose single item needs one.
    """

    start: int
    end: int
    items: tuple[Item, ...]
    keeps_comma: bool = False

    def has(self, index: int, place: int) -> bool:
        """Whether the item of that index has a place in it."""
        return index >= 0 and self.items[index].start <= place < self.items[index].end


class Cut(NamedTuple):
    """A piece of text that goes, and what stands in its place."""

    start: int
    end: int
    content: str = ""


def cuts(text: str, sequence: Bracketed, dropped: Sequence[int], line_length: int) -> list[Cut]:
    """What to cut out of `text` so that the items with those indices are gone.

    `line_length` is the project's: an argument list that was on a line of its own only because it
    was too long goes back beside its brackets when it fits.
    """
    sequence, dropped = _by_line(text, sequence, dropped)
    gone = {*dropped}
    last_kept = len(sequence.items) - 1
    while last_kept in gone:
        last_kept -= 1
    if last_kept < 0:
        return merged(_everything(text, sequence))
    joined = _joined(text, sequence, gone, line_length)
    if joined is not None:
        return [joined]
    found = []
    for index in sorted(dropped):
        if index > last_kept:
            break
        found.append(_cut_before_another(text, sequence, index, gone))
    if last_kept < len(sequence.items) - 1:
        found += _cut_tail(text, sequence, last_kept, gone)
    only = sequence.items[last_kept]
    if sequence.keeps_comma and len(sequence.items) - len(gone) == 1 and only.comma is None:
        found.append(Cut(only.end, only.end, ","))
    return merged(found)


def _by_line(
    text: str, sequence: Bracketed, dropped: Sequence[int]
) -> tuple[Bracketed, Sequence[int]]:
    """Neighbours on one line that go together, as one item."""
    if len(dropped) < 2:
        return sequence, dropped
    items: list[Item] = []
    gone: list[int] = []
    going = {*dropped}
    for index, item in enumerate(sequence.items):
        goes = index in going
        last = items[-1] if items else None
        together = last is not None and goes and gone[-1:] == [len(items) - 1]
        if last is not None and together and not _LINE_END.search(text, last.end, item.start):
            items[-1] = Item(last.start, item.end, item.comma)
            continue
        if goes:
            gone.append(len(items))
        items.append(item)
    return sequence._replace(items=tuple(items)), gone


def _everything(text: str, sequence: Bracketed) -> list[Cut]:
    """Leave nothing between the brackets but the comments that are nobody's own."""
    every = range(len(sequence.items))
    found = [
        Cut(*_own_lines(text, sequence, index, every))
        if _stands_alone(text, item)
        else Cut(item.start, _content_end(item))
        for index, item in enumerate(sequence.items)
    ]
    place, rest = sequence.start, []
    for cut in sorted(found):
        rest.append(text[place : cut.start])
        place = cut.end
    rest.append(text[place : sequence.end])
    return found if "#" in "".join(rest) else [Cut(sequence.start, sequence.end)]


def _own_lines(
    text: str, sequence: Bracketed, index: int, dropped: Container[int]
) -> tuple[int, int]:
    """The lines of an item that stands alone on them, with the comments above that are its own."""
    item = sequence.items[index]
    start, rest = _line_start(text, item.start), _REST_OF_LINE.match(text, _content_end(item))
    assert start is not None
    assert rest is not None
    end = rest.end()
    start = _own_comment(text, sequence, index, dropped, start)
    above = _line_start(text, start - 2 if text[start - 2 : start] == "\r\n" else start - 1)
    if above is not None and _is_empty(text, above) and _is_empty(text, end):
        # Of the empty lines above and below it one is enough.
        return above, end
    return start, end


def _own_comment(
    text: str, sequence: Bracketed, index: int, dropped: Container[int], line: int
) -> int:
    """Where the comment lines above an item begin that speak of it alone, or its line does.

    A comment that heads a group is its own where all of the group goes. Of a group of which some
    stays, it takes the name of the item, or a word to a checker.
    """
    top = comment_above(text, line)
    if top < sequence.start:
        top = line
    if top == line:
        return line
    last = index
    while last + 1 in dropped and _next_line(text, sequence, last) == "item":
        last += 1
    if _next_line(text, sequence, last) != "item":
        return top
    others = {_word(text, i) for n, i in enumerate(sequence.items) if n not in dropped}
    while line > top:
        above = _previous_line(text, line)
        comment = text[above:line]
        words = set(_WORD.findall(comment))
        is_own = _word(text, sequence.items[index]) in words and words.isdisjoint(others)
        if not (is_own or _DIRECTIVE.search(comment)):
            break
        line = above
    return line


def _next_line(text: str, sequence: Bracketed, index: int) -> str:
    """What stands in the line below an item: "item", or anything else."""
    rest = _REST_OF_LINE.match(text, _content_end(sequence.items[index]))
    if rest is None or index + 1 == len(sequence.items):
        return ""
    following = sequence.items[index + 1].start
    return (
        "item"
        if _is_blank(text[rest.end() : following])
        and (not _LINE_END.search(text, rest.end(), following))
        else ""
    )


def _word(text: str, item: Item) -> str:
    """The name that an item begins with."""
    found = _WORD.search(text, item.start, item.end)
    return found.group() if found else ""


def _previous_line(text: str, line: int) -> int:
    end = line - 2 if text[line - 2 : line] == "\r\n" else line - 1
    return max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1


def _is_empty(text: str, line: int) -> bool:
    return _EMPTY_LINE.match(text, line) is not None


def comment_above(text: str, line: int) -> int:
    """Where the comment lines directly above a line begin, or the line itself does."""
    while line > 0:
        above = _previous_line(text, line)
        if not text[above:line].lstrip().startswith("#"):
            break
        line = above
    return line


def _is_blank(text: str) -> bool:
    return not text.strip()


def _line_start(text: str, place: int) -> int | None:
    """Where the line of `place` begins, if only blanks stand before it there."""
    start = max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1
    return start if _BLANK.match(text[start:place]) else None


def _content_end(item: Item) -> int:
    return item.end if item.comma is None else item.comma + 1


def _cut_before_another(text: str, sequence: Bracketed, index: int, dropped: Container[int]) -> Cut:
    """Cut an item that another one follows."""
    item, following = sequence.items[index], sequence.items[index + 1]
    end = _content_end(item)
    line = _line_start(text, item.start)
    rest = _REST_OF_LINE.match(text, end)
    if line is not None and line >= sequence.start and rest is not None:
        # With the comment that stands on them.
        return Cut(*_own_lines(text, sequence, index, dropped))
    first = index == 0 and not _LINE_END.search(text, sequence.start, item.start)
    if rest is None or (first and _is_blank(text[rest.end() : following.start])):
        return Cut(item.start, following.start)
    if line is None:
        # The last of several on its line; what the line's comment says is about them all.
        before = sequence.items[index - 1] if index else None
        start = _content_end(before) if before is not None else sequence.start
        return Cut(start, end)
    return Cut(item.start, end)


def _cut_tail(text: str, sequence: Bracketed, last_kept: int, dropped: Container[int]) -> list[Cut]:
    """Cut all items behind the last one that stays."""
    kept, first, last = (
        sequence.items[last_kept],
        sequence.items[last_kept + 1],
        sequence.items[-1],
    )
    assert kept.comma is not None
    needs_comma = sequence.keeps_comma and last_kept == 0
    line = _line_start(text, first.start)
    rest = _REST_OF_LINE.match(text, _content_end(last))
    if line is not None and line > kept.comma:
        between = text[kept.comma + 1 : line]
        if rest is not None:
            # Lines of their own: what lies between them are neighbours' comments.
            found = [
                Cut(*_own_lines(text, sequence, index, dropped))
                if _stands_alone(text, item)
                else Cut(item.start, _content_end(item))
                for index, item in enumerate(sequence.items)
                if index > last_kept
            ]
            if last.comma is None and not needs_comma:
                found.insert(0, Cut(kept.comma, kept.comma + 1))
            return found
        if "#" in between:
            found = [Cut(first.start, last.end)]
            if last.comma is None and not needs_comma:
                found.insert(0, Cut(kept.comma, kept.comma + 1))
            return found
    if needs_comma:
        return [Cut(kept.comma + 1, _content_end(last))]
    # `a, n)` becomes `a)`, and `a, n,)` becomes `a,)`: the last comma stays.
    return [Cut(kept.end, last.end)]


def _stands_alone(text: str, item: Item) -> bool:
    return (
        _line_start(text, item.start) is not None
        and _REST_OF_LINE.match(text, _content_end(item)) is not None
    )


def _joined(text: str, sequence: Bracketed, gone: Container[int], line_length: int) -> Cut | None:
    """The items beside their brackets, if formatters would now put them there.

    ruff and black set arguments on one indented line, without a comma behind the last, where the
    call is too long for one line and its arguments are not.
    """
    inside = text[sequence.start : sequence.end]
    if "\n" not in inside and "\r" not in inside:
        return None
    last = sequence.items[-1]
    lines = _LINE_END.split(inside)
    if len(lines) != 3 or lines[0].strip() or lines[2].strip() or "#" in inside:
        return None
    if last.comma is not None or sequence.keeps_comma:
        return None
    kept = [item for index, item in enumerate(sequence.items) if index not in gone]
    content = ", ".join(text[item.start : item.end] for item in kept)
    line = max(text.rfind("\n", 0, sequence.start), text.rfind("\r", 0, sequence.start)) + 1
    before = text[line : sequence.start]
    after = _LINE_END.split(text[sequence.end :], maxsplit=1)[0]
    if len(before) + len(content) + len(after) > line_length:
        return None
    return Cut(sequence.start, sequence.end, content)


def merged(found: list[Cut]) -> list[Cut]:
    """Cuts in order; those that touch or overlap become one."""
    merged: list[Cut] = []
    for cut in sorted(found):
        if merged and cut.start <= merged[-1].end and not (cut.content or merged[-1].content):
            merged[-1] = Cut(merged[-1].start, max(merged[-1].end, cut.end))
        else:
            merged.append(cut)
    return merged


def appended(text: str, sequence: Bracketed, content: str) -> Cut:
    """What to insert so that `content` becomes the last item, in the style of those before it."""
    if not sequence.items:
        comma = "," if sequence.keeps_comma and "," not in content else ""
        return Cut(sequence.start, sequence.start, content + comma)
    last = sequence.items[-1]
    line = _line_start(text, last.start)
    if (
        line is not None
        and line >= sequence.start
        and _REST_OF_LINE.match(text, _content_end(last))
    ):
        newline = _LINE_END.search(text[sequence.start : sequence.end])
        indent = text[line : last.start]
        separator = f",{newline.group() if newline else ''}{indent}"
        if last.comma is not None:
            return Cut(last.comma, last.comma, f"{separator}{content}")
        return Cut(last.end, last.end, f"{separator}{content}")
    return Cut(last.end, last.end, f", {content}")

"""Removes items from a bracketed, comma separated sequence as a careful person would.

libcst says where each item begins and ends. This module only cuts text, so that nothing else
changes. Offsets count characters of the text that contains the sequence.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from typing import NamedTuple

from tritonlint.fix.lines import (
    LINE_END,
    REST_OF_LINE,
    comment_above,
    end_above,
    is_empty,
    line_begin,
    line_start,
    previous_line,
)

_WORD = re.compile(r"\w+")
#: Comments that tell a checker something about the line below.
_DIRECTIVE = re.compile(r"#\s*(?:pyre|type:|noqa|pylint|mypy|pyright|ruff)")


class Item(NamedTuple):
    """One item: its content, and the place of its comma, if it has one."""

    start: int
    end: int
    comma: int | None

    @property
    def whole_end(self) -> int:
        """Return where it ends, with its comma."""
        return self.end if self.comma is None else self.comma + 1


class Bracketed(NamedTuple):
    """The items between two brackets: `start` is just after the first, `end` just before the last.

    `keeps_comma` is true for a tuple, whose single item needs one.
    """

    start: int
    end: int
    items: tuple[Item, ...]
    keeps_comma: bool = False

    def has(self, index: int, place: int) -> bool:
        """Whether a place is in the item with that index; -1 is before the first."""
        return index >= 0 and self.items[index].start <= place < self.items[index].end


class Cut(NamedTuple):
    """A piece of text that is removed, and the text that replaces it."""

    start: int
    end: int
    content: str = ""


def cuts(text: str, sequence: Bracketed, dropped: Sequence[int], line_length: int) -> list[Cut]:
    """Return the cuts in `text` that remove the items with those indices.

    `line_length` is the project's. An argument list that was on its own line only because it was
    too long moves back to its brackets if it fits.
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
    """Return neighbors on one line that are removed together, as one item."""
    if len(dropped) < 2:
        return sequence, dropped
    items: list[Item] = []
    gone: list[int] = []
    going = {*dropped}
    for index, item in enumerate(sequence.items):
        goes = index in going
        last = items[-1] if items else None
        together = last is not None and goes and gone[-1:] == [len(items) - 1]
        if last is not None and together and not LINE_END.search(text, last.end, item.start):
            items[-1] = Item(last.start, item.end, item.comma)
            continue
        if goes:
            gone.append(len(items))
        items.append(item)
    return sequence._replace(items=tuple(items)), gone


def _everything(text: str, sequence: Bracketed) -> list[Cut]:
    """Remove everything between the brackets except comments that belong to no item."""
    every = range(len(sequence.items))
    found = [_whole(text, sequence, index, every) for index in every]
    place, rest = sequence.start, []
    for cut in sorted(found):
        rest.append(text[place : cut.start])
        place = cut.end
    rest.append(text[place : sequence.end])
    return found if "#" in "".join(rest) else [Cut(sequence.start, sequence.end)]


def _own_lines(
    text: str, sequence: Bracketed, index: int, dropped: Container[int]
) -> tuple[int, int]:
    """Return the lines of an item that is alone on them, with the comments above it."""
    item = sequence.items[index]
    start, rest = line_start(text, item.start), REST_OF_LINE.match(text, item.whole_end)
    assert start is not None
    assert rest is not None
    end = rest.end()
    start = _own_comment(text, sequence, index, dropped, start)
    above = line_start(text, end_above(text, start))
    if above is not None and is_empty(text, above) and is_empty(text, end):
        # One of the empty lines above and below it is enough.
        return above, end
    return start, end


def _own_comment(
    text: str, sequence: Bracketed, index: int, dropped: Container[int], line: int
) -> int:
    """Return where the comment lines above an item begin that are about it alone, or its own line.

    A comment that heads a group is removed if the whole group is removed. If some of the group
    stays, the comment has to name the item, or be a directive to a checker.
    """
    top = comment_above(text, line)
    if top < sequence.start:
        top = line
    if top == line:
        return line
    last = index
    while last + 1 in dropped and _has_next_below(text, sequence, last):
        last += 1
    if not _has_next_below(text, sequence, last):
        return top
    others = {_word(text, i) for n, i in enumerate(sequence.items) if n not in dropped}
    while line > top:
        above = previous_line(text, line)
        comment = text[above:line]
        words = set(_WORD.findall(comment))
        is_own = _word(text, sequence.items[index]) in words and words.isdisjoint(others)
        if not (is_own or _DIRECTIVE.search(comment)):
            break
        line = above
    return line


def _has_next_below(text: str, sequence: Bracketed, index: int) -> bool:
    """Whether the next item is in the line below an item."""
    rest = REST_OF_LINE.match(text, sequence.items[index].whole_end)
    if rest is None or index + 1 == len(sequence.items):
        return False
    between = text[rest.end() : sequence.items[index + 1].start]
    return not LINE_END.search(between)


def _word(text: str, item: Item) -> str:
    """Return the name at the start of an item."""
    found = _WORD.search(text, item.start, item.end)
    return found.group() if found else ""


def _cut_before_another(text: str, sequence: Bracketed, index: int, dropped: Container[int]) -> Cut:
    """Cut an item that is followed by another one."""
    item, following = sequence.items[index], sequence.items[index + 1]
    end = item.whole_end
    line = line_start(text, item.start)
    rest = REST_OF_LINE.match(text, end)
    if line is not None and line >= sequence.start and rest is not None:
        # Together with the comment on its lines.
        return Cut(*_own_lines(text, sequence, index, dropped))
    first = index == 0 and not LINE_END.search(text, sequence.start, item.start)
    if rest is None or (first and not text[rest.end() : following.start].strip()):
        return Cut(item.start, following.start)
    if line is None:
        # The last of several on its line: the line's comment is about all of them.
        before = sequence.items[index - 1] if index else None
        start = before.whole_end if before is not None else sequence.start
        return Cut(start, end)
    return Cut(item.start, end)


def _cut_tail(text: str, sequence: Bracketed, last_kept: int, dropped: Container[int]) -> list[Cut]:
    """Cut all items after the last one that stays."""
    kept, first, last = (
        sequence.items[last_kept],
        sequence.items[last_kept + 1],
        sequence.items[-1],
    )
    assert kept.comma is not None
    needs_comma = sequence.keeps_comma and last_kept == 0
    line = line_start(text, first.start)
    rest = REST_OF_LINE.match(text, last.whole_end)
    if line is not None and line > kept.comma:
        between = text[kept.comma + 1 : line]
        goes = last.comma is None and not needs_comma
        comma = [Cut(kept.comma, kept.comma + 1)] if goes else []
        if rest is not None:
            # They have their own lines: the text between them is comments of neighbors.
            behind = range(last_kept + 1, len(sequence.items))
            found = [_whole(text, sequence, index, dropped) for index in behind]
            return [*comma, *found]
        if "#" in between:
            return [*comma, Cut(first.start, last.end)]
    if needs_comma:
        return [Cut(kept.comma + 1, last.whole_end)]
    # `a, n)` becomes `a)`, and `a, n,)` becomes `a,)`: the last comma stays.
    return [Cut(kept.end, last.end)]


def _whole(text: str, sequence: Bracketed, index: int, dropped: Container[int]) -> Cut:
    """Return the range of an item with its comma, and with the lines that only it uses."""
    item = sequence.items[index]
    alone = line_start(text, item.start) is not None and REST_OF_LINE.match(text, item.whole_end)
    if not alone:
        return Cut(item.start, item.whole_end)
    return Cut(*_own_lines(text, sequence, index, dropped))


def _joined(text: str, sequence: Bracketed, gone: Container[int], line_length: int) -> Cut | None:
    """Move the items to their brackets, if formatters would do so now.

    ruff and black put the arguments on one indented line, without a comma after the last one,
    if the call is too long for one line and its arguments are not.
    """
    inside = text[sequence.start : sequence.end]
    if "\n" not in inside and "\r" not in inside:
        return None
    last = sequence.items[-1]
    lines = LINE_END.split(inside)
    if len(lines) != 3 or lines[0].strip() or lines[2].strip() or "#" in inside:
        return None
    if last.comma is not None or sequence.keeps_comma:
        return None
    kept = [item for index, item in enumerate(sequence.items) if index not in gone]
    content = ", ".join(text[item.start : item.end] for item in kept)
    line = line_begin(text, sequence.start)
    before = text[line : sequence.start]
    after = LINE_END.split(text[sequence.end :], maxsplit=1)[0]
    if len(before) + len(content) + len(after) > line_length:
        return None
    return Cut(sequence.start, sequence.end, content)


def merged(found: list[Cut]) -> list[Cut]:
    """Return the cuts in order; those that touch or overlap become one."""
    merged: list[Cut] = []
    for cut in sorted(found):
        if merged and cut.start <= merged[-1].end and not (cut.content or merged[-1].content):
            merged[-1] = Cut(merged[-1].start, max(merged[-1].end, cut.end))
        else:
            merged.append(cut)
    return merged

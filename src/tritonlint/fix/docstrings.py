"""Removes the entries of parameters from a function's docstring."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from tritonlint.fix.filetext import FileText
from tritonlint.fix.layout import Cut
from tritonlint.fix.snippet import FunctionRows

_OPENING = re.compile(r"[ \t\f]*[rRuU]?(\"\"\"|''')")
_NAMES = r"[`*\"']*\w+[`*\"']*(?:\s*[,/]\s*[`*\"']*\w+[`*\"']*)*"
#: `n: ...`, `n (int): ...`, `- n: ...`, `n -- ...`.
_ENTRY = re.compile(
    rf"(?P<lead>\s*(?:[-*+•]\s+)?)(?P<names>{_NAMES})\s*"
    r"(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\[\]]*\])?\s*(?::|[-\u2013\u2014]{1,2}\s)"
)
#: `:param int n: ...`, `:type n: int`.
_FIELD = re.compile(r"(?P<lead>\s*):(?:param|parameter|arg|type)\b[^:]*?(?P<names>\w+)\s*:")
#: In numpy's style, a name may be on a line of its own.
_ALONE = re.compile(rf"(?P<lead>\s*)(?P<names>{_NAMES})\s*\Z")
_UNDERLINE = re.compile(r"\s*(-{3,}|={3,})\s*\Z")
_HEADING = re.compile(
    r"\s*(?:Args|Arguments|(?:Keyword |Other )?Parameters|Params|Inputs?|Keyword Args)\s*:?\s*\Z",
    re.IGNORECASE,
)
_NAME = re.compile(r"\w+")


def docstring_cuts(text: FileText, function: FunctionRows, dropped: Collection[str]) -> list[Cut]:
    """Return the cuts that remove the entries of some parameters from a function's docstring."""
    rows = _docstring_rows(text, function)
    if rows is None:
        return []
    docstring = _Docstring(text, rows, dropped)
    return [cut for first, last in docstring.entries() for cut in docstring.cuts(first, last)]


def _docstring_rows(text: FileText, function: FunctionRows) -> range | None:
    """Return the rows between the first and the last line of a docstring."""
    if function.body_row > function.last_row:
        return None
    opening = _OPENING.match(text.text, text.starts[function.body_row - 1])
    if opening is None:
        return None
    end = text.text.find(opening[1], opening.end())
    if end < 0:
        return None
    rows = [
        row for row in range(function.body_row, function.last_row + 1) if text.starts[row] <= end
    ]
    return range(rows[0] + 1, rows[-1] + 1) if rows else None


class _Docstring:
    def __init__(self, text: FileText, rows: range, dropped: Collection[str]) -> None:
        self.text = text
        self.rows = rows
        self.dropped = dropped
        self.lines = {row: text.text[text.starts[row - 1] : text.starts[row]] for row in rows}

    def entries(self) -> Iterator[tuple[int, int]]:
        """Yield the first and the last row of each entry about a dropped parameter.

        Neighbors that are both removed count as one.
        """
        run: tuple[int, int] | None = None
        for row in self.rows:
            if run is not None and row <= run[1]:
                continue
            names = self._names(row)
            if not names & set(self.dropped):
                continue
            last = self._last(row)
            if not names <= set(self.dropped):
                yield row, last
            elif run is not None and row == run[1] + 1:
                run = (run[0], last)
            else:
                if run is not None:
                    yield run
                run = (row, last)
        if run is not None:
            yield run

    def _names(self, row: int) -> set[str]:
        found = self._entry(row)
        return set(_NAME.findall(found["names"])) if found is not None else set()

    def _entry(self, row: int) -> re.Match[str] | None:
        line = self.lines[row]
        found = _FIELD.match(line) or _ENTRY.match(line)
        if found is None and self._in_underlined(row):
            found = _ALONE.match(line)
        return found

    def _in_underlined(self, row: int) -> bool:
        """Whether the row is in a section with an underlined heading, at its own depth."""
        for above in range(row - 1, self.rows.start, -1):
            if _UNDERLINE.match(self.lines[above]):
                is_heading = _HEADING.match(self.lines[above - 1]) is not None
                return is_heading and _indent(self.lines[above]) == _indent(self.lines[row])
        return False

    def _last(self, row: int) -> int:
        """Return the last row of an entry, whose further lines are indented more than the first."""
        depth, last = _indent(self.lines[row]), row
        for following in range(row + 1, self.rows.stop):
            line = self.lines[following]
            if line.strip():
                if _indent(line) <= depth:
                    break
                last = following
        return last

    def cuts(self, first: int, last: int) -> Iterator[Cut]:
        """Remove an entry; if it is about several parameters, remove only the name."""
        found = self._entry(first)
        assert found is not None
        names = list(_NAME.finditer(found["names"]))
        kept = [name for name in names if name.group() not in self.dropped]
        start = self.text.starts[first - 1]
        if not kept:
            begin, end = self._with_heading(first, last)
            yield Cut(self.text.starts[begin - 1], self.text.starts[end])
            return
        content = _without(found["names"], names, self.dropped)
        yield Cut(start + found.start("names"), start + found.end("names"), content)

    def _with_heading(self, first: int, last: int) -> tuple[int, int]:
        """Return the rows of an entry, and those of a section that has no other."""
        head = above = first - 1
        while head in self.rows and not self.lines[head].strip():
            head -= 1
        is_last = all(not self.lines[row].strip() for row in self.rows if row > last)
        if is_last and head < above:
            first = head + 1
        if head in self.rows and _UNDERLINE.match(self.lines[head]) and head - 1 in self.rows:
            head -= 1
        if head not in self.rows or not _HEADING.match(self.lines[head]):
            return first, last
        below = last + 1
        while below in self.rows and not self.lines[below].strip():
            below += 1
        if below in self.rows and not self._ends_section(below, head):
            return first, last
        if below in self.rows:
            return head, below - 1
        while head - 1 in self.rows and not self.lines[head - 1].strip():
            head -= 1
        return head, last

    def _ends_section(self, row: int, head: int) -> bool:
        underlined = row + 1 in self.rows and _UNDERLINE.match(self.lines[row + 1]) is not None
        google = not _UNDERLINE.match(self.lines[head + 1])
        return underlined or (google and _indent(self.lines[row]) <= _indent(self.lines[head]))


def _indent(line: str) -> int:
    expanded = line.expandtabs()
    return len(expanded) - len(expanded.lstrip())


def _without(text: str, names: Sequence[re.Match[str]], dropped: Collection[str]) -> str:
    """Return a list of names without some of them, with the same separators."""
    separator = re.search(r"\s*[,/]\s*", text)
    parts = re.split(r"\s*[,/]\s*", text)
    kept = [p for p, n in zip(parts, names, strict=True) if n.group() not in dropped]
    return (separator.group() if separator else ", ").join(kept)

"""`--add-noqa`: comments that silence findings, written where the findings are."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tritonlint.diagnostics import Diagnostic
from tritonlint.source import split_lines
from tritonlint.survey.facts.module import Suppression
from tritonlint.survey.suppressions import find_suppressions

#: Findings about a file as a whole, or about a comment: no comment on their line helps.
UNSILENCED = frozenset({"TRL900", "TRL901"})


class Silenced(NamedTuple):
    """A file's text with comments, the findings that they silence, and those left."""

    text: str
    silenced: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]


def silence(text: str, findings: Sequence[Diagnostic], reason: str | None) -> Silenced:
    """Write a comment after each line that has findings.

    A line on which a comment would change the program stays as it is: it ends in a backslash, or is
    part of a string.
    """
    by_row: defaultdict[int, list[Diagnostic]] = defaultdict(list)
    left = []
    for finding in findings:
        if finding.code in UNSILENCED:
            left.append(finding)
        else:
            by_row[finding.span.row].append(finding)
    codes = {row: {finding.code for finding in on_row} for row, on_row in by_row.items()}
    text, written = _write_all(text, codes, reason)
    silenced: list[Diagnostic] = []
    for row, on_row in sorted(by_row.items()):
        (silenced if row in written else left).extend(on_row)
    return Silenced(text, tuple(silenced), tuple(left))


def _write_all(
    text: str, codes: Mapping[int, set[str]], reason: str | None
) -> tuple[str, set[int]]:
    """Return the text with comments on all rows where one is possible, and these rows."""
    edited = _with_comments(text, codes, reason)
    if _same_program(text, edited) and _are_silent(edited, codes):
        return edited, {*codes}
    if len(codes) == 1:
        return text, set()
    written = set()
    for row in codes:
        text, done = _write_all(text, {row: codes[row]}, reason)
        written |= done
    return text, written


def _with_comments(text: str, codes: Mapping[int, set[str]], reason: str | None) -> str:
    lines = split_lines(text)
    known = {s.row: s for s in _comments(text) if s.codes}
    for row, added in codes.items():
        line = lines[row - 1]
        body = line.rstrip("\r\n")
        end = line[len(body) :]
        before = known.get(row)
        listed = ", ".join(sorted(added | {*(before.codes if before else ())}))
        comment = f"# tritonlint: ignore[{listed}]"
        if before is not None:
            start, stop = before.span.column - 1, before.span.end_column - 1
            body = body[:start] + comment + body[stop:]
        else:
            body = f"{body.rstrip()}  {comment}" + (f" {reason}" if reason else "")
        lines[row - 1] = body + end
    return "".join(lines)


def _comments(text: str) -> list[Suppression]:
    return [s for s in find_suppressions(text, split_lines(text), ()) if s.form == "ignore"]


def _same_program(before: str, after: str) -> bool:
    try:
        return ast.dump(ast.parse(before)) == ast.dump(ast.parse(after))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _are_silent(text: str, codes: Mapping[int, set[str]]) -> bool:
    known = {s.row: {*s.codes} for s in _comments(text)}
    return all(of_row <= known.get(row, set()) for row, of_row in codes.items())

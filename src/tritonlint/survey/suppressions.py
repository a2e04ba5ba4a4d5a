"""Comments that silence findings: `# tritonlint: ignore[...]`, `# noqa: ...`, `ignore-file`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from tritonlint.span import Span
from tritonlint.survey.facts.module import Suppression
from tritonlint.survey.text import comments

#: A code that is not in brackets: such a comment silences nothing, least of all everything.
_BARE = r"\s*(?:[:=(]\s*)?TRL\d"
_FORM = r"#\s*tritonlint:\s*(?P<form>ignore-file|ignore)(?![\w-])"
_OURS = re.compile(rf"{_FORM}(?!{_BARE})\s*(?:\[(?P<codes>[^\]]*)\])?", re.IGNORECASE)
_OURS_WITHOUT_CODES = re.compile(rf"{_FORM}(?!{_BARE}|\s*\[)\s*", re.IGNORECASE)
#: After a `noqa` without a colon, codes count as codes: the comment does not silence all rules.
_NOQA = re.compile(
    r"#\s*noqa(?::\s?(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*))?"
    r"(?![\w:-])(?!\s+[A-Z]+[0-9]{2,})",
    re.IGNORECASE,
)
#: Other tools' words for `ignore`, codes without brackets, and a `noqa` without its colon.
_MISSPELT = re.compile(
    r"#\s*tritonlint(?::\s*|-|\s+(?=\w+\s*[\[=]))"
    r"(?:(?:disable|enable|off|on|skip|noqa|nolint|suppress|allow|silence)(?:-\w+)*"
    rf"|ignore-(?!file\b)\w+(?:-\w+)*|ignore(?:-file)?(?=\s*[\[=]|{_BARE}))(?![\w-])"
    r"(?:\s*(?:[:=(]\s*)?\[?(?P<codes>TRL\d+(?:[,\s]+TRL\d+)*)[\])]?)?"
    r"|#\s*noqa\s+(?P<more>TRL\d+(?:[,\s]+TRL\d+)*)",
    re.IGNORECASE,
)
_ANY = re.compile("noqa|tritonlint", re.IGNORECASE)
#: Text that is no code is kept as it is: it must not silence anything, least of all everything.
_CODE = re.compile(r"[^,\s]+")


def find_suppressions(
    source: str, lines: list[str], kernel_rows: Collection[int]
) -> Iterator[Suppression]:
    """Yield the suppressions in the comments of a file that concern tritonlint.

    A `noqa` without codes concerns it only on `kernel_rows`, where findings can be. A comment that
    is meant to silence something, but has another form, has the form "misspelt".
    """
    lowered = source.lower()
    if "tritonlint" not in lowered and "noqa" not in lowered:
        return
    candidates = [
        row
        for row, line in enumerate(lines, 1)
        if "#" in line
        and _ANY.search(line)
        and any(_concerns_us(*found, row, kernel_rows) for found in _matches(line))
    ]
    if not candidates:
        return
    # Telling comments from strings is slow, so it is done last.
    for row, column, comment in comments(source):
        for form, codes, match in _matches(comment):
            if _concerns_us(form, codes, match, row, kernel_rows):
                start = column + match.start()
                yield Suppression(
                    row=row,
                    span=Span(row, start + 1, row, column + match.end() + 1),
                    codes=codes,
                    text=match.group().strip(),
                    form=form,
                )


def _matches(text: str) -> Iterator[tuple[str, tuple[str, ...], re.Match[str]]]:
    understood = set()
    # Nothing is searched after the last bracket: otherwise each `ignore[` searches all the rest.
    end = text.rfind("]") + 1
    for matches in (
        _OURS.finditer(text, 0, end),
        _OURS_WITHOUT_CODES.finditer(text, end),
        _NOQA.finditer(text),
    ):
        for match in matches:
            found = match.groupdict()
            form = (found.get("form") or "noqa").lower()
            understood.add(match.start())
            yield form, tuple(c.upper() for c in _CODE.findall(found.get("codes") or "")), match
    for match in _MISSPELT.finditer(text):
        if match.start() not in understood:
            codes = match["codes"] or match["more"] or ""
            yield "misspelt", tuple(c.upper() for c in _CODE.findall(codes)), match


def _concerns_us(
    form: str,
    codes: tuple[str, ...],
    match: re.Match[str],
    row: int,
    kernel_rows: Collection[int],
) -> bool:
    if form != "noqa":
        return True
    return any(code.startswith("TRL") for code in codes) if codes else row in kernel_rows

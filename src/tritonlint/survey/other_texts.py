"""Where the name of a kernel appears in files that are not Python: scripts, documents, notebooks.

A comment is no use of the kernel, and neither is a word of a sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from tritonlint.survey.mentions import (
    DOCTEST,
    TextUse,
    as_word,
    is_field,
    is_use,
    names_in,
    parses,
)

#: Words that sentences have, and that lists and commands have not: unlike `for`, `in`, `and`, `to`.
_SENTENCE = re.compile(
    r"(?<!\S)(?:the|an?|is|are|was|were|been?|this|that|these|those|its?|which|of|than|can|will|has"
    r"|have|had|does|should|must)(?=[\s,.:;!?]|$)",
    re.I,
)
_PROSE_SUFFIXES = frozenset({".md", ".markdown", ".rst", ".html", ".htm", ".tex", ".adoc"})
#: Kinds of files in which `#` begins no comment.
_C_SUFFIXES = frozenset(
    {".c", ".cc", ".cl", ".cpp", ".cu", ".cuh", ".cxx", ".def", ".h", ".hh", ".hip", ".hpp"}
    | {".in", ".inc", ".inl", ".metal", ".mm", ".tpp"}
    | {".go", ".java", ".js", ".jsx", ".rs", ".swift", ".ts", ".tsx"}
)
#: The start of a line that is a comment, and of a comment behind code: in C and in other files.
_C_COMMENT = re.compile(r"\s*(?://|/\*|\*(?:\s|/|$))")
_C_COMMENT_BEHIND = re.compile(r"\s//|/\*")
_COMMENT = re.compile(r"\s*(?:#|//|/\*|<!--|;)")
_COMMENT_BEHIND = re.compile(r"\s(?:#|//|;)\s")
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
#: A comment that ends on its line.
_CLOSED = re.compile(r"/\*.*?\*/|<!--.*?-->")
#: Kinds of files whose lines are fields, and what is between these.
_TABLES = {".csv": ",", ".tsv": "\t"}
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_DEFINED = re.compile(r"^[ \t]*def[ \t]+(\w+)[ \t]*\(", re.MULTILINE)
_PYTHON_FENCES = frozenset({"python", "python3", "py"})


def in_text(data: bytes, path: PurePath, names: frozenset[str]) -> Iterator[TextUse]:
    """Yield the places in any other kind of file that may use one of the names."""
    text = data.decode("utf-8", "replace")
    suffix = path.suffix.lower()
    if suffix == ".ipynb":
        yield from _in_notebook(text, names)
    elif suffix in _PROSE_SUFFIXES:
        yield from _in_prose(text, names)
    else:
        is_whole = suffix == ".pyi"
        for row, line in enumerate(text.split("\n"), 1):
            for part in [line] if is_whole else _parts_of_line(line, suffix):
                for name in names_in(part, names):
                    found = as_word(name).search(part)
                    is_listed = is_whole or _SENTENCE.search(_said(part, name)) is None
                    if found and (is_listed or _is_use(part, found)):
                        yield TextUse(name, row, "a file of another kind")


def _said(line: str, name: str) -> str:
    """Return a line without its quoted strings, if the name is in none: `run kernel "the last"`."""
    bare = _QUOTED.sub(" ", line)
    return bare if name in bare else line


def _is_use(line: str, found: re.Match[str]) -> bool:
    start, end = found.span()
    return is_field(line[:start], line[end:]) or is_use(line, start, end)


def _parts_of_line(line: str, suffix: str) -> list[str]:
    """Return the parts that tell on their own whether they use a name: no comments, each field."""
    is_c = suffix in _C_SUFFIXES
    line = _CLOSED.sub(" ", line)
    if (_C_COMMENT if is_c else _COMMENT).match(line):
        return []
    if suffix in _TABLES:
        return line.split(_TABLES[suffix])
    # Behind a comment's mark may also be code: in a string, for example.
    code = (_C_COMMENT_BEHIND if is_c else _COMMENT_BEHIND).split(line, maxsplit=1)
    return [line] if len(code) == 1 else [code[0], line]


def _in_notebook(text: str, names: frozenset[str]) -> Iterator[TextUse]:
    for number, source in enumerate(_code_cells(text), 1):
        for line in source.split("\n"):
            if not line.lstrip().startswith("#"):
                for name in names_in(line, names):
                    yield TextUse(name, 1, f"cell {number} of a notebook")


def _code_cells(text: str) -> Iterator[str]:
    try:
        cells = json.loads(text)["cells"]
        for cell in cells:
            if cell.get("cell_type") == "code":
                source = cell.get("source", "")
                yield source if isinstance(source, str) else "".join(map(str, source))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # A file that cannot be read may contain anything.
        yield text


def _in_prose(text: str, names: frozenset[str]) -> Iterator[TextUse]:
    """Yield the code blocks of a document: fenced, indented, or with prompts."""
    lines = text.split("\n")
    shown = _only_shown(lines)
    own = _defined_in_blocks(lines)
    fenced = False
    for row, line in enumerate(lines, 1):
        if _FENCE.match(line):
            fenced = not fenced
            continue
        indented = line.startswith(("    ", "\t"))
        if not (fenced or indented or line.lstrip().startswith(DOCTEST)):
            continue
        if row in shown or line.lstrip().startswith("#"):
            continue
        for name in names_in(line, names - own.get(row, frozenset())):
            found = as_word(name).search(line)
            if found and (fenced or is_use(line, found.start(), found.end())):
                yield TextUse(name, row, "a code block of a document")


def _defined_in_blocks(lines: list[str]) -> Mapping[int, frozenset[str]]:
    """Return the functions that a fenced block defines itself, for each of its rows."""
    found: dict[int, frozenset[str]] = {}
    for start, end, _ in _fenced(lines):
        defined = frozenset(_DEFINED.findall("\n".join(lines[start : end - 1])))
        found.update(dict.fromkeys(range(start, end), defined) if defined else ())
    return found


def _only_shown(lines: list[str]) -> set[int]:
    """Return the rows of fenced Python blocks that are incomplete, and so are never run."""
    found: set[int] = set()
    for start, end, language in _fenced(lines):
        code = (text for text in lines[start : end - 1] if not text.lstrip().startswith(("%", "!")))
        block = "\n".join(code)
        if language in _PYTHON_FENCES and not any(p in block for p in DOCTEST[:1]):
            found.update(() if parses(block) else range(start, end + 1))
    return found


def _fenced(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the rows of the fences around each block, and the language that the first one names."""
    start, language = 0, ""
    for row, line in enumerate(lines, 1):
        if not (match := _FENCE.match(line)):
            continue
        if start:
            yield start, row, language
            start = 0
        else:
            start, language = row, line[match.end() :].strip().lower()

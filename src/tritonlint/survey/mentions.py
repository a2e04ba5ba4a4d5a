"""Where the name of a kernel appears in text: in strings, scripts, notebooks, other languages.

Text may be run, parsed or looked up. A name that reads like a word of a sentence is no use of the
kernel; a call, a dotted path or the bare name is one.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import PurePath
from typing import NamedTuple

from tritonlint.survey.harmless_strings import docstrings_in, harmless_strings
from tritonlint.survey.nodes import nodes_in
from tritonlint.survey.parsing import parsed
from tritonlint.survey.scopes import Scope
from tritonlint.survey.strings import matches, spellings

#: A name with fewer words around it is not in a sentence.
_WORDS = 3
#: A literal part of a built name only counts if it has this many letters and is this share of
#: the name, unless the part mentions kernels.
_LETTERS = 3
_SHARE = 0.5
_KERNEL = "kernel"

_CODE_LINE = re.compile(
    r"^\s*(?:from\s+[\w.]+\s+import|import\s+\w|def\s+\w+\(|@\w|class\s+\w|return\b|\w+\s*=\s)",
    re.M,
)
_IMPORTED = re.compile(r"(?:\bimport|\bdef|\bfrom)\s+[\w.,* ]*$")
_OPTION = re.compile(r"(?:^|\s)--?[\w-]+(?:\s+|=)[\"']?[\w.:/,-]*$")
#: A command line, or a part of one.
_COMMAND = re.compile(r"\bpython[\d.]*\s|\.py\b|(?:^|\s)--\w")
#: The text before the last part of a path: `package.module:kernel`, `file.py::kernel`.
_PATH = re.compile(r"(?:\.|::|\w[:/])$")
#: A word of a sentence has spaces around it, and does not look like code.
_WORD = re.compile(r"(?<!\S)[\"'`(\[]*[A-Za-z][A-Za-z'-]+[\"'`)\].,:;!?]*(?!\S)")
_DOCTEST = (">>>", "...")
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
_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*(?:\s|/|$)|<!--|;)")
_COMMENT_BEHIND = re.compile(r"\s(?:#|//|;)\s")
#: A comment that ends on its line.
_CLOSED = re.compile(r"/\*.*?\*/|<!--.*?-->")
#: Kinds of files whose lines are fields, and what is between these.
_TABLES = {".csv": ",", ".tsv": "\t"}
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_PYTHON_FENCES = frozenset({"python", "python3", "py"})


class TextUse(NamedTuple):
    """A name in text that may be a use: its line, and the kind of text."""

    name: str
    row: int
    what: str


def parts_of(name: str) -> frozenset[str]:
    """Return the beginnings and ends of a name that code may join with other parts, as words.

    The end in `"%s_kernel"` is a word with an "s" before it.
    """
    places = [place for place, letter in enumerate(name) if letter == "_"]
    parts = {name[: place + 1] for place in places} | {name[place:] for place in places}
    long = {p for p in parts if p != name and _letters(p) >= _LETTERS}
    return frozenset(long | {f"s{part}" for part in long if part.startswith("_")})


def _letters(text: str) -> int:
    return sum(character.isalnum() for character in text)


@cache
def _as_word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


# -- Python --------------------------------------------------------------------------------


def in_python(data: bytes, names: frozenset[str]) -> Iterator[TextUse]:
    """Yield the strings of a Python file that may use one of the names.

    Raises:
        SourceError: the file cannot be parsed.
    """
    with parsed(data) as (tree, _):
        nodes = nodes_in(tree)
    docstrings, passed_over = docstrings_in(nodes), harmless_strings(nodes)
    scope = Scope("module", "", None)
    for node in nodes:
        if node in passed_over:
            continue
        if isinstance(node, ast.JoinedStr):
            passed_over.update(node.values)
            parts = [str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values]
            for name, row in _uses("".join(parts), node.lineno, names):
                yield TextUse(name, row, "a string")
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node in docstrings:
                yield from _in_docstring(node, names)
            else:
                for name, row in _uses(node.value, node.lineno, names):
                    yield TextUse(name, row, "a string")
        elif isinstance(node, (ast.JoinedStr, ast.BinOp, ast.Call)):
            yield from _put_together(node, scope, names)


def _in_docstring(node: ast.Constant, names: frozenset[str]) -> Iterator[TextUse]:
    for number, line in enumerate(str(node.value).split("\n")):
        runs = line.lstrip().startswith(_DOCTEST)
        for name in names:
            for match in _as_word(name).finditer(line):
                if runs or line[match.end() :].startswith("["):
                    what = "a doctest" if runs else "a docstring"
                    yield TextUse(name, node.lineno + number, what)


def _put_together(node: ast.expr, scope: Scope, names: frozenset[str]) -> Iterator[TextUse]:
    for spelling in spellings(node, scope):
        if spelling is None or _letters(spelling.text) < _LETTERS:
            continue
        if not spelling.partial:
            for name, row in _uses(spelling.text, node.lineno, names):
                yield TextUse(name, row, "a string")
            continue
        # `f"{module}.kernel"` ends with the name.
        last = re.split(r"[.:/]", spelling.text)[-1]
        for name in names:
            if _tells_enough(last, name) and matches(last, name):
                yield TextUse(name, node.lineno, "a string that is built from parts")


def _tells_enough(spelling: str, name: str) -> bool:
    letters = _letters(spelling)
    return letters >= max(_LETTERS, _SHARE * _letters(name)) or _KERNEL in spelling


# -- how a text uses a name -----------------------------------------------------------------


def _uses(text: str, row: int, names: frozenset[str]) -> Iterator[tuple[str, int]]:
    """Yield the names that a text may use, with their lines."""
    for name in names:
        if name not in text:
            continue
        for match in _as_word(name).finditer(text):
            if _is_use(text, match.start(), match.end()):
                yield name, row + text.count("\n", 0, match.start())
                break


def _is_use(text: str, start: int, end: int) -> bool:
    """Whether a name in a text is more than a word of a sentence."""
    before, after = text[:start], text[end:]
    if re.match(r"\s*[\[(]|\.\w|\s*=[^=]", after) or _PATH.search(before):
        return True
    if _IMPORTED.search(before) or _OPTION.search(before) or _COMMAND.search(text):
        return True
    if before.endswith(("'", '"')) and after.startswith(("'", '"')):
        return True
    if "\n" in text and _is_code(text):
        return True
    # A word of a sentence has other words around it.
    line_before, line_after = before.rpartition("\n")[2], after.partition("\n")[0]
    return len(_WORD.findall(line_before) + _WORD.findall(line_after)) < _WORDS


def _is_code(text: str) -> bool:
    return _parses(text) or _CODE_LINE.search(text) is not None


def _parses(text: str) -> bool:
    try:
        ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


# -- other files ---------------------------------------------------------------------------


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
                for name in _names_in(part, names):
                    found = _as_word(name).search(part)
                    if found and (is_whole or _is_use(part, found.start(), found.end())):
                        yield TextUse(name, row, "a file of another kind")


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


def _names_in(text: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name in text and _as_word(name).search(text)]


def _in_notebook(text: str, names: frozenset[str]) -> Iterator[TextUse]:
    for number, source in enumerate(_code_cells(text), 1):
        for line in source.split("\n"):
            if not line.lstrip().startswith("#"):
                for name in _names_in(line, names):
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
    fenced = False
    for row, line in enumerate(lines, 1):
        if _FENCE.match(line):
            fenced = not fenced
            continue
        indented = line.startswith(("    ", "\t"))
        if not (fenced or indented or line.lstrip().startswith(_DOCTEST)):
            continue
        if row in shown or line.lstrip().startswith("#"):
            continue
        for name in _names_in(line, names):
            found = _as_word(name).search(line)
            if found and (fenced or _is_use(line, found.start(), found.end())):
                yield TextUse(name, row, "a code block of a document")


def _only_shown(lines: list[str]) -> set[int]:
    """Return the rows of fenced Python blocks that are incomplete, and so are never run."""
    found: set[int] = set()
    start, language = 0, None
    for row, line in enumerate(lines, 1):
        if not (match := _FENCE.match(line)):
            continue
        if language is None:
            start, language = row, line[match.end() :].strip().lower()
            continue
        block = "\n".join(lines[start : row - 1])
        if language in _PYTHON_FENCES and not any(p in block for p in _DOCTEST[:1]):
            found.update(() if _parses(block) else range(start, row + 1))
        language = None
    return found

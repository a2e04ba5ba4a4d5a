"""Where the name of a kernel appears in the strings of a Python file.

Text may be run, parsed or looked up. A name that reads like a word of a sentence is no use of the
kernel; a call, a dotted path or the bare name is one.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from tritonlint.survey.harmless_strings import ALL, docstrings_in, exported, harmless_strings
from tritonlint.survey.local_names import local_scope
from tritonlint.survey.nodes import nodes_in
from tritonlint.survey.parsing import parsed
from tritonlint.survey.scopes import Scope
from tritonlint.survey.strings import (
    Spelling,
    is_sum,
    matches,
    of_sum,
    spellings,
    sums_in,
    template,
)

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
#: What is before a field of a line, and behind one.
_FIELD_BEFORE = re.compile(r"""(?:^|[|;\t{:>]|\s\s)\s*[-*+"']*\s*$""")
_FIELD_AFTER = re.compile(r"""["']?\s*(?:$|[|;\t:},<]|\s\s)""")
DOCTEST = (">>>", "...")
#: What a string that is built from parts is called.
BUILT = "the string that is built"
_NO_NAMES = Scope("module", "", None)
#: Where names are followed, it is not for as long as elsewhere: this many steps count as done.
_DEPTH = 4


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
def as_word(name: str) -> re.Pattern[str]:
    """Return the pattern of a name that is no part of a longer one."""
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


# -- Python --------------------------------------------------------------------------------


def in_python(data: bytes, names: frozenset[str]) -> Iterator[TextUse]:
    """Yield the strings of a Python file that may use one of the names.

    Raises:
        SourceError: the file cannot be parsed.
    """
    with parsed(data) as (tree, _):
        nodes = nodes_in(tree)
    for name, row, what in exported(nodes, names):
        yield TextUse(name, row, what)
    names -= {ALL}
    docstrings, passed_over = docstrings_in(nodes), harmless_strings(nodes)
    split = {text for node in nodes if (text := _that_is_split(node)) is not None}
    filled_in = {text for node in nodes if (text := _that_is_filled_in(node)) is not None}
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
            elif node in split:
                for name in names_in(str(node.value), names):
                    yield TextUse(name, node.lineno, "a string")
            else:
                for name, row in _uses(node.value, node.lineno, names):
                    yield TextUse(name, row, "a string")
                if "%" in node.value or "{" in node.value:
                    # Other code may fill it in: `NAME % op`
                    spelling = template(node.value)
                    for name in names if node not in filled_in else ():
                        if _may_be(spelling, name):
                            yield TextUse(name, node.lineno, BUILT)
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
            # `name += "_kernel"`
            whole = ast.BinOp(node.target, node.op, node.value)
            yield from _put_together(ast.copy_location(whole, node), nodes, names)
        elif isinstance(node, (ast.JoinedStr, ast.BinOp, ast.Call)):
            passed_over.update(sums_in(node))
            yield from _put_together(node, nodes, names)


def _that_is_split(node: ast.AST) -> ast.expr | None:
    """Return the string of `"a b c".split()`: it is a list, whatever it looks like."""
    if isinstance(node, ast.Attribute) and node.attr in ("split", "splitlines", "rsplit"):
        return node.value
    return None


def _that_is_filled_in(node: ast.AST) -> ast.expr | None:
    """Return the template in `"%s_kernel" % op` or `"{}_kernel".format(op)`."""
    match node:
        case ast.BinOp(left, ast.Mod()):
            return left
        case ast.Attribute(value, "format"):
            return value
    return None


def _in_docstring(node: ast.Constant, names: frozenset[str]) -> Iterator[TextUse]:
    for number, line in enumerate(str(node.value).split("\n")):
        runs = line.lstrip().startswith(DOCTEST)
        for name in names:
            for match in as_word(name).finditer(line):
                if runs or line[match.end() :].startswith("["):
                    what = "a doctest" if runs else "a docstring"
                    yield TextUse(name, node.lineno + number, what)


def _put_together(
    node: ast.expr, nodes: Iterable[ast.AST], names: frozenset[str]
) -> Iterator[TextUse]:
    """Yield the names that a string which is built may use, or the beginning of a sum."""
    found: set[str] = set()
    closer: dict[ast.AST, list[Spelling | None]] = {}
    for part, strings in _built(node, _NO_NAMES):
        for spelling in strings:
            if spelling is None or _letters(spelling.text) < _LETTERS:
                continue
            if not spelling.partial:
                for name, row in _uses(spelling.text, node.lineno, names):
                    yield TextUse(name, row, "a string")
                continue
            for name in names - found:
                if not _may_be(spelling, name):
                    continue
                # Few strings get here: the function may say more about their parts.
                closer = closer or dict(_built(node, local_scope(node, nodes), _DEPTH))
                if any(each is None or _may_be(each, name) for each in closer[part]):
                    found.add(name)
                    yield TextUse(name, node.lineno, BUILT)


def _built(
    node: ast.expr, scope: Scope, depth: int = 0
) -> Iterable[tuple[ast.AST, list[Spelling | None]]]:
    return (
        of_sum(node, scope, depth) if is_sum(node) else [(node, [*spellings(node, scope, depth)])]
    )


def _may_be(spelling: Spelling, name: str) -> bool:
    """Whether a string with known parts may be a name, or end with it."""
    if not spelling.partial:
        return name in spelling.text
    # `f"{module}.kernel"` ends with the name.
    last = re.split(r"[.:/]", spelling.text)[-1]
    return _tells_enough(last, name) and matches(last, name)


def _tells_enough(spelling: str, name: str) -> bool:
    letters = _letters(spelling)
    return letters >= max(_LETTERS, _SHARE * _letters(name)) or _KERNEL in spelling


# -- how a text uses a name -----------------------------------------------------------------


def names_in(text: str, names: Iterable[str]) -> list[str]:
    """Return the names that are words of a text."""
    return [name for name in names if name in text and as_word(name).search(text)]


def _uses(text: str, row: int, names: frozenset[str]) -> Iterator[tuple[str, int]]:
    """Yield the names that a text may use, with their lines."""
    for name in names:
        if name not in text:
            continue
        for match in as_word(name).finditer(text):
            if is_use(text, match.start(), match.end()):
                yield name, row + text.count("\n", 0, match.start())
                break


def is_use(text: str, start: int, end: int) -> bool:
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
    line_before, line_after = before.rpartition("\n")[2], after.partition("\n")[0]
    if "\n" in text and is_field(line_before, line_after):
        return True
    # A word of a sentence has other words around it.
    return len(_WORD.findall(line_before) + _WORD.findall(line_after)) < _WORDS


def is_field(before: str, after: str) -> bool:
    """Whether a name is a field of a line, such as a key: `add_kernel: what it is good for`."""
    return _FIELD_BEFORE.search(before) is not None and _FIELD_AFTER.match(after) is not None


def _is_code(text: str) -> bool:
    return parses(text) or _CODE_LINE.search(text) is not None


def parses(text: str) -> bool:
    """Whether a text is Python."""
    try:
        ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True

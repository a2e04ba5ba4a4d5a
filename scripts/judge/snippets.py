"""Finds names of functions, and launches, in strings and in files that are not Python."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from judge.tree import Tree

#: Files of text that may hold code or data; the others are not looked at.
_TEXT = re.compile(
    r"\.(json|ya?ml|toml|ini|cfg|ipynb|md|rst|txt|sh|cpp|cc|cu|cuh|c|h|hpp|in|tmpl|j2|jinja2?|pyi"
    r"|pyx|cmake|template|mk|bat)$|/[^./]+$"
)


def snippets(tree: Tree, names: set[str]) -> Iterator[tuple[str, int, str, ast.Call | None]]:
    """Path, line, name, and the launch there, or None for any other mention that is not prose."""
    if not names:
        return
    word = re.compile(rf"(?<![\w.])({'|'.join(sorted(map(re.escape, names)))})\b")
    for path in tree.mentioning(names):
        for line, text, is_docstring in _strings(tree.parse(path)):
            yield from _mentions(path, line, text, word, is_docstring)
    for path in tree.mentioning(names, python=False):
        if _TEXT.search(f"/{path}"):
            text = tree.data[path].decode("utf-8", "replace")
            prose = path.endswith((".md", ".rst", ".txt"))
            for cell in _cells(text) if path.endswith(".ipynb") else [text]:
                yield from _mentions(path, 1, cell, word, prose)


def _strings(tree: ast.Module | None) -> Iterator[tuple[int, str, bool]]:
    """The strings of a module, except those that only list the module's names."""
    if tree is None:
        return
    exported: set[int] = set()
    docstrings: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
                exported |= {id(n) for n in ast.walk(node)}
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            docstrings.add(id(node.value))
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in exported:
            yield node.lineno, node.value, id(node) in docstrings


def _cells(text: str) -> list[str]:
    """The code of a notebook, or the text of a file that is not a valid one."""
    try:
        sources = [cell["source"] for cell in json.loads(text)["cells"]]
    except (ValueError, KeyError, TypeError):
        return [text]
    return [source if isinstance(source, str) else "".join(source) for source in sources]


def _mentions(
    path: str, first: int, text: str, word: re.Pattern[str], prose: bool
) -> Iterator[tuple[str, int, str, ast.Call | None]]:
    for found in word.finditer(text):
        line = first + text.count("\n", 0, found.start())
        call = _launch(text, found.start())
        if call is not None:
            yield path, line, found[1], call
        elif not prose and _is_use(text, found):
            yield path, line, found[1], None


def _is_use(text: str, found: re.Match[str]) -> bool:
    """Whether a name is more than a word of a sentence."""
    around = text[max(0, found.start() - 1) : found.end() + 1].strip()
    path = re.fullmatch(rf"[\w.:/]*{re.escape(found[1])}", text.strip())
    return path is not None or around != found[1]


def _launch(text: str, start: int) -> ast.Call | None:
    """The launch `name[...](...)` that begins at a place in a text."""
    place = start
    while place < len(text) and (text[place].isalnum() or text[place] == "_"):
        place += 1
    for opening in "[(":
        while place < len(text) and text[place].isspace():
            place += 1
        if place >= len(text) or text[place] != opening:
            return None
        place = _closing(text, place)
        if place < 0:
            return None
    source = text[start:place].replace("\\n", "\n").replace('\\"', '"')
    try:
        node = ast.parse(source, mode="eval").body
    except SyntaxError:
        return None
    return node if isinstance(node, ast.Call) else None


def _closing(text: str, start: int) -> int:
    """The place after the bracket that closes the one at a place, or -1."""
    depth = 0
    for place in range(start, min(len(text), start + 20_000)):
        if text[place] in "([{":
            depth += 1
        elif text[place] in ")]}":
            depth -= 1
            if depth == 0:
                return place + 1
    return -1

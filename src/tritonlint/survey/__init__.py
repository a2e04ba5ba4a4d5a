"""The survey: one file's bytes in, its facts out. Nothing after it sees a syntax tree."""

from __future__ import annotations

import ast
import hashlib
import sys
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from symtable import symtable

from tritonlint.facts import ModuleFacts, Problem
from tritonlint.source import SourceError, decode
from tritonlint.span import Span
from tritonlint.survey.focus import Focus
from tritonlint.survey.module import build_module
from tritonlint.survey.text import Text

#: Raise with any change to what a survey finds: caches of older facts are then not used.
FACTS_VERSION = 16

_RECURSION_LIMIT = 4000


def survey(
    data: bytes,
    jit_decorators: frozenset[str] = frozenset(),
    focus: Collection[str] | None = None,
    known: ModuleFacts | None = None,
) -> ModuleFacts:
    """The facts of one file; what cannot be read of it is among them, as `problems`.

    `jit_decorators` are dotted names of further decorators that make a function a kernel. With a
    `focus`, the code of functions that can hold no kernel and mention none of its words is left
    out, which `left_out` then says; with one that is empty, all but kernels, their decorators and
    the names of the module and its classes. `known` are facts of the same file with another focus:
    what they say of kernels, problems and suppressions is taken over, if they are of the same
    bytes.
    """
    digest = content_digest(data)
    if known is not None and known.digest != digest:
        known = None
    try:
        source = decode(data)
    except SourceError as error:
        return _unreadable(str(error.message), error.row, error.column, digest)
    text = Text(source.text)
    try:
        with warnings.catch_warnings(), _room_to_recurse():
            warnings.simplefilter("ignore")
            looked_at = Focus(text, jit_decorators, focus)
            kernels = known.kernels if known is not None else ()
            tree = ast.parse(looked_at.abridged(text.lines, kernels) if kernels else source.text)
            facts = build_module(tree, text, jit_decorators, looked_at, known)
            return facts._replace(digest=digest)
    except SyntaxError as error:
        message = f"{error.msg} (parsed as Python {sys.version_info[0]}.{sys.version_info[1]})"
        return _unreadable(message, error.lineno or 1, error.offset or 1, digest)
    except (RecursionError, MemoryError):
        return _unreadable("its code is nested too deeply to be parsed", 1, 1, digest)
    except ValueError as error:
        return _unreadable(str(error), 1, 1, digest)


def content_digest(data: bytes) -> str:
    """What tells a file's bytes from others."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def has_remarks(data: bytes) -> bool:
    """Whether there may be problems or suppressions in a file without kernels.

    Much cheaper than a survey. The compiler's symbol table needs no syntax tree in Python; what it
    rejects, a survey may still accept.
    """
    lowered = data.lower()
    if b"tritonlint" in lowered or b"trl" in lowered:
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            symtable(decode(data).text, "", "exec")
    except (SourceError, SyntaxError, RecursionError, MemoryError, ValueError):
        return True
    return False


@contextmanager
def _room_to_recurse() -> Iterator[None]:
    """Long `elif` chains and sums are deep trees; this far, no stack of any Python overflows."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _RECURSION_LIMIT))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _unreadable(message: str, row: int, column: int, digest: str) -> ModuleFacts:
    row, column = max(row, 1), max(column, 1)
    problem = Problem(message, Span(row, column, row, column))
    return ModuleFacts(problems=(problem,), digest=digest)

"""The survey: one file's bytes in, its facts out. Nothing after it sees a syntax tree.

May import `tritonlint.triton`, `tritonlint.source` and `tritonlint.span`.
"""

from __future__ import annotations

import ast
import hashlib
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from tritonlint.recursion import room_for_deep_trees
from tritonlint.source import SourceError, decode
from tritonlint.span import Span
from tritonlint.survey.facts.lookups import Ask, Seen, Tables, Unclear
from tritonlint.survey.facts.module import ModuleFacts, Problem, SurveyOptions
from tritonlint.survey.module import build_module, read_member
from tritonlint.survey.text import Text

#: Raise with any change to what a survey finds: caches of older facts are then not used.
FACTS_VERSION = 47

DEFAULT_OPTIONS = SurveyOptions()


def survey(data: bytes, options: SurveyOptions = DEFAULT_OPTIONS) -> ModuleFacts:
    """The facts of one file; what cannot be read of it is among them, as `problems`."""
    digest = content_digest(data)
    try:
        source = decode(data)
    except SourceError as error:
        return _unreadable(str(error.message), error.row, error.column, digest)
    try:
        with _parsing():
            tree = ast.parse(source.text)
            return build_module(tree, Text(source.text), options)._replace(digest=digest)
    except SyntaxError as error:
        message = f"{error.msg} (parsed as Python {sys.version_info[0]}.{sys.version_info[1]})"
        return _unreadable(message, error.lineno or 1, error.offset or 1, digest)
    except (RecursionError, MemoryError):
        return _unreadable("its code is nested too deeply to be parsed", 1, 1, digest)
    except ValueError as error:
        return _unreadable(str(error), 1, 1, digest)


def seen_by(data: bytes, options: SurveyOptions, name: str, ask: Ask) -> tuple[Seen, Tables]:
    """What something at the top level of a file does with arguments, or holds of configs."""
    try:
        text = decode(data).text
        with _parsing():
            return read_member(ast.parse(text), Text(text), options, name, ask)
    except (SourceError, SyntaxError, RecursionError, MemoryError, ValueError):
        return Seen(unclear=(Unclear("its file cannot be parsed", 1),)), Tables(complete=False)


def content_digest(data: bytes) -> str:
    """What tells a file's bytes from others."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


@contextmanager
def _parsing() -> Iterator[None]:
    """Python warns of odd code as it parses it."""
    with room_for_deep_trees(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _unreadable(message: str, row: int, column: int, digest: str) -> ModuleFacts:
    row, column = max(row, 1), max(column, 1)
    problem = Problem(message, Span(row, column, row, column))
    return ModuleFacts(problems=(problem,), digest=digest)

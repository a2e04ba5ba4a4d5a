"""The survey: one file's bytes in, its facts out. Nothing after it sees a syntax tree."""

from __future__ import annotations

import ast
import sys
import warnings

from tritonlint.facts import ModuleFacts, Problem, Span
from tritonlint.source import SourceError, decode
from tritonlint.survey.module import build_module
from tritonlint.survey.text import Text

#: Raise with any change to what a survey finds: caches of older facts are then not used.
FACTS_VERSION = 1


def survey(data: bytes, jit_decorators: frozenset[str] = frozenset()) -> ModuleFacts:
    """The facts of one file; what cannot be read of it is among them, as `problems`.

    `jit_decorators` are dotted names of further decorators that make a function a kernel.
    """
    try:
        source = decode(data)
    except SourceError as error:
        return _unreadable(str(error.message), error.row, error.column)
    text = Text(source.text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source.text)
        return build_module(tree, text, jit_decorators)
    except SyntaxError as error:
        message = f"{error.msg} (parsed as Python {sys.version_info[0]}.{sys.version_info[1]})"
        return _unreadable(message, error.lineno or 1, error.offset or 1)
    except (RecursionError, MemoryError):
        return _unreadable("its code is nested too deeply to be parsed", 1, 1)
    except ValueError as error:
        return _unreadable(str(error), 1, 1)


def _unreadable(message: str, row: int, column: int) -> ModuleFacts:
    row, column = max(row, 1), max(column, 1)
    return ModuleFacts(problems=(Problem(message, Span(row, column, row, column)),))

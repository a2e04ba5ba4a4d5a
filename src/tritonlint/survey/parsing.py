"""Parses the bytes of a file, or says why it cannot be parsed."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from tritonlint.recursion import room_for_deep_trees
from tritonlint.source import SourceError, decode


@contextmanager
def parsed(data: bytes) -> Iterator[tuple[ast.Module, str]]:
    """Yield the syntax tree and the text of a file, with a stack for deep trees.

    Raises:
        SourceError: the file cannot be parsed, or is nested too deeply to be analyzed.
    """
    text = decode(data).text
    try:
        # Python warns about odd code when it parses it.
        with room_for_deep_trees(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield ast.parse(text), text
    except SyntaxError as error:
        message = f"{error.msg} (parsed as Python {sys.version_info[0]}.{sys.version_info[1]})"
        raise SourceError(message, error.lineno or 1, error.offset or 1) from None
    except (RecursionError, MemoryError):
        raise SourceError("its code is nested too deeply to be parsed", 1, 1) from None
    except ValueError as error:
        raise SourceError(str(error), 1, 1) from None

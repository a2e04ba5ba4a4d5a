"""The form of the worker's answers: plain data with known names and types.

The worker has evaluated code of strangers. So its answers are checked like any other input.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any


class NonsenseError(Exception):
    """A line that does not answer the question."""


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_count, value))


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_walls(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(wall, list)
        and len(wall) == 2
        and isinstance(wall[0], str)
        and isinstance(wall[1], (str, type(None)))
        for wall in value
    )


def _is_seconds(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value) and value >= 0


_FIELDS: dict[str, Callable[[object], bool]] = {
    "ok": lambda value: isinstance(value, bool),
    "error": lambda value: isinstance(value, str),
    "frames": _is_rows,
    "refused": lambda value: isinstance(value, bool),
    "walls": _is_walls,
    "raw": _is_texts,
    "used": _is_texts,
    "digest": lambda value: isinstance(value, str),
    "ttir": lambda value: isinstance(value, str),
    "seconds": _is_seconds,
    "instructions": _is_count,
    "vectors": _is_count,
}
_NEEDED = {
    "hello": ("walls",),
    "load": (),
    "ttir": ("raw", "used", "digest"),
    "ptx": ("digest", "instructions", "vectors"),
    "cubin": ("digest", "seconds"),
}
_LONGEST_ERROR = 300


def checked(line: bytes, request: str) -> dict[str, Any]:
    """Return the answer on a line to a request of that kind.

    Raises:
        NonsenseError: the line is not such an answer.
    """
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        raise NonsenseError from None
    if not isinstance(answer, dict) or not answer.keys() <= _FIELDS.keys():
        raise NonsenseError
    if not all(_FIELDS[name](value) for name, value in answer.items()):
        raise NonsenseError
    needed = _NEEDED[request] if answer.get("ok") else ("ok", "error", "frames")
    if not answer.keys() >= set(needed):
        raise NonsenseError
    if "error" in answer:
        answer["error"] = _shown(answer["error"][:_LONGEST_ERROR])
    return answer


def _shown(text: str) -> str:
    """Return the text with escapes for all characters that may control a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)

"""Whether a number changes with every request, and why."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from tritonlint.analysis.ways import Way
from tritonlint.survey.facts.values import Leaf, NumberOrigin


class Rate(str, Enum):
    """How often a value changes."""

    PER_MODEL = "per model"
    PER_REQUEST = "per request"
    UNKNOWN = "unknown"


class Rating(NamedTuple):
    """How often a value changes, with the reason in words.

    Attributes:
        value: the code that it comes from, such as `q.shape[1]`.
    """

    rate: Rate
    value: str = ""
    reason: str = ""


def reason_of(leaf: Leaf, way: Way) -> str:
    """Say where a value comes from, in words that follow its name."""
    parts = [f"is `{leaf.text}`"]
    if leaf.origin is NumberOrigin.PARAMETER:
        parts = [f"is `{leaf.of}`, a parameter of `{_short(leaf.function)}`"]
    if way.calls:
        parts.append(f"through a call of `{_short(way.calls[-1])}`")
    return ", ".join(parts)


def _short(function: str) -> str:
    return function.rpartition("<locals>.")[2]

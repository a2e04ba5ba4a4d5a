"""Patterns of ignore files, read by pathspec, and matched quickly whatever the pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

from pathspec import GitIgnoreSpec
from pathspec.pattern import Pattern, RegexPattern

#: What pathspec writes for `*`, for `/**` before another part, and for a class with `!`. Such a
#: class matches no slash in git, so it must not match one here.
_STAR = "[^/]*"
_FOLDERS = "(?:/.+)?"
_NEGATED = re.compile(r"(?<!\\)\[\^(?!/)")


def spec_of(lines: Iterable[str]) -> GitIgnoreSpec:
    """Return the spec of some lines.

    Raises:
        ValueError, re.error: one is not valid.
    """
    # Only the simple backend of pathspec supports groups.
    spec = GitIgnoreSpec.from_lines(lines, backend="simple")
    patterns: list[Pattern] = [_quick(pattern) for pattern in spec.patterns]
    return GitIgnoreSpec(patterns, backend="simple")  # type: ignore[arg-type]


def _quick(pattern: Pattern) -> Pattern:
    regex = pattern.regex.pattern if isinstance(pattern, RegexPattern) and pattern.regex else ""
    if regex.count(_STAR) < 2 and regex.count(_FOLDERS) < 2:
        return pattern
    return RegexPattern(re.compile(_linear(regex)), pattern.include)


def _linear(regex: str) -> str:
    """Return the same pattern, but one that never tries a second place for a part.

    A part between two stars can always be matched at the first place where it fits, because the
    rest then has the most room. Without this, `*a*a*a*a*b` is tried at all places of all of its
    letters.
    """
    groups = count()
    *parts, last = regex.split(_FOLDERS)
    lead = ""
    found = ""
    for part in parts:
        part = _in_segments(_NEGATED.sub("[^/", part), groups)
        if part.startswith("^(?:.+/)?"):
            part = "^" + _first_fit("(?:.+?/)??" + part.removeprefix("^(?:.+/)?") + "(?=/)", groups)
        else:
            part = _first_fit(lead + part + "(?=/)", groups) if lead else part + "(?=/)"
        found += part
        lead = "(?:/.+?)??"
    return found + (_FOLDERS if parts else "") + _in_segments(last, groups)


def _in_segments(regex: str, groups: count[int]) -> str:
    first, *pieces = regex.split(_STAR)
    found = first
    for index, piece in enumerate(pieces):
        is_between = index + 1 < len(pieces) and "/" not in piece.replace("[^/", "")
        if is_between:
            piece = _NEGATED.sub("[^/", piece)
            found += _first_fit(f"{_STAR}?{piece}", groups)
        else:
            found += _STAR + piece
    return found


def _first_fit(regex: str, groups: count[int]) -> str:
    """Return a regular expression that is not tried at another place after it fits."""
    name = f"fit{next(groups)}"
    return f"(?=(?P<{name}>{regex}))(?P={name})"

"""What comments say about why a function has a parameter."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from tritonlint.span import Span
from tritonlint.survey.nodes import FunctionNode, all_arguments

#: Words about what is compiled or tuned for a parameter.
_DECIDED = re.compile(
    r"\b(?:(?:auto|re)?-?tun(?:e|es|ed|ing)|(?:re)?compil\w+|speciali[sz]\w+|constexpr"
    r"|on purpose|intentional\w*|deliberate\w*)\b",
    re.IGNORECASE,
)
#: Words by which a person says that a parameter stays, although nothing reads it.
_STAYS = re.compile(
    r"\b(?:(?:do not|don't|never|must not be|not to be) (?:delete|remove|drop)d?"
    r"|kept|keep (?:for|here|it|this|to)|left here|place-?holders?|reserved|compat\w*|parity"
    r"|match(?:es|ing)? the (?:\w+ )?(?:api|signature|interface)"
    r"|(?:must|has to|have to|should) (?:stay|remain|be here|be kept)|(?:do not|don't) touch"
    r"|(?:needed|required|expected|passed) by"
    r"|abi|stable (?:api|signature|interface)|(?:launcher|caller|host|wrapper)s? pass(?:es)?"
    r"|future use|(?:for|in) (?:the )?future|not yet (?:used|supported|implemented)"
    r"|not (?:used|supported|implemented) yet|unused for now)\b",
    re.IGNORECASE,
)
_MOST_SHOWN = 60


def is_on_purpose(lines: Sequence[str], at: Span) -> bool:
    """Whether the comment at the end of a parameter's line speaks of tuning or compiling."""
    return _DECIDED.search(_beside(lines, at)) is not None


def stays(lines: Sequence[str], function: FunctionNode, name: str, at: Span) -> str | None:
    """Return the comment that says that a parameter stays.

    It is on the line of the parameter, right above it, or names it in the body or the docstring.
    """
    named = re.compile(rf"\b{re.escape(name)}\b")
    about = [_beside(lines, at), " ".join(_above(lines, at))]
    about += [text for text in _inside(lines, function) if named.search(text)]
    for comment in filter(_STAYS.search, about):
        return comment if len(comment) <= _MOST_SHOWN else comment[: _MOST_SHOWN - 3] + "..."
    return None


def _beside(lines: Sequence[str], at: Span) -> str:
    return lines[at.row - 1][at.column - 1 :].partition("#")[2].strip()


def _above(lines: Sequence[str], at: Span) -> list[str]:
    """Return the comments in the lines above a parameter that is the first on its line."""
    found: list[str] = []
    if lines[at.row - 1][: at.column - 1].strip():
        return found
    for line in reversed(lines[: at.row - 1]):
        if not line.lstrip().startswith("#"):
            break
        found.insert(0, line.strip().lstrip("#").strip())
    return found


def _inside(lines: Sequence[str], function: FunctionNode) -> Iterator[str]:
    """Yield the lines of a function's docstring, and the comments in its body."""
    start = max((a.end_lineno or a.lineno for a in all_arguments(function.args)), default=0)
    if ast.get_docstring(function, clean=False) is not None:
        first = function.body[0]
        start = first.end_lineno or first.lineno
        yield from (line.strip() for line in lines[first.lineno - 1 : start])
    for line in lines[start : function.end_lineno]:
        comment = line.partition("#")[2].strip()
        if comment:
            yield comment

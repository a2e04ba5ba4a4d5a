"""Makes text from sources and file names safe for a terminal or a log."""

from __future__ import annotations

import re
import unicodedata

#: Each as wide as what it stands for.
_SIGNS = {"│": "|", "─": "-", "…": "~", "•": "*"}
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
#: Letters and marks without a shape of their own, which `unicodedata` does not tell from others.
_SHAPELESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0e\uffa0\U000e0000-\U000e0fff]"
)


def printable(text: str) -> str:
    """The text on one line, with what could steer a terminal or is not seen replaced by signs.

    Tabs stay. What changes the direction of text, has no width or is a tag becomes an escape. A
    lone surrogate, as an undecodable byte in a file name leaves it, is replaced too: no stream
    could encode it.
    """
    if text.isprintable() and (text.isascii() or not _SHAPELESS.search(text)):
        return text
    return "".join(map(_visible, text))


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _visible(character: str) -> str:
    if character == "\t":
        return character
    if character < " ":
        return chr(0x2400 + ord(character))
    category = unicodedata.category(character)
    if category == "Cf" or _SHAPELESS.match(character):
        return character.encode("unicode_escape").decode()
    return "\ufffd" if category in _UNPRINTABLE else character


def plain_signs(error: UnicodeError) -> tuple[str, int]:
    """An error handler of codecs: signs of a report that an encoding lacks, in ASCII.

    Everything else becomes an escape, as `backslashreplace` has it.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_SIGNS.get(c) or _escape(c) for c in text), error.end


def _escape(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode()

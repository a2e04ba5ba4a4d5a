"""Makes text from sources and file names safe for a terminal or a log."""

from __future__ import annotations

import re
import unicodedata

#: Each sign is as wide as the character that it replaces.
_SIGNS = {"│": "|", "─": "-", "…": "~", "•": "*"}
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
#: Letters and marks without a visible shape, which `unicodedata` does not list as such.
_SHAPELESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0e\uffa0\U000e0000-\U000e0fff]"
)


def printable(text: str) -> str:
    """Return the text on one line, with signs for control and invisible characters.

    Tabs stay. Characters that change the direction of text, have no width or are tags become
    escapes. A lone surrogate, which stands for an undecodable byte in a file name, is replaced too,
    because no stream can encode it.
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
    """Handle encoding errors: write signs that an encoding lacks in ASCII.

    Everything else becomes an escape, as with `backslashreplace`.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(_SIGNS.get(c) or _escape(c) for c in text), error.end


def _escape(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode()

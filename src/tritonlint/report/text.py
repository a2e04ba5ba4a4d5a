"""Text from sources and file names, made fit for a terminal or a log."""

from __future__ import annotations

import unicodedata

_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}


def printable(text: str) -> str:
    """The text on one line, with what could steer a terminal replaced by visible signs.

    Tabs stay. A lone surrogate, as an undecodable byte in a file name leaves it, is replaced too:
    no stream could encode it.
    """
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _visible(character: str) -> str:
    if character == "\t":
        return character
    if character < " ":
        return chr(0x2400 + ord(character))
    return "\ufffd" if unicodedata.category(character) in _UNPRINTABLE else character

"""The text of a Python file from its bytes, and the same bytes back from the text."""

from __future__ import annotations

import codecs
import hashlib
import io
import re
from typing import NamedTuple

_CODING = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK_OR_COMMENT = re.compile(rb"[ \t\f]*(?:#|$)")
_LINE_END = re.compile(rb"\r\n|\r|\n")


#: Python's parser takes up to 280 bytes of memory for each byte of a file (docs/reliability.md).
LARGEST = 8 << 20


class SourceError(Exception):
    """A file that has no text: `message` says why in words, at `row` and `column` from 1."""

    def __init__(self, message: str, row: int, column: int) -> None:
        super().__init__(message, row, column)
        self.message = message
        self.row = row
        self.column = column

    def __str__(self) -> str:
        return f"{self.message} (line {self.row}, column {self.column})"


class Source(NamedTuple):
    """A file's text with its own line endings, and what else its bytes need.

    `encoding` is the codec's own name, such as `utf-8` or `iso8859-1`; `bom` says whether a UTF-8
    byte order mark leads the file. The mark is no part of `text`.
    """

    text: str
    encoding: str = "utf-8"
    bom: bool = False


def decode(data: bytes) -> Source:
    """Reads the bytes as Python does (PEP 263): by the BOM, the coding line, or as UTF-8.

    `encode` turns the result back into the same bytes. Raises SourceError for NUL bytes,
    bytes that are not in the encoding, an encoding that is unknown or cannot hold Python, and for
    more than `LARGEST` bytes.
    """
    if len(data) > LARGEST:
        raise SourceError(
            f"the file is larger than {LARGEST >> 20} MiB, and is not parsed: Python would need "
            "gigabytes of memory for it",
            1,
            1,
        )
    bom = data.startswith(codecs.BOM_UTF8)
    if bom:
        data = data[len(codecs.BOM_UTF8) :]
    if (nul := data.find(0)) >= 0:
        row, column = _place_of(data, nul, "utf-8")
        raise SourceError("NUL byte: this is not Python text, or it is damaged", row, column)
    encoding, declared_row = _declared_encoding(data)
    if bom and encoding != "utf-8":
        raise SourceError(
            f"the coding line says {encoding}, but the file starts with a UTF-8 byte order mark",
            declared_row,
            1,
        )
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(data, error, encoding, declared=declared_row > 0) from None
    except UnicodeError as error:
        raise SourceError(f"the file is not in {encoding}: {error}", declared_row, 1) from None
    if encoding != "utf-8" and text.encode(encoding, "replace") != data:
        raise SourceError(
            f"some bytes of the file would not survive being read as {encoding} and written again; "
            "save it as UTF-8",
            declared_row,
            1,
        )
    return Source(text, encoding, bom)


def encode(source: Source) -> bytes:
    """The bytes of the file: the inverse of `decode`, also after `text` was replaced.

    Raises UnicodeEncodeError if a new text holds characters that the encoding lacks.
    """
    data = source.text.encode(source.encoding)
    return codecs.BOM_UTF8 + data if source.bom else data


def split_lines(text: str) -> list[str]:
    r"""The lines with their ends, divided where Python's tokenizer does: \r\n, \n and \r only.

    `str.splitlines` also divides at form feeds and Unicode separators, so its rows are not those
    that `ast` and editors count.
    """
    return io.StringIO(text, newline="").readlines()


def lines_of(text: str) -> list[str]:
    """The same without their ends."""
    return [line.rstrip("\r\n") for line in split_lines(text)]


class Positions:
    """Turns places as `ast` gives them (row, UTF-8 byte from 0) into rows and columns from 1."""

    def __init__(self, text: str) -> None:
        self.lines = split_lines(text)

    def column(self, row: int, byte_column: int) -> int:
        """The column, counted in characters from 1, of a byte of the row (rows count from 1)."""
        if row > len(self.lines):
            return byte_column + 1
        line = self.lines[row - 1]
        if line.isascii():
            return byte_column + 1
        return len(line.encode()[:byte_column].decode(errors="replace")) + 1


def _declared_encoding(data: bytes) -> tuple[str, int]:
    """The encoding that the coding line names and its row; UTF-8 and 0 where there is none."""
    head = data
    for row in (1, 2):
        line, head = _first_line(head)
        # As CPython: the second row counts only below a comment or an empty row.
        if match := _CODING.match(line):
            return _codec_name(match[1].decode("ascii", "replace"), row), row
        if not _BLANK_OR_COMMENT.match(line):
            break
    return "utf-8", 0


def _first_line(data: bytes) -> tuple[bytes, bytes]:
    end = _LINE_END.search(data)
    return (data[: end.start()], data[end.end() :]) if end else (data, b"")


def _codec_name(declared: str, row: int) -> str:
    normal = declared[:12].lower().replace("_", "-")
    # Emacs and Vim write utf-8-unix and the like; CPython takes these two for what they mean.
    if normal == "utf-8" or normal.startswith("utf-8-"):
        return "utf-8"
    if re.match(r"(latin-1|iso-8859-1|iso-latin-1)(-|$)", normal):
        return "iso8859-1"
    try:
        codec = codecs.lookup(declared)
        if "#coding=".encode(codec.name) == b"#coding=":
            return codec.name
    except (LookupError, UnicodeError):
        problem = f"unknown encoding {declared!r} in the coding line"
    else:
        problem = f"Python source cannot be in {declared!r}, which the coding line names"
    raise SourceError(f"{problem}; utf-8 is the usual one", row, 1)


def _undecodable(
    data: bytes, error: UnicodeDecodeError, encoding: str, *, declared: bool
) -> SourceError:
    row, column = _place_of(data, error.start, encoding)
    name = "UTF-8" if encoding == "utf-8" else encoding
    advice = (
        "correct the byte or the coding line"
        if declared
        else "save it as UTF-8, or name its encoding in the first line: # -*- coding: latin-1 -*-"
    )
    return SourceError(f"byte 0x{data[error.start]:02x} is not {name}; {advice}", row, column)


def _place_of(data: bytes, offset: int, encoding: str) -> tuple[int, int]:
    """The row and the column of a byte, both from 1, the column in characters."""
    row, start = 1, 0
    for end in _LINE_END.finditer(data, 0, offset):
        row, start = row + 1, end.end()
    return row, len(data[start:offset].decode(encoding, "replace")) + 1


def content_digest(data: bytes) -> str:
    """Return a digest that identifies bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()

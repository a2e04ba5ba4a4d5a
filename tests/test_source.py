"""Bytes to text and back."""

from __future__ import annotations

import ast
import codecs
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tritonlint.source import Positions, Source, SourceError, decode, encode, split_lines

BOM = codecs.BOM_UTF8


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"", "", "utf-8"),
        (b"x = 1\r\n", "x = 1\r\n", "utf-8"),
        ("s = 'é'\n".encode(), "s = 'é'\n", "utf-8"),
        (b"# coding: latin-1\ns = '\xe9'\n", "# coding: latin-1\ns = 'é'\n", "iso8859-1"),
        (b"#!/bin/sh\n# coding=cp1252\n'\x80'", "#!/bin/sh\n# coding=cp1252\n'€'", "cp1252"),
        (b"\n# coding: cp1252\n'\x80'", "\n# coding: cp1252\n'€'", "cp1252"),
        (b"#\r# coding: cp1252\r'\x80'", "#\r# coding: cp1252\r'€'", "cp1252"),
        (b"# -*- coding: utf-8-unix -*-\n'\xc3\xa9'", "# -*- coding: utf-8-unix -*-\n'é'", "utf-8"),
        (b"# vim: set fileencoding=latin-1-dos :\n'\xe9'", None, "iso8859-1"),
        (b"# coding: UTF_8\n'\xc3\xa9'", "# coding: UTF_8\n'é'", "utf-8"),
        (b"x = 1\n# coding: cp1252\n", "x = 1\n# coding: cp1252\n", "utf-8"),
        (b"\n\n# coding: cp1252\n", "\n\n# coding: cp1252\n", "utf-8"),
        (b"x = 1  # coding: cp1252\n", "x = 1  # coding: cp1252\n", "utf-8"),
        (b"# coding: euc-jp\n'\xa4\xa2'", "# coding: euc-jp\n'あ'", "euc_jp"),
    ],
)
@pytest.mark.parametrize("bom", [b"", BOM])
def test_the_encoding_is_found_as_python_finds_it(
    data: bytes, text: str | None, encoding: str, bom: bytes
) -> None:
    if bom and encoding != "utf-8":
        with pytest.raises(SourceError, match="byte order mark"):
            decode(bom + data)
        return
    source = decode(bom + data)
    assert source == Source(source.text, encoding, bool(bom))
    assert text in (None, source.text)
    assert encode(source) == bom + data
    assert ast.dump(ast.parse(bom + data)) == ast.dump(ast.parse(source.text))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ok = 1\na = b\0c\n", "NUL byte: this is not Python text.* (line 2, column 6)"),
        (BOM + b"\0", "NUL byte.* (line 1, column 1)"),
        (
            "é = 1\nü = '".encode() + b"\xe9'",
            "byte 0xe9 is not UTF-8; .*name its encoding in the first line.* (line 2, column 6)",
        ),
        (b"a\rb\r\n\xff", "byte 0xff is not UTF-8.* (line 3, column 1)"),
        (b"# coding: utf-8\n\xff", "correct the byte or the coding line (line 2, column 1)"),
        (b"# coding: ascii\n#\xc3\xa9\n", "byte 0xc3 is not ascii.* (line 2, column 2)"),
        (
            b"\n# coding: utf-9\n",
            "unknown encoding 'utf-9' in the coding line.* (line 2, column 1)",
        ),
        (b"# coding: utf-16\n", "Python source cannot be in 'utf-16'.* (line 1, column 1)"),
        (b"# coding: rot13\n", "unknown encoding 'rot13'.* (line 1, column 1)"),
        (b"# coding: undefined\n", "unknown encoding 'undefined'.* (line 1, column 1)"),
        (b"# coding: unicode_escape\n'\\x41'", "would not survive.* (line 1, column 1)"),
    ],
)
def test_what_has_no_text_says_why_and_where(data: bytes, message: str) -> None:
    words, _, place = message.rpartition(" (")
    with pytest.raises(SourceError, match=f"{words} \\({place[:-1]}\\)$"):
        decode(data)


def test_an_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(SourceError("words", 2, 3)))
    assert (error.message, error.row, error.column) == ("words", 2, 3)


ENCODINGS = ["utf-8", "latin-1", "cp1252", "koi8-r", "shift_jis", "euc-jp", "gbk", "big5", "ascii"]
NEWLINES = ["\n", "\r\n", "\r"]


@given(
    encoding=st.sampled_from(ENCODINGS),
    newline=st.sampled_from(NEWLINES),
    lines=st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))),
    bom=st.booleans(),
)
def test_encode_undoes_decode(encoding: str, newline: str, lines: list[str], bom: bool) -> None:
    text = newline.join([f"# coding: {encoding}", *lines])
    data = BOM * (bom and encoding == "utf-8") + text.encode(encoding, "ignore")
    body = data.removeprefix(BOM)
    if body.decode(encoding).encode(encoding) == body:
        assert encode(decode(data)) == data
    else:
        # A few old encodings can write one character in two ways; such files are refused.
        with pytest.raises(SourceError, match="would not survive"):
            decode(data)


@given(st.binary())
def test_any_bytes_are_restored_or_refused(data: bytes) -> None:
    try:
        source = decode(data)
    except SourceError:
        return
    assert encode(source) == data


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\nb\r\nc\rd", ["a\n", "b\r\n", "c\r", "d"]),
        ("\r\r\n\n", ["\r", "\r\n", "\n"]),
        ("a\x0cb\x0bc\x1cd\x85e\u2028f\n", ["a\x0cb\x0bc\x1cd\x85e\u2028f\n"]),
    ],
)
def test_lines_end_where_the_tokenizer_ends_them(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


@given(
    st.lists(st.sampled_from(["é = '🦊'", "x = 1", "", "y = 'ü'; z = y"])),
    st.sampled_from(NEWLINES),
)
def test_columns_of_ast_become_characters(rows: list[str], newline: str) -> None:
    text = newline.join(rows)
    positions = Positions(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.expr) and node.end_col_offset is not None:
            row = positions.lines[node.lineno - 1]
            start = positions.column(node.lineno, node.col_offset)
            end = positions.column(node.lineno, node.end_col_offset)
            assert row[start - 1 : end - 1] == ast.get_source_segment(text, node)


def test_a_column_past_the_last_row_is_counted_in_bytes() -> None:
    assert Positions("x = 1\n").column(2, 0) == 1

"""The code frame of any source: color changes no text, and nothing is wider than it should be."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tritonlint.report.frame import code_frame
from tritonlint.span import Span

PIECES = st.sampled_from(["n", ", ", "\t", "数", "'''", '"', "#", "\x1b", "\\", "\u0301", "x" * 30])
LINES = st.lists(st.lists(PIECES).map("".join), min_size=1, max_size=6)
COLUMNS = st.integers(min_value=1, max_value=200)


@st.composite
def places(draw):
    lines = draw(LINES)
    row = draw(st.integers(min_value=1, max_value=len(lines)))
    start, end = sorted([draw(COLUMNS), draw(COLUMNS)])
    return lines, Span(row, start, row, end)


@settings(deadline=None)
@given(places(), st.none() | st.integers(min_value=40, max_value=120))
def test_color_changes_no_text(place, width):
    plain, colored = (
        [line.plain.rstrip() for line in code_frame(*place, "", width, color)]
        for color in (False, True)
    )
    assert plain == colored


@settings(deadline=None)
@given(places(), st.integers(min_value=40, max_value=120))
def test_a_frame_stays_in_its_width_and_shows_its_carets(place, width):
    rows = [line.plain for line in code_frame(*place, "", width, False)]
    assert max(map(cell_len, rows)) <= width
    assert any(set(row.split("│")[1]) == {" ", "^"} for row in rows)

"""The report for people: exact text in a pipe, layout and color on a terminal."""

from __future__ import annotations

import io
import re
from textwrap import dedent

import pytest

from tritonlint.diagnostics import LaunchSite
from tritonlint.span import Span
from tritonlint.triton.specialization import Kind, Variants


def test_a_finding_in_a_pipe(report, finding, fix):
    cost = "up to 3 compiles: == 1, % 16 == 0, other"
    assert report([finding(fix=fix("safe"), cost=cost)], "full") == dedent("""\
        ops/scale.py:5:5: TRL001 [*] unused-parameter
        `seqlen` of `_scale_kernel` is never read
           3 │     x_ptr,
           4 │     out_ptr,
           5 │     seqlen,
             │     ^^^^^^ integer
           6 │     n,
           7 │     BLOCK: tl.constexpr,
             │
             = cost      up to 3 compiles: == 1, % 16 == 0, other
             = launched  serve.py:30 with x.shape[1]
             = help      Remove it
             = fix       Remove `seqlen` (safe: --fix)

        Found 1 finding in 1 kernel (3 files checked); 1 fixable with --fix.
        """)


def test_what_a_fix_says_is_not_said_twice(report, finding, fix):
    advice = "Remove `seqlen` from the signature of `_scale_kernel`"
    assert "help" not in report([finding(help=advice, fix=fix("safe"))], "full")
    assert advice in report([finding(help=advice)], "full")
    assert advice in report([finding(help=advice, fix_blocked_by="serve.py:3")], "full")


#: The arguments of a finding's launches, from what costs most to what costs least.
RANKED = (
    (("x.shape[1]",), 3),
    (("seqlen",), 2),
    (("1", "16"), 3),
    (("x.stride(0)",), 3),
    (("1", "1"), 3),
    ((None,), 3),
)


def test_what_costs_nothing_comes_last(report, finding):
    launches = (LaunchSite("a.py", 1, "SIZE"),)
    found = [
        finding(message="nothing", launches=launches, costs_nothing=True),
        finding(message="something", launches=(LaunchSite("a.py", 1, None),)),
    ]
    lines = report(found, "full").splitlines()
    assert lines.index("something") < lines.index("nothing")


def test_what_costs_most_comes_first(report, finding):
    found = [
        finding(
            message=f"number {number}",
            launches=tuple(LaunchSite("a.py", 1, argument) for argument in arguments),
            variants=Variants(("a", "b", "c")[:count], per_value=False),
        )
        for number, (arguments, count) in enumerate(RANKED)
    ]
    lines = report(found[::-1], "full").splitlines()
    assert [line for line in lines if line.startswith("number")][:4] == [
        f"number {number}" for number in range(4)
    ]
    # All other formats are sorted by file.
    lines = report(found[::-1], "concise").splitlines()
    assert "number 5" in lines[0]


def test_a_finding_about_a_file(report, syntax_error):
    assert report([syntax_error], "full") == dedent("""\
        ops/scale.py:2:1: TRL900 syntax-error
        Expected an indented block
           1 │ @triton.jit
           2 │ def _scale_kernel(
             │ ^
           3 │     x_ptr,
           4 │     out_ptr,
             │
             = help      Correct the syntax

        Found 1 finding (3 files checked).
        """)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"cost": "one compile for every value"}, "= cost      one compile for every value\n"),
        (
            {"launches": (LaunchSite("a.py", 1, None),)},
            "launched  a.py:1 without an argument for it",
        ),
        ({"launches": (LaunchSite("a.py", 1, "f(\n    x,\n)"),)}, "a.py:1 with f( x, )"),
        ({"launches": (LaunchSite("a.py", 1, "n[bold]"),)}, "a.py:1 with n[bold]"),
        ({"launches": (LaunchSite("a.py", 1, "n"),) * 10}, "... and 7 more"),
        ({"launches": (LaunchSite("/lib/a.py", 1, "n"),)}, "launched  /lib/a.py:1 with n"),
        ({"fix_blocked_by": "serve.py:3 passes *args"}, "no fix    serve.py:3 passes *args"),
        ({"message": "[red]x[/red] :smile:"}, "[red]x[/red] :smile:"),
        ({"message": "a\x1b[31mb\nc\udc80"}, "a␛[31mb␊c\ufffd"),
        ({"kind": Kind.UNKNOWN}, "     │     ^^^^^^\n"),
    ],
)
def test_what_a_finding_says(report, finding, values, expected):
    assert expected in report([finding(**values)], "full")


#: A format, and what it says of a parameter that stays though there is a fix.
STAYS = {
    "full": "= stays     because serve.py:3 passes *args\n",
    "concise": " (stays because serve.py:3 passes *args)",
    "github": "  stays because serve.py:3 passes *args",
    "sarif": "Stays because serve.py:3 passes *args.",
    "junit": "stays because serve.py:3 passes *args",
}


@pytest.mark.parametrize(("form", "said"), STAYS.items(), ids=STAYS)
def test_a_reason_beside_a_fix_is_no_lack_of_one(report, finding, fix, form, said):
    values = {"fix_blocked_by": "serve.py:3 passes *args", "cost": None}
    text = report([finding(fix=fix("safe"), **values)], form)
    assert said in text
    no_fix = re.compile("no fix:? +serve", re.IGNORECASE)
    assert not no_fix.search(text)
    assert no_fix.search(report([finding(**values)], form))


def test_the_unsafe_fix_names_its_option(report, finding, fix):
    text = report([finding(fix=fix("unsafe"))], "full")
    assert "TRL001 unused-parameter\n" in text
    assert "fix       Remove `seqlen` (unsafe: --fix --unsafe-fixes)" in text


@pytest.mark.parametrize(
    ("line", "name", "shown", "carets"),
    [
        ("    n, m", "m", "    n, m", "       ^"),
        ("\tn,\tm", "m", "    n,  m", "        ^"),
        ("  数, 長さ, n", "長さ", "  数, 長さ, n", "      ^^^^"),
        ("  数,\tn", "n", "  数,   n", "        ^"),
        ("\x1b[31m, n", "n", "␛[31m, n", "       ^"),
    ],
)
def test_carets_stand_under_the_name(report, finding, line, name, shown, carets):
    column = line.index(name) + 1
    span = Span(2, column, 2, column + len(name))
    text = report([finding(span=span, kind=None)], "full", source=f"\n{line}\n\n")
    assert f"   2 │ {shown}\n     │ {carets}\n" in text


@pytest.mark.parametrize(
    ("span", "carets"),
    [
        (Span(3, 5, 5, 2), "     │     ^^^^^^\n"),
        (Span(3, 5, 3, 5), "     │     ^\n"),
        (Span(3, 80, 3, 90), "     │           ^\n"),
    ],
    ids=["first line of many", "empty", "past the end of the line"],
)
def test_carets_of_odd_spans(report, finding, span, carets):
    assert carets in report([finding(span=span, kind=None)], "full")


@pytest.mark.parametrize(("source", "row"), [("", 1), ("x = 1\n", 2)], ids=["none", "too short"])
def test_no_frame_without_its_source(report, finding, source, row):
    text = report([finding(span=Span(row, 1, row, 2))], "full", source=source)
    assert "never read\n     │\n     = launched" in text


def test_a_pipe_has_no_width(report, finding):
    line = f"    {'x' * 500}, n"
    text = report(
        [finding(message="long " * 100, span=Span(1, 507, 1, 508))], "full", source=f"{line}\n"
    )
    assert f"   1 │ {line}\n" in text
    assert "long " * 100 + "\n" in text


def test_a_terminal_shows_the_part_of_a_long_line_with_the_caret(
    report, finding, terminal, monkeypatch
):
    monkeypatch.setenv("NO_COLOR", "1")
    line = f"    {'x' * 500}, n, {'y' * 500}"
    found = finding(span=Span(1, 507, 1, 508), launches=(), kind=None, variants=None)
    report([found], "full", terminal, source=f"{line}\n    short\n")
    frame = [row for row in _plain(terminal).split("\n") if "│" in row]
    assert frame == [
        "   1 │ …xxxxxxxxxxxxxx, n, yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…",
        "     │                  ^",
        "   2 │ …",
        "     │",
    ]


def test_a_terminal_wraps_prose_under_itself(report, finding, terminal):
    found = finding(help="Remove it from the signature and from every launch in the project")
    report([found], "full", terminal)
    text = _plain(terminal)
    assert "     = help      Remove it from the signature and from every\n" in text
    assert "                 launch in the project\n" in text
    assert max(map(len, text.split("\n")[:-2])) <= 60


@pytest.mark.parametrize(
    ("stream", "variables", "colored"),
    [
        ("pipe", {}, False),
        ("pipe", {"FORCE_COLOR": "1"}, True),
        ("terminal", {}, True),
        ("terminal", {"NO_COLOR": "1"}, False),
    ],
)
def test_when_there_is_color(report, finding, terminal, monkeypatch, stream, variables, colored):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    out = terminal if stream == "terminal" else io.StringIO()
    report([finding()], "full", out)
    assert ("\x1b[1;31mTRL001" in out.getvalue()) == colored
    assert "TRL001" in _plain(out)


def test_a_pipe_gets_no_control_codes(report, finding, fix):
    hostile = "\x1b[31m\x07\x9b\r"
    found = finding(message=hostile, launches=(LaunchSite("a.py", 1, hostile),), fix=fix("safe"))
    text = report([found], "full", source=f"{hostile}\n" * 6)
    assert all(character.isprintable() or character == "\n" for character in text)


def _plain(stream: io.StringIO) -> str:
    from rich.text import Text

    return Text.from_ansi(stream.getvalue()).plain + "\n"

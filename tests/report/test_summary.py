"""How the reports for people end, and what they count."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest


@pytest.fixture(scope="session")
def found(finding, fix, syntax_error):
    """Findings by a word for what can be done about them."""
    return {
        "safe": finding(fix=fix("safe")),
        "unsafe": finding(kernel="_other_kernel", fix=fix("unsafe")),
        "blocked": finding(fix_blocked_by="serve.py:3 passes *args"),
        "constexpr": finding(code="TRL003", name="unused-constexpr"),
        "file": syntax_error,
    }


@pytest.mark.parametrize(
    ("names", "values", "expected"),
    [
        ("", {}, "All clear: 12 kernels in 3 files checked."),
        ("", {"kernels": 1, "files": 1}, "All clear: 1 kernel in 1 file checked."),
        ("", {"kernels": 0}, "No Triton kernels found (3 files checked)."),
        ("", {"fixed": 2}, "Fixed 2 findings; none left (3 files checked)."),
        ("file", {}, "Found 1 finding (3 files checked)."),
        ("blocked", {"files": 1234}, "Found 1 finding in 1 kernel (1,234 files checked)."),
        (
            "safe safe unsafe file",
            {},
            "Found 4 findings in 2 kernels (3 files checked); "
            "2 fixable with --fix, 1 more with --unsafe-fixes.",
        ),
        (
            "unsafe",
            {},
            "Found 1 finding in 1 kernel (3 files checked); 1 fixable with --fix --unsafe-fixes.",
        ),
        (
            "blocked unsafe",
            {"fixed": 1},
            "Fixed 1 finding; 2 left in 2 kernels (3 files checked); "
            "1 fixable with --fix --unsafe-fixes.",
        ),
    ],
)
def test_full_summary(report, found, names, values, expected):
    text = report([found[name] for name in names.split()], "full", **values)
    assert text.split("\n")[-2] == expected


@pytest.mark.parametrize(
    ("names", "values", "expected"),
    [
        ("", {}, "All checks passed!\n"),
        ("", {"fixed": 2}, "Found 2 findings (2 fixed, 0 remaining).\n"),
        (
            "safe",
            {},
            """\
            ops/scale.py:5:5: TRL001 [*] `seqlen` of `_scale_kernel` is never read
            Found 1 finding.
            [*] 1 fixable with `--fix`.
            """,
        ),
        (
            "unsafe",
            {"fixed": 1},
            """\
            ops/scale.py:5:5: TRL001 `seqlen` of `_scale_kernel` is never read
            Found 2 findings (1 fixed, 1 remaining).
            1 unsafe fix available with `--fix --unsafe-fixes`.
            """,
        ),
        (
            "blocked safe unsafe unsafe file",
            {},
            """\
            ops/scale.py:2:1: TRL900 Expected an indented block
            ops/scale.py:5:5: TRL001 `seqlen` of `_scale_kernel` is never read (no fix: serve.py:3 passes *args)
            ops/scale.py:5:5: TRL001 [*] `seqlen` of `_scale_kernel` is never read
            ops/scale.py:5:5: TRL001 `seqlen` of `_scale_kernel` is never read
            ops/scale.py:5:5: TRL001 `seqlen` of `_scale_kernel` is never read
            Found 5 findings.
            [*] 1 fixable with `--fix` (2 unsafe fixes available with `--fix --unsafe-fixes`).
            """,  # noqa: E501
        ),
        (
            "safe",
            {"quiet": True},
            "ops/scale.py:5:5: TRL001 [*] `seqlen` of `_scale_kernel` is never read\n",
        ),
    ],
)
def test_concise(report, found, names, values, expected):
    text = report([found[name] for name in names.split()], "concise", **values)
    assert text == dedent(expected)


def test_a_format_of_one_line_says_the_cost_too(report, finding):
    text = report([finding(cost="one compile for every distinct value")], "concise")
    assert "is never read, and it costs one compile for every distinct value\n" in text


#: A cost, and what is left of it where the line is longer than the whole cost allows.
POINTER = "one compile for each dtype and alignment (data_ptr() % 16 == 0 or not)"
SHORTER = {
    "classes": ("up to 3 compiles: one for each of == 1, % 16 == 0, other", "up to 3 compiles"),
    "a condition": ("up to 3 compiles if it is an integer: one for each", "up to 3 compiles"),
    "what is the case": ("nothing today: every launch passes `1`", "nothing today"),
    "in parentheses": (POINTER, "one compile for each dtype and alignment"),
    "nothing": ("one compile for every distinct value", "one compile for every distinct value"),
}


@pytest.mark.parametrize(("cost", "short"), SHORTER.values(), ids=SHORTER)
def test_concise_shortens_a_cost_to_fit_the_line(report, finding, base, cost, short):
    found = finding(cost=cost, path=base / "ops/scale_all.py")
    (line, *_) = report([found], "concise").splitlines()
    assert line.endswith(f"`seqlen` of `_scale_kernel` is never read; costs {short}")
    assert len(line) <= 120 or short == cost


@pytest.mark.parametrize(
    ("folder", "length", "said"), [(10, 120, "value"), (60, 119, "read"), (62, 121, "read")]
)
def test_concise_leaves_the_cost_out_if_the_line_is_too_long(
    report, finding, base, folder, length, said
):
    found = finding(
        cost="one compile for every distinct value", path=base / ("x" * folder) / "a.py"
    )
    (line, *_) = report([found], "concise").splitlines()
    assert (len(line), line.split()[-1]) == (length, said)


@pytest.mark.parametrize(("folder", "end"), [(38, "(no fix: it has 12345)"), (39, "(no fix)")])
def test_concise_leaves_the_reason_out_last(report, finding, base, folder, end):
    path = base / ("x" * folder) / "a.py"
    found = finding(cost="one compile", path=path, fix=None, fix_blocked_by="it has 12345")
    (line, *_) = report([found], "concise").splitlines()
    assert line.endswith(f"is never read {end}")
    assert len(line) <= 120


def test_concise_keeps_a_finding_on_one_line(report, finding, base):
    found = finding(path=base / "a\nb.py", message="c\nd")
    assert report([found], "concise", quiet=True) == "a␊b.py:5:5: TRL001 c␊d\n"


NAMES = ["constexpr", *["safe"] * 10, "blocked", "file"]


@pytest.mark.parametrize(
    ("format", "end"),
    [
        ("concise", "Found 13 findings.\n[*] 10 fixable with `--fix`.\n"),
        (
            "full",
            "Found 13 findings in 1 kernel (3 files checked); 10 fixable with --fix.\n",
        ),
    ],
)
def test_statistics(report, found, format, end):
    text = report([found[name] for name in NAMES], format, statistics=True)
    counts = "11\tTRL001\t[-] unused-parameter\n"
    counts += " 1\tTRL003\t[ ] unused-constexpr\n"
    counts += " 1\tTRL900\t[ ] syntax-error\n"
    assert text == counts + end


def test_statistics_mark_a_rule_whose_findings_are_all_fixable(report, found):
    text = report([found["safe"]] * 2, "full", statistics=True, quiet=True)
    assert text == "2\tTRL001\t[*] unused-parameter\n"


def test_json_statistics(report, found):
    text = report([found[name] for name in NAMES], "json", statistics=True)
    assert json.loads(text) == [
        {"code": "TRL001", "name": "unused-parameter", "count": 11, "fixable": 10},
        {"code": "TRL003", "name": "unused-constexpr", "count": 1, "fixable": 0},
        {"code": "TRL900", "name": "syntax-error", "count": 1, "fixable": 0},
    ]


def test_no_statistics(report):
    assert report([], "json", statistics=True) == "[]\n"
    assert report([], "concise", statistics=True) == "All checks passed!\n"


@pytest.mark.parametrize(
    ("format", "values", "message"),
    [
        ("sarif", {"statistics": True}, "--statistics has no sarif output"),
        ("xml", {}, "unknown output format 'xml': choose one of full, concise, json, github"),
    ],
)
def test_formats_that_do_not_exist(report, format, values, message):
    with pytest.raises(ValueError, match=message):
        report([], format, **values)

"""JSON, GitHub commands and SARIF: exact text, and properties that hold for any message."""

from __future__ import annotations

import json
import ntpath
import os
import re
import subprocess
import sys
from pathlib import Path, PureWindowsPath
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from tritonlint.config.settings import OUTPUT_FORMATS
from tritonlint.diagnostics import Applicability, Edit, Fix, LaunchSite, Rule
from tritonlint.report import context, sarif
from tritonlint.report.github import escape_data, escape_property
from tritonlint.span import Span

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PATHS = st.lists(
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1),
    min_size=1,
).map(lambda parts: Path("/", *parts))
NUMBERS = st.integers(min_value=1, max_value=2**31 - 1)
SPANS = st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS).map(lambda numbers: Span(*numbers))


@st.composite
def findings(draw, finding, fix):
    edits = st.tuples(PATHS, SPANS, ANY_TEXT).map(lambda values: Edit(*values))
    applicability = fix(draw(st.sampled_from(["safe", "unsafe"]))).applicability
    fixes = st.builds(Fix, st.just(applicability), ANY_TEXT, st.lists(edits).map(tuple))
    launches = st.builds(LaunchSite, PATHS, NUMBERS, st.none() | ANY_TEXT)
    return finding(
        message=draw(ANY_TEXT),
        help=draw(ANY_TEXT),
        path=draw(PATHS),
        span=draw(SPANS),
        launches=tuple(draw(st.lists(launches, max_size=3))),
        fix=draw(st.none() | fixes),
        fix_blocked_by=draw(st.none() | ANY_TEXT),
    )


def test_json_carries_the_whole_finding(report, finding, fix):
    [found] = json.loads(report([finding(fix=fix("safe"))], "json"))
    expected = {
        "code": "TRL001",
        "name": "unused-parameter",
        "message": "`seqlen` of `_scale_kernel` is never read",
        "filename": "ops/scale.py",
        "location": {"row": 5, "column": 5},
        "end_location": {"row": 5, "column": 11},
        "kernel": "_scale_kernel",
        "parameter": "seqlen",
        "kind": "integer",
        "variants": {"count": 3, "classes": ["== 1", "% 16 == 0", "other"], "per_value": False},
        "launches": [{"filename": "serve.py", "row": 30, "argument": "x.shape[1]"}],
        "fix": {
            "applicability": "safe",
            "message": "Remove `seqlen`",
            "edits": [
                {
                    "filename": "ops/scale.py",
                    "location": {"row": 5, "column": 1},
                    "end_location": {"row": 6, "column": 1},
                    "content": "",
                },
                {
                    "filename": "serve.py",
                    "location": {"row": 30, "column": 20},
                    "end_location": {"row": 30, "column": 32},
                    "content": "",
                },
            ],
        },
        "fix_blocked_by": None,
        "url": Rule("TRL001", "unused-parameter", "", fixable=True).url,
    }
    assert found == expected
    assert list(found) == list(expected)


def test_json_of_a_finding_about_a_file(report, syntax_error):
    [found] = json.loads(report([syntax_error], "json"))
    absent = [key for key, value in found.items() if value is None]
    assert absent == ["kernel", "parameter", "kind", "variants", "fix", "fix_blocked_by"]
    assert found["launches"] == []


def test_json_says_why_there_is_no_fix(report, finding):
    [found] = json.loads(report([finding(fix_blocked_by="serve.py:3 passes *args")], "json"))
    assert (found["fix"], found["fix_blocked_by"]) == (None, "serve.py:3 passes *args")


@pytest.mark.parametrize(("format", "text"), [("json", "[]\n"), ("github", "")])
def test_nothing_found(report, format, text):
    assert report([], format) == text


def test_findings_are_sorted_by_file_and_place(report, finding, base):
    places = [("b.py", 1, 1), ("a.py", 10, 1), ("a.py", 9, 7), ("a.py", 9, 5)]
    found = [
        finding(path=base / path, span=Span(row, column, row, 20)) for path, row, column in places
    ]
    rows = json.loads(report(found, "json"))
    assert [(row["filename"], *row["location"].values()) for row in rows] == sorted(places)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/repo/ops/a.py", "ops/a.py"),
        ("ops/a.py", "ops/a.py"),
        ("./ops/../a.py", "a.py"),
        ("/repository/a.py", "/repository/a.py"),
        ("../lib/a.py", "/lib/a.py"),
    ],
)
def test_paths_are_relative_inside_the_base_directory(report, finding, path, shown):
    [found] = json.loads(report([finding(path=Path(path))], "json"))
    assert found["filename"] == shown


def test_github(report, finding):
    found = finding(path=Path("ops/a,b.py"), message="100%", fix_blocked_by="serve.py:3")
    assert report([found], "github") == (
        "::error title=tritonlint (TRL001),file=ops/a%2Cb.py,line=5,col=5,endLine=5,endColumn=11"
        "::ops/a,b.py:5:5: TRL001 100%25%0A  help: Remove it%0A  no fix: serve.py:3\n"
    )


def test_github_has_no_columns_over_more_than_one_line(report, finding):
    text = report([finding(span=Span(5, 5, 6, 2))], "github")
    assert "file=ops/scale.py,line=5,endLine=6::" in text


@settings(deadline=None)
@given(ANY_TEXT, ANY_TEXT)
def test_github_escaping_round_trips(value, message):
    command = f"::error title={escape_property(value)}::{escape_data(message)}"
    matched = re.fullmatch(r"::error title=([^:,\r\n]*)::([^\r\n]*)", command)
    assert matched
    unescaped = [_unescape_github(text) for text in matched.groups()]
    assert unescaped == [value, message]


def _unescape_github(text: str) -> str:
    """Unescape like the runner: actions/runner, src/Runner.Common/ActionCommand.cs."""
    for sign, code in (("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C"), ("%", "%25")):
        text = text.replace(code, sign)
    return text


def test_sarif(report, finding, fix, sarif_schema):
    log = json.loads(report([finding(fix=fix("safe"))], "sarif"))
    Draft7Validator(sarif_schema).validate(log)
    [run] = log["runs"]
    assert run["tool"]["driver"]["informationUri"] == "https://github.com/tritonlint/tritonlint"
    rule = run["tool"]["driver"]["rules"][0]
    page = rule.pop("help")
    assert page["text"] == page["markdown"]
    assert page["text"].startswith("# TRL001: unused-parameter\n")
    assert rule == {
        "id": "TRL001",
        "name": "unused-parameter",
        "shortDescription": {"text": "never read"},
        "fullDescription": {"text": "An integer parameter that the kernel never reads."},
        "helpUri": Rule("TRL001", "unused-parameter", "", fixable=True).url,
        "defaultConfiguration": {"enabled": True, "level": "warning"},
    }
    kernel = {"uri": "ops/scale.py", "uriBaseId": "%SRCROOT%"}
    launch = {"uri": "serve.py", "uriBaseId": "%SRCROOT%"}
    [result] = run["results"]
    [fingerprint] = result.pop("partialFingerprints").values()
    assert re.fullmatch("[0-9a-f]{64}", fingerprint)
    assert result == {
        "ruleId": "TRL001",
        "ruleIndex": 0,
        "level": "warning",
        "message": {"text": "`seqlen` of `_scale_kernel` is never read. Remove it."},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": kernel,
                    "region": {"startLine": 5, "startColumn": 5, "endLine": 5, "endColumn": 11},
                }
            }
        ],
        "relatedLocations": [
            {
                "id": 1,
                "physicalLocation": {"artifactLocation": launch, "region": {"startLine": 30}},
                "message": {"text": "Launched with `x.shape[1]`."},
            }
        ],
        "fixes": [
            {
                "description": {"text": "Remove `seqlen` (safe fix)"},
                "artifactChanges": [
                    {
                        "artifactLocation": kernel,
                        "replacements": [
                            {
                                "deletedRegion": {
                                    "startLine": 5,
                                    "startColumn": 1,
                                    "endLine": 6,
                                    "endColumn": 1,
                                },
                                "insertedContent": {"text": ""},
                            }
                        ],
                    },
                    {
                        "artifactLocation": launch,
                        "replacements": [
                            {
                                "deletedRegion": {
                                    "startLine": 30,
                                    "startColumn": 20,
                                    "endLine": 30,
                                    "endColumn": 32,
                                },
                                "insertedContent": {"text": ""},
                            }
                        ],
                    },
                ],
                "properties": {"applicability": "safe"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("a b/ü.py", {"uri": "a%20b/%C3%BC.py", "uriBaseId": "%SRCROOT%"}),
        ("/lib/a b.py", {"uri": "file:///lib/a%20b.py"}),
        ("caf\udce9.py", {"uri": "caf%E9.py", "uriBaseId": "%SRCROOT%"}),
    ],
)
def test_sarif_paths_are_uris(report, finding, path, location):
    log = json.loads(report([finding(path=Path(path))], "sarif"))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == location


def test_sarif_fingerprints_outlast_moved_lines_and_tell_findings_apart(report, finding):
    def fingerprints(*found):
        log = json.loads(report(list(found), "sarif"))
        return [
            result["partialFingerprints"]["tritonlintFinding/v1"]
            for result in log["runs"][0]["results"]
        ]

    moved = finding(span=Span(50, 5, 50, 11))
    assert fingerprints(finding()) == fingerprints(moved)
    assert len({*fingerprints(finding(), moved, finding(parameter="n"))}) == 3


def test_sarif_says_why_there_is_no_fix(report, finding, sarif_schema):
    log = json.loads(report([finding(fix_blocked_by="serve.py:3 passes *args")], "sarif"))
    text = log["runs"][0]["results"][0]["message"]["text"]
    assert text.endswith("Remove it. No fix: serve.py:3 passes *args.")


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_machine_formats_carry_any_finding(report, finding, fix, sarif_schema, data):
    found = data.draw(st.lists(findings(finding, fix), max_size=3))
    Draft7Validator(sarif_schema).validate(json.loads(report(found, "sarif")))
    rows = json.loads(report(found, "json"))
    assert sorted(row["message"] for row in rows) == sorted(item.message for item in found)
    assert len(report(found, "github").split("\n")) == len(found) + 1
    assert len(json.loads(report(found, "gitlab"))) == len(found)
    assert len(json.loads(report(found, "rdjson"))["diagnostics"]) == len(found)
    suites = ElementTree.fromstring(report(found, "junit"))
    assert len(suites.findall("testsuite/testcase/failure")) == len(found)


def test_machine_formats_do_not_import_rich():
    script = """
import io, sys
from pathlib import Path
from tritonlint.report import RenderContext, render
context = RenderContext(Path("/"), lambda path: [], {}, 0, 0)
for format in ("json", "github", "gitlab", "sarif", "rdjson", "junit", "concise"):
    render([], format, context, io.StringIO())
assert not {"rich", "libcst"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_gitlab(report, finding):
    [issue] = json.loads(report([finding()], "gitlab"))
    assert re.fullmatch("[0-9a-f]{64}", issue.pop("fingerprint"))
    assert issue == {
        "description": "TRL001: `seqlen` of `_scale_kernel` is never read",
        "check_name": "unused-parameter",
        "severity": "major",
        "location": {
            "path": "ops/scale.py",
            "positions": {
                "begin": {"line": 5, "column": 5},
                "end": {"line": 5, "column": 11},
            },
        },
    }


def test_rdjson(report, finding, fix):
    document = json.loads(report([finding(fix=fix("safe"))], "rdjson"))
    assert document["source"]["name"] == "tritonlint"
    [found] = document["diagnostics"]
    place = {"start": {"line": 5, "column": 5}, "end": {"line": 5, "column": 11}}
    assert found["location"] == {"path": "ops/scale.py", "range": place}
    assert found["code"]["value"] == "TRL001"
    # The fix edits a launch in another file too, so a suggestion would be only half of it.
    assert "suggestions" not in found


def test_rdjson_counts_bytes_and_suggests_what_is_in_one_file(report, finding, base):
    path = base / "ops" / "scale.py"
    edit = Edit(path, Span(1, 6, 1, 8), "x")
    found = finding(
        span=Span(1, 6, 1, 8), fix=Fix(Applicability.SAFE, "Remove it", (edit,)), path=path
    )
    document = json.loads(report([found], "rdjson", source="\u00e9\u20ac = n,\n"))
    place = {"start": {"line": 1, "column": 9}, "end": {"line": 1, "column": 11}}
    assert document["diagnostics"][0]["location"]["range"] == place
    assert document["diagnostics"][0]["suggestions"] == [{"range": place, "text": "x"}]


def test_junit(report, finding):
    suites = ElementTree.fromstring(report([finding(fix_blocked_by="a < b & c")], "junit"))
    assert (suites.get("tests"), suites.get("failures")) == ("1", "1")
    [case] = suites.findall("testsuite/testcase")
    assert case.attrib == {
        "name": "TRL001 unused-parameter (5:5)",
        "classname": "ops/scale.py",
        "file": "ops/scale.py",
        "line": "5",
    }
    [failure] = case
    assert failure.get("message") == "`seqlen` of `_scale_kernel` is never read"
    assert failure.text.endswith("no fix: a < b & c")


def test_junit_without_findings_is_a_test_that_passed(report):
    suites = ElementTree.fromstring(report([], "junit"))
    assert (suites.get("tests"), suites.get("failures")) == ("1", "0")
    assert len(suites.findall("testsuite/testcase")) == 1


@pytest.fixture
def _windows(monkeypatch):
    """Simulated: paths are those of Windows."""
    monkeypatch.setattr(context, "Path", PureWindowsPath)
    monkeypatch.setattr(sarif, "Path", PureWindowsPath)
    monkeypatch.setattr(os.path, "normpath", ntpath.normpath)


@pytest.mark.usefixtures("_windows")
@pytest.mark.parametrize(
    ("path", "shown", "uri"),
    [
        (r"C:\repo\ops\a b.py", "ops/a b.py", "ops/a%20b.py"),
        (r"D:\x\a.py", "D:/x/a.py", "file:///D:/x/a.py"),
        (r"\\host\share\a.py", "//host/share/a.py", "file://host/share/a.py"),
    ],
)
@pytest.mark.parametrize("form", [f for f in OUTPUT_FORMATS if f != "full"])
def test_paths_of_windows_have_forward_slashes(report, finding, form, path, shown, uri):
    base = PureWindowsPath(r"C:\repo")
    found = finding(path=PureWindowsPath(path), launches=())
    text = report([found], form, base_directory=base)
    assert (uri if form == "sarif" else shown) in text
    assert not re.search(r"(ops|x|share)\\+a", text)

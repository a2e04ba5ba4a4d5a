"""JUnit's XML, which most CI servers show: a failed test for each finding."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TextIO
from xml.etree import ElementTree

from tritonlint.diagnostics import Diagnostic
from tritonlint.report.context import RenderContext
from tritonlint.report.summary import blocked_in_line
from tritonlint.report.text import printable


def render(diagnostics: Sequence[Diagnostic], context: RenderContext, stream: TextIO) -> None:
    count = str(len(diagnostics))
    # A report without a test counts as broken, so a clean run has one test that passed.
    total = str(len(diagnostics) or 1)
    root = ElementTree.Element("testsuites", name="tritonlint", tests=total, failures=count)
    for path, group in groupby(diagnostics, lambda diagnostic: diagnostic.path):
        name = printable(context.display_path(path))
        found = list(group)
        suite = ElementTree.SubElement(
            root, "testsuite", name=name, tests=str(len(found)), failures=str(len(found))
        )
        for diagnostic in found:
            suite.append(_case(diagnostic, name))
    if not diagnostics:
        passed = {"name": "tritonlint", "tests": "1", "failures": "0"}
        suite = ElementTree.SubElement(root, "testsuite", passed)
        ElementTree.SubElement(suite, "testcase", name="No findings", classname="tritonlint")
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    # ASCII is the same in every encoding of the stream.
    ascii_text = text.encode("ascii", "xmlcharrefreplace").decode()
    stream.write(f'<?xml version="1.0" encoding="utf-8"?>\n{ascii_text}\n')


def _case(diagnostic: Diagnostic, name: str) -> ElementTree.Element:
    place = f"{diagnostic.span.row}:{diagnostic.span.column}"
    case = ElementTree.Element(
        "testcase",
        name=f"{diagnostic.code} {diagnostic.name} ({place})",
        classname=name,
        file=name,
        line=str(diagnostic.span.row),
    )
    failure = ElementTree.SubElement(case, "failure", message=printable(diagnostic.sentence))
    lines = [f"{name}:{place}: {printable(diagnostic.sentence)}", f"help: {diagnostic.help}"]
    if obstacle := blocked_in_line(diagnostic):
        lines.append(obstacle)
    failure.text = "\n".join(map(printable, lines))
    return case

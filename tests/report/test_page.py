"""`tritonlint rule`: plain Markdown in a pipe, laid out on a terminal."""

from __future__ import annotations

import io
from textwrap import dedent

from tritonlint.report.page import render_page, render_rules

PAGE = "# unused-parameter (TRL001)\n\nIt is **never** read.\n\n```python bad\nx = 1\n```\n"


def test_a_page_in_a_pipe_is_its_markdown():
    out = io.StringIO()
    render_page(PAGE, out)
    assert out.getvalue() == PAGE


def test_a_page_on_a_terminal_is_laid_out(terminal):
    render_page(PAGE, terminal)
    assert "\x1b[1mnever\x1b[0m" in terminal.getvalue()
    assert "```" not in terminal.getvalue()


def test_the_rules_in_a_pipe_are_a_markdown_table(rules):
    out = io.StringIO()
    render_rules(reversed(rules), out)
    assert out.getvalue() == dedent("""\
        | Code | Name | Default | Fix | Finds |
        | --- | --- | --- | --- | --- |
        | TRL001 | unused-parameter | on | yes | never read |
        | TRL003 | unused-constexpr | on | yes | n \\| m |
        | TRL006 | unused-float | off | yes | never read |
        | TRL900 | syntax-error | on | no | no Python |
        """)


def test_the_rules_on_a_terminal_are_a_table(terminal, rules, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    render_rules(rules, terminal)
    assert "TRL003   unused-constexpr   on        yes   n | m" in terminal.getvalue()

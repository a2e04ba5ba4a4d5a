"""What `tritonlint rule` shows: the table of all rules, or one rule's page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from tritonlint.diagnostics import Rule
from tritonlint.report.terminal import CODE_THEME, console_for

_COLUMNS = ("Code", "Name", "Default", "Fix", "Finds")


def render_page(markdown: str, stream: TextIO) -> None:
    """A rule's page: laid out on a terminal, its Markdown as it is elsewhere."""
    console = console_for(stream)
    if not console.is_terminal:
        stream.write(markdown)
        return
    from rich.markdown import Markdown

    console.print(Markdown(markdown, code_theme=CODE_THEME), width=min(console.width, 100))


def render_rules(rules: Iterable[Rule], stream: TextIO) -> None:
    """All rules by code: a table on a terminal, a Markdown table elsewhere."""
    rows = [_cells(rule) for rule in sorted(rules, key=lambda rule: rule.code)]
    console = console_for(stream)
    if not console.is_terminal:
        for cells in (_COLUMNS, ("---",) * len(_COLUMNS), *rows):
            escaped = (cell.replace("|", "\\|") for cell in cells)
            print(f"| {' | '.join(escaped)} |", file=stream)
        return
    from rich import box
    from rich.table import Table

    table = Table(*_COLUMNS, box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _cells(rule: Rule) -> tuple[str, ...]:
    default = "on" if rule.default else "off"
    return rule.code, rule.name, default, "yes" if rule.fixable else "no", rule.summary

"""The output of `tritonlint rule`: the table of all rules, or one rule's page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TextIO

from tritonlint.diagnostics import Rule
from tritonlint.report.terminal import CODE_THEME, console_for

_COLUMNS = ("Code", "Name", "Default", "Fix", "Finds")


def render_page(markdown: str, stream: TextIO) -> None:
    """Print a rule's page: laid out on a terminal, as Markdown elsewhere."""
    console = console_for(stream)
    if not console.is_terminal:
        stream.write(markdown)
        return
    from rich.markdown import Markdown

    console.print(Markdown(markdown, code_theme=CODE_THEME), width=min(console.width, 100))


def render_json(
    rules: Sequence[Rule], pages: Sequence[str | None], alone: bool, stream: TextIO
) -> None:
    """Print the rules as JSON, each with its page if given: a list, or one object if `alone`."""
    objects = []
    for rule, page in zip(rules, pages, strict=True):
        fields = ("code", "name", "summary", "fixable", "default", "url")
        values = {field: getattr(rule, field) for field in fields}
        objects.append(values if page is None else values | {"explanation": page})
    print(json.dumps(objects[0] if alone else objects, indent=2), file=stream)


def render_rules(rules: Iterable[Rule], stream: TextIO) -> None:
    """Print all rules by code: a table on a terminal, a Markdown table elsewhere."""
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

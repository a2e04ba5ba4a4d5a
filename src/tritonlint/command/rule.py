"""`tritonlint rule`: the rules and their pages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tritonlint.options import OptionError, Parser
from tritonlint.report.page import render_json, render_page, render_rules
from tritonlint.rules import all_rules
from tritonlint.rules.pages import load_page


def parse_rule(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of `tritonlint rule`."""
    parser = Parser(prog="tritonlint rule", description="Shows a rule's page, or lists all rules.")
    parser.add_argument("code", nargs="?", metavar="CODE", help="such as TRL001, or its name")
    parser.add_argument("--all", action="store_true", help="show the pages of all rules")
    parser.add_argument(
        "--output-format",
        metavar="FORMAT",
        choices=("text", "json"),
        default="text",
        help="text (default) or json",
    )
    return parser.parse_args(arguments)


def show_rules(options: argparse.Namespace) -> None:
    """Print the named rule, with its page, or all rules.

    Raises:
        OptionError: there is no rule of that name.
    """
    rules = {code: rule for code, (rule, _) in all_rules().items()}
    chosen = list(rules.values())
    if options.code is not None:
        named = {rule.name: rule for rule in chosen}
        rule = rules.get(options.code.upper()) or named.get(options.code.lower())
        if rule is None:
            known = ", ".join(f"{rule.code} ({rule.name})" for rule in chosen)
            raise OptionError(f"there is no rule {options.code!r}; the rules are {known}")
        chosen = [rule]
    with_pages = options.all or options.code is not None
    if options.output_format == "json":
        pages = [load_page(rule.page) if with_pages else None for rule in chosen]
        render_json(chosen, pages, options.code is not None, sys.stdout)
    elif with_pages:
        render_page("\n".join(load_page(rule.page) for rule in chosen), sys.stdout)
    else:
        render_rules(chosen, sys.stdout)

"""A language server: findings as one types, quick fixes, and what is known of a parameter."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tritonlint.options import Parser


def parse_server(arguments: Sequence[str]) -> None:
    """The options of `tritonlint server`, which has none but --help."""
    description = "Runs a language server for editors, on standard input and output."
    parser = Parser(prog="tritonlint server", description=description)
    # Editors say by it which way to talk, and there is only one.
    parser.add_argument("--stdio", action="store_true", help=argparse.SUPPRESS)
    parser.parse_args(arguments)

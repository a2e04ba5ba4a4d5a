"""A language server: findings while you type, quick fixes, and facts about a parameter."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tritonlint.options import Parser


def parse_server(arguments: Sequence[str]) -> None:
    """Parse the options of `tritonlint server`, which has only --help."""
    description = "Runs a language server for editors, on standard input and output."
    parser = Parser(prog="tritonlint server", description=description)
    # Editors pass these to choose how to connect; standard input and output is the only way.
    parser.add_argument("--stdio", action="store_true", help=argparse.SUPPRESS)
    parser.parse_args(arguments)

"""`tritonlint completion`: a script for a shell that completes options."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tritonlint.options import OptionError, Parser, lint_parser


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of `tritonlint completion`."""
    parser = Parser(
        prog="tritonlint completion", description="Prints a script that completes options."
    )
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="bash, zsh or tcsh")
    return parser.parse_args(arguments)


def complete(arguments: Sequence[str]) -> None:
    """Print the script.

    Raises:
        OptionError: the library that makes it is not installed.
    """
    shell = _parse(arguments).shell
    try:
        import shtab
    except ImportError:
        need = "pip install 'tritonlint[completion]'"
        raise OptionError(f"completion needs the library shtab: {need}") from None
    print(shtab.complete(lint_parser(), shell=shell))

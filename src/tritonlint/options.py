"""The command line: options by ruff's names, where ruff has them."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tritonlint import __version__

COMMANDS = ("rule", "clean", "verify", "variants")

_USAGE = """tritonlint [PATH ...] [OPTIONS]
       tritonlint rule [CODE]
       tritonlint verify [PATH ...] [--timeout SECONDS] [OPTIONS]
       tritonlint variants [PATH ...] [OPTIONS]
       tritonlint clean [PATH ...]"""


class OptionError(Exception):
    """A command line that makes no sense; the message says what is accepted."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Asks the terminal for its width itself: argparse makes a formatter for each option, and
    imports all archive formats to do so.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_width())


@cache
def _width() -> int:
    columns = os.environ.get("COLUMNS", "")
    with contextlib.suppress(OSError):
        return (int(columns) if columns.isdigit() else os.get_terminal_size().columns) - 2
    return 78


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise OptionError(f"{message}\n\nusage: {_USAGE}\n\nSee tritonlint --help.")

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse hides that nothing could be written.
        if message:
            (file or sys.stderr).write(message)


def _codes(text: str) -> list[str]:
    return [code.strip() for code in text.split(",") if code.strip()]


def parse_lint(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a lint run.

    Raises:
        OptionError: an unknown option, or a value that it does not take.
    """
    parser = _Parser(
        prog="tritonlint",
        usage=_USAGE,
        description="Finds, proves and repairs needless recompiles in Triton kernels.",
        epilog="Exit status: 0 nothing found, 1 findings left, 2 tritonlint could not do its work.",
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or directories [.]")
    fix = parser.add_argument_group("fixing")
    fix.add_argument("--fix", action="store_true", default=None, help="mend what is safe to mend")
    fix.add_argument("--no-fix", action="store_false", dest="fix", help=argparse.SUPPRESS)
    fix.add_argument(
        "--unsafe-fixes",
        action="store_true",
        default=None,
        help="with --fix or --diff: also the fixes that a person should look at",
    )
    fix.add_argument(
        "--no-unsafe-fixes", action="store_false", dest="unsafe_fixes", help=argparse.SUPPRESS
    )
    fix.add_argument("--diff", action="store_true", help="show the fixes, write nothing")
    fix.add_argument(
        "--fix-strategy",
        metavar="STRATEGY",
        help="remove (default), or do-not-specialize: name the parameter in the decorator",
    )
    fix.add_argument(
        "--exit-non-zero-on-fix", action="store_true", help="exit 1 if anything was mended"
    )
    rules = parser.add_argument_group("rules")
    for name, text in (
        ("--select", "the codes or prefixes to check, comma separated (ALL for all)"),
        ("--ignore", "the codes or prefixes not to check"),
        ("--extend-select", "codes or prefixes on top of those checked anyway"),
    ):
        rules.add_argument(
            name, metavar="CODES", type=_codes, action="extend", default=None, help=text
        )
    rules.add_argument("--triton-version", metavar="X.Y", help="whose rules hold [newest known]")
    files = parser.add_argument_group("files")
    files.add_argument(
        "--exclude", metavar="PATTERN", action="append", help="paths to leave out (gitignore form)"
    )
    files.add_argument("--extend-exclude", metavar="PATTERN", action="append", help="more of them")
    files.add_argument("--show-files", action="store_true", help="list the files, check nothing")
    files.add_argument(
        "--stdin-filename", metavar="PATH", help="check standard input as if it were this file"
    )
    output = parser.add_argument_group("output")
    output.add_argument(
        "--output-format", metavar="FORMAT", help="full (default), concise, json, github or sarif"
    )
    output.add_argument("--output-file", "-o", metavar="FILE", type=Path, help="write it there")
    output.add_argument("--statistics", action="store_true", help="counts by rule")
    output.add_argument("--exit-zero", "-e", action="store_true", help="exit 0 with findings too")
    output.add_argument("--quiet", "-q", action="store_true", help="findings only")
    output.add_argument("--verbose", "-v", action="store_true", help="say what is being done")
    other = parser.add_argument_group("settings and speed")
    other.add_argument("--config", metavar="FILE", type=Path, help="settings file")
    other.add_argument("--isolated", action="store_true", help="ignore all settings files")
    other.add_argument("--no-cache", "-n", action="store_true", help="read and write no cache")
    other.add_argument("--cache-dir", metavar="DIR", help="where the cache lies")
    other.add_argument("--jobs", "-j", type=_jobs, metavar="N", help="worker processes [all cores]")
    parser.add_argument("--version", "-V", action="version", version=f"tritonlint {__version__}")
    return parser.parse_intermixed_args(arguments)


def _jobs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes: 1 or more")
    return int(text)


def parse_rule(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of `tritonlint rule`."""
    parser = _Parser(prog="tritonlint rule", description="Shows a rule's page, or all rules.")
    parser.add_argument("code", nargs="?", metavar="CODE", help="for instance TRL001")
    return parser.parse_args(arguments)


def parse_clean(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of `tritonlint clean`."""
    parser = _Parser(prog="tritonlint clean", description="Deletes the caches.")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="whose project's [.]")
    parser.add_argument("--cache-dir", metavar="DIR", help="the cache, if not in the project")
    return parser.parse_args(arguments)

"""The command line: options with ruff's names, where ruff has them."""

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

_USAGE = """tritonlint [check] [PATH ...] [OPTIONS]
       tritonlint rule [CODE | NAME] [--all] [--output-format FORMAT]
       tritonlint baseline [PATH ...] [OPTIONS]
       tritonlint verify [PATH ...] [--timeout SECONDS] [--fix-confirmed] [OPTIONS]
       tritonlint variants [PATH ...] [OPTIONS]
       tritonlint trace [-o DIR] -- COMMAND | --report DIR | --preload DIR
       tritonlint server
       tritonlint completion SHELL
       tritonlint clean [PATH ...]"""


class OptionError(Exception):
    """A command line is not valid; the message says what is accepted."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Gets the width of the terminal quickly.

    argparse makes a formatter for each option, and imports all archive formats to find the width.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_width())


@cache
def _width() -> int:
    columns = os.environ.get("COLUMNS", "")
    with contextlib.suppress(OSError):
        return (int(columns) if columns.isdigit() else os.get_terminal_size().columns) - 2
    return 78


class Parser(argparse.ArgumentParser):
    """A parser that raises its errors as an `OptionError`."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise OptionError(f"{message}\n\nusage: {_USAGE}\n\nSee tritonlint --help.")

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse hides that nothing could be written.
        if message:
            (file or sys.stderr).write(message)


def parse_lint(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a lint run.

    Raises:
        OptionError: an unknown option, or a value that it does not take.
    """
    # Everything after it is a path, even if it looks like an option.
    end = list(arguments).index("--") if "--" in arguments else len(arguments)
    options = _parser().parse_intermixed_args(arguments[:end])
    if "-" in options.paths:
        if len(options.paths) > 1 or end < len(arguments):
            raise OptionError("- is standard input, and is checked alone: name no other paths")
        options.paths = []
        options.stdin_filename = options.stdin_filename or "-"
    options.paths += arguments[end + 1 :]
    if options.fix_only:
        options.fix = True
    if options.reason is not None and not options.add_noqa:
        raise OptionError("--reason is for the comments that --add-noqa writes")
    return options


@cache
def _parser() -> argparse.ArgumentParser:
    """The command's own parser, to which nothing is added."""
    return lint_parser()


def lint_parser(
    prog: str = "tritonlint",
    usage: str = _USAGE,
    description: str = "Finds, proves and repairs needless recompiles in Triton kernels.",
) -> argparse.ArgumentParser:
    """The parser of all options of a lint run."""
    parser = Parser(
        prog=prog,
        usage=usage,
        description=description,
        epilog="Exit status: 0 nothing found, 1 findings left, 2 tritonlint could not do its work.",
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or directories [.], or - for standard input"
    )
    _add_fix_options(parser.add_argument_group("fixing"))
    _add_rule_options(parser.add_argument_group("rules"))
    _add_file_options(parser.add_argument_group("files"))
    _add_output_options(parser.add_argument_group("output"))
    other = parser.add_argument_group("settings and speed")
    other.add_argument(
        "--config",
        metavar="FILE | KEY=VALUE",
        action="append",
        help="a settings file, or one setting in TOML",
    )
    other.add_argument("--isolated", action="store_true", help="ignore all settings files")
    other.add_argument(
        "--no-cache", "-n", action="store_true", help="do not read or write the cache"
    )
    other.add_argument("--cache-dir", metavar="DIR", help="directory of the cache")
    other.add_argument("--jobs", "-j", type=_jobs, metavar="N", help="worker processes [all cores]")
    parser.add_argument("--version", "-V", action="version", version=f"tritonlint {__version__}")
    return parser


def _add_fix_options(group: argparse._ArgumentGroup) -> None:
    _add_switch(group, "fix", "fix what is safe to fix")
    _add_switch(
        group,
        "unsafe-fixes",
        "with --fix or --diff: include the fixes that a person should look at",
    )
    group.add_argument("--fix-only", action="store_true", help="fix, and report nothing else")
    group.add_argument("--diff", action="store_true", help="show the fixes, but write nothing")
    group.add_argument(
        "--fix-strategy",
        metavar="STRATEGY",
        help="remove (default): remove the parameter, or, if it has to stay, stop it from costing "
        "compiles; remove-only; do-not-specialize: only name it in the decorator",
    )
    _add_codes(group, "fixable", "the codes or prefixes that may be fixed [ALL]")
    _add_codes(group, "unfixable", "the codes or prefixes that may not be fixed")
    group.add_argument(
        "--add-noqa",
        action="store_true",
        help="write a comment after each finding that silences it",
    )
    group.add_argument(
        "--reason", metavar="TEXT", help="with --add-noqa: the reason to put into the comments"
    )
    group.add_argument(
        "--exit-non-zero-on-fix", action="store_true", help="exit 1 if anything was fixed"
    )


def _add_rule_options(group: argparse._ArgumentGroup) -> None:
    _add_codes(group, "select", "the codes or prefixes to check, comma separated (ALL for all)")
    _add_codes(group, "ignore", "the codes or prefixes not to check")
    _add_codes(group, "extend-select", "codes or prefixes to check in addition to the others")
    group.add_argument(
        "--per-file-ignores",
        metavar="PATTERN:CODE",
        type=_pattern_and_code,
        action=_ByPattern,
        help="codes not to check in some files, comma separated",
    )
    group.add_argument(
        "--ignore-noqa", action="store_true", help="also report findings that comments silence"
    )
    group.add_argument(
        "--no-baseline",
        action="store_true",
        help="also report findings in .tritonlint-baseline.json",
    )
    group.add_argument(
        "--triton-version", metavar="X.Y", help="the Triton release to assume [newest known]"
    )


def _add_file_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--exclude", metavar="PATTERN", action="append", help="paths to leave out (gitignore form)"
    )
    group.add_argument(
        "--extend-exclude", metavar="PATTERN", action="append", help="more paths to leave out"
    )
    _add_switch(group, "force-exclude", "leave out excluded paths even when they are named")
    _add_switch(group, "respect-gitignore", "leave out what git ignores (default)")
    group.add_argument(
        "--show-files", action="store_true", help="list the files, but check nothing"
    )
    group.add_argument(
        "--show-settings", action="store_true", help="show the settings, but check nothing"
    )
    group.add_argument(
        "--stdin-filename", metavar="PATH", help="check standard input as if it were this file"
    )


def _add_output_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--output-format",
        metavar="FORMAT",
        help="full (default), concise, json, github, gitlab, sarif, rdjson or junit",
    )
    group.add_argument(
        "--output-file", "-o", metavar="FILE", type=Path, help="write the report to this file"
    )
    group.add_argument(
        "--color",
        metavar="WHEN",
        choices=("auto", "always", "never"),
        default="auto",
        help="auto (default: on a terminal), always or never",
    )
    group.add_argument(
        "--trace", metavar="DIR", type=Path, help="add what a trace saw to each finding"
    )
    group.add_argument("--statistics", action="store_true", help="count the findings by rule")
    group.add_argument("--exit-zero", "-e", action="store_true", help="exit 0 even with findings")
    group.add_argument("--quiet", "-q", action="store_true", help="print findings only")
    group.add_argument("--verbose", "-v", action="store_true", help="print what is being done")


def _add_switch(group: argparse._ArgumentGroup, name: str, text: str) -> None:
    """Add an option that is also a setting, and its opposite."""
    dest = name.replace("-", "_")
    group.add_argument(f"--{name}", action="store_true", default=None, help=text)
    group.add_argument(f"--no-{name}", action="store_false", dest=dest, help=argparse.SUPPRESS)


def _add_codes(group: argparse._ArgumentGroup, name: str, text: str) -> None:
    group.add_argument(
        f"--{name}", metavar="CODES", type=_codes, action="extend", default=None, help=text
    )


def _codes(text: str) -> list[str]:
    return [code.strip() for code in text.split(",") if code.strip()]


def _pattern_and_code(text: str) -> list[tuple[str, str]]:
    pairs = [pair.strip().rpartition(":") for pair in text.split(",") if pair.strip()]
    if not pairs or not all(pattern and code for pattern, _, code in pairs):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form PATTERN:CODE")
    return [(pattern.strip(), code.strip()) for pattern, _, code in pairs]


class _ByPattern(argparse.Action):
    """Collects pairs of a pattern and a code in a table, as settings have it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        table = dict(getattr(namespace, self.dest) or {})
        for pattern, code in values:
            table[pattern] = [*table.get(pattern, ()), code]
        setattr(namespace, self.dest, table)


def default_jobs() -> int:
    """Return how many processors this process may use: `taskset` and containers may limit them."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _jobs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a positive integer")
    return int(text)

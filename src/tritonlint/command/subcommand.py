"""Commands that take the options of a check, except those that only make sense for a check."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence

from tritonlint.options import OptionError, lint_parser, parse_lint

#: Options of a check that other commands do not take, with their names.
_ONLY_OF_A_CHECK = {
    "fix_only": "--fix-only",
    "fix": "--fix",
    "diff": "--diff",
    "add_noqa": "--add-noqa",
    "reason": "--reason",
    "statistics": "--statistics",
    "stdin_filename": "standard input",
}
#: Options that say how a check fixes, which change nothing where nothing is fixed.
OF_FIXES = frozenset(
    {"unsafe_fixes", "fix_strategy", "fixable", "unfixable", "exit_non_zero_on_fix"}
)


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Whether one of the arguments is `--help`."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return not {"-h", "--help"}.isdisjoint(arguments[:end])


def parse(
    arguments: Sequence[str],
    command: str,
    usage: str,
    description: str,
    unused: Collection[str] = (),
    epilog: str | None = None,
) -> argparse.Namespace:
    """Parse the options of a command that has none of its own, or print its help and exit.

    Args:
        unused: options that change nothing for this command: its help leaves them out.
        epilog: the end of the help, if it is not that of a check.

    Raises:
        OptionError: an unknown option, or a value that it does not take.
    """
    if asks_for_help(arguments):
        parser = help_parser(command, usage, description)
        for action in parser._actions:
            if action.dest in unused:
                action.help = argparse.SUPPRESS
        parser.epilog = epilog or parser.epilog
        parser.print_help()
        raise SystemExit(0)
    return parse_lint(arguments)


def help_parser(command: str, usage: str, description: str) -> argparse.ArgumentParser:
    """Return a parser that prints the help of a command, without the options that it refuses."""
    parser = lint_parser(
        prog=f"tritonlint {command}", usage=f"tritonlint {usage}", description=description
    )
    for action in parser._actions:
        if action.dest in _ONLY_OF_A_CHECK:
            action.help = argparse.SUPPRESS
        elif action.dest == "paths":
            action.help = "files or directories [.]"
    return parser


def refuse(options: argparse.Namespace, command: str, because: str) -> None:
    """Make sure that no option is given that the command does not take.

    Raises:
        OptionError: there is one; the message names it.
    """
    for dest, name in _ONLY_OF_A_CHECK.items():
        if getattr(options, dest) not in (None, False):
            raise OptionError(f"{command} takes no {name}: {because}")

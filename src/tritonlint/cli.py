"""The command: from its arguments to a report and an exit status."""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tritonlint.command.say import complain
from tritonlint.config.toml import ConfigError
from tritonlint.options import OptionError, parse_lint

if TYPE_CHECKING:
    from tritonlint.command.run import Run

_ON_WINDOWS = os.name == "nt"

#: Exit statuses, the same as ruff's.
CLEAN, FINDINGS, ERROR = 0, 1, 2
#: The status that a shell shows for it.
_INTERRUPTED = 130

#: The name of the handler for signs that a terminal's encoding lacks.
_PLAIN = "tritonlint.plain"

_BUG = (
    "This is a bug in tritonlint. "
    "Please report it at https://github.com/tritonlint/tritonlint/issues"
)


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    codecs.register_error(_PLAIN, _plain_signs)
    for stream in (sys.stdout, sys.stderr):
        # File names and source can contain characters that the terminal's encoding lacks.
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors=_PLAIN)  # type: ignore[union-attr]
    try:
        return _run(arguments)
    except (OptionError, ConfigError) as error:
        complain(str(error))
    except BrokenPipeError:
        # The reader has closed the pipe.
        pass
    except KeyboardInterrupt:
        complain("interrupted")
        return _INTERRUPTED
    except Exception as error:
        _complain_of(error)
    # Not 1, which means that there are findings.
    return ERROR


def _complain_of(error: Exception) -> None:
    if isinstance(error, OSError) and _is_closed_pipe(error):
        return
    from tritonlint.command.surroundings import surroundings

    reason = surroundings(error)
    if reason is not None:
        complain(reason)
    else:
        import traceback

        complain(f"{traceback.format_exc()}\n{_BUG}", name="")


def _run(arguments: Sequence[str]) -> int:
    commands = _commands()
    try:
        if arguments and arguments[0] in commands:
            status = commands[arguments[0]](arguments[1:])
        else:
            status = _lint(arguments)
    except SystemExit:  # After --help and --version.
        sys.stdout.flush()
        raise
    # Errors of writing show up here, where they can still be reported.
    if not sys.stdout.closed:
        sys.stdout.flush()
    return status


def _commands() -> dict[str, Callable[[Sequence[str]], int]]:
    return {
        "check": _lint,
        "rule": _rule,
        "clean": _clean,
        "verify": _verify,
        "trace": _trace,
        "variants": _variants,
        "baseline": _baseline,
        "completion": _completion,
        "server": _server,
    }


def _is_closed_pipe(error: OSError) -> bool:
    """Whether the reader has closed the pipe, as Windows reports it."""
    return _ON_WINDOWS and error.errno == errno.EINVAL and error.filename is None


def _plain_signs(error: UnicodeError) -> tuple[str, int]:
    from tritonlint.report.text import plain_signs

    return plain_signs(error)


def _lint(arguments: Sequence[str]) -> int:
    options = parse_lint(arguments)
    first = next(iter(options.paths), "")
    if first in _commands() and arguments[0] != first and not os.path.lexists(first):
        raise OptionError(f"{first} is a command, which comes first: tritonlint {first} [OPTIONS]")
    from tritonlint.command.run import Run

    if options.add_noqa:
        from tritonlint.command.accept import SilencingRun

        return _execute(SilencingRun(options))
    return _execute(Run(options))


def _baseline(arguments: Sequence[str]) -> int:
    from tritonlint.command.accept import BaselineRun, parse_baseline

    return _execute(BaselineRun(parse_baseline(arguments)))


def _execute(run: Run) -> int:
    options = run.options
    run.recover()
    if options.show_settings:
        from tritonlint.report.settings import render_settings

        render_settings(*run.shown_settings(), sys.stdout)
        return CLEAN
    if options.show_files:
        from tritonlint.report.text import printable

        for file in run.files:
            print(printable(str(file)))
        return run.report_errors()
    if options.output_file is None:
        return run.execute(sys.stdout)
    from tritonlint.command.output import report_file

    with report_file(options.output_file) as stream:
        return run.execute(stream)


def _verify(arguments: Sequence[str]) -> int:
    from tritonlint.verify.command import VerifyRun, parse_verify

    return _execute(VerifyRun(parse_verify(arguments)))


def _trace(arguments: Sequence[str]) -> int:
    from tritonlint.runtime.command import run

    return run(arguments)


def _variants(arguments: Sequence[str]) -> int:
    from tritonlint.command.variants import VariantsRun, parse_variants

    return _execute(VariantsRun(parse_variants(arguments)))


def _rule(arguments: Sequence[str]) -> int:
    from tritonlint.command.rule import parse_rule, show_rules

    show_rules(parse_rule(arguments))
    return CLEAN


def _completion(arguments: Sequence[str]) -> int:
    from tritonlint.command.completion import complete

    complete(arguments)
    return CLEAN


def _server(arguments: Sequence[str]) -> int:
    from tritonlint.server import parse_server

    parse_server(arguments)
    try:
        from tritonlint.server.protocol import server
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        need = "pip install 'tritonlint[server]'"
        raise OptionError(f"the server needs the library pygls: {need}") from None
    server.start_io()
    return CLEAN


def _clean(arguments: Sequence[str]) -> int:
    from tritonlint.command.clean import clean, parse_clean

    return CLEAN if clean(parse_clean(arguments)) else ERROR

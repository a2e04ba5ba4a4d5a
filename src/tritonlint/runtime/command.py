"""`tritonlint trace`: runs a command under the tracer, reports on a trace, compiles it ahead."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from tritonlint.options import OptionError
from tritonlint.runtime.launcher import CannotRunError, launch, prepare

DEFAULT = Path("tritonlint-trace")

_USAGE = """tritonlint trace [-o DIR] [--] COMMAND [ARGUMENT ...]
       tritonlint trace --report DIR|LOG [--after SECONDS] [--source PATH ...]
                        [--output-format FORMAT] [--output-file FILE]
       tritonlint trace --preload DIR [--jobs N]"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise OptionError(f"{message}\n\nusage: {_USAGE}\n\nSee tritonlint trace --help.")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options of `tritonlint trace`.

    Raises:
        OptionError: they do not go together, or a value is wrong.
    """
    parser = _Parser(
        prog="tritonlint trace",
        usage=_USAGE,
        description="Records what Triton compiles and tunes while a program runs, and says why.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help=f"the trace [{DEFAULT}]")
    report = parser.add_argument_group("reporting")
    report.add_argument(
        "--report", type=Path, metavar="DIR", help="a trace, or an engine's log, to report on"
    )
    report.add_argument(
        "--after",
        type=float,
        metavar="SECONDS",
        help="the first SECONDS of each process are its warm-up",
    )
    report.add_argument(
        "--source",
        type=Path,
        metavar="PATH",
        action="append",
        help="where the kernels' sources are [where the trace saw them]",
    )
    report.add_argument(
        "--output-format", metavar="FORMAT", help="full (default), json, github or html"
    )
    report.add_argument("--output-file", type=Path, metavar="FILE", help="write the report there")
    ahead = parser.add_argument_group("compiling ahead")
    ahead.add_argument("--preload", type=Path, metavar="DIR", help="a trace to compile")
    ahead.add_argument("--jobs", "-j", type=int, metavar="N", help="worker processes [all cores]")
    parser.add_argument("command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.command[:1] == ["--"]:
        del options.command[0]
    _check(options)
    return options


def _check(options: argparse.Namespace) -> None:
    asked = [name for name in ("report", "preload") if getattr(options, name) is not None]
    if len(asked) + bool(options.command) != 1:
        raise OptionError(f"give a command to run, or --report, or --preload\n\nusage: {_USAGE}")
    allowed = {
        "report": {"after", "source", "output_format", "output_file"},
        "preload": {"jobs"},
    }.get(asked[0] if asked else "", {"output"})
    for name in ("output", "after", "source", "output_format", "output_file", "jobs"):
        if getattr(options, name) is not None and name not in allowed:
            what = f"--{asked[0]}" if asked else "a command"
            raise OptionError(f"--{name.replace('_', '-')} does not go with {what}")
    if options.after is not None and not 0 <= options.after < float("inf"):
        raise OptionError("--after takes seconds: 0 or more")
    if options.jobs is not None and options.jobs < 1:
        raise OptionError("--jobs takes a number of processes: 1 or more")


def run(arguments: Sequence[str]) -> int:
    """Run the command, and return the exit status."""
    options = parse(arguments)
    if options.report is not None:
        return _report(options)
    if options.preload is not None:
        from tritonlint.runtime.preload import preload

        return preload(options.preload, options.jobs, sys.stdout)
    directory = prepare(options.output or DEFAULT)
    try:
        launch(options.command, directory)
    except CannotRunError as error:
        print(f"tritonlint: {error}", file=sys.stderr)
        return error.status


def _report(options: argparse.Namespace) -> int:
    from tritonlint.runtime.logs import is_log, read_log
    from tritonlint.runtime.reader import TraceError, read
    from tritonlint.runtime.report import FORMATS, render
    from tritonlint.runtime.sources import Sources
    from tritonlint.runtime.summary import summarize

    chosen = options.output_format or "full"
    if chosen not in FORMATS:
        raise OptionError(f"unknown output format {chosen!r}: choose one of {', '.join(FORMATS)}")
    sources = Sources(options.source or ())
    try:
        if is_log(options.report):
            trace = read_log(options.report, sources)
        else:
            trace = read(options.report, options.after)
    except TraceError as error:
        raise OptionError(str(error)) from error
    findings = sources.findings(compile.kernel for compile in trace.compiles)
    more = tuple(p for p in dict.fromkeys(sources.problems) if p not in trace.problems)
    summary = summarize(trace._replace(problems=trace.problems + more), findings)
    with _output(options.output_file) as stream:
        render(summary, chosen, Path.cwd(), stream)
    return 0


@contextlib.contextmanager
def _output(file: Path | None) -> Iterator[TextIO]:
    if file is None:
        yield sys.stdout
        return
    try:
        with open(file, "w", encoding="utf-8", errors="backslashreplace") as stream:
            yield stream
    except OSError as error:
        raise OptionError(f"--output-file {file}: {error.strerror or error}") from error

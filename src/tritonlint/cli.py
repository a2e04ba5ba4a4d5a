"""The command: from its arguments to a report and an exit status."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from tritonlint.config import ConfigError, load
from tritonlint.options import (
    OptionError,
    lint_parser,
    parse_clean,
    parse_completion,
    parse_lint,
    parse_rule,
    parse_server,
)
from tritonlint.say import tell

if TYPE_CHECKING:
    from tritonlint.run import Run

_ON_WINDOWS = os.name == "nt"

#: Exit statuses, as ruff has them.
CLEAN, FINDINGS, ERROR = 0, 1, 2
#: As a shell shows it.
_INTERRUPTED = 130

#: The name of what encodes the signs of a report where a terminal lacks them.
_PLAIN = "tritonlint.plain"

#: What a stream says that cannot be written; files are named in their errors.
_UNWRITABLE = (errno.ENOSPC, errno.EBADF, errno.EIO, errno.EFBIG, errno.EDQUOT)

_BUG = (
    "This is a bug in tritonlint. "
    "Please report it at https://github.com/tritonlint/tritonlint/issues"
)


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    codecs.register_error(_PLAIN, _plain_signs)
    for stream in (sys.stdout, sys.stderr):
        # File names and source can hold what the terminal's encoding cannot.
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors=_PLAIN)  # type: ignore[union-attr]
    try:
        return _run(arguments)
    except (OptionError, ConfigError) as error:
        _complain(str(error))
    except BrokenPipeError:
        # The reader has seen enough.
        pass
    except KeyboardInterrupt:
        _complain("interrupted")
        return _INTERRUPTED
    except OSError as error:
        if not _is_closed_pipe(error):
            _complain(_surroundings(error) or str(error))
    except Exception as error:
        reason = _surroundings(error)
        if reason is not None:
            _complain(reason)
        else:
            import traceback

            _complain(f"{traceback.format_exc()}\n{_BUG}", name="")
    # Not 1, which would say that there are findings.
    return ERROR


def _run(arguments: Sequence[str]) -> int:
    commands = {
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
    try:
        if arguments and arguments[0] in commands:
            status = commands[arguments[0]](arguments[1:])
        else:
            status = _lint(arguments)
    except SystemExit:  # After --help and --version.
        sys.stdout.flush()
        raise
    # What cannot be written is found out here, where it can still be said.
    if not sys.stdout.closed:
        sys.stdout.flush()
    return status


def _is_closed_pipe(error: OSError) -> bool:
    """Whether the reader of the output has seen enough, as Windows says it."""
    return _ON_WINDOWS and error.errno == errno.EINVAL and error.filename is None


def _plain_signs(error: UnicodeError) -> tuple[str, int]:
    from tritonlint.report.text import plain_signs

    return plain_signs(error)


def _complain(text: str, name: str = "tritonlint: ") -> None:
    with contextlib.suppress(OSError, ValueError):
        tell(text, name)


def _surroundings(error: Exception) -> str | None:
    """What to say of an exception that is no bug: the system does not give what is needed."""
    from tritonlint.store.workers import WorkerDiedError

    if isinstance(error, WorkerDiedError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is too little memory; try --jobs 1, or fewer files at once"
    if not isinstance(error, OSError):
        return None
    reason = error.strerror or str(error)
    try:
        os.getcwd()
    except OSError:
        return "the working directory does not exist any more: change to another one"
    if error.filename is None and error.errno in _UNWRITABLE:
        reason = "it is closed" if error.errno == errno.EBADF else reason
        return f"cannot write to standard output: {reason}"
    return reason if error.filename is None else f"{error.filename}: {reason}"


def _lint(arguments: Sequence[str]) -> int:
    from tritonlint.run import Run

    options = parse_lint(arguments)
    if options.add_noqa:
        from tritonlint.accept import SilencingRun

        return _execute(SilencingRun(options))
    return _execute(Run(options))


def _baseline(arguments: Sequence[str]) -> int:
    from tritonlint.accept import BaselineRun

    return _execute(BaselineRun(parse_lint(arguments)))


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
    with _output(options.output_file) as stream:
        return run.execute(stream)


def _verify(arguments: Sequence[str]) -> int:
    from tritonlint.verify.command import VerifyRun, parse_verify

    return _execute(VerifyRun(parse_verify(arguments)))


def _trace(arguments: Sequence[str]) -> int:
    from tritonlint.runtime.command import run

    return run(arguments)


def _variants(arguments: Sequence[str]) -> int:
    from tritonlint.variants import VariantsRun

    return _execute(VariantsRun(parse_lint(arguments)))


@contextlib.contextmanager
def _output(file: Path | None) -> Iterator[TextIO]:
    """Where a report goes; a file is only changed when the report is there."""
    if file is None:
        yield sys.stdout
        return
    with contextlib.ExitStack() as stack:
        with _said_of(file):
            # To add to it changes nothing yet, and shows whether it can be written.
            output = stack.enter_context(open(file, "ab", buffering=0))
        report = io.BytesIO()
        text = io.TextIOWrapper(report, "utf-8", "backslashreplace")
        yield text
        text.flush()
        with _said_of(file):
            if stat.S_ISREG(os.fstat(output.fileno()).st_mode):
                output.truncate(0)
            unwritten = report.getbuffer()
            while unwritten:
                unwritten = unwritten[output.write(unwritten) :]


@contextlib.contextmanager
def _said_of(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OptionError(f"--output-file {file}: {error.strerror or error}") from error


def _rule(arguments: Sequence[str]) -> int:
    from tritonlint.report.page import render_json, render_page, render_rules
    from tritonlint.rules import all_rules
    from tritonlint.rules.pages import load_page

    options = parse_rule(arguments)
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
    return CLEAN


def _completion(arguments: Sequence[str]) -> int:
    shell = parse_completion(arguments).shell
    try:
        import shtab
    except ImportError:
        need = "pip install 'tritonlint[completion]'"
        raise OptionError(f"completion needs the library shtab: {need}") from None
    print(shtab.complete(lint_parser(), shell=shell))
    return CLEAN


def _server(arguments: Sequence[str]) -> int:
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
    from tritonlint.config import find_config
    from tritonlint.files.roots import project_root
    from tritonlint.rules import all_rules
    from tritonlint.store import cache

    options = parse_clean(arguments)
    problems = [_remove_cache(Path(options.cache_dir))] if options.cache_dir else []
    for path in map(Path, options.paths or ["."] if not options.cache_dir else []):
        root = project_root(path)
        problems.append(_remove_journal(root))
        config = find_config(path)
        own = load(config, all_rules()).cache_dir if config else None
        problems.append(_remove_cache(own or root / cache.DIRECTORY, root))
    for problem in filter(None, problems):
        _complain(problem)
    return ERROR if any(problems) else CLEAN


def _remove_cache(directory: Path, root: Path | None = None) -> str | None:
    """Delete a cache; why that can't be done, or None."""
    from tritonlint.store import cache

    try:
        if cache.clean(directory, root):
            print(f"Removed {directory}")
    except OSError as error:
        return f"cannot remove {directory}: {error.strerror or error}"
    return None


def _remove_journal(root: Path) -> str | None:
    """Finish what a killed run has begun, or where that can't be done, leave files as they are."""
    from tritonlint.fix.recovery import recover

    recovery = recover(root)
    if recovery is None:
        return None
    if recovery.journal is None:
        if recovery.is_stuck:
            return recovery.said
        _complain(recovery.said)
        return None
    directory = recovery.journal.directory
    try:
        recovery.journal.remove()
    except OSError as error:
        return f"cannot remove {directory}: {error.strerror or error}"
    print(f"Removed {directory}; all files are left as they are")
    return None

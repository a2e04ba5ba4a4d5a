"""The command: from its arguments to a report and an exit status."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from tritonlint.config import ConfigError, load
from tritonlint.options import OptionError, parse_clean, parse_lint, parse_rule

#: Exit statuses, as ruff has them.
CLEAN, FINDINGS, ERROR = 0, 1, 2


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # File names and source can hold what the terminal's encoding cannot.
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        if arguments and arguments[0] == "rule":
            return _rule(arguments[1:])
        if arguments and arguments[0] == "clean":
            return _clean(arguments[1:])
        if arguments and arguments[0] == "verify":
            return _verify(arguments[1:])
        if arguments and arguments[0] == "trace":
            from tritonlint.runtime.command import run as trace

            return trace(arguments[1:])
        return _lint(arguments)
    except (OptionError, ConfigError) as error:
        print(f"tritonlint: {error}", file=sys.stderr)
        return ERROR
    except BrokenPipeError:
        # The reader has seen enough; nothing that is left to be flushed may say so again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ERROR
    except KeyboardInterrupt:
        print("tritonlint: interrupted", file=sys.stderr)
        return ERROR
    except Exception:
        # Not 1, which would say that there are findings.
        import traceback

        traceback.print_exc()
        print("tritonlint: this is a mistake of tritonlint's; please report it", file=sys.stderr)
        return ERROR


def _lint(arguments: Sequence[str]) -> int:
    from tritonlint.run import Run

    options = parse_lint(arguments)
    run = Run(options)
    if options.show_files:
        for file in run.files:
            print(file)
        return run.report_errors()
    with _output(options.output_file) as stream:
        return run.execute(stream)


def _verify(arguments: Sequence[str]) -> int:
    from tritonlint.verify.command import VerifyRun, parse_verify

    options = parse_verify(arguments)
    run = VerifyRun(options)
    with _output(options.output_file) as stream:
        return run.execute(stream)


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


def _rule(arguments: Sequence[str]) -> int:
    from tritonlint.report.page import render_page, render_rules
    from tritonlint.rules import all_rules

    code = parse_rule(arguments).code
    rules = all_rules()
    if code is None:
        render_rules([rule for rule, _ in rules.values()], sys.stdout)
        return CLEAN
    if code.upper() not in rules:
        raise OptionError(f"there is no rule {code!r}; the rules are {', '.join(rules)}")
    rule, _ = rules[code.upper()]
    render_page(_page(rule.page), sys.stdout)
    return CLEAN


def _page(name: str) -> str:
    """A rule's page: from the package, or, in a checkout, from beside it."""
    from importlib import resources

    packaged = resources.files("tritonlint.rules") / "pages" / name
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    checkout = Path(__file__).parents[2] / "rules" / name
    return checkout.read_text(encoding="utf-8")


def _clean(arguments: Sequence[str]) -> int:
    from tritonlint import cache
    from tritonlint.config import find_config
    from tritonlint.files import project_root
    from tritonlint.rules import all_rules

    options = parse_clean(arguments)
    directories = [Path(options.cache_dir)] if options.cache_dir else []
    for path in map(Path, options.paths or ["."] if not directories else []):
        config = find_config(path)
        own = load(config, all_rules()).cache_dir if config else None
        directories.append(own or project_root(path) / cache.DIRECTORY)
    for directory in dict.fromkeys(directories):
        try:
            if cache.clean(directory):
                print(f"Removed {directory}")
        except OSError as error:
            raise OptionError(f"cannot remove {directory}: {error.strerror or error}") from error
    return CLEAN

"""`tritonlint variants PATHS`: how many variants each launched kernel can have, and why."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TextIO

from tritonlint.analysis.variants import KernelVariants, kernel_variants
from tritonlint.api import Workspace
from tritonlint.command.outcome import Result, render_context
from tritonlint.command.run import Run
from tritonlint.options import OptionError, lint_parser, parse_lint
from tritonlint.report import FORMATS
from tritonlint.report.variants import UNFIT, render_variants


def parse_variants(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a lint run, as far as they make sense here.

    Raises:
        OptionError: an option that does not, or a value that it does not take.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    if not {"-h", "--help"}.isdisjoint(arguments[:end]):
        _print_help()
        raise SystemExit(0)
    options = parse_lint(arguments)
    if options.fix or options.diff or options.stdin_filename is not None or options.statistics:
        raise OptionError(
            "variants reads files and counts: no --fix, --diff, --statistics or stdin"
        )
    return options


def _print_help() -> None:
    parser = lint_parser(
        prog="tritonlint variants",
        usage="tritonlint variants [PATH ...] [OPTIONS]",
        description="Lists the launched kernels by the number of variants that requests can lead "
        "to,\nand shows what multiplies them. Takes the options of a check but --fix, --diff, "
        f"--statistics\nand standard input. Output formats: {', '.join(_formats())}.\n{_unfit()}",
    )
    parser.print_help()


class VariantsRun(Run):
    """A run that counts the variants of kernels, instead of looking for findings."""

    remembers = False

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options)
        if self.settings.output_format in UNFIT:
            raise OptionError(f"{_unfit()} Choose {', '.join(_formats())}.")
        self._found: list[KernelVariants] = []

    def _work(self, workspace: Workspace, kernels: int) -> Result:
        self._found += kernel_variants(workspace.analysis)
        return Result((), kernels)

    def _render(self, results: Sequence[Result], stream: TextIO) -> None:
        found = sorted(self._found, key=lambda each: each.sort_key)
        context = render_context(self, results)
        render_variants(found, self.settings.output_format, context, stream)


def _formats() -> list[str]:
    return [format for format in FORMATS if format not in UNFIT]


def _unfit() -> str:
    return " ".join(f"variants has no {name} output: {why}." for name, why in UNFIT.items())

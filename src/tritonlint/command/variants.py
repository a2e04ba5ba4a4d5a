"""`tritonlint variants PATHS`: how many variants each launched kernel can have, and why."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TextIO

from tritonlint.analysis.variants import KernelVariants, kernel_variants
from tritonlint.api import Workspace
from tritonlint.command.outcome import Result, render_context
from tritonlint.command.run import Run
from tritonlint.command.subcommand import OF_FIXES, parse, refuse
from tritonlint.options import OptionError
from tritonlint.report import FORMATS
from tritonlint.report.variants import UNFIT, render_variants


def parse_variants(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a lint run, as far as they make sense here.

    Raises:
        OptionError: an option that does not, or a value that it does not take.
    """
    options = parse(
        arguments,
        "variants",
        "variants [PATH ...] [OPTIONS]",
        "Lists the launched kernels by the number of variants that requests can lead to,\n"
        f"and shows what multiplies them. Output formats: {', '.join(_formats())}.\n{_unfit()}",
        OF_FIXES | {"no_baseline"},
        "Exit status: 0 the kernels are listed, 2 tritonlint could not do its work.",
    )
    refuse(options, "variants", "it reads files and counts")
    return options


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

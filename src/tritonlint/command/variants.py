"""`tritonlint variants PATHS`: how many variants each launched kernel can have, and why."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from tritonlint.analysis.dead import Analysis
from tritonlint.analysis.variants import Axis, KernelVariants, kernel_variants
from tritonlint.api import Workspace
from tritonlint.command.outcome import Result
from tritonlint.command.run import Run
from tritonlint.options import OptionError
from tritonlint.report.text import printable

_FORMATS = ("full", "concise", "json")


class VariantsRun(Run):
    """A run that counts the variants of kernels, instead of looking for findings."""

    remembers = False

    def __init__(self, options: argparse.Namespace) -> None:
        if options.fix or options.diff or options.stdin_filename is not None or options.statistics:
            raise OptionError(
                "variants reads files and counts: no --fix, --diff, --statistics or stdin"
            )
        super().__init__(options)
        chosen = self.settings.output_format
        if chosen not in _FORMATS:
            raise OptionError(f"variants has no {chosen} output: choose {', '.join(_FORMATS)}")
        self._found: list[KernelVariants] = []

    def _work(self, workspace: Workspace, kernels: int) -> Result:
        options = workspace.options
        analysis = Analysis(workspace.project, options.version, options.words, self.files)
        named = {*self.files}
        found = [k for k in kernel_variants(analysis) if k.identity.path in named]
        self._found += found
        return Result((), kernels)

    def _render(self, results: Sequence[Result], stream: TextIO) -> None:
        found = sorted(self._found, key=lambda each: each.sort_key)
        if self.settings.output_format == "json":
            print(json.dumps([self._object(each) for each in found], indent=2), file=stream)
            return
        for each in found:
            # Kernels whose variants no request multiplies are only listed for programs.
            if each.of_requests:
                for line in self._lines(each):
                    print(line, file=stream)
        unbounded = sum(each.bound is None for each in found)
        if not self.options.quiet:
            print(f"{len(found)} launched kernels, {unbounded} without a bound.", file=stream)

    def _lines(self, each: KernelVariants) -> Iterator[str]:
        path = printable(self.display(each.identity.path))
        bound = "no bound" if each.bound is None else f"up to {each.bound} variants"
        place = f"{path}:{each.kernel.span.row}:{each.kernel.span.column}"
        if self.settings.output_format == "concise":
            axes = " x ".join(
                f"{a.parameter} ({a.values or 'unbounded'})" for a in each.of_requests
            )
            yield f"{place}: {each.kernel.name}: {bound}: {axes}"
            return
        yield f"{place}: {each.kernel.name}: {bound}"
        for axis in each.of_requests:
            yield f"    {axis.parameter}: {_shown(axis)}"
        others = [a.parameter for a in each.axes if not a.per_request and a.values is not None]
        if others:
            yield f"    and what the model or the launch fixes: {', '.join(others)}"

    def _object(self, each: KernelVariants) -> dict[str, Any]:
        return {
            "kernel": each.kernel.name,
            "filename": self.display(each.identity.path),
            "location": {"row": each.kernel.span.row, "column": each.kernel.span.column},
            "bound": each.bound,
            "axes": [
                {
                    "parameter": axis.parameter,
                    "kind": axis.kind.name.lower().replace("_", "-"),
                    "values": axis.values,
                    "per_request": axis.per_request,
                    "source": axis.source or None,
                }
                for axis in each.axes
            ],
        }


def _shown(axis: Axis) -> str:
    count = "one variant for" if axis.values is None else f"{axis.values} for"
    return f"{count} {axis.kind.value} of `{printable(axis.source)}`"

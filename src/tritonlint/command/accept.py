"""Runs that accept findings instead of asking for a change: `--add-noqa` and `baseline`."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tritonlint.api import Workspace
from tritonlint.command.baseline import Baseline
from tritonlint.command.outcome import Result
from tritonlint.command.progress import ProgressBar
from tritonlint.command.run import Run
from tritonlint.command.silence import UNSILENCED, silence
from tritonlint.command.subcommand import OF_FIXES, parse, refuse
from tritonlint.config.settings import FOR_PEOPLE
from tritonlint.config.toml import ConfigError
from tritonlint.diagnostics import Diagnostic
from tritonlint.fix.write import Change
from tritonlint.options import OptionError
from tritonlint.report.text import counted, printable
from tritonlint.source import decode, encode


class SilencingRun(Run):
    """Writes a comment after each finding: `--add-noqa`."""

    remembers = False

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(options)
        if options.fix or options.stdin_filename is not None:
            raise OptionError("--add-noqa writes comments into files: no --fix and no stdin")
        # Like fixes: all files of a project are written, or none.
        self.fixing = True
        self._reason = " ".join((options.reason or "").split())

    def _work(self, workspace: Workspace, kernels: int) -> Result:
        if not self.fixing:
            return super()._work(workspace, kernels)
        by_file: defaultdict[Path, list[Diagnostic]] = defaultdict(list)
        for finding in workspace.findings():
            by_file[finding.path].append(finding)
        silenced: list[Diagnostic] = []
        left: list[Diagnostic] = []
        changes = {}
        for path, findings in by_file.items():
            obstacle = self._obstacle(workspace.root, path)
            if obstacle is not None or all(f.code in UNSILENCED for f in findings):
                left += findings
                continue
            source = decode(self._read_once(path))
            done = silence(source.text, findings, self._reason)
            silenced += done.silenced
            left += done.left
            if done.silenced:
                after = encode(source._replace(text=done.text))
                changes[path] = Change(self._read_once(path), after)
        return Result(tuple(left), kernels, tuple(silenced), changes)

    def _render(self, results: Sequence[Result], stream: TextIO) -> None:
        silenced = sum(len(result.fixed) for result in results)
        files = sum(len(result.changes) for result in results)
        left = sum(len(result.findings) for result in results)
        if not self.options.quiet:
            where = f" in {counted(files, 'file')}" if files else ""
            print(f"Silenced {counted(silenced, 'finding')}{where}.", file=self._beside(stream))
        if left:
            print("No comment can silence these:", file=self._beside(stream))
        if left or self.settings.output_format not in FOR_PEOPLE:
            super()._render([result._replace(fixed=()) for result in results], stream)


def parse_baseline(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a lint run.

    Raises:
        OptionError: an unknown option, or a value that it does not take.
    """
    return parse(
        arguments,
        "baseline",
        "baseline [PATH ...] [OPTIONS]",
        "Writes what is found into .tritonlint-baseline.json. Later runs report only what is new.",
        OF_FIXES | {"no_baseline", "output_format", "color", "trace", "exit_zero"},
        "Exit status: 0 the findings are written, 2 tritonlint could not do its work.",
    )


class BaselineRun(Run):
    """Writes the findings into the baseline of their project: `tritonlint baseline`."""

    remembers = False

    def __init__(self, options: argparse.Namespace) -> None:
        refuse(options, "baseline", "it writes what is found into a file")
        options.no_baseline = True
        super().__init__(options)
        self.fixing = False

    def execute(self, stream: TextIO) -> int:
        """Check, and write the baseline of each project; 0 unless a path could not be used."""
        with ProgressBar(self.options.quiet) as progress:
            trees = {tree.root: tree for tree in self.trees()}
            found = {root: self._check(tree, progress).findings for root, tree in trees.items()}
        status = self.report_errors()
        if status:
            return status
        for root in self.roots:
            self._write_baseline(root, found.get(root, ()), stream)
        return 0

    def _write_baseline(self, root: Path, found: Sequence[Diagnostic], stream: TextIO) -> None:
        try:
            old = Baseline.load(root, self.read_lines)
        except ConfigError:  # It tells the user to run the command that is running.
            old = Baseline(root, self.read_lines)
        checked = [file for file in self.files if self.root_of(file) == root]
        new = old.replace(checked, found)
        shown = printable(self.display(new.path))
        if not new.entries and not new.path.exists():
            print(f"Nothing found: no {new.path.name} is needed", file=stream)
            return
        try:
            new.write()
        except OSError as error:
            raise OptionError(f"{shown} cannot be written: {error.strerror or error}") from error
        count = counted(new.entries.total(), "finding")
        # A run that ignores settings ignores baselines, too.
        unless = " (but --isolated runs do)" if self.options.isolated else ""
        print(f"Wrote {shown}: {count}, which later runs do not report{unless}", file=stream)

"""`tritonlint verify PATHS`: the findings, each with what the compiler says of it."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
from collections.abc import Sequence
from typing import TextIO

from tritonlint.analysis.dead import Analysis
from tritonlint.api import Workspace
from tritonlint.command.outcome import Result
from tritonlint.command.run import Run
from tritonlint.diagnostics import Verdict
from tritonlint.options import OptionError, lint_parser, parse_lint
from tritonlint.verify.confirm import Confirmer
from tritonlint.verify.judge_process import KERNEL, Judge

#: From this release on `ASTSource` takes what `worker` gives it.
_OLDEST = (3, 3)

#: Seconds that one run may take, whatever the repository is like; and the longest for a kernel.
_RUN, _LONGEST = 3600.0, 3600.0


def parse_verify(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a lint run, and the one that only `verify` has.

    Raises:
        OptionError: an unknown option, or a value that it does not take.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--timeout", type=float, default=KERNEL)
    # What stands behind it are paths, whatever they look like.
    end = arguments.index("--") if "--" in arguments else len(arguments)
    if not {"-h", "--help"}.isdisjoint(arguments[:end]):
        _print_help()
        raise SystemExit(0)
    try:
        own, others = parser.parse_known_args(arguments[:end])
    except argparse.ArgumentError as error:
        raise OptionError(f"--timeout takes seconds: {error.message}") from None
    if not 1 <= own.timeout <= _LONGEST:
        raise OptionError(f"--timeout takes seconds, from 1 to {_LONGEST:.0f}")
    options = parse_lint([*others, *arguments[end:]])
    options.timeout = own.timeout
    return options


def _print_help() -> None:
    helper = lint_parser(
        prog="tritonlint verify",
        usage="tritonlint verify [PATH ...] [--timeout SECONDS] [OPTIONS]",
        description="Compiles each kernel that has a finding, and says whether the compiler agrees."
        "\nNeeds Triton, and no GPU. Takes all options of a check but those that fix.",
    )
    helper.add_argument(
        "--timeout",
        metavar="SECONDS",
        help=f"the longest time for one kernel, up to {_LONGEST:.0f} [{KERNEL:.0f}]",
    )
    helper.epilog = (
        "Exit status: 0 the compiler contradicts nothing, 1 it contradicts a finding, "
        "2 tritonlint could not do its work."
    )
    helper.print_help()


def require_triton() -> None:
    """Make sure that there is a Triton to ask.

    Raises:
        OptionError: there is none, or one that is too old; the message says what to do.
    """
    install = "pip install 'tritonlint[triton]' (Linux only; no GPU is needed)"
    if importlib.util.find_spec("triton") is None:
        raise OptionError(f"verify compiles kernels, and Triton is not installed: {install}")
    try:
        version = importlib.metadata.version("triton")
    except importlib.metadata.PackageNotFoundError:
        return
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        raise OptionError(f"verify needs Triton {oldest} or newer, and {version} is installed")


class VerifyRun(Run):
    """A lint run whose findings are handed to the compiler instead of to the fixer."""

    remembers = False

    def __init__(self, options: argparse.Namespace) -> None:
        require_triton()
        if options.fix or options.diff or options.stdin_filename is not None:
            raise OptionError("verify reads files and changes none: no --fix, --diff or stdin")
        if options.statistics:
            raise OptionError("verify has no --statistics: --output-format json has all of it")
        super().__init__(options)
        self._contradicted = False
        self._left = _RUN

    def execute(self, stream: TextIO) -> int:
        """Check, verify, report; 1 if the compiler contradicts a finding."""
        status = super().execute(stream)
        if status == 2:
            return status
        return 1 if self._contradicted else 0

    def _work(self, workspace: Workspace, kernels: int) -> Result:
        with Judge(self.options.timeout, self._left) as judge:
            analysis = Analysis(
                workspace.project, workspace.options.version, workspace.options.words
            )
            confirmer = Confirmer(analysis, judge)
            findings = tuple(confirmer.confirm(workspace.findings()))
        self._left = judge.left
        for name, problem in judge.walls:
            state = "stands" if problem is None else f"does not stand: {problem}"
            self.say(f"wall around Triton, {name}: {state}")
        for finding in findings:
            verification = finding.verification
            if verification is not None and verification.verdict is Verdict.CONTRADICTED:
                self._contradicted = True
        return Result(findings, kernels)

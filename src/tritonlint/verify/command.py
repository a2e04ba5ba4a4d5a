"""`tritonlint verify PATHS`: the findings, and what the compiler says about each."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
from collections import Counter
from collections.abc import Sequence, Set
from pathlib import Path
from typing import TextIO, TypeAlias

from tritonlint.api import Fixed, Workspace
from tritonlint.command.outcome import Result
from tritonlint.command.run import Run
from tritonlint.command.say import tell
from tritonlint.command.subcommand import asks_for_help, help_parser, refuse
from tritonlint.diagnostics import Diagnostic, Verdict
from tritonlint.options import OptionError, parse_lint
from tritonlint.report.text import counted
from tritonlint.verify.confirm import Confirmer
from tritonlint.verify.judge_process import KERNEL, Judge

#: From this release on, `ASTSource` takes the arguments that `worker` passes.
_OLDEST = (3, 3)

#: The most seconds for one run, whatever the repository contains, and for one kernel.
_RUN, _LONGEST = 3600.0, 3600.0


def parse_verify(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options of a lint run, and those that only `verify` has.

    Raises:
        OptionError: an option is unknown, or its value is not allowed.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--timeout", type=float, default=KERNEL)
    parser.add_argument("--fix-confirmed", action="store_true")
    # Everything after it is a path, even if it looks like an option.
    if asks_for_help(arguments):
        _print_help()
        raise SystemExit(0)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    try:
        own, others = parser.parse_known_args(arguments[:end])
    except argparse.ArgumentError as error:
        name = error.argument_name
        takes = "--timeout takes seconds" if name == "--timeout" else f"{name} takes no value"
        raise OptionError(f"{takes}: {error.message}") from None
    if not 1 <= own.timeout <= _LONGEST:
        raise OptionError(f"--timeout takes seconds, from 1 to {_LONGEST:.0f}")
    options = parse_lint([*others, *arguments[end:]])
    options.timeout = own.timeout
    options.fix_confirmed = own.fix_confirmed
    return options


def _print_help() -> None:
    helper = help_parser(
        "verify",
        "verify [PATH ...] [--timeout SECONDS] [--fix-confirmed] [OPTIONS]",
        "Compiles each kernel that has a finding, and says whether the compiler agrees.\n"
        "Needs Triton, and no GPU.",
    )
    helper.add_argument(
        "--timeout",
        metavar="SECONDS",
        help=f"the longest time for one kernel, up to {_LONGEST:.0f} [{KERNEL:.0f}]",
    )
    helper.add_argument(
        "--fix-confirmed",
        action="store_true",
        help="fix what the compiler confirms, unless something else is against it",
    )
    helper.epilog = (
        "Exit status: 0 the compiler contradicts nothing, 1 it contradicts a finding, "
        "2 tritonlint could not do its work."
    )
    helper.print_help()


def require_triton() -> None:
    """Make sure that a usable Triton is installed.

    Raises:
        OptionError: Triton is missing, or too old; the message says what to do.
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


#: The code, file, kernel and parameter of a finding.
_Key: TypeAlias = "tuple[str, Path, str | None, str | None]"


class VerifyRun(Run):
    """A lint run whose findings go to the compiler before they go to the fixer."""

    remembers = False

    def __init__(self, options: argparse.Namespace) -> None:
        refuse(options, "verify", "--fix-confirmed fixes what the compiler confirms")
        require_triton()
        super().__init__(options)
        self.fixing = options.fix_confirmed
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
            confirmer = Confirmer(workspace.analysis, judge)
            asked = workspace.findings(self._with_edits)
            findings = tuple(confirmer.confirm(asked))
            unproved = confirmer.unproved
        self._left = judge.left
        for name, problem in judge.walls:
            state = "in place" if problem is None else f"missing: {problem}"
            self.say(f"wall around Triton, {name}: {state}")
        for finding in findings:
            verification = finding.verification
            if verification is not None and verification.verdict is Verdict.CONTRADICTED:
                self._contradicted = True
        if unproved and not self.options.quiet:
            differ, unknown = unproved[Verdict.CONTRADICTED], unproved[Verdict.UNDECIDED]
            tell(
                f"not shown, because nothing is proved: {counted(differ, 'finding')} where the "
                f"code differs, and {unknown} that could not be compiled"
            )
        if not self.fixing:
            return Result(findings, kernels)
        confirmed = Counter(
            _key(finding)
            for finding in findings
            if finding.verification and finding.verification.verdict is Verdict.CONFIRMED
        )
        # If two kernels in a file have the same name, both have to be confirmed.
        doubtful = Counter(map(_key, asked)) - confirmed
        done = _fix_only(workspace, confirmed.keys() - doubtful.keys())
        fixed = {_key(finding) for finding in done.fixed}
        left = tuple(finding for finding in findings if _key(finding) not in fixed)
        return Result(left, kernels, done.fixed, self.changes(done))


def _fix_only(workspace: Workspace, confirmed: Set[_Key]) -> Fixed:
    """Fix the findings that the compiler confirms."""

    def is_confirmed(finding: Diagnostic) -> bool:
        return _key(finding) in confirmed

    def keep(found: list[Diagnostic]) -> list[Diagnostic]:
        return list(filter(is_confirmed, found))

    workspace.options = workspace.options._replace(is_proved=is_confirmed, keep=keep)
    return workspace.fix()


def _key(finding: Diagnostic) -> _Key:
    """Return what identifies a finding while lines move."""
    return finding.code, finding.path, finding.kernel, finding.parameter

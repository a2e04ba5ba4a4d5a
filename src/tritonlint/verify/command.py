"""`tritonlint verify PATHS`: the findings, each with what the compiler says of it."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
from typing import TextIO

from tritonlint.analysis.dead import Analysis
from tritonlint.api import Workspace
from tritonlint.diagnostics import Verdict
from tritonlint.options import OptionError
from tritonlint.run import Result, Run
from tritonlint.verify.confirm import Confirmer
from tritonlint.verify.judge_process import Judge

#: From this release on `ASTSource` takes what `worker` gives it.
_OLDEST = (3, 3)


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

    def execute(self, stream: TextIO) -> int:
        """Check, verify, report; 1 if the compiler contradicts a finding."""
        status = super().execute(stream)
        if status == 2:
            return status
        return 1 if self._contradicted else 0

    def _work(self, workspace: Workspace, kernels: int) -> Result:
        with Judge() as judge:
            analysis = Analysis(workspace.project, workspace.options.version)
            confirmer = Confirmer(analysis, judge)
            findings = tuple(confirmer.confirm(workspace.findings()))
        for finding in findings:
            verification = finding.verification
            if verification is not None and verification.verdict is Verdict.CONTRADICTED:
                self._contradicted = True
        return Result(findings, kernels)

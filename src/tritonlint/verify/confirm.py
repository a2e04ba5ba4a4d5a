"""Asks the compiler about findings, kernel by kernel."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import (
    Applicability,
    Diagnostic,
    Question,
    Verdict,
    Verification,
)
from tritonlint.project.identity import KernelId
from tritonlint.survey.facts.kernels import Parameter
from tritonlint.verify.as_integer import ask_as_integer
from tritonlint.verify.extract import Extract, ExtractError, extract
from tritonlint.verify.inert import ask_inert
from tritonlint.verify.judge_process import Judge
from tritonlint.verify.search import Budget, Judgment, judge_kernel
from tritonlint.verify.signature import Candidates
from tritonlint.verify.sources import Sources
from tritonlint.verify.trial import Trial
from tritonlint.verify.unused import ask_unused


class Confirmer:
    """Verifies the findings of one project."""

    def __init__(self, analysis: Analysis, judge: Judge) -> None:
        self.project = analysis.project
        self.analysis = analysis
        self.sources = Sources(self.project)
        self.judge = judge
        self.budget = Budget()
        #: The number of findings that were left out, by the compiler's verdict.
        self.unproved: Counter[Verdict] = Counter()

    def confirm(self, findings: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """Yield the findings that the compiler can judge, each with its verdict.

        Findings that need proof are only returned if they are confirmed; the others are
        counted in `unproved`.
        """
        places = {
            (identity.path, parameter.span): (identity, parameter)
            for identity, kernel in self.project.kernels.items()
            for parameter in kernel.parameters
        }
        by_kernel: defaultdict[KernelId, list[tuple[Diagnostic, Parameter]]] = defaultdict(list)
        for finding in findings:
            found = places.get((finding.path, finding.span))
            if found is not None and finding.question is not None:
                by_kernel[found[0]].append((finding, found[1]))
        for identity, about in by_kernel.items():
            yield from self._kernel(identity, about)

    def _kernel(
        self, identity: KernelId, about: list[tuple[Diagnostic, Parameter]]
    ) -> Iterator[Diagnostic]:
        taken = Extract()
        try:
            taken = extract(self.project, self.sources, identity)
            candidates = Candidates(self.analysis, self.sources, identity, taken)
            judgment = judge_kernel(self.judge, taken, candidates, self.budget)
        except ExtractError as error:
            judgment = Judgment(reason=str(error))
        except RecursionError:
            judgment = Judgment(reason="its source is too deeply nested")
        trial = Trial(self.judge, identity, taken, judgment)
        self.judge.begin()
        for finding, parameter in about:
            verification = self._verify(trial, finding, parameter.name)
            is_proved = verification.verdict is Verdict.CONFIRMED
            if finding.question and finding.question.needs_proof and not is_proved:
                self.unproved[verification.verdict] += 1
                continue
            fix = finding.fix
            if fix and fix.safe_if_proved and is_proved:
                fix = fix._replace(applicability=Applicability.SAFE)
            yield finding._replace(verification=verification, fix=fix)

    def _verify(self, trial: Trial, finding: Diagnostic, name: str) -> Verification:
        question = finding.question
        if not trial.judgment.signatures:
            why = trial.judgment.reason or "no arguments were found with which it compiles"
            return Verification(Verdict.UNDECIDED, f"not compiled: {why}")
        trial.load()
        if question is Question.UNUSED:
            return ask_unused(trial, finding, name)
        self.judge.begin()
        if question is Question.RUNTIME:
            return ask_as_integer(trial, self._without_constexpr(trial.identity, name), name)
        assert question is not None
        return ask_inert(trial, question, name)

    def _without_constexpr(self, identity: KernelId, name: str) -> Extract:
        """Return the kernel as TRL101's fix leaves it: its helpers get a runtime integer, too."""
        helpers = self.analysis.live.needs.of(identity, name).helpers
        return extract(self.project, self.sources, identity, [(identity, name), *helpers])

"""Asks the compiler about findings: is the parameter unused, and what do its variants cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from tritonlint.analysis.dead import Analysis
from tritonlint.diagnostics import Diagnostic, Verdict, Verification
from tritonlint.project.identity import KernelId
from tritonlint.report.text import counted
from tritonlint.survey.facts.kernels import Parameter
from tritonlint.verify import search
from tritonlint.verify.extract import ExtractError, extract
from tritonlint.verify.judge_process import Judge
from tritonlint.verify.search import Budget, Judgement, Signature, judge_kernel
from tritonlint.verify.signature import Candidates
from tritonlint.verify.sources import Sources

#: Values of a constexpr that are compiled to binaries.
_VALUES = 3


class Confirmer:
    """Verifies the findings of one project."""

    def __init__(self, analysis: Analysis, judge: Judge) -> None:
        self.project = analysis.project
        self.analysis = analysis
        self.sources = Sources(self.project)
        self.judge = judge
        self.budget = Budget()
        #: Of one kernel: what was compiled to a binary, and the answer.
        self._cubins: dict[tuple[tuple[str, ...], ...], dict[str, Any]] = {}

    def confirm(self, findings: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """Those findings that are about a parameter, each with what the compiler says."""
        places = {
            (identity.path, parameter.span): (identity, parameter)
            for identity, kernel in self.project.kernels.items()
            for parameter in kernel.parameters
        }
        by_kernel: defaultdict[KernelId, list[tuple[Diagnostic, Parameter]]] = defaultdict(list)
        for finding in findings:
            found = places.get((finding.path, finding.span))
            # What is read is used, and says nothing against a finding that it need not be compiled.
            if found is not None and self.analysis.is_dead(*found):
                by_kernel[found[0]].append((finding, found[1]))
        for identity, about in by_kernel.items():
            yield from self._kernel(identity, about)

    def _kernel(
        self, identity: KernelId, about: list[tuple[Diagnostic, Parameter]]
    ) -> Iterator[Diagnostic]:
        try:
            taken = extract(self.project, self.sources, identity)
            candidates = Candidates(self.analysis, self.sources, identity, taken)
            judgement = judge_kernel(self.judge, taken, candidates, self.budget)
        except ExtractError as error:
            judgement = Judgement(reason=str(error))
        except RecursionError:
            judgement = Judgement(reason="its source is too deeply nested")
        self.judge.begin()
        self._cubins.clear()
        for finding, parameter in about:
            verification = self._verify(finding, parameter, judgement)
            yield finding._replace(verification=verification)

    def _verify(
        self,
        finding: Diagnostic,
        parameter: Parameter,
        judgement: Judgement,
    ) -> Verification:
        if not judgement.signatures:
            why = judgement.reason or "no arguments were found that it takes"
            return Verification(Verdict.UNDECIDED, f"not compiled: {why}")
        verdict = judgement.verdicts[parameter.name]
        if verdict is search.Verdict.USED:
            shown = _shown(judgement.witness.get(parameter.name, judgement.signatures[0]))
            return Verification(
                Verdict.CONTRADICTED,
                f"contradicted: used in TTIR with {shown}; please report this as a bug",
            )
        if verdict is search.Verdict.UNDECIDED:
            return Verification(
                Verdict.UNDECIDED, "not decided: it compiles with one value only, so none compare"
            )
        return self._cost(finding, parameter, judgement)

    def _cost(
        self, finding: Diagnostic, parameter: Parameter, judgement: Judgement
    ) -> Verification:
        """Compile the variants to binaries, and compare and time them."""
        name = parameter.name
        unused = "confirmed: unused in TTIR"
        digests: Counter[str] = Counter()
        wasted = 0.0
        compiled = 0
        variants = list(_variants(finding, name, judgement))
        if len(variants) < 2:
            return Verification(Verdict.CONFIRMED, f"{unused}; every value shares one compile")
        for signature, divisible in variants:
            answer = self._cubin(signature, divisible)
            if not answer["ok"]:
                why = answer["error"]
                return Verification(Verdict.CONFIRMED, f"{unused}; no binaries to compare: {why}")
            digests[answer["digest"]] += 1
            wasted += answer["seconds"] if compiled else 0.0
            compiled += 1
        identical = max(digests.values())
        what = counted(compiled, "variant")
        if identical == compiled:
            same = "all byte-identical cubins" if compiled > 2 else "byte-identical cubins"
        elif identical > 1:
            same = f"{identical} of them byte-identical cubins"
        else:
            same = "with different cubins"
        text = f"{unused}; {what}, {same}, {wasted:.1f} s of compile time wasted on this machine"
        return Verification(Verdict.CONFIRMED, text, compiled, identical, wasted)

    def _cubin(self, signature: Signature, divisible: list[str]) -> dict[str, Any]:
        key = (*signature.items(), tuple(divisible))
        if key not in self._cubins:
            self._cubins[key] = self.judge.cubin(signature, divisible)
        return self._cubins[key]


def _variants(
    finding: Diagnostic, name: str, judgement: Judgement
) -> Iterator[tuple[Signature, list[str]]]:
    """One signature for each class that Triton keys, with the parameters divisible by 16."""
    base = judgement.signatures[0]
    if base[name].startswith("="):
        seen = list(dict.fromkeys(s[name] for s in judgement.signatures))
        for spec in seen[:_VALUES]:
            yield {**base, name: spec}, []
        return
    for label in finding.variants.classes if finding.variants else ():
        if label == "== 1":
            continue
        yield base, [name] if "% 16 == 0" in label and "not" not in label else []
    if finding.variants and "== 1" in finding.variants.classes:
        # Triton folds the value in, and the binary has one argument less.
        yield {**base, name: "=1"}, []


def _shown(signature: Signature) -> str:
    return ", ".join(f"{name}: {spec.removeprefix('=')}" for name, spec in signature.items())

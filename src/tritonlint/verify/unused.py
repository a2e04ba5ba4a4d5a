"""Asks whether a parameter is unused, and what its variants cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tritonlint.diagnostics import Diagnostic, Verdict, Verification
from tritonlint.report.text import counted
from tritonlint.verify import search
from tritonlint.verify.search import Judgment, Signature
from tritonlint.verify.trial import Trial, shown

#: The number of values of a constexpr that are compiled to binaries.
_VALUES = 3


def ask_unused(trial: Trial, finding: Diagnostic, name: str) -> Verification:
    """Return what the compiler says about a parameter that is reported as dead."""
    judgment = trial.judgment
    verdict = judgment.verdicts[name]
    if verdict is search.Verdict.USED:
        witness = shown(judgment.witness.get(name, judgment.signatures[0]))
        return Verification(
            Verdict.CONTRADICTED,
            f"contradicted: used in TTIR with {witness}; please report this as a bug",
        )
    if verdict is search.Verdict.UNDECIDED:
        return Verification(
            Verdict.UNDECIDED,
            "not decided: it compiles with one value only, so there is nothing to compare",
        )
    return _cost(trial, finding, name)


def _cost(trial: Trial, finding: Diagnostic, name: str) -> Verification:
    """Compile the variants to binaries, compare them, and measure the time."""
    unused = "confirmed: unused in TTIR"
    digests: Counter[str] = Counter()
    wasted = 0.0
    compiled = 0
    variants = list(_variants(finding, name, trial.judgment))
    if len(variants) < 2:
        return Verification(Verdict.CONFIRMED, f"{unused}; every value shares one compile")
    for signature, divisible in variants:
        answer = trial.cubin(signature, divisible)
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


def _variants(
    finding: Diagnostic, name: str, judgment: Judgment
) -> Iterator[tuple[Signature, list[str]]]:
    """Yield one signature for each class in Triton's key, with the parameters divisible by 16."""
    base = judgment.signatures[0]
    if base[name].startswith("="):
        seen = list(dict.fromkeys(s[name] for s in judgment.signatures))
        for spec in seen[:_VALUES]:
            yield {**base, name: spec}, []
        return
    for label in finding.variants.classes if finding.variants else ():
        if label == "== 1":
            continue
        yield base, [name] if "% 16 == 0" in label and "not" not in label else []
    if finding.variants and "== 1" in finding.variants.classes:
        # Triton inserts the value, and the binary has one argument less.
        yield {**base, name: "=1"}, []

"""Asks whether a kernel compiles with a constexpr as a runtime integer."""

from __future__ import annotations

from tritonlint.diagnostics import Verdict, Verification
from tritonlint.report.text import counted
from tritonlint.verify.extract import Extract
from tritonlint.verify.trial import Trial, divisible, shown

#: The number of signatures that are compiled.
_MOST = 6
#: From this growth of the code on, a person should weigh the compiles against the code.
_MUCH = 1.05


def ask_as_integer(trial: Trial, plain: Extract, name: str) -> Verification:
    """Return the compiler's answer; `plain` is the kernel without that `: tl.constexpr`."""
    signatures = [s for s in trial.judgment.signatures if s[name][1:].isdigit()][:_MOST]
    if not signatures:
        return Verification(Verdict.UNDECIDED, f"not compiled: no integer was found for `{name}`")
    first = signatures[0]
    before = trial.ptx(first, divisible(first))
    trial.judge.load(plain, trial.judgment.guess)
    # Signatures that differ only in the value of the constexpr become the same.
    integers = list(
        {tuple(s.items()): s for s in ({**s, name: "i32"} for s in signatures)}.values()
    )
    for signature in integers:
        answer = trial.judge.ttir(signature)
        if answer["ok"]:
            continue
        if answer.get("lost"):
            return Verification(Verdict.UNDECIDED, f"not compiled: {answer['error']}")
        return Verification(
            Verdict.CONTRADICTED,
            f"contradicted: with {shown(signature)} it does not compile: {answer['error']}; "
            "please report this as a bug",
        )
    compiled = counted(len(integers), "signature")
    text = f"proved: compiles with `{name}` as a runtime integer, in {compiled}"
    after = trial.judge.ptx(integers[0], divisible(integers[0]))
    if before["ok"] and after["ok"]:
        text += f"; PTX {before['instructions']:,} -> {after['instructions']:,} instructions"
        if after["vectors"] < before["vectors"]:
            text += f", wide accesses {before['vectors']} -> {after['vectors']}"
        elif after["instructions"] > _MUCH * before["instructions"]:
            text += ", so the value may be worth a compile"
    return Verification(Verdict.CONFIRMED, text, len(integers))

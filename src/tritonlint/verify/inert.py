"""Asks whether the code is the same for classes of a parameter that Triton distinguishes."""

from __future__ import annotations

from collections.abc import Iterator

from tritonlint.diagnostics import Question, Verdict, Verification
from tritonlint.report.text import counted
from tritonlint.verify.search import Signature
from tritonlint.verify.trial import Trial, divisible

#: The number of signatures to compare, without the ones derived from them.
_MOST = 2
#: The elements of a block along each dimension, by the number of its dimensions. Loads are then
#: vectorized, which shows a difference, and the compiler does not take minutes.
_SIZES = {1: 1024, 2: 64}
#: Seconds for a signature with larger blocks.
_PATIENCE = 10.0


def ask_inert(trial: Trial, question: Question, name: str) -> Verification:
    """Return the compiler's answer; undecided if nothing could be compared.

    All other arguments are divisible by 16, because only then is code vectorized.
    """
    compared = wide = 0
    for signature in _signatures(trial, name):
        others = [other for other in divisible(signature) if other != name]
        forms = [trial.ptx(signature, others), trial.ptx(signature, divisible(signature))]
        if question is Question.VALUE and not signature[name].startswith("*"):
            forms.append(trial.ptx({**signature, name: "=1"}, others))
        if not all(form["ok"] for form in forms):
            continue
        if len({form["digest"] for form in forms}) > 1:
            return Verification(Verdict.CONTRADICTED, "the code differs")
        compared += 1
        wide += forms[0]["vectors"] > 0
    if not compared:
        return Verification(Verdict.UNDECIDED, "nothing could be compared")
    what = "`% 16 == 0`" if question is Question.ALIGNMENT else "`% 16 == 0` and `== 1`"
    access = f", {wide} of them with wide accesses" if wide else ""
    return Verification(
        Verdict.CONFIRMED,
        f"proved: the PTX is the same with and without {what}, in "
        f"{counted(compared, 'signature')}{access}",
        compared,
        compared,
    )


def _signatures(trial: Trial, name: str) -> Iterator[Signature]:
    """Yield the signatures that compiled with the parameter as an argument, small blocks first."""
    found = [s for s in trial.judgment.signatures if name in divisible(s)][:_MOST]
    yield from found
    for signature in found[:1]:
        sizes = [n for n, spec in signature.items() if _is_size(spec)]
        larger = signature | dict.fromkeys(sizes, f"={_SIZES.get(len(sizes), 32)}")
        if larger not in found:
            trial.judge.begin(_PATIENCE)
            yield larger
            trial.judge.begin()
        if signature[name] == "i32":
            yield {**signature, name: "i64"}


def _is_size(spec: str) -> bool:
    """Whether a constexpr looks like the size of a block: a power of two, at least 16."""
    value = spec.removeprefix("=")
    if value == spec or not value.isdigit():
        return False
    return int(value) >= 16 and int(value).bit_count() == 1

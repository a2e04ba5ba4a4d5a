"""Finds signatures under which a kernel compiles, and collects what it uses under each."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tritonlint.verify.culprits import Culprits
from tritonlint.verify.extract import Extract
from tritonlint.verify.judge_process import Judge
from tritonlint.verify.signature import POINTERS, Candidates

Signature = dict[str, str]

#: Errors that no other argument can avoid.
_HOPELESS = (
    "have been removed",
    "is not defined",
    "Cannot access global variable",
    "_semantic` argument must be provided",
    "unsupported AST node",
    "module 'triton",
)


class Verdict(str, Enum):
    """The compiler's answer about one parameter, over all signatures that compiled."""

    USED = "used"
    #: No operation uses it; for a constexpr, every value gave the same TTIR.
    UNUSED = "unused"
    #: Only one value of a constexpr compiled, so nothing can be compared.
    UNDECIDED = "undecided"


@dataclass
class Budget:
    """The limits of a search: compiles until one succeeds, and seconds for the whole kernel."""

    attempts: int = 80
    seconds: float = 20.0


@dataclass
class Judgment:
    """The results for one kernel; `signatures` is empty if nothing compiled."""

    signatures: list[Signature] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    #: Parameters that the front end's TTIR mentions, before any pass has run.
    raw: set[str] = field(default_factory=set)
    #: For a parameter that is used, a signature that shows it.
    witness: dict[str, Signature] = field(default_factory=dict)
    attempts: int = 0
    reason: str = ""
    #: The values assumed for unknown flags.
    guess: bool = False


def judge_kernel(
    judge: Judge, extract: Extract, candidates: Candidates, budget: Budget | None = None
) -> Judgment:
    """Judge every parameter of a kernel."""
    search = _Search(judge, extract, candidates, budget or Budget())
    judge.begin()
    for guess in (False, True):
        judge.load(extract, guess)
        search.result.guess = guess
        found = search.find()
        if found is not None:
            search.judge_parameters(*found)
            break
        if search.over or not _depends_on_flags(extract):
            break
    return search.result


def _depends_on_flags(extract: Extract) -> bool:
    return any("unknown" in link for links in extract.links.values() for link in links.values())


class _Search:
    def __init__(
        self, judge: Judge, extract: Extract, candidates: Candidates, budget: Budget
    ) -> None:
        self.judge = judge
        self.extract = extract
        self.specs = candidates.specs
        self.start = candidates.first()
        self.budget = budget
        self.deadline = time.monotonic() + budget.seconds
        self.result = Judgment()
        self.hopeless = False
        self.over = False
        self.culprits = Culprits(extract, self.specs)

    # -- a signature that compiles ---------------------------------------------------------

    def find(self) -> tuple[Signature, dict[str, Any]] | None:
        """Change the signature after each error until one compiles."""
        for start in self._starts():
            found = self._climb(start)
            if found is not None:
                return found
        return None

    def _starts(self) -> Iterator[Signature]:
        """Yield the most likely signature, then one with all numbers equal, as shapes may need."""
        first = self.start
        yield first
        alike = {n: "=32" if s[1:].isdigit() else s for n, s in first.items()}
        if alike != first and not self.hopeless and not self.over:
            yield alike

    def _climb(self, start: Signature) -> tuple[Signature, dict[str, Any]] | None:
        best = dict(start)
        answer = self._try(best)
        tried = {tuple(best.values())}
        left = self.budget.attempts // 2
        sideways: list[tuple[Signature, dict[str, Any]]] = []
        while not answer["ok"]:
            for change in self._moves(best, answer):
                moved = {**best, **change}
                if tuple(moved.values()) in tried:
                    continue
                tried.add(tuple(moved.values()))
                left -= 1
                if left < 0 or time.monotonic() > self.deadline:
                    self._stop(answer)
                    return None
                new = self._try(moved)
                if new["ok"] or _progress(new) > _progress(answer):
                    best, answer = moved, new
                    break
                if new["error"] != answer["error"] and _progress(new) == _progress(answer):
                    sideways.append((moved, new))
            else:
                if not sideways:
                    self._stop(answer)
                    return None
                best, answer = sideways.pop(0)
        return best, answer

    def _try(self, signature: Signature) -> dict[str, Any]:
        self.result.attempts += 1
        return self.judge.ttir(signature)

    def _stop(self, answer: dict[str, Any]) -> None:
        self.result.reason = answer["error"]
        self.hopeless = _is_hopeless(answer)
        self.over = answer.get("final", False)

    def _moves(self, signature: Signature, answer: dict[str, Any]) -> Iterator[Signature]:
        """Yield changes to try, starting with the parameters nearest to the failing line."""
        error = answer["error"]
        if answer.get("lost") or _is_hopeless(answer):
            return
        moves: list[tuple[float, Signature]] = []
        culprits = self.culprits.of(answer["frames"])
        for rank, name in enumerate(culprits):
            specs = [s for s in _preferred(self.specs[name], error) if s != signature[name]]
            moves += [(rank + 1.5 * place, {name: s}) for place, s in enumerate(specs[:12])]
        pointers = [name for name in culprits if signature[name].startswith("*")]
        if len(pointers) > 1:
            # Operands that have to agree, or indices that must not be floats.
            for place, spec in enumerate(("*i32", "*bf16", "*fp16", "*i8")):
                moves.append((2.2 + 3 * place, dict.fromkeys(pointers, spec)))
                moves.append((2.3 + 3 * place, dict.fromkeys(pointers[:2], spec)))
        moves.sort(key=lambda move: move[0])
        yield from (change for _, change in moves)

    # -- the parameters that are used ------------------------------------------------------

    def judge_parameters(self, signature: Signature, answer: dict[str, Any]) -> None:
        """Vary every constexpr, and collect what is used under any of the values."""
        result = self.result
        self._collect(signature, answer)
        for name, spec in signature.items():
            if not spec.startswith("="):
                continue
            digests = {answer["digest"]}
            compiled = 1
            for other in self._variations(name, spec):
                if compiled > 2 or len(digests) > 1 or time.monotonic() > self.deadline:
                    break
                varied = {**signature, name: other}
                new = self._try(varied)
                if new["ok"]:
                    self._collect(varied, new)
                    digests.add(new["digest"])
                    compiled += 1
                    if len(digests) > 1:
                        result.witness[name] = varied
            verdict = Verdict.UNUSED if compiled > 1 else Verdict.UNDECIDED
            result.verdicts[name] = Verdict.USED if len(digests) > 1 else verdict

    def _variations(self, name: str, spec: str) -> list[str]:
        value = spec[1:]
        specs = [s for s in self.specs[name] if s.startswith("=") and s != spec]
        if value in ("True", "False"):
            first = ["=False" if value == "True" else "=True"]
        elif value.isdigit():
            first = [f"={int(value) * 2}", f"={int(value) // 2}", "=True", "=False"]
        elif value.startswith("tl."):
            first = [s for s in specs if s.startswith("=tl.")]
        else:
            first = []
        first = [s for s in first if s != spec]
        return list(dict.fromkeys([*first, *specs]))[:6]

    def _collect(self, signature: Signature, answer: dict[str, Any]) -> None:
        result = self.result
        result.signatures.append(signature)
        result.raw |= set(answer["raw"])
        for name, spec in signature.items():
            if spec.startswith("="):
                continue
            if name in answer["used"]:
                result.verdicts[name] = Verdict.USED
                result.witness.setdefault(name, signature)
            else:
                result.verdicts.setdefault(name, Verdict.UNUSED)


def _is_hopeless(answer: dict[str, Any]) -> bool:
    """Whether no other argument can avoid the error."""
    return answer.get("refused", False) or any(text in answer["error"] for text in _HOPELESS)


def _progress(answer: dict[str, Any]) -> tuple[float, ...]:
    """Return how far a compile got: rows of the kernel, then of the helpers."""
    return (*answer["frames"], float("inf"))


def _preferred(specs: list[str], error: str) -> list[str]:
    """Return the specs, starting with those that the error suggests."""
    text = error.lower()
    if "constexpr" in text or "power of 2" in text or "shape" in text:
        return sorted(specs, key=lambda s: not (s.startswith("=") and s[1:].isdigit()))
    if "pointer" in text or "ptr" in text:
        return _alternating(specs)
    if "dtype" in text or "conditional" in text:
        return sorted(specs, key=lambda s: not s.startswith("="))
    return specs


def _alternating(specs: list[str]) -> list[str]:
    """Alternate pointers and numbers, since one of the two is needed."""
    pointers = [s for s in specs if s in POINTERS]
    others = [s for s in specs if s not in POINTERS]
    mixed = [s for pair in zip(others, pointers, strict=False) for s in pair]
    return [*mixed, *(s for s in specs if s not in mixed)]

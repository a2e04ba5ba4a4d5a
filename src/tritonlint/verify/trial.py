"""One kernel in the compiler: its signatures, and what each gave."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tritonlint.project.identity import KernelId
from tritonlint.verify.extract import Extract
from tritonlint.verify.judge_process import Judge
from tritonlint.verify.search import Judgment, Signature

_Key = tuple[tuple[str, ...], ...]


@dataclass
class Trial:
    """A kernel, the signatures with which it compiles, and the binaries and PTX made so far."""

    judge: Judge
    identity: KernelId
    extract: Extract
    judgment: Judgment
    _cubins: dict[_Key, dict[str, Any]] = field(default_factory=dict)
    _ptx: dict[_Key, dict[str, Any]] = field(default_factory=dict)

    def load(self) -> None:
        """Make this kernel the one that the next requests are about."""
        self.judge.load(self.extract, self.judgment.guess)

    def cubin(self, signature: Signature, divisible: Iterable[str]) -> dict[str, Any]:
        """Return the answer of `Judge.cubin`."""
        return _kept(self._cubins, self.judge.cubin, signature, divisible)

    def ptx(self, signature: Signature, divisible: Iterable[str]) -> dict[str, Any]:
        """Return the answer of `Judge.ptx`."""
        return _kept(self._ptx, self.judge.ptx, signature, divisible)


def _kept(
    answers: dict[_Key, dict[str, Any]],
    ask: Callable[[Signature, list[str]], dict[str, Any]],
    signature: Signature,
    divisible: Iterable[str],
) -> dict[str, Any]:
    """Return the answer for a signature, from the first request."""
    names = list(divisible)
    key = (*signature.items(), tuple(names))
    if key not in answers:
        answers[key] = ask(signature, names)
    return answers[key]


def divisible(signature: Signature) -> list[str]:
    """Return the arguments of a signature whose divisibility by 16 is part of Triton's key."""
    return [name for name, spec in signature.items() if spec[0] == "*" or spec in ("i32", "i64")]


def shown(signature: Signature) -> str:
    """Return a signature as text for people."""
    return ", ".join(f"{name}: {spec.removeprefix('=')}" for name, spec in signature.items())

"""Judges every kernel of public packages with Triton's own compiler, and prints a table.

    python scripts/oracle_packages.py fla-core==0.6.0 liger-kernel==0.8.5 flag-gems==5.0.2

Each argument is a directory, or a requirement that is downloaded with pip (`--no-deps`, wheels
only; nothing in it is installed or imported). The exit status is 1 if the compiler uses a parameter
that tritonlint calls dead. No GPU is needed. docs/accuracy.md has the results.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tritonlint.analysis.dead import Analysis
from tritonlint.api import find_python
from tritonlint.project.identity import KernelId
from tritonlint.project.loader import Loader
from tritonlint.project.surveys import LoadOptions
from tritonlint.survey.facts.kernels import Use
from tritonlint.verify.classify import CLASSES, explain
from tritonlint.verify.extract import ExtractError, extract
from tritonlint.verify.judge_process import Judge
from tritonlint.verify.search import Budget, Verdict, judge_kernel
from tritonlint.verify.signature import Candidates
from tritonlint.verify.sources import Sources

#: Why a kernel was not compiled, by what its last error says.
_REASONS = (
    ("not in this Triton any more", ("have been removed", "has no attribute '_experimental")),
    ("a device function that takes tensors", ("rank 0", "equal ranks", "0- or 1-dimensional")),
    ("an extension of another vendor, or code that only importing it gives", ("is not defined",)),
    ("a Gluon kernel", ("gluon",)),
    ("takes `*` or `**` parameters", ("takes * or **",)),
    ("the compiler crashed or took too long", ("crashed", "took more than")),
)
_NO_SIGNATURE = "no arguments were found with which it compiles"


@dataclass
class Tally:
    """What was counted; contradictions in words, and examples of the unexplained."""

    counts: Counter[str] = field(default_factory=Counter)
    contradictions: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class PackageJudge:
    """Judges kernels of one project, in any process."""

    def __init__(self, root: Path, budget: Budget) -> None:
        self.root = root
        self.budget = budget
        self.project = Loader(root, lambda: find_python(root), LoadOptions()).load()
        self.analysis = Analysis(self.project)
        self.sources = Sources(self.project)
        # This is computed once, here; processes that are forked later share it.
        self.identities = list(self.project.kernels)
        self.analysis.is_dead(
            self.identities[0], self.project.kernels[self.identities[0]].parameters[0]
        )
        self.judge: Judge | None = None

    def __call__(self, identity: KernelId) -> Tally:
        """Judge one kernel."""
        if self.judge is None:
            self.judge = Judge(timeout=30)
        tally = Tally(Counter({"kernels": 1}))
        kernel = self.project.kernels[identity]
        where = f"{identity.path.relative_to(self.root)}:{kernel.def_row} {kernel.name}"
        if any("gluon" in decorator.text for decorator in kernel.decorators):
            return self._failed(tally, where, "gluon")
        try:
            taken = extract(self.project, self.sources, identity)
        except ExtractError as error:
            return self._failed(tally, where, str(error))
        candidates = Candidates(self.analysis, self.sources, identity, taken)
        judgment = judge_kernel(self.judge, taken, candidates, self.budget)
        tally.counts["compiles"] += judgment.attempts
        if not judgment.signatures:
            return self._failed(tally, where, judgment.reason)
        tally.counts["compiled"] += 1
        for parameter in kernel.parameters:
            verdict = judgment.verdicts[parameter.name]
            if verdict is Verdict.UNDECIDED:
                tally.counts["undecided"] += 1
                continue
            tally.counts["judged"] += 1
            dead = self.analysis.is_dead(identity, parameter)
            in_raw = parameter.name in judgment.raw
            text = f"{where}: `{parameter.name}`"
            tally.counts["dead"] += dead
            if dead and (verdict is Verdict.USED or (parameter.use is Use.UNUSED and in_raw)):
                tally.counts["contradictions"] += 1
                tally.contradictions.append(text)
            elif not dead and verdict is Verdict.UNUSED:
                why = explain(self.analysis, identity, parameter, in_raw=in_raw)
                tally.counts["missed"] += 1
                tally.counts[f"missed: {why}"] += 1
                tally.unexplained.append(f"{text}: {why}")
        return tally

    def _failed(self, tally: Tally, where: str, error: str) -> Tally:
        reason = next(
            (reason for reason, texts in _REASONS if any(text in error for text in texts)),
            _NO_SIGNATURE,
        )
        tally.counts[f"not compiled: {reason}"] += 1
        tally.failures.append(f"{where}: {error}")
        return tally


_judge: PackageJudge | None = None


def _work(identity: KernelId) -> Tally:
    assert _judge is not None
    return _judge(identity)


def judge_package(root: Path, options: argparse.Namespace) -> Tally:
    """Judge a directory's kernels, or a sample of them."""
    global _judge
    _judge = PackageJudge(root.resolve(), Budget(options.attempts, options.seconds))
    identities = _judge.identities
    if options.sample and len(identities) > options.sample:
        identities = random.Random(0).sample(identities, options.sample)
    total = Tally()
    started = time.monotonic()
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        for done, tally in enumerate(pool.imap_unordered(_work, identities, chunksize=4), 1):
            total.counts += tally.counts
            total.contradictions += tally.contradictions
            total.unexplained += tally.unexplained
            total.failures += tally.failures
            if done % 100 == 0:
                seconds = time.monotonic() - started
                print(f"{root.name}: {done} of {len(identities)}, {seconds:.0f} s", file=sys.stderr)
    return total


def _fetch(requirement: str, directory: Path) -> Path:
    """Download a requirement's wheel and unpack it."""
    target = directory / requirement
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--only-binary=:all:", "--dest", target, requirement], check=True)
    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target / "unpacked")
    return target / "unpacked"


def _table(results: dict[str, Tally]) -> str:
    rows = [
        ("kernels", "kernels"),
        ("compiled to TTIR", "compiled"),
        ("parameters judged", "judged"),
        ("of these dead by tritonlint", "dead"),
        ("**dead by tritonlint, used by the compiler**", "contradictions"),
        ("not dead by tritonlint, unused by the compiler", "missed"),
        *((f"... {why}", f"missed: {why}") for why in CLASSES),
        ("parameters not decided (one constexpr value only)", "undecided"),
    ]
    reasons = [reason for reason, _ in _REASONS] + [_NO_SIGNATURE]
    rows += [(f"not compiled: {reason}", f"not compiled: {reason}") for reason in reasons]
    lines = [f"| | {' | '.join(results)} |", f"| --- | {' | '.join(['---:'] * len(results))} |"]
    for label, key in rows:
        cells = []
        for tally in results.values():
            share = (
                f" ({tally.counts[key] / tally.counts['kernels']:.0%})" if key == "compiled" else ""
            )
            cells.append(f"{tally.counts[key]:,}{share}")
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="+", metavar="REQUIREMENT|DIRECTORY")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--sample", type=int, default=0, help="so many kernels of each, at random")
    parser.add_argument("--attempts", type=int, default=60, help="signatures tried for a kernel")
    parser.add_argument("--seconds", type=float, default=10, help="and the time for them")
    parser.add_argument("--verbose", action="store_true", help="list what was missed or failed")
    options = parser.parse_args()
    results: dict[str, Tally] = {}
    with tempfile.TemporaryDirectory() as directory:
        for package in options.packages:
            root = Path(package) if Path(package).is_dir() else _fetch(package, Path(directory))
            results[Path(package).name.replace("==", " ")] = judge_package(root, options)
    import triton

    print(f"Triton {triton.__version__}, Python {platform.python_version()}\n")
    print(_table(results))
    for name, tally in results.items():
        for text in tally.contradictions:
            print(f"CONTRADICTION {name}: {text}")
        if options.verbose:
            print("\n".join(f"MISSED {name}: {text}" for text in tally.unexplained))
            print("\n".join(f"FAILED {name}: {text}" for text in tally.failures))
    return 1 if any(tally.contradictions for tally in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

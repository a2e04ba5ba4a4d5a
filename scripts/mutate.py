"""Puts small faults into the source, one at a time, and checks whether the tests notice.

    python scripts/mutate.py --seed 1 --number 60 --only src/tritonlint/fix/obstacles.py

The checkout does not change: faults go into copies of it, below `--work`. First, the script runs
all tests that judge once without a fault, `--jobs` files at a time, and records which of them run
which line. This needs `coverage`, and takes minutes. Later, only tests that changed are run again
for it, and the recorded lines move with the code. Then a fault is judged by the tests that run its
line, the quick ones first, in a separate process. Tests of more than a second are left out, unless
`--whole` runs all of them on survivors. A fault that makes the tests hang counts as noticed.

Results are kept below `--work`, as JSON lines, so a run continues where it was stopped. A fault
that was noticed stays noticed; a survivor is judged again when the tests have changed.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import pickle
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MUTATION = ROOT / "scripts/mutation"
sys.path.insert(0, str(MUTATION))

from mutants import Mutant, mutants  # noqa: E402

FOLDERS = ("analysis", "fix", "project", "survey", "triton")
TESTS = (
    *("tests/fix", "tests/live", "tests/oracle/test_key_model.py"),
    *("tests/test_answers.py", "tests/test_cache.py", "tests/test_cache_walk.py"),
    *("tests/test_duplicate_configs.py", "tests/test_searches.py"),
    *("tests/test_flow.py", "tests/test_idle.py", "tests/test_kernels_found.py"),
    *("tests/test_kinds.py", "tests/test_linking.py", "tests/test_misfits.py"),
    *("tests/test_modules.py", "tests/test_options.py", "tests/test_own_jit.py"),
    *("tests/test_project_limits.py", "tests/test_rule_pages.py"),
    *("tests/test_specialization.py", "tests/test_users.py"),
)
COPIED = ("docs", "examples", "rules", "scripts", "src", "tests")
#: A run that takes this many times longer than it should counts as hanging.
PATIENCE, GRACE = 8, 120
#: Tests that take longer than this many seconds run only with `--whole`.
SLOW = 1.0


@dataclass(frozen=True)
class Result:
    """What became of one fault: `killed`, `hung` or `survived`."""

    key: str
    outcome: str
    path: str
    line: int
    before: str
    after: str
    killer: str
    tests: str

    @property
    def is_noticed(self) -> bool:
        return self.outcome != "survived"


class Copies:
    """Copies of the checkout, one for each process."""

    def __init__(self, work: Path, jobs: int) -> None:
        self._number = jobs
        self.free: queue.Queue[Path] = queue.Queue()
        for number in range(jobs):
            copy = work / f"copy-{number}"
            shutil.rmtree(copy, ignore_errors=True)
            copy.mkdir(parents=True)
            for folder in COPIED:
                # Caches stay: they fit the same text, and faults are made after them.
                shutil.copytree(ROOT / folder, copy / folder, symlinks=True)
            for file in ROOT.iterdir():
                if file.is_file() and file.name != ".git":
                    shutil.copy2(file, copy / file.name)
            self.free.put(copy)

    def __len__(self) -> int:
        return self._number


def pytest(
    copy: Path, tests: Iterable[str], limit: float | None, **environ: str
) -> tuple[int, str]:
    """The exit status and the output of pytest in a copy; -1 if it took too long."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider"]
    given = os.environ.get("PYTHONPATH", "")
    paths = os.pathsep.join((str(copy / "src"), str(copy / "scripts/mutation"), given))
    with subprocess.Popen(
        [*command, "-p", "mutation_plugin", "--tb=no", "-rfE", *tests],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": paths} | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return -1, ""
        return process.returncode, output


class Judge:
    """Knows which tests run which lines, and runs them on faults."""

    def __init__(self, notes: Notes, asked: list[str], copies: Copies) -> None:
        self.notes = notes
        self.asked = asked
        self.own = frozenset(test_files(asked))
        self.copies = copies
        self.killers: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.digest = digest(asked)

    def tests_of(self, mutant: Mutant) -> list[str] | None:
        """The tests that run its lines, likely and quick ones first; None stands for all tests."""
        lines = self.notes.lines.get(mutant.path, {})
        first, last = mutant.lines
        names = {name for line in range(first, last + 1) for name in lines.get(line, ())}
        if "" in names:
            return None
        killers, seconds = self.killers[mutant.path], self.notes.seconds
        names = {n for n in names if n.partition("::")[0] in self.own and seconds[n] < SLOW}
        return sorted(names, key=lambda name: (-killers[name], seconds[name]))

    def judge(self, mutant: Mutant, whole: bool) -> Result:
        copy = self.copies.free.get()
        try:
            outcome, killer = self._judge(mutant, copy, whole)
        finally:
            self.copies.free.put(copy)
        self.killers[mutant.path][killer] += 1
        place = (mutant.path, mutant.lines[1] - mutant.before.count("\n"))
        return Result(mutant.key, outcome, *place, mutant.before, mutant.after, killer, self.digest)

    def _judge(self, mutant: Mutant, copy: Path, whole: bool) -> tuple[str, str]:
        file, kept = copy / mutant.path, copy / "kept"
        shutil.copy2(file, kept)
        try:
            file.write_bytes(mutant.apply(file.read_bytes()))
            known = self.tests_of(mutant)
            outcome, killer = self._ask(copy, known)
            if outcome == "survived" and whole and known is not None:
                outcome, killer = self._ask(copy, None)
            return outcome, killer
        finally:
            shutil.copy2(kept, file)

    def _ask(self, copy: Path, tests: list[str] | None) -> tuple[str, str]:
        """What these tests, or all tests, say about a copy, and which one noticed."""
        seconds = self.notes.seconds
        order = {}
        if tests is not None:
            chosen = copy / "chosen.txt"
            chosen.write_text("\n".join(tests))
            order["MUTATION_TESTS"] = str(chosen)
        files = self.asked if tests is None else {test.partition("::")[0] for test in tests}
        if not files:
            return "survived", ""
        limit = PATIENCE * sum(map(seconds.__getitem__, tests or seconds)) + GRACE
        left_out = [f"--deselect={name}" for name in sorted(self.notes.failed)]
        asked = [*left_out, *sorted(files)]
        status, output = pytest(copy, asked, limit, PYTHONDONTWRITEBYTECODE="1", **order)
        if status in (-1, -signal.SIGALRM):
            return "hung", ""
        if status in (0, 5):
            return "survived", ""
        failed = [line for line in output.splitlines() if line.startswith(("FAILED ", "ERROR "))]
        name = failed[-1].split(" ", 1)[1].partition(" - ")[0] if failed else ""
        return "killed", name if name in seconds else ""


def test_files(asked: Iterable[str]) -> list[str]:
    """The test files below the given paths."""
    paths = [ROOT / name for name in asked]
    files = {f for p in paths for f in (p.rglob("test_*.py") if p.is_dir() else [p])}
    return sorted(str(f.relative_to(ROOT)) for f in files)


def digest(names: Iterable[str]) -> str:
    """A digest of the text of files, and of all files in folders."""
    found = hashlib.sha256()
    for name in names:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix != ".pyc":
                found.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return found.hexdigest()[:16]


@dataclass
class Notes:
    """Which tests run which lines.

    Attributes:
        seconds: how long each test takes.
        lines: by file and line, the tests that run it; "" where it runs when it is imported.
        failed: the tests that fail without any fault, which judge nothing.
        files: digests of the test files that were run.
        texts: the source files as they were then.
    """

    seconds: dict[str, float]
    lines: dict[str, dict[int, set[str]]]
    failed: set[str]
    files: dict[str, str]
    texts: dict[str, list[str]]


def notes(work: Path, asked: list[str], copies: Copies) -> Notes:
    """The notes of earlier runs, and new ones of tests that are new or were changed since."""
    kept = work / "notes.pickle"
    known = pickle.loads(kept.read_bytes()) if kept.exists() else Notes({}, {}, set(), {}, {})
    files = {file: digest([file]) for file in test_files(asked)}
    changed = [file for file, text in files.items() if known.files.get(file) != text]
    if not changed:
        return known
    print(f"Running {len(changed)} test files, to see which lines they run ...", flush=True)
    with ThreadPoolExecutor(len(copies)) as pool:
        parts = list(pool.map(lambda file: _noted(file, work, copies), changed))
    is_old = {name: name.partition("::")[0] not in changed for name in known.seconds} | {"": True}
    found = Notes(
        {name: seconds for name, seconds in known.seconds.items() if is_old[name]},
        {},
        {name for name in known.failed if name.partition("::")[0] not in changed},
        known.files | files,
        {path: (ROOT / path).read_text().splitlines() for part in parts for path in part["lines"]},
    )
    for path, text in found.texts.items():
        old = moved(known.lines.get(path, {}), known.texts.get(path, []), text)
        found.lines[path] = {line: set(filter(is_old.get, those)) for line, those in old.items()}
    for part in parts:
        names = [*part["seconds"], ""]
        failed = frozenset(part["failed"])
        for name in sorted(failed):
            print(f"{name} fails without any fault, and judges nothing.", flush=True)
        found.failed |= failed
        found.seconds.update((n, s) for n, s in part["seconds"].items() if n not in failed)
        for path, lines in part["lines"].items():
            for line, numbers in lines.items():
                those = {names[number] for number in numbers} - failed
                found.lines[path].setdefault(int(line), set()).update(those)
    kept.write_bytes(pickle.dumps(found))
    return found


def _noted(file: str, work: Path, copies: Copies) -> dict[str, Any]:
    """What `mutation_plugin` notes about the tests of one file."""
    copy = copies.free.get()
    noted = work / f"{file.replace(os.sep, '-')}.json"
    try:
        every = ["--maxfail=0", file]
        _, output = pytest(copy, every, None, MUTATION_NOTES=str(noted))
    finally:
        copies.free.put(copy)
    if not noted.exists():
        sys.exit(f"The tests of {file} cannot run:\n{output}")
    found: dict[str, Any] = json.loads(noted.read_text())
    return found


def moved(lines: dict[int, set[str]], before: list[str], after: list[str]) -> dict[int, set[str]]:
    """Notes about a file that has changed since; all its tests are assumed to run a new line."""
    if before == after:
        return lines
    every = {name for names in lines.values() for name in names}
    found = {line: set(every) for line in range(1, len(after) + 1)} if lines else {}
    for old, new, size in difflib.SequenceMatcher(None, before, after, False).get_matching_blocks():
        for offset in range(1, size + 1):
            if lines:
                found[new + offset] = lines.get(old + offset, set())
    return found


def draw(only: list[str], seed: int, number: int | None) -> list[Mutant]:
    """This many of all faults; a larger number has all faults of a smaller one, and more."""
    names = only or [f"src/tritonlint/{folder}" for folder in FOLDERS]
    found: dict[Mutant, None] = {}
    for name in names:
        path, _, line = name.partition(":")
        whole = ROOT / path
        for file in sorted(whole.rglob("*.py")) if whole.is_dir() else [whole]:
            for mutant in mutants(str(file.resolve().relative_to(ROOT)), file.read_bytes()):
                if not line or mutant.lines[0] <= int(line) <= mutant.lines[1]:
                    found[mutant] = None
    # At random, but after a change of the source most faults keep their random numbers.
    return sorted(found, key=lambda m: hashlib.sha256(f"{seed} {m.key}".encode()).digest())[:number]


def table(results: list[Result]) -> str:
    """The results by file, and each survivor, as text."""
    by_file: defaultdict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_file[result.path.removeprefix("src/tritonlint/")].append(result)
    lines = ["| file | drawn | killed |", "| --- | ---: | ---: |"]
    rows = [*sorted(by_file.items()), ("all", results)]
    for name, those in rows:
        lines.append(f"| {name} | {len(those)} | {sum(r.is_noticed for r in those)} |")
    hung = sum(r.outcome == "hung" for r in results)
    lines += ["", f"{hung} of the killed made the tests hang.", ""]
    for result in sorted(results, key=lambda r: (r.path, r.line)):
        if not result.is_noticed:
            lines += [f"{result.path}:{result.line}", f"  - {result.before}", f"  + {result.after}"]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--number", type=int, help="how many faults to draw (default: all)")
    parser.add_argument(
        "--only", action="append", default=[], metavar="PATH[:LINE]", help="faults of this only"
    )
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--whole", action="store_true", help="ask all tests about survivors")
    parser.add_argument(
        "--tests", nargs="+", default=list(TESTS), help="the tests that judge", metavar="PATH"
    )
    parser.add_argument(
        "--work", type=Path, default=Path(tempfile.gettempdir()) / "tritonlint-mutants"
    )
    options = parser.parse_args()
    work: Path = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    drawn = draw(options.only, options.seed, options.number)
    copies = Copies(work, options.jobs)
    judge = Judge(notes(work, options.tests, copies), options.tests, copies)

    kept = work / "results.jsonl"
    known: dict[str, Result] = {}
    for line in kept.read_text().splitlines() if kept.exists() else ():
        result = Result(**json.loads(line))
        known[result.key] = result
        judge.killers[result.path][result.killer] += 1
    done: list[Result] = []

    def one(mutant: Mutant) -> None:
        earlier = known.get(mutant.key)
        if earlier is None or not (earlier.is_noticed or earlier.tests == judge.digest):
            earlier = judge.judge(mutant, options.whole)
            with kept.open("a") as file:
                file.write(json.dumps(asdict(earlier)) + "\n")
        done.append(earlier)
        print(
            f"{len(done)}/{len(drawn)} {earlier.outcome} {earlier.path}:{earlier.line}", flush=True
        )

    with ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(one, drawn))
    print(table(done))


if __name__ == "__main__":
    main()

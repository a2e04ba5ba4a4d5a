"""From the files of a tree to its findings: survey all that matters, link it, run the rules."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tritonlint.analysis import Analysis
from tritonlint.cache import FactsCache
from tritonlint.diagnostics import Diagnostic
from tritonlint.facts import Binding, ModuleFacts, Use
from tritonlint.files import FileError, mentions_any, mentions_triton, read
from tritonlint.project import Project
from tritonlint.rules import all_rules
from tritonlint.specialization import TritonVersion
from tritonlint.suppression import apply_suppressions
from tritonlint.survey import survey

#: Below this many files, starting worker processes takes longer than the work.
_FEW_FILES = 24

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Options:
    """What the facts depend on beside the files, and how they are gathered."""

    jit_decorators: frozenset[str] = frozenset()
    jobs: int = 1
    cache_directory: Path | None = None
    #: Contents that stand in for what is on disk.
    overrides: Mapping[Path, bytes] = field(default_factory=dict)
    progress: Progress | None = None


def load_project(root: Path, files: Sequence[Path], options: Options) -> Project:
    """Survey the files of a tree that can hold or mention kernels, and link them.

    A file that cannot be read is left out: who names it is told so elsewhere.
    """
    surveyor = _Surveyor(root, options)
    surveyed = surveyor.survey_first(files)
    silent = [file for file in files if file not in surveyed]
    seen: frozenset[bytes] = frozenset()
    # Files that only launch a kernel need not mention Triton, but the kernel's name, or another
    # name that such a file gives it.
    while True:
        names = _names(surveyed.values())
        if not silent or names <= seen:
            break
        found = surveyor.survey_mentioning(silent, names)
        if not found:
            break
        surveyed.update(found)
        silent = [file for file in silent if file not in found]
        seen = names
    surveyor.cache.save()
    return Project(files, surveyed, surveyor.survey_now)


def _names(modules: Iterable[ModuleFacts]) -> frozenset[bytes]:
    """Names by which other files can mention kernels about which anything is to be said."""
    names = set()
    bound: list[Binding] = []
    for facts in modules:
        interesting = {
            kernel.name
            for kernel in facts.kernels
            if any(p.use is not Use.READ for p in kernel.parameters)
        }
        names |= interesting
        bound += facts.bindings
    grown = True
    while grown:
        grown = False
        for binding in bound:
            last = binding.name.rpartition(".")[2]
            if last not in names and any(_last_part(s) in names for s in binding.symbols):
                names.add(last)
                grown = True
    return frozenset(name.encode() for name in names)


def _last_part(symbol: str) -> str:
    return symbol.rpartition(":")[2].rpartition(".")[2]


class _Surveyor:
    """Reads files, asks the cache, and surveys what is left, in several processes if it pays."""

    def __init__(self, root: Path, options: Options) -> None:
        self.options = options
        decorators = sorted(options.jit_decorators)
        self.cache = FactsCache(options.cache_directory, root, " ".join(decorators))
        # A decorator under a name of its own can only be used where its last part is mentioned.
        self._extra = tuple(d.rpartition(".")[2].encode() for d in decorators)

    def survey_first(self, files: Sequence[Path]) -> dict[Path, ModuleFacts]:
        """Facts of all files that mention Triton."""
        found: dict[Path, ModuleFacts] = {}
        pending: list[tuple[Path, bytes, os.stat_result | None]] = []
        for file in files:
            status = self._status(file)
            if status is not None:
                facts = self.cache.facts(file, status)
                if facts is not None:
                    found[file] = facts
                    continue
                if self.cache.mentions_no_triton(file, status):
                    continue
            data = self._read(file)
            if data is not None and mentions_triton(data, self._extra):
                pending.append((file, data, status))
        found.update(self._survey_all(pending))
        return found

    def survey_mentioning(
        self, files: Sequence[Path], names: frozenset[bytes]
    ) -> dict[Path, ModuleFacts]:
        """Facts of those files that mention one of the names."""
        digest = hashlib.sha256(b" ".join(sorted(names))).hexdigest()[:16]
        pending = []
        for file in files:
            status = self._status(file)
            if status is not None and self.cache.is_silent(file, status, digest):
                continue
            data = self._read(file)
            if data is None:
                continue
            if mentions_any(data, names):
                pending.append((file, data, status))
            elif status is not None:
                self.cache.store_silent(file, status, digest)
        return self._survey_all(pending)

    def survey_now(self, file: Path) -> ModuleFacts:
        """Facts of one more file."""
        data = self._read(file)
        return survey(data, self.options.jit_decorators) if data is not None else ModuleFacts()

    def _status(self, file: Path) -> os.stat_result | None:
        if file in self.options.overrides:
            return None
        try:
            return os.stat(file)
        except OSError:
            return None

    def _read(self, file: Path) -> bytes | None:
        override = self.options.overrides.get(file)
        if override is not None:
            return override
        try:
            return read(file)
        except FileError:
            return None

    def _survey_all(
        self, pending: list[tuple[Path, bytes, os.stat_result | None]]
    ) -> dict[Path, ModuleFacts]:
        found = {}
        every = self._facts([data for _, data, _ in pending])
        for done, ((file, _, status), facts) in enumerate(zip(pending, every, strict=True), 1):
            found[file] = facts
            if status is not None:
                self.cache.store(file, status, facts)
            if self.options.progress is not None:
                self.options.progress(done, len(pending))
        return found

    def _facts(self, contents: list[bytes]) -> Iterator[ModuleFacts]:
        work = partial(survey, jit_decorators=self.options.jit_decorators)
        workers = min(self.options.jobs, len(contents) // _FEW_FILES + 1)
        if workers < 2:
            yield from map(work, contents)
            return
        with ProcessPoolExecutor(workers) as pool:
            yield from pool.map(work, contents, chunksize=8)


def lint(project: Project, version: TritonVersion, enabled: frozenset[str]) -> list[Diagnostic]:
    """All findings of the enabled rules, silenced ones left out, by file and place."""
    analysis = Analysis(project, version)
    found = [
        diagnostic
        for code, (_, check) in all_rules().items()
        if code in enabled
        for diagnostic in check(analysis)
    ]
    return sorted(apply_suppressions(project, found, enabled), key=lambda d: d.sort_key)

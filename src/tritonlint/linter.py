"""From the files of a tree to its findings: survey all that matters, link it, run the rules."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tritonlint.analysis import Analysis
from tritonlint.cache import FactsCache
from tritonlint.diagnostics import Diagnostic
from tritonlint.facts import Binding, ModuleFacts, Use
from tritonlint.files import FileError, mentions_triton, read, words_of
from tritonlint.project import Project
from tritonlint.rules import all_rules
from tritonlint.specialization import TritonVersion
from tritonlint.suppression import apply_suppressions
from tritonlint.survey import survey

#: Below this many files, starting worker processes takes longer than the work.
_FEW_FILES = 24

Progress = Callable[[int, int], None]

#: Names of kernels, and for each the files in which it stands for one.
Mention = Mapping[bytes, frozenset[Path]]


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
    seen: Mention = {}
    # Files that only launch a kernel need not mention Triton, but the kernel's name, or another
    # name that such a file gives it.
    while True:
        names = _names(surveyed)
        if not silent or names == seen:
            break
        found = surveyor.survey_mentioning(silent, names)
        if not found:
            break
        surveyed.update(found)
        silent = [file for file in silent if file not in found]
        seen = names
    surveyor.cache.save()
    return Project(files, surveyed, surveyor.survey_now, surveyor.has_star_import)


def _names(surveyed: Mapping[Path, ModuleFacts]) -> Mention:
    """Names of kernels about which something is to be said, and the files that know each."""
    names: defaultdict[str, set[Path]] = defaultdict(set)
    bound: list[tuple[Path, Binding]] = []
    for path, facts in surveyed.items():
        for kernel in facts.kernels:
            if any(p.use is not Use.READ for p in kernel.parameters):
                names[kernel.name].add(path)
        bound += [(path, binding) for binding in facts.bindings]
    grown = True
    while grown:
        grown = False
        for path, binding in bound:
            last = binding.name.rpartition(".")[2]
            known = any(_last_part(symbol) in names for symbol in binding.symbols)
            if known and path not in names.get(last, ()):
                names[last].add(path)
                grown = True
    return {name.encode(): frozenset(paths) for name, paths in names.items()}


def _may_reach(file: Path, data: bytes, names: Mention) -> bool:
    """Whether a file that has a kernel's name in it may mean the kernel.

    It does where it also imports from a module that knows the kernel, or is in the package that
    does, or launches something of that name. `kernel` alone is a word like others.
    """
    words = words_of(data)
    for name in words & names.keys():
        for path in names[name]:
            package = path.stem == "__init__"
            stem = path.parent.name if package else path.stem
            if package and path.parent in file.parents:
                return True
            imported = rb"(?m)^\s*(?:from|import)\s[^#\n]*\b" + re.escape(stem.encode()) + rb"\b"
            if stem.encode() in words and re.search(imported, data):
                return True
        if re.search(rb"\b" + name + rb"\s*(?:\[|\.(?:run|warmup|fn)\b|[\"'])", data):
            return True
    return False


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

    def survey_mentioning(self, files: Sequence[Path], names: Mention) -> dict[Path, ModuleFacts]:
        """Facts of those files that may mention one of the kernels."""
        listed = sorted((name, sorted(map(str, paths))) for name, paths in names.items())
        digest = hashlib.sha256(repr(listed).encode()).hexdigest()[:16]
        pending = []
        for file in files:
            status = self._status(file)
            if status is not None and self.cache.is_silent(file, status, digest):
                continue
            data = self._read(file)
            if data is None:
                continue
            if _may_reach(file, data, names):
                pending.append((file, data, status))
            elif status is not None:
                self.cache.store_silent(file, status, digest)
        return self._survey_all(pending)

    def survey_now(self, file: Path) -> ModuleFacts:
        """Facts of one more file."""
        data = self._read(file)
        return survey(data, self.options.jit_decorators) if data is not None else ModuleFacts()

    def has_star_import(self, file: Path) -> bool:
        """Whether the file hands on all names of another."""
        return b"import *" in (self._read(file) or b"")

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

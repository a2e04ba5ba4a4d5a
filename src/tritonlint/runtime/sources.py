"""The sources of traced kernels: the linter's findings in them, and their signatures."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tritonlint.api import Workspace, WorkspaceOptions
from tritonlint.diagnostics import Diagnostic
from tritonlint.files.discovery import find_python
from tritonlint.files.paths import FileError, read
from tritonlint.files.roots import project_root
from tritonlint.options import default_jobs
from tritonlint.rules import all_rules
from tritonlint.runtime.events import Kernel
from tritonlint.survey.facts.kernels import Kernel as KernelFacts
from tritonlint.triton.annotations import is_constexpr


class Signature(NamedTuple):
    """A kernel's parameters, in order: names, and annotations as in the source."""

    kernel: Kernel
    names: tuple[str, ...]
    annotations: tuple[str, ...]

    def is_constexpr(self, index: int) -> bool:
        """Whether the parameter is declared constexpr."""
        return is_constexpr(self.annotations[index])


class Sources:
    """Files that may define traced kernels.

    Args:
        given: files and directories that a person named; without them, the files in which the
            trace saw kernels, if they exist here.
    """

    def __init__(self, given: Sequence[Path] = ()) -> None:
        self.given = given
        self.problems: list[str] = []
        self._workspaces: dict[tuple[Path, frozenset[Path]], Workspace] = {}

    def signatures(self, name: str) -> list[Signature]:
        """Return the kernels of that name in the given sources."""
        pattern = re.compile(rb"\bdef\s+" + re.escape(name.encode()) + rb"\s*\(")
        files = [path for path in self._given_files() if pattern.search(self._read(path))]
        found = []
        for workspace in self._open(files):
            for identity, facts in workspace.project.kernels.items():
                if facts.name == name and identity.path in files:
                    found.append(_signature(identity.path, facts))
        return found

    def findings(self, kernels: Iterable[Kernel]) -> list[Diagnostic]:
        """Return the linter's findings in the files of these kernels, with the fixes."""
        wanted = list(kernels)
        names = {kernel.short for kernel in wanted}
        if self.given:
            words = re.compile(rb"\bdef\s+(\w+)\s*\(")
            files = [
                path
                for path in self._given_files()
                if any(match.decode() in names for match in words.findall(self._read(path)))
            ]
        else:
            here = {Path(os.path.realpath(kernel.file)) for kernel in wanted if kernel.file}
            files = sorted(path for path in here if path.is_file())
        found: list[Diagnostic] = []
        for workspace in self._open(files):
            found += [finding for finding in workspace.findings() if finding.kernel is not None]
        return found

    def _given_files(self) -> list[Path]:
        files: dict[Path, None] = {}
        for path in self.given:
            real = Path(os.path.realpath(path))
            if not real.exists():
                self.problems.append(f"--source {path}: no such file or directory")
            elif real.is_file():
                files[real] = None
            else:
                files |= dict.fromkeys(find_python(real).real)
        return list(files)

    def _read(self, path: Path) -> bytes:
        try:
            return read(path)
        except FileError:
            return b""

    def _open(self, files: Sequence[Path]) -> list[Workspace]:
        by_root: defaultdict[Path, set[Path]] = defaultdict(set)
        for path in files:
            by_root[project_root(path)].add(path)
        return [self._workspace(root, frozenset(named)) for root, named in by_root.items()]

    def _workspace(self, root: Path, named: frozenset[Path]) -> Workspace:
        key = root, named
        if key not in self._workspaces:
            codes = frozenset(all_rules())
            options = WorkspaceOptions(enabled=lambda path: codes, read=read, jobs=default_jobs())
            self._workspaces[key] = Workspace(root, options, named)
        return self._workspaces[key]


def _signature(path: Path, facts: KernelFacts) -> Signature:
    return Signature(
        Kernel(facts.qualname, "", str(path), facts.def_row),
        tuple(parameter.name for parameter in facts.parameters),
        tuple(parameter.annotation for parameter in facts.parameters),
    )

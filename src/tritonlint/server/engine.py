"""What the server answers, without the protocol: documents in, findings and edits out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from tritonlint.analysis.dead import KernelParameter
from tritonlint.api import Fixed, Workspace
from tritonlint.command.progress import ProgressBar
from tritonlint.command.request import Tree
from tritonlint.command.run import Run
from tritonlint.diagnostics import Diagnostic
from tritonlint.options import parse_lint

#: The most documents that are kept ready for the next check.
_READY = 8


class Engine:
    """Checks documents with the contents that they have in an editor.

    Every method that checks raises `ConfigError` if the settings are wrong.
    """

    def __init__(self) -> None:
        #: The contents of open documents, which replace those of the files.
        self.buffers: dict[Path, bytes] = {}
        self._sessions: OrderedDict[Path, _Session] = OrderedDict()
        #: Raised by every change of a document; the findings with fixes are valid for one number.
        self._state = 0
        self._fixes: dict[Path, tuple[int, list[Diagnostic]]] = {}

    def set(self, path: Path, text: str) -> None:
        """Use the document's contents in the editor."""
        self._state += 1
        self.buffers[path] = text.encode(errors="surrogatepass")
        for session in self._sessions.values():
            session.update({path: self.buffers[path]})

    def close(self, path: Path) -> None:
        """Use the document's contents on the disk again."""
        self.buffers.pop(path, None)
        self.forget()

    def forget(self) -> None:
        """Read everything again, because files have changed on the disk."""
        self._state += 1
        self._sessions.clear()

    def findings(self, path: Path) -> list[Diagnostic]:
        """Return the findings in a document; fixes would need a search of the whole tree."""
        session = self._session(path)
        return session.findings() if session is not None else []

    def fixes(self, path: Path) -> list[Diagnostic]:
        """Return the findings in a document with their fixes; it may run in its own thread."""
        state = self._state
        known = self._fixes.get(path)
        if known is not None and known[0] == state:
            return known[1]
        session = _open(path, dict(self.buffers))
        found = session.workspace.findings(edits=True) if session is not None else []
        self._fixes[path] = state, found
        return found

    def fix_all(self, path: Path) -> Fixed:
        """Return the edits, in all files, that fix all findings of a document that are safe to fix.

        It may run in its own thread.
        """
        session = _open(path, dict(self.buffers))
        return session.workspace.fix() if session is not None else Fixed({}, (), ())

    def parameter(self, path: Path, row: int, column: int) -> KernelParameter | None:
        """Return what is known about the kernel's parameter whose name is at a place, from 1."""
        session = self._session(path)
        return session.parameter(row, column) if session is not None else None

    def _session(self, path: Path) -> _Session | None:
        session = self._sessions.get(path)
        if session is None:
            session = _open(path, dict(self.buffers))
            if session is None:
                return None
            self._sessions[path] = session
            while len(self._sessions) > _READY:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(path)
        return session


class _Session:
    """One document with its project."""

    def __init__(self, path: Path, workspace: Workspace) -> None:
        self.path = path
        self.workspace = workspace

    def update(self, contents: Mapping[Path, bytes]) -> None:
        self.workspace.update(contents)

    def findings(self) -> list[Diagnostic]:
        return self.workspace.unfixed()

    def parameter(self, row: int, column: int) -> KernelParameter | None:
        project = self.workspace.project
        analysis = self.workspace.analysis
        for identity, kernel in project.kernels.items():
            if identity.path != self.path or not kernel.first_row <= row <= kernel.last_row:
                continue
            for parameter in kernel.parameters:
                span = parameter.span
                if span.row == row and span.column <= column <= span.end_column:
                    return analysis.describe(identity, parameter)
        return None


def _open(path: Path, contents: dict[Path, bytes]) -> _Session | None:
    """Return a document with its project, or None if there can be no findings."""
    # Only in this process: threads and forked processes do not mix.
    run = Run(parse_lint(["--force-exclude", "--quiet", "--jobs", "1", "--", str(path)]))
    run.overrides.update(contents)
    if path not in run.files or not run.may_have_findings(path):
        return None
    tree = Tree(run.root_of(path), run.held.at(run.root_of(path)), (path,))
    workspace = run.open(tree, ProgressBar(quiet=True))
    return _Session(path, workspace)

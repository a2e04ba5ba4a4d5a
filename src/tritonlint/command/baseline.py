"""The findings that a project has accepted: `.tritonlint-baseline.json` in its root."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tritonlint.config.toml import ConfigError
from tritonlint.diagnostics import Diagnostic
from tritonlint.files.paths import FileError, read, relative
from tritonlint.files.tree import BASELINE as NAME

#: Goes up when the format changes so that an older tritonlint cannot read it.
_FORMAT = 1
#: No line of a file has this many findings of one kind.
_MOST = 100_000
_AGAIN = "write it again: tritonlint baseline"

ReadLines = Callable[[Path], Sequence[str]]


class Entry(NamedTuple):
    """The part of a finding that stays the same when lines move.

    `line` is the source line, for findings that are not about a parameter.
    """

    filename: str
    code: str
    kernel: str | None
    parameter: str | None
    line: str | None


class Baseline:
    """The entries of one project, each with how often it was found.

    Args:
        root: where the project begins; entries name files relative to it.
        read_lines: returns the lines of a file.
    """

    def __init__(self, root: Path, read_lines: ReadLines, entries: Iterable[Entry] = ()) -> None:
        self.path = root / NAME
        self.entries = Counter(entries)
        self._root = root
        self._read_lines = read_lines

    @classmethod
    def load(cls, root: Path, read_lines: ReadLines) -> Baseline:
        """Return the baseline of a project, empty if it has none.

        Raises:
            ConfigError: the file cannot be used.
        """
        path = root / NAME
        if not os.path.lexists(path):
            return cls(root, read_lines)
        try:
            document = json.loads(read(path))
        except (FileError, ValueError, RecursionError) as error:
            raise ConfigError(str(path), f"cannot be read ({error}); {_AGAIN}") from None
        try:
            if document["version"] != _FORMAT:
                raise ConfigError(str(path), f"is of another version of tritonlint; {_AGAIN}")
            return cls(root, read_lines, _entries(document["findings"]))
        except (KeyError, TypeError, ValueError):
            raise ConfigError(str(path), f"is not a baseline; {_AGAIN}") from None

    def split(self, diagnostics: Iterable[Diagnostic]) -> tuple[list[Diagnostic], list[Diagnostic]]:
        """Return the new findings, and those that the baseline has."""
        left = self.entries.copy()
        entry_of = self._with_cache().entry
        new, old = [], []
        for diagnostic in diagnostics:
            entry = entry_of(diagnostic) if left else None
            if entry is not None and left[entry] > 0:
                left[entry] -= 1
                old.append(diagnostic)
            else:
                new.append(diagnostic)
        return new, old

    def replace(self, checked: Iterable[Path], found: Iterable[Diagnostic]) -> Baseline:
        """Return the baseline after a check of some files; entries of other existing files stay."""
        names = {relative(path, self._root) for path in checked}
        kept = [
            entry
            for entry in self.entries.elements()
            if entry.filename not in names and (self._root / entry.filename).exists()
        ]
        added = map(self._with_cache().entry, found)
        return Baseline(self._root, self._read_lines, [*kept, *added])

    def _with_cache(self) -> Baseline:
        """Return a reader that reads each file once, as long as no file changes."""
        return Baseline(self._root, cache(self._read_lines))

    def entry(self, diagnostic: Diagnostic) -> Entry:
        """Return the entry of a finding in a baseline."""
        line = None
        if diagnostic.parameter is None:
            lines = self._read_lines(diagnostic.path)
            row = diagnostic.span.row
            line = lines[row - 1].strip() if row <= len(lines) else ""
        filename = relative(diagnostic.path, self._root)
        return Entry(filename, diagnostic.code, diagnostic.kernel, diagnostic.parameter, line)

    def write(self) -> None:
        """Write the file, whole or not at all. Raises OSError."""
        temporary = self.path.with_name(f"{NAME}.{os.getpid()}")
        try:
            temporary.write_text(self._text(), encoding="ascii", newline="\n")
            os.replace(temporary, self.path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()

    def _text(self) -> str:
        # One line for each entry, sorted: a change of one entry changes one line.
        lines = []
        for entry, count in sorted(self.entries.items(), key=lambda item: str(item[0])):
            values = {k: v for k, v in entry._asdict().items() if v is not None}
            lines.append(json.dumps(values | ({"count": count} if count > 1 else {})))
        listed = ",\n".join(f"  {line}" for line in lines)
        return f'{{"version": {_FORMAT}, "findings": [\n{listed}\n]}}\n'


class Baselines:
    """The baselines of all projects of a run.

    Args:
        ignored: whether every finding counts as new.
    """

    def __init__(self, read_lines: ReadLines, ignored: bool) -> None:
        self._read_lines = read_lines
        self._ignored = ignored
        self._known: dict[Path, Baseline] = {}
        #: How many of a project's findings its baseline has.
        self.old: Counter[Path] = Counter()

    def of(self, root: Path) -> Baseline:
        """Return the baseline of a project."""
        if root not in self._known:
            load = Baseline if self._ignored else Baseline.load
            self._known[root] = load(root, self._read_lines)
        return self._known[root]

    def keep_new(self, root: Path, found: list[Diagnostic]) -> list[Diagnostic]:
        """Return the findings that are not in the project's baseline, and count the others."""
        new, old = self.of(root).split(found)
        self.old[root] = len(old)
        return new


def _entries(findings: object) -> Iterator[Entry]:
    if not isinstance(findings, list):
        raise TypeError
    for values in findings:
        count = values.pop("count", 1)
        filename, code = values.pop("filename"), values.pop("code")
        rest = (values.pop(name, None) for name in ("kernel", "parameter", "line"))
        entry = Entry(filename, code, *rest)
        if values or not all(value is None or isinstance(value, str) for value in entry):
            raise ValueError
        if not 0 < int(count) <= _MOST:
            raise ValueError
        for _ in range(int(count)):
            yield entry

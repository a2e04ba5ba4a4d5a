"""Findings of earlier runs over a project, used again if none of its files has changed."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tritonlint import __version__
from tritonlint.diagnostics import Diagnostic
from tritonlint.files.tree import other_files
from tritonlint.store.cache import Stamp, Store
from tritonlint.store.codec import CodecError, decode, encode

if TYPE_CHECKING:
    from tritonlint.command.baseline import Baseline
    from tritonlint.command.request import Request, Tree
    from tritonlint.config.settings import Settings

#: How many of the last questions keep their answers: a project is linted in few ways.
_KEPT = 6


class Answer(NamedTuple):
    """The findings, the number of kernels checked, and what is not reported."""

    findings: tuple[Diagnostic, ...]
    kernels: int
    old: int = 0
    unheard: tuple[str, ...] = ()
    unknown_jits: tuple[tuple[str, int], ...] = ()


def question(
    request: Request, tree: Tree, with_edits: bool, baseline: Baseline
) -> tuple[object, ...]:
    """Return everything that the findings depend on, except the project's files."""
    from tritonlint.fix.style import line_length

    # The rules that are on follow from these. Naming the rules would load the code of all of them.
    kinds: dict[tuple[int, frozenset[str]], tuple[int, Settings]] = {}
    selected = []
    for file in tree.named:
        settings, ignored = request.held.selection(file)
        kind = kinds.setdefault((id(settings), ignored), (len(kinds), settings))
        selected.append(kind[0])
    return (
        tree.root,
        tree.settings,
        list(map(str, tree.named)),
        selected if len(kinds) > 1 else (),
        [(settings, sorted(ignored)) for (_, ignored), (_, settings) in kinds.items()],
        with_edits,
        line_length(tree.root),
        request.cwd,
        request.options.ignore_noqa,
        sorted(map(str, baseline.entries.items())),
    )


class Results:
    """The results of one question (settings, rules, named files).

    Args:
        directory: the directory of the cache; None keeps nothing.
        question: everything that the findings depend on, besides the contents of `files`.
    """

    def __init__(
        self,
        directory: Path | None,
        root: Path,
        question: object,
        files: Iterable[Path],
        around: tuple[Path, ...] = (),
    ) -> None:
        version = (__version__, sys.version_info[:3], _code())
        self._question = _digest([repr((version, question))])
        self._store = Store(directory, f"findings {root}")
        self._root = root
        self._around = around
        self._files = frozenset(files)
        self._started = time.time_ns()
        self._state = self._stamp()

    def get(self) -> Answer | None:
        """Return the findings, if they are known."""
        known = self._store.head.get(self._question)
        if known is None or self._state is None or known[0] != self._state:
            return None
        try:
            _, texts, place = known
            if texts is not None and texts != self._stamp_of_texts():
                return None
            return decode(Answer, json.loads(self._store.text(place)))
        except (CodecError, ValueError):
            return None

    def put(self, answer: Answer, rests_on_texts: bool) -> None:
        """Keep the findings, unless a file changed meanwhile.

        Args:
            rests_on_texts: whether they depend on files of the tree that are not Python.
        """
        if self._state is None or self._stamp() != self._state:
            return
        texts_state = self._stamp_of_texts() if rests_on_texts else None
        if rests_on_texts and texts_state is None:
            return
        text = json.dumps(encode(answer), separators=(",", ":")).encode(errors="surrogatepass")
        kept = [(q, *known) for q, known in self._store.head.items() if q != self._question]
        texts = [text]
        head = {self._question: [self._state, texts_state, [0, len(text)]]}
        end = len(text)
        for question, state, texts_state, place in kept[: _KEPT - 1]:
            texts.append(self._store.text(place))
            head[question] = [state, texts_state, [end, len(texts[-1])]]
            end += len(texts[-1])
        self._store.save(head, texts)

    def _stamp(self) -> str | None:
        """Return a value that changes with any of the files; None if one could change unseen."""
        return _stamp((file, "") for file in self._files)

    def _stamp_of_texts(self) -> str | None:
        """Return the same for the other files of the tree that may name a kernel.

        It is also None if one of them changed since the run began.
        """
        return _stamp(other_files(self._root, self._files, self._around), self._started)


def _stamp(files: Iterable[tuple[Path, str]], before: int | None = None) -> str | None:
    """Return a value that changes with any of the files, or with the role given for it.

    It is None if one may have changed since `before`, or could change without it.
    """
    lines = []
    for file, role in files:
        try:
            status = os.stat(file)
        except OSError:
            return None
        stamp = Stamp.of(status)
        if not stamp.is_settled or (before is not None and stamp.changed >= before):
            return None
        # The mode: a finding says whether its file can be edited.
        lines.append(f"{file} {role} {(*stamp, status.st_mode)}")
    return _digest(sorted(lines))


def _code() -> list[tuple[str, int]]:
    """Return a value that changes with tritonlint's own code, for developers of rules."""
    package = os.path.dirname(os.path.dirname(__file__))
    files = (
        os.path.join(directory, name)
        for directory, _, names in os.walk(package)
        for name in names
        if name.endswith(".py")
    )
    return sorted((file, os.stat(file).st_mtime_ns) for file in files)


def _digest(lines: list[str]) -> str:
    return blake2b("\n".join(lines).encode(errors="surrogatepass"), digest_size=16).hexdigest()

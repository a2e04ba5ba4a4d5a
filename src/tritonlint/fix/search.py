"""Searches a whole tree, and what lies around it, for the names of kernels."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path

from tritonlint.files import FileError, TreeFile, walk_tree, words_of
from tritonlint.fix.witnesses import Mention, Mentions
from tritonlint.project.project import Project
from tritonlint.survey.mentions import in_python, in_text, parts_of

#: Files of these kinds hold no text.
_BINARY = frozenset(
    {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".ico", ".webp", ".svg", ".pdf", ".woff"}
    | {".woff2", ".ttf", ".mp3", ".mp4", ".wav", ".zip", ".gz", ".bz2", ".xz", ".zst", ".tar"}
    | {".tgz", ".whl", ".egg", ".lock", ".db", ".sqlite", ".so", ".a", ".o", ".obj", ".dll"}
    | {".dylib", ".lib", ".exe", ".bin", ".pyc", ".pyd", ".cubin", ".ptx", ".fatbin"}
    | {".hsaco", ".pt", ".pth", ".ckpt", ".onnx", ".safetensors", ".npy", ".npz", ".pkl"}
    | {".parquet", ".arrow", ".h5", ".gguf"}
)
#: Of what is left out of a tree only files of these kinds are looked at.
_PYTHON = frozenset({".py", ".pyw", ".pyi", ".ipynb"})
#: Larger files are data.
_LARGEST = 20_000_000


class Search:
    """Looks for names in everything that is no parsed Python of a project.

    Args:
        root: of the tree.
        read: a file's bytes.
        around: directories beside the tree that may hold code which uses it.
    """

    def __init__(
        self, root: Path, read: Callable[[Path], bytes], around: Collection[Path] = ()
    ) -> None:
        self.root = root
        self.read = read
        self.around = around
        self._unread: list[Path] = []

    def search(self, project: Project, names: frozenset[str]) -> Mentions:
        """All places that may use one of the names."""
        found: defaultdict[str, list[Mention]] = defaultdict(list)
        unparsed: defaultdict[str, list[Path]] = defaultdict(list)
        outside: defaultdict[str, list[Mention]] = defaultdict(list)
        whole, parts = _by_word(names), _by_part(names)
        for path in sorted(project.files):
            data = self._read(path)
            hits = _named(data, whole) | _named(data, parts)
            if not hits:
                continue
            facts = project.facts.get(path)
            if facts is not None and facts.problems and not facts.kernels:
                for name in hits:
                    unparsed[name].append(path)
                continue
            for use in in_python(data, hits):
                found[use.name].append(Mention(path, use.row, use.what))
        for file in self._other_files(project.files):
            data = self._read(file.path)
            hits = _named(data, whole)
            if not hits:
                continue
            if file.left_out:
                for name in hits:
                    outside[name].append(Mention(file.path, _row(data, name), file.left_out))
                continue
            for use in in_text(data, file.path, hits):
                found[use.name].append(Mention(file.path, use.row, use.what))
        return Mentions(
            {name: tuple(mentions) for name, mentions in found.items()},
            {name: tuple(paths) for name, paths in unparsed.items()},
            {name: tuple(mentions) for name, mentions in outside.items()},
            tuple(self._unread),
        )

    def _other_files(self, python: frozenset[Path]) -> Iterator[TreeFile]:
        """Files of the tree that are no Python of the project, and those around it."""
        for file in walk_tree(self.root):
            suffix = file.path.suffix.lower()
            if file.path in python or suffix in _BINARY:
                continue
            if file.left_out and suffix not in _PYTHON:
                continue
            yield file
        for directory in self.around:
            for file in walk_tree(directory):
                if file.path.suffix.lower() in _PYTHON and file.path not in python:
                    yield file._replace(left_out="a file beside the project")

    def _read(self, path: Path) -> bytes:
        try:
            if _size(path) > _LARGEST:
                return b""
            data = self.read(path)
        except (OSError, FileError):
            self._unread.append(path)
            return b""
        # A text has no NUL.
        return b"" if b"\0" in data[:1024] else data


def _by_word(names: Iterable[str]) -> Mapping[bytes, frozenset[str]]:
    """The names, by the word that each is."""
    return {name.encode(): frozenset([name]) for name in names}


def _by_part(names: Iterable[str]) -> Mapping[bytes, frozenset[str]]:
    """The names, by the parts that code may put them together from."""
    found: defaultdict[bytes, set[str]] = defaultdict(set)
    for name in names:
        for part in parts_of(name):
            found[part.encode()].add(name)
    return {part: frozenset(of) for part, of in found.items()}


def _named(data: bytes, by_word: Mapping[bytes, frozenset[str]]) -> frozenset[str]:
    """The names of which a word stands in a file."""
    words = by_word.keys() & set(words_of(data)) if data else ()
    return frozenset(name for word in words for name in by_word[word])


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        # Other contents may stand in for it.
        return 0


def _row(data: bytes, name: str) -> int:
    place = data.find(name.encode())
    return data.count(b"\n", 0, max(place, 0)) + 1

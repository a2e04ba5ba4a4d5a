"""Paths, and the contents of their files: bytes, words and errors."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

# Bytes from 128 up belong to UTF-8 sequences, which Python allows in identifiers.
_IDENTIFIER_BYTES = bytes(c if c > 127 or chr(c).isalnum() or c == 95 else 32 for c in range(256))

#: Folders of code that runs kernels a few times, with values of its own.
_SHORT_LIVED = frozenset(
    {"examples", "example", "tutorials", "tutorial", "scripts", "tools", "demos", "demo"}
    | {"exercises", "puzzles", "lectures", "lessons", "homework", "playground"}
    | {"output", "outputs"}
    | {"legacy", "deprecated", "archive", "archived", "attic"}
)
#: Words in the names of such folders and files.
_TESTS = frozenset({"test", "tests", "testing", "unittest", "unittests", "conftest"})
_TRIES = _TESTS | {"bench", "benchmark", "benchmarks", "benchmarking"}
_WORDS = re.compile(r"[^a-z]+")


class FileError(Exception):
    """A path cannot be used: what is wrong with it, and what to do about it."""

    def __init__(self, path: Path, problem: str, advice: str) -> None:
        super().__init__(path, problem, advice)
        self.path = path
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}; {self.advice}"


def read(path: Path) -> bytes:
    """Return the bytes of a file. Raises FileError if it cannot be read."""
    try:
        with open(path, "rb", buffering=0, opener=_without_waiting) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read()
        raise FileError(path, "not a regular file", "name a file")
    except (OSError, ValueError) as error:
        raise file_error(path, error) from error


def _without_waiting(path: str, flags: int) -> int:
    """Open a file without waiting for a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def relative(path: str | Path, base: str | Path) -> str:
    """Return a path with slashes, relative to a directory; absolute if it is on another drive."""
    try:
        path = os.path.relpath(path, base)
    except ValueError:  # Only Windows has drives.
        path = os.path.abspath(path)
    return path.replace(os.sep, "/")


def slashed(path: Path) -> str:
    return os.path.abspath(path).replace(os.sep, "/").rstrip("/") + "/"


def is_short_lived(path: Path) -> bool:
    """Whether a file is a test, a benchmark, an example or old; the path is that below the root."""
    folders = [part.strip("_") for part in path.parts[:-1]]
    is_named_so = not _TRIES.isdisjoint(_words_in(path)) or path.name.startswith("bench")
    return is_named_so or not _SHORT_LIVED.isdisjoint(folders)


def is_of_tests(path: Path) -> bool:
    """Whether a file belongs to tests; the path is that below the root."""
    return not _TESTS.isdisjoint(_words_in(path))


def _words_in(path: Path) -> Iterator[str]:
    """Yield the words in the names of a file and its folders."""
    for part in (*path.parts[:-1], path.stem):
        yield from _WORDS.split(part.lower())


def words_of(data: bytes) -> list[bytes]:
    """Return all identifiers, numbers and other words of a file, with repetitions."""
    return data.translate(_IDENTIFIER_BYTES).split()


def file_error(path: Path, error: OSError | ValueError) -> FileError:
    if isinstance(error, FileNotFoundError):
        return FileError(path, "no such file or directory", "check the spelling")
    if isinstance(error, PermissionError):
        return FileError(path, "permission denied", "make it readable or exclude it")
    if isinstance(error, IsADirectoryError):
        return FileError(path, "a directory, not a file", "name a file in it")
    if isinstance(error, ValueError):
        return FileError(path, "no path can hold a NUL character", "correct the path")
    return FileError(path, (error.strerror or str(error)).lower(), "correct the path or exclude it")

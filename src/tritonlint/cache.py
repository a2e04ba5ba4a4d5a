"""What was learnt of files, kept between runs: valid as long as the files are unchanged.

A store is one file for each project: a line of JSON that says what is where, and after it the
facts, of which only those are read that a run asks for. Nothing in it is executed, and whatever is
wrong with it (damage, another version, a directory that cannot be written) costs the cache and
nothing else.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

DIRECTORY = ".tritonlint_cache"

#: Signature of the Cache Directory Tagging Specification (bford.info/cachedir).
_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This directory holds facts that tritonlint keeps between runs. It can be deleted.\n"
)

#: A file changed this recently, in nanoseconds, could change again without its mtime moving.
_RACY = 2_000_000_000


class Store:
    """A table of JSON values and texts, in one file below a cache directory.

    Args:
        directory: where the cache lies; None keeps nothing.
        key: what the contents depend on beside the files that they are about.
    """

    def __init__(self, directory: Path | None, key: str) -> None:
        self._file: Path | None = None
        self.head: dict[str, Any] = {}
        self._texts = b""
        if directory is not None:
            self._file = directory / f"{_name(key)}.json"
            self._load(self._file)

    def text(self, place: tuple[int, int] | list[int]) -> bytes:
        """The text at a place that the head gives: its start and its length."""
        start, length = place
        return self._texts[start : start + length]

    def save(self, head: Mapping[str, Any], texts: Iterable[bytes]) -> None:
        """Write it, in one step, so that a run at the same time never sees half of it."""
        if self._file is None:
            return
        body = b"".join(texts)
        line = json.dumps(head, separators=(",", ":")).encode(errors="surrogatepass")
        check = zlib.crc32(body, zlib.crc32(line))
        with contextlib.suppress(OSError):
            _write(self._file, b"%d %d\n%b\n%b" % (check, len(body), line, body))

    def _load(self, file: Path) -> None:
        try:
            data = file.read_bytes()
            first, _, rest = data.partition(b"\n")
            check, length = map(int, first.split())
            line, body = rest[: -length - 1], rest[len(rest) - length :]
            if zlib.crc32(body, zlib.crc32(line)) != check:
                return
            head = json.loads(line)
        except (OSError, ValueError, RecursionError):
            return
        if isinstance(head, dict):
            self.head, self._texts = head, body


class Stamp(NamedTuple):
    """What changes with a file; its ctime also where its mtime is set to what it was."""

    size: int
    mtime: int
    ctime: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """The stamp of a file with this status."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    @property
    def is_settled(self) -> bool:
        """Whether the file cannot change again without its stamp changing."""
        return time.time_ns() - self.mtime >= _RACY


def clean(directory: Path) -> bool:
    """Delete a cache directory; whether there was one.

    Raises:
        OSError: a file in it cannot be deleted, or it holds what tritonlint did not put there.
    """
    if not directory.is_dir():
        return False
    if not (directory / "CACHEDIR.TAG").is_file():
        raise OSError(errno.EINVAL, "it is no cache of tritonlint's")
    for file in directory.iterdir():
        if file.name in ("CACHEDIR.TAG", ".gitignore") or file.suffix in (".json", ".tmp"):
            file.unlink()
    directory.rmdir()
    return True


def _name(key: str) -> str:
    import hashlib

    return hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=12).hexdigest()


def _write(file: Path, content: bytes) -> None:
    directory = file.parent
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in (("CACHEDIR.TAG", _TAG), (".gitignore", "*\n")):
        if not (directory / name).exists():
            (directory / name).write_text(text, encoding="utf-8")
    temporary = directory / f"{file.stem}.{os.getpid()}.{time.time_ns()}.tmp"
    try:
        temporary.write_bytes(content)
        os.replace(temporary, file)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise

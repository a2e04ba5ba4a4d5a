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
import re
import time
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tritonlint.store import disk, lock

DIRECTORY = ".tritonlint_cache"

#: Signature of the Cache Directory Tagging Specification (bford.info/cachedir).
_TAG_NAME, _IGNORE_NAME = "CACHEDIR.TAG", ".gitignore"
_TAG = (
    b"Signature: 8a477f597d28d172789f06886806bc55\n"
    b"# This directory holds facts that tritonlint keeps between runs. It can be deleted.\n"
)
_IGNORE = b"*\n"
_MAGIC = b"tritonlint cache 1 "
_STORE = re.compile(r"[0-9a-f]{24}\.json")
_TEMPORARY = re.compile(r"[0-9a-f]{24}\.\d+\.\d+\.tmp")
#: The files of a cache: their names, how they start, and whether more follows.
_WRITTEN = (
    (re.compile(re.escape(_TAG_NAME)), _TAG, False),
    (re.compile(re.escape(_IGNORE_NAME)), _IGNORE, False),
    (_STORE, _MAGIC, True),
    (_TEMPORARY, _MAGIC, True),
)
#: No store is larger.
_MOST_BYTES = 1 << 30

#: A file changed this recently, in nanoseconds, could change again without its times moving.
_RACY = 2_000_000_000


class Store:
    """A table of JSON values and texts, in one file below a cache directory.

    Args:
        directory: where the cache lies; None keeps nothing.
        key: what the contents depend on besides the files that they are about.
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
            _write(self._file, b"%b%d %d\n%b\n%b" % (_MAGIC, check, len(body), line, body))

    def _load(self, file: Path) -> None:
        try:
            data, _ = disk.read(file, _MOST_BYTES)
            first, _, rest = data.partition(b"\n")
            if not first.startswith(_MAGIC):
                return
            check, length = map(int, first.removeprefix(_MAGIC).split())
            line, body = rest[: -length - 1], rest[len(rest) - length :]
            if zlib.crc32(body, zlib.crc32(line)) != check:
                return
            head = json.loads(line)
        except (OSError, ValueError, RecursionError):
            return
        if isinstance(head, dict):
            self.head, self._texts = head, body


class Stamp(NamedTuple):
    """What changes with a file: its ctime also where its mtime is set to what it was, and its
    inode where another file of the same size and times takes its place.
    """

    size: int
    mtime: int
    ctime: int
    device: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """The stamp of a file with this status."""
        return cls(
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_dev,
            status.st_ino,
        )

    @property
    def changed(self) -> int:
        """When it last changed in any way, in nanoseconds."""
        return max(self.mtime, self.ctime)

    @property
    def is_settled(self) -> bool:
        """Whether the file cannot change again without its stamp changing."""
        return time.time_ns() - self.changed >= _RACY


def refusal(directory: Path, root: Path | None = None) -> str | None:
    """Why a directory cannot be the cache (of the project below `root`), or None.

    It may be that settings name a directory that holds something else, or that a repository
    brings a link to one.
    """
    if os.path.islink(directory):
        return "it is a link"
    if root is not None and Path(os.path.normpath(directory)).is_relative_to(root):
        real = Path(os.path.realpath(directory))
        if not real.is_relative_to(os.path.realpath(root)):
            return f"a link above it leads out of the project, to {real}"
    if os.path.isdir(directory) and not _is_own(directory):
        return "it was not made by tritonlint"
    return None


def forget(directory: Path) -> bool:
    """Remove what is kept in a cache directory; whether there was anything."""
    found = False
    with contextlib.suppress(OSError):
        for name in os.listdir(directory) if _is_own(directory) else ():
            if _STORE.fullmatch(name) and _is_written(directory, name):
                os.unlink(directory / name)
                found = True
    return found


def clean(directory: Path, root: Path | None = None) -> bool:
    """Delete a cache directory (of the project below `root`); whether there was one.

    Raises:
        OSError: it cannot be deleted, or something in it was not written by tritonlint; then
            nothing is touched.
    """
    if not os.path.lexists(directory):
        return False
    reason = refusal(directory, root)
    if reason is not None:
        raise OSError(errno.EINVAL, reason)
    names = sorted(os.listdir(directory), key=lambda name: name == _TAG_NAME)
    if not names:
        # Anybody may have made it.
        return False
    for name in names:
        if not _is_written(directory, name):
            raise OSError(errno.EINVAL, f"it holds {name}, which was not written by tritonlint")
    # The tag goes last, so that what a kill leaves is still known to be a cache.
    for name in names:
        os.unlink(directory / name)
    os.rmdir(directory)
    return True


def _is_own(directory: Path) -> bool:
    """Whether a directory has tritonlint's tag, or nothing at all in it."""
    if os.path.lexists(directory / _TAG_NAME):
        return _is_written(directory, _TAG_NAME)
    return not os.listdir(directory)


def _is_written(directory: Path, name: str) -> bool:
    """Whether tritonlint wrote a file in its cache, or part of it before it was killed."""
    for pattern, content, may_be_more in _WRITTEN:
        if pattern.fullmatch(name):
            try:
                start = disk.start(directory / name, len(content) + 1)
            except OSError:
                return False
            return content.startswith(start) or (may_be_more and start.startswith(content))
    return False


def _name(key: str) -> str:
    import hashlib

    return hashlib.blake2b(key.encode(errors="surrogatepass"), digest_size=12).hexdigest()


def _write(file: Path, content: bytes) -> None:
    directory = file.parent
    directory.mkdir(parents=True, exist_ok=True)
    if refusal(directory) is not None:
        return
    # The tag comes first: from then on the directory is known to be a cache.
    for name, text in ((_TAG_NAME, _TAG), (_IGNORE_NAME, _IGNORE)):
        with contextlib.suppress(FileExistsError), open(directory / name, "xb") as mark:
            mark.write(text)
    _sweep(directory)
    temporary = directory / f"{file.stem}.{os.getpid()}.{time.time_ns()}.tmp"
    try:
        with open(temporary, "xb") as output:
            lock.take(output.fileno())
            output.write(content)
        os.replace(temporary, file)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _sweep(directory: Path) -> None:
    """Remove what killed runs have left half written: who writes has the lock of the file."""
    for name in os.listdir(directory):
        if _TEMPORARY.fullmatch(name) and _is_written(directory, name):
            with contextlib.suppress(OSError):
                with open(directory / name, "rb") as file:
                    is_left = lock.take(file.fileno())
                if is_left:
                    os.unlink(directory / name)

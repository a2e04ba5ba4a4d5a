"""Facts about files, kept between runs: they are valid as long as the files are unchanged.

A store is one file for each project. Its first line is JSON that says where everything is. After it
come the facts, of which a run reads only those that it needs. Nothing in a store is executed. If
anything is wrong with it (damage, another version, a directory that cannot be written), the run
goes on without the cache.
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
#: The first line is shorter than this: it has two numbers after its start.
_FIRST = 100
_STORE = re.compile(r"[0-9a-f]{24}\.json")
_TEMPORARY = re.compile(r"[0-9a-f]{24}\.\d+\.\d+\.tmp")
#: The files of a cache: how their names start, and whether more follows.
_WRITTEN = (
    (re.compile(re.escape(_TAG_NAME)), _TAG, False),
    (re.compile(re.escape(_IGNORE_NAME)), _IGNORE, False),
    (_STORE, _MAGIC, True),
    (_TEMPORARY, _MAGIC, True),
)
#: No store is larger than this.
_MOST_BYTES = 1 << 30

#: A file that changed this recently, in nanoseconds, may change again with the same times.
_RACY = 2_000_000_000


class Store:
    """A table of JSON values and texts, in one file below a cache directory.

    Args:
        directory: the directory of the cache; None keeps nothing.
        key: what the contents depend on besides the files that they are about.
    """

    def __init__(self, directory: Path | None, key: str) -> None:
        self._file: Path | None = None
        self.head: dict[str, Any] = {}
        self._texts = memoryview(b"")
        if directory is not None:
            self._file = directory / f"{_name(key)}.json"
            self._load(self._file)

    def text(self, place: tuple[int, int] | list[int]) -> bytes:
        """Return the text at a place that the head gives: its start and its length."""
        start, length = place
        return bytes(self._texts[start : start + length])

    def save(self, head: Mapping[str, Any], texts: Iterable[bytes]) -> None:
        """Write it in one step, so that another run never sees half of it."""
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
            first, _, _ = data[:_FIRST].partition(b"\n")
            if not first.startswith(_MAGIC):
                return
            check, length = map(int, first.removeprefix(_MAGIC).split())
            # A view copies nothing.
            whole, end = memoryview(data), len(data) - length
            line, body = bytes(whole[len(first) + 1 : end - 1]), whole[end:]
            if zlib.crc32(body, zlib.crc32(line)) != check:
                return
            head = json.loads(line)
        except (OSError, ValueError, RecursionError):
            return
        if isinstance(head, dict):
            self.head, self._texts = head, body


class Stamp(NamedTuple):
    """What changes when a file changes.

    The ctime changes even if somebody sets the mtime back, and the inode if another file of the
    same size and times takes its place.
    """

    size: int
    mtime: int
    ctime: int
    device: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """Return the stamp of a file with this status."""
        return cls(
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_dev,
            status.st_ino,
        )

    @property
    def changed(self) -> int:
        """The time of its last change of any kind, in nanoseconds."""
        return max(self.mtime, self.ctime)

    @property
    def is_settled(self) -> bool:
        """Whether every further change of the file will change its stamp."""
        return time.time_ns() - self.changed >= _RACY


def refusal(directory: Path, root: Path | None = None) -> str | None:
    """Say why a directory cannot be the cache (of the project below `root`), or return None.

    Settings may name a directory with other contents, or a repository may contain a link to
    one.
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
    """Remove the contents of a cache directory; return whether there were any."""
    found = False
    with contextlib.suppress(OSError):
        for name in os.listdir(directory) if _is_own(directory) else ():
            if _STORE.fullmatch(name) and _is_written(directory, name):
                os.unlink(directory / name)
                found = True
    return found


def clean(directory: Path, root: Path | None = None) -> bool:
    """Delete a cache directory (of the project below `root`); return whether there was one.

    Raises:
        OSError: it cannot be deleted, or something in it was not written by tritonlint. In that
            case, nothing is touched.
    """
    if not os.path.lexists(directory):
        return False
    reason = refusal(directory, root)
    if reason is not None:
        raise OSError(errno.EINVAL, reason)
    names = sorted(os.listdir(directory), key=lambda name: name == _TAG_NAME)
    if not names:
        # Anyone may have made it.
        return False
    for name in names:
        if not _is_written(directory, name):
            raise OSError(errno.EINVAL, f"it holds {name}, which was not written by tritonlint")
    # The tag is removed last: if the process is killed, the rest still counts as a cache.
    for name in names:
        os.unlink(directory / name)
    os.rmdir(directory)
    return True


def _is_own(directory: Path) -> bool:
    """Whether a directory has tritonlint's tag, or is empty."""
    if os.path.lexists(directory / _TAG_NAME):
        return _is_written(directory, _TAG_NAME)
    return not os.listdir(directory)


def _is_written(directory: Path, name: str) -> bool:
    """Whether tritonlint wrote a file in its cache, or a part of it before it was killed."""
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
    # The tag is written first, so that the directory counts as a cache from then on.
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
    """Remove half-written files of killed runs; a running writer holds the lock of its file."""
    for name in os.listdir(directory):
        if _TEMPORARY.fullmatch(name) and _is_written(directory, name):
            with contextlib.suppress(OSError):
                with open(directory / name, "rb") as file:
                    is_left = lock.take(file.fileno())
                if is_left:
                    os.unlink(directory / name)

"""Files on the disk: nothing here follows a link or waits for a pipe."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read(path: Path, most: int | None = None) -> tuple[bytes, os.stat_result]:
    """Return the bytes of a plain file, and its status.

    Raises:
        OSError: it cannot be read, is not a plain file, or has more than `most` bytes.
    """
    with _opened(path) as file:
        status = os.fstat(file.fileno())
        if most is not None and status.st_size > most:
            raise OSError(errno.EFBIG, "it is too large")
        return file.read(), status


def start(path: Path, length: int) -> bytes:
    """Return the first bytes of a plain file; raises OSError as `read` does."""
    with _opened(path) as file:
        return file.read(length)


def write(path: Path, content: bytes, durably: bool = True) -> None:
    """Write a file that does not exist yet, readable by the user alone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        if durably:
            os.fsync(descriptor)


def sync(path: Path) -> None:
    """Make the system write a file and its metadata to the disk."""
    descriptor = os.open(path, os.O_RDWR | _FLAGS)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(directory: Path) -> None:
    """Make the system write the names in a directory to the disk, if it supports that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with open(path, "rb", opener=_without_links) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a plain file", str(path))
        yield file


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | _FLAGS)

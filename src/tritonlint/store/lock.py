"""Allows one `--fix` at a time in a project; if its process dies, the system frees the lock."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

#: Seconds to wait for another process.
PATIENCE = 10.0
_PAUSE = 0.05


class BusyError(Exception):
    """Another process has the lock; the message says which."""


@contextlib.contextmanager
def only_one(root: Path, patience: float | None = None) -> Iterator[None]:
    """Make sure that no other process fixes files in the project below `root`.

    Raises:
        BusyError: another process did not finish within `patience` (or `PATIENCE`) seconds.
    """
    descriptor = _open(root)
    if descriptor is None:
        yield
        return
    try:
        deadline = time.monotonic() + (PATIENCE if patience is None else patience)
        while not take(descriptor):
            if time.monotonic() >= deadline:
                raise BusyError(f"another tritonlint{_who(descriptor)} is fixing files in {root}")
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(descriptor)


def _open(root: Path) -> int | None:
    """Open what is locked: the directory itself, so that no extra file is left."""
    with contextlib.suppress(OSError):
        if sys.platform != "win32":
            return os.open(root, os.O_RDONLY)
        # Windows cannot open directories: a file in the user's own directory is used there.
        from hashlib import blake2b

        from tritonlint.store.secret import state_directory

        directory = state_directory()
        if directory is not None:
            name = blake2b(os.fsencode(root), digest_size=12).hexdigest()
            return os.open(directory / f"{name}.lock", os.O_RDWR | os.O_CREAT)
    return None


def take(descriptor: int) -> bool:
    """Whether this process now has the lock of an open file, or the file system has no locks.

    The lock is freed when the file is closed or the process ends.
    """
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return error.errno not in (errno.EACCES, errno.EDEADLK)
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES)
    return True


def _who(descriptor: int) -> str:
    """Name the process that has the lock, if the system tells."""
    file = f":{os.fstat(descriptor).st_ino} "
    with contextlib.suppress(OSError, IndexError):
        for line in Path("/proc/locks").read_text().splitlines():
            if " FLOCK " in line and file in line:
                return f" (process {line.split()[4]})"
    return ""

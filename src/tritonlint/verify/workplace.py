"""Directories of workers: a lock protects them while they are used, and they are always removed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "tritonlint-verify-"


class Workplace:
    """A directory of one worker; the process that holds its lock is still at work."""

    def __init__(self) -> None:
        remove_stale()
        while not self._make():
            pass

    def _make(self) -> bool:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self.lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        if self.path.exists():
            return True
        # Another run took it for an abandoned one, before it was locked.
        os.close(self.lock)
        return False

    def remove(self) -> None:
        """Remove the directory with everything in it."""
        os.close(self.lock)
        remove_tree(self.path)


def remove_tree(path: Path) -> None:
    """Remove a directory as far as possible; it may be nested very deeply."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(path, ignore_errors=True)


def remove_stale() -> None:
    """Remove the directories of workers that were killed together with their guardians."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            if os.fstat(lock).st_uid == os.getuid():
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_tree(path)
        except OSError:
            # A process is using it.
            continue
        finally:
            os.close(lock)

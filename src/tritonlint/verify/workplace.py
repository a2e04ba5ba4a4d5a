"""Directories of workers: made, kept by a lock while they are used, removed in any case."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "tritonlint-verify-"


class Workplace:
    """A directory of one worker; who holds its lock is still at work."""

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
        # Another run took it for one that was left, before it was locked.
        os.close(self.lock)
        return False

    def remove(self) -> None:
        """Remove the directory with all that is in it."""
        os.close(self.lock)
        remove_tree(self.path)


def remove_tree(path: Path) -> None:
    """Remove a directory, as far as that can be done; folders may be nested without end."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(path, ignore_errors=True)


def remove_stale() -> None:
    """Remove what workers left that were killed together with those who watched them."""
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
            # Somebody is at work in it.
            continue
        finally:
            os.close(lock)

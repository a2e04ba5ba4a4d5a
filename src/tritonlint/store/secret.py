"""The key that identifies a user's own journals, because a repository may contain forged ones."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_NAME = "key"
_LENGTH = 32


def known_keys() -> Iterator[bytes]:
    """Yield the existing keys of this user."""
    for directory in _directories():
        key = _read(directory)
        if key is not None:
            yield key


def make_key() -> bytes | None:
    """Return the user's key, and make it if needed; None if none can be kept."""
    for directory in _directories():
        with suppress(OSError):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _read(directory) is None and _is_own(directory):
                _make(directory)
        key = _read(directory)
        if key is not None:
            return key
    return None


def state_directory() -> Path | None:
    """Return the directory for data of the user, outside of any project, if it can be written."""
    return next((d for d in _directories() if make_key() and _read(d) is not None), None)


def _directories() -> Iterator[Path]:
    """Yield directories for the key: in the user's home, or else one for all users."""
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        below = os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"
    elif sys.platform == "darwin":
        below = home / "Library" / "Application Support"
    else:
        below = os.environ.get("XDG_STATE_HOME") or home / ".local" / "state"
    # In containers, the home is often `/`, or a directory that does not exist.
    has_home = home.is_dir() and home != home.parent
    if os.path.isabs(below) and (has_home or os.path.isdir(below)):
        yield Path(below) / "tritonlint"
    if sys.platform != "win32":
        for shared in ("/tmp", "/var/tmp"):
            yield Path(shared, f"tritonlint-{os.geteuid()}")


def _is_own(path: Path) -> bool:
    """Whether a directory or a file belongs to the user, and nobody else can write it."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    if sys.platform == "win32":
        return not stat.S_ISLNK(status.st_mode)
    writable = stat.S_IWGRP | stat.S_IWOTH
    plain = stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)
    return plain and status.st_uid == os.geteuid() and not status.st_mode & writable


def _read(directory: Path) -> bytes | None:
    file = directory / _NAME
    if not (_is_own(directory) and _is_own(file)):
        return None
    try:
        key = file.read_bytes()
    except OSError:
        return None
    return key if len(key) == _LENGTH else None


def _make(directory: Path) -> None:
    """Make a key; if another process makes one at the same time, that one is kept."""
    temporary = directory / f"{_NAME}.{os.urandom(8).hex()}"
    try:
        with open(temporary, "xb", opener=_private) as file:
            file.write(os.urandom(_LENGTH))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(temporary, directory / _NAME)
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

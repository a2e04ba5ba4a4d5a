"""Writes all files of a fix or none: each goes from old to new in one step."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class WriteError(Exception):
    """Nothing was written; the message says which file stood in the way, and why."""


class Change(NamedTuple):
    """A file's bytes, as they were read and as they shall be."""

    before: bytes
    after: bytes


def obstacle(path: Path) -> str | None:
    """Why a file cannot be written, or None; a file without its write bit is left alone."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        return f"{error.strerror or error}"
    if not mode & stat.S_IWUSR or not os.access(path, os.W_OK):
        return "it is read-only"
    if not os.access(path.parent, os.W_OK):
        return "its directory is read-only"
    return None


def write_all(changes: Mapping[Path, Change]) -> None:
    """Write every change.

    Each new content is in a file beside the old one, and on the disk, before the first is renamed
    over it; so a killed run leaves each file whole, old or new.

    Raises:
        WriteError: a file cannot be written, or is no longer what it was; all are as before.
    """
    # Of a link the file behind it is written.
    changes = {Path(os.path.realpath(path)): change for path, change in changes.items()}
    prepared: dict[Path, str] = {}
    replaced: list[Path] = []
    path = Path()
    try:
        for path, change in sorted(changes.items()):
            if path.read_bytes() != change.before:
                raise WriteError(f"{path} changed on disk meanwhile; run tritonlint again")
            reason = obstacle(path)
            if reason is not None:
                raise WriteError(f"{path} cannot be written: {reason}")
            prepared[path] = _prepare(path, change.after)
        for path, temporary in prepared.items():
            os.replace(temporary, path)
            replaced.append(path)
        for directory in {path.parent for path in replaced}:
            _sync_directory(directory)
    except BaseException as error:
        for done in replaced:
            os.replace(_prepare(done, changes[done].before), done)
        if isinstance(error, OSError):
            raise WriteError(f"{path} cannot be written: {error.strerror or error}") from error
        raise
    finally:
        for temporary in prepared.values():
            with suppress(OSError):
                os.unlink(temporary)


def _prepare(path: Path, content: bytes) -> str:
    """A file beside `path` with that content and the mode and owner of `path`, synced."""
    status = os.stat(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if hasattr(os, "chown"):
            with suppress(OSError):
                os.chown(temporary, status.st_uid, status.st_gid)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    return temporary


def _sync_directory(directory: Path) -> None:
    # Not every system lets a directory be opened.
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

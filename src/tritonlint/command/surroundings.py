"""Exceptions that are not bugs: the system refuses something."""

from __future__ import annotations

import errno
import os

from tritonlint.store.workers import WorkerDiedError

#: Errors of a stream that cannot be written; errors of files name the file.
_UNWRITABLE = (errno.ENOSPC, errno.EBADF, errno.EIO, errno.EFBIG, errno.EDQUOT)


def surroundings(error: Exception) -> str | None:
    """Return the message for such an exception; None for any other."""
    if isinstance(error, WorkerDiedError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is too little memory; try --jobs 1, or fewer files at once"
    if not isinstance(error, OSError):
        return None
    reason = error.strerror or str(error)
    try:
        os.getcwd()
    except OSError:
        return "the working directory does not exist any more: change to another one"
    if error.filename is None and error.errno in _UNWRITABLE:
        reason = "it is closed" if error.errno == errno.EBADF else reason
        return f"cannot write to standard output: {reason}"
    return reason if error.filename is None else f"{error.filename}: {reason}"

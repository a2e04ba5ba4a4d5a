"""Tracing from inside a program."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tritonlint.runtime.bootstrap import RECORDER, recorder, when_triton_is_imported


@contextlib.contextmanager
def trace(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Record what Triton compiles in this process, and in those forked from it, into a directory.

    A process that is started, and not forked, has to be traced by itself: with TRITONLINT_TRACE in
    its environment, or under `tritonlint trace`.

    Raises:
        OSError: nothing can be written there.
    """
    directory = Path(path).absolute()
    directory.mkdir(parents=True, exist_ok=True)
    if not os.access(directory, os.W_OK):
        raise PermissionError(f"the trace cannot be written: {directory} is not writable")
    writer = recorder().Writer(str(directory))

    def begin() -> None:
        problem = recorder().install()
        if problem:
            writer.complain(problem)

    recorder().subscribe(writer)
    when_triton_is_imported(begin)
    writer.begin()
    try:
        yield directory
    finally:
        recorder().unsubscribe(writer)
        writer.close()


def warm() -> None:
    """Mark the end of the warm-up in the trace: users wait for later compiles.

    Without a trace, it does nothing.
    """
    if RECORDER in sys.modules:
        recorder().publish({"event": "warm", "time": time.time()})

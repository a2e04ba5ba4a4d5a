"""Writes one JSON-lines file for each process: one line for each event, as it happens."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

#: The version of the lines; a reader takes this one and older ones.
FORMAT = 1

_RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID", "LOCAL_RANK")


class Writer:
    """Writes events; it is called with each.

    A forked process gets its own file with its first event. If nothing can be written, this is
    reported once, and the program continues.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self._file = -1
        self._pid = 0
        self._lock = threading.Lock()
        self._complained = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def begin(self) -> None:
        """Open the file at once, since a process that compiles nothing should be seen, too."""
        with self._lock:
            self._descriptor()

    def __call__(self, event: dict[str, Any]) -> None:
        with self._lock:
            descriptor = self._descriptor()
            if descriptor >= 0:
                self._write(descriptor, event)

    def complain(self, problem: str) -> None:
        """Tell the user of the program and the reader of the trace."""
        print(f"tritonlint: {problem}", file=sys.stderr)
        self({"event": "problem", "time": time.time(), "text": problem})

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
            self._file = -1
            self._complained = True

    def _after_fork(self) -> None:
        # Another thread of the parent may have held the lock.
        self._lock = threading.Lock()

    def _descriptor(self) -> int:
        pid = os.getpid()
        if pid == self._pid or self._complained:
            return self._file
        if self._file >= 0:
            os.close(self._file)
        self._pid = pid
        name = f"trace-{pid}-{time.time_ns():x}.jsonl"
        try:
            os.makedirs(self.directory, exist_ok=True)
            path = os.path.join(self.directory, name)
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o644)
        except OSError as error:
            self._file = -1
            self._give_up(error)
        else:
            self._write(self._file, _process())
        return self._file

    def _write(self, descriptor: int, event: dict[str, Any]) -> None:
        event = {**event, "pid": self._pid, "rank": _rank()}
        line = json.dumps(event, separators=(",", ":"), default=repr) + "\n"
        data = line.encode("utf-8", "backslashreplace")
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        if not self._complained:
            self._complained = True
            reason = error.strerror or error
            print(f"tritonlint: no trace in {self.directory}: {reason}", file=sys.stderr)


def _process() -> dict[str, Any]:
    modules = sys.modules
    return {
        "event": "process",
        "format": FORMAT,
        "time": time.time(),
        "run": os.environ.get("TRITONLINT_TRACE_RUN", ""),
        "parent": os.getppid(),
        "command": [str(part)[:200] for part in getattr(sys, "orig_argv", sys.argv)[:20]],
        "python": ".".join(map(str, sys.version_info[:3])),
        "triton": str(getattr(modules.get("triton"), "__version__", "")),
        "torch": str(getattr(modules.get("torch"), "__version__", "")),
    }


def _rank() -> int | None:
    for name in _RANKS:
        text = os.environ.get(name, "")
        if text.isdigit():
            return int(text)
    return None

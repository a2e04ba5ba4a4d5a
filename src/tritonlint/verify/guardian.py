"""The process between tritonlint and the worker, which makes sure that nothing stays after a run.

It waits until the worker or tritonlint ends, for whatever reason. Then it ends all processes of the
worker and removes their directory. It reads nothing of the project.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from pathlib import Path

from tritonlint.verify import walls
from tritonlint.verify.workplace import remove_tree

#: The time between two checks, in seconds.
_INTERVAL = 0.2
#: More open files than a new process has.
_FILES = 1024


def main(directory: str, leash: str, files: str) -> int:
    """Start the worker and watch it; tritonlint holds the other end of the pipe `leash`."""
    parent = os.getpid()
    walls.adopt_orphans()
    worker = os.fork()
    if worker == 0:
        status = 1
        try:
            os.setsid()
            walls.die_with_parent(parent)
            os.closerange(3, _FILES)
            status = _work(Path(directory), files == "files")
        finally:
            os._exit(status)
    os.close(0)
    os.close(1)
    _watch(worker, int(leash))
    _end(worker)
    remove_tree(Path(directory))
    return 0


def _work(directory: Path, files: bool) -> int:
    standing = walls.put_up(directory, files)
    from tritonlint.verify import worker

    return worker.main(directory, standing)


def _watch(worker: int, leash: int) -> None:
    """Return when the worker ends, uses too much, or is no longer wanted."""
    while not select.select([leash], [], [], _INTERVAL)[0]:
        # The worker's exit is not collected, so that its number is not reused before.
        if os.waitid(os.P_PID, worker, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return
        family = _family(os.getpid())
        if len(family) > walls.PROCESSES or sum(map(_resident, family)) > walls.RESIDENT:
            return


def _end(worker: int) -> None:
    """End the worker and all processes that it started, and wait for them."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            for process in _family(os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            os.waitpid(-1, 0)


def _family(process: int) -> list[int]:
    """Return the descendants of a process, up to a limit."""
    found: list[int] = []
    pending = [process]
    while pending and len(found) <= walls.PROCESSES:
        for text in _read_all(f"/proc/{pending.pop()}/task", "children"):
            children = [int(child) for child in text.split()]
            found += children
            pending += children
    return found


def _read_all(directory: str, name: str) -> list[str]:
    """Read a file of each thread of a process, which may end meanwhile."""
    found = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(directory):
            with contextlib.suppress(OSError), open(f"{entry.path}/{name}") as file:
                found.append(file.read())
    return found


def _resident(process: int) -> int:
    with contextlib.suppress(OSError), open(f"/proc/{process}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0

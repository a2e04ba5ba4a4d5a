"""Shares the same work on many items among processes."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from tritonlint.store import signals

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

#: Below this many items, starting processes takes longer than the work.
_FEW_ITEMS = 24
_SHARES_PER_WORKER = 24
#: Each worker has one share waiting while it sends its last answer.
_AT_HAND = 2
#: Windows can wait for 63 objects at once, and Python needs two of them.
_MOST_ON_WINDOWS = 61

Progress = Callable[[int, int], None]
T = TypeVar("T")
R = TypeVar("R")


class WorkerDiedError(Exception):
    """A worker process ended before its work was done; the message says how, and what to do."""


class _RemoteError(Exception):
    """The traceback of an exception in a worker, as text."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


class _Task(NamedTuple):
    """What a worker does, and into how many shares the items are divided."""

    work: Callable[[Any], Any]
    items: Sequence[Any]
    shares: int


class _Worker(NamedTuple):
    """A worker process, and the connection to it."""

    process: _Process
    connection: Connection[Any, Any]


class _Process(Protocol):
    """The part of `multiprocessing.Process` that is needed here."""

    @property
    def exitcode(self) -> int | None:
        """Minus the number of the signal that killed it; None if it is not known."""

    def kill(self) -> None:
        """Kill it, if it is alive."""

    def join(self) -> None:
        """Wait until it has ended."""


class _Forked:
    """A process made by `os.fork`, which starts at once."""

    def __init__(self, process: int) -> None:
        self._process: int | None = process
        self.exitcode: int | None = None

    def kill(self) -> None:
        if self._process is not None:
            import signal

            with suppress(ProcessLookupError):
                os.kill(self._process, signal.SIGKILL)

    def join(self) -> None:
        if self._process is not None:
            # If a parent ignores SIGCHLD, the system keeps no status.
            with suppress(ChildProcessError):
                self.exitcode = os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])
            self._process = None


def share(
    work: Callable[[T], R],
    items: Sequence[T],
    jobs: int,
    progress: Progress | None = None,
) -> Iterator[tuple[int, R]]:
    """Yield the places of the items and the results of `work`, as they arrive.

    Neighbors go to different workers: if the items are sorted by size, all shares are similar.
    An exception in `work` is raised here. If no process can be started, this one does all the work.

    Raises:
        WorkerDiedError: a worker was killed.
    """
    count = min(jobs, len(items) // _FEW_ITEMS + 1)
    if sys.platform == "win32":
        count = min(count, _MOST_ON_WINDOWS)
    task = _Task(work, items, count * _SHARES_PER_WORKER)
    workers: list[_Worker] = []
    with signals.before_the_end(lambda: _end(workers)):
        try:
            _start(workers, task, count)
            if workers:
                yield from _gather(workers, task, progress)
            else:
                yield from enumerate(map(work, items))
        finally:
            _end(workers)


def _start(workers: list[_Worker], task: _Task, count: int) -> None:
    """Start up to that many workers, as many as the system allows."""
    if count < 2:
        return
    start = _spawn
    if sys.platform == "linux":
        threading = sys.modules.get("threading")
        # A forked process has none of the threads, but all of the locks that they hold.
        if threading is not None and threading.active_count() > 1:
            return
        start = _fork
    with suppress(OSError, ImportError), signals.blocked():
        # This import takes as long as surveying a few files.
        from multiprocessing.connection import Pipe

        for _ in range(count):
            ours, theirs = Pipe()
            try:
                workers.append(_Worker(start(theirs, task), ours))
            except OSError:
                ours.close()
                raise
            finally:
                theirs.close()


def _fork(connection: Connection[Any, Any], task: _Task) -> _Process:
    parent = os.getpid()
    process = os.fork()
    if process:
        return _Forked(process)
    try:
        _die_with(parent)
        _serve(connection, task)
    finally:
        # This process must not continue the parent's work.
        os._exit(0)


def _spawn(connection: Connection[Any, Any], task: _Task) -> _Process:
    from multiprocessing import get_context

    process = get_context("spawn").Process(target=_serve, args=(connection, task), daemon=True)
    process.start()
    return process


def _end(workers: list[_Worker]) -> None:
    """Kill the workers and wait for them; if a signal interrupts this, do it again."""
    for worker in workers:
        worker.process.kill()
    for worker in workers:
        worker.process.join()
        worker.connection.close()
    workers.clear()


def _gather(
    workers: Sequence[_Worker], task: _Task, progress: Progress | None
) -> Iterator[tuple[int, Any]]:
    """Hand out the shares, and yield the results as they arrive."""
    from multiprocessing.connection import wait

    by_connection = {worker.connection: worker for worker in workers}
    numbers = iter(range(task.shares))
    total = len(task.items)
    done = 0
    for worker in workers:
        for number in islice(numbers, _AT_HAND):
            _send(worker, number)
    while done < task.shares:
        for ready in wait(list(by_connection)):
            worker = by_connection[ready]  # type: ignore[index]
            try:
                number, found, error = pickle.loads(worker.connection.recv_bytes())
            except (EOFError, OSError):
                raise _death(worker) from None
            if error is not None:
                raise error[0] from _RemoteError(error[1])
            for following in islice(numbers, 1):
                _send(worker, following)
            done += 1
            yield from zip(range(number, total, task.shares), found, strict=True)
            if progress is not None:
                progress(done * total // task.shares, total)


def _send(worker: _Worker, number: int) -> None:
    try:
        worker.connection.send(number)
    except OSError:
        raise _death(worker) from None


def _death(worker: _Worker) -> WorkerDiedError:
    worker.process.kill()
    worker.process.join()
    code = worker.process.exitcode
    how = f"was killed by signal {-code}" if code is not None and code < 0 else "ended"
    return WorkerDiedError(
        f"a worker process {how}: there may be too little memory; try again with --jobs 1"
    )


# -- in a worker -------------------------------------------------------------------------------


def _serve(connection: Connection[Any, Any], task: _Task) -> None:
    """Do shares of the work until the parent has them all, or has ended."""
    signals.ignore()
    with suppress(EOFError, OSError):
        while True:
            number = connection.recv()
            try:
                found = [task.work(item) for item in task.items[number :: task.shares]]
                answer = pickle.dumps((number, found, None), -1)
            except BaseException as error:
                answer = pickle.dumps((number, None, _portable(error)), -1)
            connection.send_bytes(answer)


def _portable(error: BaseException) -> tuple[BaseException, str]:
    """Return an exception, or its text if it cannot be pickled, and its traceback."""
    import traceback

    text = traceback.format_exc()
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}"), text
    return error, text


def _die_with(parent: int) -> None:
    """Make the system kill this process when its parent ends."""
    with suppress(ImportError, OSError, AttributeError):
        import ctypes
        import signal

        set_death_signal = 1
        ctypes.CDLL(None).prctl(set_death_signal, int(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(0)

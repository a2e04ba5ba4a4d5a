"""Signals and workers: the right status, no traceback, no hang, and no process left."""

from __future__ import annotations

import math
import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tritonlint.project import surveys
from tritonlint.store import workers
from tritonlint.store.workers import WorkerDiedError, share

needs_fork = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux")

DEAD = """\
import triton


@triton.jit
def kernel(p, n):
    p.store(1)


kernel[(1,)](p, 4)
"""
SIGNALS = [s for s in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, s)]


def is_alive(process: int) -> bool:
    """Whether a process runs; a zombie does not count."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until_gone(processes: set[int]) -> None:
    for _ in range(1000):
        if not any(map(is_alive, processes)):
            return
        time.sleep(0.01)
    raise AssertionError(f"left: {[p for p in processes if is_alive(p)]}")


# -- the processes -------------------------------------------------------------------------

#: A run that would take very long: each result is the number of the process that it is from.
ENDLESS = """
import os, time
from tritonlint.store import signals
from tritonlint.store.workers import share

def work(item):
    WORK
    return os.getpid()

signals.install()
print(os.getpid(), flush=True)
for place, process in share(work, range(144), 3):
    print(process, flush=True)
"""
WORKS = {"waiting": "time.sleep(0.1)", "busy": "sum(range(3_000_000))"}


@pytest.fixture(params=WORKS.values(), ids=WORKS)
def endless(request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[str], set[int]]]:
    """A run with three workers that has begun, and the numbers of the workers."""
    script = ENDLESS.replace("WORK", request.param)
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        parent = int(process.stdout.readline())
        first = int(process.stdout.readline())
        assert parent == process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        found = set(map(int, children))
        assert first in found
        assert len(found) == 3
        yield process, found


@needs_fork
@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("to", ["one", "all"])
def test_a_signal_ends_it_with_its_status(
    endless: tuple[subprocess.Popen[str], set[int]], name: str, to: str
) -> None:
    """As from `kill`, and as from a terminal, which sends it to all processes of the group."""
    process, children = endless
    number = getattr(signal, name)
    if to == "all":
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode == 128 + number
    said = "interrupted" if name == "SIGINT" else f"ended by {name}"
    assert err == f"tritonlint: {said}\n"
    assert not any(map(is_alive, children))


@needs_fork
@pytest.mark.parametrize("name", ["SIGKILL", "SIGQUIT", "SIGSEGV"])
def test_a_parent_that_dies_leaves_no_worker(
    endless: tuple[subprocess.Popen[str], set[int]], name: str
) -> None:
    process, children = endless
    process.send_signal(getattr(signal, name))
    process.communicate()
    wait_until_gone(children)


@needs_fork
def test_signals_that_come_twice(endless: tuple[subprocess.Popen[str], set[int]]) -> None:
    process, children = endless
    for _ in range(3):
        os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert not any(map(is_alive, children))


#: The command, which says when its handlers are there.
COMMAND = (
    "import sys; from tritonlint.store import signals; signals.install(); "
    "print('begun', flush=True); "
    "from tritonlint.__main__ import main; main()"
)


@needs_fork
@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("moment", range(5))
def test_the_command_is_ended_at_any_moment(
    write: Callable[..., Path], name: str, moment: int
) -> None:
    root = write({f"m{i}.py": DEAD.replace("kernel", f"kernel_{i}") * 9 for i in range(120)})
    number = getattr(signal, name)
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, "--jobs", "3", "--quiet", str(root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(random.Random(f"{name}{moment}").uniform(0, 0.1 * (moment + 1)))
        os.killpg(process.pid, number)
        _, err = process.communicate()
    # It may have been done before.
    assert process.returncode in (1, 128 + number)
    assert err.count("\n") == (process.returncode != 1)
    assert "Traceback" not in err
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


# -- what comes of the work ----------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2, 3, 64])
@pytest.mark.parametrize("number", [0, 1, 23, 24, 48, 1000])
def test_every_item_is_done_once(jobs: int, number: int) -> None:
    items = [float(i) for i in range(number)]
    assert sorted(share(math.sqrt, items, jobs)) == list(enumerate(map(math.sqrt, items)))


@needs_fork
def test_results_come_back_as_they_arrive() -> None:
    """All results but those of one worker arrive before that worker is done."""
    readable, writable = os.pipe()

    def work(item: int) -> int:
        if item == 0:
            os.read(readable, 1)
        return item

    arrived = []
    for place, _ in share(work, range(240), 2):
        arrived.append(place)
        if len(arrived) == 200:
            os.write(writable, b"x")
    assert sorted(arrived) == list(range(240))
    assert 0 not in arrived[:200]


def test_progress_ends_with_all() -> None:
    told: list[tuple[int, int]] = []
    list(share(math.sqrt, [1.0] * 100, 2, lambda done, total: told.append((done, total))))
    assert told == sorted(told)
    assert told[-1] == (100, 100)


class OddError(Exception):
    """An exception that cannot be rebuilt from what pickle keeps of it."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


def fail_with(error: BaseException) -> Callable[[int], int]:
    def work(item: int) -> int:
        if item == 77:
            raise error
        return item

    return work


@needs_fork
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("of its own"), ValueError),
        (RecursionError("of its own"), RecursionError),
        (MemoryError("of its own"), MemoryError),
        (SystemExit("of its own"), SystemExit),
        (OddError("of its own", "x"), RuntimeError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_an_exception_reaches_the_caller(error: BaseException, kind: type[BaseException]) -> None:
    with pytest.raises(kind, match="of its own") as raised:
        list(share(fail_with(error), range(100), 2))
    assert "in work" in str(raised.value.__cause__)


@needs_fork
def test_a_result_that_cannot_be_sent_is_an_exception() -> None:
    with pytest.raises(Exception, match="local object"):
        list(share(lambda item: lambda: item, range(100), 2))


@needs_fork
# SIGUSR1 does not work here: after a first compile, the compiler inside Triton handles it.
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGALRM])
def test_a_worker_that_dies_is_told(number: int) -> None:
    def work(item: int) -> int:
        if item == 77:
            os.kill(os.getpid(), number)
        return item

    expected = f"a worker process was killed by signal {int(number)}: .* try again with --jobs 1"
    with pytest.raises(WorkerDiedError, match=expected):
        list(share(work, range(100), 2))


@needs_fork
def test_a_worker_that_dies_is_one_plain_line(
    tritonlint: Callable[..., Any], write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({f"m{i}.py": DEAD for i in range(60)})
    parent = os.getpid()

    def die(*_: object, **__: object) -> None:
        assert os.getpid() != parent
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(surveys, "look", die)
    completed = tritonlint("--no-cache", "--jobs", "2", root)
    assert completed.status == 2
    assert completed.err.startswith("tritonlint: a worker process was killed by signal 9")
    assert completed.err.count("\n") == 1


@needs_fork
def test_a_parent_that_ignores_the_end_of_its_children() -> None:
    """Some runners start everything in this way; then no process can wait for a child."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert len(list(share(math.sqrt, [1.0] * 100, 2))) == 100
        with pytest.raises(WorkerDiedError, match="a worker process ended: "):
            list(share(lambda item: os.kill(os.getpid(), signal.SIGKILL), range(100), 2))
    finally:
        signal.signal(signal.SIGCHLD, before)


@needs_fork
def test_a_caller_that_stops_leaves_no_worker() -> None:
    results = share(lambda item: os.getpid(), range(1000), 2)
    processes = {process for _, process in (next(results) for _ in range(100))}
    results.close()
    assert processes
    assert os.getpid() not in processes
    assert not any(map(is_alive, processes))


# -- where no processes can be started -----------------------------------------------------


def refuse(*_: object, **__: object) -> None:
    raise OSError(11, "Resource temporarily unavailable")


def refuse_from_the_second_on(real: Callable[..., Any]) -> Callable[..., Any]:
    calls = iter(range(100))
    return lambda *args: real(*args) if next(calls) == 0 else refuse()


def no_semaphores(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if /dev/shm can't be written."""
    import multiprocessing.synchronize

    monkeypatch.setattr(multiprocessing.synchronize.SemLock, "__init__", refuse)


LACKS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "no semaphores": no_semaphores,
    "no processes": lambda m: m.setattr(os, "fork", refuse),
    "one process": lambda m: m.setattr(os, "fork", refuse_from_the_second_on(os.fork)),
    "no pipes": lambda m: m.setattr("multiprocessing.connection.Pipe", refuse),
    "no multiprocessing": lambda m: m.setitem(sys.modules, "multiprocessing.connection", None),
    "no ctypes": lambda m: m.setitem(sys.modules, "ctypes", None),
}


@needs_fork
@pytest.mark.parametrize("lack", LACKS.values(), ids=LACKS)
def test_what_the_system_lacks_is_done_without(
    monkeypatch: pytest.MonkeyPatch, lack: Callable[[pytest.MonkeyPatch], None]
) -> None:
    items = [float(i) for i in range(200)]
    lack(monkeypatch)
    assert sorted(share(math.sqrt, items, 4)) == list(enumerate(map(math.sqrt, items)))


def test_nothing_is_forked_beside_a_thread() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert {p for _, p in share(lambda item: os.getpid(), range(200), 4)} == {os.getpid()}
    finally:
        stop.set()
        thread.join()


@needs_fork
def test_no_thread_is_there_when_workers_are_forked(
    write: Callable[..., Path], tritonlint: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even a progress bar's thread, which lives from the first round of work to the second."""
    root = write({f"m{i}.py": DEAD for i in range(60)})
    threads = []
    fork = os.fork

    before = len(os.listdir("/proc/self/task"))  # A test runner may have its own.

    def counting() -> int:
        threads.append(len(os.listdir("/proc/self/task")) - before)
        return fork()

    monkeypatch.setattr(os, "fork", counting)
    monkeypatch.setattr("tritonlint.command.progress._PATIENCE", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    completed = tritonlint("--no-cache", "--jobs", "2", root)
    assert completed.status == 1
    assert "Reading kernels [" in completed.err
    assert set(threads) == {0}


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_workers_are_started_again(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """Simulated: the start method of macOS and Windows works here too."""
    monkeypatch.setattr(workers.sys, "platform", platform)
    started = []
    spawn = workers._spawn
    monkeypatch.setattr(workers, "_spawn", lambda *args: started.append(1) or spawn(*args))
    items = [float(i) for i in range(100)]
    assert sorted(share(math.sqrt, items, 2)) == list(enumerate(map(math.sqrt, items)))
    assert len(started) == 2


def test_windows_gets_no_more_workers_than_it_can_wait_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Simulated: 128 cores."""
    monkeypatch.setattr(workers.sys, "platform", "win32")
    counts = []
    monkeypatch.setattr(workers, "_start", lambda w, task, count: counts.append(count))
    list(share(math.sqrt, [1.0] * 10_000, 128))
    assert counts == [61]

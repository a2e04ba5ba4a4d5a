"""What signals do: they end the run at once or, while files are renamed, right after that.

A handler that raises an exception may do so at any line. Where Python only prints exceptions and
goes on (in a callback of an import, for instance), the exception would be lost. So the handler
itself ends the process.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType

#: Signals that ask a process to stop; the exit status is 128 plus their number.
_ASKING = ("SIGINT", "SIGTERM", "SIGHUP")

#: Functions that are called before the process ends.
_duties: list[Callable[[], object]] = []


def install() -> None:
    """Make these signals end the process with one line and their exit status."""
    for number in _numbers(_ASKING):
        # Signals that the parent ignores (`nohup`) stay ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


@contextlib.contextmanager
def before_the_end(duty: Callable[[], object]) -> Iterator[None]:
    """Call `duty` if a signal ends the process within the block."""
    _duties.append(duty)
    try:
        yield
    finally:
        _duties.remove(duty)


class Held:
    """The signal that came while signals were held back."""

    def __init__(self) -> None:
        self.number: int | None = None

    def note(self, number: int, frame: FrameType | None) -> None:
        """Remember the first one."""
        self.number = self.number or number


@contextlib.contextmanager
def held() -> Iterator[Held]:
    """Hold back the signals that end a process; the first is delivered after the block."""
    came = Held()
    before = {}
    try:
        for number in _numbers((*_ASKING, "SIGQUIT")):
            if signal.getsignal(number) in (signal.SIG_IGN, None):
                continue
            # Only the main thread may set handlers, and only it is interrupted.
            with contextlib.suppress(ValueError):
                before[number] = signal.signal(number, came.note)
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came.number is not None:
            signal.raise_signal(came.number)


@contextlib.contextmanager
def blocked() -> Iterator[None]:
    """Block signals, so that a process forked in the block inherits no running handler."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _numbers(_ASKING))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore() -> None:
    """Ignore signals to the whole process group: the parent process decides what they mean."""
    for number in _numbers(_ASKING):
        signal.signal(number, signal.SIG_IGN)


def _end(number: int, frame: FrameType | None) -> None:
    ignore()
    for duty in reversed(_duties):
        with contextlib.suppress(Exception):
            duty()
    text = "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"
    # The interrupted code may be using the buffer of sys.stderr.
    with contextlib.suppress(OSError):
        os.write(2, f"tritonlint: {text}\n".encode())
    os._exit(128 + number)


def _numbers(names: tuple[str, ...]) -> list[signal.Signals]:
    """Return the signals that this system has."""
    return [signal.Signals[name] for name in names if name in signal.Signals.__members__]

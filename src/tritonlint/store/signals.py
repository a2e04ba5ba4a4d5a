"""What signals do: they end the run at once, or, while files are renamed, when that is done.

A handler that raises an exception does so at any line, also where Python prints the exception and
goes on (in a callback of an import, for instance). So the handler itself ends the process.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType

#: Signals that ask a process to stop; the exit status is 128 and the number.
_ASKING = ("SIGINT", "SIGTERM", "SIGHUP")

#: What has to be done before the process ends.
_duties: list[Callable[[], object]] = []


def install() -> None:
    """Have these signals end the process with one line and their exit status."""
    for number in _numbers(_ASKING):
        # What a parent had ignored (`nohup`) stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


@contextlib.contextmanager
def before_the_end(duty: Callable[[], object]) -> Iterator[None]:
    """Have `duty` called if a signal ends the process within the block."""
    _duties.append(duty)
    try:
        yield
    finally:
        _duties.remove(duty)


class Held:
    """The signal that came while signals were held off."""

    def __init__(self) -> None:
        self.number: int | None = None

    def note(self, number: int, frame: FrameType | None) -> None:
        """Remember the first one."""
        self.number = self.number or number


@contextlib.contextmanager
def held() -> Iterator[Held]:
    """Hold off the signals that end a process; the first that came is delivered after the block."""
    came = Held()
    before = {}
    try:
        for number in _numbers((*_ASKING, "SIGQUIT")):
            if signal.getsignal(number) in (signal.SIG_IGN, None):
                continue
            # Only the main thread may do so, and only it is interrupted.
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
    """Let no signal in, so that a process forked in the block inherits no call of a handler."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _numbers(_ASKING))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore() -> None:
    """Leave it to the parent process what a signal to all processes of the group means."""
    for number in _numbers(_ASKING):
        signal.signal(number, signal.SIG_IGN)


def _end(number: int, frame: FrameType | None) -> None:
    ignore()
    for duty in reversed(_duties):
        with contextlib.suppress(Exception):
            duty()
    text = "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"
    # The buffer of sys.stderr may be in use just now.
    with contextlib.suppress(OSError):
        os.write(2, f"tritonlint: {text}\n".encode())
    os._exit(128 + number)


def _numbers(names: tuple[str, ...]) -> list[signal.Signals]:
    """Those of the signals that this system has."""
    return [signal.Signals[name] for name in names if name in signal.Signals.__members__]

"""A progress bar on a terminal's standard error, for runs that take more than a second."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from types import TracebackType

from tritonlint.store import signals

_PATIENCE = 1.0
#: Seconds between two states of the bar.
_PAUSE = 0.1
_CELLS = 30


class ProgressBar:
    """Counts the surveyed files; shows nothing before a second has passed, or in a pipe.

    It is plain text, written by the code that counts. A bar that a thread draws would prevent
    forking, and one that hides the cursor would leave it hidden if the run is killed.
    """

    def __init__(self, quiet: bool) -> None:
        self._is_shown = not quiet and sys.stderr.isatty()
        self._next = time.monotonic() + _PATIENCE
        self._width = 0
        self._until_the_end = ExitStack()

    def __enter__(self) -> ProgressBar:
        self._until_the_end.enter_context(signals.before_the_end(self._clear))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._until_the_end.close()
        self._clear()

    def __call__(self, done: int, total: int) -> None:
        """Note that `done` of `total` files were read."""
        if done == total:
            self._clear()
        elif self._is_shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + _PAUSE
            bar = "#" * (done * _CELLS // total)
            self._draw(f"Reading kernels [{bar:.<{_CELLS}}] {done}/{total}")

    def _clear(self) -> None:
        if self._width:
            self._draw("")

    def _draw(self, text: str) -> None:
        try:
            sys.stderr.write(f"\r{text:{self._width}}\r")
            sys.stderr.flush()
        except (OSError, RuntimeError):
            # The terminal is gone, or a signal interrupted the writing.
            self._is_shown = False
        self._width = len(text)

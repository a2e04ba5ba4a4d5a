"""A limit for the variants that some code may compile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tritonlint.report.text import counted
from tritonlint.runtime import words
from tritonlint.runtime.bootstrap import recorder, when_triton_is_imported
from tritonlint.runtime.events import Kernel, Trace
from tritonlint.runtime.reader import collect
from tritonlint.runtime.steps import Step
from tritonlint.runtime.summary import KernelSummary, Summary, summarize


class TooManyCompilesError(AssertionError):
    """More was compiled than allowed; the message names the kernel, the argument and what to do."""


class Compiles:
    """Collects what Triton compiles.

    Args:
        kernel: the name of the only kernel that counts.
    """

    def __init__(self, kernel: str | None = None) -> None:
        self.kernel = kernel
        self._events: list[dict[str, Any]] = []

    def start(self) -> None:
        """Start to watch this process."""
        recorder().subscribe(self._events.append)
        when_triton_is_imported(_install)

    def stop(self) -> None:
        """Stop watching."""
        recorder().unsubscribe(self._events.append)

    @property
    def trace(self) -> Trace:
        """Return the trace, of the kernel that counts."""
        trace = collect(self._events)
        if self.kernel is None:
            return trace
        return trace._replace(
            compiles=tuple(c for c in trace.compiles if _is(self.kernel, c.kernel)),
            tunings=tuple(t for t in trace.tunings if _is(self.kernel, t.kernel)),
        )

    @property
    def summary(self) -> Summary:
        """Return the summary, with the most expensive kernel first."""
        return summarize(self.trace)

    @property
    def count(self) -> int:
        """Return the number of variants. A tuning counts once, however many configs it tries."""
        return sum(len(kernel.steps) for kernel in self.summary.kernels)

    def check(self, at_most: int) -> None:
        """Make sure that there were not more than that.

        Raises:
            TooManyCompilesError: there were.
        """
        summary = self.summary
        count = sum(len(kernel.steps) for kernel in summary.kernels)
        if count > at_most:
            raise TooManyCompilesError(_message(summary, count, at_most))


def _install() -> None:
    problem = recorder().install()
    if problem:
        raise RuntimeError(problem)


def _is(name: str, kernel: Kernel) -> bool:
    return name in (kernel.name, kernel.short)


@contextlib.contextmanager
def compiles(at_most: int | None = None, kernel: str | None = None) -> Iterator[Compiles]:
    """Watch what Triton compiles in this process, and limit the number of variants.

    A `with` block, or a decorator. Only what is compiled inside counts: a variant that this process
    has already is free. A tuning counts once, however many configs it tries.

    Args:
        at_most: the limit; None only watches.
        kernel: count this kernel alone, by its name.

    Raises:
        TooManyCompilesError: more than that were made.
    """
    watched = Compiles(kernel)
    watched.start()
    try:
        yield watched
    finally:
        watched.stop()
    if at_most is not None:
        watched.check(at_most)


def _message(summary: Summary, count: int, at_most: int) -> str:
    """Return the message: which kernel, which argument, what to do."""
    several = len(summary.kernels) > 1
    where = f"{len(summary.kernels)} kernels" if several else f"`{summary.kernels[0].kernel.name}`"
    allowed = f"at most {at_most} {'is' if at_most == 1 else 'are'} allowed"
    were = "was" if count == 1 else "were"
    lines = [f"{counted(count, 'variant')} of {where} {were} compiled, and {allowed}."]
    for kernel in sorted(summary.kernels, key=lambda k: -len(k.steps)):
        lines += _about(kernel, several)
    return "\n".join(lines)


def _about(kernel: KernelSummary, several: bool) -> Iterator[str]:
    if several:
        yield f"`{kernel.kernel.name}`: {counted(len(kernel.steps), 'variant')}."
    for axis in kernel.axes:
        yield f"`{axis.name}` took {words.listed(list(axis.values))}. {axis.advice}."
    unexplained = [step for step in kernel.steps if not step.first and not step.changes]
    for step in unexplained[:1]:
        yield f"One was compiled again: {step.sentence}."
    if not kernel.axes and not unexplained and kernel.steps:
        yield f"Launched at {_place(kernel.steps[0])}."


def _place(step: Step) -> str:
    return str(step.site[0]) if step.site else "an unknown place"

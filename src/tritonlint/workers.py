"""Shares one piece of work on many items among processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

#: Below this many items, starting processes takes longer than the work.
_FEW_ITEMS = 24
_SHARES_PER_WORKER = 24

Progress = Callable[[int, int], None]
T = TypeVar("T")
R = TypeVar("R")

#: In a worker process: the work, its items, and into how many shares they are dealt out.
_task: tuple[Callable[[Any], Any], Sequence[Any], int]


def share(
    work: Callable[[T], R],
    items: Sequence[T],
    jobs: int,
    progress: Progress | None = None,
) -> Iterator[tuple[int, R]]:
    """The places of the items and the results of `work`, as these arrive.

    Neighbours go to different workers: if the items are sorted by size, all shares are alike.
    """
    workers = min(jobs, len(items) // _FEW_ITEMS + 1)
    if workers < 2:
        yield from enumerate(map(work, items))
        return
    # To import these takes as long as to survey a few files.
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # A forked worker knows the work and the items; any other has to be sent them, once.
    context = get_context("fork" if sys.platform == "linux" else None)
    shares = workers * _SHARES_PER_WORKER
    task = (work, items, shares)
    with ProcessPoolExecutor(workers, context, _begin, task) as pool:
        try:
            for number, found in enumerate(pool.map(_do_share, range(shares))):
                yield from zip(range(number, len(items), shares), found, strict=True)
                if progress is not None:
                    progress((number + 1) * len(items) // shares, len(items))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _begin(*task: Any) -> None:
    global _task
    _task = task


def _do_share(number: int) -> list[Any]:
    work, items, shares = _task
    return [work(item) for item in items[number::shares]]

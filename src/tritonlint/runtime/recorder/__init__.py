"""Records what Triton compiles and tunes, as it happens.

It runs inside programs that know nothing about tritonlint, also in environments without it, on
every Python that Triton supports. So it only uses the standard library. It never raises an error in
the program. It does not use `from . import`, which would import `tritonlint`.
"""

from __future__ import annotations

from .bus import publish, subscribe, unsubscribe
from .watch import OLDEST, from_disk, install
from .writer import FORMAT, Writer

__all__ = [
    "FORMAT",
    "OLDEST",
    "Writer",
    "from_disk",
    "install",
    "publish",
    "start",
    "subscribe",
    "unsubscribe",
]


def start(directory: str) -> Writer:
    """Write all events of this process, and of those forked from it, into a directory."""
    writer = Writer(directory)
    writer.begin()
    subscribe(writer)
    problem = install()
    if problem:
        writer.complain(problem)
    return writer

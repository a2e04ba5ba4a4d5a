"""Walls around the process that runs Triton, in case the allowlist has a hole.

Each is put up if the system supports it. If one is missing, this is reported, and the others stay.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tritonlint.verify import landlock
from tritonlint.verify.seccomp import forbid_calls

#: The limits of one process: memory that it writes to, and the size of a file.
MEMORY, FILE_SIZE = 2 << 30, 256 << 20
#: The most processes at one time, and the memory of all of them together.
PROCESSES, RESIDENT = 16, 3 << 30

_SET_DEATH_SIGNAL, _SET_SUBREAPER, _NO_NEW_PRIVILEGES = 1, 36, 38


class Wall(NamedTuple):
    """One wall; `problem` says why it is missing."""

    name: str
    problem: str | None = None


def die_with_parent(parent: int) -> None:
    """End this process as soon as its parent ends."""
    _libc().prctl(_SET_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Make orphaned processes children of this one, which can then end them."""
    _libc().prctl(_SET_SUBREAPER, 1, 0, 0, 0)


def put_up(directory: Path, files: bool) -> list[Wall]:
    """Put up the walls around this process, which keeps `directory`; `files` is for Landlock."""
    limits = f"limits ({MEMORY >> 30} GiB of memory, {FILE_SIZE >> 20} MiB a file)"
    walls = [Wall(limits, _limit())]
    if _libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        problem: str | None = os.strerror(ctypes.get_errno())
    elif not files:
        problem = "Triton could not be imported behind it"
    else:
        problem = landlock.restrict_files(_rules(directory))
    walls.append(Wall("files outside its directory (Landlock)", problem))
    walls.append(Wall("network and other processes (seccomp)", forbid_calls()))
    return walls


def _limit() -> str | None:
    problem = None
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, FILE_SIZE),
        # Python and LLVM reserve much more address space than they use.
        (resource.RLIMIT_DATA, MEMORY),
    ):
        try:
            hard = resource.getrlimit(kind)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError) as error:
            problem = str(error)
    return problem


def limit_processor_time(seconds: float) -> None:
    """End this process, and programs that it starts, after that much processor time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soon = int(used.ru_utime + used.ru_stime + seconds) + 2
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if hard == resource.RLIM_INFINITY or soon < hard:
        resource.setrlimit(resource.RLIMIT_CPU, (soon, hard))


def _rules(directory: Path) -> Iterator[tuple[Path, int]]:
    yield directory, landlock.WRITE
    for device in ("/dev/null", "/dev/zero", "/dev/urandom"):
        yield Path(device), landlock.DEVICE
    installed = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path}
    installed.add(str(Path(__file__).parents[1]))
    for place in filter(os.path.isabs, installed):
        yield Path(place), landlock.READ
    for place in ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/sys/devices/system/cpu"):
        yield Path(place), landlock.READ
    # It may only start NVIDIA's assembler, which comes with Triton, and the program loaders.
    spec = importlib.util.find_spec("triton")
    for triton in (spec.submodule_search_locations or ()) if spec is not None else ():
        yield Path(triton), landlock.READ
        for program in (Path(triton) / "backends" / "nvidia" / "bin").glob("ptxas*"):
            yield program, landlock.EXECUTE
    for loader in ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"):
        yield Path(loader), landlock.EXECUTE


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)

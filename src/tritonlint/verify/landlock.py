"""Limits which files a process may access, by Landlock (Linux 5.13 or newer), without root.

The libraries for it on PyPI are first versions, so its three system calls are called directly here.
See https://docs.kernel.org/userspace-api/landlock.html.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIRECTORY = 1, 2, 4, 8
_REMOVE, _MAKE_DIRECTORY, _MAKE_FILE = 3 << 4, 1 << 7, 1 << 8
#: The access rights to files in the first version, and those that later versions added.
_FIRST, _REFER, _TRUNCATE = (1 << 13) - 1, 1 << 13, 1 << 14
#: From version 4 on also TCP, from version 6 on abstract sockets and signals.
_TCP, _SCOPES = 3, 3

READ = _READ_FILE | _READ_DIRECTORY
EXECUTE = _READ_FILE | _EXECUTE
#: Files and directories, but no devices, sockets, pipes or links.
WRITE = READ | _WRITE_FILE | _REMOVE | _MAKE_DIRECTORY | _MAKE_FILE | _REFER | _TRUNCATE
DEVICE = _READ_FILE | _WRITE_FILE

#: The rights that apply to a file, and not only to a directory.
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scope", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    # Packed, as in the kernel's header; from Python 3.14 on, a packed structure needs a layout.
    _layout_ = "ms"
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("descriptor", ctypes.c_int32))


def restrict_files(rules: Iterable[tuple[Path, int]]) -> str | None:
    """Let this process, and all that it starts, access these paths only; return why not, or None.

    A path that does not exist is left out.
    """
    if sys.platform != "linux":
        return "it is known for Linux only"
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), _ASK_VERSION)
    if version < 1:
        return os.strerror(ctypes.get_errno())
    handled = _FIRST | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    wanted = _Ruleset(handled, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = libc.syscall(_CREATE, ctypes.byref(wanted), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return os.strerror(ctypes.get_errno())
    try:
        for path, rights in rules:
            _allow(libc, ruleset, path, rights & handled)
        if libc.syscall(_RESTRICT, ruleset, 0):
            return os.strerror(ctypes.get_errno())
    finally:
        os.close(ruleset)
    return None


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            rights &= _OF_FILES
        beneath = _Beneath(rights, descriptor)
        if libc.syscall(_ADD, ruleset, _PATH_BENEATH, ctypes.byref(beneath), 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))
    finally:
        os.close(descriptor)

"""What a file has besides its content: reasons not to replace it, and attributes to keep."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path


class LostAttributeError(Exception):
    """An attribute of a file could not be given to its replacement; the message says which."""


def obstacle(path: Path, root: Path) -> str | None:
    """Say why a file of the project below `root` cannot be replaced, or return None.

    A file without its write bit is left alone, even if the user could replace it.
    """
    real = Path(os.path.realpath(path))
    root = Path(os.path.realpath(root))
    if not real.is_relative_to(root):
        return f"it lies outside the project {root}"
    try:
        status = os.stat(real)
        directory = os.stat(real.parent)
        device = os.stat(root).st_dev
    except OSError as error:
        return f"{error.strerror or error}"
    if not stat.S_ISREG(status.st_mode):
        return "it is not a regular file"
    if _is_immutable(real) or _is_immutable(real.parent):
        return "it or its directory is immutable"
    if not status.st_mode & stat.S_IWUSR or not os.access(real, os.W_OK):
        return "it is read-only"
    if not os.access(real.parent, os.W_OK):
        return "its directory is read-only"
    if not os.access(root, os.W_OK):
        return f"the project's directory {root} is read-only, and a fix needs a journal there"
    if directory.st_dev != device:
        return f"it is on another file system than {root}"
    if status.st_nlink > 1:
        return f"it has {status.st_nlink} hard links, which the fix would separate"
    return _owner_obstacle(status)


def _owner_obstacle(status: os.stat_result) -> str | None:
    if sys.platform == "win32" or os.geteuid() == 0:
        return None
    if status.st_uid != os.geteuid():
        return "it belongs to another user"
    if status.st_gid not in (os.getegid(), *os.getgroups()):
        return "it belongs to a group that you are not in"
    return None


def _is_immutable(path: Path) -> bool:
    """Whether `chattr` or `chflags` has made a file unchangeable."""
    if sys.platform == "linux":
        import fcntl

        get_flags, immutable, append_only = 0x80086601, 0x10, 0x20
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                flags = fcntl.ioctl(descriptor, get_flags, b"\0" * 8)
            finally:
                os.close(descriptor)
            return bool(int.from_bytes(flags[:4], sys.byteorder) & (immutable | append_only))
        return False
    unchangeable = stat.UF_IMMUTABLE | stat.SF_IMMUTABLE | stat.UF_APPEND | stat.SF_APPEND
    return bool(getattr(os.stat(path), "st_flags", 0) & unchangeable)


def keep(file: Path, like: Path) -> None:
    """Give a file the owner, the mode and the extended attributes (also the ACL) of another.

    Raises:
        LostAttributeError: it could not be given all of them.
    """
    wanted = os.lstat(like)
    if sys.platform != "win32":
        found = os.lstat(file)
        if (found.st_uid, found.st_gid) != (wanted.st_uid, wanted.st_gid):
            with suppress(OSError):
                os.chown(file, wanted.st_uid, wanted.st_gid)
    if sys.platform == "linux":
        _keep_extended(file, like)
    elif sys.platform == "darwin":
        _keep_extended_on_macos(file, like)
    os.chmod(file, stat.S_IMODE(wanted.st_mode))
    found = os.lstat(file)
    if (found.st_uid, found.st_gid) != (wanted.st_uid, wanted.st_gid):
        raise LostAttributeError("its owner and group cannot be kept")
    if found.st_mode != wanted.st_mode:
        raise LostAttributeError(f"its mode {stat.filemode(wanted.st_mode)} cannot be kept")


def _keep_extended(file: Path, like: Path) -> None:
    wanted, found = _extended(like), _extended(file)
    for name in wanted.keys() | found.keys():
        if wanted.get(name) == found.get(name):
            continue
        try:
            if name in wanted:
                os.setxattr(file, name, wanted[name])
            else:
                os.removexattr(file, name)
        except OSError as error:
            reason = error.strerror or error
            raise LostAttributeError(
                f"its extended attribute {name} cannot be kept: {reason}"
            ) from error


def _extended(path: Path) -> dict[str, bytes]:
    try:
        return {name: os.getxattr(path, name) for name in os.listxattr(path)}
    except OSError as error:
        # A file system without extended attributes.
        if error.errno in (errno.ENOTSUP, errno.ENOSYS):
            return {}
        raise


def _keep_extended_on_macos(file: Path, like: Path) -> None:
    import ctypes

    access_list, attributes = 1 << 0, 1 << 2
    copied = ctypes.CDLL(None, use_errno=True).copyfile(
        os.fsencode(like), os.fsencode(file), None, access_list | attributes
    )
    if copied < 0:
        reason = os.strerror(ctypes.get_errno())
        raise LostAttributeError(f"its extended attributes cannot be kept: {reason}")

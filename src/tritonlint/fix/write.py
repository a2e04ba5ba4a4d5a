"""Writes all files of a fix or none, even if the process is killed while it writes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tritonlint.fix.attributes import LostAttributeError, keep, obstacle
from tritonlint.fix.journal import Content, Entry, Journal
from tritonlint.store import disk, signals


class WriteError(Exception):
    """Nothing was written; the message says which file caused this, and why."""


class HalfWrittenError(WriteError):
    """Some files could not be restored; the message says which text each file has."""


class Change(NamedTuple):
    """A file's bytes: as they were read, and as they will be."""

    before: bytes
    after: bytes


class _File(NamedTuple):
    """A file to change, and its status when its new text was prepared."""

    path: Path
    change: Change
    status: os.stat_result


def write_all(changes: Mapping[Path, Change], root: Path) -> None:
    """Write every change in the project below `root`.

    The new texts are on the disk, in a journal, before the first file is replaced. Then each file
    is compared again and replaced in one step. If one cannot be replaced, the others are restored.
    If the process is killed, the next start uses the journal: see `recovery`.

    Raises:
        WriteError: a file cannot be written, or has changed meanwhile; all are as before.
    """
    root = Path(os.path.realpath(root))
    # If it is a link, the file that it points to is written.
    real = {Path(os.path.realpath(path)): change for path, change in changes.items()}
    files = [_checked(path, change, root) for path, change in sorted(real.items())]
    if not files:
        return
    journal = Journal(root, [_entry(file, root) for file in files])
    with signals.held() as came:
        _begin(journal)
        try:
            for number, file in enumerate(files):
                files[number] = _prepare(journal, number, file)
                if came.number is not None:
                    raise WriteError("a signal came before any file was written")
            disk.sync_directory(journal.directory)
            _replace_all(journal, files)
        except HalfWrittenError:
            raise
        except BaseException:
            _remove(journal)
            raise
        _remove(journal)


def _checked(path: Path, change: Change, root: Path) -> _File:
    """Return the file, if it can be changed."""
    try:
        data, status = disk.read(path)
        reason = obstacle(path, root)
    except OSError as error:
        raise _error(path, error) from error
    if data != change.before:
        raise _changed(path)
    if reason is not None:
        raise WriteError(f"{path} cannot be written: {reason}")
    return _File(path, change, status)


def _entry(file: _File, root: Path) -> Entry:
    name = file.path.relative_to(root).as_posix()
    return Entry(name, Content.of(file.change.before), Content.of(file.change.after))


def _begin(journal: Journal) -> None:
    try:
        journal.begin()
    except FileExistsError as error:
        raise WriteError(
            f"{journal.directory} is in the way: a fix is unfinished; run tritonlint again"
        ) from error
    except OSError as error:
        raise _error(journal.directory, error) from error


def _prepare(journal: Journal, number: int, file: _File) -> _File:
    """Put the new text and the old one where each only has to be renamed."""
    new, old = journal.new(number), journal.old(number)
    try:
        links = _link(file, old)
        status = os.lstat(file.path)
        if _identity(status) != _identity(file.status, links):
            raise _changed(file.path)
        disk.write(new, file.change.after, durably=False)
        keep(new, file.path)
        disk.sync(new)
    except LostAttributeError as error:
        raise WriteError(f"{file.path} cannot be written: {error}") from error
    except OSError as error:
        raise _error(file.path, error) from error
    return file._replace(status=status)


def _link(file: _File, old: Path) -> int:
    """Link the old file, which shows whether someone writes into it after the comparison.

    Returns 1 if it was linked. Without support for links, it is copied.
    """
    try:
        os.link(file.path, old)
    except OSError:
        disk.write(old, file.change.before, durably=False)
        keep(old, file.path)
        return 0
    return 1


def _replace_all(journal: Journal, files: Sequence[_File]) -> None:
    replaced = 0
    file = files[0]
    try:
        for number, file in enumerate(files):
            _compare(file)
            os.replace(journal.new(number), file.path)
            replaced += 1
            if disk.read(journal.old(number))[0] != file.change.before:
                raise _changed(file.path)
    except BaseException as error:
        cause = _error(file.path, error) if isinstance(error, OSError) else error
        _put_back(journal, files[:replaced], cause)
        raise cause from error
    finally:
        for directory in {file.path.parent for file in files[:replaced]}:
            disk.sync_directory(directory)


def _compare(file: _File) -> None:
    """Make sure that nobody has changed a file since its new text was prepared."""
    is_same = disk.read(file.path)[0] == file.change.before
    status = os.lstat(file.path)
    # Every change of a file changes its ctime.
    is_same = is_same and status.st_ctime_ns == file.status.st_ctime_ns
    if not is_same or _identity(status) != _identity(file.status):
        raise _changed(file.path)


def _identity(status: os.stat_result, more_links: int = 0) -> tuple[int, ...]:
    """Return what identifies a file, with everything that a replacement would lose."""
    links = status.st_nlink + more_links
    return status.st_dev, status.st_ino, status.st_mode, status.st_uid, status.st_gid, links


def _put_back(journal: Journal, replaced: Sequence[_File], cause: BaseException) -> None:
    """Give replaced files their old texts again, unless someone has changed them."""
    stuck = {}
    for number, file in reversed(list(enumerate(replaced))):
        try:
            if disk.read(file.path)[0] == file.change.after:
                os.replace(journal.old(number), file.path)
        except OSError as error:
            stuck[file.path] = error.strerror or str(error)
    if stuck:
        names = ", ".join(f"{path} ({reason})" for path, reason in sorted(stuck.items()))
        raise HalfWrittenError(
            f"the fix is half written: {cause}; these files have their new text and could not be "
            f"put back: {names}; all others have their old one, and {journal.directory} has both: "
            "the next start of tritonlint tries again"
        ) from cause


def _remove(journal: Journal) -> None:
    # The next start removes the rest: each file is complete.
    with contextlib.suppress(OSError):
        journal.remove()


def _changed(path: Path) -> WriteError:
    return WriteError(f"{path} changed on disk meanwhile; run tritonlint again")


def _error(path: Path, error: OSError) -> WriteError:
    return WriteError(f"{path} cannot be written: {error.strerror or error}")

"""The journal of a fix, with which the next start after a kill finishes or removes it.

It is a directory with a fixed name in the project's root, and exists only while files are replaced.
It contains a plan and, for each file, the new and the old text as files that only need renaming. So
a full disk is noticed before anything changes, and all temporary files are in this directory.

The plan is written first and removed last. A repository may contain a forged journal. So a plan is
only trusted with a code that needs the user's own key (keyed BLAKE2b, over the plan and the path of
the project). The code is in the first line, so that even half of a plan can be recognized.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from tritonlint.files.roots import JOURNAL
from tritonlint.store import disk, secret

_PLAN = "plan"
_MAGIC = b"tritonlint journal 1"
#: Keeps a journal that is left behind out of commits.
_IGNORE, _IGNORE_ALL = ".gitignore", b"*\n"
_NAME = re.compile(r"(?:new|old)-\d+")

#: No plan is larger than this; one for 100,000 files takes about 30 MiB.
_MOST_BYTES = 64 << 20
#: Written instead of a code if no key can be kept: no start trusts it.
_NO_CODE = b"-"


class ForeignJournalError(Exception):
    """The journal that was found is not this user's; the message says why."""


class Content(NamedTuple):
    """The content of a file: its size and digest."""

    size: int
    digest: str

    @classmethod
    def of(cls, data: bytes) -> Content:
        """Return the content of a file with these bytes."""
        return cls(len(data), blake2b(data, digest_size=32).hexdigest())


class Entry(NamedTuple):
    """A file to replace: its path below the root, with `/`, and its contents."""

    name: str
    before: Content
    after: Content


class Journal:
    """The journal of the project below `root`."""

    def __init__(self, root: Path, entries: Sequence[Entry]) -> None:
        self.root = root
        self.directory = root / JOURNAL
        self.entries = tuple(entries)

    def new(self, number: int) -> Path:
        """Return where the new text of a file is, until it replaces the old one."""
        return self.directory / f"new-{number}"

    def old(self, number: int) -> Path:
        """Return where the old file is kept, as a link or a copy."""
        return self.directory / f"old-{number}"

    def target(self, number: int) -> Path:
        """Return the file to replace."""
        return self.root.joinpath(*self.entries[number].name.split("/"))

    # -- writing ---------------------------------------------------------------------------

    def begin(self) -> None:
        """Make the directory, and write the plan to the disk.

        Raises:
            OSError: the directory exists already, or cannot be written.
        """
        os.mkdir(self.directory, 0o700)
        try:
            disk.write(self.directory / _IGNORE, _IGNORE_ALL)
            disk.write(self.directory / _PLAN, _plan(secret.make_key(), self.root, self.entries))
            disk.sync_directory(self.directory)
            disk.sync_directory(self.root)
        except BaseException:
            with contextlib.suppress(OSError):
                self.remove()
            raise

    def remove(self) -> None:
        """Remove the journal, the plan last. Files of others stay.

        Raises:
            OSError: something is left.
        """
        names = os.listdir(self.directory)
        for name in (*filter(_NAME.fullmatch, names), _IGNORE, _PLAN):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.directory / name)
        os.rmdir(self.directory)
        disk.sync_directory(self.root)

    # -- reading ---------------------------------------------------------------------------

    @classmethod
    def find(cls, root: Path) -> Journal | None:
        """Return the journal that a killed run left; an incomplete one is removed.

        Raises:
            ForeignJournalError: it is not this user's.
            OSError: it cannot be read.
        """
        remains = cls(root, ())
        try:
            mode = os.lstat(remains.directory).st_mode
        except FileNotFoundError:
            return None
        if not stat.S_ISDIR(mode):
            raise ForeignJournalError("it is not a directory")
        names = set(os.listdir(remains.directory))
        data = _read(remains.directory / _PLAN) if _PLAN in names else b""
        for key in secret.known_keys():
            entries = _proven(key, root, data)
            if entries is not None:
                return cls(root, entries)
        # The plan is written first: if it is incomplete, there is nothing else.
        if not names <= {_PLAN, _IGNORE} or not (data == b"" or _is_begun(root, data)):
            raise ForeignJournalError("it was not written by you on this machine, for this path")
        if _IGNORE in names and not _IGNORE_ALL.startswith(_read(remains.directory / _IGNORE)):
            raise ForeignJournalError(f"its {_IGNORE} is not tritonlint's")
        remains.remove()
        return None


def _read(path: Path) -> bytes:
    """Return the bytes of a file in a journal, which may contain anything."""
    try:
        return disk.read(path, _MOST_BYTES)[0]
    except OSError as error:
        raise ForeignJournalError(f"{path.name}: {error.strerror or error}") from error


def _plan(key: bytes | None, root: Path, entries: Sequence[Entry]) -> bytes:
    text = json.dumps(entries).encode()
    return _header(key, root) + text + b"\n" + _code(key, root, text, b"plan") + b"\n"


def _header(key: bytes | None, root: Path) -> bytes:
    return _MAGIC + b" " + _code(key, root, b"", b"header") + b"\n"


def _code(key: bytes | None, root: Path, text: bytes, part: bytes) -> bytes:
    """Return a code for this part of this project's journal, which only this user can compute."""
    if key is None:
        return _NO_CODE
    place = blake2b(os.fsencode(root)).digest()
    return blake2b(place + text, key=key, person=part, digest_size=32).hexdigest().encode()


def _is_begun(root: Path, data: bytes) -> bool:
    """Whether the data are the beginning of a plan of this user."""
    headers = [_header(key, root) for key in secret.known_keys()]
    return any(data.startswith(header) or header.startswith(data) for header in headers)


def _proven(key: bytes, root: Path, data: bytes) -> list[Entry] | None:
    """Return the plan, if the data are a complete plan of this user for this project."""
    header = _header(key, root)
    text, _, code = data[len(header) :].removesuffix(b"\n").rpartition(b"\n")
    # The text is not parsed before its author is known.
    if not data.startswith(header) or code != _code(key, root, text, b"plan"):
        return None
    entries = [Entry(n, Content(*before), Content(*after)) for n, before, after in json.loads(text)]
    if any({"", ".", ".."} & set(entry.name.split("/")) for entry in entries):
        return None
    return entries

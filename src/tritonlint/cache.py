"""Facts kept between runs: one file of JSON for each project, valid as long as files are unchanged.

Nothing in it is executed, and whatever is wrong with it (damage, another version, a directory that
cannot be written) costs the cache and nothing else.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tritonlint import __version__
from tritonlint.codec import CodecError, decode, encode
from tritonlint.facts import ModuleFacts
from tritonlint.survey import FACTS_VERSION

DIRECTORY = ".tritonlint_cache"

#: Signature of the Cache Directory Tagging Specification (bford.info/cachedir).
_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This directory holds facts that tritonlint keeps between runs. It can be deleted.\n"
)

#: A file changed this recently, in nanoseconds, could change again without its mtime moving.
_RACY = 2_000_000_000


class FactsCache:
    """Facts by file, for one project and one set of options that the survey depends on.

    Args:
        directory: where cache files live; None keeps nothing.
        root: the project's directory.
        options: whatever else the facts depend on.
    """

    def __init__(self, directory: Path | None, root: Path, options: str = "") -> None:
        self._file: Path | None = None
        self._entries: dict[str, list[Any]] = {}
        self._changed = False
        if directory is not None:
            version = ".".join(map(str, sys.version_info[:3]))
            key = f"{FACTS_VERSION} {__version__} {version} {options} {root}"
            name = hashlib.sha256(key.encode()).hexdigest()[:24]
            self._file = directory / f"{name}.json"
            self._entries = _load(self._file)

    def facts(self, path: Path, status: os.stat_result) -> ModuleFacts | None:
        """The facts of a file that has not changed since they were stored."""
        entry = self._entry(path, status)
        if entry is None or entry[2] is None:
            return None
        try:
            return decode(ModuleFacts, entry[2])
        except CodecError:
            return None

    def is_silent(self, path: Path, status: os.stat_result, names: str) -> bool:
        """Whether the unchanged file was found to mention none of the names with that digest."""
        entry = self._entry(path, status)
        return entry is not None and entry[2] is None and entry[3] == names

    def mentions_no_triton(self, path: Path, status: os.stat_result) -> bool:
        """Whether the unchanged file was found not to mention Triton."""
        entry = self._entry(path, status)
        return entry is not None and entry[2] is None

    def store(self, path: Path, status: os.stat_result, facts: ModuleFacts) -> None:
        """Keep the facts of a file that had this status before it was read."""
        if self._file is not None:
            self._store(path, status, encode(facts), "")

    def store_silent(self, path: Path, status: os.stat_result, names: str) -> None:
        """Keep that a file mentions neither Triton nor any of the names with that digest."""
        self._store(path, status, None, names)

    def _entry(self, path: Path, status: os.stat_result) -> list[Any] | None:
        entry = self._entries.get(str(path))
        if entry is None or entry[0] != status.st_size or entry[1] != status.st_mtime_ns:
            return None
        return entry

    def _store(self, path: Path, status: os.stat_result, facts: Any, names: str) -> None:
        if self._file is None or time.time_ns() - status.st_mtime_ns < _RACY:
            return
        self._entries[str(path)] = [status.st_size, status.st_mtime_ns, facts, names]
        self._changed = True

    def save(self) -> None:
        """Write what is new, in one step, so that a run at the same time never sees half of it."""
        if self._file is None or not self._changed:
            return
        with suppress(OSError):
            directory = self._file.parent
            directory.mkdir(parents=True, exist_ok=True)
            for name, content in (("CACHEDIR.TAG", _TAG), (".gitignore", "*\n")):
                if not (directory / name).exists():
                    (directory / name).write_text(content, encoding="utf-8")
            handle, temporary = tempfile.mkstemp(dir=directory, suffix=".tmp")
            try:
                with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as file:
                    json.dump(self._entries, file, separators=(",", ":"))
                os.replace(temporary, self._file)
            except BaseException:
                with suppress(OSError):
                    os.unlink(temporary)
                raise


def clean(directory: Path) -> bool:
    """Delete a cache directory; whether there was one.

    Raises:
        OSError: a file in it cannot be deleted, or it holds what tritonlint did not put there.
    """
    if not directory.is_dir():
        return False
    if not (directory / "CACHEDIR.TAG").is_file():
        raise OSError(errno.EINVAL, "it is no cache of tritonlint's")
    for file in directory.iterdir():
        if file.name in ("CACHEDIR.TAG", ".gitignore") or file.suffix in (".json", ".tmp"):
            file.unlink()
    directory.rmdir()
    return True


def _load(file: Path) -> dict[str, list[Any]]:
    try:
        loaded = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(loaded, dict):
        return {}
    return {path: e for path, e in loaded.items() if isinstance(e, list) and len(e) == 4}

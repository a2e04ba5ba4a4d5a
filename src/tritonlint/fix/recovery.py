"""Recovery after a kill: finishes or undoes a fix that was interrupted."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple

from tritonlint.files.roots import JOURNAL
from tritonlint.fix.attributes import LostAttributeError, keep
from tritonlint.fix.journal import Content, ForeignJournalError, Journal
from tritonlint.store import disk, signals
from tritonlint.store.lock import BusyError, only_one


class Recovery(NamedTuple):
    """What was found and done, in one line."""

    said: str
    #: Whether nothing can be fixed until a person has looked at it.
    is_stuck: bool = False
    #: The journal that is left, if it is the user's own.
    journal: Journal | None = None


class _State(Enum):
    OLD = auto()
    NEW = auto()
    #: Someone has changed or removed the file.
    OTHER = auto()


def recover(root: Path, patience: float | None = None) -> Recovery | None:
    """Finish or undo what a killed run has begun in the project below `root`.

    Nothing is touched if someone has changed one of the files since, or if the journal may not be
    this user's. None if there is nothing to do.
    """
    root = Path(os.path.realpath(root))
    directory = root / JOURNAL
    try:
        with only_one(root, patience):
            journal = Journal.find(root)
            return _settle(journal) if journal is not None else None
    except BusyError as error:
        return Recovery(f"{error}: what is read now may be half of a fix", is_stuck=True)
    except ForeignJournalError as error:
        return Recovery(
            f"{directory} is not your journal, {error}: it was left alone; "
            "until it is deleted nothing can be fixed",
            is_stuck=True,
        )
    except (OSError, LostAttributeError) as error:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        return Recovery(
            f"a fix in {root} was cut short, and can't be finished: {reason}; "
            f"what is left of it is in {directory}",
            is_stuck=True,
        )


def _settle(journal: Journal) -> Recovery:
    root, total = journal.root, len(journal.entries)
    states = [_state(journal, number) for number in range(total)]
    new, old = ([n for n in range(total) if states[n] is s] for s in (_State.NEW, _State.OLD))
    if not new:
        dropped = f"a fix in {root} was cut short before it changed a file: it is dropped"
        return _without(journal, dropped)
    if len(new) + len(old) < total:
        names = [journal.entries[n].name for n in range(total) if states[n] is _State.OTHER]
        return Recovery(
            f"a fix in {root} was cut short, and {_listed(names)} changed since: nothing was "
            f"touched; put back what was there, or run `tritonlint clean {root}` to leave all "
            "files as they are now",
            is_stuck=True,
            journal=journal,
        )
    if all(_holds(journal.new(n), journal.entries[n].after) for n in old):
        _rename(journal, old, _State.OLD)
        done = f"is finished now: {len(old)} of {total} files were still to be written"
    elif all(_holds(journal.old(n), journal.entries[n].before) for n in new):
        _rename(journal, new, _State.NEW)
        done = f"is taken back: {len(new)} of {total} files had been written"
    else:
        return Recovery(
            f"a fix in {root} was cut short, and its journal is damaged: nothing was touched; "
            f"written already: {_listed([journal.entries[n].name for n in new])}; run "
            f"`tritonlint clean {root}` to leave all files as they are now",
            is_stuck=True,
            journal=journal,
        )
    return _without(journal, f"a fix in {root} was cut short, and {done}")


def _without(journal: Journal, said: str) -> Recovery:
    """Remove a journal that is no longer needed."""
    try:
        journal.remove()
    except OSError as error:
        reason = error.strerror or error
        more = f"{journal.directory} cannot be removed, and nothing is fixed until it is: {reason}"
        return Recovery(f"{said}; {more}", is_stuck=True)
    return Recovery(said)


def _state(journal: Journal, number: int) -> _State:
    entry, path = journal.entries[number], journal.target(number)
    # A directory may have become a link that leads out of the project.
    if os.path.realpath(path) != str(path):
        return _State.OTHER
    if _holds(path, entry.before):
        return _State.OLD
    return _State.NEW if _holds(path, entry.after) else _State.OTHER


def _holds(path: Path, content: Content) -> bool:
    """Whether a plain file has this content."""
    try:
        return Content.of(disk.read(path, content.size)[0]) == content
    except OSError:
        return False


def _rename(journal: Journal, numbers: Sequence[int], state: _State) -> None:
    """Replace files that are still in that state."""
    with signals.held():
        for number in numbers:
            target = journal.target(number)
            text = journal.new(number) if state is _State.OLD else journal.old(number)
            # Changes to the file's attributes are kept.
            keep(text, target)
            if _state(journal, number) is not state:
                raise OSError(errno.EBUSY, f"{target} is being changed")
            os.replace(text, target)
        for directory in {journal.target(number).parent for number in numbers}:
            disk.sync_directory(directory)


def _listed(names: Sequence[str]) -> str:
    few = ", ".join(names[:3])
    return few if len(names) <= 3 else f"{few} and {len(names) - 3} more"

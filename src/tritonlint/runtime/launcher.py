"""`tritonlint trace -- COMMAND`: traces the command and all processes that it starts."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from tritonlint.options import OptionError

STARTUP = Path(__file__).parent / "startup"

#: The exit statuses of shells for a command that does not exist, or cannot be run.
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126


class CannotRunError(Exception):
    """The command cannot be started; `status` is the exit status that a shell would have."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def prepare(directory: Path) -> Path:
    """Make the directory of a trace, and make sure that it can be written to.

    Raises:
        OptionError: it cannot be made or written to.
    """
    directory = directory.absolute()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise OptionError(
            f"the trace cannot be written to {directory}: {error.strerror or error}"
        ) from error
    return directory


def environment(directory: Path) -> dict[str, str]:
    """Return the environment in which every Python process is traced."""
    found = dict(os.environ)
    found["TRITONLINT_TRACE"] = str(directory)
    found["TRITONLINT_TRACE_RUN"] = f"{time.time_ns():x}"
    others = [p for p in found.get("PYTHONPATH", "").split(os.pathsep) if p and p != str(STARTUP)]
    found["PYTHONPATH"] = os.pathsep.join([str(STARTUP), *others])
    return found


def launch(command: Sequence[str], directory: Path) -> NoReturn:
    """Replace this process by the command, with its own exit status and signals.

    Raises:
        CannotRunError: there is no such command.
    """
    variables = environment(directory)
    program = shutil.which(command[0])
    if program is None:
        exists = os.path.exists(command[0])
        raise CannotRunError(
            f"{command[0]}: {'not executable' if exists else 'no such command'}",
            _NOT_EXECUTABLE if exists else _NOT_FOUND,
        )
    try:
        os.execve(program, list(command), variables)
    except OSError as error:
        raise CannotRunError(f"{command[0]}: {error.strerror or error}", _NOT_EXECUTABLE) from error

"""`--output-file`: a report that goes into a file."""

from __future__ import annotations

import contextlib
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from tritonlint.options import OptionError


@contextlib.contextmanager
def report_file(file: Path) -> Iterator[TextIO]:
    """A stream for a report file; the file only changes when the report is complete.

    Raises:
        OptionError: the file cannot be written.
    """
    with contextlib.ExitStack() as stack:
        with _said_of(file):
            # Opening it to append changes nothing, and shows whether it can be written.
            output = stack.enter_context(open(file, "ab", buffering=0))
        report = io.BytesIO()
        text = io.TextIOWrapper(report, "utf-8", "backslashreplace")
        yield text
        text.flush()
        with _said_of(file):
            if stat.S_ISREG(os.fstat(output.fileno()).st_mode):
                output.truncate(0)
            unwritten = report.getbuffer()
            while unwritten:
                unwritten = unwritten[output.write(unwritten) :]


@contextlib.contextmanager
def _said_of(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OptionError(f"--output-file {file}: {error.strerror or error}") from error

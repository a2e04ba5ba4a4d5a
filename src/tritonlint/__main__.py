"""The command's entry point."""

from __future__ import annotations

import contextlib
import gc
import os
import sys

from tritonlint.store import signals

#: Syntax trees are many small objects without cycles. Looking for cycles after every 700 new
#: objects, as Python does, takes an eighth of all time.
_OBJECTS_BETWEEN_COLLECTIONS = 200_000


def main() -> None:
    """Run the command and exit with its status."""
    signals.install()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 100)
    _fill_closed_streams()
    from tritonlint.cli import main as run

    status = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    # Only freeing memory is left, object by object, and the system does that at once.
    os._exit(status)


def _fill_closed_streams() -> None:
    """Open what the shell has closed (`>&-`), so that no other file gets a stream's number.

    The new streams cannot be used, so that reading or writing there is still an error.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        with contextlib.suppress(OSError):
            is_input = name == "stdin"
            os.open(os.devnull, os.O_WRONLY if is_input else os.O_RDONLY)
            setattr(sys, name, os.fdopen(number, "r" if is_input else "w", encoding="utf-8"))


if __name__ == "__main__":
    if not sys.flags.isolated and not getattr(sys.flags, "safe_path", False):
        # `python -m` puts the current directory first: nothing is imported from the checked code.
        del sys.path[0]
    main()

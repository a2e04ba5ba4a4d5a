"""The command's entry point."""

from __future__ import annotations

import gc
import os
import sys

#: Syntax trees are many small objects without cycles: to look for these after every 700 new ones,
#: as Python does, takes an eighth of all time.
_OBJECTS_BETWEEN_COLLECTIONS = 200_000


def main() -> None:
    """Run the command and exit with its status."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 100)
    from tritonlint.cli import main as run

    status = run(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        sys.exit(status)
    # All that is left to do is to free memory, object by object, and that the system does at once.
    os._exit(status)


if __name__ == "__main__":
    if not sys.flags.isolated and not getattr(sys.flags, "safe_path", False):
        # `python -m` puts the current directory first: nothing is imported from what is checked.
        del sys.path[0]
    main()

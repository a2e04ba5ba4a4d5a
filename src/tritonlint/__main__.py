"""The command's entry point."""

from __future__ import annotations

import gc
import sys

#: Syntax trees are many small objects without cycles: to look for these after every 700 new ones,
#: as Python does, takes a third of all time.
_OBJECTS_BETWEEN_COLLECTIONS = 200_000


def main() -> None:
    """Run the command and exit with its status."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 100)
    from tritonlint.cli import main as run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

"""The command's entry point."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command and exit with its status."""
    from tritonlint.cli import main as run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()

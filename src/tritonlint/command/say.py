"""Messages on standard error."""

from __future__ import annotations

import contextlib
import sys


def tell(text: str, name: str = "tritonlint: ") -> None:
    """Print a message; control characters of a terminal are shown as signs."""
    if not (text.isascii() and text.isprintable()):
        # Few messages need it, and a hook that says nothing should not wait for it.
        from tritonlint.report.text import printable

        text = "\n".join(map(printable, text.split("\n")))
    print(f"{name}{text}", file=sys.stderr, flush=True)


def complain(text: str, name: str = "tritonlint: ") -> None:
    """Print a message, unless standard error is closed."""
    with contextlib.suppress(OSError, ValueError):
        tell(text, name)

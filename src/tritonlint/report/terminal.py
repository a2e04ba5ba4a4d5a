"""The rich console behind every output for people."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console

CODE_THEME = "ansi_dark"


def console_for(stream: TextIO, color: str = "auto") -> Console:
    """Return a console that prints text as it is.

    With `auto`, rich decides on color: only on a terminal, unless NO_COLOR or FORCE_COLOR says
    otherwise. `always` and `never` decide it here.
    """
    is_forced = color == "always"
    return Console(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        color_system={"always": "standard", "never": None}.get(color, "auto"),
        no_color=False if is_forced else None,
        force_terminal=True if is_forced else stream.isatty() if color == "never" else None,
    )

"""The rich console behind every output for people."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console

CODE_THEME = "ansi_dark"


def console_for(stream: TextIO) -> Console:
    """A console that prints text as it is.

    Rich decides on colour: only on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.
    """
    return Console(file=stream, highlight=False, markup=False, emoji=False)

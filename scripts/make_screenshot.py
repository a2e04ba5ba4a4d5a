"""Draws docs/screenshot.svg: tritonlint's own output for examples/tour.py.

Run it from anywhere, in an environment with tritonlint: `python scripts/make_screenshot.py`.
"""

from __future__ import annotations

import io
import os
from contextlib import redirect_stdout
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tritonlint.cli import main

ROOT = Path(__file__).parent.parent
ARGUMENTS = ["examples/tour.py"]
WIDTH = 100


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal_output() -> str:
    """The linter's output on a terminal with colors, run in the repository's root."""
    os.chdir(ROOT)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        os.environ.pop(name, None)
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", COLUMNS=str(WIDTH))
    screen = Terminal()
    with redirect_stdout(screen):
        status = main(["--isolated", "--no-cache", *ARGUMENTS])
    if status != 1:
        raise SystemExit(f"expected findings in {ARGUMENTS[0]} (exit status 1), got {status}")
    return screen.getvalue()


def draw() -> str:
    command = f"tritonlint {' '.join(ARGUMENTS)}"
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {command}\n", "bold"))
    console.print(Text.from_ansi(terminal_output()), soft_wrap=True)
    return console.export_svg(title=command)


if __name__ == "__main__":
    picture = ROOT / "docs" / "screenshot.svg"
    picture.parent.mkdir(exist_ok=True)
    picture.write_text(draw(), encoding="utf-8")
    print(picture)

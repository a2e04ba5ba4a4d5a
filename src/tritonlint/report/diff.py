"""`--diff`: the fixes as a patch that `git apply` and `patch -p1` take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import diff_bytes, unified_diff
from io import BytesIO, TextIOWrapper
from os import fsencode
from pathlib import Path
from typing import TextIO

from rich.text import Text

from tritonlint.report.context import relative_path
from tritonlint.report.terminal import console_for
from tritonlint.report.text import printable

_STYLES = {"---": "bold", "+++": "bold", "@": "cyan", "-": "red", "+": "green"}
_QUOTED = re.compile(rb'[\x00-\x1f"\\\x7f-\xff]')


def render_diff(
    changes: Iterable[tuple[Path, bytes, bytes]],
    base_directory: Path,
    stream: TextIO,
    color: str = "auto",
) -> None:
    """Print the patch of (path, old, new) files: colored on a terminal, else exact bytes.

    In a pipe, it is a plain patch, whatever FORCE_COLOR says; only `always` colors it there.

    Bytes, because a patch of a Latin-1 file must itself be Latin-1 there to apply.
    """
    patch = b"".join(make_patch(changes, base_directory))
    if stream.isatty() or color == "always":
        console = console_for(stream, color)
        for line in patch.decode("utf-8", "replace").split("\n")[:-1]:
            styles = (style for sign, style in _STYLES.items() if line.startswith(sign))
            console.print(Text(printable(line.rstrip("\r")), next(styles, "")), soft_wrap=True)
    elif isinstance(stream, TextIOWrapper):
        stream.flush()
        stream.buffer.write(patch)
        stream.buffer.flush()
    else:
        stream.write(patch.decode("utf-8", "surrogateescape"))


def make_patch(
    changes: Iterable[tuple[Path, bytes, bytes]], base_directory: Path
) -> Iterator[bytes]:
    """Yield the lines of the unified diff, with the files in the order of their paths."""
    named = [(relative_path(path, base_directory), old, new) for path, old, new in changes]
    for path, old, new in sorted(named):
        names = _header_name("a", path), _header_name("b", path)
        # Lines end at "\n" alone, as git counts them; a lone "\r" or form feed is inside one.
        lines = BytesIO(old).readlines(), BytesIO(new).readlines()
        for line in diff_bytes(unified_diff, *lines, *names):
            yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


def _header_name(side: str, path: str) -> bytes:
    """Return the name as git writes it: quoted as in C if needed, with a tab after a space."""
    shown = f"{side}/{path.lstrip('/')}"
    name = fsencode(shown)
    if printable(shown) != shown or not {*shown}.isdisjoint('\t"\\'):
        return b'"' + _QUOTED.sub(lambda match: b"\\%03o" % ord(match[0]), name) + b'"'
    return name + b"\t" * (b" " in name)

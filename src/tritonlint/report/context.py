"""What a report needs, besides the diagnostics."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tritonlint.diagnostics import Rule


class RenderContext(NamedTuple):
    """The run that a report is about.

    `base_directory` is absolute; paths inside it are shown relative to it. `read_lines` gives a
    file's lines without their ends, and an empty list where there is no source to show. `rules`
    has every rule that a diagnostic may name. `files` and `kernels` were checked. `fixed` findings
    are gone already, and `old` ones are in a baseline: neither are among the diagnostics. `quiet`
    leaves out the summary. `unheard` are the places of comments for other linters that silence a
    finding, one for each finding. `unknown_jits` are decorators above so many functions that look
    like kernels and were not checked. `color` is `auto`, `always` or `never`. `informational` says
    that the diagnostics tell something, and ask for nothing.
    """

    base_directory: Path
    read_lines: Callable[[Path], list[str]]
    rules: Mapping[str, Rule]
    files: int
    kernels: int
    fixed: int = 0
    old: int = 0
    unheard: tuple[str, ...] = ()
    unknown_jits: tuple[tuple[str, int], ...] = ()
    statistics: bool = False
    quiet: bool = False
    color: str = "auto"
    informational: bool = False

    def display_path(self, path: Path) -> str:
        """Return the path relative to the base directory if it is inside, else absolute."""
        return relative_path(path, self.base_directory)


def relative_path(path: Path, base_directory: Path) -> str:
    """Return the path with slashes: relative to the directory if it is inside, else absolute."""
    absolute = Path(os.path.normpath(base_directory / path))
    if absolute.is_relative_to(base_directory):
        absolute = absolute.relative_to(base_directory)
    return absolute.as_posix()

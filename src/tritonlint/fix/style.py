"""A project's formatting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tritonlint.config.toml import ConfigError, parse, read_file

#: The default of ruff format and black.
DEFAULT_LINE_LENGTH = 88
_KEY = "line-length"


def line_length(root: Path) -> int:
    """Return the line length in the settings of ruff or black in the project."""
    for name, keys in (
        ("ruff.toml", ()),
        (".ruff.toml", ()),
        ("pyproject.toml", ("tool", "ruff")),
        ("pyproject.toml", ("tool", "black")),
    ):
        file = root / name
        if not file.is_file():
            continue
        try:
            data = read_file(file)
            # Most files do not have it, and the parser is slow to load.
            table: Any = parse(data, str(file)) if _KEY.encode() in data else {}
        except ConfigError:
            continue
        for key in keys:
            table = table.get(key, {}) if isinstance(table, dict) else {}
        length = table.get(_KEY) if isinstance(table, dict) else None
        if isinstance(length, int) and length > 0:
            return length
    return DEFAULT_LINE_LENGTH

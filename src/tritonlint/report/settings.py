"""`--show-settings`: the settings as TOML, so that they can be copied into a file."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import TextIO

from tritonlint.config.settings import Settings
from tritonlint.report.text import printable


def render_settings(
    settings: Settings, source: Path | None, enabled: Collection[str], stream: TextIO
) -> None:
    """Print all settings that apply, their file, and the codes that follow from them."""
    print(f"# From {printable(str(source)) if source else 'no settings file'}", file=stream)
    print(f"# Patterns are relative to {printable(str(settings.base))}", file=stream)
    values = {
        name.replace("_", "-"): value
        for name, value in settings._asdict().items()
        if name not in ("base", "selections", "per_file_ignores")
    }
    values["select"] = sorted(enabled)
    for name, value in sorted(values.items()):
        comment = "# " if value is None else ""
        print(f"{comment}{name} = {_toml(value)}", file=stream)
    if settings.per_file_ignores:
        print("\n[per-file-ignores]", file=stream)
        for pattern, codes in settings.per_file_ignores:
            print(f"{json.dumps(pattern)} = {_toml(codes)}", file=stream)


def _toml(value: object) -> str:
    # A string or a list in JSON is valid TOML too.
    if isinstance(value, (tuple, list)):
        return json.dumps(list(value))
    return json.dumps("" if value is None else str(value) if isinstance(value, Path) else value)

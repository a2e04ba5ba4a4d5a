"""Settings from files and the command line; the later ones override the earlier ones."""

from __future__ import annotations

import functools
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from tritonlint.config.settings import Selection, Settings
from tritonlint.config.toml import ConfigError, parse, parse_toml, read_file
from tritonlint.config.values import READERS, as_path, as_table, shown, unknown_word
from tritonlint.files.paths import relative

_PATTERNS = ("exclude", "extend_exclude")


def find_config(start: Path, known: dict[str, Path | None] | None = None) -> Path | None:
    """Find the nearest file with settings, from a directory (or a file's directory) upwards.

    In one directory tritonlint.toml comes before pyproject.toml, which counts only if it has a
    `[tool.tritonlint]` table. A broken pyproject.toml that mentions tritonlint is returned, so
    that `load` can say what is wrong with it. Raises ConfigError if a file cannot be read.

    Args:
        known: what was found for other directories; what is found now is added.
    """
    known = {} if known is None else known
    passed: list[str] = []
    found = None
    directory = os.path.abspath(start)
    while directory not in known and not (passed and passed[-1] == directory):
        passed.append(directory)
        found = _config_in(directory)
        if found is not None:
            break
        directory = os.path.dirname(directory)
    found = known.get(directory, found)
    known.update(dict.fromkeys(passed, found))
    return found


def _config_in(directory: str) -> Path | None:
    own = os.path.join(directory, "tritonlint.toml")
    if os.path.isfile(own):
        return Path(own)
    shared = os.path.join(directory, "pyproject.toml")
    return Path(shared) if os.path.isfile(shared) and _has_table(Path(shared)) else None


def load(path: Path, known_codes: Collection[str]) -> Settings:
    """Return the settings of one file, on top of those of the file that it extends.

    Raises ConfigError, which names the file, the key and what to do.
    """
    return _load(path, known_codes, ())


def with_inline(settings: Settings, text: str, known_codes: Collection[str], cwd: Path) -> Settings:
    """Return the settings with `key = value` from the command line; paths are relative to `cwd`."""
    where = f"--config {shown(text)}"
    table = parse(text.encode(errors="surrogateescape"), where)
    if "extend" in table:
        raise ConfigError(f"{where}: extend", "stands in files only; use --config FILE")
    values = _values(table, where, known_codes)
    return _with_values(settings, _rebased_values(values, cwd, settings.base), cwd)


def _load(path: Path, known_codes: Collection[str], extending: tuple[Path, ...]) -> Settings:
    table = parse_toml(path)
    if path.name == "pyproject.toml":
        table = as_table(table.get("tool", {}), f"{path}: tool")
        table = as_table(table.get("tritonlint", {}), f"{path}: tool.tritonlint")
    base = Path(os.path.abspath(path.parent))
    settings = Settings(base=base)
    if "extend" in table:
        where = f"{path}: extend"
        extended = base / os.path.expanduser(as_path(table["extend"], where, known_codes))
        if Path(os.path.realpath(extended)) in extending:
            raise ConfigError(where, "the files extend each other; take one of the keys out")
        chain = (*extending, Path(os.path.realpath(path)))
        settings = _moved(_load(extended, known_codes, chain), base)
    return _with_values(settings, _values(table, str(path), known_codes), base)


def _values(table: dict[str, object], where: str, known_codes: Collection[str]) -> dict[str, Any]:
    """Return the values of a table by the names of the settings."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        place = f"{where}: {key}"
        if key == "tool":
            raise ConfigError(place, "in this file the keys stand at the top level, not in a table")
        if key not in READERS:
            raise ConfigError(place, unknown_word("key", key, READERS))
        values[key.replace("-", "_")] = READERS[key](value, place, known_codes)
    # Read to be checked; they are not settings of a run.
    values.pop("required_version", None)
    values.pop("extend", None)
    return values


def _moved(settings: Settings, base: Path) -> Settings:
    """Return settings whose patterns are relative to another directory."""
    before = settings.base
    ignores = [(_moved_pattern(p, before, base), codes) for p, codes in settings.per_file_ignores]
    patterns = {name: getattr(settings, name) for name in _PATTERNS}
    moved = _rebased_values(patterns, before, base)
    return settings._replace(**moved, per_file_ignores=tuple(ignores), base=base)


def _moved_pattern(pattern: str, directory: Path, base: Path) -> str:
    negated = pattern.startswith("!")
    return "!" * negated + _rebased(pattern.removeprefix("!"), directory, base)


def _rebased_values(values: dict[str, Any], directory: Path, base: Path) -> dict[str, Any]:
    """Return values of one place, with patterns relative to the directory of another."""
    moved = {
        name: tuple(_rebased(pattern, directory, base) for pattern in values[name])
        for name in _PATTERNS
        if name in values
    }
    return values | moved


def merge_cli(
    settings: Settings, known_codes: Collection[str], *, cwd: Path | None = None, **options: object
) -> Settings:
    """Return the settings with the command line's options on top; None means "not given".

    The options are named as the keys, with underscores; lists come as lists or tuples. `exclude`
    takes the place of the file's. Patterns with a slash, and the cache directory, are relative to
    `cwd` (the working directory), where they were typed. Raises ConfigError naming the option.
    """
    values: dict[str, Any] = {}
    for name, value in options.items():
        if value is not None:
            key = name.replace("_", "-")
            plain = list(value) if isinstance(value, tuple) else value
            values[name] = READERS[key](plain, f"--{key}", known_codes)
    cwd = Path(os.path.abspath(cwd or ""))
    return _with_values(settings, _rebased_values(values, cwd, settings.base), cwd)


def _with_values(settings: Settings, values: dict[str, Any], directory: Path) -> Settings:
    """Return the settings with the values of one place; its paths are relative to `directory`."""
    names = {"select", "ignore", "extend_select"} & values.keys()
    if names:
        selection = Selection(**{name: values.pop(name) for name in names})
        settings = settings._replace(selections=(*settings.selections, selection))
    if "extend_exclude" in values:
        values["extend_exclude"] = (*settings.extend_exclude, *values["extend_exclude"])
    if "cache_dir" in values:
        values["cache_dir"] = directory / values["cache_dir"]
    return settings._replace(**values)


def _rebased(pattern: str, directory: Path, base: Path) -> str:
    """Return a pattern relative to another directory."""
    if "/" not in pattern.rstrip("/") or pattern.startswith("**/"):
        return pattern
    absolute = pattern.startswith(f"{directory}/")
    path = pattern if absolute else os.path.join(directory, pattern.lstrip("/"))
    rebased = relative(path, base)
    return ("" if "/" in rebased else "/") + rebased + "/" * pattern.endswith("/")


def _has_table(path: Path) -> bool:
    data = read_file(path)
    # Most files have none, and parsing is the slowest part of a hook's start.
    return b"tritonlint" in data and _names_tool(data)


@functools.lru_cache(maxsize=8)
def _names_tool(data: bytes) -> bool:
    """Whether a text has a table for tritonlint, or cannot be parsed."""
    try:
        tool = parse(data, "").get("tool", {})
    except ConfigError:
        return True
    return isinstance(tool, dict) and "tritonlint" in tool

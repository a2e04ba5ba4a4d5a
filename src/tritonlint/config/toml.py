"""Files of settings, as tables."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tritonlint.files.paths import FileError, read

#: The largest settings file that is read.
_MOST_BYTES = 1 << 20
#: The TOML parser compares each part of a dotted key with each other one, at 20 million a
#: second; a key is on one line.
_MOST_PAIRS = 20_000_000


class ConfigError(Exception):
    """A setting that cannot be used: where it is, and what is accepted there."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(where, problem)
        self.where = where
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


def read_file(path: Path) -> bytes:
    """Return the bytes of a file.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return read(path)
    except FileError as error:
        raise ConfigError(str(path), f"{error.problem}; {error.advice}") from None


def parse_toml(path: Path) -> dict[str, object]:
    """Return the tables of a file.

    Raises:
        ConfigError: it cannot be read, or is not valid TOML.
    """
    return parse(read_file(path), str(path))


def parse(data: bytes, where: str) -> dict[str, object]:
    """Return the tables of a text; an error names `where`.

    Raises:
        ConfigError: it is not valid TOML.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    if len(data) > _MOST_BYTES:
        raise ConfigError(where, "larger than 1 MiB; no settings are")
    dots = [line.count(b".") for line in data.split(b"\n")]
    if sum(count * count for count in dots) > _MOST_PAIRS:
        row = dots.index(max(dots)) + 1
        raise ConfigError(f"{where}:{row}", f"too many dots ({max(dots):,} here); keys have few")
    try:
        return tomllib.loads(data.decode())
    except RecursionError:
        raise ConfigError(where, "nested too deeply; take out some brackets") from None
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        problem = "not UTF-8, as TOML must be; save it as UTF-8"
        raise ConfigError(f"{where}:{row}", problem) from None
    except tomllib.TOMLDecodeError as error:
        problem, _, place = str(error).partition(" (at ")
        numbers = re.findall(r"\d+", place) or [str(data.count(b"\n") + 1)]
        raise ConfigError(":".join([where, *numbers]), f"not valid TOML: {problem}") from None
    except ValueError as error:  # A number with more digits than Python reads.
        raise ConfigError(where, f"not valid TOML: {error}") from None

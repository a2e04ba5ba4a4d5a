"""The value of each key, checked."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Collection, Iterable

from tritonlint import __version__
from tritonlint.config.settings import ALL, FIX_STRATEGIES, OUTPUT_FORMATS
from tritonlint.config.toml import ConfigError

#: Shortens a long value of a settings file.
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80


def unknown_word(what: str, word: str, known: Iterable[str]) -> str:
    """Return the message for an unknown word: the nearest known one, and all of them."""
    import difflib

    options = sorted(known)
    close = difflib.get_close_matches(word, options, n=1) or difflib.get_close_matches(
        word.upper(), options, n=1
    )
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"unknown {what} {word!r}; {hint}Known: {', '.join(options)}"


def as_table(value: object, where: str) -> dict[str, object]:
    """A value that has to be a table.

    Raises:
        ConfigError: it is not a table; `where` is what the error names.
    """
    if not isinstance(value, dict):
        raise ConfigError(where, f"must be a table, not {shown(value)}")
    return value


def shown(value: object) -> str:
    """Return a value in TOML's form, shortened if it is long."""
    return str(value).lower() if isinstance(value, bool) else _SHORT.repr(value)


def _strings(value: object, where: str, known_codes: Collection[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(where, f"must be a list of strings, not {shown(value)}")
    return tuple(value)


def _codes(value: object, where: str, known_codes: Collection[str]) -> tuple[str, ...]:
    codes = _strings(value, where, known_codes)
    for code in codes:
        known = len(code) >= 3 and any(each.startswith(code) for each in known_codes)
        if code != ALL and not known:
            raise ConfigError(where, unknown_word("code", code, [*known_codes, ALL]))
    return codes


def _per_file_ignores(
    value: object, where: str, known_codes: Collection[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (pattern, _codes(codes, f"{where}: {pattern!r}", known_codes))
        for pattern, codes in as_table(value, where).items()
    )


def _names(value: object, where: str, known_codes: Collection[str]) -> tuple[str, ...]:
    names = _strings(value, where, known_codes)
    for name in names:
        if not all(part.isidentifier() for part in name.split(".")):
            raise ConfigError(where, f"{name!r} is not a dotted name, such as 'mylib.my_jit'")
    return names


def _plain_words(value: object, where: str, known_codes: Collection[str]) -> tuple[str, ...]:
    words = _strings(value, where, known_codes)
    for word in words:
        if not re.fullmatch(r"[A-Za-z]+", word):
            raise ConfigError(where, f"{word!r} is not a single word of letters, such as 'tokens'")
    return words


def _flag(value: object, where: str, known_codes: Collection[str]) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(where, f"must be true or false, not {shown(value)}")
    return value


def _string(value: object, where: str, known_codes: Collection[str]) -> str:
    if not isinstance(value, str):
        raise ConfigError(where, f"must be a string, not {shown(value)}")
    return value


def as_path(value: object, where: str, known_codes: Collection[str]) -> str:
    """A value that has to be a path.

    Raises:
        ConfigError: it cannot be one; `where` is what the error names.
    """
    path = _string(value, where, known_codes)
    if "\0" in path:
        raise ConfigError(where, f"no path can hold a NUL character, as {shown(path)} does")
    return path


def _version(value: object, where: str, known_codes: Collection[str]) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d+\.\d+(\.\d+)?", value):
        raise ConfigError(where, f'must be a version such as "3.4", not {shown(value)}')
    return value


def _required(value: object, where: str, known_codes: Collection[str]) -> None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    text = _string(value, where, known_codes)
    try:
        required = SpecifierSet(f"=={text}" if text[:1].isdigit() else text)
    except InvalidSpecifier:
        problem = f'must be a version or a range such as ">=0.1, <1", not {shown(text)}'
        raise ConfigError(where, problem) from None
    if not required.contains(__version__, prereleases=True):
        cure = f"pip install 'tritonlint{required}'"
        raise ConfigError(where, f"{required} is required, and this is {__version__}: {cure}")


def _one_of(*options: str) -> _Reader:
    def read_choice(value: object, where: str, known_codes: Collection[str]) -> str:
        if not isinstance(value, str) or value not in options:
            raise ConfigError(where, f"must be one of {', '.join(options)}, not {shown(value)}")
        return value

    return read_choice


_Reader = Callable[[object, str, Collection[str]], object]
#: The check for each key: it takes the value, the place that errors name, and the known codes.
READERS: dict[str, _Reader] = {
    "select": _codes,
    "ignore": _codes,
    "extend-select": _codes,
    "exclude": _strings,
    "extend-exclude": _strings,
    "per-file-ignores": _per_file_ignores,
    "jit-decorators": _names,
    "transparent-decorators": _names,
    "autotune-decorators": _names,
    "output-format": _one_of(*OUTPUT_FORMATS),
    "fix": _flag,
    "unsafe-fixes": _flag,
    "fix-strategy": _one_of(*FIX_STRATEGIES),
    "triton-version": _version,
    "per-request-names": _plain_words,
    "per-model-names": _plain_words,
    "cache-dir": as_path,
    "respect-gitignore": _flag,
    "fixable": _codes,
    "unfixable": _codes,
    "required-version": _required,
    "extend": as_path,
    "force-exclude": _flag,
}

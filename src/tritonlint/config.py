"""Settings: what `[tool.tritonlint]`, tritonlint.toml and the command line say."""

from __future__ import annotations

import os
import re
import reprlib
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tritonlint import __version__
from tritonlint.files.ignore import DEFAULT_EXCLUDE
from tritonlint.files.paths import FileError, read, relative

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

OUTPUT_FORMATS = ("full", "concise", "json", "github", "sarif", "gitlab", "rdjson", "junit")
FIX_STRATEGIES = ("remove", "do-not-specialize", "remove-only")
ALL = "ALL"
_PATTERNS = ("exclude", "extend_exclude")

#: No file of settings is larger.
_MOST_BYTES = 1 << 20
#: The parser of TOML compares each part of a dotted key with each other one, at 20 million a
#: second; keys are of one line.
_MOST_PAIRS = 20_000_000

#: Shows what a file holds in part, if there is much of it.
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80


class ConfigError(Exception):
    """A setting that cannot be used: where it stands, and what is accepted there."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(where, problem)
        self.where = where
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


class Selection(NamedTuple):
    """Which rules one place (a file, the command line) asks for: codes, prefixes or `ALL`.

    `select` is None where it was not given, which is not the same as an empty one.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()


class Settings(NamedTuple):
    """All settings; the defaults are those of a run without a file and without options.

    `base` is the directory of the file the settings come from, or the working directory; exclude
    patterns and those of per-file-ignores are relative to it. `selections` go from the weakest to
    the strongest.
    """

    base: Path
    selections: tuple[Selection, ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    extend_exclude: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    jit_decorators: tuple[str, ...] = ()
    transparent_decorators: tuple[str, ...] = ()
    autotune_decorators: tuple[str, ...] = ()
    output_format: str = "full"
    fix: bool = False
    unsafe_fixes: bool = False
    fix_strategy: str = "remove"
    triton_version: str | None = None
    per_request_names: tuple[str, ...] = ()
    per_model_names: tuple[str, ...] = ()
    cache_dir: Path | None = None
    respect_gitignore: bool = True
    force_exclude: bool = False
    fixable: tuple[str, ...] = (ALL,)
    unfixable: tuple[str, ...] = ()

    def may_fix(self, code: str) -> bool:
        """Whether `--fix` may do anything about a rule's findings; the longer prefix wins."""
        return _longest_match(code, self.fixable) > _longest_match(code, self.unfixable)

    def enabled_rules(self, default_on: Mapping[str, bool]) -> frozenset[str]:
        """The codes to check, of those that `default_on` has, each with whether it is on unasked.

        As in ruff: within one place the longer prefix wins, and `ignore` over `select` of the same
        length; a stronger place that has `select` forgets what weaker ones said, one without it
        adds and takes away.
        """
        enabled = {code for code, on in default_on.items() if on}
        for selection in self.selections:
            if selection.select is not None:
                enabled = set()
            chosen = (*(selection.select or ()), *selection.extend_select)
            for code in default_on:
                longest = _longest_match(code, chosen)
                ignored = _longest_match(code, selection.ignore)
                if longest > ignored:
                    enabled.add(code)
                elif ignored >= 0:
                    enabled.discard(code)
        return frozenset(enabled)

    @property
    def finds_all(self) -> bool:
        """Whether no Python file of a project is left out that is there without settings."""
        return (
            self.exclude == DEFAULT_EXCLUDE and not self.extend_exclude and self.respect_gitignore
        )

    @property
    def exclude_patterns(self) -> tuple[str, ...]:
        """What discovery leaves out, relative to `base`."""
        return self.exclude + self.extend_exclude

    def ignored_codes(self, path: Path) -> frozenset[str]:
        """The codes and prefixes that per-file-ignores has for the file; `matches` reads them."""
        if not self.per_file_ignores:
            return frozenset()
        inside = relative(path, self.base)
        return frozenset(
            code
            for pattern, codes in self.per_file_ignores
            if _spec(pattern.removeprefix("!")).match_file(inside) != pattern.startswith("!")
            for code in codes
        )


def matches(code: str, selector: str) -> bool:
    """Whether a rule's code is meant by a code, a prefix or `ALL`."""
    return selector == ALL or code.startswith(selector)


def find_config(start: Path, is_file: Callable[[str], bool] = os.path.isfile) -> Path | None:
    """The nearest file with settings, from a directory (or a file's directory) upwards.

    In one directory tritonlint.toml comes before pyproject.toml, which counts only if it has a
    `[tool.tritonlint]` table. A broken pyproject.toml that speaks of tritonlint is returned, so
    that `load` can say what is wrong with it. Raises ConfigError if a file cannot be read.
    """
    directory = os.path.abspath(start)
    while True:
        own = os.path.join(directory, "tritonlint.toml")
        if is_file(own):
            return Path(own)
        shared = os.path.join(directory, "pyproject.toml")
        if is_file(shared) and _has_table(Path(shared)):
            return Path(shared)
        if (parent := os.path.dirname(directory)) == directory:
            return None
        directory = parent


def load(path: Path, known_codes: Collection[str]) -> Settings:
    """The settings of one file, on top of those of the file that it extends.

    Raises ConfigError, which names the file, the key and the cure.
    """
    return _load(path, known_codes, ())


def with_inline(settings: Settings, text: str, known_codes: Collection[str], cwd: Path) -> Settings:
    """The settings with `key = value` of the command line on top; paths are relative to `cwd`."""
    where = f"--config {_SHORT.repr(text)}"
    table = _parse(text.encode(errors="surrogateescape"), where)
    if "extend" in table:
        raise ConfigError(f"{where}: extend", "stands in files only; use --config FILE")
    values = _values(table, where, known_codes)
    return _with_values(settings, _rebased_values(values, cwd, settings.base), cwd)


def _load(path: Path, known_codes: Collection[str], extending: tuple[Path, ...]) -> Settings:
    table = parse_toml(path)
    if path.name == "pyproject.toml":
        table = _table(table.get("tool", {}), f"{path}: tool")
        table = _table(table.get("tritonlint", {}), f"{path}: tool.tritonlint")
    base = Path(os.path.abspath(path.parent))
    settings = Settings(base=base)
    if "extend" in table:
        where = f"{path}: extend"
        extended = base / os.path.expanduser(_path(table["extend"], where, known_codes))
        if Path(os.path.realpath(extended)) in extending:
            raise ConfigError(where, "the files extend each other; take one of the keys out")
        chain = (*extending, Path(os.path.realpath(path)))
        settings = _moved(_load(extended, known_codes, chain), base)
    return _with_values(settings, _values(table, str(path), known_codes), base)


def _values(table: dict[str, object], where: str, known_codes: Collection[str]) -> dict[str, Any]:
    """The values of a table by the names of the settings."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        place = f"{where}: {key}"
        if key == "tool":
            raise ConfigError(place, "in this file the keys stand at the top level, in no table")
        if key not in _READERS:
            raise ConfigError(place, _unknown("key", key, _READERS))
        values[key.replace("-", "_")] = _READERS[key](value, place, known_codes)
    # Read to be checked; they are no settings of a run.
    values.pop("required_version", None)
    values.pop("extend", None)
    return values


def _moved(settings: Settings, base: Path) -> Settings:
    """Settings whose patterns are relative to another directory."""
    before = settings.base
    ignores = [(_moved_pattern(p, before, base), codes) for p, codes in settings.per_file_ignores]
    patterns = {name: getattr(settings, name) for name in _PATTERNS}
    moved = _rebased_values(patterns, before, base)
    return settings._replace(**moved, per_file_ignores=tuple(ignores), base=base)


def _moved_pattern(pattern: str, directory: Path, base: Path) -> str:
    negated = pattern.startswith("!")
    return "!" * negated + _rebased(pattern.removeprefix("!"), directory, base)


def _rebased_values(values: dict[str, Any], directory: Path, base: Path) -> dict[str, Any]:
    """Values of one place, with patterns relative to the directory of another."""
    moved = {
        name: tuple(_rebased(pattern, directory, base) for pattern in values[name])
        for name in _PATTERNS
        if name in values
    }
    return values | moved


def merge_cli(
    settings: Settings, known_codes: Collection[str], *, cwd: Path | None = None, **options: object
) -> Settings:
    """The settings with the command line's options on top; None means that one was not given.

    The options are named as the keys, with underscores; lists come as lists or tuples. `exclude`
    takes the place of the file's. Patterns with a slash, and the cache directory, are relative to
    `cwd` (the working directory), where they were typed. Raises ConfigError naming the option.
    """
    values: dict[str, Any] = {}
    for name, value in options.items():
        if value is not None:
            key = name.replace("_", "-")
            plain = list(value) if isinstance(value, tuple) else value
            values[name] = _READERS[key](plain, f"--{key}", known_codes)
    cwd = Path(os.path.abspath(cwd or ""))
    return _with_values(settings, _rebased_values(values, cwd, settings.base), cwd)


def _with_values(settings: Settings, values: dict[str, Any], directory: Path) -> Settings:
    """The settings with what one place says; `directory` is what its paths are relative to."""
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
    """A pattern relative to one directory as one relative to another."""
    if "/" not in pattern.rstrip("/") or pattern.startswith("**/"):
        return pattern
    absolute = pattern.startswith(f"{directory}/")
    path = pattern if absolute else os.path.join(directory, pattern.lstrip("/"))
    rebased = relative(path, base)
    return ("" if "/" in rebased else "/") + rebased + "/" * pattern.endswith("/")


def _longest_match(code: str, selectors: Iterable[str]) -> int:
    """The length of the longest selector that means the code: 0 for `ALL`, -1 for none."""
    lengths = (len(s) * (s != ALL) for s in selectors if matches(code, s))
    return max(lengths, default=-1)


@cache
def _spec(pattern: str) -> GitIgnoreSpec:
    from tritonlint.files.globs import spec_of

    try:
        return spec_of([pattern])
    except (ValueError, re.error):
        problem = f"{pattern!r} is not a pattern; write it as in a .gitignore file"
        raise ConfigError("per-file-ignores", problem) from None


def _has_table(path: Path) -> bool:
    # Most have none, and parsing takes longer than anything else that a hook does before it works.
    if b"tritonlint" not in _read(path):
        return False
    try:
        tool = parse_toml(path).get("tool", {})
    except ConfigError:
        return True
    return isinstance(tool, dict) and "tritonlint" in tool


def _read(path: Path) -> bytes:
    try:
        return read(path)
    except FileError as error:
        raise ConfigError(str(path), f"{error.problem}; {error.advice}") from None


def parse_toml(path: Path) -> dict[str, object]:
    """The tables of a file. Raises ConfigError."""
    return _parse(_read(path), str(path))


def _parse(data: bytes, where: str) -> dict[str, object]:
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
    except ValueError as error:  # A number of more digits than Python reads.
        raise ConfigError(where, f"not valid TOML: {error}") from None


def _unknown(what: str, word: str, known: Iterable[str]) -> str:
    import difflib

    options = sorted(known)
    close = difflib.get_close_matches(word, options, n=1) or difflib.get_close_matches(
        word.upper(), options, n=1
    )
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"unknown {what} {word!r}; {hint}Known: {', '.join(options)}"


def _table(value: object, where: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ConfigError(where, f"must be a table, not {_shown(value)}")
    return value


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else _SHORT.repr(value)


def _strings(value: object, where: str, known_codes: Collection[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(where, f"must be a list of strings, not {_shown(value)}")
    return tuple(value)


def _codes(value: object, where: str, known_codes: Collection[str]) -> tuple[str, ...]:
    codes = _strings(value, where, known_codes)
    for code in codes:
        known = len(code) >= 3 and any(each.startswith(code) for each in known_codes)
        if code != ALL and not known:
            raise ConfigError(where, _unknown("code", code, [*known_codes, ALL]))
    return codes


def _per_file_ignores(
    value: object, where: str, known_codes: Collection[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(
        (pattern, _codes(codes, f"{where}: {pattern!r}", known_codes))
        for pattern, codes in _table(value, where).items()
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
            raise ConfigError(where, f"{word!r} is no single word of letters, such as 'tokens'")
    return words


def _flag(value: object, where: str, known_codes: Collection[str]) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(where, f"must be true or false, not {_shown(value)}")
    return value


def _string(value: object, where: str, known_codes: Collection[str]) -> str:
    if not isinstance(value, str):
        raise ConfigError(where, f"must be a string, not {_shown(value)}")
    return value


def _path(value: object, where: str, known_codes: Collection[str]) -> str:
    path = _string(value, where, known_codes)
    if "\0" in path:
        raise ConfigError(where, f"no path can hold a NUL character, as {_shown(path)} does")
    return path


def _version(value: object, where: str, known_codes: Collection[str]) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d+\.\d+(\.\d+)?", value):
        raise ConfigError(where, f'must be a version such as "3.4", not {_shown(value)}')
    return value


def _required(value: object, where: str, known_codes: Collection[str]) -> None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    text = _string(value, where, known_codes)
    try:
        required = SpecifierSet(f"=={text}" if text[:1].isdigit() else text)
    except InvalidSpecifier:
        problem = f'must be a version or a range such as ">=0.1, <1", not {_shown(text)}'
        raise ConfigError(where, problem) from None
    if not required.contains(__version__, prereleases=True):
        cure = f"pip install 'tritonlint{required}'"
        raise ConfigError(where, f"{required} is required, and this is {__version__}: {cure}")


def _one_of(*options: str) -> _Reader:
    def read_choice(value: object, where: str, known_codes: Collection[str]) -> str:
        if not isinstance(value, str) or value not in options:
            raise ConfigError(where, f"must be one of {', '.join(options)}, not {_shown(value)}")
        return value

    return read_choice


_Reader = Callable[[object, str, Collection[str]], object]
_READERS: dict[str, _Reader] = {
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
    "cache-dir": _path,
    "respect-gitignore": _flag,
    "fixable": _codes,
    "unfixable": _codes,
    "required-version": _required,
    "extend": _path,
    "force-exclude": _flag,
}

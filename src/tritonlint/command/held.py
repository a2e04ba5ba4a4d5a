"""The settings for a file: those of the nearest settings file, changed by the options."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tritonlint.config.load import find_config, load, merge_cli, with_inline
from tritonlint.config.settings import Settings, matches
from tritonlint.config.toml import ConfigError
from tritonlint.options import OptionError

if TYPE_CHECKING:
    from tritonlint.diagnostics import Rule
    from tritonlint.triton.versions import TritonVersion

T = TypeVar("T")

_SETTINGS_OPTIONS = (
    "select",
    "ignore",
    "extend_select",
    "exclude",
    "extend_exclude",
    "output_format",
    "fix",
    "unsafe_fixes",
    "fix_strategy",
    "triton_version",
    "cache_dir",
    "force_exclude",
    "respect_gitignore",
    "per_file_ignores",
    "fixable",
    "unfixable",
)


class _Late(Mapping[str, T]):
    """A mapping that is made when it is first used."""

    def __init__(self, make: Callable[[], Mapping[str, T]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[str, T]:
        return self._make()

    def __getitem__(self, key: str) -> T:
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def _rules() -> dict[str, Rule]:
    # Most runs of a hook end before they need it.
    from tritonlint.rules import all_rules

    return {code: rule for code, (rule, _) in all_rules().items()}


def _config_options(options: argparse.Namespace) -> tuple[Path | None, list[str]]:
    """Return the settings file, if one is named, and the settings given in options."""
    inline = [text for text in options.config or () if "=" in text and not os.path.exists(text)]
    files = [text for text in options.config or () if text not in inline]
    if len(files) > 1:
        raise OptionError(f"--config takes one file, and {' and '.join(files)} are named")
    return (Path(files[0]) if files else None), inline


class HeldSettings:
    """Finds the settings that apply, and reads each settings file once."""

    def __init__(self, options: argparse.Namespace, cwd: Path) -> None:
        self.options = options
        self.cwd = cwd
        self.rules = _Late(_rules)
        self.defaults = _Late(lambda: {code: rule.default for code, rule in self.rules.items()})
        # Each file leads to questions about all directories above it.
        self._configs: dict[str, Path | None] = {}
        self._by_directory: dict[Path, Settings] = {}
        self._by_config: dict[Path | None, Settings] = {}
        self._codes: dict[tuple[int, frozenset[str]], frozenset[str]] = {}
        self._selections: dict[str, tuple[Settings, frozenset[str]]] = {}
        self._config, self._inline = _config_options(options)

    def file_at(self, directory: Path) -> Path | None:
        """Return the settings file for a directory: the named one, or the nearest."""
        if self._config is None and not self.options.isolated:
            return find_config(directory, self._configs)
        return self._config

    def at(self, directory: Path) -> Settings:
        """Return the settings in a directory: those of the nearest file, changed by the options."""
        settings = self._by_directory.get(directory)
        if settings is None:
            settings = self._settings_of(self.file_at(directory))
            self._by_directory[directory] = settings
        return settings

    def _settings_of(self, config: Path | None) -> Settings:
        if config not in self._by_config:
            settings = load(config, self.defaults) if config else Settings(base=self.cwd)
            for text in self._inline:
                settings = with_inline(settings, text, self.defaults, self.cwd)
            given = {name: getattr(self.options, name) for name in _SETTINGS_OPTIONS}
            self._by_config[config] = merge_cli(settings, self.defaults, cwd=self.cwd, **given)
        return self._by_config[config]

    def selection(self, file: Path) -> tuple[Settings, frozenset[str]]:
        """Return the settings for a file, and the codes and prefixes that they ignore in it."""
        place = os.path.dirname(file)
        if place not in self._selections:
            settings = self.at(file.parent)
            if settings.per_file_ignores:
                # Only these depend on the file and not on its directory; each file is matched once.
                place = os.fspath(file)
            if place not in self._selections:
                self._selections[place] = settings, settings.ignored_codes(file)
        return self._selections[place]

    def enabled(self, file: Path) -> frozenset[str]:
        """Return the codes of the rules to check in a file."""
        settings, ignored = self.selection(file)
        key = id(settings), ignored
        if key not in self._codes:
            codes = self.rules_of(settings)
            self._codes[key] = frozenset(
                c for c in codes if not any(matches(c, i) for i in ignored)
            )
        return self._codes[key]

    def rules_of(self, settings: Settings) -> frozenset[str]:
        """Return the codes that settings select, before those of single files."""
        guesses = {code for code, rule in self.rules.items() if rule.needs_proof}
        return settings.enabled_rules(self.defaults, guesses)


def version_of(settings: Settings) -> TritonVersion:
    """Return the Triton release whose rules apply.

    Raises:
        ConfigError: the settings name something that is not a release.
    """
    from tritonlint.triton.versions import NEWEST, parse_version

    if settings.triton_version is None:
        return NEWEST
    try:
        return parse_version(settings.triton_version)
    except ValueError as error:
        raise ConfigError("triton-version", str(error)) from error

"""Settings, and what they mean for a rule or a file."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tritonlint.config.toml import ConfigError
from tritonlint.files.ignore import DEFAULT_EXCLUDE
from tritonlint.files.paths import relative

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

#: The formats that may contain more than findings.
FOR_PEOPLE = ("full", "concise")
OUTPUT_FORMATS = ("full", "concise", "json", "github", "sarif", "gitlab", "rdjson", "junit")
FIX_STRATEGIES = ("remove", "do-not-specialize", "remove-only")
ALL = "ALL"
#: The word that selects all rules.
_EVERY = (ALL, "T", "TR", "TRL")


class Selection(NamedTuple):
    """The rules that one place (a file, the command line) selects: codes, prefixes or `ALL`.

    `select` is None if it was not given, which differs from an empty one.
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
        """Whether `--fix` may fix a rule's findings; the longer prefix wins."""
        return _longest_match(code, self.fixable) > _longest_match(code, self.unfixable)

    def enabled_rules(
        self, default_on: Mapping[str, bool], guesses: Container[str] = ()
    ) -> frozenset[str]:
        """Return the codes to check.

        As in ruff: within one place the longer prefix wins, and `ignore` over `select` of the same
        length; a stronger place that has `select` forgets what weaker ones said, one without it
        adds and takes away.

        Args:
            default_on: all codes, each with whether it is on by default.
            guesses: codes that are only on if a prefix that other codes do not have selects them.
        """
        enabled = {code for code, on in default_on.items() if on}
        for selection in self.selections:
            if selection.select is not None:
                enabled = set()
            chosen = (*(selection.select or ()), *selection.extend_select)
            for code in default_on:
                asked = [s for s in chosen if s not in _EVERY] if code in guesses else chosen
                longest = _longest_match(code, asked)
                ignored = _longest_match(code, selection.ignore)
                if longest > ignored:
                    enabled.add(code)
                elif ignored >= 0:
                    enabled.discard(code)
        return frozenset(enabled)

    @property
    def finds_all(self) -> bool:
        """Whether settings leave out no more Python files than the defaults do."""
        return (
            self.exclude == DEFAULT_EXCLUDE and not self.extend_exclude and self.respect_gitignore
        )

    @property
    def exclude_patterns(self) -> tuple[str, ...]:
        """Return the patterns that discovery leaves out, relative to `base`."""
        return self.exclude + self.extend_exclude

    def ignored_codes(self, path: Path) -> frozenset[str]:
        """Return the codes and prefixes of per-file-ignores for the file; `matches` reads them."""
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
    """Whether a code, a prefix or `ALL` covers a rule's code."""
    return selector == ALL or code.startswith(selector)


def _longest_match(code: str, selectors: Iterable[str]) -> int:
    """Return the length of the longest selector for the code: 0 for `ALL`, -1 for none."""
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

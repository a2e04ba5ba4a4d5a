"""`tritonlint clean`: removes data from earlier runs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tritonlint.command.say import complain
from tritonlint.config.load import find_config, load
from tritonlint.files.roots import project_root
from tritonlint.fix.recovery import recover
from tritonlint.options import Parser
from tritonlint.rules import all_rules
from tritonlint.store import cache


def parse_clean(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of `tritonlint clean`."""
    parser = Parser(prog="tritonlint clean", description="Deletes the caches.")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="paths in the projects [.]")
    parser.add_argument("--cache-dir", metavar="DIR", help="the cache, if not in the project")
    return parser.parse_args(arguments)


def clean(options: argparse.Namespace) -> bool:
    """Delete the caches of projects, and leftovers of killed runs; return whether all is gone.

    Raises:
        ConfigError: the settings, which may name the cache, cannot be read.
    """
    problems = [_remove_cache(Path(options.cache_dir))] if options.cache_dir else []
    for path in map(Path, options.paths or ["."] if not options.cache_dir else []):
        root = project_root(path)
        problems.append(_remove_journal(root))
        config = find_config(path)
        own = load(config, all_rules()).cache_dir if config else None
        problems.append(_remove_cache(own or root / cache.DIRECTORY, root))
    for problem in filter(None, problems):
        complain(problem)
    return not any(problems)


def _remove_cache(directory: Path, root: Path | None = None) -> str | None:
    """Delete a cache. Returns why that is not possible, or None."""
    try:
        if cache.clean(directory, root):
            print(f"Removed {directory}")
    except OSError as error:
        return f"cannot remove {directory}: {error.strerror or error}"
    return None


def _remove_journal(root: Path) -> str | None:
    """Finish a fix that a killed run began; if that fails, leave files as they are."""
    recovery = recover(root)
    if recovery is None:
        return None
    if recovery.journal is None:
        if recovery.is_stuck:
            return recovery.said
        complain(recovery.said)
        return None
    directory = recovery.journal.directory
    try:
        recovery.journal.remove()
    except OSError as error:
        return f"cannot remove {directory}: {error.strerror or error}"
    print(f"Removed {directory}; all files are left as they are")
    return None

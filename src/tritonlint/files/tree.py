"""Files of any kind, in a tree and around it, that may name its kernels."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from tritonlint.files.ignore import (
    DEFAULT_EXCLUDE,
    Rules,
    is_ignored,
    load_rules,
    rules_above,
    rules_of_repository,
)
from tritonlint.files.paths import slashed
from tritonlint.files.roots import PROJECT_FILES, REPOSITORY_MARKS, Limits

#: Directories without code of the project: other tools' caches, environments, installed packages.
_NEVER_CODE = frozenset(DEFAULT_EXCLUDE) - {"_build", "buck-out", "build", "dist"}
#: Files with these suffixes are not text.
_BINARY = frozenset(
    {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".ico", ".webp", ".svg", ".pdf", ".woff"}
    | {".woff2", ".ttf", ".mp3", ".mp4", ".wav", ".zip", ".gz", ".bz2", ".xz", ".zst", ".tar"}
    | {".tgz", ".whl", ".egg", ".lock", ".db", ".sqlite", ".so", ".a", ".o", ".obj", ".dll"}
    | {".dylib", ".lib", ".exe", ".bin", ".pyc", ".pyd", ".cubin", ".ptx", ".fatbin"}
    | {".hsaco", ".pt", ".pth", ".ckpt", ".onnx", ".safetensors", ".npy", ".npz", ".pkl"}
    | {".parquet", ".arrow", ".h5", ".gguf"}
)
#: Files that tritonlint writes contain names of kernels, but do not use them.
BASELINE = ".tritonlint-baseline.json"
#: Of the files that are left out of a tree, only those with these suffixes are searched.
_PYTHON = frozenset({".py", ".pyw", ".pyi", ".ipynb"})


class TreeFile(NamedTuple):
    """A file of a tree; `left_out` says why linting leaves it out, or is empty."""

    path: Path
    left_out: str


def other_files(
    root: Path, python: Collection[Path], around: Collection[Path] = ()
) -> Iterator[TreeFile]:
    """Yield the texts of a tree, except its `python` files, and files around it.

    In the directories above the tree, these are also the texts; in those beside it, the Python
    files.

    Args:
        around: more directories around it, besides those that are found automatically.
    """
    known = frozenset(path.as_posix() for path in python)
    for path, left_out in _walk_tree(root):
        if _may_speak_of_kernels(path, left_out, known):
            yield TreeFile(Path(path), left_out)
    directories = {*_surroundings(root), *around}
    # The walk of the outer one includes it.
    for directory in sorted(d for d in directories if directories.isdisjoint(d.parents)):
        takes_texts = root.is_relative_to(directory)
        for path, left_out in _walk_tree(directory, bounded=False):
            if not _may_speak_of_kernels(path, left_out, known):
                continue
            file = Path(path)
            if not file.is_relative_to(root) and (takes_texts or is_python(file)):
                yield TreeFile(file, "a file beside the project")


def _may_speak_of_kernels(path: str, left_out: str, python: Collection[str]) -> bool:
    """Whether it is a text that was not surveyed; of files left out, only Python counts."""
    if path in python or path.endswith(f"/{BASELINE}"):
        return False
    suffix = os.path.splitext(path)[1].lower()
    return suffix in _PYTHON if left_out else suffix not in _BINARY


def is_python(path: Path) -> bool:
    """Whether a file's name is one of a Python file."""
    return path.suffix.lower() in _PYTHON


def _walk_tree(root: Path, bounded: bool = True) -> Iterator[tuple[str, str]]:
    """Yield all files of a tree, of any kind, and why linting leaves each out, or "".

    Environments, installed packages and caches (with a `CACHEDIR.TAG`) are left out, and so are
    directories that cannot be listed. If the walk is `bounded`, it stays within the limits of a
    project.
    """
    start = slashed(Path(os.path.realpath(root)))
    ignores = rules_above(start, every_file=True)
    limits = Limits(root)
    pending: list[tuple[str, list[Rules] | None, str]] = [(start, ignores, "")]
    while pending:
        directory, ignores, left_out = pending.pop()
        try:
            with os.scandir(directory) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            continue
        names = {entry.name for entry in entries}
        if "CACHEDIR.TAG" in names and directory != start:
            continue
        folder = os.path.basename(directory.rstrip("/"))
        if bounded and directory != start and not limits.admit(folder, names):
            continue
        if directory != start and not names.isdisjoint(REPOSITORY_MARKS):
            left_out = left_out or "a repository inside the project"
        if ".git" in names:
            ignores = rules_of_repository(directory, every_file=True)
        if ".gitignore" in names and ignores is not None:
            ignores = [*ignores, *load_rules(f"{directory}.gitignore", directory, True)]
        for entry in entries:
            name, path = entry.name, f"{directory}{entry.name}"
            try:
                is_dir = entry.is_dir(follow_symlinks=False)
                is_file = not is_dir and entry.is_file()
                is_link = entry.is_symlink()
            except OSError:
                continue
            why = left_out
            if not why and is_ignored(path, name, is_dir, ignores or ()):
                why = "a file that git ignores"
            if is_dir and name not in _NEVER_CODE:
                if not why and name in DEFAULT_EXCLUDE:
                    why = "a folder that is left out"
                pending.append((f"{path}/", ignores, why))
            elif is_file:
                # The start has no links, and those to directories are not followed.
                yield Path(os.path.realpath(path)).as_posix() if is_link else path, why


def _surroundings(root: Path) -> list[Path]:
    """Return directories beside a project that may contain code which uses it.

    If a repository contains it, this is the repository. Otherwise, these are the projects
    beside it that are not repositories of their own.
    """
    if Limits(root).is_unmarked:
        return []
    if not _is_repository(root):
        try:
            beside = [Path(entry.path) for entry in os.scandir(root.parent) if entry.is_dir()]
        except OSError:
            return []
        return sorted(
            directory
            for directory in beside
            if directory != root
            and any((directory / name).exists() for name in PROJECT_FILES)
            and not _is_repository(directory)
        )
    for above in root.parents:
        if _is_repository(above):
            return [above]
    return []


def _is_repository(directory: Path) -> bool:
    return any((directory / name).exists() for name in REPOSITORY_MARKS)

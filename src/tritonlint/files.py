"""Which files to look at: the walk, ignore files, excludes, and tests on a file's bytes."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# ruff's list, the cache directories of editors and Python, and installed packages.
# fmt: off
DEFAULT_EXCLUDE = (
    ".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints",
    ".mypy_cache", ".nox", ".pants.d", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache",
    ".svn", ".tox", ".tritonlint_cache", ".venv", ".vscode", "__pycache__", "__pypackages__",
    "_build", "buck-out", "dist", "node_modules", "site-packages", "venv",
)
# fmt: on
#: What a killed `--fix` leaves in the root of a project: see `fix/journal.py`.
JOURNAL = ".tritonlint_journal"
#: Of these, packages are no build output: `pkg/dist/` may be what is distributed.
_NO_PACKAGES = frozenset({"dist", "_build"})
_SUFFIXES = (".py", ".pyw")
#: Files that show a directory to be a project.
_PROJECT_FILES = ("pyproject.toml", "tritonlint.toml", "setup.py", "setup.cfg")

# Bytes from 128 up belong to UTF-8 sequences, which Python allows in identifiers.
_IDENTIFIER_BYTES = bytes(c if c > 127 or chr(c).isalnum() or c == 95 else 32 for c in range(256))


#: What never holds code of the project: other tools' caches, environments, installed packages.
_NEVER_CODE = frozenset(DEFAULT_EXCLUDE) - {"_build", "buck-out", "dist"}


class FileError(Exception):
    """A path that cannot be used: what is the matter with it, and what to do about it."""

    def __init__(self, path: Path, problem: str, advice: str) -> None:
        super().__init__(path, problem, advice)
        self.path = path
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}; {self.advice}"


class Discovery(NamedTuple):
    """The files to look at, sorted, and the paths that could not be used.

    Attributes:
        names: the names that the files were reached by.
        real: their real names.
        outside: the real names of those that a link leads to from a directory which they do not
            lie in, with the link.
    """

    names: tuple[str, ...]
    errors: tuple[FileError, ...]
    real: tuple[Path, ...]
    outside: Mapping[Path, str] = MappingProxyType({})

    @property
    def files(self) -> tuple[Path, ...]:
        """The files by the names that they were reached by."""
        return tuple(map(Path, self.names))


def discover(
    paths: Iterable[Path],
    *,
    exclude: Sequence[str] = DEFAULT_EXCLUDE,
    base: Path | None = None,
    respect_gitignore: bool = True,
    enter_repositories: bool = True,
) -> Discovery:
    """The Python files among and below the paths, each once, under the name it was reached by.

    A file that is named is taken, whatever its suffix and whoever ignores it. A directory that is
    named is walked for `*.py` and `*.pyw`, whatever its own name and those above it; `exclude`
    (gitignore patterns, relative to `base` or else to the working directory) and the ignore files
    of its git repository decide only what lies below it. As in ruff, links to files are taken,
    links to directories are not followed unless named, and ignore files count only in a git
    repository; a user's global ignore file does not count, so that all see the same findings.
    A path that cannot be used becomes an error in the result; nothing is raised. Repositories below
    a path are walked only with `enter_repositories`.
    """
    unless_packages = _NO_PACKAGES if set(exclude) >= set(DEFAULT_EXCLUDE) else frozenset()
    patterns = [p.removeprefix("./") for p in exclude if p not in unless_packages]
    excluded = _Rules(patterns, _slashed(base or Path.cwd()))
    found: dict[str, str] = {}
    directories: dict[str, str] = {}
    errors: dict[Path, FileError] = {}
    outside: dict[Path, str] = {}
    for path in paths:
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError) as error:
            errors[path] = _file_error(path, error)
            continue
        if stat.S_ISDIR(mode):
            reached = _walk(
                path, excluded, unless_packages, respect_gitignore, enter_repositories, errors
            )
            inside = os.path.join(os.path.realpath(path), "")
        elif stat.S_ISREG(mode):
            reached = iter([(str(path), _real_path(str(path), directories))])
            inside = ""
        else:
            advice = "name a file or a directory; for standard input use --stdin-filename"
            errors[path] = FileError(path, "neither a file nor a directory", advice)
            continue
        for name, real in reached:
            if found.setdefault(real, name) != name:
                found[real] = min(found[real], name, key=lambda n: _plainness(n, real))
            if not real.startswith(inside):
                outside[Path(real)] = name
    return Discovery(
        names=tuple(sorted(found.values())),
        errors=tuple(errors[path] for path in sorted(errors)),
        real=tuple(map(Path, sorted(found))),
        outside=outside,
    )


def project_root(path: Path) -> Path:
    """The tree in which the launches of a file's kernels are looked for: see `ProjectRoots`."""
    real = os.path.realpath(path)
    return ProjectRoots().of(real if os.path.isdir(real) else os.path.dirname(real))


class ProjectRoots:
    """The trees in which the launches of the kernels of each directory are looked for.

    The nearest directory above that holds `.git`; without one, the nearest with a pyproject.toml
    or tritonlint.toml; without one, the directory that holds the outermost package, of whose
    subdirectories not every one need have an `__init__.py`. `.git` comes
    first because a monorepo's tests and benchmarks launch kernels from beside the nested
    pyproject.toml of the package that defines them. What lies above a directory that walks leave
    out (`site-packages`, `.venv`) does not count: an installed package is a tree by itself.
    """

    def __init__(self, exists: Callable[[str], bool] = os.path.exists) -> None:
        self._exists = exists
        self._found: dict[str, tuple[Path, _Mark]] = {}

    def of(self, directory: str) -> Path:
        """The root of a directory, which is given by its real name."""
        pending = [directory]
        while pending[-1] not in self._found and not _is_top(pending[-1]):
            pending.append(os.path.dirname(pending[-1]))
        for each in reversed(pending):
            if each not in self._found:
                self._found[each] = self._look(each)
        return self._found[directory][0]

    def _look(self, directory: str) -> tuple[Path, _Mark]:
        """The root of a directory; that of the one above it is known."""
        parent = os.path.dirname(directory)
        is_top = _is_top(directory)
        here = Path(directory)
        above = (here, _Mark.NONE) if is_top else self._found[parent]
        if self._exists(f"{directory}/.git"):
            return here, _Mark.GIT
        if above[1] is _Mark.GIT:
            return above
        if any(self._exists(f"{directory}/{n}") for n in ("pyproject.toml", "tritonlint.toml")):
            return here, _Mark.SETTINGS
        if above[1] is not _Mark.NONE:
            return above
        if self._exists(f"{directory}/__init__.py"):
            return here if is_top else here.parent, _Mark.PACKAGE
        return here, _Mark.NONE


def surroundings(root: Path) -> list[Path]:
    """Directories beside a project that may hold code which uses it.

    The repository that it lies in as one of several; or, where no repository shows its limits, the
    projects beside it that are no repositories of their own.
    """
    if not (root / ".git").exists():
        try:
            beside = [Path(entry.path) for entry in os.scandir(root.parent) if entry.is_dir()]
        except OSError:
            return []
        return sorted(
            directory
            for directory in beside
            if directory != root
            and any((directory / name).exists() for name in _PROJECT_FILES)
            and not (directory / ".git").exists()
        )
    for above in root.parents:
        if (above / ".git").exists():
            return [above]
    return []


def _is_top(directory: str) -> bool:
    """Whether what lies above a directory does not count."""
    parent = os.path.dirname(directory)
    return parent == directory or os.path.basename(parent) in DEFAULT_EXCLUDE


class _Mark(Enum):
    """What shows a directory to be the root of a project."""

    GIT = auto()
    SETTINGS = auto()
    PACKAGE = auto()
    NONE = auto()


def read(path: Path) -> bytes:
    """The bytes of a file. Raises FileError if it cannot be read."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise _file_error(path, error) from error


def relative(path: str | Path, base: str | Path) -> str:
    """A path with slashes, relative to a directory; absolute if it is on another drive."""
    try:
        path = os.path.relpath(path, base)
    except ValueError:  # Only Windows has drives.
        path = os.path.abspath(path)
    return path.replace(os.sep, "/")


def words_of(data: bytes) -> list[bytes]:
    """All identifiers, numbers and other words of a file, each as often as it is there."""
    return data.translate(_IDENTIFIER_BYTES).split()


def mentions_any(data: bytes, names: frozenset[bytes]) -> bool:
    """Whether one of the identifiers (UTF-8) stands in the file as a whole word."""
    return any(name in data for name in names) and not names.isdisjoint(words_of(data))


def _walk(
    root: Path,
    exclude: _Rules,
    unless_packages: frozenset[str],
    respect_gitignore: bool,
    enter_repositories: bool,
    errors: dict[Path, FileError],
) -> Iterator[tuple[str, str]]:
    """The name and the real path of each Python file below a directory."""
    prefix = "" if str(root) == "." else os.path.join(str(root), "")
    real_prefix = os.path.join(os.path.realpath(root), "")
    start = _slashed(root)
    # None outside a git repository, where ignore files do not count.
    ignores = _rules_above(start) if respect_gitignore else None
    pending = [("", start, ignores)]
    while pending:
        inside, absolute, ignores = pending.pop()
        try:
            with os.scandir(prefix + inside or ".") as listing:
                entries = list(listing)
        except OSError as error:
            errors[Path(prefix + inside)] = _file_error(Path(prefix + inside), error)
            continue
        names = {entry.name for entry in entries}
        if ".git" in names and inside and not enter_repositories:
            continue
        if ".git" in names and respect_gitignore:
            ignores = _rules_of_repository(absolute)
        if ".gitignore" in names and ignores is not None:
            ignores = [*ignores, *_load_rules(absolute + ".gitignore", absolute)]
        # The settings come last, as what they exclude no ignore file takes back.
        dir_rules = [*(ignores or ()), exclude]
        file_rules = [rules for rules in dir_rules if rules.may_concern_files(absolute, names)]
        for entry in entries:
            name = entry.name
            try:
                is_file = name.endswith(_SUFFIXES) and entry.is_file()
                if not (is_file or entry.is_dir(follow_symlinks=False)):
                    continue
                linked = is_file and entry.is_symlink()
            except OSError:  # A link that leads to itself: no file.
                continue
            if not is_file:
                if name in unless_packages and not os.path.exists(f"{entry.path}/__init__.py"):
                    continue
                if not _is_ignored(absolute + name, name, True, dir_rules):
                    pending.append((os.path.join(inside, name, ""), f"{absolute}{name}/", ignores))
            elif file_rules and _is_ignored(absolute + name, name, False, file_rules):
                continue
            elif linked:
                yield prefix + inside + name, os.path.realpath(prefix + inside + name)
            else:
                yield prefix + inside + name, real_prefix + inside + name


class TreeFile(NamedTuple):
    """A file of a tree; `left_out` says what it is where linting leaves it out, or is empty."""

    path: Path
    left_out: str


def walk_tree(root: Path) -> Iterator[TreeFile]:
    """All files of a tree, of any kind, also those that git ignores or that linting leaves out.

    Environments, installed packages and caches (what holds a `CACHEDIR.TAG`) are passed over,
    and what cannot be listed.
    """
    start = _slashed(Path(os.path.realpath(root)))
    ignores = _rules_above(start, every_file=True)
    pending: list[tuple[str, list[_Rules] | None, str]] = [(start, ignores, "")]
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
        if ".git" in names:
            if directory != start:
                left_out = left_out or "a repository inside the project"
            ignores = _rules_of_repository(directory, every_file=True)
        if ".gitignore" in names and ignores is not None:
            ignores = [*ignores, *_load_rules(f"{directory}.gitignore", directory, True)]
        for entry in entries:
            name, path = entry.name, f"{directory}{entry.name}"
            try:
                is_dir = entry.is_dir(follow_symlinks=False)
                is_file = not is_dir and entry.is_file()
            except OSError:
                continue
            why = left_out
            if not why and _is_ignored(path, name, is_dir, ignores or ()):
                why = "a file that git ignores"
            if is_dir and name not in _NEVER_CODE:
                if not why and name in DEFAULT_EXCLUDE:
                    why = "a folder that is left out"
                pending.append((f"{path}/", ignores, why))
            elif is_file:
                yield TreeFile(Path(os.path.realpath(path)), why)


def _is_ignored(path: str, name: str, is_dir: bool, rules: Sequence[_Rules]) -> bool:
    for each in reversed(rules):
        if (verdict := each.verdict(path, name, is_dir)) is not None:
            return verdict
    return False


class _Rules:
    """The gitignore patterns of one file or setting, relative to the directory `base`.

    Most patterns are a name, a path or `*.suffix`: those are looked up. Where another pattern
    may apply, pathspec decides; importing it takes as long as walking 3,000 files several times.
    """

    def __init__(self, lines: Iterable[str], base: str, every_file: bool = False) -> None:
        self._base = base
        self._every_file = every_file
        self._lines = [line if line.endswith("\\ ") else line.rstrip() for line in lines]
        self._signs: dict[int, bool] = {}
        # For files and for directories: what matches, and the number of the last such line.
        self._exact: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._suffixes: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._globs: tuple[list[tuple[list[str], int]], ...] = ([], [])
        for number, line in enumerate(self._lines):
            self._index(number, line)
        self._endings = tuple(map(tuple, self._suffixes))
        self._file_names = {key.rpartition("/")[2] for key in self._exact[False]}
        self._looks_at_paths = bool(self._globs[True]) or any(
            "/" in key for key in self._exact[True]
        )
        self._specs: dict[bool, GitIgnoreSpec] = {}

    def may_concern_files(self, directory: str, names: set[str]) -> bool:
        """Whether the Python files of a directory that holds these names need a verdict."""
        if not self._file_names.isdisjoint(names):
            return True
        if not (self._globs[False] or self._suffixes[False]):
            return False
        text = "/".join(("", self._inside(directory), *names, ""))
        return any(f"{suffix}/" in text for suffix in self._suffixes[False]) or any(
            all(part in text for part in parts) for parts, _ in self._globs[False]
        )

    def verdict(self, path: str, name: str, is_dir: bool) -> bool | None:
        """Whether the entry itself is ignored; None if no pattern speaks of it."""
        inside = self._inside(path) if self._looks_at_paths else name
        exact = self._exact[is_dir]
        last = max(exact.get(name, -1), exact.get("/" + inside, -1))
        if name.endswith(self._endings[is_dir]):
            suffixes = self._suffixes[is_dir].items()
            last = max(last, *(number for suffix, number in suffixes if name.endswith(suffix)))
        for parts, number in self._globs[is_dir]:
            if number > last and all(part in inside for part in parts):
                return self._ask_pathspec(inside, is_dir)
        return self._signs.get(last)

    def _index(self, number: int, line: str) -> None:
        ignores = not line.startswith("!")
        pattern = line if ignores else line[1:]
        body = pattern.rstrip("/")
        if not body or line.startswith("#"):
            return
        kinds = (True,) if pattern.endswith("/") else (False, True)
        for variant in _expand_last_class(body):
            if not re.search(r"[*?[\\]", variant):
                key = "/" + variant.lstrip("/") if "/" in variant else variant
                self._signs[number] = ignores
                for is_dir in kinds:
                    self._exact[is_dir][key] = number
            elif re.fullmatch(r"\*[^/*?[\\]*", variant):
                self._signs[number] = ignores
                for is_dir in kinds:
                    if is_dir or self._every_file or _may_end_python_file(variant[1:]):
                        self._suffixes[is_dir][variant[1:]] = number
            else:
                # Text that every match has; what follows a class or a backslash is not looked at.
                parts = re.split(r"[*?/]+", re.split(r"[\[\\]", variant)[0])
                for is_dir in kinds:
                    self._globs[is_dir].append((parts, number))

    def _inside(self, path: str) -> str:
        if path.startswith(self._base):
            return path[len(self._base) :]
        return relative(path, self._base)

    def _ask_pathspec(self, inside: str, is_dir: bool) -> bool | None:
        """What pathspec says of the entry itself, not of a directory above it.

        A pattern that matches an entry takes precedence, in pathspec, over one that matches a
        directory above it. So directories are asked about as if they were files, and a first
        pattern that every entry matches shows that no other one did.
        """
        from pathspec import GitIgnoreSpec

        spec = self._specs.get(is_dir)
        if spec is None:
            lines = ["*"]
            for line in self._lines:
                if line.endswith("/") and not is_dir:
                    continue
                pattern = line.rstrip("/")
                # As git: a pattern that makes no sense matches nothing.
                with suppress(ValueError, re.error):
                    GitIgnoreSpec.from_lines([pattern])
                    lines.append(pattern)
            self._specs[is_dir] = spec = GitIgnoreSpec.from_lines(lines)
        result = spec.check_file(inside)
        return result.include if result.index else None


def _may_end_python_file(suffix: str) -> bool:
    return any(suffix.endswith(python) or python.endswith(suffix) for python in _SUFFIXES)


def _expand_last_class(pattern: str) -> list[str]:
    """`*.py[co]` as `*.pyc` and `*.pyo`: it stands in most ignore files of Python projects."""
    match = re.fullmatch(r"(.*)\[(\w+)\]", pattern)
    return [match[1] + letter for letter in match[2]] if match else [pattern]


def _rules_above(start: str, every_file: bool = False) -> list[_Rules] | None:
    """The ignore files above a directory, outermost first; None if it is in no repository."""
    above: list[str] = []
    directory = start
    while (parent := os.path.dirname(directory.rstrip("/")).rstrip("/") + "/") != directory:
        above.append(parent)
        if os.path.lexists(parent + ".git"):
            rules = _rules_of_repository(parent, every_file)
            for holder in reversed(above):
                rules += _load_rules(holder + ".gitignore", holder, every_file)
            return rules
        directory = parent
    return None


def _rules_of_repository(directory: str, every_file: bool = False) -> list[_Rules]:
    """What `info/exclude` says, also where `.git` is the file of a worktree or a submodule."""
    git = directory + ".git"
    try:
        if os.path.isfile(git):
            git = os.path.join(directory, read(Path(git)).decode().removeprefix("gitdir:").strip())
            common = os.path.join(git, "commondir")
            if os.path.isfile(common):
                git = os.path.join(git, read(Path(common)).decode().strip())
    except (FileError, UnicodeDecodeError):
        return []
    return _load_rules(os.path.join(git, "info", "exclude"), directory, every_file)


def _load_rules(path: str, base: str, every_file: bool = False) -> list[_Rules]:
    """The rules of an ignore file; none if there is no such file, or git could not read it."""
    try:
        text = os.fsdecode(read(Path(path)))
    except FileError:
        return []
    return [_Rules(text.removeprefix("\ufeff").split("\n"), base, every_file)]


def _real_path(file: str, directories: dict[str, str]) -> str:
    """As os.path.realpath, which asks about each directory again for each file that is named."""
    if os.path.islink(file):
        return os.path.realpath(file)
    directory, name = os.path.split(file)
    if directory not in directories:
        directories[directory] = os.path.realpath(directory)
    return os.path.join(directories[directory], name)


def _slashed(path: Path) -> str:
    return os.path.abspath(path).replace(os.sep, "/").rstrip("/") + "/"


def _plainness(name: str, real: str) -> tuple[bool, int, str]:
    """Orders the names of one file: the first is neither a link nor longer than it must be."""
    return os.path.abspath(name) != real, len(name), name


def _file_error(path: Path, error: OSError | ValueError) -> FileError:
    if isinstance(error, FileNotFoundError):
        return FileError(path, "no such file or directory", "check the spelling")
    if isinstance(error, PermissionError):
        return FileError(path, "permission denied", "make it readable or exclude it")
    if isinstance(error, IsADirectoryError):
        return FileError(path, "a directory, not a file", "name a file in it")
    if isinstance(error, ValueError):
        return FileError(path, "no path can hold a NUL character", "mend the path")
    return FileError(path, (error.strerror or str(error)).lower(), "mend the path or exclude it")

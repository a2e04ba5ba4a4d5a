"""Decides which files of a tree have to be surveyed, and links their facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from tritonlint.files import Discovery
from tritonlint.project.modules import Modules, imported_as, own_packages
from tritonlint.project.project import Project
from tritonlint.project.surveys import LoadOptions, Surveys
from tritonlint.survey.facts import Ask, Seen, SurveyOptions, Tables


class Loader:
    """Loads the project of one tree.

    Args:
        find_files: finds all Python files of the tree.
        named: where given, only the kernels of these files are asked about, and no other file is
            looked at unless there is one. The findings about them are the same.
    """

    def __init__(
        self,
        root: Path,
        find_files: Callable[[], Discovery],
        options: LoadOptions,
        named: Collection[Path] | None = None,
    ) -> None:
        self._root = root
        self._find_files = find_files
        self._named = frozenset(named) if named is not None else None
        self._surveys = Surveys(root, options)
        self._files: tuple[Path, ...] = ()
        self._unlisted: frozenset[Path] = frozenset()

    def load(self) -> Project:
        """The project, as far as it takes to say who launches its kernels."""
        if self._named is None:
            self._find(frozenset())
            self._surveys.outline(self._files)
        else:
            self._files = tuple(sorted(self._named))
            self._surveys.outline(self._files)
            if not any(self._surveys.facts(file).kernels for file in self._surveys.surveyed):
                return self._project()
            self._find(self._named)
            self._surveys.outline(sorted(self._named))
            self._surveys.outline(self._files, only_passing_on=True)
        return self._close(frozenset())

    def _find(self, named: frozenset[Path]) -> None:
        found = self._find_files()
        self._files = tuple(sorted({*found.real, *named}))
        self._unlisted = frozenset(error.path for error in found.errors)
        own = own_packages(self._root, self._files)
        options = self._surveys.options
        if own != options.survey.own_packages:
            survey_options = options.survey._replace(own_packages=own)
            self._surveys = Surveys(self._root, options._replace(survey=survey_options))

    def widen(self, names: frozenset[str]) -> Project:
        """The project, with every file in which one of the names stands as a word."""
        return self._close(names)

    def _close(self, names: frozenset[str]) -> Project:
        """Survey what is led to, until nothing leads any further."""
        while True:
            project = self._project()
            for wanted in (self._with(names), self._users(project), project.missing):
                new = {*wanted} - {*self._surveys.surveyed, *self._surveys.unreadable}
                if new:
                    self._surveys.survey(sorted(new))
                    break
            else:
                return project

    def _project(self) -> Project:
        facts = {path: self._surveys.facts(path) for path in sorted(self._surveys.surveyed)}
        return Project(
            Modules(self._files),
            facts,
            frozenset(filter(self._surveys.is_about_triton, facts)),
            tuple(sorted({*self._surveys.unreadable, *self._unlisted})),
        )

    @property
    def _others(self) -> list[Path]:
        return [file for file in self._files if file not in self._surveys.surveyed]

    def _with(self, names: frozenset[str]) -> Iterable[Path]:
        """The files in which one of the names stands as a word."""
        return self._surveys.with_words(self._others, names) if names else ()

    def _users(self, project: Project) -> Iterable[Path]:
        """The files that may import a kernel that is asked about, by one of its names."""
        asked = {
            identity
            for identity, kernel in project.kernels.items()
            if self._named is None or identity.path in self._named
            # Triton lets no launched kernel return a value; what calls a helper is about Triton.
            if not (kernel.returns_value and self._named is None)
        }
        known: defaultdict[str, set[Path]] = defaultdict(set)
        for identity in asked:
            for qualname, paths in project.known_as(identity).items():
                known[qualname.partition(".")[0]] |= paths
        names = frozenset(known)
        stems = frozenset(imported_as(path) for paths in known.values() for path in paths)
        found = self._surveys.with_words(self._others, names | stems)
        users = {file: words & names for file, words in found.items() if words & names}
        # Those that are about Triton are surveyed by this.
        self._surveys.outline(users)
        for file, words in users.items():
            if self._surveys.is_about_triton(file) or any(
                imported_as(path) in found[file] for name in words for path in known[name]
            ):
                yield file

    # -- what a project is asked beside its facts ------------------------------------------

    @property
    def survey_options(self) -> SurveyOptions:
        """What the facts depend on beside the files."""
        return self._surveys.options.survey

    def seen_by(self, path: Path, name: str, ask: Ask) -> tuple[Seen, Tables]:
        """What something at the top level of a file does with arguments, or holds of configs."""
        return self._surveys.seen_by(path, name, ask)

    def update(self, contents: Mapping[Path, bytes]) -> None:
        """Take other contents for some files than those on disk."""
        self._surveys.update(contents)

    def save(self) -> None:
        """Keep what was learnt for the next run."""
        self._surveys.save()

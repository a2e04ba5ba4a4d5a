"""Decides which files of a tree have to be surveyed, and links their facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from tritonlint.files.discovery import Discovery
from tritonlint.project.misfits import misfits
from tritonlint.project.modules import Modules, imported_as, own_packages
from tritonlint.project.one_file import Need, TextUses
from tritonlint.project.project import Project
from tritonlint.project.searches import FEW_NAMES
from tritonlint.project.surveys import LoadOptions, Surveys
from tritonlint.survey.facts.calls import FarCalls
from tritonlint.survey.facts.lookups import Ask, Seen, Tables
from tritonlint.survey.facts.module import ModuleFacts, SurveyOptions
from tritonlint.survey.guards import GUARD
from tritonlint.survey.lazy_items import MAKES_ITEMS
from tritonlint.survey.loading import LOADS_TENSORS, LOOK_UP_METHODS
from tritonlint.survey.namespaces import LISTING
from tritonlint.triton.names import CONFIG_HOOK

#: Surveying so many named files takes longer than walking the tree.
_MANY_FILES = 64


class Loader:
    """Loads the project of one tree.

    Args:
        find_files: finds all Python files of the tree.
        named: if given, only the kernels of these files matter, and other files are read only if
            there is one. The findings in these files are the same either way.
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
        self._listed: tuple[Discovery, tuple[Path, ...]] | None = None
        self._unlisted: frozenset[Path] = frozenset()
        self._linked: Project | None = None

    def load(self) -> Project:
        """Load the project, as far as needed to find all launches of its kernels."""
        named = self._named
        if named is not None and len(named) < _MANY_FILES:
            # Mostly there is nothing to look for, and walking the tree is not needed.
            self._files = tuple(sorted(named))
            self._surveys.outline(named, Need.ASKED)
            if not any(map(self._has_kernels_or_launches, self._surveys.surveyed)):
                return self._project()
        self._find(named or frozenset())
        if named is None or named.issuperset(self._files):
            # The names of the kernels lead to all launches.
            self._named = None
            self._surveys.outline(self._files, Need.MATTERING)
            # Names mostly lead to the same files as in the last run: then it is linked only once.
            self._surveys.survey(self._surveys.needed_before.intersection(self._files))
        else:
            self._surveys.outline(named, Need.ASKED)
            self._surveys.outline(self._files, Need.PASSING_ON)
        return self._close()

    def _has_kernels_or_launches(self, file: Path) -> bool:
        facts = self._surveys.facts(file)
        return bool(facts.kernels) or any(symbol.origin == "module" for symbol in facts.called)

    def _find(self, named: frozenset[Path]) -> None:
        self._linked = None
        found = self._find_files()
        if self._listed is not None and self._listed[0] is found:
            # Changed files are still the same files.
            self._files = self._listed[1]
            return
        # Sorting them as paths would take longer than finding them.
        self._files = tuple(dict.fromkeys((*found.real, *sorted(named))))
        self._listed = found, self._files
        self._unlisted = frozenset(error.path for error in found.errors)
        own = own_packages(self._root, self._files)
        options = self._surveys.options
        if own != options.survey.own_packages:
            survey_options = options.survey._replace(own_packages=own)
            self._surveys = Surveys(self._root, options._replace(survey=survey_options))

    def widen(self, names: frozenset[str], defined: frozenset[str]) -> Project:
        """Return the project with more files.

        These are all files that contain one of the names as a word or may list the names of a
        module with such a kernel, and all that may define a function or a property with one of
        the other names.
        """
        # Where a file has this word, it needs no survey: see `Project.impure`.
        if LOADS_TENSORS in defined:
            defined |= LOOK_UP_METHODS
        plain = (name.removeprefix(GUARD) for name in defined - {MAKES_ITEMS, LOADS_TENSORS})
        return self._close(names, frozenset(plain))

    def _close(
        self, names: frozenset[str] = frozenset(), defined: frozenset[str] = frozenset()
    ) -> Project:
        """Survey the files that names lead to, until there are no more."""
        while True:
            project = self._project()
            for wanted in (
                self._with(names, project),
                self._surveys.searches.defining(self._others, defined),
                self._users(project),
                project.missing(self._named or ()),
            ):
                new = {*wanted} - {*self._surveys.surveyed, *self._surveys.searches.unreadable}
                if new:
                    self._surveys.survey(sorted(new))
                    break
            else:
                return project

    def _project(self) -> Project:
        """The project of what was surveyed so far: the last one, if nothing is new."""
        unreadable = tuple(sorted({*self._surveys.searches.unreadable, *self._unlisted}))
        last = self._linked
        if (
            last is None
            or last.unreadable != unreadable
            or last.facts.keys() != self._surveys.surveyed
        ):
            facts = {path: self._surveys.facts(path) for path in sorted(self._surveys.surveyed)}
            last = self._linked = Project(
                Modules(self._files),
                facts,
                frozenset(f for f in facts if self._surveys.outline_of(f).is_about_triton),
                unreadable,
                self,
            )
        return last

    @property
    def _others(self) -> list[Path]:
        return [file for file in self._files if file not in self._surveys.surveyed]

    def _with(self, names: frozenset[str], project: Project) -> Iterable[Path]:
        """Yield the files that name one of some kernels, or may reach it otherwise.

        They list all names beside it, or give a hook to configs.
        """
        if not names:
            return
        paths = {i.path for i, kernel in project.kernels.items() if kernel.name in names}
        for path, facts in project.facts.items():
            functions = {f.parameter.function for f in facts.feeders if f.parameter is not None}
            if not functions.isdisjoint(names):
                paths.add(path)
        stems = frozenset(map(imported_as, paths))
        words = names | stems | LISTING | {CONFIG_HOOK}
        for file, found in self._surveys.searches.with_words(self._others, words).items():
            if found & names or CONFIG_HOOK in found or (found & stems and found & LISTING):
                yield file

    def _users(self, project: Project) -> Iterable[Path]:
        """Yield the files that may import one of the kernels in question, by one of its names."""
        if self._named is None:
            # A launched kernel returns no value, and files that call a helper are about Triton.
            asked = {i for i, kernel in project.kernels.items() if not kernel.returns_value}
        else:
            asked = {identity for identity in project.kernels if identity.path in self._named}
            asked.update(m.kernel for m in misfits(project) if m.path in self._named)
        known: defaultdict[str, set[Path]] = defaultdict(set)
        for identity in asked:
            for qualname, paths in project.known_as(identity).items():
                known[qualname.partition(".")[0]] |= paths
        names = frozenset(known)
        stems = frozenset(imported_as(path) for paths in known.values() for path in paths)
        found = self._surveys.searches.with_words(self._others, self._with_functions(names | stems))
        users = {file: words & names for file, words in found.items() if words & names}
        # This surveys the ones that are about Triton.
        self._surveys.outline(users)
        for file, words in users.items():
            if self._surveys.outline_of(file).is_about_triton or any(
                imported_as(path) in found[file] for name in words for path in known[name]
            ):
                yield file

    def _with_functions(self, names: frozenset[str]) -> frozenset[str]:
        """Return names, and those of the functions around launches.

        If there are few, searching for both at once is quicker than searching twice.
        """
        facts = [
            self._surveys.facts(path)
            for path in self._named or ()
            if path in self._surveys.surveyed
        ]
        functions = frozenset(f.name for each in facts for f in each.host_functions)
        return names | functions if len(names | functions) <= FEW_NAMES else names

    # -- questions that facts do not answer ------------------------------------------------

    @property
    def survey_options(self) -> SurveyOptions:
        """Return what the facts depend on, besides the files."""
        return self._surveys.options.survey

    def seen_by(self, path: Path, name: str, ask: Ask) -> tuple[Seen, Tables]:
        """Return what a top-level name of a file does with arguments, or which configs it holds."""
        return self._surveys.seen_by(path, name, ask)

    def mentioning(self, names: frozenset[str]) -> Mapping[Path, frozenset[str]]:
        """Return the files that contain one of the names as a word, by name."""
        return self._surveys.searches.with_words(self._files, names)

    def text_uses(self, asked: Mapping[Path, frozenset[str]]) -> Mapping[Path, TextUses]:
        """Return what the strings in Python files do with names, which differ from file to file."""
        return self._surveys.text_uses(asked)

    def far_calls(self, path: Path, names: frozenset[str], own: frozenset[str]) -> FarCalls:
        """Return the calls in one file of functions with these names; it may define the `own`."""
        return self._surveys.far_calls(path, names, own)

    def facts_of(self, paths: Collection[Path]) -> Mapping[Path, ModuleFacts]:
        """Return the facts of files, even if they are not about Triton."""
        self._surveys.survey(sorted(paths))
        known = self._surveys.surveyed
        return {path: self._surveys.facts(path) for path in paths if path in known}

    def relative(self, path: Path) -> Path:
        """Return the path relative to the root of the tree."""
        return path.relative_to(self._root) if path.is_relative_to(self._root) else path

    def update(
        self, contents: Mapping[Path, bytes], facts: Mapping[Path, ModuleFacts] | None = None
    ) -> None:
        """Use other contents for some files than those on disk, and their facts if known."""
        self._linked = None
        self._surveys.update(contents, facts or {})

    def save(self) -> None:
        """Store new facts for the next run."""
        is_whole = self._named is None
        self._surveys.save(frozenset(self._surveys.surveyed) if is_whole else None)

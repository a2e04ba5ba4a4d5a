"""The calls, anywhere in a tree, of functions whose parameters reach a launch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from tritonlint.files.paths import is_short_lived
from tritonlint.project.classes import ClassId
from tritonlint.project.resolver import Resolver
from tritonlint.survey.facts.calls import FarCall, FarCalls, HostFunction
from tritonlint.survey.facts.module import ModuleFacts
from tritonlint.survey.facts.names import Symbol
from tritonlint.survey.facts.values import Provenance

if TYPE_CHECKING:
    from tritonlint.project.project import Project

#: A name that more files contain than this is not followed: it is too common.
_MOST_FILES = 16
#: Many files of many trees contain these names.
_COMMON = frozenset({"forward", "backward", "apply", "run", "call", "main"})
#: How often files are surveyed to follow a name to its function.
_STEPS = 3

#: The arguments of one call for the parameters of a function, and the file of the call.
Given: TypeAlias = tuple[Path, tuple[tuple[str, Provenance], ...]]


class Tree(Protocol):
    """The files of a tree, as far as their calls matter."""

    def mentioning(self, names: frozenset[str]) -> Mapping[Path, frozenset[str]]:
        """Return the files that contain one of the names as a word, by name."""

    def far_calls(self, path: Path, names: frozenset[str], own: frozenset[str]) -> FarCalls:
        """Return the calls in one file by these names; it may define the `own` itself."""

    def facts_of(self, paths: Collection[Path]) -> Mapping[Path, ModuleFacts]:
        """Return the facts of files that are not surveyed otherwise."""

    def relative(self, path: Path) -> Path:
        """Return the path relative to the root of the tree."""


class Outside:
    """Answers questions about calls outside of the surveyed files, for one project."""

    def __init__(self, project: Project, tree: Tree) -> None:
        self.project = project
        self._tree = tree
        self._files: dict[str, tuple[Path, ...]] = {}
        self._extra: dict[Path, ModuleFacts] = {}
        #: Its own resolver, so that `missing` only has what these questions lead to.
        self._resolver = Resolver(project.modules, project.facts)
        #: For each file, the functions in it whose callers may be needed.
        self._functions: dict[tuple[Path, str], HostFunction] = {}
        self._read: dict[tuple[Path, str], FarCalls] = {}
        self._given: dict[tuple[Path, str], tuple[Given, ...]] = {}
        for path, facts in project.facts.items():
            self._know(path, facts.host_functions)

    def _know(self, path: Path, functions: Iterable[HostFunction]) -> None:
        for function in functions:
            self._functions[path, function.function] = function

    def expect(self, functions: Collection[tuple[Path, str]]) -> None:
        """Search for the callers of several functions at once, which is as quick as for one."""
        names = {_last(function) for _, function in functions} - self._files.keys()
        common = {name for name in names if name in _COMMON or name.startswith("__")}
        self._files |= dict.fromkeys(common, ())
        names -= common
        if not names:
            return
        files: dict[str, list[Path]] = {name: [] for name in names}
        for path, found in self._tree.mentioning(frozenset(names)).items():
            if not is_short_lived(self._tree.relative(path)):
                for name in found:
                    files[name].append(path)
        for name, paths in files.items():
            self._files[name] = tuple(sorted(paths)) if len(paths) <= _MOST_FILES else ()

    def calls(self, path: Path, function: str) -> tuple[Given, ...]:
        """Return the arguments for a function of the file `path`, from calls that must reach it."""
        key = (path, function)
        if key not in self._given:
            self._given[key] = tuple(self._calls(path, function))
        return self._given[key]

    def _calls(self, path: Path, function: str) -> Iterator[Given]:
        callee = self._functions.get((path, function))
        if callee is None:
            return
        self.expect([(path, function)])
        name = _last(function)
        # Its calls in its own file are among the facts, if there is a launch in it.
        facts = self.project.facts.get(path, ModuleFacts())
        is_known = callee in facts.host_functions
        by_file = {
            file: self._far_calls(file, name)
            for file in self._files[name]
            if file != path or not is_known
        }
        is_method = bool(callee.binds) and self._is_sole_method(path, function, by_file)
        for file, far in by_file.items():
            for call in far.calls:
                hidden = self._hidden(path, callee, file, call, is_method)
                if call.name == name and hidden is not None:
                    arguments = tuple(_bound(callee, call, hidden))
                    if arguments:
                        yield file, arguments

    def _far_calls(self, file: Path, name: str) -> FarCalls:
        if (file, name) not in self._read:
            # All functions whose callers may be needed, so that the file is parsed once.
            names = frozenset(n for n, files in self._files.items() if file in files)
            own = frozenset(f.name for (path, _), f in self._functions.items() if path == file)
            found = self._tree.far_calls(file, names, own)
            self._know(file, found.functions)
            self._read |= {(file, each): found for each in names}
        return self._read[file, name]

    # -- the called function ---------------------------------------------------------------

    def _hidden(
        self, path: Path, callee: HostFunction, file: Path, call: FarCall, is_method: bool
    ) -> int | None:
        """Return how many parameters at the front a call leaves out.

        None if it may be a call of something else.
        """
        of_object = 0 if callee.binds in ("", "nothing") else 1
        if call.on_object:
            return of_object if is_method else None
        if call.callee is None:
            return None
        led = self._led(file, call.callee)
        if led == (path, callee.function):
            return 1 if callee.binds == "class" else 0
        return of_object if is_method and led is not None and self._is_object(*led) else None

    def _led(self, file: Path, symbol: Symbol) -> tuple[Path, str] | None:
        """Return the one name of one file that a symbol leads to."""
        if symbol.origin not in ("module", "file"):
            return None
        if symbol.origin == "file" and (file, symbol.path) in self._functions:
            return file, symbol.path
        for _ in range(_STEPS):
            found = self._resolver.definitions_of(file, symbol)
            missing = (self._resolver.missing & self.project.files) - self._extra.keys()
            if not missing:
                break
            self._survey(missing)
        places = {(d.path, d.name) for d in found}
        return places.pop() if len(places) == 1 else None

    def _survey(self, files: Collection[Path]) -> None:
        self._extra |= self._tree.facts_of(files)
        facts = {**self.project.facts, **self._extra}
        self._resolver = Resolver(self.project.modules, facts)

    def _is_object(self, path: Path, name: str) -> bool:
        """Whether a name like `operator.method` belongs to an object that its file makes."""
        bindings = self._resolver.bindings_of(path)
        root, _, attribute = name.partition(".")
        if bindings is None or not attribute or "." in attribute:
            return False
        binding = bindings.get(root)
        is_class = self._resolver.classes.has(path, root)
        return binding is not None and not binding.symbols and not is_class

    def _is_sole_method(self, path: Path, function: str, by_file: Mapping[Path, FarCalls]) -> bool:
        """Whether an object's method of that name must be this one.

        So it is if only this class has it, or one class of the file and those that inherit
        from it there.
        """
        owner, _, name = function.rpartition(".")
        if any(file != path and name in far.methods for file, far in by_file.items()):
            return False
        if path not in self._resolver.facts:
            self._survey((path,))
        facts = self._resolver.facts.get(path, ModuleFacts())
        owners = [c.name for c in facts.classes if name in c.attributes]
        if owner not in owners or any("." in each for each in owners):
            return False
        classes = self._resolver.classes
        return any(
            all(
                other == base
                or ClassId(path, base) in classes.ancestry(ClassId(path, other)).classes
                for other in owners
            )
            for base in owners
        )


def _bound(callee: HostFunction, call: FarCall, hidden: int) -> Iterator[tuple[str, Provenance]]:
    yield from zip(callee.positional[hidden:], call.positional, strict=False)
    yield from ((name, given) for name, given in call.keywords if name in callee.named)


def _last(function: str) -> str:
    return function.rpartition(".")[2]

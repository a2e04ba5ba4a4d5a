"""A project: the facts of the files of one tree, linked once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path

from tritonlint.files.paths import is_short_lived
from tritonlint.project.handing import Handings
from tritonlint.project.identity import KernelId
from tritonlint.project.links import Links, concerns, link
from tritonlint.project.modules import Modules
from tritonlint.project.outside import Outside, Tree
from tritonlint.project.resolver import Resolver
from tritonlint.survey.facts.kernels import Kernel, Parameter
from tritonlint.survey.facts.module import ModuleFacts
from tritonlint.survey.facts.names import in_file
from tritonlint.survey.lazy_items import MAKES_ITEMS
from tritonlint.survey.strings import matches


class Project:
    """All facts about one tree.

    Args:
        modules: every Python file of the tree.
        facts: the facts of the files that matter; nothing is added to them later.
        subjects: the ones about Triton; the others are there for their launches.
        unreadable: files and directories of the tree that could not be read.
        tree: answers questions beyond the facts, about any file.
    """

    def __init__(
        self,
        modules: Modules,
        facts: Mapping[Path, ModuleFacts],
        subjects: frozenset[Path],
        unreadable: tuple[Path, ...] = (),
        tree: Tree | None = None,
    ) -> None:
        self.modules = modules
        self.facts = facts
        self.subjects = subjects
        self.unreadable = unreadable
        self.tree = tree
        self.resolver = Resolver(modules, facts)
        self._parameters: dict[KernelId, dict[str, Parameter]] = {}

    @property
    def files(self) -> frozenset[Path]:
        """Every Python file of the tree."""
        return self.modules.files

    @property
    def kernels(self) -> Mapping[KernelId, Kernel]:
        """All kernels, by file and place."""
        return self.resolver.kernels

    def parameter(self, identity: KernelId, name: str) -> Parameter | None:
        """Return the parameter of a kernel with that name, or None."""
        known = self._parameters.get(identity)
        if known is None:
            parameters = self.kernels[identity].parameters
            known = self._parameters[identity] = {p.name: p for p in reversed(parameters)}
        return known.get(name)

    def own_parameter(self, identity: KernelId, name: str) -> Parameter:
        """Return the parameter of a kernel that is known to have it."""
        parameter = self.parameter(identity, name)
        assert parameter is not None, name
        return parameter

    def relative(self, path: Path) -> Path:
        """The path below the root of the tree, where that is known."""
        return self.tree.relative(path) if self.tree is not None else path

    def is_test(self, path: Path) -> bool:
        """Whether a file runs kernels a few times, with values of its own: a test, a benchmark."""
        return is_short_lived(self.relative(path))

    @cached_property
    def outside(self) -> Outside | None:
        """Answers about calls in files without facts; None if there is no tree to ask."""
        return Outside(self, self.tree) if self.tree is not None else None

    def impure(self, name: str) -> Path | None:
        """Return where code has an effect when a name is looked up or called; None if nowhere."""
        known = self._impure.get(name)
        if name != MAKES_ITEMS or self.tree is None:
            return known
        # Whatever a file does with it: that it has the word is enough, without a survey.
        files = {*self.tree.mentioning(frozenset({name}))}
        return max(files | {known} if known is not None else files, default=None)

    @cached_property
    def _impure(self) -> Mapping[str, Path]:
        return {name: path for path, facts in self.facts.items() for name in facts.impure}

    @cached_property
    def links(self) -> Mapping[KernelId, Links]:
        """The calls and references of each kernel."""
        return link(self.resolver, self.handings, self.kernel_names)

    @cached_property
    def handings(self) -> Handings:
        """The calls that give kernels to functions, followed."""
        return Handings(self.resolver, lambda symbols: concerns(symbols, self.kernel_names))

    @cached_property
    def kernel_names(self) -> frozenset[str]:
        """All names that a file may use for a kernel; no other name means one."""
        given: defaultdict[str, set[str]] = defaultdict(set)
        for facts in self.facts.values():
            for binding in facts.bindings:
                name = binding.name.rpartition(".")[2]
                for symbol in binding.symbols:
                    # After `launch = kernel.run`, `launch` is a name of the kernel too.
                    for part in {symbol.name, *symbol.path.split(".")} - {name, ""}:
                        given[part].add(name)
        names = {kernel.name for kernel in self.kernels.values()}
        pending = list(names)
        while pending:
            more = given.get(pending.pop(), set()) - names
            names |= more
            pending += more
        return frozenset(names)

    @cached_property
    def _known_as(self) -> Mapping[KernelId, Mapping[str, frozenset[Path]]]:
        known: defaultdict[KernelId, defaultdict[str, set[Path]]] = defaultdict(
            lambda: defaultdict(set)
        )
        for identity in self.kernels:
            known[identity][identity.qualname].add(identity.path)
        #: For each file, the files that import everything from it.
        importers: defaultdict[Path, set[Path]] = defaultdict(set)
        for path, facts in self.facts.items():
            for module in facts.star_imports:
                for file in self.modules.find(path, module):
                    importers[file].add(path)
            for binding in facts.bindings:
                if binding.symbols and binding.name.rpartition(".")[2] in self.kernel_names:
                    for hit in self.resolver.resolve(path, in_file(binding.name)):
                        if not hit.guess:
                            known[hit.kernel][binding.name].add(path)
        for names in known.values() if importers else ():
            for paths in names.values():
                pending = list(paths)
                while pending:
                    new = importers[pending.pop()] - paths
                    paths |= new
                    pending += new
        return {
            identity: {name: frozenset(paths) for name, paths in names.items()}
            for identity, names in known.items()
        }

    def may_be_looked_up(self, path: Path, name: str) -> bool:
        """Whether code may find what a file defines by that name, by listing or building names."""
        return any(
            matches(enumeration.pattern, name)
            and (
                not enumeration.is_of_any_module
                if enumeration.module is None
                else path in self.resolver.module_files(file, enumeration.module)
            )
            for file, facts in self.facts.items()
            for enumeration in facts.enumerations
        )

    def known_as(self, identity: KernelId) -> Mapping[str, frozenset[Path]]:
        """Return the qualified names that files use for a kernel, and these files."""
        return self._known_as[identity]

    def missing(self, asked: Collection[Path] = ()) -> frozenset[Path]:
        """Return files of the tree that names lead to, but whose facts are missing.

        It follows names that may mean a known kernel, and in the files `asked` all names
        that are called.
        """
        _ = self.links
        for path in asked:
            facts = self.facts.get(path)
            for symbol in facts.called if facts is not None else ():
                self.resolver.resolve(path, symbol)
        for identity, kernel in self.kernels.items():
            for parameter in kernel.parameters:
                for forward in parameter.forwards:
                    for symbol in forward.callees:
                        self.resolver.resolve(identity.path, symbol)
        return frozenset(self.resolver.missing & self.files)

    def with_facts(self, facts: Mapping[Path, ModuleFacts]) -> Project:
        """Return the same tree, with other facts for some files."""
        changed = {**self.facts, **facts}
        return Project(self.modules, changed, self.subjects, self.unreadable, self.tree)

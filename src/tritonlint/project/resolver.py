"""Which kernels of a project a symbol of one of its files may stand for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from tritonlint.project.classes import Classes
from tritonlint.project.decorators import Decorators
from tritonlint.project.ends import Ends, Place
from tritonlint.project.identity import Definition, End, Hit, KernelId
from tritonlint.project.kernel_names import kernel_name
from tritonlint.project.modules import Modules
from tritonlint.survey.facts.kernels import Kernel
from tritonlint.survey.facts.module import JitMaker, ModuleFacts
from tritonlint.survey.facts.names import Binding, Symbol, in_file, in_module

#: No name has more parts than this; a name in a circle gets longer and longer.
_LONGEST = 24
#: Through how many star imports a name is followed that a file binds itself.
_STARS = 3


class Resolver:
    """Follows names of a tree through the facts of its files.

    Attributes:
        missing: files of the tree that names lead to, but whose facts are missing.
    """

    def __init__(self, modules: Modules, facts: Mapping[Path, ModuleFacts]) -> None:
        self.modules = modules
        self.facts = facts
        self.missing: set[Path] = set()
        self._ends = Ends(self._step)
        self._definitions: dict[Place, tuple[Definition, ...]] = {}
        self._hits: dict[Place, tuple[Hit, ...]] = {}
        self._aliases: dict[str, tuple[KernelId, ...]] = {}
        self._bindings: dict[Path, dict[str, Binding]] = {}
        self._decorators = Decorators(
            modules, self.imported, self.bindings_of, self.stars_of, self._jits_of
        )

    # -- kernels ---------------------------------------------------------------------------

    @cached_property
    def kernels(self) -> Mapping[KernelId, Kernel]:
        """All kernels, by file and place, with the decorators that they have in this project."""
        found = {}
        for path, facts in sorted(self.facts.items()):
            for kernel in facts.kernels:
                checked = self._decorators.checked(path, kernel)
                if checked is not None:
                    found[KernelId(path, kernel.qualname, kernel.def_row)] = checked
        return found

    @property
    def unknown_jits(self) -> Mapping[tuple[Path, str], int]:
        """For each file, the decorators above functions that look like kernels, and how often.

        Each has "jit" in its name, but does not lead to Triton's.
        """
        _ = self.kernels
        return self._decorators.unknown

    def _jits_of(self, path: Path) -> tuple[JitMaker, ...]:
        facts = self.facts.get(path)
        return facts.jit_makers if facts is not None else ()

    @cached_property
    def _by_qualname(self) -> Mapping[tuple[Path, str], tuple[KernelId, ...]]:
        found: defaultdict[tuple[Path, str], list[KernelId]] = defaultdict(list)
        for identity in self.kernels:
            found[identity.path, identity.qualname].append(identity)
        return {key: tuple(kernels) for key, kernels in found.items()}

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[KernelId, ...]]:
        """Kernels by the last part of their names, for objects of unknown type."""
        found: defaultdict[str, list[KernelId]] = defaultdict(list)
        for identity, kernel in self.kernels.items():
            found[kernel.name].append(identity)
        return {name: tuple(kernels) for name, kernels in found.items()}

    def definitions_of_kernel(self, identity: KernelId) -> tuple[KernelId, ...]:
        """Return all kernels of the file that share this one's name, including itself."""
        return self._by_qualname[identity.path, identity.qualname]

    @cached_property
    def classes(self) -> Classes:
        """The classes of the project."""
        return Classes(self.facts, self.definitions_of, self.guesses)

    # -- symbols ---------------------------------------------------------------------------

    def resolve(self, path: Path, symbol: Symbol) -> tuple[Hit, ...]:
        """Return the kernels that a symbol of the file `path` may stand for."""
        key = (path, symbol)
        found = self._hits.get(key)
        if found is None:
            found = self._hits[key] = tuple(dict.fromkeys(self._resolve(path, symbol)))
        return found

    def _resolve(self, path: Path, symbol: Symbol) -> Iterator[Hit]:
        if symbol.origin == "subclass":
            yield from self.classes.in_place_of(path, symbol.path)
            return
        definitions = self.definitions_of(path, symbol)
        hits = [hit for d in definitions for hit in self._kernels_at(d)]
        yield from hits
        ends = {d.end for d in definitions}
        if not hits and End.NO_KERNEL not in ends:
            # It leads out of the known part of the tree, and may lead back: through a link, an
            # attribute of an object, or a path that is set at run time.
            for dotted in (symbol.path, *(d.name for d in definitions if d.end is End.UNKNOWN)):
                name, attributes = kernel_name(dotted)
                for guess in self.guesses(name):
                    yield guess._replace(attributes=attributes)

    def _kernels_at(self, definition: Definition) -> Iterator[Hit]:
        path, name, end = definition
        if end is not End.DEFINED:
            return
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            found = self._by_qualname.get((path, ".".join(parts[:length])))
            if found:
                for kernel in found:
                    yield Hit(kernel, tuple(parts[length:]))
                return

    def may_be_other(self, path: Path, symbol: Symbol) -> bool:
        """Whether a symbol may also stand for something that is not a kernel of the project."""
        if symbol.origin == "subclass":
            return False
        ends = {d.end for d in self.definitions_of(path, symbol)}
        return End.UNKNOWN in ends or {End.DEFINED, End.NO_KERNEL} <= ends

    def guesses(self, name: str) -> Iterator[Hit]:
        """Yield the kernels with that name: their own, or one that a module gives them."""
        for kernel in dict.fromkeys((*self._by_name.get(name, ()), *self._by_alias(name))):
            yield Hit(kernel, (), guess=True)

    def _by_alias(self, name: str) -> tuple[KernelId, ...]:
        """Kernels by names, other than their own, that modules or classes give them."""
        found = self._aliases.get(name)
        if found is None:
            # Aliases may lead back to themselves.
            self._aliases[name] = ()
            found = self._aliases[name] = tuple(
                dict.fromkeys(
                    hit.kernel
                    for path, bound in self._binders.get(name, ())
                    for d in self.definitions_of(path, in_file(bound))
                    for hit in self._kernels_at(d)
                    if not hit.attributes
                )
            )
        return found

    @cached_property
    def _binders(self) -> Mapping[str, list[tuple[Path, str]]]:
        """The names of files that may stand for a kernel, by the last part of the name."""
        binders: defaultdict[str, list[tuple[Path, str]]] = defaultdict(list)
        for path, facts in sorted(self.facts.items()):
            for binding in facts.bindings:
                if binding.symbols:
                    binders[binding.name.rpartition(".")[2]].append((path, binding.name))
        return binders

    # -- names -----------------------------------------------------------------------------

    def definitions_of(self, path: Path, symbol: Symbol) -> tuple[Definition, ...]:
        """Return what a symbol leads to, through any imports and aliases."""
        key = (path, symbol)
        known = self._definitions.get(key)
        if known is None:
            known = self._ends.of(key)
            if any(d.end is not End.UNKNOWN for d in known):
                known = tuple(d for d in known if not self._fails(d))
            self._definitions[key] = known
        return known

    def _step(self, place: Place) -> tuple[list[Definition], list[Place]]:
        """Return what a symbol of a file stands for there, and where else it leads."""
        path, symbol = place
        if symbol.path.count(".") > _LONGEST:
            return [], []
        if symbol.origin == "module":
            return [], self.imported(path, symbol)
        if symbol.origin == "file" and symbol.path:
            definitions, others = self._bound(path, symbol.path)
            return definitions, [(path, other) for other in others]
        return [Definition(path, symbol.path, End.UNKNOWN)], []

    def _fails(self, definition: Definition) -> bool:
        """Whether the name is missing in one file, of several that an import may mean."""
        if definition.end is not End.UNKNOWN:
            return False
        bindings = self.bindings_of(definition.path)
        root = definition.name.partition(".")[0]
        return bindings is not None and root not in bindings and "__getattr__" not in bindings

    def stars_of(self, path: Path) -> tuple[str, ...]:
        """Return the modules from which a file imports all names."""
        facts = self.facts.get(path)
        return facts.star_imports if facts is not None else ()

    def bindings_of(self, path: Path) -> Mapping[str, Binding] | None:
        """Return what the names of a file stand for; None if its facts are missing."""
        bindings = self._bindings.get(path)
        if bindings is None:
            facts = self.facts.get(path)
            if facts is None:
                self.missing.add(path)
                return None
            bindings = self._bindings[path] = {b.name: b for b in facts.bindings}
        return bindings

    def _bound(self, path: Path, name: str) -> tuple[list[Definition], list[Symbol]]:
        """Return where a name of a file ends, and what else it stands for there."""
        bindings = self.bindings_of(path)
        if bindings is None:
            return [Definition(path, name, End.UNKNOWN)], []
        parts = name.split(".")
        if name not in bindings and (path, name) in self._by_qualname:
            # A kernel in a function.
            return [Definition(path, name, End.DEFINED)], []
        for length in range(len(parts), 0, -1):
            known = ".".join(parts[:length])
            binding = bindings.get(known)
            if binding is not None:
                found, others = self._of_binding(path, name, binding, tuple(parts[length:]))
                # The last one counts, and code before that may use the other.
                stars = (s for s in self.stars_of(path) if self._is_starred(path, s, parts[0]))
                return found, [*others, *(in_module(star, name) for star in stars)]
        others = [in_module(star, name) for star in self.stars_of(path)]
        return ([] if others else [Definition(path, name, End.UNKNOWN)]), others

    def _is_starred(self, path: Path, module: str, name: str, depth: int = 0) -> bool:
        """Whether a star import of a module of the project binds a name, too."""
        for file in self.modules.find(path, module):
            bindings = self.bindings_of(file)
            if bindings is not None and name in bindings and file != path:
                return True
            if depth < _STARS and any(
                self._is_starred(file, star, name, depth + 1) for star in self.stars_of(file)
            ):
                return True
        return False

    def _of_binding(
        self, path: Path, name: str, binding: Binding, rest: tuple[str, ...]
    ) -> tuple[list[Definition], list[Symbol]]:
        here = in_file(name)
        symbols = [symbol.attribute(*rest) for symbol in binding.symbols]
        others = [symbol for symbol in symbols if symbol != here]
        found = []
        if here in symbols:
            found.append(Definition(path, name, End.DEFINED))
        if symbols:
            if not binding.complete:
                found.append(Definition(path, name, End.UNKNOWN))
        elif rest and self.classes.has(path, binding.name):
            return self.classes.attribute(path, binding.name, rest)
        elif binding.closed or (binding.complete and not rest):
            found.append(Definition(path, name, End.NO_KERNEL))
        else:
            found.append(Definition(path, name, End.UNKNOWN))
        return found, others

    def imported(self, path: Path, symbol: Symbol) -> list[Place]:
        """Return where to look for a name that the file `path` imports."""
        module, rest = symbol.module, symbol.path
        leads = [(file, in_file(rest)) for file in self.modules.find(path, module) if rest]
        # `from package import module` and `import package.module` name files too. A package
        # without an `__init__.py` is no file: what is in it may be one.
        while rest:
            first, _, rest = rest.partition(".")
            module += first if module.endswith(".") else f".{first}"
            if self.modules.find(path, module):
                leads.append((path, in_module(module, rest)))
                break
        if not leads and symbol.path:
            leads.append((path, Symbol("object", "", symbol.path)))
        return leads

    def module_files(self, path: Path, symbol: Symbol) -> tuple[Path, ...]:
        """Return the files that a symbol stands for, if it is a module."""
        if symbol.origin == "file":
            return (path,) if not symbol.path else ()
        if not symbol.path:
            return self.modules.find(path, symbol.module)
        separator = "" if symbol.module.endswith(".") else "."
        return self.modules.find(path, f"{symbol.module}{separator}{symbol.path}")

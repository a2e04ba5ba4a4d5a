"""Names of a project: which kernels, and which definitions, a symbol of one of its files means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

from tritonlint.facts import ANY_CLASS, HEIRS, OTHER, Kernel, ModuleFacts
from tritonlint.modules import Modules
from tritonlint.survey.scopes import join

#: `kernel.fn` is the function under an autotuner: launching it launches the kernel.
INNER_KERNEL = "fn"

#: No name has as many parts.
_LONGEST = 24


class Surveyor(Protocol):
    """Surveys files of a project when a name leads there."""

    def facts(self, path: Path) -> ModuleFacts:
        """The facts of a file, at least of its kernels and of the names that it binds."""

    def whole(self, path: Path) -> ModuleFacts:
        """The facts of a file, with nothing left out."""

    def passes_on(self, path: Path, name: str) -> bool:
        """Whether a kernel may be found by a name in a file."""

    def quoted(self, path: Path) -> frozenset[str]:
        """Every string in a file that may be a name, and every keyword of `dict(...)`."""

    def save(self) -> None:
        """Keep what was learnt for the next run."""


class KernelId(NamedTuple):
    """A kernel's place: its file, and its index among the kernels there."""

    path: Path
    place: int


class Hit(NamedTuple):
    """A kernel that a symbol stands for, and the attributes that were asked of it."""

    kernel: KernelId
    attributes: tuple[str, ...]
    #: Whether only its name says so.
    guess: bool = False


class Asked(NamedTuple):
    """The kernels whose links are asked for, and all names by which these are known."""

    kernels: frozenset[KernelId]
    names: frozenset[str]


class Resolver:
    """Follows the names of one tree through its files; see `Project` for the arguments."""

    def __init__(
        self,
        modules: Modules,
        surveyed: Mapping[Path, ModuleFacts],
        surveyor: Surveyor,
        asked: Asked | None,
    ) -> None:
        self._modules = modules
        self._asked = asked
        self._facts = dict(surveyed)
        self._initial = frozenset(surveyed)
        self._surveyor = surveyor
        self._passing: dict[tuple[Path, str], bool] = {}
        self._kernels_by_name: dict[Path, dict[str, tuple[KernelId, ...]]] = {}
        self._bindings: dict[Path, dict[str, tuple[str, ...]]] = {}
        self._aliases: dict[str, list[KernelId]] = {}
        self._definitions: dict[tuple[Path, str], tuple[tuple[Path, str], ...]] = {}

    # -- files -----------------------------------------------------------------------------

    def facts(self, path: Path) -> ModuleFacts:
        """The facts of one file of the project, surveyed now if need be."""
        found = self._facts.get(path)
        if found is None:
            found = self._facts[path] = self._surveyor.facts(path)
            # Names may lead further now.
            self._definitions.clear()
        return found

    @property
    def surveyed(self) -> Mapping[Path, ModuleFacts]:
        """The facts of the files surveyed at first: the same, whatever was asked since."""
        return {path: self._facts[path] for path in self._initial}

    def kernel(self, identity: KernelId) -> Kernel:
        """A kernel's facts."""
        return self.facts(identity.path).kernels[identity.place]

    def kernels(self) -> Iterator[tuple[KernelId, Kernel]]:
        """The kernels of all files that were surveyed so far, by file and place."""
        for path in sorted(self._facts):
            for index, kernel in enumerate(self._facts[path].kernels):
                yield KernelId(path, index), kernel

    def module_files(self, path: Path, module: str) -> tuple[Path, ...]:
        """The files that an import of `module` in the file `path` may mean."""
        return self._modules.find(path, module)

    def _knows(self, path: Path, name: str) -> bool:
        """Whether a file is surveyed: now, if a kernel may be found by that name in it."""
        if path not in self._facts:
            key = (path, name)
            if key not in self._passing:
                self._passing[key] = self._surveyor.passes_on(path, name)
            if not self._passing[key]:
                return False
            self.facts(path)
        return True

    def named_kernels(self, path: Path) -> dict[str, tuple[KernelId, ...]]:
        """The kernels of a file by their qualified names; none of one that was not surveyed."""
        named = self._kernels_by_name.get(path)
        if named is None:
            if path not in self._facts:
                return {}
            collected: defaultdict[str, list[KernelId]] = defaultdict(list)
            for index, kernel in enumerate(self._facts[path].kernels):
                collected[kernel.qualname].append(KernelId(path, index))
            named = {name: tuple(kernels) for name, kernels in collected.items()}
            self._kernels_by_name[path] = named
        return named

    def _bindings_of(self, path: Path) -> dict[str, tuple[str, ...]]:
        bindings = self._bindings.get(path)
        if bindings is None:
            bindings = {b.name: b.symbols for b in self._facts[path].bindings}
            self._bindings[path] = bindings
        return bindings

    # -- kernels ---------------------------------------------------------------------------

    @cached_property
    def _by_last_name(self) -> dict[str, list[KernelId]]:
        """Kernels by the last part of their names, for objects whose type is not known."""
        names: defaultdict[str, list[KernelId]] = defaultdict(list)
        for identity, kernel in self.kernels():
            names[kernel.name].append(identity)
        return names

    def resolve(self, path: Path, symbol: str) -> list[Hit]:
        """The kernels that a symbol of the file `path` may stand for."""
        if symbol.startswith(HEIRS):
            return self._of_heirs(path, symbol.removeprefix(HEIRS))
        hits, is_known = self._definite(path, symbol)
        if not (hits or is_known):
            # It leads out of what is known of the tree, and may lead back: by a link, by what an
            # object has for attributes, by a path that is set when it runs.
            parts = symbol.partition(":")[2].split(".")
            while len(parts) > 1 and parts[-1] == INNER_KERNEL:
                parts.pop()
            return self._by_name(parts[-1])
        return list(hits)

    def _definite(self, path: Path, symbol: str) -> tuple[dict[Hit, None], bool]:
        """What a symbol is found to stand for, and whether it is known that it is no kernel."""
        hits: dict[Hit, None] = {}
        is_known = False
        for file, name in self.definitions_of(path, symbol):
            if name.startswith(OTHER):
                hits.update(dict.fromkeys(self._by_name(name.removeprefix(OTHER))))
                continue
            is_known = is_known or self._is_plain(file, name)
            kernels = self.named_kernels(file)
            parts = name.split(".")
            for length in range(len(parts), 0, -1):
                found = kernels.get(".".join(parts[:length]))
                if found:
                    hits.update({Hit(k, tuple(parts[length:])): None for k in found})
                    break
        return hits, is_known

    def _by_name(self, name: str) -> list[Hit]:
        """The kernels of a name: their own, or one that a module gives them."""
        kernels = (*self._by_last_name.get(name, ()), *self._by_alias(name))
        return [Hit(kernel, (), guess=True) for kernel in dict.fromkeys(kernels)]

    def _by_alias(self, name: str) -> list[KernelId]:
        """The kernels that modules know by a name which is not their own."""
        found = self._aliases.get(name)
        if found is None:
            found = self._aliases[name] = []
            if self._asked is None or name in self._asked.names:
                for path in self._binders.get(name, ()):
                    hits, _ = self._definite(path, f":{name}")
                    found += [h.kernel for h in hits if not (h.attributes or h.guess)]
        return found

    @cached_property
    def _binders(self) -> dict[str, list[Path]]:
        """The files that bind a name, sorted."""
        binders: defaultdict[str, list[Path]] = defaultdict(list)
        for path, facts in sorted(self._facts.items()):
            for binding in facts.bindings:
                binders[binding.name].append(path)
        return binders

    def _is_plain(self, file: Path, name: str) -> bool:
        """Whether it is known that a name of a file is no kernel."""
        facts = self._facts.get(file)
        if facts is None:
            return False
        root, _, attributes = name.partition(".")
        return root in facts.external or (root in facts.values and not attributes)

    def _of_heirs(self, path: Path, name: str) -> list[Hit]:
        """What classes that inherit from one of a file have in place of its attribute."""
        owner, _, attribute = name.rpartition(".")

        def inherits(file: Path, heir: str) -> bool:
            return (path, owner) in self.definitions_of(file, f":{heir}")

        own = self.named_kernels(path).get(name, ())
        hits = [Hit(kernel, ()) for kernel in own]
        for kernel in self._by_last_name.get(attribute, ()):
            heir = self.kernel(kernel).qualname.rpartition(".")[0]
            if not heir or kernel in own:
                continue
            # Of a class in a class or a function it is not known from which it inherits.
            if (
                "." in heir
                or inherits(kernel.path, heir)
                or self._are_mixed((path, owner), (kernel.path, heir))
            ):
                hits.append(Hit(kernel, ()))
        unknown = any(
            heir == ANY_CLASS or inherits(file, heir)
            for file, heir in self._by_attribute.get(attribute, ())
        )
        # In its place may be anything.
        return hits + [Hit(kernel, (), guess=True) for kernel in own if unknown]

    def _are_mixed(self, one: tuple[Path, str], other: tuple[Path, str]) -> bool:
        """Whether some class inherits from both of two."""
        return any(one in bases and other in bases for bases in self._bases)

    @cached_property
    def _bases(self) -> list[tuple[tuple[Path, str], ...]]:
        """For each class that inherits, that and all that it inherits from."""
        return [
            self.definitions_of(path, f":{binding.name}")
            for path, facts in self.surveyed.items()
            for binding in facts.bindings
            if binding.name in facts.values
            and f":{binding.name}" in binding.symbols
            # What inherits from a class that has a kernel is known for that.
            and (self._asked is None or binding.name in self._asked.names)
        ]

    @cached_property
    def _by_attribute(self) -> dict[str, list[tuple[Path, str]]]:
        """By the names of what classes have that inherit, these classes."""
        found: defaultdict[str, list[tuple[Path, str]]] = defaultdict(list)
        for path, facts in sorted(self._facts.items()):
            for binding in facts.bindings:
                heir, dot, attribute = binding.name.rpartition(".")
                if dot:
                    found[attribute].append((path, heir))
        return found

    def may_be_other(self, path: Path, symbol: str) -> bool:
        """Whether a symbol may also stand for something that is no kernel of the project."""
        return not symbol.startswith(HEIRS) and any(
            name == OTHER for _, name in self.definitions_of(path, symbol)
        )

    def definitions_of(self, path: Path, symbol: str) -> tuple[tuple[Path, str], ...]:
        """The names that a symbol stands for where they are defined, with their files: what imports
        and aliases lead to.
        """
        place = (path, symbol)
        known = self._definitions.get(place)
        if known is None:
            known = self._definitions[place] = tuple(self._follow(path, symbol))
        return known

    def _follow(self, path: Path, symbol: str) -> list[tuple[Path, str]]:
        found: list[tuple[Path, str]] = []
        seen: set[tuple[Path, str]] = set()
        pending = [(path, symbol)]
        while pending:
            place = pending.pop()
            # `softmax = softmax.softmax`, followed round and round, only gets longer.
            if place in seen or place[1].count(".") > _LONGEST:
                continue
            seen.add(place)
            path, symbol = place
            module, _, name = symbol.partition(":")
            if symbol.startswith(OTHER):
                found.append((path, symbol))
            elif module:
                pending += reversed(self._imported(path, module, name))
            elif name:
                is_defined, others = self._bound(path, symbol, name)
                if is_defined:
                    found.append((path, name))
                pending += [(path, other) for other in reversed(others)]
        return found

    def _bound(self, path: Path, symbol: str, name: str) -> tuple[bool, list[str]]:
        """Whether a name is defined in its file itself, and what else it may stand for there."""
        if not self._knows(path, name.partition(".")[0]):
            return True, []
        bindings = self._bindings_of(path)
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            targets = bindings.get(".".join(parts[:length]))
            if targets:
                symbols = [join(target, tuple(parts[length:])) for target in targets]
                # A kernel's own name is bound to itself, whatever attribute is asked of it.
                own = symbol in symbols or name in self.named_kernels(path)
                return own, [other for other in symbols if other != symbol]
        if name in self.named_kernels(path):
            return True, []
        return True, [f"{star}:{name}" for star in self._facts[path].star_imports]

    def _imported(self, path: Path, module: str, name: str) -> list[tuple[Path, str]]:
        """Where to look for a name that the file `path` imports."""
        first, _, rest = name.partition(".")
        separator = "" if module.endswith(".") else "."
        leads = [(file, f":{name}") for file in self._modules.find(path, module) if name]
        # `from package import module` and `import package.module` name files too.
        if first and self._modules.find(path, f"{module}{separator}{first}"):
            leads.append((path, f"{module}{separator}{first}:{rest}"))
        return leads

"""The facts of all files of a project, linked: launches and device calls to their kernels."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tritonlint.facts import HANDED_ON, Call, CallForm, ModuleFacts, Owner, Reference
from tritonlint.modules import Modules
from tritonlint.resolver import INNER_KERNEL, Asked, KernelId, Resolver, Surveyor

#: Attributes of a kernel that say nothing of its parameters.
_HARMLESS_ATTRIBUTES = frozenset(
    {"__name__", "__qualname__", "__doc__", "__module__", "cache", "device_caches", "best_config"}
    | {"cache_key", "hash", "src", "raw_src", "module", "noinline", "debug"}
)


_NOTHING = ModuleFacts()


class LinkedCall(NamedTuple):
    """A call, with every kernel of the project that it may reach."""

    path: Path
    call: Call
    kernels: tuple[KernelId, ...]
    #: Whether it may also reach something else.
    complete: bool


class Links:
    """Everything in the project that touches one kernel."""

    def __init__(self) -> None:
        self.launches: list[LinkedCall] = []
        self.device_calls: list[LinkedCall] = []
        #: Mentions that are neither, with the file they stand in.
        self.references: list[tuple[Path, Reference]] = []


class Project(Resolver):
    """All facts of one tree.

    Args:
        modules: every Python file of the tree.
        surveyed: facts of those in which something is to be found.
        surveyor: gives the facts of all others.
        candidates: the files that mention Triton, whether anything is to be found in them or not,
            and how many kernels each has.
        unreadable: files that could not be read.
        asked: the kernels whose links are asked for; None for all.
    """

    def __init__(
        self,
        modules: Modules,
        surveyed: Mapping[Path, ModuleFacts],
        surveyor: Surveyor,
        candidates: Mapping[Path, int] | None = None,
        unreadable: Collection[Path] = (),
        asked: Asked | None = None,
    ) -> None:
        super().__init__(modules, surveyed, surveyor, asked)
        self.candidates = candidates or {p: len(f.kernels) for p, f in surveyed.items()}
        self.unreadable = unreadable
        self._whole: dict[Path, ModuleFacts] = {}
        self._owners: dict[Path, dict[str, list[Owner]]] = {}

    def edited(self, facts: Mapping[Path, ModuleFacts]) -> Project:
        """The same tree with other facts for some files."""
        edited = Project(
            self._modules,
            {**self._facts, **facts},
            self._surveyor,
            self.candidates,
            self.unreadable,
            self._asked,
        )
        edited._initial = self._initial | facts.keys()
        edited._whole = {p: f for p, f in self._whole.items() if p not in facts}
        return edited

    def keep(self) -> None:
        """Keep what was learnt of the tree for the next run."""
        self._surveyor.save()

    @property
    def files(self) -> frozenset[Path]:
        """Every Python file of the tree."""
        return self._modules.files

    # -- what is there ---------------------------------------------------------------------

    @property
    def modules(self) -> Mapping[Path, ModuleFacts]:
        """The facts of every file that was surveyed so far."""
        return self._facts

    @cached_property
    def with_problems(self) -> tuple[Path, ...]:
        """The files surveyed at first of which something could not be read, sorted."""
        return tuple(sorted(path for path, facts in self.surveyed.items() if facts.problems))

    def is_asked(self, identity: KernelId) -> bool:
        """Whether all that touches a kernel is known, and not just what was met on the way."""
        return self._asked is None or identity in self._asked.kernels

    def definitions(self, identity: KernelId) -> tuple[KernelId, ...]:
        """All kernels of the file that stand behind the same name, this one included."""
        return self.named_kernels(identity.path)[self.kernel(identity).qualname]

    @cached_property
    def links(self) -> Mapping[KernelId, Links]:
        """For each kernel, what touches it."""
        links: defaultdict[KernelId, Links] = defaultdict(Links)
        for path, facts in sorted(self._facts.items()):
            for call in facts.calls:
                if self._concerns(call.callees):
                    self._link_call(path, call, links)
            for reference in facts.references:
                if self._concerns(reference.symbols):
                    for kernel in self._referenced(path, reference):
                        links[kernel].references.append((path, reference))
        return links

    def owners(self, path: Path, symbol: str) -> list[tuple[Path, Owner]]:
        """The code of the top-level function, class or variable that a symbol stands for.

        The symbol ":" stands for the module's own code. Files that were not surveyed are left out;
        see `survey_code`.
        """
        if symbol == ":":
            if path in self._facts and self._facts[path].leaves_out(""):
                self.whole(path)
            return [(path, owner) for owner in self._owners_of(path).get("", ())]
        found = []
        for file, name in self.definitions_of(path, symbol):
            known = file in self._facts or file in self.candidates
            if known and self.facts(file).leaves_out(name):
                self.whole(file)
            found += [(file, owner) for owner in self._owners_of(file).get(name, ())]
        return found

    def quoted(self) -> frozenset[str]:
        """Every name that stands as a string in a file that mentions Triton, or was surveyed."""
        files = self.candidates.keys() | self._facts.keys()
        return frozenset().union(*map(self._surveyor.quoted, files))

    def whole(self, path: Path) -> ModuleFacts:
        """The facts of a surveyed file, with nothing left out."""
        facts = self.facts(path)
        if not facts.left_out:
            return facts
        if path not in self._whole:
            self._whole[path] = self._surveyor.whole(path)
            self._owners.pop(path, None)
        return self._whole[path]

    def survey_code(self, path: Path, symbol: str) -> None:
        """Survey the files that a symbol leads to, whatever they mention."""
        while True:
            found = {file for file, _ in self.definitions_of(path, symbol)}
            missing = found - self._facts.keys()
            if not missing:
                return
            for file in missing:
                self.facts(file)

    def _owners_of(self, path: Path) -> dict[str, list[Owner]]:
        """The owners of a surveyed file, by their names and those of the classes around them."""
        known = self._owners.get(path)
        if known is None or (not known and path in self._facts):
            known = self._owners[path] = {}
            facts = self._whole.get(path) or self._facts.get(path, _NOTHING)
            for owner in facts.owners:
                parts = owner.name.split(".")
                for length in range(1, len(parts) + 1):
                    known.setdefault(".".join(parts[:length]), []).append(owner)
        return known

    # -- linking ---------------------------------------------------------------------------

    def _concerns(self, symbols: Iterable[str]) -> bool:
        """Whether one of the symbols may stand for a kernel whose links are asked for."""
        return self._asked is None or any(
            not self._asked.names.isdisjoint(symbol.partition(":")[2].split("."))
            for symbol in symbols
        )

    def _link_call(self, path: Path, call: Call, links: defaultdict[KernelId, Links]) -> None:
        resolved = [self.resolve(path, symbol) for symbol in call.callees]
        reached: dict[KernelId, None] = {}
        for hit in itertools.chain(*resolved):
            if all(attribute == INNER_KERNEL for attribute in hit.attributes):
                reached[hit.kernel] = None
        if not reached:
            return
        complete = call.complete and all(resolved)
        complete = complete and not any(hit.guess for hits in resolved for hit in hits)
        complete = complete and not any(self.may_be_other(path, s) for s in call.callees)
        linked = LinkedCall(path, call, tuple(reached), complete)
        for kernel in reached:
            calls = links[kernel].device_calls
            if call.form is not CallForm.DEVICE:
                calls = links[kernel].launches
            calls.append(linked)

    def _referenced(self, path: Path, reference: Reference) -> Iterator[KernelId]:
        seen: set[KernelId] = set()
        for symbol in reference.symbols:
            for hit in self.resolve(path, symbol):
                asked = [a for a in hit.attributes if a != INNER_KERNEL]
                if asked and asked[0] in _HARMLESS_ATTRIBUTES:
                    continue
                if hit.guess and not reference.how.startswith(HANDED_ON):
                    continue
                if hit.kernel not in seen:
                    seen.add(hit.kernel)
                    yield hit.kernel

"""The classes of a project: what they inherit, and how subclasses replace kernels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tritonlint.project.identity import Definition, End, Hit
from tritonlint.survey.facts.module import ModuleFacts
from tritonlint.survey.facts.names import ClassFacts, Symbol


class ClassId(NamedTuple):
    """A class: its file and its qualified name."""

    path: Path
    name: str


class Ancestry(NamedTuple):
    """All that a class inherits from; `known` is False if there may be more."""

    classes: frozenset[ClassId]
    known: bool


class Classes:
    """Answers questions about classes.

    Args:
        definitions_of: returns what a symbol of a file leads to.
        guesses: returns the kernels with a name.
    """

    def __init__(
        self,
        facts: Mapping[Path, ModuleFacts],
        definitions_of: Callable[[Path, Symbol], Iterable[Definition]],
        guesses: Callable[[str], Iterable[Hit]],
    ) -> None:
        self._facts = facts
        self._definitions_of = definitions_of
        self._guesses = guesses
        self._ancestries: dict[ClassId, Ancestry] = {}

    @cached_property
    def _all(self) -> Mapping[ClassId, ClassFacts]:
        return {
            ClassId(path, facts.name): facts
            for path, module in sorted(self._facts.items())
            for facts in module.classes
        }

    def has(self, path: Path, name: str) -> bool:
        """Whether a name of a file is a class."""
        return ClassId(path, name) in self._all

    def attribute(
        self, path: Path, name: str, attributes: tuple[str, ...]
    ) -> tuple[list[Definition], list[Symbol]]:
        """Return what an attribute of a class leads to, if its own body has no such kernel."""
        facts = self._all[ClassId(path, name)]
        unknown = [Definition(path, ".".join((name, *attributes)), End.UNKNOWN)]
        if attributes[0] in facts.attributes:
            return unknown, []
        bases = [base.attribute(*attributes) for base in facts.bases]
        return ([] if bases and facts.bases_known else unknown), bases

    # -- inheritance -----------------------------------------------------------------------

    def ancestry(self, identity: ClassId) -> Ancestry:
        """Return what a class inherits from."""
        found = self._ancestries.get(identity)
        if found is None:
            found = self._ancestries[identity] = self._climb(identity)
        return found

    def _climb(self, identity: ClassId) -> Ancestry:
        seen: set[ClassId] = set()
        known = True
        pending = [identity]
        while pending:
            path, _ = current = pending.pop()
            facts = self._all[current]
            known = known and facts.bases_known
            for base in facts.bases:
                for definition in self._definitions_of(path, base):
                    above = ClassId(definition.path, definition.name)
                    if above not in self._all:
                        known = False
                    elif above not in seen:
                        seen.add(above)
                        pending.append(above)
        return Ancestry(frozenset(seen), known)

    def _may_inherit(self, child: ClassId, parent: ClassId) -> bool:
        # The bases of a class inside a class or a function are not known.
        facts = self._all.get(child)
        if facts is None or "." in child.name:
            return True
        ancestry = self.ancestry(child)
        return parent in ancestry.classes or not ancestry.known

    @cached_property
    def _mixed(self) -> list[frozenset[ClassId]]:
        """For each class, the class itself and all that it inherits from."""
        return [
            self.ancestry(identity).classes | {identity}
            for identity, facts in self._all.items()
            if facts.bases
        ]

    @cached_property
    def _binding_attribute(self) -> Mapping[str, list[ClassId]]:
        """For each attribute name, the classes that bind it to something other than a kernel."""
        found: defaultdict[str, list[ClassId]] = defaultdict(list)
        for identity, facts in self._all.items():
            for attribute in facts.attributes:
                found[attribute].append(identity)
        return found

    @cached_property
    def _set_on_objects(self) -> frozenset[str]:
        return frozenset(n for module in self._facts.values() for n in module.attributes_set)

    def in_place_of(self, path: Path, name: str) -> Iterator[Hit]:
        """Yield what `Class.kernel` may be on an object of the class or of a subclass."""
        owner_name, _, attribute = name.rpartition(".")
        owner = ClassId(path, owner_name)
        own = []
        for hit in self._guesses(attribute):
            kernel = hit.kernel
            child = ClassId(kernel.path, kernel.qualname.rpartition(".")[0])
            if child == owner:
                own.append(kernel)
            elif child.name and (self._may_inherit(child, owner) or self._are_mixed(owner, child)):
                yield Hit(kernel, ())
        for kernel in own:
            yield Hit(kernel, ())
        if attribute in self._set_on_objects or any(
            self._may_replace(other, owner) for other in self._binding_attribute.get(attribute, ())
        ):
            # It may be replaced by anything.
            for kernel in own:
                yield Hit(kernel, (), guess=True)

    def _may_replace(self, other: ClassId, owner: ClassId) -> bool:
        """Whether a binding of one class may replace that of another."""
        facts = self._all[other]
        is_plain = not facts.bases and facts.bases_known and "." not in other.name
        return not is_plain and other != owner and self._may_inherit(other, owner)

    def _are_mixed(self, one: ClassId, other: ClassId) -> bool:
        """Whether some class inherits from both."""
        return any(one in classes and other in classes for classes in self._mixed)

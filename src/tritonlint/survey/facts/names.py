"""Names, and what they may stand for."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

#: Where a symbol's path begins:
#: - "file": at the top level of the file itself;
#: - "module": in a module that the file imports;
#: - "object": at an object of unknown type, whose attribute it is;
#: - "subclass": in whatever subclass of a class of the file stands in for it.
Origin: TypeAlias = Literal["file", "module", "object", "subclass"]


class Symbol(NamedTuple):
    """Something that an expression may stand for, as far as its own file tells.

    `module` is spelled as the import statement spells it, with leading dots where it is relative,
    and empty for every other origin. `path` is a dotted name; it is empty for the module itself.
    """

    origin: Origin
    module: str
    path: str

    @property
    def name(self) -> str:
        """The last part of the path, or of the module where there is no path."""
        return (self.path or self.module).rpartition(".")[2]

    @property
    def dotted(self) -> str:
        """The module and the path, with the dots of a relative import."""
        joins = self.module and self.path and not self.module.endswith(".")
        return f"{self.module}{'.' if joins else ''}{self.path}"

    def attribute(self, *names: str) -> Symbol:
        """The symbol of an attribute of what this one stands for."""
        if not names:
            return self
        return self._replace(path=".".join((self.path, *names) if self.path else names))


def in_file(path: str) -> Symbol:
    """The symbol of a name at the top level of the file."""
    return Symbol("file", "", path)


def in_module(module: str, path: str = "") -> Symbol:
    """The symbol of a name in an imported module, or of the module itself."""
    return Symbol("module", module, path)


def of_object(attribute: str) -> Symbol:
    """The symbol of an attribute of an object of unknown type."""
    return Symbol("object", "", attribute)


def of_subclass(path: str) -> Symbol:
    """The symbol of what subclasses have in the place of `Class.attribute`."""
    return Symbol("subclass", "", path)


class Binding(NamedTuple):
    """What a name of the module, or of a class in it (`Class.name`), may stand for.

    Attributes:
        symbols: what may be a kernel, or lead to one.
        complete: whether it stands for nothing beside these. Without symbols, a complete binding
            is known to be no kernel.
        closed: whether its attributes are known to be no kernels either.
    """

    name: str
    symbols: tuple[Symbol, ...]
    complete: bool
    closed: bool = False


class ClassFacts(NamedTuple):
    """A class: what it inherits from, and which names its body binds.

    Attributes:
        name: the qualified name.
        bases: those of its base classes that may be classes of the project.
        bases_known: whether every other base class is known to be of another package.
        attributes: the names that its body binds to something other than a kernel.
    """

    name: str
    bases: tuple[Symbol, ...]
    bases_known: bool
    attributes: tuple[str, ...]

"""Names, and what they may stand for."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

#: Where the path of a symbol starts:
#: - "file": at the top level of the file itself;
#: - "module": in a module that the file imports;
#: - "object": at an object of unknown type, whose attribute it is;
#: - "subclass": in any subclass of a class of the file.
Origin: TypeAlias = Literal["file", "module", "object", "subclass"]


class Symbol(NamedTuple):
    """Something that an expression may stand for, as far as its own file shows.

    `module` is spelled as in the import statement, with the leading dots of a relative import, and
    empty for every other origin. `path` is a dotted name; it is empty for the module itself.
    """

    origin: Origin
    module: str
    path: str

    @property
    def name(self) -> str:
        """The last part of the path, or of the module if there is no path."""
        return (self.path or self.module).rpartition(".")[2]

    @property
    def dotted(self) -> str:
        """The module and the path, with the dots of a relative import."""
        joins = self.module and self.path and not self.module.endswith(".")
        return f"{self.module}{'.' if joins else ''}{self.path}"

    def attribute(self, *names: str) -> Symbol:
        """Return the symbol of an attribute of this one."""
        if not names:
            return self
        return self._replace(path=".".join((self.path, *names) if self.path else names))


def in_file(path: str) -> Symbol:
    """Return the symbol of a name at the top level of the file."""
    return Symbol("file", "", path)


def in_module(module: str, path: str = "") -> Symbol:
    """Return the symbol of a name in an imported module, or of the module itself."""
    return Symbol("module", module, path)


def of_object(attribute: str) -> Symbol:
    """Return the symbol of an attribute of an object of unknown type."""
    return Symbol("object", "", attribute)


def of_subclass(path: str) -> Symbol:
    """Return the symbol for whatever subclasses have as `Class.attribute`."""
    return Symbol("subclass", "", path)


class Binding(NamedTuple):
    """What a name of the module, or of a class in it (`Class.name`), may stand for.

    Attributes:
        symbols: the symbols that may be a kernel, or lead to one.
        complete: whether it stands for nothing else. Without symbols, a complete binding is known
            not to be a kernel.
        closed: whether its attributes are also known not to be kernels.
    """

    name: str
    symbols: tuple[Symbol, ...]
    complete: bool
    closed: bool = False


class ClassFacts(NamedTuple):
    """A class: what it inherits from, and which names its body binds.

    Attributes:
        name: the qualified name.
        bases: the base classes that may be classes of the project.
        bases_known: whether every other base class is known to be of another package.
        attributes: the names that its body binds to something other than a kernel.
    """

    name: str
    bases: tuple[Symbol, ...]
    bases_known: bool
    attributes: tuple[str, ...]


class Choice(NamedTuple):
    """A container of a module that holds kernels, and is only there to choose one."""

    name: str
    kernels: tuple[Symbol, ...]

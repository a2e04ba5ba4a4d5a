"""Whether a decorator is the one of a library that its name says: where its import leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tritonlint.project.modules import Modules
from tritonlint.survey.facts.kernels import Decorator, Kernel, Role
from tritonlint.survey.facts.names import Binding, Symbol, in_module
from tritonlint.triton.libraries import known_as

#: More steps than any import takes through other files.
_MOST = 64


class Libraries:
    """Looks at where decorators come from, in one tree.

    Args:
        imported: where to look for a name that a file imports.
        bindings_of: what the names of a file stand for, where there are facts of it.
        stars_of: the modules from which a file imports all names.
    """

    def __init__(
        self,
        modules: Modules,
        imported: Callable[[Path, Symbol], list[tuple[Path, Symbol]]],
        bindings_of: Callable[[Path], Mapping[str, Binding] | None],
        stars_of: Callable[[Path], tuple[str, ...]],
    ) -> None:
        self._modules = modules
        self._imported = imported
        self._bindings_of = bindings_of
        self._stars_of = stars_of
        self._known: dict[tuple[Path, Symbol, str], bool] = {}

    def checked(self, path: Path, kernel: Kernel) -> Kernel:
        """The kernel, of whose decorators those that only have a library's name are not known."""
        if not any(decorator.library for decorator in kernel.decorators):
            return kernel
        decorators = tuple(self._checked(path, decorator) for decorator in kernel.decorators)
        return kernel._replace(decorators=decorators)

    def _checked(self, path: Path, decorator: Decorator) -> Decorator:
        library, symbol = decorator.library, decorator.symbol
        if not library or symbol is None:
            return decorator
        key = path, symbol, library
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._is_from(path, symbol, library)
        return decorator if known else decorator._replace(role=Role.UNKNOWN, library="")

    def _is_from(self, path: Path, symbol: Symbol, library: str) -> bool:
        """Whether all that an import may lead to is the definition in the library."""
        pending = [(path, symbol)]
        seen: set[tuple[Path, Symbol]] = set()
        found = False
        while pending:
            place = pending.pop()
            if place in seen:
                continue
            if len(seen) > _MOST:
                return False
            seen.add(place)
            here, name = place
            match name.origin:
                case "module" if not name.path:
                    # The module of the same name, where the package has it under another.
                    continue
                case "module":
                    leads = self._imported(here, name)
                    if any(lead.origin == "object" for _, lead in leads):
                        # It leaves the tree.
                        if known_as(name.dotted) != library:
                            return False
                        found = True
                    else:
                        pending += leads
                case "file":
                    if self._defines(here, name.path, library):
                        found = True
                        continue
                    bound = self._bound(here, name.path)
                    if bound is None:
                        return False
                    pending += bound
                case _:
                    return False
        return found

    def _bound(self, path: Path, name: str) -> list[tuple[Path, Symbol]] | None:
        """Where a name of a file leads by imports alone; None where it is anything else."""
        bindings = self._bindings_of(path)
        if bindings is None:
            return None
        root, _, rest = name.partition(".")
        binding = bindings.get(root)
        if binding is None:
            if "__getattr__" in bindings:
                return None
            return [(path, in_module(star, name)) for star in self._stars_of(path)]
        if not (binding.symbols and binding.complete):
            return None
        attributes = rest.split(".") if rest else ()
        return [(path, symbol.attribute(*attributes)) for symbol in binding.symbols]

    def _defines(self, path: Path, name: str, library: str) -> bool:
        """Whether a file is the module of the library, and no copy of it inside of a package."""
        module, _, last = library.rpartition(".")
        parts = module.split(".")
        if name != last or path.with_suffix("").parts[-len(parts) :] != tuple(parts):
            return False
        bindings = self._bindings_of(path)
        binding = bindings.get(name) if bindings is not None else None
        if binding is None or binding.symbols or not binding.complete:
            return False
        return path.parents[len(parts) - 1] / "__init__.py" not in self._modules.files

"""What a decorator is, by what its import leads to: a library's, Triton's own jit, or neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from tritonlint.project.modules import Modules
from tritonlint.survey.facts.kernels import Decorator, Kernel, Role
from tritonlint.survey.facts.module import JitMaker
from tritonlint.survey.facts.names import Binding, Symbol, in_module
from tritonlint.triton.libraries import known_as

#: No import takes more steps through other files.
_MOST = 64
#: The end of an import: a name of a file, or a dotted name outside of the tree.
_End = tuple[Path, str] | str
_TRITONS = ("triton.jit", "triton.runtime.jit.jit", "triton.runtime.jit")


class Decorators:
    """Finds out where the decorators of one tree come from.

    Args:
        imported: says where to look for a name that a file imports.
        bindings_of: what the names of a file stand for, if its facts are known.
        stars_of: the modules from which a file imports all names.
        jits_of: the names of a file that make kernels, if its facts are known.

    Attributes:
        unknown: for each file, the jits that do not lead to Triton's, and the number of functions
            that look like kernels below each.
    """

    def __init__(
        self,
        modules: Modules,
        imported: Callable[[Path, Symbol], list[tuple[Path, Symbol]]],
        bindings_of: Callable[[Path], Mapping[str, Binding] | None],
        stars_of: Callable[[Path], tuple[str, ...]],
        jits_of: Callable[[Path], tuple[JitMaker, ...]],
    ) -> None:
        self._modules = modules
        self._imported = imported
        self._bindings_of = bindings_of
        self._stars_of = stars_of
        self._jits_of = jits_of
        self._known: dict[tuple[Path, Symbol, str], bool] = {}
        self._jits: dict[tuple[Path, Symbol], bool | None] = {}
        self.unknown: Counter[tuple[Path, str]] = Counter()

    def checked(self, path: Path, kernel: Kernel) -> Kernel | None:
        """Return the kernel with the decorators that it has in this project.

        A decorator that only has the name of a library's is not known. None if a jit does
        not lead to Triton's: then it is not a kernel.
        """
        if not any(decorator.symbol for decorator in kernel.decorators):
            return kernel
        decorators = []
        for decorator in kernel.decorators:
            if decorator.role is Role.JIT and decorator.symbol is not None:
                is_plain = self._jit(path, decorator.symbol)
                if is_plain is None:
                    self.unknown[path, decorator.path] += 1
                    return None
                if is_plain:
                    decorator = decorator._replace(path="", symbol=None)
            decorators.append(self._checked(path, decorator))
        return kernel._replace(decorators=tuple(decorators))

    def _jit(self, path: Path, symbol: Symbol) -> bool | None:
        """Whether a jit returns what Triton's does; None if it does not lead to Triton's."""
        key = path, symbol
        if key not in self._jits:
            ends = self._ends(path, symbol, self._makes_kernels)
            found = [self._makes_kernels(end) for end in ends or ()]
            self._jits[key] = None if not found or None in found else all(found)
        return self._jits[key]

    def _makes_kernels(self, end: _End) -> bool | None:
        if isinstance(end, str):
            return True if end in _TRITONS else None
        here, name = end
        return next((jit.is_plain for jit in self._jits_of(here) if jit.name == name), None)

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
        """Whether an import can only lead to the definition in the library."""

        def is_it(end: _End) -> bool | None:
            if isinstance(end, str):
                return True if known_as(end) == library else None
            return True if self._defines(*end, library) else None

        ends = self._ends(path, symbol, is_it)
        return bool(ends) and None not in map(is_it, ends or ())

    def _ends(
        self, path: Path, symbol: Symbol, is_end: Callable[[_End], bool | None]
    ) -> list[_End] | None:
        """Return all that an import may lead to; None if that is not known.

        Args:
            is_end: returns None for a name of a file that has to be followed further.
        """
        pending = [(path, symbol)]
        seen: set[tuple[Path, Symbol]] = set()
        found: list[_End] = []
        while pending:
            place = pending.pop()
            if place in seen:
                continue
            if len(seen) > _MOST:
                return None
            seen.add(place)
            here, name = place
            match name.origin:
                case "module" if not name.path:
                    # The module of the same name, if the package exports it under another.
                    continue
                case "module":
                    leads = self._imported(here, name)
                    if any(lead.origin == "object" for _, lead in leads):
                        # It leads out of the tree.
                        found.append(name.dotted)
                    else:
                        pending += leads
                case "file":
                    if is_end((here, name.path)) is not None:
                        found.append((here, name.path))
                        continue
                    bound = self._bound(here, name.path)
                    if bound is None:
                        return None
                    pending += bound
                case _:
                    return None
        return found

    def _bound(self, path: Path, name: str) -> list[tuple[Path, Symbol]] | None:
        """Return what a name of a file leads to by imports alone; None if it is anything else."""
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
        """Whether a file is the module of the library, and not a copy inside another package."""
        module, _, last = library.rpartition(".")
        parts = module.split(".")
        if name != last or path.with_suffix("").parts[-len(parts) :] != tuple(parts):
            return False
        bindings = self._bindings_of(path)
        binding = bindings.get(name) if bindings is not None else None
        if binding is None or binding.symbols or not binding.complete:
            return False
        return path.parents[len(parts) - 1] / "__init__.py" not in self._modules.files

"""Executes modules of a tree to get their kernels; what is not installed has stand-ins."""

from __future__ import annotations

import ast
import builtins
import importlib
import sys
import time
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Packages that are imported for real; all others outside the tree have stand-ins.
_REAL = {"torch", "triton", "numpy", "typing_extensions", "packaging"}
#: Names that trees import from their own modules that wrap Triton, and what they mean.
_TRITON_NAMES = {
    "triton": "triton",
    "tl": "triton.language",
    "tldevice": "triton.language.extra.libdevice",
    "libdevice": "triton.language.extra.libdevice",
    "gluon": "triton.experimental.gluon",
    "gl": "triton.experimental.gluon.language",
}


class StandIn:
    """Stands in for anything: it is false and empty, and as a decorator it changes nothing."""

    def __init__(self, name: str = "?") -> None:
        self.__dict__["_name"] = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(f"{self._name}.{name}")

    def __call__(self, *args: Any, **options: Any) -> Any:
        if len(args) == 1 and not options and hasattr(args[0], "__name__"):
            return args[0]
        return StandIn(f"{self._name}()")

    def keys(self) -> tuple[str, ...]:
        return ()

    def __getitem__(self, key: Any) -> Any:
        return StandIn(f"{self._name}[]")

    def __setattr__(self, name: str, value: Any) -> None:
        pass

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False

    def __contains__(self, item: Any) -> bool:
        return False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: Any) -> None:
        return None

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        return ()

    def __or__(self, other: Any) -> Any:
        return self

    __ror__ = __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __rsub__ = __or__
    __floordiv__ = __rfloordiv__ = __truediv__ = __mod__ = __pow__ = __neg__ = __or__

    def __lt__(self, other: Any) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __lt__


class Loader:
    """Executes each file once, statement by statement; statements that fail are left out."""

    def __init__(self, root: Path, seconds: float) -> None:
        self.root = root
        self._seconds = seconds
        self._deadline: float | None = None
        #: Whether there was no time left for some module.
        self.is_cut = False
        self.modules: dict[Path, types.ModuleType] = {}
        self.tops = {p.stem if p.is_file() else p.name for p in root.iterdir()}
        self.builtins = {**vars(builtins), "__import__": self._import}
        #: Kernels by file and by the line where their decorators begin.
        self.kernels: dict[tuple[str, int], Any] = {}
        #: Under the same keys, the names that decorators give to kernels or read from them.
        self.tuners: dict[tuple[str, int], list[list[str]]] = {}
        self.last: Any = None
        self._watch()

    def _watch(self) -> None:
        from triton.runtime.autotuner import Autotuner, Heuristics
        from triton.runtime.jit import JITFunction

        def watch(kind: Any, note: Callable[[Any], None]) -> None:
            make = kind.__init__

            def init(made: Any, *args: Any, **options: Any) -> None:
                make(made, *args, **options)
                note(made)

            kind.__init__ = init

        def note_kernel(kernel: Any) -> None:
            # All helpers are inlined, so that one that lost an argument compares.
            kernel.noinline = False
            self.kernels[_key(kernel)] = self.last = kernel

        def note_tuner(tuner: Any) -> None:
            configs = [sorted(map(str, config.kwargs)) for config in tuner.configs]
            lists = (tuner.keys or (), tuner.reset_to_zero, tuner.restore_value)
            self.tuners.setdefault(_key(tuner), []).extend(
                [*([str(name) for name in names] for names in lists), *configs]
            )

        def note_heuristics(heuristics: Any) -> None:
            self.tuners.setdefault(_key(heuristics), []).append(sorted(map(str, heuristics.values)))

        watch(JITFunction, note_kernel)
        watch(Autotuner, note_tuner)
        watch(Heuristics, note_heuristics)

    def load(self, file: Path) -> types.ModuleType:
        """The module of a file."""
        if file in self.modules:
            return self.modules[file]
        relative = file.relative_to(self.root).with_suffix("")
        parts = relative.parts[:-1] if relative.name == "__init__" else relative.parts
        module = types.ModuleType(".".join(parts))
        self.modules[file] = module
        package = parts if relative.name == "__init__" else parts[:-1]
        module.__dict__.update(
            __file__=str(file), __package__=".".join(package), __builtins__=self.builtins
        )
        sys.modules.setdefault(module.__name__, module)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(file.read_bytes())
            for statement in tree.body:
                self.execute(statement, module, file)
        return module

    def execute(self, statement: ast.stmt, module: types.ModuleType, file: Path) -> None:
        """Run one statement; a kernel keeps its name even if other decorators fail."""
        self.last = None
        for _ in range(5):
            try:
                code = compile(ast.Module([statement], []), str(file), "exec", dont_inherit=True)
                exec(code, module.__dict__)
            except NameError as error:
                # The statement that defines the name has failed.
                if isinstance(statement, ast.FunctionDef) and self.last is None and error.name:
                    module.__dict__[error.name] = StandIn(error.name)
                    continue
            except Exception:
                pass
            else:
                return
            break
        if isinstance(statement, ast.FunctionDef) and self.last is not None:
            module.__dict__[statement.name] = self.last

    def _import(
        self,
        name: str,
        scope: dict[str, Any] | None = None,
        locals_: Any = None,
        fromlist: tuple[str, ...] | None = (),
        level: int = 0,
    ) -> Any:
        parts = name.split(".") if name else []
        if level:
            package = str((scope or {}).get("__package__", "")).split(".")
            parts = package[: len(package) - level + 1] + parts
        elif parts[0] in _REAL or parts[0] in sys.stdlib_module_names:
            try:
                return builtins.__import__(name, scope, locals_, fromlist, 0)
            except ImportError:
                return StandIn(name)
        elif parts[0] not in self.tops:
            return StandIn(name)
        if not fromlist:
            return _InTree(self, (parts[0],))
        if fromlist == ("*",):
            file = self.file(tuple(parts))
            return self.load(file) if file else types.ModuleType(name)
        return _InTree(self, tuple(parts))

    def file(self, parts: tuple[str, ...]) -> Path | None:
        """The file of a dotted name."""
        base = self.root.joinpath(*parts)
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file():
                return file
        return None

    def attribute(self, parts: tuple[str, ...], name: str) -> Any:
        """What `from parts import name` returns."""
        if name in _TRITON_NAMES:
            return importlib.import_module(_TRITON_NAMES[name])
        inner = (*parts, name)
        if self.file(inner) or self.root.joinpath(*inner).is_dir():
            return _InTree(self, inner)
        file = self.file(parts)
        if file is None or (file not in self.modules and not self._is_worth(file)):
            return StandIn(".".join(inner))
        module = self.load(file)
        return module.__dict__.get(name, StandIn(".".join(inner)))

    def _is_worth(self, file: Path) -> bool:
        """Whether a module may have kernels, or something that kernels read, and time is left."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._seconds
        if time.monotonic() > self._deadline:
            self.is_cut = True
            return False
        data = file.read_bytes()
        return b"triton" in data or len(data) < 20_000


def _key(kernel: Any) -> tuple[str, int]:
    while not isinstance(kernel, types.FunctionType):
        kernel = kernel.fn
    return kernel.__code__.co_filename, kernel.__code__.co_firstlineno


class _InTree:
    """A module of the tree that is executed when one of its attributes is needed."""

    def __init__(self, loader: Loader, parts: tuple[str, ...]) -> None:
        self._loader, self._parts = loader, parts

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._loader.attribute(self._parts, name)

    def __deepcopy__(self, memo: object) -> _InTree:
        # Triton copies the values of globals, but not modules, for which this stands.
        return self

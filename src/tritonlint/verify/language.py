"""Which live objects belong to Triton's language: an allowlist, by identity and type."""

from __future__ import annotations

import importlib
import sys
import types
from enum import Enum, auto
from typing import Any

from tritonlint.verify.guard import ATTRIBUTES, BUILTINS, NotAllowedError
from tritonlint.verify.literals import LanguageName, Value, read

_LANGUAGE = "triton.language"

#: Plain Python functions that compute with numbers, and that kernels call while they compile.
_PLAIN = frozenset({"triton.cdiv", "triton.next_power_of_2", "triton.language.core.get_int_dtype"})

#: This one takes the path of a library to link.
_REFUSED = frozenset({"extern_elementwise"})

_TYPES = (
    *("block_type", "condition", "const", "constexpr", "constexpr_type", "dtype", "pointer_type"),
    *("range", "slice", "static_range", "tensor", "tensor_descriptor", "tensor_descriptor_base"),
    *("tensor_descriptor_type", "tuple", "tuple_type"),
)
#: Those of them that kernels use to make values.
_MADE = ("block_type", "condition", "constexpr", "dtype", "pointer_type", "range", "static_range")
#: Another argument of `static_print` says where to.
_PRINT_ARGUMENTS = frozenset({"sep", "end"})


class Kind(Enum):
    """The kinds of objects in the language."""

    MODULE = auto()
    FUNCTION = auto()
    TYPE = auto()
    VALUE = auto()


class Language:
    """Triton's language in the installed release."""

    def __init__(self, triton: Any) -> None:
        jit = importlib.import_module("triton.runtime.jit")
        core = importlib.import_module("triton.language.core")
        generator = importlib.import_module("triton.compiler.code_generator")
        self.triton = triton
        self.core = core
        #: The compiled functions of the project, and the modules that lead to them.
        self.extracted: list[Any] = []
        builtins: dict[str, Any] = generator.CodeGenerator.builtin_namespace
        #: Names that Triton finds by itself.
        self.withheld = frozenset(builtins) - BUILTINS
        self._compiled = _those_of(jit, "JITFunction", "ConstexprFunction")
        self._values = _those_of(core, "constexpr", "dtype", "base_value", "base_type", "_value")
        self._nan = getattr(core, "PropagateNan", None)
        self._types = [*_those_of(core, *_TYPES), *([self._nan] if self._nan is not None else [])]
        self._methods: Any = (
            types.MethodType,
            *_those_of(jit, "BoundConstexprFunction"),
            *_those_of(generator, "BoundJITMethod"),
        )
        static = (vars(core.dtype).get(name) for name in ATTRIBUTES)
        self._called = [
            *_those_of(core, *_MADE),
            *(found for name, found in builtins.items() if name in BUILTINS),
            *(method.__func__ for method in static if isinstance(method, staticmethod)),
        ]

    def kind(self, value: Any) -> Kind | None:
        """Return what an object is in the language, or None if it does not belong to it."""
        own = any(value is one for one in self.extracted)
        if isinstance(value, types.ModuleType):
            return Kind.MODULE if own or _is_language(value) else None
        if isinstance(value, self._compiled):
            return Kind.FUNCTION if own or _is_inside(value) else None
        if type(value) is types.FunctionType:
            return Kind.FUNCTION if _is_device_function(value) else None
        if isinstance(value, type):
            return Kind.TYPE if any(value is known for known in self._types) else None
        if value is None or isinstance(value, (bool, int, float, str, *self._values)):
            return Kind.VALUE
        return Kind.VALUE if self._nan is not None and isinstance(value, self._nan) else None

    def find(self, dotted: str) -> Any:
        """Return the object of the language with a full name, or None."""
        parts = dotted.split(".")
        found: Any = self.triton
        for length, part in enumerate(parts[1:], 2):
            if self.kind(found) is not Kind.MODULE or part.startswith("__"):
                return None
            if not hasattr(found, part) and ".".join(parts[:2]) == _LANGUAGE:
                # Modules for one backend are not imported with the others.
                _import(".".join(parts[:length]))
            found = getattr(found, part, None)
        return found if self.kind(found) is not None else None

    def value(self, text: str) -> Any:
        """Return the live value for a text that `literals` wrote."""
        return self._live(read(text))

    def _live(self, value: Value) -> Any:
        if isinstance(value, LanguageName):
            found = self.find(f"{_LANGUAGE}.{value.name}")
            if found is None or self.kind(found) is Kind.MODULE:
                raise NotAllowedError(f"`tl.{value.name}` is not of Triton's language")
            return found
        if isinstance(value, (tuple, list)):
            return type(value)(map(self._live, value))
        return value

    # -- what may be done with a value -------------------------------------------------------

    def has(self, value: Any, attribute: str) -> bool:
        """Whether kernels may look up this attribute of this value."""
        if self.kind(value) is Kind.MODULE:
            found = getattr(value, attribute, None)
            return not attribute.startswith("__") and (
                found is None or self.kind(found) is not None
            )
        if isinstance(value, self.core.constexpr) and attribute not in ("value", "type"):
            value = value.value
        known = value is self._nan or self.kind(value) is Kind.VALUE
        return known and attribute in ATTRIBUTES

    def calls(self, value: Any, keywords: set[str]) -> bool:
        """Whether kernels may call this value, with these keywords."""
        if value is self.core.static_print and not keywords <= _PRINT_ARGUMENTS:
            return False
        if isinstance(value, self._methods):
            return isinstance(value.__self__, self._values)
        called = self.kind(value) in (Kind.FUNCTION, Kind.VALUE)
        return called or any(value is one for one in self._called)

    def indexes(self, value: Any) -> bool:
        """Whether kernels may index this value."""
        if isinstance(value, self.core.constexpr):
            value = value.value
        return isinstance(value, (tuple, list)) or self.kind(value) is Kind.VALUE


def _those_of(module: Any, *names: str) -> tuple[Any, ...]:
    """Return the objects of a module with these names; releases differ."""
    return tuple(getattr(module, name) for name in names if hasattr(module, name))


def _is_language(module: types.ModuleType) -> bool:
    name = module.__name__
    inside = name in ("triton", _LANGUAGE) or name.startswith(f"{_LANGUAGE}.")
    return inside and sys.modules.get(name) is module


def _is_inside(function: Any) -> bool:
    home = getattr(function, "__module__", None) or ""
    return home in ("triton", _LANGUAGE) or home.startswith(f"{_LANGUAGE}.")


def _is_device_function(function: types.FunctionType) -> bool:
    home, name = function.__module__, function.__name__
    if not _is_inside(function) or name in _REFUSED:
        return False
    if f"{home}.{name}" in _PLAIN:
        return True
    # Only the names of these count: Triton replaces the values with a backend's own.
    if home == f"{_LANGUAGE}.extra.libdevice" and not name.startswith("_"):
        return True
    return getattr(function, "__triton_builtin__", False) is True


def _import(module: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError:
        return

"""Turns extracted source into live functions, and lets nothing in it reach beyond Triton."""

from __future__ import annotations

import ast
import importlib
import linecache
import math
import types
from pathlib import Path
from typing import Any

from tritonlint.verify.extract import chains


class RefusedError(Exception):
    """An extract that is not to be loaded, or cannot be; the message says why."""


class Loader:
    """Turns an extract into live functions."""

    def __init__(self, triton: Any, directory: Path) -> None:
        self.triton = triton
        self.directory = directory
        self._serial = 0
        self.missing: list[str] = []

    def load(self, request: dict[str, Any]) -> Any:
        """The kernel of an extract, ready to be compiled."""
        self.missing = []
        self._serial += 1
        spaces: dict[str, dict[str, Any]] = {}
        for name, source in request["sources"].items():
            path = self.directory / f"{name}_{self._serial}.py"
            path.write_text(source, encoding="utf-8")
            linecache.checkcache(str(path))
            spaces[name] = {
                "__name__": name,
                "__builtins__": __builtins__,
                "triton": self.triton,
                "tl": self.triton.language,
            }
            exec(compile(source, str(path), "exec"), spaces[name])
        functions = {name: _function(space) for name, space in spaces.items()}
        for name, links in request["links"].items():
            tree = ast.parse(request["sources"][name])
            for global_name, link in links.items():
                value = self._value(link, functions, request.get("guess", False))
                if value is None:
                    self.missing.append(global_name)
                    continue
                _check_names(tree, global_name, value)
                spaces[name][global_name] = value
        return functions[request["entry"]]

    def _value(self, link: dict[str, Any], functions: dict[str, Any], guess: bool) -> Any:
        if "function" in link:
            return functions[link["function"]]
        if "module" in link:
            module = types.ModuleType("extracted")
            for attribute, inner in link["module"].items():
                value = self._value(inner, functions, guess)
                if value is not None:
                    setattr(module, attribute, value)
            return module
        if "value" in link:
            return self._constant(evaluate(link["value"], self.triton))
        if "unknown" in link:
            return self._stand_in(link["unknown"], guess)
        found = _import(link["triton"])
        if found is None:
            # Libraries of device functions move between releases and differ between backends.
            found = self._stand_in(link["triton"].rpartition(".")[2], guess)
        return found

    def _constant(self, value: Any) -> Any:
        language = self.triton.language
        if isinstance(value, (language.constexpr, language.dtype)) or callable(value):
            return value
        return language.constexpr(value)

    def _stand_in(self, name: str, guess: bool) -> Any:
        """Triton's own function of that name, or for a constant that the module computes, a guess.

        A flag that says what the machine can do is False here, and True when asked again.
        """
        libdevice = _import("triton.language.extra.libdevice")
        if name in ("libdevice", "tldevice"):
            return libdevice
        for home in (self.triton.language, libdevice):
            found = getattr(home, name, None)
            if found is not None and not name.isupper():
                return found
        return self.triton.language.constexpr(guess) if name.isupper() else None


def evaluate(text: str, triton: Any) -> Any:
    """The value of an expression that `constants` or `signature` made."""
    names = {"tl": triton.language, "math": math, "__builtins__": {}}
    for builtin in (float, int, bool, min, max, len, tuple, abs, round):
        names[builtin.__name__] = builtin
    return eval(text, names)


def _function(space: dict[str, Any]) -> Any:
    """The one function that an extracted module defines."""
    given = ("__name__", "__builtins__", "triton", "tl")
    return next(value for name, value in space.items() if name not in given)


def _import(dotted: str) -> Any:
    """A module of Triton, or something in one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for attribute in parts[length:]:
            found = getattr(found, attribute, None)
        return found
    return None


#: Modules of Triton that a kernel may name things of; others can read files and run programs.
_LANGUAGE = ("triton.language", "triton.experimental.gluon.language")


def _check_names(tree: ast.AST, root: str, value: Any) -> None:
    """Refuse a dotted name that leads out of Triton's language, to modules or to functions."""
    for dotted in chains(tree):
        first, *attributes = dotted.split(".")
        if first != root:
            continue
        found = value
        for attribute in attributes:
            found = getattr(found, attribute, None)
            if not _is_language(found):
                raise RefusedError(f"`{dotted}` is not of Triton's language")
        if isinstance(found, types.ModuleType):
            raise RefusedError(f"`{dotted}` is a module, used as a value")


def _is_language(value: Any) -> bool:
    if isinstance(value, types.ModuleType):
        home = value.__name__
        return home in ("triton", "extracted") or home.startswith(_LANGUAGE)
    if callable(value):
        home = getattr(value, "__module__", None) or ""
        # Functions of an extract have the names of its own modules.
        return home == "triton" or home.startswith((*_LANGUAGE, "module_"))
    return True

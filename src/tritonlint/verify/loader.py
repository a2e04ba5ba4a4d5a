"""Turns extracted source into live functions that only know names of Triton's language."""

from __future__ import annotations

import ast
import hashlib
import linecache
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tritonlint.verify.guard import (
    ATTRIBUTES,
    BUILTINS,
    NotAllowedError,
    chains,
    check_form,
    dotted_name,
    local_names,
)
from tritonlint.verify.language import Kind, Language


class Loader:
    """Turns an extract into live functions."""

    def __init__(self, language: Language, directory: Path) -> None:
        self.language = language
        self.directory = directory

    def load(self, request: dict[str, Any]) -> Any:
        """Return the kernel of an extract, ready to be compiled.

        Raises:
            NotAllowedError: something in it must not go to Triton.
        """
        self.language.extracted = []
        functions = {
            name: self._function(name, source, request["defaults"][name])
            for name, source in request["sources"].items()
        }
        self.language.extracted += functions.values()
        for name, links in request["links"].items():
            space = functions[name].__globals__
            for root, link in links.items():
                value = self._linked(link, functions, request["guess"])
                if value is not None:
                    space[root] = value
            self._check_names(functions[name].parse().body[0], space)
        return functions[request["entry"]]

    def _function(self, name: str, source: str, defaults: Mapping[str, str]) -> Any:
        """Return a function under `triton.jit`; it is defined, and never called."""
        tree = ast.parse(source)
        match tree.body:
            case [ast.FunctionDef() as function]:
                check_form(function)
                _check_header(function)
            case _:
                raise NotAllowedError("what was taken from the project is not a function")
        # The binary contains this name: loading a kernel again has to give the same binary.
        digest = hashlib.sha256(source.encode()).hexdigest()[:16]
        path = self.directory / f"{name}_{digest}.py"
        path.write_text(source, encoding="utf-8")
        linecache.checkcache(str(path))
        space: dict[str, Any] = {"__name__": name, "__builtins__": {}}
        exec(compile(tree, str(path), "exec", dont_inherit=True), space)
        defined = space.pop(function.name)
        values = {parameter: self.language.value(text) for parameter, text in defaults.items()}
        positional, named = function.args.args, function.args.kwonlyargs
        defined.__defaults__ = tuple(values[p.arg] for p in positional if p.arg in values)
        defined.__kwdefaults__ = {p.arg: values[p.arg] for p in named if p.arg in values}
        made = self.language.triton.jit(defined)
        if ast.dump(made.parse()) != ast.dump(tree):
            raise NotAllowedError(f"`{function.name}` is another function to Triton")
        return made

    def _linked(self, link: dict[str, Any], functions: dict[str, Any], guess: bool) -> Any:
        """Return what a link stands for, or None."""
        if "function" in link:
            return functions[link["function"]]
        if "module" in link:
            module = types.ModuleType("extracted")
            self.language.extracted.append(module)
            for attribute, inner in link["module"].items():
                setattr(module, attribute, self._linked(inner, functions, guess))
            return module
        if "value" in link:
            value = self.language.value(link["value"])
            as_it_is = self.language.kind(value) in (Kind.FUNCTION, Kind.TYPE)
            dtype, constexpr = self.language.core.dtype, self.language.core.constexpr
            return value if as_it_is or isinstance(value, dtype) else constexpr(value)
        if "unknown" in link:
            return self._stand_in(link["unknown"], guess)
        found = self.language.find(link["triton"])
        if found is None:
            # Libraries of device functions move between releases and differ between backends.
            found = self._stand_in(link["triton"].rpartition(".")[2], guess)
        return found

    def _stand_in(self, name: str, guess: bool) -> Any:
        """Return Triton's function of that name, or a guess for a constant of a module.

        A flag for an ability of the machine is False at first, and True in the second try.
        """
        if name in ("libdevice", "tldevice"):
            return self.language.find(_LIBDEVICE)
        if name.isupper():
            return self.language.core.constexpr(guess)
        for home in ("triton.language", _LIBDEVICE):
            found = self.language.find(f"{home}.{name}")
            if found is not None and self.language.kind(found) is not Kind.MODULE:
                return found
        return None

    def _check_names(self, function: ast.FunctionDef, space: Mapping[str, Any]) -> None:
        """Refuse names that lead out of Triton's language and its values.

        A name that the body assigns somewhere may be the local or the global: only
        evaluation shows which.
        """
        own = local_names(function)
        for dotted in (name for statement in function.body for name in chains(statement)):
            root, *attributes = dotted.split(".")
            if root in space:
                self._check_chain(space[root], dotted, attributes)
            elif root in self.language.withheld:
                raise NotAllowedError(f"`{function.name}` uses `{root}`")
            if root in own or root in BUILTINS:
                for attribute in attributes:
                    self._check_attribute(function, attribute)
        for part in ast.walk(function):
            if isinstance(part, ast.Attribute) and dotted_name(part) is None:
                self._check_attribute(function, part.attr)

    def _check_attribute(self, function: ast.FunctionDef, attribute: str) -> None:
        if attribute not in ATTRIBUTES:
            raise NotAllowedError(f"`{function.name}` uses the attribute `{attribute}`")

    def _check_chain(self, found: Any, dotted: str, attributes: list[str]) -> None:
        for attribute in attributes:
            if not self.language.has(found, attribute):
                raise NotAllowedError(f"`{dotted}` is not of Triton's language")
            found = getattr(found, attribute, None)
            if found is None:
                # For a name that its release does not have, Triton's own message is the best.
                return
        if self.language.kind(found) is Kind.MODULE:
            raise NotAllowedError(f"`{dotted}` is a module, used as a value")


_LIBDEVICE = "triton.language.extra.libdevice"


def _check_header(function: ast.FunctionDef) -> None:
    """Make sure that defining a function evaluates nothing."""
    given = function.args
    evaluated: list[ast.expr | None] = [*given.defaults, *given.kw_defaults, function.returns]
    evaluated += function.decorator_list
    for parameter in (*given.posonlyargs, *given.args, *given.kwonlyargs):
        if not isinstance(parameter.annotation, ast.Constant):
            evaluated.append(parameter.annotation)
    if any(part is not None for part in evaluated):
        raise NotAllowedError(f"the header of `{function.name}` has to be evaluated")

"""Finds arguments that a kernel compiles with, by trying."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from judge import uses

_POINTER = re.compile(r"(_ptr|_ptrs|_pointer|ptr)\d*$|^(p|ptr)_", re.IGNORECASE)
_INDEX = re.compile(
    r"idx|indices|index|offset|seqlens|lens?(_|$)|table|ids?(_|$)|slot|num_|count|expert|loc(_|$)|map",
    re.IGNORECASE,
)
_FLOAT = re.compile(
    r"eps|scale|alpha|beta|gamma|lr$|factor|inv|theta|temperature|momentum|rate|^p$"
)
_COUNT = re.compile(r"stride|size|num|dim|len|offset|count|block", re.IGNORECASE)
_SWITCH = re.compile(
    r"^(use|is|has|store|save|enable|with|do|apply|need|return|even|reverse)_", re.I
)
_TYPE = re.compile(r"dtype|_type$|_ty$", re.IGNORECASE)
_TYPES = ("fp32", "fp16", "bf16", "i32", "i64", "u8", "i8", "i16", "i1", "fp8e4nv", "u32")

#: What is tried for a parameter: ("constexpr", value) or the type of an argument.
Given = tuple[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a kernel, as far as guessing goes."""

    name: str
    constexpr: bool
    annotation: str
    default: Any
    has_default: bool


class Guesser:
    """Tries arguments: first what names and uses suggest, then changes where the error points."""

    def __init__(
        self, parameters: list[Parameter], function: ast.FunctionDef, hints: dict[str, list[Any]]
    ) -> None:
        self.parameters = parameters
        self.function = function
        self.hints = hints
        self.random = random.Random(function.name)
        self.pointers = uses.pointers(function)
        self.indices = uses.indices(function) & self.pointers
        self.scalars = uses.scalars(function) - self.pointers
        self.made_from = uses.made_from(function)
        self.texts = uses.compared(function)

    def first(self) -> dict[str, Given]:
        """The most likely argument."""
        return {parameter.name: self._likely(parameter) for parameter in self.parameters}

    def _likely(self, parameter: Parameter) -> Given:
        name = parameter.name
        if parameter.constexpr:
            return "constexpr", self._constant(parameter)
        if parameter.annotation.startswith("*"):
            return parameter.annotation, None
        if name in self.pointers or _POINTER.search(name):
            index = name in self.indices or (name not in self.pointers and _INDEX.search(name))
            return ("*i32" if index else "*fp32"), None
        if parameter.annotation:
            return parameter.annotation, None
        is_float = _FLOAT.search(name) and not _COUNT.search(name)
        return ("fp32" if is_float else "i32"), None

    def _constant(self, parameter: Parameter) -> Any:
        import triton.language as tl

        name = parameter.name
        if self.hints.get(name):
            return self.hints[name][0]
        if name in self.texts:
            return self.texts[name][0]
        if isinstance(parameter.default, (bool, int, float, str, tl.dtype)):
            return parameter.default
        if _TYPE.search(name):
            return tl.float32
        if _SWITCH.match(name):
            return False
        return 32

    def options(self, parameter: Parameter) -> list[Given]:
        """Other arguments to try for a parameter."""
        import triton.language as tl

        name = parameter.name
        if parameter.constexpr:
            values = [*self.hints.get(name, []), *self.texts.get(name, [])]
            values += [16, 32, 64, 128, 1, 2, 4, 8, 0, True, False, None]
            if _TYPE.search(name):
                values = [tl.float32, tl.float16, tl.bfloat16, tl.int32, *values]
            if parameter.has_default:
                values.append(parameter.default)
            return [("constexpr", value) for value in values]
        pointers: list[Given] = [(f"*{kind}", None) for kind in _TYPES]
        if name in self.pointers:
            return [*pointers, ("constexpr", None)]
        if name in self.scalars:
            return [("i32", None), ("i64", None), ("fp32", None)]
        scalars: list[Given] = [("i32", None), ("fp32", None), ("i64", None), ("constexpr", None)]
        return [*pointers, *scalars, *scalars]

    def search(
        self, compile_: Callable[[dict[str, Given]], Any], tries: int, wanted: int
    ) -> tuple[list[tuple[dict[str, Given], Any]], str]:
        """Some arguments that compile, with the results, and the last error.

        The compiler goes from top to bottom: arguments with which it gets farther are better.
        """
        found: list[tuple[dict[str, Given], Any]] = []
        best, farthest, problem, stuck = self.first(), -1, "", 0
        tried = best
        for number in range(tries):
            try:
                result = compile_(tried)
            except Exception as error:
                line = _line(error)
                if line >= farthest or not problem:
                    stuck = 0 if line > farthest else stuck + 1
                    best, farthest, problem = tried, line, _messages(error)
                else:
                    stuck += 1
            else:
                if not any(result == other for _, other in found):
                    found.append((tried, result))
                if len(found) == wanted:
                    break
                best, farthest = tried, 1 << 30
            if stuck > 40 and not found:
                best, farthest, stuck = self._uniform(number), -1, 0
                tried = best
            else:
                tried = self._changed(best, problem if not found else "")
        return found, problem

    def _uniform(self, number: int) -> dict[str, Given]:
        """A fresh start, with sizes and types that agree."""
        chosen = self.first()
        size, kind = (16, 64, 128, 32)[number % 4], ("fp16", "bf16", "fp32")[number % 3]
        for name, given in chosen.items():
            if type(given[1]) is int and given[1] > 8:
                chosen[name] = ("constexpr", size)
            elif given[0] == "*fp32":
                chosen[name] = (f"*{kind}", None)
        return chosen

    def _changed(self, current: dict[str, Given], error: str) -> dict[str, Given]:
        mentioned = set(re.findall(r"\w+", error))
        near = [p for p in self.parameters if p.name in mentioned | self._behind(mentioned)]
        pool = near if near and self.random.random() < 0.75 else self.parameters
        if not error:
            pool = [p for p in self.parameters if p.constexpr] or self.parameters
        chosen = dict(current)
        if not pool:
            return chosen
        for parameter in self.random.sample(pool, min(len(pool), self.random.choice((1, 1, 2, 3)))):
            chosen[parameter.name] = self.random.choice(self.options(parameter))
        if error and self.random.random() < 0.2:
            size, kind = self.random.choice((16, 32, 64)), self.random.choice(_TYPES[:3])
            for parameter in pool:
                given = chosen[parameter.name]
                if type(given[1]) is int and given[1] > 8:
                    chosen[parameter.name] = ("constexpr", size)
                elif given[0].startswith(("*fp", "*bf")):
                    chosen[parameter.name] = (f"*{kind}", None)
        return chosen

    def _behind(self, names: set[str]) -> set[str]:
        """The names from which variables of some names are computed."""
        found = set(names)
        for _ in range(3):
            found |= {source for name in found for source in self.made_from.get(name, ())}
        return found


def _messages(error: BaseException | None) -> str:
    """The lines that the errors point to, and what they say."""
    found = []
    while error is not None:
        text = str(error)
        found += [_place(text), *text.splitlines()[-1:]]
        error = error.__cause__
    return "\n".join(dict.fromkeys(found))


def _line(error: BaseException) -> int:
    """The line of the kernel at which the compiler stopped."""
    found = re.match(r"at (\d+):", str(error))
    return int(found[1]) if found else 0


def _place(error: str) -> str:
    """The line of source that Triton's error points to."""
    lines = error.splitlines()
    for number, line in enumerate(lines):
        if set(line.strip()) == {"^"} and number:
            return lines[number - 1]
    return error

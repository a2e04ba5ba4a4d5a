"""Finds arguments that a kernel compiles with, by trying."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_POINTER = re.compile(r"(_ptr|_ptrs|_pointer|ptr)\d*$|^(p|ptr)_", re.IGNORECASE)
_INDEX = re.compile(
    r"idx|indices|index|offset|seqlens|lens?(_|$)|table|ids?(_|$)|slot|num_|count|expert|loc(_|$)|map",
    re.IGNORECASE,
)
_FLOAT = re.compile(r"eps|scale|alpha|beta|gamma|lr$|factor|inv|theta|temperature|momentum|rate|^p$")
_COUNT = re.compile(r"stride|size|num|dim|len|offset|count|block", re.IGNORECASE)
_SWITCH = re.compile(r"^(use|is|has|store|save|enable|with|do|apply|need|return|even|reverse)_", re.I)
_TYPE = re.compile(r"dtype|_type$|_ty$", re.IGNORECASE)
_LOADS = {"load", "store", "make_block_ptr", "make_tensor_descriptor", "atomic_add", "atomic_max",
          "atomic_min", "atomic_cas", "atomic_xchg", "atomic_or", "atomic_and"}  # fmt: skip
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
    """Tries arguments: first what names and uses say, then changes of what the error points to."""

    def __init__(
        self, parameters: list[Parameter], function: ast.FunctionDef, hints: dict[str, list[Any]]
    ) -> None:
        self.parameters = parameters
        self.function = function
        self.hints = hints
        self.random = random.Random(function.name)
        self.pointers = _pointers(function)
        self.indices = _indices(function) & self.pointers
        self.scalars = _scalars(function) - self.pointers
        self.made_from = _made_from(function)
        self.texts = _compared(function)

    def first(self) -> dict[str, Given]:
        """What is most likely."""
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
        """What else may be tried for a parameter."""
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
        """Some arguments that compile, with what comes of them, and the last error.

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
        """The names that variables of some names are made from."""
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
    """The line of the kernel in which the compiler gave up."""
    found = re.match(r"at (\d+):", str(error))
    return int(found[1]) if found else 0


def _place(error: str) -> str:
    """The line of source that Triton's error points to."""
    lines = error.splitlines()
    for number, line in enumerate(lines):
        if set(line.strip()) == {"^"} and number:
            return lines[number - 1]
    return error


def _pointers(function: ast.FunctionDef) -> set[str]:
    """The parameters that addresses begin with."""
    begins: dict[str, set[str]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            begins.setdefault(node.targets[0].id, set()).add(_base(node.value))
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            begins.setdefault(node.target.id, set()).add(node.target.id)
    found: set[str] = set()
    todo = [_base(address) for address in _addresses(function)]
    while todo:
        name = todo.pop()
        if name and name not in found:
            found.add(name)
            todo += begins.get(name, ())
    return found


def _addresses(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """What is loaded from and stored to."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in _LOADS:
            yield from [*node.args[:1], *(k.value for k in node.keywords[:1] if not node.args)]


def _counted(function: ast.FunctionDef) -> Iterator[str]:
    """The names that loops count to."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range":
            yield from (a.id for a in node.args if isinstance(a, ast.Name))


def _indices(function: ast.FunctionDef) -> set[str]:
    """The parameters that what is loaded from takes part in addresses, so that it is an integer."""
    made_from = _made_from(function)
    todo = [
        n.id
        for address in _addresses(function)
        for n in ast.walk(address)
        if isinstance(n, ast.Name) and n.id != _base(address)
    ]
    todo += _counted(function)
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += made_from.get(name, ())
    return found


def _scalars(function: ast.FunctionDef) -> set[str]:
    """Names that are multiplied, divided or counted to: no addresses."""
    found = set(_counted(function))
    for node in ast.walk(function):
        if isinstance(node, ast.BinOp) and not isinstance(node.op, (ast.Add, ast.Sub)):
            found |= {side.id for side in (node.left, node.right) if isinstance(side, ast.Name)}
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if not any(isinstance(s, ast.Constant) and s.value is None for s in sides):
                found |= {side.id for side in sides if isinstance(side, ast.Name)}
    return found


def _made_from(function: ast.FunctionDef) -> dict[str, set[str]]:
    """For each variable the names in what it is assigned."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(function):
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            for target in targets:
                for inner in ast.walk(target):
                    if isinstance(inner, ast.Name):
                        found.setdefault(inner.id, set()).update(names)
    return found


def _base(node: ast.expr) -> str:
    """The name that an address begins with."""
    while True:
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.BinOp):
            node = node.left
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            inside = node.func.attr in ("advance", "cast", "multiple_of", "max_contiguous")
            if node.func.attr == "make_block_ptr" and node.keywords and not node.args:
                node = node.keywords[0].value
            elif node.args and (inside or node.func.attr == "make_block_ptr"):
                node = node.args[0]
            else:
                node = node.func.value
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        elif isinstance(node, ast.IfExp):
            node = node.body
        else:
            return ""


def _compared(function: ast.FunctionDef) -> dict[str, list[Any]]:
    """The constants that names are compared with, where these are texts or types."""
    found: dict[str, list[Any]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name):
            for other in node.comparators:
                values = other.elts if isinstance(other, (ast.Tuple, ast.List)) else [other]
                for value in values:
                    if isinstance(value, ast.Constant) and isinstance(value.value, str):
                        found.setdefault(node.left.id, []).append(value.value)
    return found

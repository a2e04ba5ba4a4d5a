"""Converts plain data to JSON and back, by the type hints of NamedTuples.

Each type gets a function of its own, made from its hints, as `dataclasses` makes them. The data
are only compared and copied; nothing in them is executed.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable, Hashable
from enum import Enum
from pathlib import Path
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

_PLAIN = (str, int, bool, float)


class CodecError(ValueError):
    """The data does not fit the type."""


def encode(value: object) -> Any:
    """Return `value` as lists, strings, numbers and None."""
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def decode(kind: type[T], data: object) -> T:
    """The inverse of `encode` for a value of type `kind`.

    Raises:
        CodecError: the data does not fit the type.
        TypeError: no data can be of that type.
    """
    decoder = _decoder(typing.cast(Hashable, kind))
    try:
        return typing.cast(T, decoder(data))
    except CodecError:
        raise
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise CodecError(str(error)) from error


@functools.cache
def _decoder(kind: Hashable) -> Callable[[Any], Any]:
    """Return the function that decodes one type."""
    return _Source().function(kind)


class _Source:
    """The source of such a function: what is named in it, and how it decodes its parts.

    One function with all checks in place takes less than half the time of functions that call each
    other for each field: most fields are plain, None or empty.
    """

    def __init__(self) -> None:
        self._named: dict[str, Any] = {"fail": _fail, "build": tuple.__new__}

    def function(self, kind: Hashable) -> Callable[[Any], Any]:
        fields = _fields(kind)
        if fields is None:
            lines = [f"return {self._value(kind, 'data')}"]
        else:
            of = kind if isinstance(kind, type) else tuple
            names = [f"field{place}" for place in range(len(fields))]
            values = map(self._value, fields, names)
            lines = [
                f"if data.__class__ is not list or len(data) != {len(fields)}: fail(data)",
                *([f"[{', '.join(names)}] = data"] if names else ()),
                f"return build({self._name(of)}, [{', '.join(values)}])",
            ]
        exec("def decode(data):\n    " + "\n    ".join(lines), self._named)
        return typing.cast("Callable[[Any], Any]", self._named["decode"])

    def _name(self, value: object) -> str:
        name = f"name{len(self._named)}"
        self._named[name] = value
        return name

    def _value(self, kind: Any, data: str) -> str:
        """Return the expression that decodes the data in a variable."""
        origin = typing.get_origin(kind)
        if kind in _PLAIN:
            # True is an int in Python, but not in these fields.
            return f"({data} if {data}.__class__ is {kind.__name__} else fail({data}))"
        if origin is tuple and _fields(kind) is None:
            return self._items(typing.get_args(kind)[0], data)
        if origin is typing.Literal:
            return f"{self._name({word: word for word in typing.get_args(kind)})}[{data}]"
        if origin in (typing.Union, types.UnionType):
            return self._union(typing.get_args(kind), data)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return f"{self._name(kind._value2member_map_)}[{data}]"
        if isinstance(kind, type) and issubclass(kind, Path):
            return f"{self._name(kind)}({data})"
        if _fields(kind) is None:
            raise TypeError(f"{kind} has no form in JSON")
        return f"{self._name(_decoder(kind))}({data})"

    def _items(self, kind: Any, data: str) -> str:
        if kind in _PLAIN:
            are_plain = f"{{item.__class__ for item in {data}}} <= {self._name({kind})}"
            whole = f"tuple({data}) if {data}.__class__ is list and {are_plain} else fail({data})"
        else:
            items = f"tuple([{self._value(kind, 'item')} for item in {data}])"
            whole = f"{items} if {data}.__class__ is list else fail({data})"
        return f"(() if {data} == [] else {whole})"

    def _union(self, options: tuple[Any, ...], data: str) -> str:
        others = [option for option in options if option is not type(None)]
        if len(others) > 1:
            return f"({data} if {data}.__class__ in {self._name(options)} else fail({data}))"
        return f"(None if {data} is None else {self._value(others[0], data)})"


def _fields(kind: Any) -> list[Any] | None:
    """Return the types of the fields of a NamedTuple or of a tuple of a fixed length."""
    if typing.get_origin(kind) is tuple:
        arguments = typing.get_args(kind)
        return None if len(arguments) == 2 and arguments[1] is Ellipsis else [*arguments]
    if isinstance(kind, type) and issubclass(kind, tuple):
        return [*typing.get_type_hints(kind).values()]
    return None


def _fail(data: object) -> NoReturn:
    raise CodecError(f"{type(data).__name__} does not fit")

"""Converts plain data to JSON and back, by the type hints of NamedTuples; executes nothing."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable, Hashable
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

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
    origin = typing.get_origin(kind)
    if origin is tuple:
        arguments = typing.get_args(kind)
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            if arguments[0] in _PLAIN:
                return _plain_tuple_decoder(arguments[0])
            item = _decoder(arguments[0])
            return lambda data: tuple([item(d) for d in _expect(data, list)])
        return _record_decoder(tuple, "a tuple", list(arguments))
    if origin is typing.Literal:
        return {word: word for word in typing.get_args(kind)}.__getitem__
    if origin in (typing.Union, types.UnionType):
        return _union_decoder(typing.get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind._value2member_map_.__getitem__
    if isinstance(kind, type) and issubclass(kind, Path):
        return kind
    if isinstance(kind, type) and issubclass(kind, tuple):
        # What a NamedTuple has around this takes as long again.
        build = functools.partial(tuple.__new__, kind)
        return _record_decoder(build, kind.__name__, list(typing.get_type_hints(kind).values()))
    if kind in _PLAIN:
        return lambda data: _expect(data, kind)
    raise TypeError(f"{kind} has no form in JSON")


def _record_decoder(build: Callable[..., Any], name: str, hints: list[Any]) -> Callable[[Any], Any]:
    """Decode a tuple of fixed length; fields of plain types are checked all at once."""
    plain = [(place, hint) for place, hint in enumerate(hints) if hint in _PLAIN]
    places, types_of = [place for place, _ in plain], [hint for _, hint in plain]
    nested = [(p, _decoder(hint)) for p, hint in enumerate(hints) if hint not in _PLAIN]
    every = len(hints)

    def decode_record(data: Any) -> Any:
        if data.__class__ is not list or len(data) != every:
            raise CodecError(f"expected {every} fields of {name}")
        values = list(data)
        if [values[place].__class__ for place in places] != types_of:
            raise CodecError(f"a field of {name} is of another type")
        for place, decode_field in nested:
            values[place] = decode_field(values[place])
        return build(values)

    return decode_record


def _plain_tuple_decoder(kind: Any) -> Callable[[Any], Any]:
    def decode_plain(data: Any) -> Any:
        if data.__class__ is not list or not {d.__class__ for d in data} <= {kind}:
            raise CodecError(f"expected a list of {kind}")
        return tuple(data)

    return decode_plain


def _union_decoder(options: tuple[Any, ...]) -> Callable[[Any], Any]:
    others = [option for option in options if option is not type(None)]
    optional = len(others) < len(options)
    if len(others) == 1:
        inner = _decoder(others[0])
        return lambda data: None if optional and data is None else inner(data)
    plain = tuple(options)
    return lambda data: _expect(data, plain)


def _expect(data: Any, kind: Any) -> Any:
    # True is an int in Python, but not in these fields.
    if not isinstance(data, kind) or (data.__class__ is bool and kind is int):
        raise CodecError(f"expected {kind}, got {type(data).__name__}")
    return data

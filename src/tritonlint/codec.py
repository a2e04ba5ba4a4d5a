"""Plain data to JSON and back, by the type hints of the dataclasses: nothing is ever executed."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class CodecError(ValueError):
    """The data does not have the form of the type."""


def encode(value: object) -> Any:
    """`value` as lists, strings, numbers and None."""
    if is_dataclass(value) and not isinstance(value, type):
        return [encode(getattr(value, name)) for name in _field_names(type(value))]
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def decode(kind: type[T], data: object) -> T:
    """The inverse of `encode` for a value of type `kind`.

    Raises:
        CodecError: the data is of another form.
    """
    try:
        return typing.cast(T, _decoder(typing.cast(Hashable, kind))(data))
    except CodecError:
        raise
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise CodecError(str(error)) from error


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind))


@cache
def _decoder(kind: Hashable) -> Callable[[Any], Any]:
    origin = typing.get_origin(kind)
    if origin is tuple:
        arguments = typing.get_args(kind)
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            item = _decoder(arguments[0])
            return lambda data: tuple([item(d) for d in _expect(data, list)])
    if origin in (typing.Union, types.UnionType):
        return _union_decoder(typing.get_args(kind))
    if isinstance(kind, type) and issubclass(kind, (Enum, Path)):
        return kind
    if isinstance(kind, type) and issubclass(kind, tuple):
        # A NamedTuple, all of whose fields are plain numbers or strings.
        plain = [_decoder(hint) for hint in typing.get_type_hints(kind).values()]
        return lambda data: kind(*[d(v) for d, v in zip(plain, _expect(data, list), strict=True)])
    if is_dataclass(kind):
        build = typing.cast(type, kind)
        hints = typing.get_type_hints(build)
        decoders = [_decoder(hints[name]) for name in _field_names(build)]
        return lambda data: build(
            *[d(v) for d, v in zip(decoders, _expect(data, list), strict=True)]
        )
    return lambda data: _expect(data, kind)


def _union_decoder(options: tuple[Any, ...]) -> Callable[[Any], Any]:
    others = [option for option in options if option is not type(None)]
    optional = len(others) < len(options)
    if len(others) == 1:
        inner = _decoder(others[0])
        return lambda data: None if optional and data is None else inner(data)
    plain = tuple(options)
    return lambda data: _expect(data, plain)


def _expect(data: Any, kind: Any) -> Any:
    # True is an int in Python, and in no field here.
    if not isinstance(data, kind) or (data.__class__ is bool and kind is int):
        raise CodecError(f"expected {kind}, got {type(data).__name__}")
    return data

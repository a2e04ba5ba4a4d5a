"""Describes a kernel, an argument or the place of a launch as plain data."""

from __future__ import annotations

import linecache
import math
import os
import re
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

_LONGEST = 200


def describe_value(argument: Any) -> Any:
    """Return an argument for JSON: a number, a string, a tensor's layout, or its repr."""
    try:
        return _value(argument)
    except Exception:
        return {"repr": f"<{type(argument).__name__}>"}


def _value(argument: Any) -> Any:
    if argument is None or isinstance(argument, bool):
        return argument
    if isinstance(argument, int):
        # For the key, a subclass such as an IntEnum is the number itself.
        return int(argument)
    if isinstance(argument, float):
        return argument if math.isfinite(argument) else {"repr": repr(argument)}
    if isinstance(argument, str):
        return argument if len(argument) <= _LONGEST else {"repr": repr(argument[:_LONGEST])}
    if isinstance(argument, (tuple, list)):
        return [_value(part) for part in argument]
    if type(argument).__name__ == "constexpr" and hasattr(argument, "value"):
        return _value(argument.value)
    if hasattr(argument, "data_ptr") and hasattr(argument, "dtype"):
        return _tensor(argument)
    if hasattr(argument, "base") and hasattr(argument, "block_shape"):
        return {
            "descriptor": _value(argument.base),
            "shape": [int(size) for size in argument.shape],
            "block_shape": [int(size) for size in argument.block_shape],
        }
    named = getattr(argument, "fn", argument)  # A JITFunction, a class or a function.
    if hasattr(named, "__qualname__"):
        return {"repr": f"{named.__module__}.{named.__qualname__}"}
    return {"repr": str(argument)[:_LONGEST]}


def _tensor(tensor: Any) -> dict[str, Any]:
    described: dict[str, Any] = {"dtype": str(tensor.dtype).rpartition(".")[2]}
    shape = getattr(tensor, "shape", None)
    if shape is not None:
        described["shape"] = [int(size) for size in shape]
    described["aligned"] = tensor.data_ptr() % 16 == 0
    return described


def describe_kernel(function: Any) -> dict[str, Any]:
    """Return a JITFunction's name, and where it is defined."""
    inner = function.fn
    code = inner.__code__
    file = code.co_filename
    return {
        "name": inner.__qualname__,
        "module": inner.__module__,
        # A kernel that was typed into a shell has no file.
        "file": file if file.startswith("<") else os.path.abspath(file),
        "line": _def_line(code.co_filename, code.co_firstlineno),
    }


def _def_line(file: str, first: int) -> int:
    """Return the line of the `def`: a function begins at its first decorator."""
    for line in range(first, first + _LONGEST):
        text = linecache.getline(file, line)
        if re.match(r"\s*(async\s+)?def\s", text):
            return line
        if not text:
            break
    return first


def launch_site(frame: FrameType | None) -> list[dict[str, Any]]:
    """Return the first frame outside of Triton and torch, and the two above it."""
    found: list[dict[str, Any]] = []
    while frame is not None and len(found) < 3:
        code = frame.f_code
        if found or not _is_machinery(frame):
            found.append(
                {"file": code.co_filename, "line": frame.f_lineno, "function": code.co_name}
            )
        frame = frame.f_back
    return found


def _is_machinery(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__", "")
    if str(name).partition(".")[0] in ("triton", "torch"):
        return True
    interface = getattr(sys.modules.get("triton.runtime.jit"), "KernelInterface", None)
    if interface is not None and isinstance(frame.f_locals.get("self"), interface):
        return True  # A library's own kind of tuner.
    file = frame.f_code.co_filename
    if file.startswith("<") or str(name).startswith("tritonlint.runtime."):
        return True
    return any(file.startswith(directory) for directory in _directories())


def _directories() -> list[str]:
    """Return the directories of Triton and torch; their generated code may have any name."""
    found = []
    for name in ("triton", "torch"):
        file = getattr(sys.modules.get(name), "__file__", None)
        if file:
            found.append(os.path.dirname(file) + os.sep)
    return found


def describe_options(chosen: Any) -> dict[str, Any]:
    """Return the compile options that are plain values."""
    items = vars(chosen).items() if hasattr(chosen, "__dict__") else dict(chosen or {}).items()
    return {
        name: setting
        for name, setting in items
        if setting is None or isinstance(setting, (bool, int, float, str))
    }


def describe_arguments(
    parameters: Sequence[Any], key: Sequence[Any], arguments: dict[str, Any]
) -> list[Any]:
    """Return each parameter's name, its part of the key, and its value."""
    listed = []
    for index, parameter in enumerate(parameters):
        entry: dict[str, Any] = {
            "name": parameter.name,
            "key": describe_value(key[index]) if index < len(key) else None,
            "value": describe_value(arguments.get(parameter.name)),
        }
        if parameter.is_constexpr:
            entry["constexpr"] = True
        annotation = getattr(parameter, "annotation", "")
        if annotation and not parameter.is_constexpr:
            entry["annotation"] = str(annotation)
        for flag in ("do_not_specialize", "do_not_specialize_on_alignment"):
            if getattr(parameter, flag, False):
                entry[flag] = True
        listed.append(entry)
    return listed

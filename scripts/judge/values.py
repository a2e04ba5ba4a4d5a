"""What a launch passed for a parameter, as plain data that two processes can compare."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from typing import Any

#: Contents of tensors are compared up to this many bytes.
_CONTENT_LIMIT = 1 << 20
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")

Plain = Any


class Describer:
    """Turns values into plain data, and keeps tensors alive so that no address is used twice."""

    def __init__(self, torch: Any, kernel_type: type) -> None:
        self.torch = torch
        self.kernel_type = kernel_type
        self.kept: list[object] = []
        #: The names of tensors, by identity.
        self.called: dict[int, set[str]] = {}

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, self.torch.Tensor)

    def __call__(self, value: Any, depth: int = 0) -> Plain:
        if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
            return (type(value).__name__, repr(value))
        if self.is_tensor(value):
            return self._tensor(value)
        if isinstance(value, self.kernel_type):
            return ("kernel", getattr(value, "__name__", repr(value)))
        if depth > 6:
            return (type(value).__name__, "nested too deep")
        if isinstance(value, dict):
            items = [(self(k, depth + 1), self(v, depth + 1)) for k, v in value.items()]
            return (type(value).__name__, tuple(items))
        if isinstance(value, (tuple, list, set, frozenset)):
            return (type(value).__name__, tuple(self(item, depth + 1) for item in value))
        if type(value).__name__ == "constexpr":
            return ("constexpr", self(value.value, depth + 1))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = [(f.name, self(getattr(value, f.name), depth + 1)) for f in _fields(value)]
            return (type(value).__qualname__, tuple(fields))
        if callable(value) and hasattr(value, "__qualname__"):
            return ("callable", value.__qualname__)
        return (type(value).__qualname__, without_addresses(_repr(value)))

    def _tensor(self, value: Any) -> Plain:
        self.kept.append(value)
        size = value.numel() * value.element_size()
        content = ""
        if 0 < size <= _CONTENT_LIMIT:
            flat = value.detach().contiguous().reshape(-1).view(self.torch.uint8)
            content = hashlib.sha1(flat.numpy().tobytes()).hexdigest()[:12]
        return (
            "tensor",
            str(value.dtype),
            tuple(value.shape),
            tuple(value.stride()),
            value.data_ptr() if size else 0,
            content,
            tuple(sorted(self.called.get(id(value), ()))),
        )


def _fields(value: Any) -> tuple[Any, ...]:
    return dataclasses.fields(value)


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f"repr raises {type(error).__name__}"


def without_addresses(text: str) -> str:
    """The text without the addresses of objects, which differ in every process."""
    return _ADDRESS.sub("0x...", text)


class Matching:
    """Says whether values of two runs are the same; each tensor has one partner throughout."""

    def __init__(self) -> None:
        self.forth: dict[int, int] = {}
        self.back: dict[int, int] = {}

    def same(self, before: Plain, after: Plain) -> bool:
        if not isinstance(before, tuple) or not isinstance(after, tuple):
            return bool(before == after)
        if before[:1] == after[:1] == ("tensor",):
            if before[:4] != after[:4] or before[5] != after[5]:
                return False
            # Two tensors may look the same; their names in the code tell them apart.
            if before[6] and after[6] and not set(before[6]) & set(after[6]):
                return False
            old, new = before[4], after[4]
            return self.forth.setdefault(old, new) == new and self.back.setdefault(new, old) == old
        return len(before) == len(after) and all(map(self.same, before, after))


def show(value: Plain) -> str:
    """A value for a person."""
    if isinstance(value, tuple) and value and value[0] == "tensor":
        called = f" ({', '.join(value[6])})" if value[6] else ""
        return f"a tensor {value[1].removeprefix('torch.')}{list(value[2])}{called}"
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        kind, what = value
        if isinstance(what, str):
            return what
        if isinstance(what, tuple) and what and isinstance(what[0], str):
            return f"{kind}({show(what)})"
        return f"{kind}({', '.join(map(show, what))})"
    return str(value)

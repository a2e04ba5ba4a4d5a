"""Words for values and classes, the same as in the linter's findings."""

from __future__ import annotations

from typing import Any

from tritonlint.runtime.events import Argument

#: Replaces, in a key, what a log does not say.
UNKNOWN = "?"

_ALIGNED = "data_ptr() % 16 == 0"


def value(argument: Argument) -> str:
    """Return the value that was passed, in few words."""
    return plain(argument.value)


def plain(value: Any) -> str:
    """Return a value of a trace, in few words."""
    if isinstance(value, dict):
        if "dtype" in value:
            shape = value.get("shape")
            size = f"[{', '.join(map(str, shape))}]" if shape else " tensor"
            return f"{value['dtype']}{size}"
        if "descriptor" in value:
            blocks = ", ".join(map(str, value.get("block_shape", ())))
            return f"descriptor of {plain(value['descriptor'])} in blocks of [{blocks}]"
        return str(value.get("repr", value))
    if isinstance(value, list):
        return "(" + ", ".join(map(plain, value)) + ")"
    return repr(value)


def classified(argument: Argument) -> str:
    """Return the class of the value, with the names of `specialization.variants`."""
    kind, special = argument.key
    if argument.constexpr or not isinstance(kind, str):
        return plain(special if argument.value is None else argument.value)
    if kind == "constexpr":
        return "== 1" if special == 1 and special is not True else plain(special)
    if kind in ("none", "u1", "i1"):
        return "None" if kind == "none" else "bool"
    if special == "1":  # This is how Triton 3.2 writes it.
        return "== 1"
    tokens = special if isinstance(special, str) else ""
    if kind.startswith("*"):
        if special is None:
            return f"{kind}, any value"
        if special == UNKNOWN:
            return f"{kind}, alignment unknown"
        aligned = [_ALIGNED] if "D" in tokens else []
        near = ["within 2 GiB"] if "S" in tokens else []
        return f"{kind}, " + (", ".join([*aligned, *near]) or "other")
    if kind.startswith(("fp", "bf")):
        return "any value"
    wide = "" if kind == "i32" else f"{kind}, "
    if special == UNKNOWN:
        return f"{kind}, class unknown"
    if special is None:
        return f"{wide}any value"
    return wide + ("% 16 == 0" if "D" in tokens else "other")


def is_known(argument: Argument) -> bool:
    """Whether the value is known: a log only says the class."""
    kind, special = argument.key
    return argument.value is not None or (special is None and kind in ("constexpr", "none"))


def is_integer(argument: Argument) -> bool:
    """Whether it is a number that Triton sorts into classes."""
    kind, _ = argument.key
    if argument.constexpr or isinstance(argument.value, bool):
        return False
    if isinstance(argument.value, int):
        return True
    return isinstance(kind, str) and kind[:1] in ("i", "u") and kind not in ("u1", "i1")


def is_tensor(argument: Argument) -> bool:
    """Whether it is a pointer."""
    return isinstance(argument.key[0], str) and argument.key[0].startswith("*")


def with_class(argument: Argument) -> str:
    """Return the value and, if that does not show it, the class: `37: other`."""
    if not is_known(argument):
        return classified(argument)
    label = classified(argument)
    if not is_integer(argument) or label == "== 1":
        return value(argument)
    return f"{value(argument)}: {label}"


def seconds(amount: float) -> str:
    """Return a length of time as text."""
    return f"{amount:.0f} s" if amount >= 100 else f"{amount:.2f} s"


def listed(items: list[str], most: int = 8) -> str:
    """Return the first of many, and how many more there are."""
    more = f", and {len(items) - most:,} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
